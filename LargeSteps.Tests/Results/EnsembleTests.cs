using LargeSteps.Experiments.Charts;
using LargeSteps.Experiments.Results;
using LargeSteps.Figures;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Values;

namespace LargeSteps.Tests.Results;

public class EnsembleTests
{
    private static readonly CurvesFigure Figure = (CurvesFigure)FigureSpec.Curves("f", "loss", "survival");

    [Fact]
    public void Medians_and_quartiles_are_of_the_seeds_that_have_not_diverged_yet()
    {
        var a = Of("loss", Figure)[0];
        Assert.Equal([0, 10, 20], a.X);
        Assert.Equal([1, 5, 8], a.Center);
        Assert.Equal([1, 3.5, 6], a.Lower!);
        Assert.Equal([1, 7.5, 8.5], a.Upper!);
        Assert.Equal((3, 4), (a.Outcome.Alive, a.Outcome.Total));
    }

    [Fact]
    public void Means_and_deviations_likewise()
    {
        var a = Of("loss", With(Figure.Panels.WithSpread(Center.Mean, Band.StandardDeviation)))[0];
        Assert.Equal([1, 6, 7], a.Center);
        Equal([1, 6 - Math.Sqrt(56 / 3.0), 7 - Math.Sqrt(7)], a.Lower!);
        Equal([1, 6 + Math.Sqrt(56 / 3.0), 7 + Math.Sqrt(7)], a.Upper!);
    }

    [Fact]
    public void On_a_logarithmic_axis_the_deviation_ends_at_the_lowest_seed() =>
        Equal([1, 2, 7 - Math.Sqrt(7)], Of("loss", With(Figure.Panels.WithLogY("loss").WithSpread(Center.Mean,
            Band.StandardDeviation)))[0].Lower!);

    [Fact]
    public void Survival_is_the_fraction_of_the_seeds_without_a_band()
    {
        var (a, b) = (Of("survival", Figure)[0], Of("survival", Figure)[1]);
        Assert.Equal([1, 1, 0.75], a.Center);
        Assert.Null(a.Lower);
        // Nobody is left where the last one diverged, which nothing was measured after.
        Assert.Equal([1, 0], b.Center);
        Assert.Equal([0, ((DivergedRun)SeedResults.Two[^1].AtEnd.End).Iteration], b.X);
        Assert.Equal((0, 1), (b.Outcome.Alive, b.Outcome.Total));
    }

    [Fact]
    public void A_single_seed_has_no_band_and_a_metric_without_value_no_ensemble()
    {
        var b = Of("loss", Figure)[1];
        Assert.Equal(("b < c", null, 0), (b.Label, b.Lower, b.Seeds.Length));
        Assert.Equal([3], b.Center);
        Assert.Empty(Of("none", Figure));
        Assert.Empty(Of("elsewhere", Figure));
    }

