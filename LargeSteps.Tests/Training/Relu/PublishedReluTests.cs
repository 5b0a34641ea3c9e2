namespace LargeSteps.Tests.Training.Relu;

/// <summary>The fully connected experiments against fresh runs of the published programs.</summary>
public class PublishedReluTests
{
    [Fact]
    public void Two_layers_at_a_small_step_follow_the_published_run_to_its_end()
    {
        var p = ReluCases.TwoLayer;
        var result = p.Run(
            new ReluRate(0.13), ReluInstruments<float>.JacobianRank(p.Shape, p.Data, p.Points, 1e-4),
            ReluInstruments<float>.Sparsity(p.Shape, p.Data, p.Threshold),
            ReluInstruments<float>.NuclearNorms(p.Shape, p.Data), ReluInstruments<float>.ParameterNorm(p.Shape, p.Data),
            ReluInstruments<float>.ActivationPatternDistance(p.Shape, p.Data, p.Start),
            ReluInstruments<float>.ActivePercent(p.Shape, p.Data));
        var rows = Fixture.Table("two_layer__constant_0.13.csv");

        // The published program itself, in another build of PyTorch, stays within 1e-6 for 85 iterations, and within 1e-4 to the end.
        Agree(result, rows, "train_loss", 1e-6, until: 92);
        Agree(result, rows, "train_loss", 1e-4);
        Agree(result, rows, "test_loss", 1e-5);
        Agree(result, rows, "weight_nuclear_norm", 1e-5);
        Agree(result, rows, "parameter_norm", 1e-6);
        // Those of the program are float32.
        foreach (var metric in (string[])["jacobian_rank", "feature_sparsity", "active_percent",
            "activation_pattern_distance"])
        {
            Agree(result, rows, metric, 1e-7);
        }

        Assert.Equal(14_032, result.Iterations[^1]);
        Assert.Equal(6.0982e-4, result.Values("test_loss")[^1], 5e-8);
        Assert.Equal(26, result.Values("jacobian_rank")[^1]);
        Assert.Equal(26.33, 100 * result.Values("feature_sparsity")[^1], 0.005);
    }

    [Fact]
    public void Three_layers_with_warm_up_follow_the_published_run_to_its_end()
    {
        var p = ReluCases.ThreeLayer;
        var result = p.Run(
            new ReluRate(0.04, 0.1, 3.5, 6, 0.5), ReluInstruments<float>.JacobianRank(p.Shape, p.Data, p.Points, 1e-4),
            ReluInstruments<float>.Sparsity(p.Shape, p.Data, p.Threshold),
            ReluInstruments<float>.FeatureEntropyRank(p.Shape, p.Data, p.Points), ReluInstruments<float>.ActivePercent(p.Shape, p.Data),
                ReluInstruments<float>.ActiveUnits(p.Shape, p.Data));
        var rows = Fixture.Table("three_layer__0.04_decay_10.csv");

        Agree(result, rows, "train_loss", 1e-5);
        Agree(result, rows, "test_loss", 1e-5);
        Agree(result, rows, "feature_entropy_rank", 1e-6);
        foreach (var metric in (string[])["jacobian_rank", "feature_sparsity_layer1", "feature_sparsity_layer2", "active_percent_layer1",
            "active_percent_layer2", "active_units"])
        {
            Agree(result, rows, metric, 1e-12);
        }

        Assert.Equal(9_934, result.Iterations[^1]);
        Assert.Equal(.00109716, result.Values("train_loss")[^1], 5e-8);
        Assert.Equal(.0321812, result.Values("test_loss")[^1], 5e-7);
        Assert.Equal(150, result.Values("jacobian_rank")[^1]);
    }

    [Fact]
    public void Three_layers_at_a_small_step_end_at_the_published_losses()
    {
        var p = ReluCases.ThreeLayer;
        var result = p.Run(new ReluRate(0.011), ReluInstruments<float>.JacobianRank(p.Shape, p.Data, p.Points, 1e-4),
            ReluInstruments<float>.ActivePercent(p.Shape, p.Data));
        Assert.Equal(.00137137, result.Values("train_loss")[^1], .00137137 * 1e-4);
        Assert.Equal(.0613878, result.Values("test_loss")[^1], .0613878 * 1e-4);
        Assert.Equal([150, 57, 46.6], new[] { "jacobian_rank", "active_percent_layer1", "active_percent_layer2" }.Select(m =>
            Math.Round(result.Values(m)[^1], 9)));
    }

