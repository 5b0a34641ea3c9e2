using CsCheck;
using LargeSteps.Numerics;

namespace LargeSteps.Tests.Numerics;

public class LanczosTests
{
    private static Action<ReadOnlySpan<double>, Span<double>> Product(Matrix a) => (x, y) =>
    {
        for (var i = 0; i < y.Length; i++) y[i] = Vectors.Dot(a.Row(i), x);
    };

    [Fact]
    public void It_finds_the_largest_eigenvalue() =>
        Gen.Select(Gen.Int[1, 60], Gen.Int[0, 1_000_000]).Sample((n, seed) =>
        {
            var a = TestMatrices.Symmetric(n, seed);
            var values = SymmetricEigen.ValuesOf(a);
            var result = new Lanczos().Largest(n, Product(a));
            Assert.Equal(values[^1], result.Value, 1e-9 * Math.Max(Math.Abs(values[0]), Math.Abs(values[^1])));
            Assert.InRange(result.Iterations, 1, n);
        }, iter: 60);

    [Fact]
    public void It_finds_the_largest_eigenvalues() =>
        Gen.Select(Gen.Int[1, 60], Gen.Int[1, 5], Gen.Int[0, 1_000_000]).Sample((n, count, seed) =>
        {
            var a = TestMatrices.Symmetric(n, seed);
            var values = SymmetricEigen.ValuesOf(a);
            var found = new double[count];
            var residual = new Lanczos().LargestOf(n, Product(a), found);
            for (var i = 0; i < count; i++)
            {
                if (i >= n) Assert.Equal(double.NaN, found[i]);
                else Assert.Equal(values[^(i + 1)], found[i], 1e-8 * Math.Max(Math.Abs(values[0]), Math.Abs(values[^1])));
            }
            Assert.InRange(residual, 0, 1e-10);
        }, iter: 60);

    [Theory]
    [InlineData(4)]
    [InlineData(12)]
    [InlineData(40)]
    public void Each_eigenvalue_lies_within_its_residual(int iterations)
    {
        var a = TestMatrices.Gram(TestMatrices.Gaussian(200, 120, 1));
        var values = SymmetricEigen.ValuesOf(a);
        var found = new double[3];
        var residual = new Lanczos(iterations).LargestOf(120, Product(a), found, 1e-14);
        Assert.All(found, value => Assert.True(values.Min(v => Math.Abs(v - value)) <= residual * value + 1e-12 * values[^1]));
        var broken = new Lanczos().LargestOf(5, (_, y) => y.Fill(double.NaN), found);
        Assert.Equal([double.NaN, double.NaN, double.NaN, double.NaN], [.. found, broken]);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(10)]
    [InlineData(30)]
    public void An_eigenvalue_lies_within_the_residual(int iterations)
    {
        var a = TestMatrices.Gram(TestMatrices.Gaussian(200, 120, 1));
        var values = SymmetricEigen.ValuesOf(a);
        var result = new Lanczos(iterations).Largest(120, Product(a), 1e-14);
        Assert.Equal(iterations, result.Iterations);
        Assert.True(values.Min(v => Math.Abs(v - result.Value)) <= result.Residual + 1e-12 * values[^1]);
        Assert.True(result.Value <= values[^1] * (1 + 1e-14));
    }

    [Fact]
    public void An_invariant_subspace_ends_it()
    {
        var result = new Lanczos().Largest(50, (x, y) => { x.CopyTo(y); Vectors.Scale(y, -3); });
        Assert.Equal(1, result.Iterations);
        TestMatrices.Close(-3, result.Value, 1e-14);
        Assert.Equal(0, new Lanczos().Largest(50, (_, y) => y.Clear()).Value);
    }

    [Fact]
    public void A_start_is_taken_and_the_workspace_leaves_no_trace()
    {
        var a = TestMatrices.Symmetric(30, 2);
        var b = TestMatrices.Symmetric(40, 3);
        Lanczos lanczos = new();
        var first = lanczos.Largest(30, Product(a));
        lanczos.Largest(40, Product(b));
        Assert.Equal(first, lanczos.Largest(30, Product(a)));
        // A start in an invariant subspace sees nothing else.
        Assert.Equal(2.0, lanczos.Largest(3, (x, y) => { y[0] = 2 * x[0]; y[1] = 5 * x[1]; y[2] = x[2]; }, start: [1, 0, 0]).Value);
    }

    [Fact]
    public void A_product_that_is_not_finite_has_no_value()
    {
        var result = new Lanczos().Largest(4, (_, y) => y.Fill(double.NaN));
        Assert.True(double.IsNaN(result.Value));
        Assert.Equal(double.PositiveInfinity, result.Residual);
    }

    [Fact]
    public void Wrong_arguments_throw()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Lanczos().Largest(0, (_, _) => { }));
        Assert.Throws<ArgumentException>(() => new Lanczos().Largest(2, (_, _) => { }, start: [0, 0]));
        Assert.Throws<ArgumentException>(() => new Lanczos().Largest(2, (_, _) => { }, start: [1]));
    }
}
