using LargeSteps.Experiments.Commands;
using LargeSteps.Models;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Values;

namespace LargeSteps.Tests.Commands;

/// <summary>What is said of a deep network while it trains.</summary>
public class DeepLogTests
{
    private static readonly RunUnit Deep = new("η = 1", 3, TinyDeep.Pipeline(1000));

    [Theory]
    [InlineData("cpu", 1000, "η = 1, seed 3: 2 s a step, about 33 min to go")]
    [InlineData("cpu", 50, "η = 1, seed 3: 2 s a step, about 80 s to go")]
    [InlineData("cuda:0", 10_000, "η = 1, seed 3: 2 s a step, about 5.5 h to go")]
    [InlineData("cpu", 10_000,
        "η = 1, seed 3: 2 s a step, about 5.5 h to go; configs/resnet18_cpu_large.yaml and configs/resnet18_cpu_small.yaml are made " +
        "for a CPU")]
    public void After_the_first_steps_it_is_told_once_how_long_all_will_take(string device, long steps, string expected)
    {
        var clock = new Clock();
        var log = new LongRunLog(device, clock);
        var told = new List<(long Step, string Line)>();
        for (var k = 7L; k < 20; k++)
        {
            told.AddRange(log.Lines(new UnitProgressed(Deep, new RunProgress(k, steps))).Select(line => (k, line)));
            clock.Seconds += 2;
        }
        // Three steps, six seconds.
        Assert.Equal([(10L, expected)], told);
    }

    [Fact]
    public void A_few_seconds_and_a_few_steps_are_needed_for_an_estimate()
    {
        var clock = new Clock();
        var log = new LongRunLog("cpu", clock);
        Assert.Empty(Told(0, 0));
        Assert.Empty(Told(2, 100));
        Assert.NotEmpty(Told(3, 100));
        Assert.Empty(Told(4, 200));

        IEnumerable<string> Told(long step, double seconds)
        {
            clock.Seconds = seconds;
            return [.. log.Lines(new UnitProgressed(Deep, new RunProgress(step, 1000)))];
        }
    }

    [Fact]
    public void Every_measurement_is_a_row_below_the_names_of_a_run()
    {
        var log = new LongRunLog("cpu", TimeProvider.System);
        string[] metrics = ["a", "b", "c", "d", "e", "f", "g"];
        Assert.Equal(["η = 1, seed 3 (the first 6 of 7 metrics; the others are in metrics.csv)", Cells("iteration", "epoch",
            "learning_rate", "a", "b", "c", "d", "e", "f"), Cells("0", "0.00", "0.05", "0.3333", "NaN", "12.35", "1E+06", "4", "5")],
            Row(0));
        Assert.Equal([Cells("40", "2.50", "0.05", "0.3333", "NaN", "12.35", "1E+06", "4", "5")], Row(40));

        string[] Row(long iteration) => [.. log.Lines(new UnitProgressed(Deep, new RunProgress(iteration, 1000, new Measured(
            Items.From(metrics), new Measurement(iteration, iteration / 16.0, 0.05, [1 / 3.0, double.NaN, 12.346, 1e6, 4, 5, 6])))))];

        static string Cells(params string[] cells) => string.Join(' ', cells.Select(cell => cell.PadLeft(13)));
    }

    [Fact]
    public void A_row_fits_a_terminal()
    {
        var log = new LongRunLog("cpu", TimeProvider.System, 79);
        var rows = log.Lines(new UnitProgressed(Deep, new RunProgress(40, 1000, new Measured(
            ["train_loss", "feature_sparsity_block1", "c", "d", "e"], new Measurement(40, 2.5, 0.05, [1 / 3.0, double.NaN, 12.346,
                -1.2345e-100, 5]))))).ToArray();
        Assert.Equal(
            ["η = 1, seed 3 (the first 4 of 5 metrics; the others are in metrics.csv)",
                "iteration    epoch      rate  train_loss feature_sp…           c           d",
                "       40     2.50      0.05      0.3333         NaN       12.35 -1.234E-100"], rows);
        Assert.All(rows, row => Assert.InRange(row.Length, 1, 79));
    }

    [Fact]
    public void Of_small_models_nothing_is_said()
    {
        var unit = new RunUnit("a", 0, Pipeline.Of(
            DiagonalCases.Small, ModelSpec.DiagonalLinear(), Schedule.Constant(0.1), OptimizerSpec.Sgd(10), ProbePlan.Of(Cadence.Every(1),
                new Losses())));
        Assert.Empty(new LongRunLog("cpu", TimeProvider.System)
            .Lines(new UnitProgressed(unit, new RunProgress(0, 10, new Measured(["a"], new Measurement(0, 0, 1, [1]))))));
    }
}