    [Fact]
    public void Regression_in_one_dimension_follows_the_published_run_as_far_as_rounding_lets_it()
    {
        var p = ReluCases.Regression;
        var result = p.Run(
            new ReluRate(0.0002, 0.02, 2.5, 400 * 0.02), ReluInstruments<float>.JacobianRank(p.Shape, p.Data, p.Points, 1e-4),
            ReluInstruments<float>.Sparsity(p.Shape, p.Data, p.Threshold),
            ReluInstruments<float>.NuclearNorms(p.Shape, p.Data), ReluInstruments<float>.ActivePercent(p.Shape, p.Data),
            ReluInstruments<float>.ActivationPatternDistance(p.Shape, p.Data, p.Start),
            ReluInstruments<float>.ParameterNorm(p.Shape, p.Data),
            ReluInstruments<float>.JacobianUnitGroups(p.Shape, p.Data, 0.999));
        var rows = Fixture.Table("regression_1d__decay_2.csv");

        Agree(result, rows, "train_loss", 1e-6, until: 41);
        Agree(result, rows, "train_loss", 1e-5, until: 422);
        Agree(result, rows, "train_loss", 1e-3);
        Agree(result, rows, "feature_nuclear_norm", 1e-5);
        Agree(result, rows, "parameter_norm", 1e-5);
        // Beyond, a kink passes a point, or a singular value the threshold, a measurement earlier or later.
        foreach (var metric in (string[])["jacobian_rank", "feature_sparsity", "active_percent", "activation_pattern_distance",
            "jacobian_unit_groups"])
        {
            Agree(result, rows, metric, 1e-7, until: 2_900);
        }

        var last = (string metric) => result.Values(metric)[^1];
        Assert.Equal(2.0859e-4, last("train_loss"), 2.0859e-4 * 2e-3);
        Assert.Equal(540.217, last("feature_nuclear_norm"), 5e-3);
        Assert.Equal(85, last("jacobian_rank"));
        Assert.Equal(23, last("jacobian_unit_groups"));
        Assert.Equal(0.22, last("feature_sparsity"), 1e-12);
        Assert.Equal(48.6667, last("active_percent"), 1e-4);
        Assert.Equal(0.040833, last("activation_pattern_distance"), 1e-6);
    }

    [Fact]
    public void Regression_with_the_steeper_warm_up_ends_at_the_published_values()
    {
        var p = ReluCases.Regression;
        var result = p.Run(
            new ReluRate(0.0002, 0.02, 2.5, 500 * 0.02), ReluInstruments<float>.NuclearNorms(p.Shape, p.Data),
            ReluInstruments<float>.ActivePercent(p.Shape, p.Data),
            ReluInstruments<float>.ActivationPatternDistance(p.Shape, p.Data, p.Start));
        Assert.Equal(1.5994e-4, result.Values("train_loss")[^1], 1.5994e-4 * 5e-3);
        Assert.Equal(540.183, result.Values("feature_nuclear_norm")[^1], 5e-3);
        Assert.Equal(48.6667, result.Values("active_percent")[^1], 1e-4);
        Assert.Equal(0.040833, result.Values("activation_pattern_distance")[^1], 1e-6);
    }

    /// <summary>The chaotic runs: two builds of the published programs stay within 1e-3 of each other as long as these tables
    /// are.</summary>
    [Theory]
    [InlineData("two_layer_0.455")]
    [InlineData("three_layer_0.04_decay_30")]
    [InlineData("three_layer_0.04_decay_50")]
    [InlineData("regression_1d_decay_50")]
    public void A_chaotic_run_stays_with_PyTorch_as_long_as_another_build_of_PyTorch_does(string name)
    {
        var (problem, rate) = name switch
        {
            "two_layer_0.455" => (ReluCases.TwoLayer, new ReluRate(0.455, 0.5, 5)),
            "three_layer_0.04_decay_30" => (ReluCases.ThreeLayer, new ReluRate(0.04, 0.3, 2.5, 6, 0.5)),
            "three_layer_0.04_decay_50" => (ReluCases.ThreeLayer, new ReluRate(0.04, 0.5, 5, 6, 0.5)),
            _ => (ReluCases.Regression, new ReluRate(0.0002, 0.5, 3, 400 * 0.5)),
        };
        Agree(problem.Run(rate), Fixture.Table($"torch_steps__{name}.csv"), "train_loss", 1e-3);
    }

