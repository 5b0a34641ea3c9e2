using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Schedules;
using LargeSteps.Training.Relu;

namespace LargeSteps.Tests.Training.Relu;

/// <summary>
/// Runs over seeds against the published programs over the same seeds: sampling <c>numpy(s)</c>, initial weights <c>torch(s)</c>, the data
/// fixed. Where a run is chaotic its fate and the spread of the survivors are what can agree.
/// </summary>
public class ReluSeedsTests
{
    private static readonly string[] Sparsities = ["feature_sparsity_layer1", "feature_sparsity_layer2"];

    [Fact]
    public void Three_layers_at_a_small_step_end_at_the_same_place_from_most_seeds()
    {
        var pairs = Pairs("seeds__three_layer__constant_0.011.csv", ReluCases.ThreeLayer, new ReluRate(0.011), (s, t) =>
            ReluInitialisers.Gaussian(s, [0.8, 0.8, 0.8], t));
        double[] Errors(string metric) => [.. pairs.Select(p => DiagonalCases.RelativeError(p.Published[metric], p.Ours![metric])).Order()];
        DiagonalCases.Note($"train loss: median {Errors("train_loss")[10]:G2}, worst {Errors("train_loss")[^1]:G2}");
        // A seed or two of twenty are near a kink, where rounding takes another path.
        Assert.InRange(Errors("train_loss")[10], 0, 1e-5);
        Assert.InRange(Errors("train_loss")[^3], 0, 1e-3);
        Assert.InRange(Errors("test_loss")[^3], 0, 1e-3);
        Assert.All([.. Sparsities, "jacobian_rank"], metric => Assert.InRange(Errors(metric)[^3], 0, 1e-12));
    }

    [Fact]
    public void Two_layers_at_a_large_step_diverge_from_the_seeds_from_which_the_published_runs_do()
    {
        var pairs = Pairs("seeds__two_layer__0.455_decay_50.csv", ReluCases.TwoLayer, new ReluRate(0.455, 0.5, 5), (s, t) =>
            ReluInitialisers.Gaussian(s, [0.5, 0], t));
        var same = pairs.Count(p => p.Ours is null == double.IsNaN(p.Published["train_loss"]));
        DiagonalCases.Note($"{same} of {pairs.Count} with the same fate, {pairs.Count(p => p.Ours is null)} diverged");
        Assert.Equal(39, pairs.Count(p => double.IsNaN(p.Published["train_loss"])));
        Assert.InRange(same, 48, 50);
        Spread(pairs, "jacobian_rank");
        Spread(pairs, "feature_sparsity");
    }

    [Fact]
    public void Regression_with_a_long_warm_up_has_the_published_spread_over_seeds()
    {
        var pairs = Pairs("seeds__regression_1d__decay_50.csv", ReluCases.Regression, new ReluRate(0.0002, 0.5, 3, 200), (s, t) =>
            ReluInitialisers.Blanc(s, 2.5, 2.5, 4, t));
        Assert.DoesNotContain(pairs, p => p.Ours is null);
        foreach (var metric in (string[])["jacobian_rank", "feature_sparsity", "active_percent", "activation_pattern_distance",
            "parameter_norm", "jacobian_unit_groups"])
        {
            Spread(pairs, metric);
        }
    }

    private sealed record Pair(IReadOnlyDictionary<string, double> Published, IReadOnlyDictionary<string, double>? Ours);

    private static List<Pair> Pairs(string fixture, ReluProblem problem, ReluRate rate,
        Func<ReluShape, TorchRandom, ReluWeights<float>> draw) =>
        [.. Fixture.Table(fixture).Select(row =>
        {
            var seed = (uint)row["seed"];
            using var random = new TorchRandom(seed);
            var p = problem with { Start = draw(problem.Shape, random), Seed = seed };
            ReluInstrument<float>[] instruments =
            [
                ReluInstruments<float>.Losses(p.Shape, p.Data), ReluInstruments<float>.JacobianRank(p.Shape, p.Data, p.Points, 1e-4),
                ReluInstruments<float>.Sparsity(p.Shape, p.Data, p.Threshold), ReluInstruments<float>.ActivePercent(p.Shape, p.Data),
                ReluInstruments<float>.ActivationPatternDistance(p.Shape, p.Data, p.Start),
                ReluInstruments<float>.ParameterNorm(p.Shape, p.Data),
                .. p.Shape.Hidden == 1 ? [ReluInstruments<float>.JacobianUnitGroups(p.Shape, p.Data, 0.999)]
                : Array.Empty<ReluInstrument<float>>(),
            ];
            using var engine = new ReluEngine<float>(p.Start, p.Data, UpdateRule.Plain, 1, seed);
            // At the last measurement of the published grid, and nowhere else but at the start.
            var last = ReluExperiment.Published.Iterations(new Horizon(p.Steps, 1))[^1];
            var result = ReluExperiment.Run(engine, instruments, rate, p.Steps, Cadence.Every(last));
            return new Pair(row, result.DivergedAt is null ? result.Metrics.Zip(result.Rows[^1]).ToDictionary() : null);
        })];

    /// <summary>Whether the means of the survivors agree within three standard errors of their difference.</summary>
    private static void Spread(List<Pair> pairs, string metric)
    {
        var (ours, published) = (Of(pairs.Where(p => p.Ours is not null).Select(p => p.Ours![metric])),
            Of(pairs.Select(p => p.Published[metric]).Where(double.IsFinite)));
        DiagonalCases.Note($"{metric}: {ours.Mean:G4} ± {ours.Std:G3}, published {published.Mean:G4} ± {published.Std:G3}");
        Assert.InRange(Math.Abs(ours.Mean - published.Mean), 0,
            3 * Math.Sqrt((ours.Std * ours.Std + published.Std * published.Std) / pairs.Count(p => p.Ours is not null)));

        static (double Mean, double Std) Of(IEnumerable<double> values)
        {
            double[] all = [.. values];
            var mean = all.Average();
            return (mean, Math.Sqrt(all.Average(v => (v - mean) * (v - mean))));
        }
    }
}
