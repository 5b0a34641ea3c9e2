using System.Text.Json.Nodes;
using LargeSteps.Experiments.Charts;
using LargeSteps.Figures;
using LargeSteps.Values;
using ScottPlot;
using Palette = LargeSteps.Experiments.Charts.Palette;

namespace LargeSteps.Experiments.Results;

/// <summary>The numbers of drawings that are not curves over the steps of runs, as the script of a page draws them
/// (<c>Web/pictures.js</c>): sweeps, maps, functions, neurons, surfaces.</summary>
internal static class PictureData
{
    // Of scales of colours so many are told apart.
    private const int Shades = 64;

    // A picture of fewer of its points shows something else.
    private const int MostLeftOut = 32;

    /// <summary>A chart; null where it does not fit even with few of its points.</summary>
    /// <param name="file">The name of its figure.</param>
    /// <param name="chart">The chart.</param>
    /// <param name="most">How many characters there may be.</param>
    public static JsonObject? Of(string file, Chart chart, int most)
    {
        // Single seeds are the first that are left out.
        for (var (every, seeds) = (1, true); every <= MostLeftOut; (every, seeds) = (seeds ? 1 : 2 * every, false))
        {
            var data = new JsonObject
            {
                ["file"] = file,
                ["title"] = chart.Title,
                ["columns"] = chart.Columns,
                ["caption"] = Caption.Of(file, chart),
                ["note"] = every == 1 ? null : FormattableString.Invariant($"One of {every} points in a row is shown."),
                ["panels"] = new JsonArray([.. chart.Panels.Select(panel => PanelOf(panel, every, seeds))]),
            };
            if (data.ToJsonString().Length <= most) return data;
        }
        return null;
    }

    private static JsonObject PanelOf(Panel panel, int every, bool seeds)
    {
        var data = panel.Match(curves => OfCurves(curves, every, seeds), map => OfMap(map), image => OfImage(image, every),
            plane => OfPlane(plane, every));
        data["title"] = panel.Heading;
        data["xTitle"] = panel.XTitle;
        data["yTitle"] = panel.YTitle;
        return data;
    }

    private static JsonObject OfCurves(CurvesPanel panel, int every, bool seeds) => new()
    {
        ["kind"] = "curves",
        ["logX"] = panel.LogX,
        ["logY"] = panel.LogY,
        ["percent"] = panel.Percent,
        ["survival"] = panel.Metric == Ensemble.Survival,
        ["limits"] = panel.Limits is { } limits ? new JsonArray(limits.From, limits.To) : null,
        ["categories"] = Texts(panel.Categories),
        ["joined"] = !panel.Unjoined,
        ["marks"] = panel.Markers || panel.Unjoined ? panel.MarkRadius : 0,
        ["spread"] = panel.Spread is { } spread ? OfSpread(spread.Center, spread.Band, spread.Shown) : null,
        ["curves"] = new JsonArray([.. panel.Curves.Select(curve => OfCurve(curve, every, seeds))]),
    };

    /// <summary>What is shown of seeds.</summary>
    /// <param name="center">Their middle.</param>
    /// <param name="band">Their spread.</param>
    /// <param name="shown">The two in words; null: curves have labels of their own.</param>
    /// <param name="seeds">Whether each is shown by itself as well.</param>
    public static JsonObject OfSpread(Center center, Band band, string? shown, bool seeds = false) => new()
    {
        ["mean"] = center.Match(median => false, mean => true),
        ["band"] = band.Match(quantiles => "quantiles", std => "std", none => "none"),
        ["lower"] = band.Match(quantiles => quantiles.Lower, std => 0.25, none => 0.25),
        ["upper"] = band.Match(quantiles => quantiles.Upper, std => 0.75, none => 0.75),
        ["seeds"] = seeds,
        ["shown"] = shown,
    };

    private static JsonObject OfCurve(Curve curve, int every, bool seeds) => new()
    {
        ["label"] = curve.Label,
        ["said"] = curve.Survival,
        ["colour"] = curve.Colour,
        ["x"] = Some(curve.X, every),
        ["y"] = Some(curve.Line, every),
        ["lower"] = curve.Band is { } band ? Some(band.Lower, every) : null,
        ["upper"] = curve.Band is { } spread ? Some(spread.Upper, every) : null,
        ["seeds"] = new JsonArray([.. seeds ? curve.BySeed.Select(end => new JsonObject
        {
            ["seed"] = end.Seed,
            ["y"] = Some(end.Values, every),
        }) : []]),
    };

    private static JsonObject OfMap(HeatMapPanel panel)
    {
        var (x, y) = (HeatAxis.Of(panel.Cells.Select(cell => cell.X), panel.LogX, panel.XCategories),
            HeatAxis.Of(panel.Cells.Select(cell => cell.Y), log: null, panel.YCategories));
        var cells = panel.Cells.Where(cell => x.Has(cell.X) && y.Has(cell.Y)).ToArray();
        var range = ColourBar.RangeOf(panel);
        return new()
        {
            ["kind"] = "map",
            ["percent"] = panel.Percent,
            ["survival"] = panel.Metric == Ensemble.Survival,
            ["log"] = panel.LogY,
            ["x"] = OfAxis(x),
            ["y"] = OfAxis(y),
            ["at"] = PageNumbers.Numbers([.. cells.Select(cell => (double)(Array.BinarySearch(y.Values, cell.Y) * x.Values.Length
                + Array.BinarySearch(x.Values, cell.X)))]),
            ["values"] = PageNumbers.Numbers([.. cells.Select(cell => cell.Value)]),
            ["range"] = new JsonArray(range.Min, range.Max),
            ["colours"] = Scale(Palette.Map),
            ["shown"] = panel.Shown,
            ["missing"] = panel.Missing,
        };
    }

