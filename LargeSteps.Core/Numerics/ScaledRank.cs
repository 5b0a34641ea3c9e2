namespace LargeSteps.Numerics;

/// <summary>How many of the ranks of one call were decided in which way.</summary>
/// <param name="ByBounds">By the bounds on the singular values alone.</param>
/// <param name="ByInertia">By the signs of the scaled Gram matrix.</param>
/// <param name="BySvd">By the Jacobi singular values of X·diag(d).</param>
internal readonly record struct RankDecisions(int ByBounds, int ByInertia, int BySvd);

/// <summary>
/// The numerical rank of A = X·diag(d): the number of singular values σᵢ of A above τ·σ₁, for a matrix X
/// (m×n) that stays and scales d ≥ 0 that change with each call and may be graded over hundreds of decades.
/// An instance is a workspace; it is not thread-safe.
/// </summary>
/// <remarks>
/// <para>
/// By Sylvester's law of inertia, with D = diag(d) and G = XᵀX, the number of σᵢ above s is the number of
/// positive eigenvalues of D·G·D − s²·1, and so, by congruence with D⁻¹, of G − s²·D⁻². The two differ in
/// floating point. An error ε·‖DGD‖ in the first is larger than s² as soon as s &lt; √ε·σ₁: at τ = 1e-15 the
/// Gram matrix of A says nothing. In the second the scales stand on the diagonal alone. A symmetric error E
/// in G, ‖E‖ ≤ c·ε·‖G‖, is that of some X + δX with the same D, and changes every σᵢ, however small, by a
/// factor within 1 ± c·ε·cond(X)²/2. (s²·D⁻² itself is known to a few ε entry by entry.) For cond(X) ≤ 1e4 the
/// count is thus that of singular values known to about 1e-8, relatively; measured: 1e-13 at cond(X) = 10, 1e-11 at
/// 1e3, 1e-9 at 9e3. Beyond, and where X has not full column rank, the Jacobi SVD decides, at a hundred times the cost.
/// </para>
/// <para>
/// Most of the work is avoided by σ_min(X)·d₍ᵢ₎ ≤ σᵢ ≤ σ_max(X)·d₍ᵢ₎, with d₍ᵢ₎ in descending order. With L the
/// coordinates that these bounds place above s, S those that they place below and U the others, the matrix is
/// negative definite on S (as ‖X_S D_S‖ &lt; s), and the Schur complement of S is positive definite on L (it
/// is at least G_LL − s²·D_LL⁻²); neither block needs pivoting, and the rank is |L| and the number of positive
/// eigenvalues of what is left on U. A singular value that agrees with τ·σ₁ to the accuracy above may be counted either way.
/// </para>
/// </remarks>
internal sealed class ScaledRank
{
    /// <summary>The largest cond(X) for which inertia decides.</summary>
    internal const double MaxCondition = 1e4;

    // The singular values of X carry a relative error of up to cond²·ε.
    private const double BoundMargin = 1 + 1e-6;
    // How far inside its bound a coordinate of S or L must be, so that these blocks are well conditioned.
    private const double BlockMargin = 1.1;
    // Scales whose effect on σ² is below this, relatively, are left out.
    private const double Negligible = 1e-17;
    // Up to this order all eigenvalues are as quick as the Lanczos iteration.
    private const int SmallOrder = 40;
    // The residual at which the Lanczos iteration has found σ₁² as exactly as the other bounds are known.
    private const double EnoughForThresholds = 1e-9;

    private readonly Matrix _x;
    private readonly int _n;
    private readonly int _exponent;
    private readonly bool _bySvd;
    private readonly double[] _gram;
    private readonly double _smallest;
    private readonly double _largest;
    private readonly double[] _ratios;
    private readonly int[] _order;
    private readonly double[] _permuted;
    private readonly double[] _matrix;
    private readonly double[] _factors;
    private readonly double[] _scaled;
    private readonly SymmetricEigen _eigen;
    private readonly Lanczos _lanczos;
    private readonly Action<ReadOnlySpan<double>, Span<double>> _applyScaledGram;

    /// <summary>Prepares a matrix: its Gram matrix, and its extreme singular values.</summary>
    /// <param name="x">X, m×n; any scale.</param>
    /// <exception cref="ArgumentException">X has an entry that is not finite.</exception>
    public ScaledRank(Matrix x)
    {
        ArgumentNullException.ThrowIfNull(x);
        var largest = Vectors.MaxAbs(x.AsSpan());
        if (!double.IsFinite(largest)) throw new ArgumentException("The matrix has an entry that is not finite.", nameof(x));
        _x = x;
        _n = x.Columns;
        var padded = (_n + 3) & ~3;
        _gram = new double[_n * _n];
        _ratios = new double[_n];
        _order = new int[_n];
        _permuted = new double[_n * _n];
        _matrix = new double[padded * padded];
        _factors = new double[_n];
        _scaled = new double[_n];
        _eigen = new SymmetricEigen(_n);
        _lanczos = new Lanczos();
        _applyScaledGram = ApplyScaledGram;
        // A power of 2, so that nothing overflows or vanishes; the ranks do not depend on it.
        _exponent = largest == 0 ? 0 : -Math.ILogB(largest);
        _bySvd = largest == 0 || x.Rows < _n;
        if (_bySvd || _n == 0) return;

        var columns = new double[_n][];
        for (var j = 0; j < _n; j++)
        {
            columns[j] = new double[x.Rows];
            for (var i = 0; i < x.Rows; i++) columns[j][i] = Math.ScaleB(x[i, j], _exponent);
        }
        for (var i = 0; i < _n; i++)
        {
            for (var j = 0; j <= i; j++)
                _gram[i * _n + j] = _gram[j * _n + i] = Vectors.Dot(columns[i], columns[j]);
        }

        var squares = _eigen.Values(_gram, _n, _n);
        _smallest = Math.Sqrt(Math.Max(0, squares[0]));
        _largest = Math.Sqrt(squares[^1]);
        _bySvd = !(_smallest * MaxCondition >= _largest);
    }

