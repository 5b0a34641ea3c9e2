namespace LargeSteps.Numerics;

/// <summary>Singular values to high relative accuracy.</summary>
internal static class SingularValues
{
    private const double Epsilon = 1.1102230246251565e-16;
    private const int MaxSweeps = 60;
    // A cotangent beyond this has a root to which 1 adds nothing, and its square could overflow.
    private const double RootsOnly = 1e8;
    // A square that keeps this much of itself has lost no digit that matters.
    private const double MostlyLeft = 0.9;
    // The largest entry is scaled to 2^480: its squares, summed, stay finite and leave the most room below.
    private const int LargestExponent = 480;

    /// <summary>
    /// The min(rows, columns) singular values of a matrix, descending, by one-sided Jacobi rotations.
    /// For A = X·diag(d) each value has a relative error of a modest multiple of ε·cond(X), however graded d
    /// is; methods that go through a bidiagonal form or AᵀA have an error of ε·σ₁ or √ε·σ₁. Values
    /// below about 1e-280·σ₁ may come out as 0.
    /// </summary>
    /// <remarks>
    /// A QR decomposition with column pivoting first, then rotations of the rows of R with the pivoting of
    /// de Rijk (largest row first). Sources: Demmel and Veselić, SIAM J. Matrix Anal. Appl. 13 (1992) 1204;
    /// de Rijk, SIAM J. Sci. Stat. Comput. 10 (1989) 359; Drmač and Veselić, SIAM J. Matrix Anal. Appl. 29
    /// (2008) 1322.
    /// </remarks>
    /// <exception cref="ArgumentException">The matrix has an entry that is not finite.</exception>
    /// <exception cref="InvalidOperationException">The rotations do not converge.</exception>
    public static double[] OfJacobi(Matrix matrix)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        var result = new double[Math.Min(matrix.Rows, matrix.Columns)];
        var largest = Vectors.MaxAbs(matrix.AsSpan());
        if (!double.IsFinite(largest)) throw new ArgumentException("The matrix has an entry that is not finite.", nameof(matrix));
        if (largest == 0) return result;

        var exponent = LargestExponent - Math.ILogB(largest);
        var columns = new double[matrix.Columns][];
        for (var j = 0; j < columns.Length; j++)
        {
            columns[j] = new double[matrix.Rows];
            for (var i = 0; i < matrix.Rows; i++) columns[j][i] = Math.ScaleB(matrix[i, j], exponent);
        }
        var rows = TriangularRows(columns, result.Length);
        Orthogonalise(rows);
        for (var i = 0; i < rows.Count; i++) result[i] = Math.ScaleB(Math.Sqrt(Vectors.Dot(rows[i], rows[i])), -exponent);
        Array.Sort(result);
        Array.Reverse(result);
        return result;
    }

    /// <summary>The rows of R in A·P = Q·R with column pivoting, without those that are 0. Overwrites the columns.</summary>
    private static List<double[]> TriangularRows(double[][] columns, int count)
    {
        var rows = new List<double[]>(count);
        var squares = Array.ConvertAll(columns, c => Vectors.Dot(c, c));
        for (var k = 0; k < count; k++)
        {
            var pivot = k;
            for (var j = k + 1; j < columns.Length; j++)
                if (squares[j] > squares[pivot]) pivot = j;
            // These values are the ones reported as 0.
            if (squares[pivot] < Vectors.EdgeOfUnderflow) break;
            (columns[k], columns[pivot]) = (columns[pivot], columns[k]);
            (squares[k], squares[pivot]) = (squares[pivot], squares[k]);
            foreach (var above in rows) (above[k], above[pivot]) = (above[pivot], above[k]);

            // The reflector I − β u uᵀ that maps the column's lower part to (±norm, 0, …, 0).
            var u = columns[k].AsSpan(k);
            var norm = -Math.CopySign(Math.Sqrt(squares[k]), u[0]);
            u[0] -= norm;
            var beta = 2 / Vectors.Dot(u, u);
            var row = new double[columns.Length];
            row[k] = norm;
            for (var j = k + 1; j < columns.Length; j++)
            {
                var column = columns[j].AsSpan(k);
                Vectors.AddScaled(column, -beta * Vectors.Dot(u, column), u);
                row[j] = column[0];
                squares[j] = Vectors.Dot(column[1..], column[1..]);
            }
            rows.Add(row);
        }
        return rows;
    }

    /// <summary>Rotates pairs of rows until all are orthogonal, to rounding, relative to their norms.</summary>
    private static void Orthogonalise(List<double[]> rows)
    {
        if (rows.Count == 0) return;
        var tolerance = Epsilon * Math.Max(4, Math.Sqrt(rows[0].Length));
        var squares = new double[rows.Count];
        for (var sweep = 0; sweep < MaxSweeps; sweep++)
        {
            // Afresh in each sweep, so that the updates below do not drift.
            for (var i = 0; i < squares.Length; i++) squares[i] = Vectors.Dot(rows[i], rows[i]);
            var rotated = false;
            for (var p = 0; p < rows.Count; p++)
            {
                var pivot = p;
                for (var i = p + 1; i < rows.Count; i++)
                    if (squares[i] > squares[pivot]) pivot = i;
                (rows[p], rows[pivot]) = (rows[pivot], rows[p]);
                (squares[p], squares[pivot]) = (squares[pivot], squares[p]);
                for (var q = p + 1; q < rows.Count; q++)
                {
                    if (squares[q] == 0) continue;
                    var dot = Vectors.Dot(rows[p], rows[q]);
                    if (Math.Abs(dot) <= tolerance * Math.Sqrt(squares[p]) * Math.Sqrt(squares[q])) continue;
                    rotated = true;
                    var zeta = (squares[q] - squares[p]) / 2 / dot;
                    var tangent = Math.Abs(zeta) > RootsOnly ? 0.5 / zeta
                        : Math.CopySign(1 / (Math.Abs(zeta) + Math.Sqrt(1 + zeta * zeta)), zeta);
                    var cosine = 1 / Math.Sqrt(1 + tangent * tangent);
                    Vectors.Rotate(rows[p], rows[q], cosine, cosine * tangent);
                    squares[p] -= tangent * dot;
                    // The smaller one loses: after a rotation that cancels much of it, form it anew.
                    var smaller = squares[q] + tangent * dot;
                    squares[q] = smaller > MostlyLeft * squares[q] ? smaller : Vectors.Dot(rows[q], rows[q]);
                }
            }
            if (!rotated) return;
        }
        throw new InvalidOperationException("The Jacobi rotations do not converge.");
    }
}