    [Theory]
    [InlineData(0.1, 3.5, .00109716, .0321812, 150, 47.6, 31.2)]
    [InlineData(0.3, 2.5, .00100548, .0247715, 125, 37.8, 25.2)]
    public void Three_layers_at_a_large_step_end_at_the_published_values(double decayAt, double factor, double train, double test,
        double rank, double active1, double active2)
    {
        var p = ReluCases.ThreeLayer;
        var result = p.Run(new ReluRate(0.04, decayAt, factor, 6, 0.5),
            ReluInstruments<float>.JacobianRank(p.Shape, p.Data, p.Points, 1e-4), ReluInstruments<float>.ActivePercent(p.Shape, p.Data));
        Assert.Equal(train, result.Values("train_loss")[^1], train * 1e-3);
        Assert.Equal(test, result.Values("test_loss")[^1], test * 1e-3);
        Assert.Equal([rank, active1, active2],
            new[] { "jacobian_rank", "active_percent_layer1", "active_percent_layer2" }.Select(m => Math.Round(result.Values(m)[^1], 9)));
    }

    [Fact]
    public void Two_layers_at_a_large_step_decayed_early_end_at_the_published_values()
    {
        var p = ReluCases.TwoLayer;
        var result = p.Run(new ReluRate(0.455, 0.1, 2), ReluInstruments<float>.JacobianRank(p.Shape, p.Data, p.Points, 1e-4),
            ReluInstruments<float>.Sparsity(p.Shape, p.Data, p.Threshold));
        Assert.Equal(1.6221e-4, result.Values("test_loss")[^1], 1.6221e-4 * 0.01);
        Assert.Equal(16, result.Values("jacobian_rank")[^1]);
        Assert.Equal(11.0, 100 * result.Values("feature_sparsity")[^1], 0.005);
    }

    [Fact]
    public void A_warm_up_counts_over_all_steps_and_is_divided_once_at_its_end()
    {
        var rate = new ReluRate(0.04, 0.1, 3.5, 6, 0.5);
        Assert.Equal(0.04, rate.At(0, 10_001));
        Assert.Equal(0.04 + 5 * 0.04 * Math.Sqrt(999 / 10_001.0), rate.At(999, 10_001), 1e-15);
        var after = (0.04 + 5 * 0.04 * Math.Sqrt(1000 / 10_001.0)) / 3.5;
        Assert.Equal([after, after, after], new long[] { 1000, 1001, 10_000 }.Select(k => rate.At(k, 10_001)));
        Assert.Equal([0.455, 0.455 / 2, 0.455 / 2],
            new long[] { 1411, 1412, 14_125 }.Select(k => new ReluRate(0.455, 0.1, 2).At(k, 14_126)));
    }

    [Fact]
    public void A_run_that_diverges_stops_at_its_first_loss_that_is_not_finite()
    {
        var result = ReluCases.TwoLayer.Run(new ReluRate(50));
        Assert.NotNull(result.DivergedAt);
        Assert.True(result.DivergedAt < 1000);
    }

    /// <summary>Whether a metric is within a relative tolerance of the published run's in the rows of a fixture.</summary>
    private static void Agree(ReluResult result, IReadOnlyList<IReadOnlyDictionary<string, double>> rows, string metric, double tolerance,
        long until = long.MaxValue)
    {
        var found = result.Iterations.Zip(result.Values(metric)).ToDictionary();
        var worst = rows.Where(row => row["iteration"] < until)
            .Select(row => (row["iteration"], Expected: row[metric], Actual: found[(long)row["iteration"]]))
            .MaxBy(r => DiagonalCases.RelativeError(r.Expected, r.Actual));
        DiagonalCases.Note($"{metric}: worst {DiagonalCases.RelativeError(worst.Expected, worst.Actual):G2} at {worst.Item1}");
        Assert.True(DiagonalCases.RelativeError(worst.Expected, worst.Actual) <= tolerance,
            FormattableString.Invariant($"{metric} is {worst.Actual:R}, published {worst.Expected:R}, at iteration {worst.Item1}"));
    }
}
