using CsCheck;
using LargeSteps.Numerics;

namespace LargeSteps.Tests.Numerics;

public class SymmetricEigenTests
{
    private static readonly Gen<Matrix> Symmetric =
        Gen.Select(Gen.Int[1, 45], Gen.Int[0, 1_000_000]).Select((n, seed) => TestMatrices.Symmetric(n, seed));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(100)]
    [InlineData(203)]
    public void The_second_difference_has_its_known_eigenvalues(int n)
    {
        var values = SymmetricEigen.ValuesOf(TestMatrices.From(n, n, (i, j) => i == j ? 2 : Math.Abs(i - j) == 1 ? -1 : 0));
        for (var k = 0; k < n; k++)
            Assert.Equal(2 - 2 * Math.Cos(Math.PI * (k + 1) / (n + 1)), values[k], 1e-14);
    }

    [Fact]
    public void A_reflected_diagonal_keeps_its_eigenvalues()
    {
        // H·diag·H with the reflector H = 1 − 2uuᵀ/n, u = (1, …, 1).
        const int n = 150;
        var diagonal = Enumerable.Range(0, n).Select(i => Math.Pow(-1.1, i % 60)).ToArray();
        var h = TestMatrices.From(n, n, (i, j) => (i == j ? 1 : 0) - 2.0 / n);
        var values = SymmetricEigen.ValuesOf(TestMatrices.Multiply(TestMatrices.ScaleColumns(h, diagonal), h));
        Array.Sort(diagonal);
        for (var k = 0; k < n; k++) Assert.Equal(diagonal[k], values[k], 1e-13 * Math.Pow(1.1, 59));
    }

    [Fact]
    public void The_values_are_ascending_and_keep_trace_and_norm() => Symmetric.Sample(a =>
    {
        var values = SymmetricEigen.ValuesOf(a);
        var norm = Vectors.Norm(a.AsSpan());
        var trace = Enumerable.Range(0, a.Rows).Sum(i => a[i, i]);
        Assert.Equal(values.Order(), values);
        Assert.Equal(trace, values.Sum(), 1e-13 * norm);
        TestMatrices.Close(norm, Vectors.Norm(values), 1e-13);
    }, iter: 60);

    [Fact]
    public void The_count_is_that_of_the_positive_values() => Symmetric.Sample(a =>
        new SymmetricEigen(a.Rows).CountPositive(a.AsSpan(), a.Columns, a.Rows) == SymmetricEigen.ValuesOf(a).Count(v => v > 0), iter: 60);

    [Fact]
    public void A_power_of_two_scales_the_values_exactly()
    {
        var a = TestMatrices.Symmetric(20, 3);
        var values = SymmetricEigen.ValuesOf(a);
        foreach (var exponent in new[] { -900, 900 })
        {
            Assert.Equal(values.Select(v => Math.ScaleB(v, exponent)),
                SymmetricEigen.ValuesOf(TestMatrices.From(20, 20, (i, j) => Math.ScaleB(a[i, j], exponent))));
        }
    }

    [Fact]
    public void Only_the_upper_triangle_is_read_and_a_workspace_leaves_no_trace()
    {
        var a = TestMatrices.Symmetric(21, 4);
        var spoilt = TestMatrices.From(21, 21, (i, j) => i > j ? double.NaN : a[i, j]);
        SymmetricEigen eigen = new(40);
        var large = TestMatrices.Symmetric(40, 5);
        eigen.Values(large.AsSpan(), 40, 40);
        Assert.Equal(SymmetricEigen.ValuesOf(a), eigen.Values(spoilt.AsSpan(), 21, 21).ToArray());
    }

    [Fact]
    public void Trivial_matrices()
    {
        Assert.Empty(SymmetricEigen.ValuesOf(new(0, 0, [])));
        Assert.Equal([0.0, 0.0, 0.0], SymmetricEigen.ValuesOf(new(3, 3, new double[9])));
        Assert.Equal(0, new SymmetricEigen(3).CountPositive(new double[9], 3, 3));
        Assert.Equal([-1.0, 1.0], SymmetricEigen.ValuesOf(new(2, 2, [0, 1, 1, 0])).Select(v => Math.Round(v, 15)));
        Assert.Equal([-2.0, 3.0, 5.0], SymmetricEigen.ValuesOf(new(3, 3, [5, 0, 0, 0, -2, 0, 0, 0, 3])));
    }

    [Fact]
    public void What_is_not_square_or_not_finite_throws()
    {
        Assert.Throws<ArgumentException>(() => SymmetricEigen.ValuesOf(new(1, 2, [1, 2])));
        Assert.Throws<ArgumentException>(() => SymmetricEigen.ValuesOf(new(2, 2, [1, double.NaN, double.NaN, 1])));
        Assert.Throws<ArgumentException>(() => new SymmetricEigen(1).CountPositive(new double[4], 2, 2));
    }
}
