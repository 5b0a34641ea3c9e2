using LargeSteps.Datasets;
using LargeSteps.Experiments.Charts;
using LargeSteps.Experiments.Results;
using LargeSteps.Figures;
using LargeSteps.Models;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Values;

namespace LargeSteps.Tests.Results;

public class ModelPicturesTests
{
    private static readonly Pipeline OnPoints = Pipeline.Of(
        DatasetSpec.RegressionPoints, ((ReluNetwork)ModelSpec.ReluNetwork([2], Initialisation.Default)).WithBiases([true, false]),
            Schedule.Constant(0.01),
        OptimizerSpec.Sgd(100, sampling: Sampling.WithoutReplacement), ProbePlan.Of(Cadence.Every(10), new Losses())
            .WithSnapshots(SnapshotSpec.All));

    private static readonly Pipeline InPlane = OnPoints
        .WithDataset(DatasetSpec.TeacherStudent(15, 2, [3], biases: false, unitTeacher: true, seed: 1))
        .WithModel(((ReluNetwork)ModelSpec.ReluNetwork([3], Initialisation.Default)).WithBiases([false, false]));

    // relu(x + 0.5) − 2·relu(−x).
    private static readonly Items<double> Kinks = [1, -1, 0.5, 0, 1, -2];

    [Fact]
    public void The_function_of_each_snapshot_is_a_line_over_the_data()
    {
        var panel = Assert.IsType<PlanePanel>(Assert.Single(FigureCharts.Of(
            FigureSpec.Function("f"), Experiment.Of("e", OnPoints), [Of("a", 0, OnPoints, RunEnd.Completed, (0, [0, 0, 0, 0, 0, 0]),
                (40, Kinks))]).Panels));
        Assert.Equal(("a", "input", "output", false), (panel.Heading, panel.XTitle, panel.YTitle, panel.EqualUnits));
        Assert.Equal(["iteration 0", "iteration 40", "training data"], panel.Shapes.Map(shape => shape.Label));
        Assert.All(((LineShape)panel.Shapes[0]).Points, point => Assert.Equal(0, point.Y));
        var line = ((LineShape)panel.Shapes[1]).Points;
        Assert.All(line, point => Assert.Equal(Math.Max(point.X + 0.5, 0) - 2 * Math.Max(-point.X, 0), point.Y, 12));
        var data = DatasetFactory.Create(DatasetSpec.RegressionPoints);
        Assert.Equal(data.Labels, ((DotsShape)panel.Shapes[2]).Dots.Map(dot => dot.At.Y));
        // From 5 % before the data to 5 % after them.
        var (first, last) = (data.Features[0, 0], data.Features[11, 0]);
        Assert.Equal(first - 0.05 * (last - first), line[0].X, 12);
        Assert.Equal(last + 0.05 * (last - first), line[^1].X, 12);
        Assert.Equal((line[0].X, line[^1].X), (panel.X.Min, panel.X.Max));
    }

    [Fact]
    public void Runs_stand_together_in_a_panel_of_a_measurement()
    {
        Items<UnitResult> results = [Of("a", 0, OnPoints, RunEnd.Completed, (0, Kinks), (40, Kinks)), Of("b", 0, OnPoints, RunEnd.Completed,
            (0, Kinks), (40, Kinks)), Of("b", 7, OnPoints, RunEnd.Completed, (0, Kinks), (40, Kinks))];
        Items<PlanePanel> Panels(FunctionFigure figure) => FigureCharts.Of(figure, Experiment.Of("e", OnPoints),
            results).Panels.Map(panel => (PlanePanel)panel);
        var figure = new FunctionFigure("f") { Together = true };
        Assert.Equal(["iteration 0", "iteration 40"], Panels(figure).Map(panel => panel.Heading));
        var panel = Assert.Single(Panels(figure with { Measurements = [1], Seed = 7 }));
        Assert.Equal(["a", "b, seed 7", "training data"], panel.Shapes.Map(shape => shape.Label));
        Assert.Equal((LargeSteps.Experiments.Charts.Palette.Colour(0), LargeSteps.Experiments.Charts.Palette.Colour(1)),
            (panel.Shapes[0].Colour, panel.Shapes[1].Colour));
        Assert.Equal(12, ((DotsShape)panel.Shapes[2]).Dots.Count);
        Assert.Equal(["b, seed 0"], Panels(new("f") { Runs = ["b"], Measurements = [0] }).Map(panel => panel.Heading));
    }

