using System.Globalization;
using LargeSteps.Values;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace LargeSteps.Experiments.Charts;

/// <summary>A map of colours as a plot.</summary>
internal static class HeatMapPlot
{
    private const float TextSize = 9, Line = 15;
    private const int MostTexts = 8;

    /// <inheritdoc cref="PanelPlot.Of"/>
    public static PanelPlot Of(HeatMapPanel panel, PixelSize inside, Paint paint)
    {
        var plot = new Plot();
        var x = Axis.Of(panel.Cells.Select(cell => cell.X), panel.LogX, panel.XCategories);
        var y = Axis.Of(panel.Cells.Select(cell => cell.Y), log: null, panel.YCategories);
        plot.Axes.SetLimits(x.Range.Min, x.Range.Max, y.Range.Min, y.Range.Max);

        var bar = ColourBar.Of(panel, (int)(inside.Height / (panel.LogY ? 24 : 36)), paint);
        var cells = panel.Cells.Where(cell => x.Has(cell.X) && y.Has(cell.Y))
            .Select(cell => (cell.Value, Place: new CoordinateRect(x.Extent(cell.X), y.Extent(cell.Y)))).ToArray();
        foreach (var (value, place) in cells) Add(plot, place, double.IsNaN(value) ? null : bar.ColourOf(value));
        if (x.Values.Length <= MostTexts && y.Values.Length <= MostTexts)
        {
            AddTexts(plot, [.. cells.Where(cell => double.IsFinite(cell.Value))
                .Select(cell => (cell.Value, Text: Short(panel.Percent ? 100 * cell.Value : cell.Value) + (panel.Percent ? " %" : ""),
                cell.Place))], bar, new((float)(inside.Width * x.Narrowest), (float)(inside.Height * y.Narrowest)), paint);
        }

        var left = y.Ticks(inside.Height, _ => Line);
        plot.Axes.Left.TickGenerator = new NumericManual(left);
        plot.Axes.Bottom.TickGenerator = new NumericManual(x.Ticks(inside.Width, label => plot.Axes.Bottom.TickLabelStyle.Measure(label,
            paint).Width + 5));
        plot.HideGrid();
        PanelPlot.Style(plot, panel, inside, paint, panel.LogY && PanelPlot.Missing(panel.Cells.Select(cell => cell.Value)) is { } lowest
            ? [$"{lowest} have the lowest colour"] : []);
        return new(plot, PanelPlot.WidthLeft(plot, panel, left, paint), bar);
    }

    private static void Add(Plot plot, CoordinateRect place, Color? colour)
    {
        var cell = plot.Add.Rectangle(place);
        cell.FillColor = colour ?? Palette.Missing;
        // Without it the white behind shines through between some cells and not between others.
        (cell.LineColor, cell.LineWidth) = (Colors.White, 0.5f);
        if (colour is null) plot.Add.Line(place.BottomLeft, place.TopRight).LineStyle = new() { Color = Palette.MissingStroke, Width = 1 };
    }

    // Numbers in the cells, where they have room in the smallest.
    private static void AddTexts(Plot plot, (double Value, string Text, CoordinateRect Place)[] cells, ColourBar bar, PixelSize room,
        Paint paint)
    {
        var style = ChartFont.Label(TextSize, Alignment.MiddleCenter);
        if (room.Height < Line || cells.Any(cell => style.Measure(cell.Text, paint).Width + 4 > room.Width)) return;
        foreach (var (value, shown, place) in cells)
        {
            var text = plot.Add.Text(shown, place.Center);
            text.LabelStyle.Font = ChartFont.Typeface;
            text.LabelFontSize = TextSize;
            text.LabelAlignment = Alignment.MiddleCenter;
            text.LabelFontColor = Palette.On(bar.ColourOf(value));
        }
    }

    /// <summary>A number in few letters.</summary>
    internal static string Short(double value) => (Math.Abs(value) switch
    {
        0 => "0",
        >= 0.01 and < 9999.5 => value.ToString(Math.Abs(value) < 100 ? "G3" : "F0", CultureInfo.InvariantCulture),
        _ => value.ToString("0.#e0", CultureInfo.InvariantCulture),
    }).Replace('-', '−');

    /// <summary>The swept values on an axis, ascending, their places, and the edges of their cells: halfway to the neighbours.</summary>
    private sealed record Axis(double[] Values, double[] Places, double[] Edges, string[] Labels)
    {
        public AxisRange Range => new(Edges[0], Edges[^1]);

        /// <summary>The part of the axis that the narrowest cell has.</summary>
        public double Narrowest => Edges.Zip(Edges.Skip(1), (a, b) => b - a).Min() / Range.Span;

        /// <summary>The axis of values; without a wish for a logarithmic one it is so where that spaces them more evenly.</summary>
        public static Axis Of(IEnumerable<double> all, bool? log, Items<string> categories)
        {
            var logarithmic = categories.Count == 0 && (log ?? AxisScale.IsLogarithmic(all));
            double[] values = [.. all.Distinct().Where(value => double.IsFinite(AxisScale.Place(value, logarithmic))).Order()];
            var places = AxisScale.Places(values, logarithmic);
            return new(values, places, places switch
            {
                [] => [0, 1],
                [var only] => [only - 0.5, only + 0.5],
                _ => [(3 * places[0] - places[1]) / 2, .. places.Zip(places.Skip(1), (a, b) => (a + b) / 2),
                    (3 * places[^1] - places[^2]) / 2],
            }, [.. categories.Count > 0 ? values.Select(value => categories[(int)value]) : LabelsOf(values)]);
        }

        public bool Has(double value) => Array.BinarySearch(Values, value) >= 0;

        /// <summary>The extent of a value's cell.</summary>
        public CoordinateRange Extent(double value)
        {
            var i = Array.BinarySearch(Values, value);
            return new(Edges[i], Edges[i + 1]);
        }

        /// <summary>A tick at each value, with a label where it has room.</summary>
        public Tick[] Ticks(float length, Func<string, float> room)
        {
            var ticks = new List<Tick>();
            var free = double.NegativeInfinity;
            for (var i = 0; i < Values.Length; i++)
            {
                var label = Labels[i];
                var (at, half) = ((Places[i] - Edges[0]) / Range.Span * length, room(label) / 2);
                ticks.Add(at - half < free ? Tick.Minor(Places[i]) : Tick.Major(Places[i], label));
                if (at - half >= free) free = at + half;
            }
            return [.. ticks];
        }

        private static string[] LabelsOf(double[] values)
        {
            string[] labels = [.. values.Select(Label)];
            return labels.Distinct().Count() == labels.Length ? labels : [.. NumberText.Distinct(values)
                .Select(label => label.Replace('-', '−'))];
        }

        // Values on a logarithmic grid have more digits than anybody wants to read.
        private static string Label(double value) =>
            value.ToString("G6", CultureInfo.InvariantCulture) is { Length: <= 6 } label ? label.Replace('-', '−') : Short(value);
    }
}