    private static JsonObject OfAxis(HeatAxis axis) => new()
    {
        ["places"] = PageNumbers.Doubles(axis.Places),
        ["edges"] = PageNumbers.Doubles(axis.Edges),
        ["labels"] = Texts(axis.Labels),
    };

    private static JsonObject OfImage(ImagePanel panel, int every)
    {
        // Evenly spaced, so that cells are of one size.
        int[] columns = [.. Enumerable.Range(0, panel.X.Count).Where(i => i % every == 0)],
            rows = [.. Enumerable.Range(0, panel.Y.Count).Where(j => j % every == 0)];
        var shades = ImagePlot.Shades(panel);
        return new()
        {
            ["kind"] = "image",
            ["logX"] = panel.LogX,
            ["logY"] = panel.LogY,
            ["x"] = PageNumbers.Doubles([.. columns.Select(i => panel.X[i])]),
            ["y"] = PageNumbers.Doubles([.. rows.Select(j => panel.Y[j])]),
            ["cells"] = Convert.ToBase64String([.. rows.SelectMany(j => columns.Select(i => ShadeOf(j * panel.X.Count + i)))]),
            ["converged"] = Scale(shade => Palette.OfKind(true, shade)),
            ["other"] = Scale(shade => Palette.OfKind(false, shade)),
            ["kinds"] = Texts(ImagePanel.Kinds.Select(kind => kind.Text)),
        };

        // 0 is not trained, then the shades of what converges, then those of what does not.
        byte ShadeOf(int i) => double.IsNaN(shades[i]) ? (byte)0
            : (byte)(1 + (panel.Cells[i] > 0 ? 0 : Shades) + (int)Math.Round(shades[i] * (Shades - 1)));
    }

    private static JsonObject OfPlane(PlanePanel panel, int every) => new()
    {
        ["kind"] = "plane",
        ["x"] = new JsonArray(panel.X.Min, panel.X.Max),
        ["y"] = new JsonArray(panel.Y.Min, panel.Y.Max),
        ["equal"] = panel.EqualUnits,
        ["cuts"] = panel.MarksCuts,
        ["shapes"] = new JsonArray([.. panel.Shapes.Select(shape => OfShape(shape, every))]),
        ["surface"] = panel.Surface is { } surface ? new JsonObject
        {
            ["x"] = PageNumbers.Doubles(surface.Field.X),
            ["y"] = PageNumbers.Doubles(surface.Field.Y),
            ["logs"] = PageNumbers.Numbers(surface.Field.Values),
            ["range"] = new JsonArray(surface.Range.Min, surface.Range.Max),
            ["colours"] = Texts(Enumerable.Range(0, surface.BandCount)
                .Select(band => Hex(surface.ColourOf((band + 0.5) / surface.BandCount)))),
        } : null,
    };

    private static JsonObject OfShape(Shape shape, int every)
    {
        var data = shape.Match(
            line => Points("line", line.Points, every, ("width", line.Width)),
            dots => Points("dots", Items.From(dots.Dots.Select(dot => dot.At)), every: 1, ("hollow", dots.Hollow),
                ("sizes", PageNumbers.Numbers([.. dots.Dots.Select(dot => (double)dot.Size)]))),
            arrows => Points("arrows", Items.From(arrows.Arrows.Select(arrow => arrow.From)), every: 1, ("width", arrows.Width),
                ("toX", PageNumbers.Numbers([.. arrows.Arrows.Select(arrow => arrow.To.X)])),
                ("toY", PageNumbers.Numbers([.. arrows.Arrows.Select(arrow => arrow.To.Y)]))),
            texts => Points("texts", Items.From(texts.Texts.Select(text => text.At)), every: 1,
                ("texts", Texts(texts.Texts.Select(text => text.Text)))));
        data["label"] = shape.Label;
        data["colour"] = Palette.IndexOf(shape.Colour) is >= 0 and var index ? index : Hex(shape.Colour);
        data["opacity"] = shape.Colour.A / 255.0;
        return data;
    }

    private static JsonObject Points(string kind, Items<Coordinates> points, int every,
        params ReadOnlySpan<(string Key, JsonNode Value)> more)
    {
        var data = new JsonObject
        {
            ["kind"] = kind,
            ["x"] = Some(points.Map(point => point.X), every),
            ["y"] = Some(points.Map(point => point.Y), every),
        };
        foreach (var (key, value) in more) data[key] = value;
        return data;
    }

    // The last one is where something led to.
    private static int[] Every(int count, int every) => every == 1 ? [.. Enumerable.Range(0, count)]
        : [.. Enumerable.Range(0, count).Where(i => i % every == 0 || i == count - 1)];

    private static string Some(Items<double> values, int every) =>
        PageNumbers.Numbers([.. Every(values.Count, every).Select(i => values[i])]);

    private static JsonArray Scale(Func<double, Color> colourOf) =>
        Texts(Enumerable.Range(0, Shades).Select(i => Hex(colourOf(i / (Shades - 1.0)))));

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)text)]);

    private static string Hex(Color colour) => FormattableString.Invariant($"#{colour.R:x2}{colour.G:x2}{colour.B:x2}");
}