    /// <summary>The rank for one threshold.</summary>
    /// <inheritdoc cref="Count(ReadOnlySpan{double}, ReadOnlySpan{double}, Span{int})"/>
    public int Count(ReadOnlySpan<double> scales, double threshold)
    {
        var rank = 0;
        Count(scales, [threshold], new Span<int>(ref rank));
        return rank;
    }

    /// <summary>The ranks for several thresholds: #{i : σᵢ &gt; τ·σ₁}; 0 where A is 0.</summary>
    /// <param name="scales">d, n values ≥ 0. A value below 5e-324 of the largest counts as 0.</param>
    /// <param name="thresholds">τ ≥ 0, in any order. For τ = 0 it is the exact rank.</param>
    /// <param name="ranks">Receives a rank for each threshold.</param>
    /// <returns>How the ranks were decided.</returns>
    /// <exception cref="ArgumentException">A length is wrong, a scale is negative or not finite, or a threshold negative or
    /// NaN.</exception>
    public RankDecisions Count(ReadOnlySpan<double> scales, ReadOnlySpan<double> thresholds, Span<int> ranks)
    {
        if (scales.Length != _n) throw new ArgumentException($"{scales.Length} scales for {_n} columns.", nameof(scales));
        if (ranks.Length != thresholds.Length)
        {
            throw new ArgumentException(
            $"Room for {ranks.Length} ranks, and {thresholds.Length} thresholds.", nameof(ranks));
        }

        foreach (var threshold in thresholds)
            if (!(threshold >= 0)) throw new ArgumentException($"A threshold is {threshold}.", nameof(thresholds));
        var scale = 0.0;
        foreach (var value in scales)
        {
            if (!(value >= 0) || double.IsInfinity(value)) throw new ArgumentException($"A scale is {value}.", nameof(scales));
            scale = Math.Max(scale, value);
        }
        ranks.Clear();
        if (scale == 0) return new(thresholds.Length, 0, 0);
        for (var i = 0; i < _n; i++)
        {
            // Negative, since Array.Sort is ascending.
            _ratios[i] = -scales[i] / scale;
            _order[i] = i;
        }
        if (_bySvd) return CountBySvd(thresholds, ranks);

        Array.Sort(_ratios, _order);
        var sum = 0.0;
        var lower = 0.0;
        for (var i = 0; i < _n; i++)
        {
            _ratios[i] = -_ratios[i];
            var square = _ratios[i] * _ratios[i] * _gram[_order[i] * (_n + 1)];
            lower = Math.Max(lower, square);
            sum += square;
        }
        // A column's norm ≤ σ₁ ≤ the Frobenius norm.
        lower = Math.Sqrt(lower);
        var upper = Math.Min(_largest, Math.Sqrt(sum));

        int undecided = 0, byBounds = 0, byInertia = 0;
        var least = double.PositiveInfinity;
        for (var t = 0; t < thresholds.Length; t++)
        {
            ranks[t] = CountByBounds(thresholds[t], lower, upper);
            if (ranks[t] >= 0)
            {
                byBounds++;
                continue;
            }
            undecided++;
            least = Math.Min(least, thresholds[t]);
        }
        if (undecided == 0) return new(byBounds, 0, 0);

        Permute(Relevant(Math.Min(least * lower, _smallest)));
        var first = LargestSingularValue();
        double[]? values = null;
        for (var t = 0; t < thresholds.Length; t++)
        {
            if (ranks[t] >= 0) continue;
            ranks[t] = CountByBounds(thresholds[t], first, first);
            if (ranks[t] >= 0)
            {
                byBounds++;
                continue;
            }
            ranks[t] = CountByInertia(thresholds[t] * first);
            if (ranks[t] >= 0)
            {
                byInertia++;
                continue;
            }
            // A pivot of the wrong sign, which only rounding can make: not seen so far.
            values ??= SingularValues.OfJacobi(Scaled());
            ranks[t] = CountAbove(values, thresholds[t]);
        }
        return new(byBounds, byInertia, thresholds.Length - byBounds - byInertia);
    }

