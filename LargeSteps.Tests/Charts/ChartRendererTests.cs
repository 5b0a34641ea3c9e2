using System.Buffers.Binary;
using System.Xml.Linq;
using LargeSteps.Experiments.Charts;
using LargeSteps.Probes;
using LargeSteps.Values;
using Coordinates = ScottPlot.Coordinates;
using Palette = LargeSteps.Experiments.Charts.Palette;

namespace LargeSteps.Tests.Charts;

public class ChartRendererTests
{
    [Fact]
    public void The_same_chart_gives_the_same_bytes()
    {
        Assert.Equal(ChartRenderer.Png(Ensemble()), ChartRenderer.Png(Ensemble()));
        Assert.Equal(ChartRenderer.Svg(Ensemble()), ChartRenderer.Svg(Ensemble()));
    }

    [Fact]
    public void Up_to_four_panels_are_side_by_side_in_rows_of_about_one_length()
    {
        Assert.Equal((1 * 420, 340 + 31), Size(Of(1)));
        Assert.Equal((4 * 420, 340 + 31), Size(Of(4)));
        Assert.Equal((3 * 420, 2 * 340 + 31), Size(Of(5)));
        Assert.Equal((4 * 420, 2 * 340 + 31), Size(Of(7)));
        Assert.Equal((3 * 420, 3 * 340 + 31), Size(Of(9)));

        static Chart Of(int panels) => new(null, Items.From(Enumerable.Repeat<Panel>(Loss(Line("a", 0, x => x)), panels)));
    }

    [Fact]
    public void Files_are_written_and_overwritten_and_nothing_else_is_left()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var path = Path.Combine(folder.FullName, "overview");
            ChartRenderer.Write(new(null, [Loss(Line("first", 0, x => x))]), path);
            ChartRenderer.Write(Ensemble(), path);
            Assert.Equal(["overview.pdf", "overview.png", "overview.svg"], folder.GetFiles().Select(f => f.Name).Order());
            Assert.Equal(ChartRenderer.Png(Ensemble()), File.ReadAllBytes(path + ".png"));
            Assert.Equal(ChartRenderer.Pdf(Ensemble()), File.ReadAllBytes(path + ".pdf"));
            Assert.Equal(XName.Get("svg", "http://www.w3.org/2000/svg"), XDocument.Load(path + ".svg").Root!.Name);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void The_legend_names_each_curve_once_with_its_survival()
    {
        var texts = Texts(Ensemble());
        Assert.Single(texts, "η = 0.282, ÷4.8 at 10 % (9/12)");
        Assert.Single(texts, "‖β‖₀ < 3 & more");
        Assert.Single(texts, "train loss");
        Assert.Single(texts, "Jacobian rank (1e-10)");
    }

    [Fact]
    public void A_label_without_room_is_cut_and_keeps_its_survival()
    {
        var curve = Line(new string('m', 200), 0, x => x) with { Survival = "24/50" };
        Assert.Contains(Texts(new(null, [Loss(curve)])), text => text.StartsWith("mmm", StringComparison.Ordinal)
            && text.EndsWith("m… (24/50)", StringComparison.Ordinal));
    }

    [Fact]
    public void Text_is_searchable_text_in_a_font_that_every_browser_replaces() =>
        Assert.Contains("font-family=\"DejaVu Sans, Verdana, sans-serif\"", ChartRenderer.Svg(Ensemble()), StringComparison.Ordinal);

