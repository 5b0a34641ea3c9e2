namespace LargeSteps.Numerics;

/// <summary>Eigenvalues and eigenvectors of small symmetric matrices by Jacobi's rotations: to full precision, vectors orthogonal to
/// rounding whatever the gaps.</summary>
/// <param name="Values">Descending.</param>
/// <param name="Vectors">The unit vector of each, a row.</param>
/// <remarks>Source: Golub and Van Loan, <i>Matrix Computations</i>, algorithm 8.5.3 (cyclic by rows).</remarks>
internal sealed record SmallEigen(double[] Values, Matrix Vectors)
{
    private const int MostSweeps = 60;

    /// <summary>Those of a matrix, of which both triangles are read.</summary>
    public static SmallEigen Of(Matrix matrix)
    {
        var n = matrix.Rows;
        var (a, v) = (matrix.AsSpan().ToArray(), new double[n * n]);
        for (var i = 0; i < n; i++) v[i * n + i] = 1;
        for (var sweep = 0; sweep < MostSweeps && Rotate(a, v, n); sweep++) { }
        int[] order = [.. Enumerable.Range(0, n).OrderByDescending(i => a[i * n + i])];
        var vectors = new double[n * n];
        for (var i = 0; i < n; i++) v.AsSpan(order[i] * n, n).CopyTo(vectors.AsSpan(i * n));
        return new([.. order.Select(i => a[i * n + i])], new Matrix(n, n, vectors));
    }

    // One sweep; false where nothing was left to rotate.
    private static bool Rotate(double[] a, double[] v, int n)
    {
        var rotated = false;
        for (var p = 0; p < n; p++)
        {
            for (var q = p + 1; q < n; q++)
            {
                var off = a[p * n + q];
                if (Math.Abs(off) <= double.Epsilon || Math.Abs(off) <= 1e-17 * Math.Sqrt(Math.Abs(a[p * n + p] * a[q * n + q]))) continue;
                rotated = true;
                var theta = (a[q * n + q] - a[p * n + p]) / (2 * off);
                var t = (theta < 0 ? -1 : 1) / (Math.Abs(theta) + Math.Sqrt(theta * theta + 1));
                var c = 1 / Math.Sqrt(t * t + 1);
                var s = t * c;
                for (var k = 0; k < n; k++)
                    (a[k * n + p], a[k * n + q]) = (c * a[k * n + p] - s * a[k * n + q], s * a[k * n + p] + c * a[k * n + q]);
                Turn(a, p, q, c, s, n);
                Turn(v, p, q, c, s, n);
            }
        }
        return rotated;
    }

    private static void Turn(double[] rows, int p, int q, double c, double s, int n)
    {
        var x = rows.AsSpan(p * n, n);
        var y = rows.AsSpan(q * n, n);
        for (var k = 0; k < n; k++) (x[k], y[k]) = (c * x[k] - s * y[k], s * x[k] + c * y[k]);
    }
}
