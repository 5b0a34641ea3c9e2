using CsCheck;
using LargeSteps.Numerics;

namespace LargeSteps.Tests.Numerics;

public class ScaledRankTests
{
    private static readonly double[] Thresholds = [1e-4, 1e-10, 1e-15, 1e-30];

    private static readonly Gen<double> Exponent = Gen.Double[-40, 0];

    private static Gen<double> OneOf(params double[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    /// <summary>Scales of several kinds, made for 1e-40 … 1: log-uniform, in clusters, and about the thresholds, with zeros.</summary>
    private static Gen<double[]> Scales(int n) => Gen.OneOf(
        Exponent.Select(e => Math.Pow(10, e)).Array[n],
        Gen.Double[-18, 0].Select(e => Math.Pow(10, e)).Array[n],
        Gen.Select(Exponent.Array[3], Gen.Select(Gen.Int[0, 2], Gen.Double[0.5, 2]).Array[n])
            .Select((centres, parts) => Array.ConvertAll(parts, p => Math.Pow(10, centres[p.Item1]) * p.Item2)),
        Gen.Select(OneOf(1, 1e-4, 1e-10, 1e-15), Gen.Double[0.2, 5]).Select((t, f) => t * f).Array[n],
        Gen.Select(OneOf(0, 1e-300, 1e-15, 1), Gen.Double[0.2, 5]).Select((t, f) => t * f).Array[n]);

    private static readonly Gen<(Matrix X, double[] D)> Problem =
        Gen.Select(Gen.Int[1, 40], Gen.Int[0, 20], Gen.Int[0, 1_000_000]).SelectMany((n, extra, seed) =>
            Scales(n).Select(d => (TestMatrices.Gaussian(n + 5 + extra, n, seed), d)));

    /// <summary>The rank by the reference, or −1 where a singular value is too near to the threshold to tell.</summary>
    private static int Reference(double[] values, double threshold) =>
        values.Any(v => Math.Abs(v - threshold * values[0]) <= 1e-8 * threshold * values[0])
            ? -1 : values.Count(v => v > threshold * values[0]);

    private static void AssertAgrees(Matrix x, double[] d, double[] thresholds, int[] ranks)
    {
        if (d.All(v => v == 0))
        {
            Assert.All(ranks, r => Assert.Equal(0, r));
        }
        else
        {
            var values = SingularValues.OfJacobi(TestMatrices.ScaleColumns(x, d));
            for (var t = 0; t < thresholds.Length; t++)
            {
                var expected = Reference(values, thresholds[t]);
                if (expected >= 0) Assert.Equal(expected, ranks[t]);
            }
        }
    }

    [Fact]
    public void The_ranks_are_those_of_the_Jacobi_singular_values() => Problem.Sample((x, d) =>
    {
        var ranks = new int[Thresholds.Length];
        var decisions = new ScaledRank(x).Count(d, Thresholds, ranks);
        AssertAgrees(x, d, Thresholds, ranks);
        Assert.Equal(Thresholds.Length, decisions.ByBounds + decisions.ByInertia + decisions.BySvd);
    }, iter: 300);

    [Theory]
    [InlineData(40, 1)]
    [InlineData(18, 2)]
    [InlineData(6, 3)]
    public void They_are_at_the_size_of_the_experiments_too(double decades, int seed)
    {
        var x = TestMatrices.Gaussian(400, 200, seed);
        ScaledRank rank = new(x);
        var random = new Random(seed);
        var d = Enumerable.Range(0, 200).Select(_ => Math.Pow(10, -decades * random.NextDouble())).ToArray();
        var ranks = new int[Thresholds.Length];
        var decisions = rank.Count(d, Thresholds, ranks);
        AssertAgrees(x, d, Thresholds, ranks);
        Assert.Equal(0, decisions.BySvd);
        Assert.True(decisions.ByInertia > 0);
    }

    [Fact]
    public void A_threshold_beside_a_singular_value_is_told_from_it()
    {
        var x = TestMatrices.Gaussian(90, 60, 12);
        ScaledRank rank = new(x);
        var random = new Random(12);
        foreach (var decades in new[] { 1, 8, 25 })
        {
            var d = Enumerable.Range(0, 60).Select(_ => Math.Pow(10, -decades * random.NextDouble())).ToArray();
            var values = SingularValues.OfJacobi(TestMatrices.ScaleColumns(x, d));
            for (var k = 1; k < values.Length; k++)
            {
                Assert.Equal(k, rank.Count(d, values[k] / values[0] * (1 + 1e-10)));
                Assert.Equal(k + 1, rank.Count(d, values[k] / values[0] * (1 - 1e-10)));
            }
        }
    }

    [Fact]
    public void A_threshold_amid_all_singular_values_is_decided_by_inertia()
    {
        // One column sets σ₁, and the threshold falls into the bulk of the others.
        var x = TestMatrices.Gaussian(400, 200, 4);
        var random = new Random(4);
        var d = Enumerable.Range(0, 200).Select(i => i == 77 ? 1 : 1e-15 * (1 + random.NextDouble())).ToArray();
        var ranks = new int[1];
        Assert.Equal(new RankDecisions(0, 1, 0), new ScaledRank(x).Count(d, [1e-15], ranks));
        Assert.InRange(ranks[0], 20, 180);
        AssertAgrees(x, d, [1e-15], ranks);
    }

    [Fact]
    public void On_a_moderate_scale_they_are_those_of_the_plain_Gram_matrix() =>
        Gen.Double[-3, 0].Select(e => Math.Pow(10, e)).Array[60].Sample(d =>
        {
            var x = TestMatrices.Gaussian(100, 60, 5);
            var squares = SymmetricEigen.ValuesOf(TestMatrices.Gram(TestMatrices.ScaleColumns(x, d)));
            foreach (var threshold in new[] { 0.5, 0.1, 0.03, 1e-2, 3e-3 })
                Assert.Equal(squares.Count(v => v > threshold * threshold * squares[^1]), new ScaledRank(x).Count(d, threshold));
        }, iter: 20);

    [Fact]
    public void A_common_permutation_of_columns_and_scales_changes_nothing() => Problem.Sample((x, d) =>
    {
        var n = d.Length;
        var order = Enumerable.Range(0, n).OrderBy(i => (i * 7919 + 13) % 101).ToArray();
        int[] ranks = new int[Thresholds.Length], permuted = new int[Thresholds.Length];
        new ScaledRank(x).Count(d, Thresholds, ranks);
        new ScaledRank(TestMatrices.From(x.Rows, n, (i, j) => x[i, order[j]])).Count([.. order.Select(j => d[j])], Thresholds, permuted);
        Assert.Equal(ranks, permuted);
    }, iter: 100);

    [Fact]
    public void The_rank_falls_as_the_threshold_rises() => Problem.Sample((x, d) =>
    {
        var thresholds = Enumerable.Range(0, 60).Select(i => Math.Pow(10, -0.7 * i)).ToArray();
        var ranks = new int[thresholds.Length];
        new ScaledRank(x).Count(d, thresholds, ranks);
        Assert.Equal(ranks.Order(), ranks);
        Assert.Equal(0, ranks[0]);
    }, iter: 100);

    [Fact]
    public void Neither_the_scale_of_X_nor_that_of_d_nor_the_calls_before_matter() => Problem.Sample((x, d) =>
    {
        ScaledRank rank = new(x);
        int[] ranks = new int[Thresholds.Length], again = new int[Thresholds.Length];
        rank.Count(d, Thresholds, ranks);
        rank.Count([.. d.Reverse()], Thresholds, again);
        rank.Count(d, Thresholds, again);
        Assert.Equal(ranks, again);
        new ScaledRank(TestMatrices.From(x.Rows, x.Columns, (i, j) => Math.ScaleB(x[i, j], 600))).Count(
            [.. d.Select(v => Math.ScaleB(v, 900))], Thresholds, again);
        Assert.Equal(ranks, again);
        for (var t = 0; t < Thresholds.Length; t++) Assert.Equal(ranks[t], rank.Count(d, Thresholds[t]));
    }, iter: 100);

    [Fact]
    public void Zeros_do_not_count_and_at_threshold_zero_all_else_does()
    {
        ScaledRank rank = new(TestMatrices.Gaussian(12, 6, 7));
        Assert.Equal(3, rank.Count([0, 1, 1e-300, 0, 5, 0], 0));
        Assert.Equal(2, rank.Count([0, 1, 1e-300, 0, 5, 0], 1e-15));
        Assert.Equal(1, rank.Count([0, 0, 1e-300, 0, 0, 0], 1e-15));
        Assert.Equal(0, rank.Count(new double[6], 0));
        Assert.Equal(0, rank.Count([1, 1, 1, 1, 1, 1], 1));
        Assert.Equal(0, new ScaledRank(new(3, 0, [])).Count([], 0.1));
        Assert.Equal(0, new ScaledRank(new(3, 2, new double[6])).Count([1, 1], 0));
    }

    [Theory]
    [InlineData(5, 9)]
    [InlineData(20, 9)]
    public void A_matrix_without_full_column_rank_is_left_to_the_singular_values(int rows, int columns)
    {
        // 9 columns, of which at most 5 are independent.
        var x = TestMatrices.Multiply(TestMatrices.Gaussian(rows, 5, 8), TestMatrices.Gaussian(5, columns, 9));
        double[] d = [1, 1e-3, 1, 0, 1e-6, 1, 2, 3, 1];
        var ranks = new int[2];
        Assert.Equal(new RankDecisions(0, 0, 2), new ScaledRank(x).Count(d, [1e-4, 1e-12], ranks));
        AssertAgrees(x, d, [1e-4, 1e-12], ranks);
        Assert.Equal(5, ranks[1]);
    }

    [Fact]
    public void An_ill_conditioned_matrix_is_left_to_the_singular_values()
    {
        var x = TestMatrices.ScaleColumns(TestMatrices.Gaussian(20, 6, 10), [1, 1, 1, 1, 1, 1e-7]);
        var ranks = new int[1];
        Assert.Equal(1, new ScaledRank(x).Count([1, 1, 1, 1, 1, 1], [1e-5], ranks).BySvd);
        Assert.Equal(5, ranks[0]);
    }

    [Fact]
    public void What_cannot_be_counted_throws()
    {
        ScaledRank rank = new(TestMatrices.Gaussian(4, 2, 11));
        Assert.Throws<ArgumentException>(() => rank.Count([1, double.NaN], 0.1));
        Assert.Throws<ArgumentException>(() => rank.Count([1, double.PositiveInfinity], 0.1));
        Assert.Throws<ArgumentException>(() => rank.Count([1, -1], 0.1));
        Assert.Throws<ArgumentException>(() => rank.Count([1], 0.1));
        Assert.Throws<ArgumentException>(() => rank.Count([1, 1], double.NaN));
        Assert.Throws<ArgumentException>(() => rank.Count([1, 1], [0.1], new int[2]));
        Assert.Throws<ArgumentException>(() => new ScaledRank(new(1, 1, [double.NaN])));
    }
}
