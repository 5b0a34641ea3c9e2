using LargeSteps.Configuration;
using LargeSteps.Figures;
using LargeSteps.Models.Deep;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Schedules;
using LargeSteps.Tests.Commands;

namespace LargeSteps.Tests.Configuration;

public class SweepTests
{
    private const string Rate = "schedule.rate";

    // The values are Python's: decimal with 50 digits, and the nearest double of what comes out.
    [Theory]
    [InlineData("linear: [0.1, 0.3, 7]", 0.1, 0.13333333333333333, 0.16666666666666666, 0.2, 0.23333333333333334, 0.26666666666666666, 0.3)]
    [InlineData("log: [0.05, 0.35, 5]", 0.05, 0.08132882808488928, 0.13228756555322954, 0.21517585353294252, 0.35)]
    [InlineData("log: [1e-50, 1e-3, 4]", 1e-50, 4.641588833612779e-35, 2.1544346900318837e-19, 0.001)]
    [InlineData("linear: [0.28200049, 0.3, 2]", 0.28200049, 0.3)]
    [InlineData("linear: [0.3, 0.28200049, 3]", 0.3, 0.291000245, 0.28200049)]
    [InlineData("linear: [0.2820001, 0.2820005, 5]", 0.2820001, 0.2820002, 0.2820003, 0.2820004, 0.2820005)]
    public void A_grid_has_the_ends_that_were_written_and_all_digits_between_them(string grid, params double[] expected)
    {
        var experiment = Swept($"{Rate}: {{ {grid} }}");
        var rates = experiment.Resolve().OrThrow().Select(run => run.Pipeline.Schedule.Function(run.Pipeline.Horizon)(0)).ToArray();
        Assert.Equal(expected.Length, rates.Length);
        Assert.All(rates.Zip(expected), pair => Assert.Equal(1, pair.First / pair.Second, 1e-14));
        Assert.Equal((expected[0], expected[^1]), (rates[0], rates[^1]));
        Assert.Equal(rates, experiment.Runs.Select(run => Number(Assert.Single(run.Swept).Value)));
    }

    // What is a short decimal in truth is that number, not its neighbour: 0.15 from a grid is the 0.15 of a list.
    [Theory]
    [InlineData("linear: [0.05, 0.35, 13]", "0.05 0.075 0.1 0.125 0.15 0.175 0.2 0.225 0.25 0.275 0.3 0.325 0.35")]
    [InlineData("linear: [0.1, 1.1, 11]", "0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1 1.1")]
    [InlineData("log: [0.001, 10, 5]", "0.001 0.01 0.1 1 10")]
    [InlineData("log: [1e-12, 1, 13]", "1e-12 1e-11 1e-10 1e-9 1e-8 1e-7 1e-6 1e-5 0.0001 0.001 0.01 0.1 1")]
    public void A_grid_of_decimals_has_no_rounding_in_it(string grid, string expected) => Assert.Equal(
        expected.Split(' '), Swept($"{Rate}: {{ {grid} }}").Runs.Select(run => run.Swept[0].Value.Text));

    [Theory]
    [InlineData("optimizer.steps: { linear: [1234567, 2234567, 2] }", 1234567, 2234567)]
    [InlineData("optimizer.steps: { linear: [1e6, 3e6, 3] }", 1000000, 2000000, 3000000)]
    [InlineData("optimizer.steps: { log: [1, 64, 7] }", 1, 2, 4, 8, 16, 32, 64)]
    [InlineData("optimizer.steps: { log: [10, 100000, 5] }", 10, 100, 1000, 10000, 100000)]
    public void Whole_numbers_are_whole_and_labels_have_all_their_digits(string grid, params int[] expected)
    {
        var experiment = Swept(grid);
        Assert.Equal(expected.Select(steps => (long)steps), experiment.Resolve().OrThrow().Select(run => run.Pipeline.Horizon.Steps));
        Assert.Equal(expected.Select(steps => $"steps = {steps}"), experiment.Runs.Select(run => run.Label));
    }