    [Fact]
    public void Charts_in_one_page_share_no_names()
    {
        var names = new[] { Ensemble(), Ensemble() with { Title = "another" } }
            .Select(chart => Document(chart).Descendants().Attributes("id").Select(id => id.Value).ToHashSet()).ToArray();
        Assert.NotEmpty(names[0]);
        Assert.Empty(names[0].Intersect(names[1]));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void No_value_is_too_strange(bool logX, bool logY)
    {
        double[] strange = [double.NaN, 1, double.PositiveInfinity, 0, -1, 2, double.NegativeInfinity, double.MaxValue, double.MinValue,
            double.Epsilon, 3];
        var x = Items.From(Enumerable.Range(0, strange.Length).Select(i => (double)i));
        var values = Items.Of<double>(strange);
        var curves = new[] { values, [.. x.Map(_ => double.NaN)], [.. x.Map(_ => 0.0)], [.. x.Map(_ => double.Epsilon)] }
            .Select((line, i) => new Curve($"{i}", i, x, line, new Spread(line, values), [values], null))
                .Append(Curve.Of("nothing", 4, [], []));
        var chart = new Chart("", [
            new CurvesPanel("m", null, logX, logY, Items.From(curves), [new(0, 0), new(double.NaN, 1), new(5, 2)], Markers: true),
            new CurvesPanel("empty", null, logX, logY, [], []),
            Map(logX, logY, strange, (x, y) => x),
            Map(logX, logY, [1], (_, _) => double.NaN),
            Map(logX, logY, [], (x, _) => x),
        ]);
        Assert.NotEmpty(ChartRenderer.Png(chart));
        Assert.DoesNotContain("nan", ChartRenderer.Svg(chart), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Heat_maps_have_the_same_bytes_twice()
    {
        Chart Chart() => new(null, [Map(false, true, [0.1, 0.2, 0.5], (x, y) => x > y ? double.NaN : x * y)]);
        Assert.Equal(ChartRenderer.Png(Chart()), ChartRenderer.Png(Chart()));
        Assert.Equal(ChartRenderer.Svg(Chart()), ChartRenderer.Svg(Chart()));
        Assert.Equal(ChartRenderer.Parts(Chart()), ChartRenderer.Parts(Chart()));
    }

    [Fact]
    public void Heat_maps_explain_cells_without_value()
    {
        Assert.Contains("no survivor", Texts(new(null, [Map(false, false, [1, 2], (x, y) => x > y ? double.NaN : y)])));
        Assert.DoesNotContain("no survivor", Texts(new(null, [Map(false, false, [1, 2], (x, y) => x)])));
    }

    [Theory]
    [InlineData(8, true)]
    [InlineData(9, false)]
    public void Few_cells_show_their_values(int size, bool shown)
    {
        double[] values = [.. Enumerable.Range(1, size).Select(i => (double)i)];
        Assert.Equal(shown, Texts(new(null, [Map(false, false, values, (x, y) => x / y)])).Contains("1.75"));
    }

    [Fact]
    public void The_colour_bar_has_decades_where_it_is_logarithmic()
    {
        var texts = Texts(new(null, [Map(false, true, [1, 10, 1000], (x, y) => x * y)]));
        Assert.Contains("10³", texts);
        Assert.Contains("10⁶", texts);
    }

    [Fact]
    public void The_lowest_and_highest_values_have_the_ends_of_the_map_and_missing_ones_are_grey()
    {
        var svg = ChartRenderer.Svg(new(null, [Map(false, true, [1, 2, 4], (x, y) => (x, y) is (1, 1) ? 0 : (x, y) is (2, 1) ? double.NaN
            : x * y)]));
        foreach (var colour in new[] { Palette.Map(0), Palette.Map(1), Palette.Missing })
            Assert.Contains($"fill=\"{colour.ToHex()}\"", svg, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Swept_values_stand_at_their_cells_in_few_digits()
    {
        var texts = Texts(new(null, [Map(true, false, [0.01, 0.0630957, 0.398107, 12.5], (x, y) => 7000 + x + y)]));
        foreach (var label in new[] { "0.01", "0.0631", "0.398", "12.5" }) Assert.Equal(2, texts.Count(text => text == label));
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(0.85, "0.85")]
    [InlineData(24.333333, "24.3")]
    [InlineData(1234.5, "1234")]
    [InlineData(3.21e-5, "3.2e−5")]
    [InlineData(-4e7, "−4e7")]
    public void Numbers_in_cells_are_short(double value, string text) => Assert.Equal(text, HeatMapPlot.Short(value));

    [Fact]
    public void Markers_are_at_points_and_not_in_gaps()
    {
        var curve = Curve.Of("a", 0, [1, 2, 3, 4], [1, double.NaN, 3, 4]);
        int Circles(bool markers) => Document(new(null, [new CurvesPanel("m", null, false, false, [curve], [], Markers: markers)]))
            .Descendants().Count(element => element.Name.LocalName is "circle" or "ellipse");
        Assert.Equal((1, 3), (Circles(false), Circles(true)));
    }

    [Fact]
    public void Planes_have_the_same_bytes_twice_and_name_their_shapes_once()
    {
        Assert.Equal(ChartRenderer.Png(Planes()), ChartRenderer.Png(Planes()));
        Assert.Equal(ChartRenderer.Svg(Planes()), ChartRenderer.Svg(Planes()));
        foreach (var name in (string[])["line", "dots", "rings", "arrows"]) Assert.Single(Texts(Planes()), name);
        Assert.Equal(2, Texts(Planes()).Count(text => text == "across"));
    }

    // A circle of 121 points: as wide as it is high where units are equal, and not where the panel is stretched.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_circle_is_round_where_units_are_equal(bool equal)
    {
        var plane = new PlanePanel("p", "across", "up", new(-3, 1), new(-1, 1), equal, [new LineShape(null, Palette.Text, 1, Circle)]);
        var outline = Document(new(null, [plane])).Descendants().Attributes("d").Select(d => d.Value).MaxBy(d => d.Length)!;
        double[] numbers = [.. System.Text.RegularExpressions.Regex.Matches(outline, @"-?\d+(\.\d+)?")
            .Select(n => double.Parse(n.Value, System.Globalization.CultureInfo.InvariantCulture))];
        var (x, y) = (numbers.Where((_, i) => i % 2 == 0).ToArray(), numbers.Where((_, i) => i % 2 == 1).ToArray());
        Assert.Equal(equal, Math.Abs((x.Max() - x.Min()) - (y.Max() - y.Min())) < 1);
    }

    [Fact]
    public void No_shape_is_too_strange()
    {
        Coordinates[] strange = [new(0, 0), new(double.NaN, 1), new(1e300, -1e300), new(double.PositiveInfinity, 0), new(0.5, 0.5)];
        var plane = new PlanePanel("p", "across", "up", new(0, 1), new(0, 1), true,
        [
            new LineShape("line", Palette.Text, 1, Items.Of<Coordinates>(strange)), new LineShape("none", Palette.Text, 1, []),
            new DotsShape("dots", Palette.Text, true, Items.From(strange.Select(at => new Dot(at, 0)))),
            new ArrowsShape("arrows", Palette.Text, 1, Items.From(strange.Select(at => (at, strange[0])))),
        ]);
        Assert.NotEmpty(ChartRenderer.Png(new(null, [plane, plane with { EqualUnits = false }])));
        Assert.DoesNotContain("nan", ChartRenderer.Svg(new(null, [plane])), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void The_rows_of_a_legend_are_about_as_long_as_one_another()
    {
        var panel = Loss([.. Enumerable.Range(0, 6).Select(i => Line($"curve number {i}", i, x => x))]);
        var entries = Document(new(null, [panel, panel])).Descendants(XName.Get("text", "http://www.w3.org/2000/svg"))
            .Where(text => text.Value.Contains("curve number", StringComparison.Ordinal));
        // Five have room in a row.
        Assert.Equal([3, 3], entries.GroupBy(entry => entry.Attribute("transform")!.Value.Split(' ')[^1]).Select(row => row.Count()));
    }

    [Fact]
    public void The_parts_of_a_chart_are_its_panels_and_its_legend()
    {
        var parts = ChartRenderer.Parts(Ensemble()).Select(part => XDocument.Parse(part).Root!.Value).ToArray();
        Assert.Equal(3, parts.Length);
        Assert.Contains("train loss", parts[0], StringComparison.Ordinal);
        Assert.Contains("Jacobian rank", parts[1], StringComparison.Ordinal);
        Assert.Contains("(9/12)", parts[2], StringComparison.Ordinal);
        Assert.All(parts[..2], part => Assert.DoesNotContain("(9/12)", part, StringComparison.Ordinal));
    }

    [Fact]
    public void Even_a_chart_without_panels_is_a_picture() => Assert.NotEmpty(ChartRenderer.Png(new(null, [])));

    [Fact]
    public void A_line_of_another_length_is_refused() =>
        Assert.Throws<ArgumentException>(() => ChartRenderer.Png(new(null, [Loss(Curve.Of("a", 0, [1, 2], [1]))])));

    [Theory]
    [InlineData("train_loss", "train loss")]
    [InlineData("l0_norm_0.001", "non-zero parameters (0.001)")]
    [InlineData("hessian_eigenvalue_1", "largest Hessian eigenvalue")]
    [InlineData("hessian_eigenvalue_2", "Hessian eigenvalue (2)")]
    [InlineData("hessian_eigenvalue_min", "smallest Hessian eigenvalue")]
    [InlineData("feature_sparsity_block4_deduplicated", "feature sparsity, block 4, deduplicated")]
    [InlineData("feature_sparsity_layer12", "feature sparsity, layer 12")]
    [InlineData("test_error_averaged", "test error, averaged")]
    [InlineData("balancedness", "balancedness")]
    public void Metrics_have_readable_titles(string metric, string title) => Assert.Equal(title,
        MetricTitles.Of(metric, [new Losses(), L0Norm.Of(1e-50, 0.001), new HessianEigenvalues(2), new FeatureSparsity(0.99),
            new Balancedness()]));

    private static Items<Coordinates> Circle => Items.From(Enumerable.Range(0, 121).Select(i => new Coordinates(Math.Cos(i * Math.PI / 60),
        Math.Sin(i * Math.PI / 60))));

    private static Chart Planes()
    {
        var plane = new PlanePanel("plane", "across", "up", new(-1, 1), new(-1, 1), true,
        [
            new LineShape("line", Palette.Frame, 1, Circle), new DotsShape("dots", Palette.Colour(0), false, [new(new(0.5, 0.5), 8)]),
            new DotsShape("rings", Palette.Colour(1), true, [new(new(-0.5, 0.5), 8)]), new ArrowsShape("arrows", Palette.Colour(2), 2,
                [(new(0, 0), new(0.5, -0.5))]),
        ]);
        return new(null, [plane, plane with { EqualUnits = false }]);
    }

    private static Chart Ensemble()
    {
        var line = Line("η = 0.282, ÷4.8 at 10 %", 0, x => Math.Exp(-x / 20_000));
        var spread = line with
        {
            Band = new(line.Line.Map(y => y - 0.3), line.Line.Map(y => y + 0.3)),
            Seeds = [line.Line.Map(y => y * 1.1), line.Line.Map(y => y / 1.1)],
            Survival = "9/12",
        };
        var rank = Line("‖β‖₀ < 3 & more", 8, x => Math.Floor(x / 10_000));
        return new("median", [Loss(spread, rank),
            new CurvesPanel("jacobian_rank_1e-10", "Jacobian rank (1e-10)", false, false, [spread, rank],
            [new(10_000, 0)])]);
    }

    /// <summary>A map over all pairs of values.</summary>
    private static HeatMapPanel Map(bool logX, bool logY, double[] values, Func<double, double, double> value) => new(
        "test_loss", null, logX, logY, Items.From(values.SelectMany(x => values.Select(y => new HeatCell(x, y, value(x, y))))), "x", "y",
            "median", "no survivor");

    private static CurvesPanel Loss(params Curve[] curves) => new CurvesPanel("train_loss", null, false, true, Items.Of<Curve>(curves),
        [new(10_000, 0)]);

    private static Curve Line(string label, int colour, Func<double, double> value)
    {
        var x = Items.From(Enumerable.Range(0, 100).Select(i => 1000.0 * i));
        return Curve.Of(label, colour, x, x.Map(value));
    }

    private static XDocument Document(Chart chart) => XDocument.Parse(ChartRenderer.Svg(chart));

    private static List<string> Texts(Chart chart) =>
        [.. Document(chart).Descendants(XName.Get("text", "http://www.w3.org/2000/svg")).Select(text => text.Value.Trim())];

    /// <summary>The size in units of length, the same of both formats.</summary>
    private static (int Width, int Height) Size(Chart chart)
    {
        var png = ChartRenderer.Png(chart);
        var (width, height) = (BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(20)));
        var svg = Document(chart).Root!;
        Assert.Equal($"{width / 2} {height / 2}", $"{svg.Attribute("width")!.Value} {svg.Attribute("height")!.Value}");
        return (width / 2, height / 2);
    }
}
