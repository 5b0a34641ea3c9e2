using LargeSteps.Experiments.Results;
using LargeSteps.Figures;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Tests.Commands;
using LargeSteps.Training;

namespace LargeSteps.Tests.Results;

public class SurfaceTablesTests
{
    private static readonly Pipeline Tiny = TinyDeep.Pipeline(6).WithProbes(ProbePlan.Of(Cadence.Every(3, end: true), new Losses())
        .WithSnapshots(SnapshotSpec.All));

    private static readonly SurfaceFigure Figure = ((SurfaceFigure)FigureSpec.Surface(
        "f", SurfacePlane.Random(PlanePoint.Initial), new(new(-1, 1), new(-30, 2), 3))).WithSamples(16);

    private static readonly WeightPlane Plane = WeightPlane.Random(Runner.InitialWeights(Tiny), 1)!;

    [Fact]
    public void The_losses_of_a_deep_network_are_evaluated_once_and_then_read_bit_for_bit() => Cli.InFolder(folder =>
    {
        var evaluated = Evaluations(folder, Figure, Tiny, Plane, out var losses);
        Assert.Equal(1, evaluated);
        Assert.Equal(["f.csv", "f.stamp"], Directory.GetFiles(Path.Combine(folder, "surfaces")).Select(file => Path.GetFileName(file))
            .Order());
        Assert.Equal(0, Evaluations(folder, Figure, Tiny, Plane, out var again));
        Assert.Equal(losses, again);
    });

    [Fact]
    public void A_table_of_other_bytes_or_of_something_else_is_evaluated_again() => Cli.InFolder(folder =>
    {
        Assert.Equal(1, Evaluations(folder, Figure, Tiny, Plane, out var losses));
        foreach (var (file, old, @new) in new[] { ("f.csv", "train_loss", "train_lost"), ("f.stamp", "\n", "0\n") })
        {
            Cli.Edit(Path.Combine(folder, "surfaces", file), old, @new);
            Assert.Equal(1, Evaluations(folder, Figure, Tiny, Plane, out var again));
            Assert.Equal(losses, again);
        }
        foreach (var file in (string[])["f.csv", "f.stamp"])
        {
            File.Delete(Path.Combine(folder, "surfaces", file));
            Assert.Equal(1, Evaluations(folder, Figure, Tiny, Plane, out _));
        }
        Assert.Equal(1, Evaluations(folder, Figure.WithSamples(17), Tiny, Plane, out _));
        Assert.Equal(1, Evaluations(folder, Figure with { Grid = Figure.Grid with { X = new(-1, 1.5) } }, Tiny, Plane, out _));
        Assert.Equal(1, Evaluations(folder, Figure with { Grid = Figure.Grid with { Points = 2 } }, Tiny, Plane, out _));
        Assert.Equal(1, Evaluations(folder, Figure, Tiny.WithDataset(TinyDeep.Images.WithOptions(TinyDeep.Options with { Seed = 4 })),
            Plane, out _));
        Assert.Equal(1, Evaluations(folder, Figure, Tiny, WeightPlane.Random(Runner.InitialWeights(Tiny), 2)!, out _));
        // What is drawn over it does not matter.
        Assert.Equal(0, Evaluations(folder, Figure with { Panels = ["test_loss"], Paths = ["a"] }, Tiny,
            WeightPlane.Random(Runner.InitialWeights(Tiny), 2)!, out _));
        Assert.Equal(1, Evaluations(folder, Figure with { Panels = ["train_loss"] }, Tiny, Plane, out var train));
        Assert.Equal(losses!.Train, train!.Train);
        Assert.All(train.Test, loss => Assert.True(double.IsNaN(loss)));
    });

    [Fact]
    public void Without_test_images_the_table_has_no_numbers_for_their_loss() => Cli.InFolder(folder =>
    {
        var pipeline = Tiny.WithDataset(TinyDeep.Images.WithOptions(TinyDeep.Options with { TestImages = 0 }));
        Assert.Equal(1, Evaluations(folder, Figure, pipeline, Plane, out var losses));
        Assert.Equal(0, Evaluations(folder, Figure, pipeline, Plane, out var again));
        Assert.Equal(losses!.Train, again!.Train);
        Assert.All(again.Test, loss => Assert.True(double.IsNaN(loss)));
    });

    [Fact]
    public void An_evaluation_that_is_stopped_leaves_the_folder_as_it_was_and_a_panel_without_a_surface() => Cli.InFolder(folder =>
    {
        Assert.Equal(1, Evaluations(folder, Figure, Tiny, Plane, out _));
        var before = Cli.Times(Path.Combine(folder, "surfaces"));
        var tables = new SurfaceTables(Path.Combine(folder, "surfaces"), [],
            () => RunContext.Default.WithCancellation(new CancellationToken(canceled: true)), null);
        var results = ExperimentRunner.Run(Experiment.Of("e", Tiny).WithRuns(Run.Of("a", Stages.None)));
        var picture = SurfacePicture.Of(Figure.WithSamples(17) with { Paths = ["a"] }, results, tables.Of);
        Assert.True(tables.Stopped);
        Assert.Null(picture.Surface);
        Assert.Equal(["train loss: not evaluated", "test loss: not evaluated"], picture.Chart().Panels.Select(panel => panel.Heading));
        Assert.Equal(3, Assert.Single(picture.Paths).Points.Count);
        Assert.Equal(before, Cli.Times(Path.Combine(folder, "surfaces")));
    });

    [Fact]
    public void Every_tenth_of_the_rows_is_told() => Cli.InFolder(folder =>
    {
        var log = new StringWriter();
        new SurfaceTables(folder, [], () => RunContext.Default, log).Of(Figure.WithSamples(2), Tiny, Plane);
        Assert.Equal(["surface f: 1 of 3 rows", "surface f: 2 of 3 rows", "surface f: 3 of 3 rows"], log.ToString()
            .Split(Environment.NewLine)[..^1]);
    });

    [Fact]
    public void The_losses_of_a_small_model_are_evaluated_each_time_without_a_stamp() => Cli.InFolder(folder =>
    {
        var small = DiagonalCases.Gd(DiagonalCases.Small, Schedule.Constant(0.1), ProbePlan.Of(Cadence.Every(10), new Losses()), steps: 20);
        Assert.Equal(0, Evaluations(folder, Figure.WithSamples(null), small, WeightPlane.Random(Runner.InitialWeights(small), 1)!,
            out var losses));
        Assert.Equal(9, losses!.Train.Count);
        Assert.Equal(["f.csv"], Directory.GetFiles(Path.Combine(folder, "surfaces")).Select(file => Path.GetFileName(file)));
    });

    private static int Evaluations(string folder, SurfaceFigure figure, Pipeline of, WeightPlane plane, out LossSurface? losses)
    {
        var count = 0;
        losses = new SurfaceTables(Path.Combine(folder, "surfaces"), [], () =>
        {
            count++;
            return RunContext.Default;
        }, null).Of(figure, of, plane);
        return count;
    }
}
