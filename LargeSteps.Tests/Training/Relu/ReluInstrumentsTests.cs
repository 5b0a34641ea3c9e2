using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Training.Relu;
using TorchSharp;
using static LargeSteps.Tests.ReluCases;

namespace LargeSteps.Tests.Training.Relu;

public class ReluInstrumentsTests
{
    // Two samples, x = 1 and x = −1; units relu(2x), relu(x), relu(−x), relu(0); output weights 1, 0, −3, 1.
    private static readonly ReluShape Small = ReluShape.Of(false, 1, 4, 1);
    private static readonly RegressionData Signs = Data([[1], [-1]], 0, 0);
    private static readonly ReluWeights<double> SmallWeights = Weights(Small, 2, 1, -1, 0, 1, 0, -3, 1);

    [Fact]
    public void Activations_with_an_output_weight_of_zero_are_not_active() =>
        // Of eight, relu(2x) at 1 and relu(−x) at −1.
        Assert.Equal([25.0], Measure(ReluInstruments<double>.ActivePercent(Small, Signs), SmallWeights));

    [Fact]
    public void Units_that_are_never_positive_are_no_active_units() =>
        Assert.Equal([3.0], Measure(ReluInstruments<double>.ActiveUnits(Small, Signs), SmallWeights));

    [Fact]
    public void Parallel_units_count_once_and_silent_ones_not_at_all() =>
        // The rows are (2, 1, 0, 0)/√5 and (0, 0, 1, 0). Any two units are correlated by ±1, so the last active one stays alone, with one
        // entry of eight.
        Assert.Equal([0.125], Measure(ReluInstruments<double>.Sparsity(Small, Signs, 0.99), SmallWeights));

    [Fact]
    public void Without_any_active_unit_the_sparsity_is_zero() =>
        Assert.Equal([0.0], Measure(ReluInstruments<double>.Sparsity(Small, Signs, 0.99), Weights(Small, new double[8])));

    [Fact]
    public void A_constant_unit_drops_nobody() =>
        // After division by the norm of the row a unit alone is 1 on every point.
        Assert.Equal([1.0], Measure(ReluInstruments<double>.Sparsity(ReluShape.Of(true, 1, 1, 1), Data([[1], [2], [4]], 0, 0, 0), 0.99),
            Weights(ReluShape.Of(true, 1, 1, 1), 1, 0, 1, 0)));

    [Fact]
    public void Nuclear_norms_of_two_orthogonal_columns_add_their_lengths()
    {
        // relu(z)⊙w₂ has the columns (2, 0), (0, −3) and zeros.
        Assert.Equal(5, Measure(ReluInstruments<double>.NuclearNorms(Small, Signs), SmallWeights)[0], 1e-12);
        // w₁⊙|w₂| is the one column (2, 0, −3, 0).
        Assert.Equal(Math.Sqrt(13), Measure(ReluInstruments<double>.NuclearNorms(Small, Signs), SmallWeights)[1], 1e-12);
    }

    [Fact]
    public void The_entropy_of_two_equal_singular_values_is_log_2() =>
        // The normalised rows are orthogonal.
        Assert.Equal(Math.Log(2), Measure(ReluInstruments<double>.FeatureEntropyRank(Small, Signs, Signs.Features), SmallWeights)[0],
            1e-12);

    [Fact]
    public void The_distance_of_patterns_counts_signs_that_changed() =>
        // relu(−2x) changes on both samples, relu(0) stays off: 2 of 8.
        Assert.Equal([0.25], Measure(ReluInstruments<double>.ActivationPatternDistance(Small, Signs, SmallWeights),
            Weights(Small, -2, 1, -1, 0, 1, 0, -3, 1)));

    [Fact]
    public void The_parameter_norm_leaves_biases_out()
    {
        var shape = ReluShape.Of(true, 1, 1);
        Assert.Equal([3.0], Measure(ReluInstruments<double>.ParameterNorm(shape, Data([[1]], 0)), Weights(shape, 3, 4)));
    }

    [Fact]
    public void Units_with_gradients_in_the_same_proportions_are_one_group()
    {
        // At x = 1 and x = 3 the units relu(x), relu(2x − 1), relu(−x), relu(x) with w₂ = 1, −2, 5, 3 have for w₁, b₁, w₂ the sums of
        // squares (10, 2, 10), (40, 8, 26), none, (90, 18, 10). The correlations are 0.90 of the first and the second, 0.42 of the first
        // and the last, 0.77.
        var shape = new ReluShape([1, 4, 1], [true, false]);
        var weights = Weights(shape, 1, 2, -1, 1, 0, -1, 0, 0, 1, -2, 5, 3);
        var data = Data([[1], [3]], 0, 0);
        Assert.Equal([3.0], Measure(ReluInstruments<double>.JacobianUnitGroups(shape, data, 0.999), weights));
        Assert.Equal([2.0], Measure(ReluInstruments<double>.JacobianUnitGroups(shape, data, 0.85), weights));
        Assert.Equal([1.0], Measure(ReluInstruments<double>.JacobianUnitGroups(shape, data, 0.75), weights));
        // The last unit as the first, or as twice the first in both layers: (40, 8, 40).
        Assert.Equal([2.0], Measure(ReluInstruments<double>.JacobianUnitGroups(shape, data, 0.999),
            Weights(shape, 1, 2, -1, 1, 0, -1, 0, 0, 1, -2, 5, 1)));
        Assert.Equal([2.0], Measure(ReluInstruments<double>.JacobianUnitGroups(shape, data, 0.999),
            Weights(shape, 1, 2, -1, 2, 0, -1, 0, 0, 1, -2, 5, 2)));
    }

