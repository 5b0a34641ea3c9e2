using System.Globalization;
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
        var x = HeatAxis.Of(panel.Cells.Select(cell => cell.X), panel.LogX, panel.XCategories);
        var y = HeatAxis.Of(panel.Cells.Select(cell => cell.Y), log: null, panel.YCategories);
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
}
