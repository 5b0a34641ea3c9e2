using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using LargeSteps.Experiments.Charts;
using LargeSteps.Experiments.Results;
using LargeSteps.Figures;
using LargeSteps.Pipelines;
using LargeSteps.Values;

namespace LargeSteps.Tests.Results;

public class PictureDataTests
{
    [Fact]
    public void Curves_have_their_points_bands_and_seeds()
    {
        var curve = new Curve("a", 3, [0.1, 0.2], [1, double.NaN], new([0, 1], [2, 3]), [], "1/2 alive")
        {
            BySeed = [(4, [1, double.NaN]), (7, [1, double.NaN])],
        };
        var shown = new CurvesPanel("loss", null, LogX: true, LogY: false, [curve], [], "η");
        var panel = PictureData.Of("f", new Chart(null, [shown]), 10_000)!["panels"]![0]!;
        Assert.Equal(("curves", "η", true, false), ((string)panel["kind"]!, (string)panel["xTitle"]!, (bool)panel["logX"]!,
            (bool)panel["logY"]!));
        var drawn = panel["curves"]![0]!;
        Assert.Equal(("a", 3, "1/2 alive"), ((string)drawn["label"]!, (int)drawn["colour"]!, (string)drawn["said"]!));
        Assert.Equal<float>([0.1f, 0.2f], Numbers(drawn["x"]));
        Assert.Equal<float>([1, float.NaN], Numbers(drawn["y"]));
        Assert.Equal<float>([0, 1], Numbers(drawn["lower"]));
        Assert.Equal([4u, 7u], drawn["seeds"]!.AsArray().Select(seed => (uint)seed!["seed"]!));
        Assert.Equal<float>([1, float.NaN], Numbers(drawn["seeds"]![1]!["y"]));
        // Where there is no room for all, single seeds are left out first.
        var whole = PictureData.Of("f", new Chart(null, [shown]), 10_000)!.ToJsonString().Length;
        var less = PictureData.Of("f", new Chart(null, [shown]), whole - 1)!;
        Assert.Empty(less["panels"]![0]!["curves"]![0]!["seeds"]!.AsArray());
        Assert.Null(less["note"]);
    }

    [Fact]
    public void A_map_has_its_cells_where_its_values_lie()
    {
        var panel = new HeatMapPanel("loss", null, false, false, [new(2, 30, 5), new(1, 10, 7), new(1, 30, double.NaN)], "x", "y", "median",
            "none");
        var data = PictureData.Of("f", new Chart(null, [panel]), 100_000)!["panels"]![0]!;
        Assert.Equal<float>([3, 0, 2], Numbers(data["at"]));
        Assert.Equal<float>([5, 7, float.NaN], Numbers(data["values"]));
        Assert.Equal([5.0, 7.0], data["range"]!.AsArray().Select(end => (double)end!));
    }

    [Fact]
    public void Cells_of_an_image_are_shades_of_their_kind()
    {
        var panel = new ImagePanel("map", [1, 2], [1, 2], false, false, [0.5, 3, -1, double.NaN], "x", "y");
        var cells = Convert.FromBase64String((string)PictureData.Of("f", new Chart(null, [panel]), 100_000)!["panels"]![0]!["cells"]!);
        Assert.Equal<byte>([1, 64, 65, 0], cells);
    }

    [Fact]
    public void Of_more_points_than_fit_some_are_left_out_and_that_is_told()
    {
        var many = Items.From(Enumerable.Range(0, 10_000).Select(i => (double)i));
        static Chart Of(Items<double> values) => new(null,
            [new CurvesPanel("loss", null, false, false, [Curve.Of("a", 0, values, values)], [], Unjoined: true)]);
        var data = PictureData.Of("f", Of(many), 40_000)!;
        Assert.Equal("One of 4 points in a row is shown.", (string?)data["note"]);
        var left = Numbers(data["panels"]![0]!["curves"]![0]!["x"]);
        Assert.Equal((0f, 4f, 9_999f), (left[0], left[1], left[^1]));
        Assert.Null(PictureData.Of("f", Of(many), 1_000));
    }

    // The iterations of each run are numbers as well.
    [Fact]
    public void A_report_of_two_hundred_runs_with_one_seed_has_less_than_two_megabytes()
    {
        var losses = Enumerable.Range(0, 1_500).Select(i => 1 / (1.0 + i)).ToArray();
        var results = Items.From(Enumerable.Range(0, 200).Select(i => SeedResults.Completed($"run {i}", 0, losses)));
        var report = HtmlReport.Of(SeedResults.Experiment, results, [new((ChartFigure)SeedResults.Experiment.Figures[0],
            FigureCharts.Of(SeedResults.Experiment.Figures[0], SeedResults.Experiment, results))], [], null);
        Assert.InRange(report.Length, 500_000, 2_000_000);
        Assert.Contains("of its 1,500 measurements", report, StringComparison.Ordinal);
    }

    [Fact]
    public void A_report_of_two_hundred_units_and_many_figures_has_less_than_two_megabytes()
    {
        var swept = SeedResults.Experiment.WithRuns([.. Enumerable.Range(0, 10).Select(i => Run.Of($"rate = {i}", Stages.None) with
        {
            Swept = [SweptValue.Of("schedule.rate", i)],
        })]);
        var losses = Enumerable.Range(0, 1_000).Select(i => 1 / (1.0 + i)).ToArray();
        var results = Items.From(Enumerable.Range(0, 200).Select(i => SeedResults.With(SeedResults.Completed(
            $"rate = {i / 20}", (uint)(i % 20), losses), SweptValue.Of("schedule.rate", i / 20))));
        ChartFigure[] figures = [.. Enumerable.Range(0, 5).Select(i => new CurvesFigure($"curves{i}", MetricPanels.Of("loss", "survival"),
            ShowSeeds: false)), .. Enumerable.Range(0, 3).Select(i => (ChartFigure)new SweepFigure($"sweep{i}", "schedule.rate", null,
                MetricPanels.Of("loss"))), new SweepFigure("bifurcation", "schedule.rate", null, MetricPanels.Of("loss")) { Last = 0.5 }];
        var report = HtmlReport.Of(swept, results, [.. figures.Select(figure => new ReportFigure(figure,
            FigureCharts.Of(figure, swept, results)))], [], null);
        Assert.InRange(report.Length, 1_000_000, 2_000_000);
        foreach (var figure in figures) Assert.Contains($"\"file\":\"{figure.File}\"", report, StringComparison.Ordinal);
    }

    [Fact]
    public void A_caption_says_what_is_shown_over_what_and_of_how_many_what()
    {
        CurvesPanel Panel(string metric, string x = "η") => new(metric, null, false, false, [], [], x);
        Assert.Equal("train loss, test loss over η (f)", Caption.Of("f", new(null, [Panel("train_loss"), Panel("test_loss")])));
        Assert.Equal("train loss, test loss (f)", Caption.Of("f", new(null, [Panel("train_loss"), Panel("test_loss", "time")])));
        var means = Panel("train_loss") with { Spread = new(Center.Mean, Band.Quantiles(0.1, 0.9), "") };
        Assert.Equal("train loss over η: means and the 10 to 90 % quantiles of the seeds (f)", Caption.Of("f", new(null, [means])));
        Assert.Equal("a, b, c, d, e and 3 more over η (f)", Caption.Of("f", new(null, [.. "abcdefgh".Select(c => Panel($"{c}"))])));
    }

    private static float[] Numbers(JsonNode? text) => MemoryMarshal.Cast<byte, float>(Convert.FromBase64String((string)text!)).ToArray();
}
