using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using LargeSteps.Experiments.Charts;
using LargeSteps.Figures;
using LargeSteps.Values;
using Coordinates = ScottPlot.Coordinates;
using Palette = LargeSteps.Experiments.Charts.Palette;

namespace LargeSteps.Tests.Charts;

public class ChartStyleTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void A_picture_has_the_size_that_is_asked_for_in_all_formats()
    {
        foreach (var legend in Enum.GetValues<LegendPlace>())
        {
            var chart = Of(3).In(new() { Size = new(500, 260), FontSize = 8, Legend = legend });
            var svg = XDocument.Parse(ChartRenderer.Svg(chart)).Root!;
            Assert.Equal(("500", "260"), (svg.Attribute("width")!.Value, svg.Attribute("height")!.Value));
            Assert.Equal([0, 0, 1000 >> 8, 1000 & 255, 0, 0, 520 >> 8, 520 & 255], ChartRenderer.Png(chart)[16..24]);
            Assert.Contains("/MediaBox [0 0 500 260]", Encoding.Latin1.GetString(ChartRenderer.Pdf(chart)), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 60)]
    [InlineData(500, 3)]
    public void No_size_is_too_strange(int side, double fontSize)
    {
        var chart = new Chart(null, [Loss(Line("a", x => x)), Plane([])]).In(new()
        {
            Size = new(side, side),
            FontSize = fontSize,
            Columns = 2,
            Title = "t",
            Legend = LegendPlace.Right
        });
        Assert.NotEmpty(ChartRenderer.Png(chart));
        Assert.NotEmpty(ChartRenderer.Pdf(chart));
    }

    [Fact]
    public void Columns_are_those_that_are_asked_for()
    {
        Assert.Equal((2, 1, 5), (Of(5).In(new() { Columns = 2 }).Columns, Of(5).In(new() { Columns = 1 }).Columns, Of(5)
            .In(new() { Columns = 9 }).Columns));
        Assert.Equal([1, 2, 3, 4, 3, 3, 4, 4, 3, 4, 4, 4, 4], Enumerable.Range(1, 13).Select(panels => Of(panels).Columns));
    }

    [Fact]
    public void A_title_and_names_of_axes_stand_in_the_picture()
    {
        var texts = Texts(new Chart("after 7 steps", [Loss(Line("a", x => 1 + x)), Plane([])]).In(new()
        {
            Title = "My title",
            XLabel = "time",
            YLabel = "height"
        }));
        Assert.Contains("My title, after 7 steps", texts);
        Assert.Equal((2, 2), (texts.Count(text => text == "time"), texts.Count(text => text == "height")));
        Assert.DoesNotContain("iteration", texts);
    }

    [Theory]
    [InlineData(LegendPlace.None, 0)]
    [InlineData(LegendPlace.Bottom, 1)]
    [InlineData(LegendPlace.Top, 1)]
    [InlineData(LegendPlace.Right, 1)]
    public void The_legend_is_where_it_is_asked_for(LegendPlace place, int times)
    {
        var svg = XDocument.Parse(ChartRenderer.Svg(Of(2).In(new() { Legend = place }))).Root!;
        var entries = svg.Descendants(Svg + "text").Where(text => text.Value.Trim() == "curve").ToArray();
        Assert.Equal(times, entries.Length);
        if (times == 0) return;
        var (x, y) = PlaceOf(entries[0]);
        var (width, height) = (double.Parse(svg.Attribute("width")!.Value, CultureInfo.InvariantCulture),
            double.Parse(svg.Attribute("height")!.Value, CultureInfo.InvariantCulture));
        Assert.True(place switch
        {
            LegendPlace.Bottom => y > height - 40,
            LegendPlace.Top => y < 40,
            _ => x > width - 120
            && width > 840
        }, $"{x}, {y}");
    }

    [Fact]
    public void A_pdf_has_its_font_in_it_and_the_same_bytes_twice()
    {
        var pdf = ChartRenderer.Pdf(Of(2));
        Assert.Equal(pdf, ChartRenderer.Pdf(Of(2)));
        var text = Encoding.Latin1.GetString(pdf);
        Assert.StartsWith("%PDF-", text, StringComparison.Ordinal);
        // Every font that is named is a part of the one of the charts, with its outlines in the file.
        var names = Regex.Matches(text, @"/BaseFont /([^\s/]+)").Select(name => name.Groups[1].Value).Distinct().ToArray();
        Assert.Matches(@"^[A-Z]{6}\+DejaVuSans$", Assert.Single(names));
        Assert.Contains("/FontFile2 ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("/Type3", text, StringComparison.Ordinal);
        Assert.DoesNotContain("/CreationDate", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_a_line_is_cut_a_triangle_says_it()
    {
        int Triangles(PanelLimits? limits, Curve curve) => Paths(new Chart(null, [Loss(curve) with { Limits = limits }]), 3);
        var whole = Triangles(null, Line("a", x => 1 + x));
        Assert.Equal(whole + 1, Triangles(new("train_loss", null, 50), Line("a", x => 1 + x)));
        Assert.Equal(whole + 2, Triangles(new("train_loss", 10, 50), Line("a", x => 1 + x)));
        // By itself: the last steps of a divergence.
        Assert.Equal(whole + 1, Triangles(null, Line("a", x => x < 98 ? 1 + x : 1e30)));
    }

    [Fact]
    public void A_text_without_room_becomes_smaller_and_then_shorter()
    {
        string[] Below(int length) => [.. Texts(new Chart(null, [Loss(Line("a", x => 1 + x)) with { XTitle = new string('m', length) }]))
            .Where(text => text.StartsWith("mmm", StringComparison.Ordinal))];
        Assert.Equal([new string('m', 40)], Below(40));
        Assert.Matches("^m{40,60}…$", Assert.Single(Below(1000)));
    }

    [Fact]
    public void A_logarithmic_axis_says_what_it_does_not_show()
    {
        string? Note(Func<double, double> value, bool log, bool logX = false) => Texts(new Chart(null,
            [Loss(Line("a", value)) with { LogY = log, LogX = logX }]))
                .SingleOrDefault(text => text.Contains("not shown", StringComparison.Ordinal));
        Assert.Equal("iteration (values of 0 are not shown)", Note(x => x == 5 ? 0 : 1, log: true));
        Assert.Equal("iteration (values ≤ 0 are not shown)", Note(x => 3 - x, log: true));
        Assert.Equal("iteration (0 is not shown)", Note(x => 1 + x, log: true, logX: true));
        Assert.Equal("iteration (0 is not shown, values of 0 are not shown)", Note(x => x == 5 ? 0 : 1, log: true, logX: true));
        Assert.Null(Note(x => x == 5 ? double.NaN : 1, log: true));
        Assert.Null(Note(x => 3 - x, log: false));
    }

    [Fact]
    public void Iterates_that_jump_are_marks_without_lines()
    {
        var panel = Loss(Line("a", x => x % 2)) with { LogY = false };
        Assert.Equal(100, Circles(new Chart(null, [panel with { Unjoined = true }]).In(new() { Legend = LegendPlace.None })));
        Assert.Equal(0, Circles(new Chart(null, [panel]).In(new() { Legend = LegendPlace.None })));
    }

    // A path comes from the left and ends at the point; a second lies above it.
    [Fact]
    public void Labels_keep_off_the_ends_of_lines()
    {
        Coordinates[] path = [.. Enumerable.Range(0, 50).Select(i => new Coordinates(-1 + i / 50.0, 0))],
            above = [.. Enumerable.Range(0, 200).Select(i => new Coordinates(i % 2 == 0 ? -0.9 : 0.9, 0.05 + i / 1000.0))];
        LineShape Of(Coordinates[] points) => new(null, Palette.Colour(0), 1, Items.Of<Coordinates>(points));
        var texts = new TextsShape(Palette.Text, [(new(0, 0), "here")]);
        // In the order of the y axis of pictures: below the point and beside the path.
        Assert.True(At([Of(path), Of(above), texts]).Y > At([Of(path), texts]).Y);
        // What other frames show is in the way in this one as well.
        Assert.Equal(At([Of(path), Of(above), texts]), At([Of(path), texts with { Elsewhere = [Items.Of<Coordinates>(above)] }]));

        (double X, double Y) At(Items<Shape> shapes) => PlaceOf(XDocument.Parse(ChartRenderer.Svg(new(null, [Plane(shapes)])))
            .Descendants(Svg + "text").Single(text => text.Value.Trim() == "here"));
    }

    // Where a text is: the last two numbers of its transform.
    private static (double X, double Y) PlaceOf(XElement text)
    {
        double[] at = [.. Regex.Matches(text.Attribute("transform")!.Value, @"-?[\d.]+").TakeLast(2)
            .Select(n => double.Parse(n.Value, CultureInfo.InvariantCulture))];
        return (at[0], at[1]);
    }

    private static PlanePanel Plane(Items<Shape> shapes) => new("p", "across", "up", new(-1, 1), new(-1, 1), true, shapes);

    private static Chart Of(int panels) => new(null, Items.From(Enumerable.Repeat<Panel>(Loss(Line("curve", x => 1 + x)), panels)));

    private static CurvesPanel Loss(params Curve[] curves) => new("train_loss", null, false, true, Items.Of<Curve>(curves), []);

    private static Curve Line(string label, Func<double, double> value)
    {
        var x = Items.From(Enumerable.Range(0, 100).Select(i => (double)i));
        return Curve.Of(label, 0, x, x.Map(value));
    }

    private static int Circles(Chart chart) => XDocument.Parse(ChartRenderer.Svg(chart)).Descendants()
        .Count(element => element.Name.LocalName is "circle" or "ellipse");

    /// <summary>The filled outlines of so many corners.</summary>
    private static int Paths(Chart chart, int corners) => XDocument.Parse(ChartRenderer.Svg(chart)).Descendants(Svg + "path")
        .Count(path => path.Attribute("stroke") is null && Regex.Count(path.Attribute("d")!.Value, "[ML]") is var points
            && points - 1 == corners && path.Attribute("d")!.Value.EndsWith('Z'));

    private static List<string> Texts(Chart chart) => [.. XDocument.Parse(ChartRenderer.Svg(chart)).Descendants(Svg + "text")
        .Select(text => text.Value.Trim())];
}