    /// <summary>The rank if the bounds decide it for every σ₁ in [lower, upper], otherwise −1.</summary>
    private int CountByBounds(double threshold, double lower, double upper)
    {
        if (threshold >= 1) return 0;
        var above = CountRatios(threshold * upper * BoundMargin / _smallest);
        return above == CountRatios(threshold * lower / (_largest * BoundMargin)) ? above : -1;
    }

    /// <summary>The number of ratios above a bound.</summary>
    private int CountRatios(double bound)
    {
        int low = 0, high = _n;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_ratios[middle] > bound) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    /// <summary>How many coordinates can matter for the singular values from s on.</summary>
    private int Relevant(double s) => CountRatios(Math.Sqrt(Negligible) * s * _smallest / (_largest * _largest));

    /// <summary>G with rows and columns in the order of descending scales; the first <paramref name="count"/> of them.</summary>
    private void Permute(int count)
    {
        var order = _order.AsSpan(0, count);
        for (var i = 0; i < count; i++)
        {
            var source = _gram.AsSpan(order[i] * _n, _n);
            var target = _permuted.AsSpan(i * _n, count);
            for (var j = 0; j < target.Length; j++) target[j] = source[order[j]];
        }
    }

    /// <summary>σ₁ of X·diag(ratios), from D·G·D on the coordinates that matter: the largest eigenvalue is safe there.</summary>
    private double LargestSingularValue()
    {
        var count = Relevant(_smallest);
        if (count > SmallOrder)
        {
            var result = _lanczos.Largest(count, _applyScaledGram);
            if (result.Residual <= EnoughForThresholds * result.Value) return Math.Sqrt(result.Value);
        }
        for (var i = 0; i < count; i++)
        {
            var row = _matrix.AsSpan(i * count, count);
            Vectors.Multiply(_permuted.AsSpan(i * _n, count), _ratios.AsSpan(0, count), row);
            Vectors.Scale(row, _ratios[i]);
        }
        return Math.Sqrt(_eigen.Values(_matrix, count, count)[^1]);
    }

    private void ApplyScaledGram(ReadOnlySpan<double> x, Span<double> y)
    {
        var ratios = _ratios.AsSpan(0, x.Length);
        var scaled = _scaled.AsSpan(0, x.Length);
        Vectors.Multiply(ratios, x, scaled);
        for (var i = 0; i < y.Length; i++) y[i] = Vectors.Dot(_permuted.AsSpan(i * _n, x.Length), scaled);
        Vectors.Multiply(ratios, y, y);
    }

    /// <summary>The number of singular values above s &gt; 0, or −1 if a pivot has not the sign it must have.</summary>
    private int CountByInertia(double s)
    {
        var positive = CountRatios(s * BlockMargin / _smallest);
        var notSmall = CountRatios(s / (_largest * BlockMargin));
        var count = Math.Max(notSmall, Relevant(s));
        var negative = count - notSmall;
        var unsure = notSmall - positive;

        // C·(G − s²·D⁻²)·C in the order S, L, U, with C = min(1, D/s): no entry overflows.
        var stride = (count + 3) & ~3;
        for (var i = 0; i < count; i++) _factors[i] = Math.Min(1, _ratios[i] / s);
        for (var i = 0; i < count; i++)
        {
            var position = i < notSmall ? negative + i : i - notSmall;
            var target = _matrix.AsSpan(position * stride, stride);
            var source = _permuted.AsSpan(i * _n, count);
            Vectors.Multiply(source[notSmall..], _factors.AsSpan(notSmall, negative), target[..negative]);
            Vectors.Multiply(source[..notSmall], _factors.AsSpan(0, notSmall), target[negative..count]);
            Vectors.Scale(target[..count], _factors[i]);
            target[count..].Clear();
            var shift = _ratios[i] < s ? 1 : s / _ratios[i];
            target[position] -= shift * shift;
        }
        if (!QuasiDefinite.Eliminate(_matrix, stride, count, negative, positive)) return -1;
        var done = negative + positive;
        return positive + _eigen.CountPositive(_matrix.AsSpan(0, stride * count)[(unsure == 0 ? 0 : done * (stride + 1))..], stride,
            unsure);
    }

    private RankDecisions CountBySvd(ReadOnlySpan<double> thresholds, Span<int> ranks)
    {
        for (var i = 0; i < _n; i++) _ratios[i] = -_ratios[i];
        var values = SingularValues.OfJacobi(Scaled());
        for (var t = 0; t < thresholds.Length; t++) ranks[t] = CountAbove(values, thresholds[t]);
        return new(0, 0, thresholds.Length);
    }

    private static int CountAbove(ReadOnlySpan<double> values, double threshold)
    {
        var count = 0;
        while (count < values.Length && values[count] > threshold * values[0]) count++;
        return count;
    }

    /// <summary>X·diag(ratios), X scaled to a largest entry of about 1, its columns in the present order.</summary>
    private Matrix Scaled()
    {
        var values = new double[_x.Rows * _n];
        for (var i = 0; i < _x.Rows; i++)
        {
            for (var j = 0; j < _n; j++)
                values[i * _n + j] = Math.ScaleB(_x[i, _order[j]], _exponent) * _ratios[j];
        }

        return new Matrix(_x.Rows, _n, values);
    }
}