    [Fact]
    public void An_iteration_has_one_colour_in_all_panels_from_dark_to_light()
    {
        var panels = FigureCharts.Of(FigureSpec.Function("f"), Experiment.Of("e", OnPoints),
            [Of("a", 0, OnPoints, RunEnd.Completed, (0, Kinks), (40, Kinks)), Of("b", 0, OnPoints, RunEnd.Completed, (40, Kinks),
                (90, Kinks))]).Panels.Map(panel => (PlanePanel)panel);
        Assert.Equal(panels[0].Shapes[1].Colour, panels[1].Shapes[0].Colour);
        int[] lightness = [.. new[] { panels[0].Shapes[0], panels[1].Shapes[0], panels[1].Shapes[1] }.Select(shape => shape.Colour.R
            + shape.Colour.G + shape.Colour.B)];
        Assert.Equal(lightness.Order(), lightness);
    }

    [Fact]
    public void Of_several_seeds_the_first_that_survived_is_drawn_and_named()
    {
        string[] Headings(params UnitResult[] results) => [.. FigureCharts.Of(FigureSpec.Function("f"), Experiment.Of("e", OnPoints),
            Items.Of<UnitResult>(results)).Panels.Select(panel => panel.Heading)];
        var (lost, kept) = (Of("a", 3, OnPoints, RunEnd.Diverged(50), (0, Kinks)), Of("a", 4, OnPoints, RunEnd.Completed, (0, Kinks)));
        Assert.Equal(["a, seed 4"], Headings(lost, kept, kept));
        Assert.Equal(["a, seed 3 (diverged)", "b"], Headings(lost, lost, Of("b", 7, OnPoints, RunEnd.Completed)));
        Assert.Equal(["a (diverged)"], Headings(lost));
    }

