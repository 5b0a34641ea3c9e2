using CsCheck;
using LargeSteps.Numerics;

namespace LargeSteps.Tests.Numerics;

public class QuasiDefiniteTests
{
    /// <summary>A matrix with a negative, a positive and an arbitrary diagonal block, in padded rows.</summary>
    private static (double[] Values, int Stride, int Order) Example(int seed, int negative, int positive, int rest)
    {
        var n = negative + positive + rest;
        var a = TestMatrices.Symmetric(n, seed);
        var stride = (n + 3) & ~3;
        var values = new double[stride * n];
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++)
                values[i * stride + j] = a[i, j] + (i != j ? 0 : i < negative ? -8 * n : i < negative + positive ? 8 * n : 0);
        }

        return (values, stride, n);
    }

    [Fact]
    public void It_leaves_the_Schur_complement() =>
        Gen.Select(Gen.Int[0, 1_000_000], Gen.Int[0, 13], Gen.Int[0, 13], Gen.Int[0, 13]).Sample((seed, negative, positive, rest) =>
        {
            var (values, stride, n) = Example(seed, negative, positive, rest);
            var expected = (double[])values.Clone();
            for (var k = 0; k < negative + positive; k++)
            {
                for (var i = k + 1; i < n; i++)
                {
                    for (var j = n - 1; j >= k; j--)
                        expected[i * stride + j] -= expected[i * stride + k] / expected[k * stride + k] * expected[k * stride + j];
                }
            }

            Assert.True(QuasiDefinite.Eliminate(values, stride, n, negative, positive));
            for (var i = negative + positive; i < n; i++)
                for (var j = i; j < n; j++) Assert.Equal(expected[i * stride + j], values[i * stride + j], 1e-12 * n);
        }, iter: 200);

    [Fact]
    public void A_pivot_of_the_wrong_sign_is_reported()
    {
        var (values, stride, n) = Example(1, 3, 4, 2);
        values[4 * stride + 4] = -100;
        Assert.False(QuasiDefinite.Eliminate(values, stride, n, 3, 4));
        Assert.False(QuasiDefinite.Eliminate([double.NaN, 0, 0, 0], 4, 1, 1, 0));
    }
}
