namespace LargeSteps.Numerics;

/// <summary>An eigenvalue with what it rests on.</summary>
/// <param name="Value">The largest eigenvalue found.</param>
/// <param name="Residual">
/// ‖A y − θ y‖ of the unit Ritz vector y: an eigenvalue lies within this distance of <paramref name="Value"/>
/// (in practice its square over the gap to the next one). An estimate from the recurrence, at no extra product.
/// </param>
/// <param name="Iterations">Number of products with the operator.</param>
internal readonly record struct LanczosResult(double Value, double Residual, int Iterations);

/// <summary>
/// The Lanczos iteration with full reorthogonalisation for the largest (rightmost) eigenvalue of a symmetric
/// operator that is known by its products alone. The start is fixed, so the result is a function of the
/// operator. An instance is a workspace that keeps its basis vectors between calls; it is not thread-safe.
/// </summary>
/// <remarks>
/// Source: Parlett, <i>The Symmetric Eigenvalue Problem</i>, chapter 13. Memory: one vector an iteration.
/// </remarks>
/// <param name="maxIterations">The most products that one call may take.</param>
internal sealed class Lanczos(int maxIterations = 200)
{
    private const double Epsilon = 1.1102230246251565e-16;
    // What rounding leaves of a part that is 0: the basis is then full.
    private const double Nothing = 10 * Epsilon;
    // Newton's steps double the digits once they are near the root; from farther off each halves the way at least.
    private const int MostNewtonSteps = 100;

    private readonly List<double[]> _basis = [];
    private readonly double[] _alpha = new double[maxIterations];
    private readonly double[] _beta = new double[maxIterations];
    // How many vectors the last values of several rest on.
    private int _order;

    /// <summary>The largest eigenvalue.</summary>
    /// <param name="dimension">The order n of the operator, at least 1.</param>
    /// <param name="apply">Writes A x into its second argument; both are n long. It must not keep the spans.</param>
    /// <param name="tolerance">Stop at a residual of this times |value|.</param>
    /// <param name="start">The first vector, not zero; by default fixed pseudo-random numbers.</param>
    /// <returns>The value; a residual above the tolerance says that the iterations ran out, or that a product was not finite.</returns>
    public LanczosResult Largest(int dimension, Action<ReadOnlySpan<double>, Span<double>> apply, double tolerance = 1e-10,
        ReadOnlySpan<double> start = default)
    {
        ArgumentNullException.ThrowIfNull(apply);
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        if (!start.IsEmpty && start.Length != dimension)
        {
            throw new ArgumentException(
            $"A start of {start.Length} entries for an operator of order {dimension}.", nameof(start));
        }

        Begin(dimension, start);
        var scale = 0.0;
        var ritz = double.NaN;
        var steps = Math.Min(dimension, maxIterations);
        for (var k = 0; k < steps; k++)
        {
            if (!Advance(k, dimension, apply, ref scale)) return new(double.NaN, double.PositiveInfinity, k + 1);
            ritz = k == 0 ? _alpha[0] : LargestRitz(k, ritz);
            // A full basis, or an invariant subspace: the Ritz value is an eigenvalue.
            if (k + 1 == dimension || _beta[k] <= Nothing * scale)
            {
                return new(ritz, k + 1 == dimension ? Epsilon * scale : _beta[k],
                k + 1);
            }

            var residual = _beta[k] * LastComponent(k, ritz);
            if (residual <= tolerance * Math.Max(Math.Abs(ritz), Epsilon * scale) || k + 1 == steps) return new(ritz, residual, k + 1);
            Vectors.Scale(Basis(k + 1, dimension), 1 / _beta[k]);
        }
        throw new InvalidOperationException("No iterations.");
    }

