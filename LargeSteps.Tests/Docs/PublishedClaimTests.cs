using LargeSteps.Configuration;
using LargeSteps.Experiments.Docs;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Values;

namespace LargeSteps.Tests.Docs;

/// <summary>Claims of several runs, or of a map, as published.yaml has them.</summary>
public class PublishedClaimTests
{
    private const string Config = """
        name: claims
        dataset:   { kind: sparse_regression, samples: 4, dimensions: 6, support: 2, test_samples: 2, seed: 0 }
        model:     { kind: diagonal_linear, u: 0.1 }
        schedule:  { kind: constant, rate: 0.1 }
        optimizer: { kind: sgd, batch_size: 1, steps: 40, seed: 0 }
        probes:    { at: { every: 10, end: true }, measure: [losses, sharpness] }
        seeds:     { from: 0, count: 4, follow: [sampling] }
        runs: [{ label: a }, { label: b, optimizer: { batch_size: 2 } }]
        sweep: { schedule.rate: [0.1, 0.2, 0.4] }
        figures:
          - { file: sharpness, panels: [sharpness] }
          - kind: map
            file: map
            x: { path: schedule.rate, from: 0.1, to: 1, points: 8 }
            y: { path: model.u, from: 0.1, to: 1, points: 8 }

        """;

    private static readonly Experiment Experiment = ExperimentYaml.Parse(Config, "claims.yaml").OrThrow();

    [Fact]
    public void A_metric_rises_or_falls_from_run_to_run_in_the_mean_of_the_survivors()
    {
        // Means of 2 and 3 at the end; the diverged seed does not count.
        var results = Results(("a, rate = 0.1", [1, 3]), ("a, rate = 0.2", [2, 4]), ("a, rate = 0.4", [2.5, double.NaN]));
        var labels = Items.From(["a, rate = 0.1", "a, rate = 0.2"]);
        Assert.Equal(("2 → 3", new Agreement("1 of 1 steps", Verdict.Agrees)),
            new OrderClaim("sharpness", labels, true, null).Judge(results));
        Assert.Equal(Verdict.Misses, new OrderClaim("sharpness", labels, false, null).Judge(results).Agreement.Verdict);
        var three = Items.From(["a, rate = 0.1", "a, rate = 0.2", "a, rate = 0.4"]);
        Assert.Equal(("2 → 3 → 2.5", new Agreement("1 of 2 steps", Verdict.Misses)),
            new OrderClaim("sharpness", three, true, null).Judge(results));
        // From step 20 on a tenth of the last value stands before it.
        Assert.Equal("1.1 → 1.65", new OrderClaim("sharpness", labels, true, 20).Judge(results).Ours);
    }

    [Fact]
    public void A_run_without_a_survivor_has_no_order()
    {
        var results = Results(("a, rate = 0.1", [1]), ("a, rate = 0.2", [double.NaN]));
        var claim = new OrderClaim("sharpness", Items.From(["a, rate = 0.1", "a, rate = 0.2"]), true, null);
        Assert.Equal(("1 → –", new Agreement("0 of 1 steps", Verdict.Misses)), claim.Judge(results));
    }

    [Theory]
    [InlineData(-1.5, "-1.5", true)]
    [InlineData(-1.2, "-1.2", false)]
    public void The_slope_of_a_power_is_its_exponent(double exponent, string ours, bool agrees)
    {
        double[] x = [2, 4, 10];
        string[] labels = ["a, rate = 0.1", "a, rate = 0.2", "a, rate = 0.4"];
        var results = Results([.. labels.Zip(x, (label, each) => (label, (double[])[3 * Math.Pow(each, exponent)]))]);
        var judged = new SlopeClaim("sharpness", null, Items.From(labels), Items.From(x), new("-1.5"), 0.1).Judge(results);
        Assert.Equal((ours, agrees), (judged.Ours, judged.Agreement.Verdict == Verdict.Agrees));
    }

    [Fact]
    public void Half_of_the_seeds_survive_between_two_step_sizes_by_the_logarithm()
    {
        // 3 of 4 at 0.2 and 1 of 4 at 0.4: half-way, at 0.2·√2. The median of the survivors at 0.2 is 0.25.
        var results = Results(("a, rate = 0.1", [1, 1, 1, 1]), ("a, rate = 0.2", [0.2, 0.25, 0.3, double.NaN]),
            ("a, rate = 0.4", [0.1, double.NaN, double.NaN, double.NaN]), ("b, rate = 0.1", [1, 1, 1, 1]));
        Assert.Equal(("1.13", new Agreement("13.2 % away", Verdict.Misses)),
            new HalfSurvivalClaim("a", "sharpness", new("1"), 0.1).Judge(results));
        Assert.Equal(Verdict.Agrees, new HalfSurvivalClaim("a", "sharpness", new("1"), 0.15).Judge(results).Agreement.Verdict);
        // Where more than half survive everywhere there is no such step size.
        Assert.Equal(("–", new Agreement("–", Verdict.Misses)), new HalfSurvivalClaim("b", "sharpness", new("1"), 0.1).Judge(results));
    }