    [Fact]
    public void Neurons_move_from_the_first_snapshot_to_the_last_beside_the_teacher()
    {
        Items<UnitResult> results =
        [
            Of("a", 0, InPlane, RunEnd.Completed, (0, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0, 0, 0]), (50, [9, 9, 9, 9, 9, 9, 9, 9, 9]),
                (90, [1, 0, -2, 1, 0.5, 0.6, 0.25, -4, 0])),
        ];
        var chart = FigureCharts.Of(FigureSpec.Neurons("f"), Experiment.Of("e", InPlane), results);
        var panel = Assert.IsType<PlanePanel>(Assert.Single(chart.Panels));
        Assert.True(panel.EqualUnits);
        Items<string?> labels = ["unit circle", null, "teacher, w₂ > 0", "teacher, w₂ < 0", "initial", "final, w₂ > 0 (area: |w₂|)",
            "final, w₂ < 0 (area: |w₂|)"];
        Assert.Equal(labels, panel.Shapes.Map(shape => shape.Label));
        Assert.Equal([(new(0.1, 0.2), new(1, 0)), (new(0.3, 0.4), new(-2, 1)), (new(0.5, 0.6), new(0.5, 0.6))],
            ((ArrowsShape)panel.Shapes[1]).Arrows);
        Assert.Equal(3, ((DotsShape)panel.Shapes[4]).Dots.Count);
        // A quarter of the diameter for a sixteenth of the weight; a neuron without any has not moved.
        var (positive, negative) = (Assert.Single(((DotsShape)panel.Shapes[5]).Dots), Assert.Single(((DotsShape)panel.Shapes[6]).Dots));
        Assert.Equal((new(1, 0), new(-2, 1)), (positive.At, negative.At));
        Assert.Equal(negative.Size / 4, positive.Size, 1e-5);
        // The circle and every neuron are to be seen.
        Assert.True(panel.X is { Min: < -2, Max: > 1 } && panel.Y is { Min: < -1, Max: > 1 });
    }

    [Fact]
    public void The_arrows_of_the_teacher_are_those_that_give_the_labels()
    {
        var panel = (PlanePanel)FigureCharts.Of(FigureSpec.Neurons("f"), Experiment.Of("e", InPlane),
            [Of("a", 0, InPlane, RunEnd.Completed)]).Panels[0];
        var data = DatasetFactory.Create(InPlane.Dataset);
        var teacher = panel.Shapes.OfType<ArrowsShape>()
            .SelectMany(arrows => arrows.Arrows.Select(arrow => (arrow.To, Sign: arrows.Label == "teacher, w₂ > 0" ? 1 : -1))).ToArray();
        Assert.Equal(3, teacher.Length);
        for (var i = 0; i < data.Samples; i++)
        {
            Assert.Equal(data.Labels[i], teacher.Sum(unit => unit.Sign * Math.Max(0, unit.To.X * data.Features[i, 0]
                + unit.To.Y * data.Features[i, 1])), 1e-6);
        }
    }

    [Fact]
    public void A_run_of_which_one_snapshot_is_left_has_no_final_neurons()
    {
        var panel = (PlanePanel)FigureCharts.Of(
            FigureSpec.Neurons("f"), Experiment.Of("e", InPlane),
                [Of("a", 0, InPlane, RunEnd.Diverged(30), (0, [0.1, 0.2, 0.3, 0.4, 0.5, double.PositiveInfinity, 1, 1, 1]))]).Panels[0];
        Assert.Equal(["initial"], panel.Shapes.OfType<DotsShape>().Select(dots => dots.Label));
        Assert.NotEmpty(ChartRenderer.Png(new(null, [panel])));
    }

    [Theory]
    [InlineData(1, 420)]
    [InlineData(2, 840)]
    [InlineData(3, 1260)]
    [InlineData(4, 840)]
    [InlineData(5, 1260)]
    public void Four_planes_stand_two_by_two_and_others_three_in_a_row(int runs, int width)
    {
        var results = Items.From(Enumerable.Range(0, runs).Select(i => Of($"run {i}", 0, InPlane, RunEnd.Completed)));
        var svg = ChartRenderer.Svg(FigureCharts.Of(FigureSpec.Neurons("f"), Experiment.Of("e", InPlane), results));
        Assert.Contains($"viewBox=\"0 0 {width} ", svg, StringComparison.Ordinal);
    }

    [Fact]
    public void Runs_that_came_to_nothing_are_panels_all_the_same()
    {
        Items<UnitResult> none = [new(new("a", 0, OnPoints), new([], [], RunEnd.Stopped(0), 0, 0, 0))];
        Assert.NotEmpty(ChartRenderer.Png(FigureCharts.Of(FigureSpec.Function("f"), Experiment.Of("e", OnPoints), none)));
        Assert.NotEmpty(ChartRenderer.Png(FigureCharts.Of(FigureSpec.Neurons("f"), Experiment.Of("e", InPlane),
            none.Map(r => r with { Unit = r.Unit with { Pipeline = InPlane } }))));
    }

    private static UnitResult Of(string run, uint seed, Pipeline pipeline, RunEnd end, params (long Iteration,
        Items<double> Weights)[] snapshots) => new(
        new(run, seed, pipeline),
        new(["train_loss", "test_loss"], Items.From(snapshots.Select(s => new Measurement(s.Iteration, 0, 0.1, [1, 1]))), end, 100, 0, 0)
        {
            Snapshots = Items.From(snapshots.Select(s => new LargeSteps.Running.Snapshot(s.Iteration, s.Weights))),
        });
}