    /// <summary>The largest eigenvalues, descending; of an operator of a lower order NaN in place of those that it has not.</summary>
    /// <param name="dimension">The order n of the operator, at least 1.</param>
    /// <param name="apply">As in <see cref="Largest"/>.</param>
    /// <param name="values">Where they are written.</param>
    /// <param name="tolerance">Stop when the residual of each is this times |value| or less.</param>
    /// <returns>The largest residual, each relative to its value; NaN where a product was not finite, and then all values are.</returns>
    /// <remarks>An operator with an eigenvalue of multiplicity m shows it once: a start has one component in its space.</remarks>
    public double LargestOf(int dimension, Action<ReadOnlySpan<double>, Span<double>> apply, Span<double> values, double tolerance = 1e-10)
    {
        ArgumentNullException.ThrowIfNull(apply);
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        Begin(dimension, []);
        values.Fill(double.NaN);
        var (scale, steps, before) = (0.0, Math.Min(dimension, maxIterations), Array.Empty<double>());
        for (var k = 0; k < steps; k++)
        {
            if (!Advance(k, dimension, apply, ref scale))
            {
                values.Fill(double.NaN);
                return double.NaN;
            }
            var ritz = RitzValues(k + 1);
            _order = k + 1;
            var whole = k + 1 == dimension || _beta[k] <= Nothing * scale;
            var worst = k + 1 < values.Length && !whole ? double.PositiveInfinity : 0;
            for (var i = 0; i < Math.Min(values.Length, ritz.Length); i++)
            {
                values[i] = ritz[^(i + 1)];
                if (whole) continue;
                var residual = _beta[k] * LastComponent(ritz, before, ritz.Length - 1 - i);
                worst = Math.Max(worst, residual / Math.Max(Math.Abs(values[i]), Epsilon * scale));
            }
            if (whole || worst <= tolerance || k + 1 == steps) return worst;
            Vectors.Scale(Basis(k + 1, dimension), 1 / _beta[k]);
            before = ritz;
        }
        throw new InvalidOperationException("No iterations.");
    }

    /// <summary>The largest eigenvalues as <see cref="LargestOf(int, Action{ReadOnlySpan{double}, Span{double}}, Span{double}, double)"/>,
    /// and unit eigenvectors that belong to them, one a row; not numbers where there is no such value.</summary>
    public double[][] Eigenvectors(int dimension, Action<ReadOnlySpan<double>, Span<double>> apply, Span<double> values,
        double tolerance = 1e-10)
    {
        var found = new double[values.Length][];
        for (var i = 0; i < found.Length; i++) found[i] = new double[dimension];
        LargestOf(dimension, apply, values, tolerance);
        if (Array.TrueForAll(values.ToArray(), double.IsNaN))
        {
            foreach (var vector in found) Array.Fill(vector, double.NaN);
            return found;
        }
        var order = _order;
        var vectors = SmallEigen.Of(Tridiagonal(order)).Vectors;
        for (var i = 0; i < Math.Min(found.Length, order); i++)
            for (var k = 0; k < order; k++) Vectors.AddScaled(found[i], vectors[i, k], Basis(k, dimension));
        for (var i = 0; i < found.Length; i++)
            if (double.IsNaN(values[i])) Array.Fill(found[i], double.NaN);
        return found;
    }

    private double[] RitzValues(int order) => SymmetricEigen.ValuesOf(Tridiagonal(order));

    private Matrix Tridiagonal(int order)
    {
        var matrix = new double[order * order];
        for (var i = 0; i < order; i++)
        {
            matrix[i * order + i] = _alpha[i];
            if (i + 1 < order) matrix[i * order + i + 1] = matrix[(i + 1) * order + i] = _beta[i];
        }
        return new Matrix(order, order, matrix);
    }

    // Of the unit eigenvector of ritz[i]: its square is the product of θᵢ − μⱼ over that of θᵢ − θⱼ, μ the values one iteration before,
    // which lie between them (Parlett, theorem 7.9.2). Factor by factor, each quotient is within 0 to 1.
    private static double LastComponent(double[] ritz, double[] before, int i)
    {
        var square = 1.0;
        for (var j = 0; j < before.Length; j++)
        {
            var gap = ritz[i] - ritz[j < i ? j : j + 1];
            square *= gap == 0 ? 0 : Math.Clamp((ritz[i] - before[j]) / gap, 0, 1);
        }
        return Math.Sqrt(square);
    }

