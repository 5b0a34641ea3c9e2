namespace LargeSteps.Numerics;

/// <summary>
/// A dense real matrix, row-major. It is immutable by convention: the array given to the constructor is
/// kept without a copy, and whoever made it does not write to it again.
/// </summary>
public sealed class Matrix : IEquatable<Matrix>
{
    private readonly double[] _values;

    /// <summary>A matrix over the given values.</summary>
    /// <param name="rows">Number of rows, at least 0.</param>
    /// <param name="columns">Number of columns, at least 0.</param>
    /// <param name="values">rows × columns values, row after row; kept, not copied.</param>
    /// <exception cref="ArgumentOutOfRangeException">A dimension is negative.</exception>
    /// <exception cref="ArgumentException">The length of <paramref name="values"/> is not rows × columns.</exception>
    public Matrix(int rows, int columns, double[] values)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        ArgumentNullException.ThrowIfNull(values);
        if (values.LongLength != (long)rows * columns)
        {
            throw new ArgumentException($"A {rows}×{columns} matrix has {(long)rows * columns} values, not {values.LongLength}.",
                nameof(values));
        }

        Rows = rows;
        Columns = columns;
        _values = values;
    }

    /// <summary>A matrix with the values of an array, which are copied.</summary>
    public static Matrix From(double[,] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return new(values.GetLength(0), values.GetLength(1), [.. values.Cast<double>()]);
    }

    /// <summary>A matrix of rows, which are copied: <c>Matrix.FromRows([[1, 2], [3, 4]])</c>. Without rows it has no columns
    /// either.</summary>
    /// <exception cref="ArgumentException">The rows differ in length; the message names the first that does.</exception>
    public static Matrix FromRows(IEnumerable<double[]> rows)
    {
        double[][] all = [.. rows];
        var columns = all.Length == 0 ? 0 : all[0].Length;
        var other = Array.FindIndex(all, row => row.Length != columns);
        if (other >= 0)
        {
            throw new ArgumentException(
            FormattableString.Invariant($"Row {other} has {all[other].Length} values, row 0 has {columns}."), nameof(rows));
        }

        return new(all.Length, columns, [.. all.SelectMany(row => row)]);
    }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Number of columns.</summary>
    public int Columns { get; }

    /// <summary>The entry in a row and a column, both counted from 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row or column.</exception>
    public double this[int row, int column]
    {
        get
        {
            CheckRow(row);
            ArgumentOutOfRangeException.ThrowIfNegative(column);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(column, Columns);
            return _values[row * Columns + column];
        }
    }

    /// <summary>The values of one row.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    public ReadOnlySpan<double> Row(int row)
    {
        CheckRow(row);
        return _values.AsSpan(row * Columns, Columns);
    }

    /// <summary>All values, row after row.</summary>
    public ReadOnlySpan<double> AsSpan() => _values;

    /// <summary>Whether the other matrix has the same shape and the same values (NaN equals NaN).</summary>
    public bool Equals(Matrix? other) =>
        other is not null && Rows == other.Rows && Columns == other.Columns && AsSpan().SequenceEqual(other.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Matrix);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.Add(Rows);
        hash.Add(Columns);
        foreach (var value in _values) hash.Add(value);
        return hash.ToHashCode();
    }

    /// <summary>The shape, such as <c>Matrix 3×2</c>.</summary>
    public override string ToString() => $"Matrix {Rows}×{Columns}";

    private void CheckRow(int row)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Rows);
    }
}
