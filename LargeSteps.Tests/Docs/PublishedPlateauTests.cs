using LargeSteps.Configuration;
using LargeSteps.Experiments.Docs;
using LargeSteps.Running;
using LargeSteps.Values;

namespace LargeSteps.Tests.Docs;

/// <summary>Curvatures that come to the edge of stability, as published.yaml has them.</summary>
public class PublishedPlateauTests
{
    private const string Config = """
        name: edge
        dataset:   { kind: sparse_regression, samples: 4, dimensions: 6, support: 2, test_samples: 2, seed: 0 }
        model:     { kind: diagonal_linear, u: 0.1 }
        optimizer: { kind: gd, steps: 40 }
        probes:    { at: { every: 10, end: true }, measure: [losses, sharpness] }
        runs:
          - { label: plain, schedule: { kind: constant, rate: 0.25 } }
          - { label: momentum, schedule: { kind: constant, rate: 0.25 }, optimizer: { momentum: 0.5 } }
          - { label: sam, schedule: { kind: constant, rate: 0.25 }, optimizer: { sam: { radius: 0.1 } } }
        figures:
          - { file: sharpness, panels: [sharpness] }

        """;

    private static PublishedPlateau Plateau(string metric = "sharpness", double within = 0.05) => new(metric, 20, new("1.1"), within);

    [Theory]
    [InlineData("plain", 8)]
    [InlineData("momentum", 12)]
    public void The_mean_of_the_survivors_is_in_parts_of_the_edge_at_the_step_size(string run, double edge)
    {
        // The second seed has diverged; what comes before step 20 does not count.
        var unit = LargeSteps.Pipelines.Units.Of(ExperimentYaml.Parse(Config, "edge.yaml").OrThrow()).OrThrow().First(u => u.Label == run);
        UnitResult[] seeds = [Of(RunEnd.Completed, 99, 1.0, 1.2), Of(RunEnd.Diverged(30), 1, 50, 50), Of(RunEnd.Completed, 0, 0.8, 1.4)];
        Assert.Equal(1.1, Plateau().Of(seeds), 12);
        Assert.Equal(double.NaN, Plateau().Of([seeds[1]]));

        UnitResult Of(RunEnd end, params double[] parts) => new(unit, new(["train_loss", "sharpness"], Items.From(parts.Select((part, i) =>
            new Measurement(10 + 10 * i, 0, 0.25, [1, part * edge]))), end, 40, 0, 0));
    }

    [Theory]
    [InlineData(1.1, "0.0 % away", true)]
    [InlineData(1.154, "5.0 % away", true)]
    [InlineData(1.0435, "5.2 % away", false)]
    [InlineData(double.NaN, "–", false)]
    public void It_agrees_within_a_part_of_the_published_one(double ours, string text, bool agrees) =>
        Assert.Equal(new Agreement(text, agrees ? Verdict.Agrees : Verdict.Misses), Agreement.Within(new("1.1"), ours, 0.05));

    [Theory]
    [InlineData("plain", "sharpness", 20, null)]
    [InlineData("plain", "sharpnes", 20, "LS0109: the run measures no curvature 'sharpnes'; did you mean 'sharpness'?")]
    [InlineData("plain", "train_loss", 20, "LS0109: the run measures no curvature 'train_loss'")]
    [InlineData("plain", "batch_sharpness", 20, "LS0109: the run measures no curvature 'batch_sharpness'")]
    [InlineData("sam", "sharpness", 20, "LS0109: the steps of this optimizer have no edge")]
    [InlineData("plain", "sharpness", 41, "LS0104: the run measures nothing from step 41 on")]
    public void What_is_none_is_told(string run, string metric, long from, string? problem) => DocsFolder.In(folder =>
    {
        File.WriteAllText(Path.Combine(folder, "configs", "edge.yaml"), Config);
        var file = Path.Combine(folder, "docs", "published.yaml");
        File.WriteAllText(file, FormattableString.Invariant($$"""
            text: All.
            experiments:
              - config: edge
                text: One.
                runs: [{ run: {{run}}, class: chaotic, plateaus: [{ metric: {{metric}}, from: {{from}}, value: 1.1, within: 0.05 }] }]

            """));
        var loaded = PublishedYaml.Load(file, ConfigFolder.Beside(Path.Combine(folder, "docs")));
        var problems = loaded.Match(_ => [], all => all.Map(one => $"{one}"));
        if (problem is not null)
        {
            Assert.Contains(problem, Assert.Single(problems), StringComparison.Ordinal);
            return;
        }
        Assert.Empty(problems);
        var published = loaded.OrThrow();
        Assert.Equal([Plateau(metric)], published.Experiments[0].Runs[0].Plateaus);
        File.WriteAllText(file, PublishedYaml.Write(published));
        Assert.Equal(published, PublishedYaml.Load(file, ConfigFolder.Beside(Path.Combine(folder, "docs"))).OrThrow());

        DocsFolder.Run(folder, "reproduce");
        Assert.Matches(@"\| plain \| chaotic \| `sharpness / edge, from step 20` \| 1.1 \| [\d.e+-]+ \| within 5 % \| [\d.]+ % away \|",
            File.ReadAllText(Path.Combine(folder, "docs", "reproduction.md")));
    });
}
