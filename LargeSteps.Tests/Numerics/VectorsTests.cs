using CsCheck;
using LargeSteps.Numerics;

namespace LargeSteps.Tests.Numerics;

public class VectorsTests
{
    private static readonly Gen<(double[] X, double[] Y)> Pair =
        Gen.Int[0, 70].SelectMany(n => Gen.Select(Gen.Double[-10, 10].Array[n], Gen.Double[-10, 10].Array[n]));

    [Fact]
    public void The_dot_product_has_the_bits_of_its_documented_order() => Pair.Sample((x, y) =>
    {
        var sums = new double[16];
        var i = 0;
        for (; i + 16 <= x.Length; i += 16)
            for (var k = 0; k < 16; k++) sums[k] = Math.FusedMultiplyAdd(x[i + k], y[i + k], sums[k]);
        for (; i + 4 <= x.Length; i += 4)
            for (var k = 0; k < 4; k++) sums[k] = Math.FusedMultiplyAdd(x[i + k], y[i + k], sums[k]);
        double Lane(int k) => (sums[k] + sums[k + 4]) + (sums[k + 8] + sums[k + 12]);
        var expected = (Lane(0) + Lane(2)) + (Lane(1) + Lane(3));
        for (; i < x.Length; i++) expected = Math.FusedMultiplyAdd(x[i], y[i], expected);
        return expected.Equals(Vectors.Dot(x, y));
    });

    [Fact]
    public void Element_wise_kernels_agree_with_their_formulas() => Pair.Sample((x, y) =>
    {
        var (sum, scaled, product, p, q) = ((double[])y.Clone(), (double[])x.Clone(), new double[x.Length], (double[])x.Clone(),
            (double[])y.Clone());
        Vectors.AddScaled(sum, 0.3, x);
        Vectors.Scale(scaled, 0.3);
        Vectors.Multiply(x, y, product);
        Vectors.Rotate(p, q, 0.6, 0.8);
        return Enumerable.Range(0, x.Length).All(i =>
            sum[i] == Math.FusedMultiplyAdd(0.3, x[i], y[i])
            && scaled[i] == 0.3 * x[i]
            && product[i] == x[i] * y[i]
            && p[i] == Math.FusedMultiplyAdd(-0.8, y[i], 0.6 * x[i])
            && q[i] == Math.FusedMultiplyAdd(0.8, x[i], 0.6 * y[i]));
    });

    [Theory]
    [InlineData(1)]
    [InlineData(1e200)]
    [InlineData(1e-200)]
    [InlineData(1e-320)]
    [InlineData(0)]
    public void The_norm_neither_overflows_nor_underflows(double scale) =>
        TestMatrices.Close(Math.Abs(5 * scale), Vectors.Norm([3 * scale, 0, -4 * scale]), scale == 1e-320 ? 1e-3 : 1e-15);

    [Fact]
    public void Different_lengths_throw()
    {
        Assert.Throws<ArgumentException>(() => Vectors.Dot([1], [1, 2]));
        Assert.Throws<ArgumentException>(() => Vectors.AddScaled(new double[1], 1, [1, 2]));
    }
}
