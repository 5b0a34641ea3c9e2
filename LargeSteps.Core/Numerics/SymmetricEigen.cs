using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace LargeSteps.Numerics;

/// <summary>
/// Eigenvalues (without vectors) of symmetric matrices, and their signs: Householder reduction to tridiagonal
/// form, then the square-root-free QL iteration of Pal, Walker and Kahan, or a Sturm count. Backward stable:
/// the absolute error is a modest multiple of ε·‖A‖. An instance is a workspace for matrices up to a given
/// order; it is not thread-safe.
/// </summary>
/// <remarks>
/// Source: Parlett, <i>The Symmetric Eigenvalue Problem</i>, chapters 7 and 8; the QL step is the one of
/// EISPACK's tqlrat and LAPACK's dsterf. The reduction sweeps the matrix once a column: the rank-two update
/// of one Householder step is applied in the pass that forms the matrix–vector product of the next.
/// </remarks>
internal sealed class SymmetricEigen
{
    private const double Epsilon = 1.1102230246251565e-16;
    private const int MaxSweepsPerValue = 60;

    private readonly int _capacity;
    private readonly int _stride;
    // Below the diagonal, and in full in the 4×4 blocks on it, so that the sweep has no ragged ends.
    private readonly double[] _a;
    private double[] _v;
    private double[] _next;
    private readonly double[] _w;
    private readonly double[] _y;
    private readonly double[] _diagonal;
    private readonly double[] _off;

    /// <summary>A workspace.</summary>
    /// <param name="capacity">The largest order that will be asked for.</param>
    public SymmetricEigen(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        _capacity = capacity;
        _stride = (capacity + 3) & ~3;
        _a = new double[_stride * _stride];
        _v = new double[_stride];
        _next = new double[_stride];
        _w = new double[_stride];
        _y = new double[_stride];
        _diagonal = new double[capacity];
        _off = new double[capacity];
    }