    [Theory]
    [InlineData("linear: [0.28200049, 0.3, 2]", "0.282 0.3")]
    [InlineData("linear: [0.2820001, 0.2820005, 5]", "0.2820001 0.2820002 0.2820003 0.2820004 0.2820005")]
    [InlineData("log: [0.05, 0.35, 5]", "0.05 0.0813 0.132 0.215 0.35")]
    [InlineData("log: [1e-9, 1e-7, 3]", "1e-9 1e-8 1e-7")]
    public void Labels_are_short_and_tell_the_points_apart(string grid, string expected) => Assert.Equal(
        expected.Split(' ').Select(value => $"rate = {value}"), Swept($"{Rate}: {{ {grid} }}").Runs.Select(run => run.Label));

    [Fact]
    public void Words_are_swept_like_numbers_and_beside_them()
    {
        var experiment = Swept("optimizer.normalized: [true, false]", "engine: [closed_form, autograd]", $"{Rate}: [0.010, 1e-1]");
        Assert.Equal(8, experiment.Runs.Count);
        Assert.Equal("normalized = true, engine = closed_form, rate = 0.010", experiment.Runs[0].Label);
        Assert.Equal(
            [SweptValue.Of("optimizer.normalized", "false"), SweptValue.Of("engine", "autograd"), SweptValue.Of(Rate, 0.1)],
                experiment.Runs[7].Swept);
        var runs = experiment.Resolve().OrThrow();
        Assert.Equal([true, true, true, true, false, false, false, false], runs.Select(run => run.Pipeline.Optimizer.Rule.Normalized));
        Assert.Equal([Engine.ClosedForm, Engine.ClosedForm, Engine.Autograd, Engine.Autograd], runs.Take(4)
            .Select(run => run.Pipeline.Engine));
        Assert.Equal(experiment, ExperimentYaml.Parse(ExperimentYaml.Write(experiment), "again.yaml").OrThrow());
        Assert.Equal([0.01, 0.1], runs.Take(2).Select(run => run.Pipeline.Schedule.Function(run.Pipeline.Horizon)(0)));
    }

    [Fact]
    public void Architectures_and_augmentation_are_swept()
    {
        var experiment = ExperimentYaml.Parse("""
            name: deep
            dataset: { kind: images, source: cifar10, augment: false }
            model: { kind: deep_network, architecture: resnet18, seed: 0 }
            schedule: { kind: constant, rate: 0.1 }
            optimizer: { kind: sgd, batch_size: 128, epochs: 1, seed: 0, sampling: shuffled }
            probes: { at: { every_epochs: 1 }, measure: [losses] }
            sweep:
              model.architecture: [resnet18, resnet34]
              dataset.augment: [true, false]
            """, "deep.yaml").OrThrow();
        Assert.Equal(
            ["architecture = resnet18, augment = true", "architecture = resnet18, augment = false",
                "architecture = resnet34, augment = true", "architecture = resnet34, augment = false"],
            experiment.Runs.Select(run => run.Label));
        Assert.Equal(2, experiment.Resolve().OrThrow().Select(run => ((DeepNetwork)run.Pipeline.Model).Architecture).Distinct().Count());
    }

    [Fact]
    public void Units_know_what_a_sweep_gave_them()
    {
        var units = Units.Of(Swept($"{Rate}: [0.01, 0.02]")).OrThrow();
        Assert.Equal([0.01, 0.01, 0.02, 0.02], units.Select(unit => Number(Assert.Single(unit.Swept).Value)));
    }

    private static double Number(AxisValue value) => value.Match(number => number.Value, word => double.NaN);

    private static Experiment Swept(params string[] axes) => ExperimentYaml.Parse(
        Cli.Small[..Cli.Small.IndexOf("runs:", StringComparison.Ordinal)] + "sweep:\n" + string.Concat(axes.Select(axis => $"  {axis}\n")),
            "swept.yaml").OrThrow();
}