    // Puts the first vector into the basis.
    private void Begin(int dimension, ReadOnlySpan<double> start)
    {
        if (_basis.Count > 0 && _basis[0].Length < dimension) _basis.Clear();

        var first = Basis(0, dimension);
        if (start.IsEmpty) PseudoRandom(first);
        else start.CopyTo(first);
        var startNorm = Vectors.Norm(first);
        if (startNorm == 0 || !double.IsFinite(startNorm)) throw new ArgumentException("The start is zero or not finite.", nameof(start));
        Vectors.Scale(first, 1 / startNorm);
    }

    // The next coefficients, and the next vector, not yet of norm 1; false where a product was not finite.
    private bool Advance(int k, int dimension, Action<ReadOnlySpan<double>, Span<double>> apply, ref double scale)
    {
        var current = Basis(k, dimension);
        var next = Basis(k + 1, dimension);
        apply(current, next);
        _alpha[k] = Vectors.Dot(current, next);
        if (!double.IsFinite(_alpha[k])) return false;
        Vectors.AddScaled(next, -_alpha[k], current);
        if (k > 0) Vectors.AddScaled(next, -_beta[k - 1], Basis(k - 1, dimension));
        // Against all vectors, which also cleans up after the three-term recurrence.
        for (var i = k; i >= 0; i--)
        {
            var vector = Basis(i, dimension);
            Vectors.AddScaled(next, -Vectors.Dot(vector, next), vector);
        }
        _beta[k] = Vectors.Norm(next);
        scale = Math.Max(scale, Math.Abs(_alpha[k]) + _beta[k] + (k > 0 ? _beta[k - 1] : 0));
        return true;
    }

    /// <summary>
    /// The largest eigenvalue of the tridiagonal matrix of order k + 1. Newton's method on the characteristic
    /// polynomial, from the right of all its roots, where it falls monotonically on the largest.
    /// </summary>
    private double LargestRitz(int k, double previous)
    {
        // By interlacing and Weyl's inequality the new value is in [max(previous, α), max(previous, α) + β].
        var theta = Math.Max(previous, _alpha[k]) + _beta[k - 1];
        for (var iteration = 0; iteration < MostNewtonSteps; iteration++)
        {
            double pivot = theta - _alpha[0], slope = 1, sum = slope / pivot;
            for (var j = 1; j <= k && pivot > 0; j++)
            {
                var ratio = _beta[j - 1] / pivot;
                pivot = theta - _alpha[j] - _beta[j - 1] * ratio;
                slope = 1 + ratio * ratio * slope;
                sum += slope / pivot;
            }
            // A pivot that is not positive: rounding has carried θ onto the root.
            if (!(pivot > 0)) break;
            var step = 1 / sum;
            theta -= step;
            if (step <= Epsilon * Math.Abs(theta)) break;
        }
        return theta;
    }

    /// <summary>
    /// The modulus of the last component of the unit eigenvector of θ. From the last component back to the
    /// first: in the direction in which the components grow, so that errors do not.
    /// </summary>
    private double LastComponent(int k, double theta)
    {
        double component = 1, sum = 1, pivot = theta - _alpha[k];
        for (var j = k - 1; j >= 0; j--)
        {
            component *= pivot / _beta[j];
            sum += component * component;
            pivot = theta - _alpha[j] - _beta[j] * _beta[j] / pivot;
        }
        return 1 / Math.Sqrt(sum);
    }

    private Span<double> Basis(int index, int dimension)
    {
        while (_basis.Count <= index) _basis.Add(new double[_basis.Count == 0 ? dimension : _basis[0].Length]);
        return _basis[index].AsSpan(0, dimension);
    }

    /// <summary>SplitMix64 numbers in [−1, 1): no eigenvector of a real problem is orthogonal to them.</summary>
    private static void PseudoRandom(Span<double> x)
    {
        // 2⁶⁴ over the golden ratio, which goes round all states.
        const ulong golden = 0x9E3779B97F4A7C15;
        // 2⁻⁵², for 53 bits in [0, 2).
        const double unit = 2.220446049250313e-16;
        var state = golden;
        foreach (ref var value in x)
        {
            state += golden;
            var z = state;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
            z ^= z >> 31;
            value = (z >> 11) * unit - 1;
        }
    }
}
