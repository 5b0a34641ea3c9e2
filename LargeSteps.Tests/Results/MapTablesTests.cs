using LargeSteps.Datasets;
using LargeSteps.Experiments.Results;
using LargeSteps.Figures;
using LargeSteps.Models;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Tests.Commands;

namespace LargeSteps.Tests.Results;

public class MapTablesTests
{
    private static readonly Pipeline Quartic = Pipeline.Of(DatasetSpec.InMemory(DiagonalCases.Data([[1]], 1)),
        ModelSpec.DiagonalLinear(0.6, 0.6), Schedule.Constant(1), OptimizerSpec.GradientDescent(30),
        ProbePlan.Of(Cadence.Every(1), new Losses()));

    private static readonly MapFigure Figure = new("m", new("schedule.rate", 0.1, 2, 8), new("model.u", 0.2, 1.8, 6));

    // The second row tells to stop: of those that are done some are kept, and the next evaluation makes the others alone.
    [Fact]
    public void A_map_that_was_stopped_goes_on_and_is_then_read() => Cli.InFolder(folder =>
    {
        using var stop = new CancellationTokenSource();
        var stopped = Tables(folder, new Stopping(stop), stop.Token);
        Assert.Null(stopped.Of(Figure, Quartic));
        Assert.True(stopped.Stopped);
        Assert.Equal(["m.rows"], Files(folder));
        var told = new StringWriter();
        var map = Tables(folder, told, default).Of(Figure, Quartic)!;
        Assert.DoesNotContain("1 of 6", told.ToString(), StringComparison.Ordinal);
        Assert.Equal(TrainabilityMap.Of(Figure, Quartic, cancellation: TestContext.Current.CancellationToken), map);
        Assert.Equal(["m.csv", "m.stamp"], Files(folder));
        var silent = new StringWriter();
        Assert.Equal(map, Tables(folder, silent, default).Of(Figure, Quartic.WithProbes(ProbePlan.Of(Cadence.Every(3), new Losses()))));
        Assert.Equal("", silent.ToString());
        Assert.NotEqual(map, Tables(folder, silent, default).Of(Figure, Quartic.WithModel(ModelSpec.DiagonalLinear(0.6, 0.7))));
        Assert.NotEqual("", silent.ToString());
    });

    [Fact]
    public void Damaged_rows_and_those_of_another_map_are_none() => Cli.InFolder(folder =>
    {
        var path = Path.Combine(folder, "m.rows");
        var rows = new MapRows("inputs", new Dictionary<int, double[]>(), TimeProvider.System);
        rows.Add(3, [1, -0.5], path);
        Assert.False(File.Exists(path));
        rows.Write(path);
        Assert.Equal([1, -0.5], MapRows.Read(path, "inputs", 2)[3]);
        Assert.Empty(MapRows.Read(path, "others", 2));
        Assert.Empty(MapRows.Read(path, "inputs", 3));
        var bytes = File.ReadAllBytes(path);
        for (var i = 0; i < bytes.Length; i++)
        {
            var damaged = bytes.ToArray();
            damaged[i] ^= 1;
            File.WriteAllBytes(path, damaged);
            Assert.Empty(MapRows.Read(path, "inputs", 2));
            File.WriteAllBytes(path, bytes[..i]);
            Assert.Empty(MapRows.Read(path, "inputs", 2));
        }
    });

    // What was not trained is neither of the two kinds.
    [Fact]
    public void The_picture_of_a_stopped_map_is_of_cells_without_a_number()
    {
        var panel = Assert.IsType<LargeSteps.Experiments.Charts.ImagePanel>(Assert.Single(MapDrawing.ChartOf(Figure, null).Panels));
        Assert.Equal("not trained", panel.Heading);
        Assert.All(panel.Cells, cell => Assert.True(double.IsNaN(cell)));
        Assert.NotEmpty(LargeSteps.Experiments.Charts.ChartRenderer.Png(MapDrawing.ChartOf(Figure, null)));
    }

    private static SurfaceTables Tables(string folder, TextWriter log, CancellationToken stop) => new(Path.Combine(folder, "surfaces"),
        [new(new("run", 0, Quartic), new([], [], RunEnd.Completed, 30, 0, 0))], () => RunContext.Default.WithCancellation(stop), log)
    { Workers = 1 };

    private static IEnumerable<string?> Files(string folder) => Directory.GetFiles(Path.Combine(folder, "surfaces"))
        .Select(Path.GetFileName).Order();

    private sealed class Stopping(CancellationTokenSource stop) : StringWriter
    {
        private int _lines;

        public override void WriteLine(string? value)
        {
            if (++_lines == 2) stop.Cancel();
        }
    }
}