    [Fact]
    public void Seeds_that_are_shown_end_where_they_diverge()
    {
        Assert.Empty(Of("loss", Figure)[0].Seeds);
        Assert.Empty(Of("survival", Figure with { ShowSeeds = true })[0].Seeds);
        double[][] expected = [[1, 2, 4], [1, 4, 8], [1, 6, double.NaN], [1, 12, 9]];
        Assert.Equal(expected, Of("loss", Figure with { ShowSeeds = true })[0].Seeds);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.25, 2)]
    [InlineData(0.3, 2.4)]
    [InlineData(1, 16)]
    public void Quantiles_are_interpolated(double q, double expected) => Assert.Equal(expected, Ensemble.Quantile([1, 2, 4, 8, 16], q), 12);

    [Theory]
    [InlineData(0.5, 2)]
    [InlineData(0.75, double.PositiveInfinity)]
    [InlineData(1, double.PositiveInfinity)]
    public void Quantiles_of_infinite_values_are_no_NaN(double q, double expected) => Assert.Equal(expected, Ensemble.Quantile(
        [1, 1, 2, double.PositiveInfinity, double.PositiveInfinity], q));

    [Fact]
    public void A_sweep_has_gaps_where_no_seed_survived()
    {
        var (experiment, results) = Swept(withY: false);
        var figure = (SweepFigure)FigureSpec.Sweep("f", "schedule.rate", "loss", "survival");
        var loss = Assert.Single(Ensemble.Over(figure, "loss", experiment, results));
        Assert.Equal([0.1, 0.2, 0.3], loss.X);
        Assert.Equal([2, 5, double.NaN], loss.Center);
        Assert.Equal([1.5, 5, double.NaN], loss.Lower!);
        Assert.Equal(("median of the survivors", 3, 6), (loss.Label, loss.Outcome.Alive, loss.Outcome.Total));
        Assert.Equal([1, 0.5, 0], Assert.Single(Ensemble.Over(figure, "survival", experiment, results)).Center);
    }

    [Fact]
    public void A_sweep_has_the_ends_of_each_seed()
    {
        var (experiment, results) = Swept(withY: false);
        var figure = (SweepFigure)FigureSpec.Sweep("f", "schedule.rate", "loss", "survival");
        var loss = Assert.Single(Ensemble.Over(figure, "loss", experiment, [.. results, SeedResults.Completed("low", 5, 7, 4)]));
        Assert.Equal([0u, 1u, 5u], loss.BySeed.Select(seed => seed.Seed));
        Assert.Equal([1, 5, double.NaN, 3, double.NaN, double.NaN, 4, double.NaN, double.NaN], loss.BySeed.SelectMany(seed => seed.Values));
        Assert.Empty(Assert.Single(Ensemble.Over(figure, "survival", experiment, results)).BySeed);
    }

    // Seeds, and of each seed its measurements from the given part of its run on.
    [Fact]
    public void A_bifurcation_has_a_dot_for_each_last_measurement()
    {
        var (experiment, results) = Swept(withY: false);
        // Measured at 0, 10 and 20 of 30 steps.
        var figure = new SweepFigure("f", "schedule.rate", null, MetricPanels.Of("loss")) { Last = 0.7 };
        var (label, points) = Assert.Single(Ensemble.Last(figure, 0.7, "loss", experiment, results));
        Assert.Equal("", label);
        Assert.Equal([(0.1, 1), (0.1, 3), (0.2, 5), (0.2, 6)], points);
        Assert.Equal([(0.1, 7), (0.1, 1), (0.1, 7), (0.1, 3), (0.2, 7), (0.2, 5), (0.2, 7), (0.2, 6), (0.3, 7), (0.3, 7)],
            Assert.Single(Ensemble.Last(figure, 1, "loss", experiment, results)).Points);
        var panel = Assert.IsType<CurvesPanel>(Assert.Single(FigureCharts.Of(figure, experiment, results).Panels));
        Assert.Equal((true, "step size η", "last 70 % of the run"), (panel.Unjoined, panel.XTitle, panel.Curves[0].Label));
    }

    [Fact]
    public void The_panels_of_a_sweep_say_what_they_show()
    {
        var (experiment, results) = Swept(withY: false);
        var panels = FigureCharts.Of(FigureSpec.Sweep("f", "schedule.rate", "loss", "survival"), experiment, results).Panels;
        Assert.Equal(["loss", "surviving seeds"], panels.Select(panel => panel.Heading));
        Assert.All(panels, panel => Assert.Equal(("step size η", true), (panel.XTitle, ((CurvesPanel)panel).Markers)));
        Assert.Equal("3/6 alive", ((CurvesPanel)panels[0]).Curves[0].Survival);
    }

    [Fact]
    public void Two_swept_values_make_a_map_for_each_metric()
    {
        var (experiment, results) = Swept(withY: true);
        var figure = FigureSpec.HeatMap("f", "schedule.rate", "schedule.at[0].fraction", MetricPanels.Of("loss", "survival")
            .WithLogY("loss"));
        var panels = FigureCharts.Of(figure, experiment, results).Panels.Map(panel => Assert.IsType<HeatMapPanel>(panel));
        Assert.Equal(["loss", "surviving seeds"], panels.Select(panel => panel.Heading));
        Assert.Equal([true, false], panels.Select(panel => panel.LogY));
        Assert.Equal([new(0.3, 0.5, double.NaN), new(0.1, 0.5, 2), new(0.2, 0.5, 5)], panels[0].Cells);
        Assert.Equal([0, 1, 0.5], panels[1].Cells.Select(cell => cell.Value));
        Assert.Equal(("median of the survivors", "no survivor"), (panels[0].Shown, panels[0].Missing));
    }

    // What is swept besides tells curves and maps apart.
    [Fact]
    public void A_third_swept_value_makes_series()
    {
        var (experiment, results) = Swept(withY: true);
        experiment = experiment with
        {
            Runs = Items.From(experiment.Runs.Select((run, i) => run
            with
            { Swept = run.Swept.Add(SweptValue.Of("optimizer.batch_size", i % 2 + 1)) }))
        };
        Assert.Equal(
            ["fraction = 0.5, batch_size = 1", "fraction = 0.5, batch_size = 2"],
            Ensemble.Over((SweepFigure)FigureSpec.Sweep("f", "schedule.rate", "loss"), "loss", experiment, results)
                .Select(curve => curve.Label));
        var panels = FigureCharts.Of(FigureSpec.HeatMap("f", "schedule.rate", "schedule.at[0].fraction", "loss"), experiment,
            results).Panels;
        Assert.Equal(["loss, batch_size = 1", "loss, batch_size = 2"], panels.Select(panel => panel.Heading));
    }

    [Fact]
    public void Words_stand_side_by_side_in_the_order_of_the_runs()
    {
        var (experiment, results) = Swept(withY: false);
        AxisValue[] values = [AxisValue.Word("vgg16"), AxisValue.Number(0.28200049), AxisValue.Word("adam")];
        experiment = experiment with
        {
            Runs = Items.From(experiment.Runs.Select((run, i) => run with
            {
                Swept = [new("model.of", values[i]),
            .. run.Swept]
            }))
        };
        var panel = (CurvesPanel)FigureCharts.Of(FigureSpec.Sweep("f", "model.of", "loss"), experiment, results).Panels[0];
        Assert.Equal(["vgg16", "0.282", "adam"], panel.Categories);
        Assert.Equal([0, 1, 2], panel.Curves.SelectMany(curve => curve.X).Order());
        var map = (HeatMapPanel)FigureCharts.Of(FigureSpec.HeatMap("f", "schedule.rate", "model.of", "loss"), experiment,
            results).Panels[0];
        Assert.Empty(map.XCategories);
        Assert.Equal(["vgg16", "0.282", "adam"], map.YCategories);
        Assert.Equal([new(0.3, 0, double.NaN), new(0.1, 1, 2), new(0.2, 2, 5)], map.Cells);
    }

    private static (Experiment, Items<UnitResult>) Swept(bool withY)
    {
        Run At(string label, double rate) => Run.Of(label, Stages.None) with
        {
            Swept = withY ? [SweptValue.Of("schedule.rate", rate), SweptValue.Of("schedule.at[0].fraction", 0.5)]
                : [SweptValue.Of("schedule.rate", rate)],
        };
        return (SeedResults.Experiment.WithRuns(At("high", 0.3), At("low", 0.1), At("middle", 0.2)),
        [
            SeedResults.Diverged("high", 0, 1, 7),
            SeedResults.Diverged("high", 1, 1, 7),
            SeedResults.Completed("low", 0, 7, 1),
            SeedResults.Completed("low", 1, 7, 3),
            SeedResults.Completed("middle", 0, 7, 5),
            SeedResults.Diverged("middle", 1, 11, 7, 6),
        ]);
    }

    private static CurvesFigure With(MetricPanels panels) => Figure with { Panels = panels };

    private static Ensemble[] Of(string metric, FigureSpec figure) => [.. Ensemble.Of(metric, (CurvesFigure)figure, SeedResults.Two)];

    private static void Equal(double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 12));
    }
}
