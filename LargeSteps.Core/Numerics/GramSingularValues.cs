namespace LargeSteps.Numerics;

/// <summary>Singular values from the smaller Gram matrix: enough for sums over them, which small ones hardly change.</summary>
internal static class GramSingularValues
{
    /// <summary>The singular values, ascending.</summary>
    /// <param name="values">The entry in row i and column j at i·stride + j.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="columns">The number of columns.</param>
    /// <param name="stride">How far rows are apart, at least <paramref name="columns"/>.</param>
    public static double[] Of(double[] values, int rows, int columns, int stride)
    {
        var order = Math.Min(rows, columns);
        var gram = new double[order * order];
        if (rows <= columns)
        {
            for (var i = 0; i < rows; i++)
            {
                for (var j = i; j < rows; j++)
                    gram[i * order + j] = Vectors.Dot(values.AsSpan(i * stride, columns), values.AsSpan(j * stride, columns));
            }
        }
        else
        {
            for (var k = 0; k < rows; k++)
            {
                for (var i = 0; i < columns; i++)
                    Vectors.AddScaled(gram.AsSpan(i * order, order), values[k * stride + i], values.AsSpan(k * stride, columns));
            }
        }
        return Array.ConvertAll(SymmetricEigen.ValuesOf(new Matrix(order, order, gram)), v => Math.Sqrt(Math.Max(v, 0)));
    }
}
