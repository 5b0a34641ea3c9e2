using LargeSteps.Configuration;
using LargeSteps.Experiments.Charts;
using LargeSteps.Experiments.Results;
using LargeSteps.Figures;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Values;

namespace LargeSteps.Tests.Training;

/// <summary>
/// The config loss_surface against the published program for arXiv 2210.05337: the last values of its runs, its surface, and rows of a
/// fresh run of it (the fixture loss_surface__gf_0.03.csv: losses and coordinates on the plane after the step of an iteration; row −1 is
/// the start).
/// </summary>
public class PublishedSurfaceTests
{
    private const string Flow = "gradient flow", Gd = "GD η = 3, ÷3 at 50 %", Sgd = "SGD η = 0.6, ÷3 at 50 %";

    private static readonly Lazy<(SurfaceFigure Figure, Items<UnitResult> Results, SurfacePicture Picture)> Run = new(() =>
    {
        var experiment = ExperimentYaml.Load(Path.Combine(AppContext.BaseDirectory, "configs", "loss_surface.yaml")).OrThrow();
        var results = ExperimentRunner.Run(Units.Of(experiment).OrThrow(), RunContext.Default, 2, null, false, null);
        var figure = (SurfaceFigure)experiment.Figures[0];
        return (figure, results, SurfacePicture.Of(figure, results));
    });

    [Theory]
    [InlineData(Flow, "train_loss", 4.902335457375223e-06, 5e-11)]
    [InlineData(Flow, "test_loss", 0.014909591370857017, 5e-11)]
    [InlineData(Sgd, "train_loss", 3.8729665455897834e-08, 5e-11)]
    [InlineData(Sgd, "test_loss", 3.982127812000106e-08, 5e-11)]
    // Mildly chaotic: two builds of the published program agree to 3 digits.
    [InlineData(Gd, "train_loss", 1.6436803027068225e-10, 5e-4)]
    [InlineData(Gd, "test_loss", 0.12648761921433635, 5e-4)]
    public void A_run_ends_as_published(string run, string metric, double published, double tolerance)
    {
        var result = Run.Value.Results.Single(r => r.Unit.Label == run).Result;
        Assert.Equal((10_001, 566), (result.Measurements[^1].Iteration, result.Measurements.Count));
        DiagonalCases.Note($"{run} {metric} {DiagonalCases.RelativeError(published, result.Last(metric)):G2}");
        Assert.InRange(result.Last(metric), published * (1 - tolerance), published * (1 + tolerance));
    }

    [Fact]
    public void The_train_surface_is_the_published_one()
    {
        var surface = Run.Value.Picture.Surface!;
        Assert.Equal((100, 100, -0.5, 2.3), (surface.X.Count, surface.Y.Count, surface.X[0], surface.Y[^1]));
        Assert.Equal(2.2977101634e-7, surface.Train.Min(), 1e-16);
        Assert.Equal(1.641532959, surface.Train.Max(), 1e-9);
        Assert.Equal(0.164188697, surface.Train.Average(), 1e-9);
    }

    [Fact]
    public void The_points_lie_where_they_were_published()
    {
        var marks = Marks(Run.Value.Picture);
        Assert.Equal(["w₀", "w*", "end of gradient flow"], marks.Map(mark => mark.Text));
        foreach (var (mark, (x, y), tolerance) in marks.Zip([(0.0, 0.0), (1.70114, 0.0), (1.33872, 0.95949)], [1e-15, 5e-6, 5e-6]))
        {
            Assert.Equal(x, mark.At.X, tolerance);
            Assert.Equal(y, mark.At.Y, tolerance);
        }
    }

    [Fact]
    public void Gradient_flow_takes_the_published_path_on_the_plane()
    {
        var path = Run.Value.Picture.Paths[0];
        var train = DiagonalCases.ByIteration(Run.Value.Results.Single(r => r.Unit.Label == Flow).Result, "train_loss");
        // What is after the step of an iteration is before the next; the start is not measured.
        var rows = Fixture.Table("loss_surface__gf_0.03.csv").Where(row => row["iteration"] >= 0).ToArray();
        Assert.Equal(18, rows.Length);
        Assert.All(rows, row =>
        {
            var at = path.Points[path.Steps.AsSpan().IndexOf((long)row["iteration"] + 1)];
            Assert.Equal(row["alpha"], at.X, 1e-12);
            Assert.Equal(row["beta"], at.Y, 1e-12);
            Assert.InRange(train[(long)row["iteration"] + 1], row["train_loss"] * (1 - 5e-11), row["train_loss"] * (1 + 5e-11));
        });
    }

    [Fact]
    public void A_reflected_path_is_that_of_the_absolute_weights()
    {
        var (figure, results, picture) = Run.Value;
        Assert.Equal([Sgd], figure.Reflected);
        var signed = SurfacePicture.Of(figure.WithReflected(), results);
        Assert.Equal([Flow, Sgd], signed.Paths.Map(path => path.Label));
        Assert.Equal([Flow, $"{Sgd}, |u| and |v|"], picture.Paths.Map(path => path.Label));
        Assert.Equal(picture.Paths[0], signed.Paths[0]);
        // SGD turns signs, and its reflection ends at the sparse predictor.
        Assert.NotEqual(picture.Paths[1].Points, signed.Paths[1].Points);
        Assert.Equal(0, picture.Paths[1].Points[^1].Distance(Marks(picture)[1].At), 0.02);
    }

    [Fact]
    public void A_frame_shows_the_paths_up_to_its_measurement()
    {
        var picture = Run.Value.Picture;
        Assert.Equal(566, picture.Frames);
        var chart = picture.Chart(520);
        Assert.Equal("after 1,203 steps", chart.Title);
        LineShape[] lines = [.. ((PlanePanel)chart.Panels[0]).Shapes.OfType<LineShape>()];
        Assert.Equal([520, 520], lines.Select(line => line.Points.Count));
        Assert.Equal(picture.Paths[0].Points.Take(520), lines[0].Points);
        Assert.Equal("after 10,001 steps", picture.Chart(9999).Title);
    }

    private static Items<(ScottPlot.Coordinates At, string Text)> Marks(SurfacePicture picture) =>
        ((PlanePanel)picture.Chart().Panels[0]).Shapes.OfType<TextsShape>().Single().Texts;
}