    [Fact]
    public void Weights_that_are_not_finite_have_no_metrics()
    {
        var weights = Weights(Small, 2, 1, double.NaN, 0, 1, 0, -3, 1);
        Assert.All(
            [ReluInstruments<double>.JacobianRank(Small, Signs, Signs.Features, 1e-4), ReluInstruments<double>.Sparsity(Small, Signs, 0.99),
            ReluInstruments<double>.ActiveUnits(Small, Signs)],
            instrument => Assert.True(double.IsNaN(Measure(instrument, weights)[0])));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void One_pass_over_the_correlations_drops_the_units_that_the_published_loop_drops(uint seed)
    {
        const int Points = 12, Units = 60;
        var random = new NumpyRandom(seed);
        var features = new double[Units * Points];
        for (var j = 0; j < Units; j++)
        {
            // Thresholds of a few kinds, so that many units are correlated; some constant, some silent.
            var (slope, offset) = (random.NextInt(3) - 1, random.NextInt(7) - 3);
            for (var i = 0; i < Points; i++)
            {
                features[j * Points + i] =
                Math.Max(0, slope * (i - 5.5) + offset + (j % 5 == 0 ? 0.3 * random.RandomSample() : 0));
            }
        }
        var expected = Naive([.. features], Units, Points, 0.95);
        Assert.Equal(expected, UnitDeduplication.Count(features, Units, Points, Points, 0.95));
    }

    /// <summary>The loop of the published programs: units in order, each against those still there.</summary>
    private static FeatureCount Naive(double[] features, int units, int points, double threshold)
    {
        for (var i = 0; i < points; i++)
        {
            var norm = Math.Sqrt(Enumerable.Range(0, units).Sum(j => features[j * points + i] * features[j * points + i]));
            for (var j = 0; j < units && norm > 0; j++) features[j * points + i] /= norm;
        }
        var there = features.Chunk(points).Where(unit => unit.Any(v => v > 0)).ToList();
        for (var i = 0; i < there.Count;)
        {
            if (there.Where((_, j) => j != i).Any(other => Math.Abs(Correlation(there[i], other)) > threshold)) there.RemoveAt(i);
            else i++;
        }
        return new(there.Count, there.Sum(unit => unit.Count(v => v != 0)) / ((double)points * units));
    }

    private static double Correlation(double[] x, double[] y)
    {
        double[] a = [.. x.Select(v => v - x.Average())], b = [.. y.Select(v => v - y.Average())];
        return a.Zip(b, (p, q) => p * q).Sum() / Math.Sqrt(a.Sum(v => v * v) * b.Sum(v => v * v));
    }

    [Fact]
    public void The_Jacobian_is_the_one_of_autograd()
    {
        var shape = new ReluShape([5, 9, 6, 1], [true, false, true]);
        using var random = new TorchRandom(8);
        var weights = ReluInitialisers.Default(shape, random).As<double>();
        var points = new Matrix(20, 5, ThreeLayer.Data.TestFeatures.AsSpan()[..100].ToArray());
        var jacobian = new ReluJacobian(shape, points).Of(weights);
        Assert.Equal((20, shape.Parameters), (jacobian.Rows, jacobian.Columns));

        using var scope = torch.NewDisposeScope();
        var w = torch.tensor(weights.Values).requires_grad_();
        for (var p = 0; p < points.Rows; p++)
        {
            var x = torch.tensor(points.Row(p).ToArray()).unsqueeze(0);
            for (var l = 0; l < shape.Layers; l++)
            {
                x = x.matmul(w.narrow(0, shape.WeightOffset(l), shape.Inputs(l) * shape.Outputs(l))
                    .reshape(shape.Outputs(l), shape.Inputs(l)).t());
                if (shape.Biases[l]) x = x + w.narrow(0, shape.BiasOffset(l), shape.Outputs(l));
                if (l < shape.Hidden) x = x.relu();
            }
            var expected = torch.autograd.grad([x.sum()], [w])[0].data<double>().ToArray();
            for (var k = 0; k < expected.Length; k++) Assert.Equal(expected[k], jacobian[p, k], 1e-14);
        }
    }

    [Theory]
    [InlineData("regression")]
    [InlineData("two layers")]
    [InlineData("three layers")]
    public void The_ranks_are_those_of_a_full_singular_value_decomposition(string name)
    {
        var problem = name == "regression" ? Regression : name == "two layers" ? TwoLayer : ThreeLayer;
        double[] thresholds = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6];
        using var engine = problem.Engine();
        for (var k = 0; k < 40; k++) engine.Step(2e-4);
        var weights = engine.Current.As<double>();
        var jacobian = new ReluJacobian(problem.Shape, problem.Points);
        var ranks = new double[thresholds.Length];
        jacobian.Ranks(weights, thresholds, ranks);

        var values = SingularValues.OfJacobi(jacobian.Of(weights));
        Assert.Equal(thresholds.Select(t => (double)values.Count(v => v > t * values[0])), ranks);
    }
}
