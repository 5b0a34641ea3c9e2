using LargeSteps.Numerics;

namespace LargeSteps.Tests.Numerics;

/// <summary>Matrices for the tests of the linear algebra.</summary>
internal static class TestMatrices
{
    public static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    public static Matrix From(int rows, int columns, Func<int, int, double> entry)
    {
        var values = new double[rows * columns];
        for (var i = 0; i < rows; i++)
            for (var j = 0; j < columns; j++) values[i * columns + j] = entry(i, j);
        return new(rows, columns, values);
    }

    public static Matrix Gaussian(int rows, int columns, int seed)
    {
        var random = new Random(seed);
        return From(rows, columns, (_, _) => Normal(random));
    }

    public static Matrix Symmetric(int order, int seed)
    {
        var a = Gaussian(order, order, seed);
        return From(order, order, (i, j) => a[i, j] + a[j, i]);
    }

    /// <summary>X·diag(d).</summary>
    public static Matrix ScaleColumns(Matrix x, IReadOnlyList<double> d) => From(x.Rows, x.Columns, (i, j) => x[i, j] * d[j]);

    public static Matrix Transpose(Matrix x) => From(x.Columns, x.Rows, (i, j) => x[j, i]);

    public static Matrix Multiply(Matrix x, Matrix y) =>
        From(x.Rows, y.Columns, (i, j) => Enumerable.Range(0, x.Columns).Sum(k => x[i, k] * y[k, j]));

    public static Matrix Gram(Matrix x) => Multiply(Transpose(x), x);

    public static void Close(double expected, double actual, double relative) =>
        Assert.True(Math.Abs(expected - actual) <= relative * Math.Abs(expected), $"expected {expected:R}, got {actual:R}");
}