    [Theory]
    [InlineData("0.9", "1.1", "inside", true)]
    [InlineData("1.3", "1.9", "below", false)]
    [InlineData("0.1", "0.5", "above", false)]
    public void The_boundary_of_a_half_plane_has_dimension_one(string from, string to, string text, bool agrees)
    {
        var axis = Items.From(Enumerable.Range(0, 256).Select(i => (double)i));
        var map = new TrainabilityMap(axis, axis, Items.From(Enumerable.Range(0, 256 * 256).Select(i => i % 256 < 128 ? 1.0 : -1.0)));
        var judged = new DimensionClaim("map", new(from), new(to)).Judge(new(Experiment, [], _ => map));
        Assert.Equal(new Agreement(text, agrees ? Verdict.Agrees : Verdict.Misses), judged.Agreement);
        Assert.Equal("1", judged.Ours);
    }

    [Fact]
    public void A_map_without_a_boundary_has_no_dimension()
    {
        var axis = Items.From(Enumerable.Range(0, 8).Select(i => (double)i));
        var map = new TrainabilityMap(axis, axis, Items.From(Enumerable.Repeat(1.0, 64)));
        var claim = new DimensionClaim("map", new("1"), new("2"));
        Assert.Equal(("–", new Agreement("–", Verdict.Misses)), claim.Judge(new(Experiment, [], _ => map)));
        Assert.Equal(("–", new Agreement("–", Verdict.Misses)), claim.Judge(new(Experiment, [], _ => null)));
    }

    [Theory]
    [InlineData("{ kind: rises, metric: sharpness, runs: ['a, rate = 0.1', 'a, rate = 0.2'], from: 41 }",
        "LS0104: run 'a, rate = 0.1' measures nothing from step 41 on")]
    [InlineData("{ kind: rises, metric: sharpness, runs: ['a, rate = 0.1', 'b, rate = 0.1'] }", null)]
    [InlineData("{ kind: rises, metric: sharpness, runs: ['a, rate = 0.1', 'a, rate = 0.3'] }",
        "LS0104: 'claims' has no run 'a, rate = 0.3'; did you mean 'a, rate = 0.1'?")]
    [InlineData("{ kind: falls, metric: sharpnes, runs: ['a, rate = 0.1'] }", "at least 2")]
    [InlineData("{ kind: falls, metric: sharpnes, runs: ['a, rate = 0.1', 'c'] }", "LS0104: 'claims' has no run 'c'")]
    [InlineData("{ kind: slope, metric: sharpness, runs: ['a, rate = 0.1', 'a, rate = 0.2'], against: [1, 2, 3], value: 1, within: 0.1 }",
        "LS0104: 3 numbers stand here for 2 runs")]
    [InlineData("{ kind: half_survival, run: a, metric: sharpness, value: 1, within: 0.1 }", null)]
    [InlineData("{ kind: half_survival, run: c, metric: sharpness, value: 1, within: 0.1 }",
        "LS0104: 'claims' has no series 'c' over schedule.rate")]
    [InlineData("{ kind: half_survival, run: a, metric: l1_norm, value: 1, within: 0.1 }",
        "LS0104: run 'a, rate = 0.1' does not measure 'l1_norm'")]
    [InlineData("{ kind: dimension, figure: map, from: 1.17, to: 1.98 }", null)]
    [InlineData("{ kind: dimension, figure: mop, from: 1.17, to: 1.98 }", "LS0104: 'claims' has no map 'mop'; did you mean 'map'?")]
    [InlineData("{ kind: dimensions, figure: map, from: 1.17, to: 1.98 }",
        "LS0104: there is no claim of kind 'dimensions'; did you mean 'dimension'?")]
    public void A_claim_fits_its_config_is_written_and_judged(string claim, string? problem) => DocsFolder.In(folder =>
    {
        File.WriteAllText(Path.Combine(folder, "configs", "claims.yaml"), Config);
        var file = Path.Combine(folder, "docs", "published.yaml");
        File.WriteAllText(file, $"text: All.\nexperiments:\n  - config: claims\n    text: One.\n    claims: [{claim}]\n");
        var configs = ConfigFolder.Beside(Path.Combine(folder, "docs"));
        var loaded = PublishedYaml.Load(file, configs);
        var problems = loaded.Match(_ => [], all => all.Map(one => $"{one}"));
        if (problem is not null)
        {
            Assert.Contains(problems, one => one.Contains(problem, StringComparison.Ordinal));
            return;
        }
        Assert.Empty(problems);
        var published = loaded.OrThrow();
        File.WriteAllText(file, PublishedYaml.Write(published));
        Assert.Equal(published, PublishedYaml.Load(file, configs).OrThrow());

        DocsFolder.Run(folder, "reproduce");
        Assert.Matches(@"\| chaotic \| `[^`]+` \| [^|]+ \| [\d. →–e+-]+ \| [^|]+ \| [^|]+ \| (agrees|\*\*falls short\*\*) \|",
            File.ReadAllText(Path.Combine(folder, "docs", "reproduction.md")));
    });

    // Seeds with a tenth of their value at step 30 and the value at step 40; not a number: diverged at step 30.
    private static ClaimResults Results(params (string Label, double[] Ends)[] runs)
    {
        var units = Units.Of(Experiment).OrThrow();
        return new(Experiment, Items.From(runs.SelectMany(run => run.Ends.Select((end, seed) =>
            new UnitResult(units.Where(unit => unit.Label == run.Label).ElementAt(seed),
                new RunResult(["sharpness"], [new(10, 0, 0.1, [99]), new(30, 0, 0.1, [end / 10]), new(40, 0, 0.1, [end])],
                    double.IsNaN(end) ? RunEnd.Diverged(30) : RunEnd.Completed, 40, 0, 0))))), _ => null);
    }
}
