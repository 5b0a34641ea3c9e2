using LargeSteps.Configuration;
using LargeSteps.Datasets;
using LargeSteps.Figures;
using LargeSteps.Models;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Values;

namespace LargeSteps.Tests.Running;

public class TrainabilityMapTests
{
    private const int Steps = 60;

    private static readonly Pipeline Quartic = Pipeline.Of(DatasetSpec.InMemory(DiagonalCases.Data([[1]], 1)),
        ModelSpec.DiagonalLinear(0.6, 0.6), Schedule.Constant(1), OptimizerSpec.GradientDescent(Steps),
        ProbePlan.Of(Cadence.Every(1), new Losses()));

    private static MapFigure Map(int points = 9) => new("m", new("schedule.rate", 0.05, 20, points, Logarithmic: true),
        new("model.u", 0.2, 1.8, 5));

    // Of each cell alone, from the losses that its run measures.
    [Fact]
    public void A_cell_is_what_the_losses_of_its_run_say()
    {
        var map = TrainabilityMap.Of(Map(), Quartic, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal((9, 5, 45), (map.X.Count, map.Y.Count, map.Cells.Count));
        Assert.Equal((0.05, 20.0, 1.0), (map.X[0], map.X[^1], map.Y[2]));
        for (var j = 0; j < map.Y.Count; j++)
        {
            for (var i = 0; i < map.X.Count; i++)
            {
                var losses = Runner.Run(Quartic.WithModel(ModelSpec.DiagonalLinear(map.Y[j], 0.6))
                    .WithSchedule(Schedule.Constant(map.X[i]))).Measurements.Select(m => m.Values[0]).ToArray();
                double[] ratios = [.. losses.Select(loss => loss / losses[0])];
                var converged = ratios.Length == Steps && ratios[^20..].Average() < 1;
                var expected = (converged ? ratios.Sum() : -ratios.TakeWhile(ratio => ratio < 1e12).Sum(ratio => 1 / ratio)) / Steps;
                Assert.Equal(expected, map.Cells[j * map.X.Count + i], 1e-9 * Math.Abs(expected));
            }
        }
        Assert.Contains(map.Cells, cell => cell > 0);
        Assert.Contains(map.Cells, cell => cell < 0);
    }

    // 0 over 0: nothing is to be learned.
    [Fact]
    public void A_cell_that_begins_without_a_loss_has_no_number()
    {
        var map = TrainabilityMap.Of(Map() with { Y = new("model.v", 1, 2, 2) }, Quartic.WithModel(ModelSpec.DiagonalLinear(1, 1)),
            cancellation: TestContext.Current.CancellationToken);
        Assert.All(map.Cells.Take(9), cell => Assert.Equal(double.NaN, cell));
        Assert.All(map.Cells.Skip(9), cell => Assert.NotEqual(double.NaN, cell));
    }

    [Fact]
    public void Rows_that_are_kept_are_not_made_again()
    {
        var whole = TrainabilityMap.Of(Map(), Quartic, cancellation: TestContext.Current.CancellationToken);
        var told = new List<int>();
        double[] row = [.. Enumerable.Repeat(7.0, 9)];
        var rest = TrainabilityMap.Of(Map(), Quartic, new Dictionary<int, double[]> { [2] = row }, (number, _) => told.Add(number), 2,
            TestContext.Current.CancellationToken);
        Assert.Equal([0, 1, 3, 4], told.Order());
        Assert.Equal([.. whole.Cells.Take(18), .. row, .. whole.Cells.Skip(27)], rest.Cells);
    }

    [Fact]
    public void It_can_be_stopped()
    {
        using var stop = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => TrainabilityMap.Of(Map(), Quartic, row: (_, _) => stop.Cancel(),
            cancellation: stop.Token));
    }

    [Theory]
    [InlineData("x: { path: schedule.rate, from: 0.1, to: 1, points: 9 }, y: { path: model.w, from: 0, to: 1, points: 9 }", "LS0101",
        "unknown key 'w'")]
    [InlineData("x: { path: 'schedule.at[0].step', from: 0.1, to: 1, points: 9 }, y: { path: model.u, from: 0, to: 1, points: 9 }",
        "LS0110", "there is nothing at 'schedule.at[0].step' that a number could be set in")]
    [InlineData("x: { path: schedule.rate, from: -1, to: 1, points: 9 }, y: { path: model.u, from: 0, to: 1, points: 9 }", "LS0106",
        "at schedule.rate = -1: '-1' must be above 0")]
    [InlineData("x: { path: schedule.rate, from: 0, to: 1, points: 9, log: true }, y: { path: model.u, from: 0, to: 1, points: 9 }",
        "LS0106", "is logarithmic, and its numbers must be above 0")]
    [InlineData("x: { path: schedule.rate, from: 1, to: 1, points: 9 }, y: { path: model.u, from: 0, to: 1, points: 9 }", "LS0106",
        "has its first number not below its last")]
    [InlineData("x: { path: model.u, from: 0.1, to: 1, points: 9 }, y: { path: model.u, from: 0, to: 1, points: 9 }", "LS0226",
        "its axes are the same value")]
    [InlineData("x: { path: schedule.rate, from: 0.1, to: 1, points: 1001 }, y: { path: model.u, from: 0, to: 1, points: 1000 }",
        "LS0226", "it has 1001000 cells, and the most is 1000000")]
    [InlineData("x: { path: optimizer.steps, from: 5, to: 10, points: 5 }, y: { path: model.u, from: 0, to: 1, points: 9 }", "LS0103",
        "at optimizer.steps = 6.25: ")]
    [InlineData("x: { path: optimizer.steps, from: 10, to: 999010, points: 1000 }, y: { path: model.u, from: 0, to: 1, points: 1000 }",
        "LS0226", "its 1000000 cells of 999010 steps are more than 1E+11 steps")]
    [InlineData("x: { path: schedule.rate, from: 0.1, to: 1, points: 10000 }, y: { path: model.u, from: 0, to: 1, points: 100 } }\n" +
        "  - { kind: map, file: n, x: { path: schedule.rate, from: 0.1, to: 1, points: 9990 }, " +
        "y: { path: model.u, from: 0, to: 1, points: 9 }",
        "LS0226", "the axes of the maps up to it have 20099 numbers, the most is 20000", 9)]
    [InlineData("run: b, x: { path: schedule.rate, from: 0.1, to: 1, points: 9 }, y: { path: model.u, from: 0, to: 1, points: 9 }",
        "LS0226", "there is no run 'b'")]
    public void What_makes_no_map_is_told(string figure, string code, string message, int line = 8)
    {
        var problems = ExperimentYaml.Parse($$"""
            name: a
            dataset: { kind: table, features: [[1]], labels: [1] }
            model: { kind: diagonal_linear }
            schedule: { kind: constant, rate: 0.1 }
            optimizer: { kind: gd, steps: 5 }
            probes: { at: { every: 1 }, measure: [losses] }
            figures:
              - { kind: map, file: m, {{figure}} }
            """, "a.yaml").Match<Items<Diagnostic>>(_ => [], found => found);
        var problem = Assert.Single(problems);
        Assert.Equal(code, problem.Code);
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
        Assert.Equal(line, problem.Line);
    }
}
