using ImageMagick;
using LargeSteps.Configuration;
using LargeSteps.Experiments.Charts;
using LargeSteps.Experiments.Results;
using LargeSteps.Figures;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Tests.Commands;
using LargeSteps.Values;

namespace LargeSteps.Tests.Results;

public class SurfaceFramesTests
{
    private static readonly SurfaceGrid Grid = new(new(-1, 1), new(-0.5, 0.5), 8);

    private static readonly Pipeline Small =
        DiagonalCases.Gd(DiagonalCases.Small, Schedule.Constant(0.1), ProbePlan.Of(Cadence.Every(10), new Losses())
            .WithSnapshots(SnapshotSpec.All), steps: 50);

    private static SurfaceFigure Figure =>
        new("f", ["train_loss"], SurfacePlane.Through(PlanePoint.Initial, PlanePoint.Optimum, PlanePoint.End("e")), Grid, ["e"], []);

    private static Items<UnitResult> Results(Pipeline pipeline) => [new(new("e", 0, pipeline), Runner.Run(pipeline))];

    [Fact]
    public void A_gif_has_its_frames_for_their_time_and_the_same_bytes_each_time()
    {
        var picture = SurfacePicture.Of(Figure, Results(Small));
        byte[] Gif() => SurfaceFrames.Gif(new[] { 1, 5 }.Select(frame => ChartRenderer.Png(picture.Chart(frame) with { PanelWidth = 200 }))
            .ToArray() is var pictures ? Items.Of<byte[]>(pictures) : [], 0.6);
        var gif = Gif();
        Assert.Equal(gif, Gif());
        using var frames = new MagickImageCollection(gif);
        Assert.Equal(2, frames.Count);
        Assert.All(frames, frame => Assert.Equal(60u, frame.AnimationDelay));
        Assert.Equal(0u, frames[0].AnimationIterations);
    }

    [Fact]
    public void All_frames_are_written_where_they_are_asked_for_and_none_of_an_earlier_picture_is_left() => Cli.InFolder(folder =>
    {
        var path = Path.Combine(folder, "f");
        Directory.CreateDirectory($"{path}_frames");
        File.WriteAllText(Path.Combine($"{path}_frames", "0099.png"), "");
        var picture = SurfacePicture.Of(Figure, Results(Small));
        Assert.Equal([$"{path}.gif"], SurfaceFrames.Write(picture, new([2]), path));
        var files = SurfaceFrames.Write(picture, new([2], AllFrames: true), path);
        Assert.Equal(["0001.png", "0002.png", "0003.png", "0004.png", "0005.png"], Directory.GetFiles($"{path}_frames")
            .Select(file => Path.GetFileName(file)).Order());
        Assert.Equal(6, files.Count);
        Assert.All(files, file => Assert.True(new FileInfo(file).Length > 0));
    });

    [Fact]
    public void The_planes_of_every_kind_are_drawn()
    {
        var results = Results(Small);
        foreach (var plane in new[] { Figure.Plane, SurfacePlane.Random(PlanePoint.Measurement("e", 3), 5), SurfacePlane.Principal("e") })
        {
            var picture = SurfacePicture.Of(Figure with { Plane = plane }, results);
            Assert.Equal((64, 5), (picture.Surface!.Train.Count, Assert.Single(picture.Paths).Points.Count));
            Assert.NotEmpty(ChartRenderer.Png(picture.Chart()));
        }
    }

    [Fact]
    public void A_run_that_did_not_come_to_the_points_leaves_panels_without_a_surface()
    {
        var none = new UnitResult(new("e", 0, Small), new([], [], RunEnd.Stopped(0), 0, 0, 0));
        var picture = SurfacePicture.Of(Figure, [none]);
        Assert.Null(picture.Surface);
        Assert.NotEmpty(ChartRenderer.Png(picture.Chart()));
        Assert.NotEmpty(SurfaceFrames.Gif([ChartRenderer.Png(picture.Chart(1) with { PanelWidth = 200 })], 1));
    }

    [Fact]
    public void The_table_has_a_row_for_each_point_of_the_grid()
    {
        var picture = SurfacePicture.Of(Figure, Results(Small));
        var table = SurfaceTables.Table(picture.Surface!);
        Assert.Equal(["x", "y", "train_loss", "test_loss"], table.Columns.Select(column => column.Name));
        Assert.Equal([picture.Surface!.X[1], picture.Surface.Y[1], picture.Surface.Train[9], picture.Surface.Test[9]],
            table.Rows[9].Select(value => (double)value));
    }

    [Fact]
    public void A_surface_that_runs_cannot_give_is_told()
    {
        string[] Told(SurfaceFigure figure, Pipeline pipeline) =>
            Experiment.Of("e", pipeline).WithFigures(figure).Checked().Match(_ => [], problems => problems.Select(p => p.Code).ToArray());
        Assert.Empty(Told(Figure, Small));
        Assert.Equal(["LS0226"], Told(Figure with { Paths = ["x"] }, Small));
        Assert.Equal(["LS0226"], Told(Figure.WithReflected("e") with { Paths = [] }, Small));
        Assert.Equal(["LS0226", "LS0226"], Told(Figure, Small.WithProbes(Small.Probes.WithSnapshots(null))));
        Assert.Empty(Told(Figure with { Paths = [] }, Small.WithProbes(Small.Probes.WithSnapshots(SnapshotSpec.Ends))));
        Assert.Equal(["LS0226"], Told(Figure, Small.WithProbes(Small.Probes.WithSnapshots(SnapshotSpec.Measurements(0, 3)))));
        Assert.Equal(["LS0226"], Told(Figure with { Plane = SurfacePlane.Random(PlanePoint.Measurement("e", 5)) }, Small));
        Assert.Equal(["LS0226"], Told(Figure.WithSamples(2), Small));
        Assert.Equal(["LS0226"], Told(Figure with { Plane = SurfacePlane.Random(PlanePoint.Initial, normalised: true) }, Small));
        Assert.Equal(["LS0226"], Told(Figure with { Plane = SurfacePlane.Principal("e"), Paths = [] },
            Small.WithProbes(Small.Probes.WithSnapshots(SnapshotSpec.Ends))));
    }
}