    /// <summary>All eigenvalues of a symmetric matrix, ascending. Only the upper triangle is read.</summary>
    /// <exception cref="ArgumentException">The matrix is not square, or has an entry that is not finite.</exception>
    public static double[] ValuesOf(Matrix matrix)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        if (matrix.Rows != matrix.Columns) throw new ArgumentException($"{matrix} is not square.", nameof(matrix));
        return new SymmetricEigen(matrix.Rows).Values(matrix.AsSpan(), matrix.Columns, matrix.Rows).ToArray();
    }

    /// <summary>All eigenvalues, ascending; the span is valid until the next call.</summary>
    /// <param name="values">The matrix, row-major; only the upper triangle is read.</param>
    /// <param name="stride">Distance of two rows in <paramref name="values"/>.</param>
    /// <param name="order">The order n of the matrix.</param>
    /// <exception cref="ArgumentException">The matrix does not fit, or has an entry that is not finite.</exception>
    public ReadOnlySpan<double> Values(ReadOnlySpan<double> values, int stride, int order)
    {
        var exponent = Load(values, stride, order);
        Tridiagonalise(order);
        var result = _diagonal.AsSpan(0, order);
        var squares = _off.AsSpan(0, order);
        for (var i = 0; i + 1 < order; i++) squares[i] = squares[i + 1] * squares[i + 1];
        IterateQL(result, squares);
        result.Sort();
        foreach (ref var value in result) value = Math.ScaleB(value, exponent);
        return result;
    }

    /// <summary>
    /// The number of positive eigenvalues, by a Sturm count on the tridiagonal form. It is exact for a matrix
    /// within a few ε·‖A‖ of the given one: eigenvalues nearer to 0 than that may be counted either way.
    /// </summary>
    /// <inheritdoc cref="Values"/>
    public int CountPositive(ReadOnlySpan<double> values, int stride, int order)
    {
        Load(values, stride, order);
        Tridiagonalise(order);
        var count = 0;
        var pivot = 1.0;
        for (var i = 0; i < order; i++)
        {
            pivot = _diagonal[i] - (i == 0 ? 0 : _off[i] * _off[i] / pivot);
            // A pivot of 0 stands for an eigenvalue of a leading block at exactly 0; LAPACK moves it aside
            // in the same way. Here it is made negative, since only values above 0 count.
            if (Math.Abs(pivot) < Vectors.EdgeOfUnderflow) pivot = -Vectors.EdgeOfUnderflow;
            if (pivot > 0) count++;
        }
        return count;
    }

    /// <summary>Copies the upper triangle, scaled by 2^−exponent to a largest entry in [1, 2); returns the exponent.</summary>
    private int Load(ReadOnlySpan<double> values, int stride, int n)
    {
        if (n < 0 || n > _capacity) throw new ArgumentException($"Order {n} in a workspace for {_capacity}.", nameof(n));
        if (stride < n || (n > 0 && values.Length < (n - 1) * stride + n))
        {
            throw new ArgumentException("The values do not fill the matrix.",
            nameof(values));
        }

        var largest = 0.0;
        for (var i = 0; i < n; i++) largest = Math.Max(largest, Vectors.MaxAbs(values.Slice(i * stride + i, n - i)));
        if (!double.IsFinite(largest)) throw new ArgumentException("The matrix has an entry that is not finite.", nameof(values));
        var exponent = largest == 0 ? 0 : Math.ILogB(largest);
        // Two factors, since 2^1074 is not a double.
        var first = Math.ScaleB(1, -exponent / 2);
        var second = Math.ScaleB(1, -exponent - (-exponent / 2));
        _a.AsSpan(0, ((n + 3) & ~3) * _stride).Clear();
        for (var i = 0; i < n; i++)
        {
            var row = values.Slice(i * stride, n);
            for (var j = i; j < n; j++) _a[j * _stride + i] = row[j] * first * second;
            for (var j = i + 1; j < Math.Min(n, (i | 3) + 1); j++) _a[i * _stride + j] = _a[j * _stride + i];
        }
        return exponent;
    }

    /// <summary>Leaves the diagonal in <see cref="_diagonal"/> and the entry left of it in row i in <see cref="_off"/>[i].</summary>
    private void Tridiagonalise(int n)
    {
        if (n == 0) return;
        _v.AsSpan().Clear();
        _w.AsSpan().Clear();
        for (var l = n - 1; l > 0; l--)
        {
            // The rank-two update A ← A − v wᵀ − w vᵀ of the step before is still pending; this row needs it now.
            var row = _a.AsSpan(l * _stride, l + 1);
            Vectors.AddScaled(row, -_v[l], _w.AsSpan(0, l + 1));
            Vectors.AddScaled(row, -_w[l], _v.AsSpan(0, l + 1));
            _diagonal[l] = row[l];

            // The reflector I − β u uᵀ that maps the row left of the diagonal to (0, …, 0, off).
            var last = row[l - 1];
            var rest = Vectors.Dot(row[..(l - 1)], row[..(l - 1)]);
            var beta = 0.0;
            _next.AsSpan().Clear();
            if (rest < Vectors.EdgeOfUnderflow) // entries below 1e-145 of the largest: their loss is far below rounding
            {
                _off[l] = last;
            }
            else
            {
                _off[l] = -Math.CopySign(Math.Sqrt(last * last + rest), last);
                row[..(l - 1)].CopyTo(_next);
                _next[l - 1] = last - _off[l];
                beta = 2 / (_next[l - 1] * _next[l - 1] + rest);
            }

            _v.AsSpan(l).Clear();
            _w.AsSpan(l).Clear();
            Sweep(l);

            // The next pending update: p = β A u, w = p − ½ β (uᵀp) u.
            var product = _y.AsSpan(0, l);
            var u = _next.AsSpan(0, l);
            var inner = Vectors.Dot(u, product);
            Vectors.Scale(product, beta);
            Vectors.AddScaled(product, -0.5 * beta * (beta * inner), u);
            _w.AsSpan().Clear();
            product.CopyTo(_w);
            (_v, _next) = (_next, _v);
        }
        _off[0] = 0;
        _diagonal[0] = _a[0];
    }

    /// <summary>In one pass over the leading l×l block: A ← A − v wᵀ − w vᵀ, and y = A u with the new A.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Sweep(int l)
    {
        _y.AsSpan().Clear();
        ref var a = ref MemoryMarshal.GetArrayDataReference(_a);
        ref var v = ref MemoryMarshal.GetArrayDataReference(_v);
        ref var w = ref MemoryMarshal.GetArrayDataReference(_w);
        ref var u = ref MemoryMarshal.GetArrayDataReference(_next);
        ref var y = ref MemoryMarshal.GetArrayDataReference(_y);
        for (var i = 0; i < l; i += 2)
        {
            // Two rows at a time share the loads of v, w, u and y. Where the second is row l, its
            // coefficients are 0 and it has been used already.
            ref var row0 = ref Unsafe.Add(ref a, i * _stride);
            ref var row1 = ref Unsafe.Add(ref row0, _stride);
            var v0 = Vector256.Create(-Unsafe.Add(ref v, i));
            var w0 = Vector256.Create(-Unsafe.Add(ref w, i));
            var u0 = Vector256.Create(Unsafe.Add(ref u, i));
            var v1 = Vector256.Create(-Unsafe.Add(ref v, i + 1));
            var w1 = Vector256.Create(-Unsafe.Add(ref w, i + 1));
            var u1 = Vector256.Create(Unsafe.Add(ref u, i + 1));
            var sum0 = Vector256<double>.Zero;
            var sum1 = sum0;
            nuint block = (nuint)(i & ~3);
            Vector256<double> a0, a1, vj, wj, uj;
            for (nuint j = 0; j < block; j += 4)
            {
                vj = Vector256.LoadUnsafe(ref v, j);
                wj = Vector256.LoadUnsafe(ref w, j);
                uj = Vector256.LoadUnsafe(ref u, j);
                a0 = Vector256.FusedMultiplyAdd(v0, wj, Vector256.LoadUnsafe(ref row0, j));
                a1 = Vector256.FusedMultiplyAdd(v1, wj, Vector256.LoadUnsafe(ref row1, j));
                a0 = Vector256.FusedMultiplyAdd(w0, vj, a0);
                a1 = Vector256.FusedMultiplyAdd(w1, vj, a1);
                a0.StoreUnsafe(ref row0, j);
                a1.StoreUnsafe(ref row1, j);
                sum0 = Vector256.FusedMultiplyAdd(a0, uj, sum0);
                sum1 = Vector256.FusedMultiplyAdd(a1, uj, sum1);
                // What the upper triangle, which is not stored, adds to the product.
                Vector256.FusedMultiplyAdd(a1, u1, Vector256.FusedMultiplyAdd(a0, u0, Vector256.LoadUnsafe(ref y, j)))
                    .StoreUnsafe(ref y, j);
            }
            vj = Vector256.LoadUnsafe(ref v, block);
            wj = Vector256.LoadUnsafe(ref w, block);
            uj = Vector256.LoadUnsafe(ref u, block);
            a0 = Vector256.FusedMultiplyAdd(w0, vj, Vector256.FusedMultiplyAdd(v0, wj, Vector256.LoadUnsafe(ref row0, block)));
            a1 = Vector256.FusedMultiplyAdd(w1, vj, Vector256.FusedMultiplyAdd(v1, wj, Vector256.LoadUnsafe(ref row1, block)));
            a0.StoreUnsafe(ref row0, block);
            a1.StoreUnsafe(ref row1, block);
            Unsafe.Add(ref y, i) += Vectors.Sum(Vector256.FusedMultiplyAdd(a0, uj, sum0));
            Unsafe.Add(ref y, i + 1) += Vectors.Sum(Vector256.FusedMultiplyAdd(a1, uj, sum1));
        }
        _y.AsSpan(l).Clear();
    }

    /// <summary>Turns the diagonal of a tridiagonal matrix into its eigenvalues, in no order.</summary>
    /// <param name="d">The diagonal, n.</param>
    /// <param name="e">The squares of the entries beside it, n − 1 of them and one more that is not used.</param>
    private static void IterateQL(Span<double> d, Span<double> e)
    {
        var start = 0;
        while (start < d.Length)
        {
            var end = start;
            while (end + 1 < d.Length && !IsSplit(d, e, end)) end++;
            // QL wants the small end of a graded block first.
            if (Math.Abs(d[end]) < Math.Abs(d[start]))
            {
                d[start..(end + 1)].Reverse();
                e[start..end].Reverse();
            }
            IterateBlock(d, e, start, end);
            start = end + 1;
        }
    }

    private static bool IsSplit(ReadOnlySpan<double> d, ReadOnlySpan<double> e, int i) =>
        e[i] <= Epsilon * Epsilon * Math.Abs(d[i] * d[i + 1]) || e[i] < Vectors.EdgeOfUnderflow;

    private static void IterateBlock(Span<double> d, Span<double> e, int l, int end)
    {
        var sweeps = 0;
        while (l < end)
        {
            var m = l;
            while (m < end && !IsSplit(d, e, m)) m++;
            if (m == l)
            {
                l++;
                sweeps = 0;
                continue;
            }
            if (++sweeps > MaxSweepsPerValue) throw new InvalidOperationException("The QL iteration does not converge.");

            // Wilkinson's shift, and one sweep of the implicit QL algorithm with the squares alone.
            var root = Math.Sqrt(e[l]);
            var shift = (d[l + 1] - d[l]) / (2 * root);
            shift = d[l] - root / (shift + Math.CopySign(Math.Sqrt(shift * shift + 1), shift));
            double c = 1, s = 0, gamma = d[m] - shift, p = gamma * gamma;
            for (var i = m - 1; i >= l; i--)
            {
                var r = p + e[i];
                if (i != m - 1) e[i + 1] = s * r;
                var oldC = c;
                c = p / r;
                s = e[i] / r;
                var oldGamma = gamma;
                gamma = c * (d[i] - shift) - s * oldGamma;
                d[i + 1] = oldGamma + (d[i] - gamma);
                p = c != 0 ? gamma * gamma / c : oldC * e[i];
            }
            e[l] = s * p;
            d[l] = shift + gamma;
        }
    }
}
