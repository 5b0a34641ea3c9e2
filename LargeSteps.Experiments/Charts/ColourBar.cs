using ScottPlot;
using SkiaSharp;

namespace LargeSteps.Experiments.Charts;

/// <summary>What the colours of a map mean: a bar on its right.</summary>
/// <param name="Range">The values of the map, in places.</param>
/// <param name="Log">Whether the scale is logarithmic.</param>
/// <param name="Ticks">The ticks.</param>
/// <param name="LabelWidth">The width of their labels.</param>
/// <param name="Colours">The colour of a fraction of the scale.</param>
internal sealed record ColourBar(AxisRange Range, bool Log, Tick[] Ticks, float LabelWidth, Func<double, Color> Colours)
{
    private const float Gap = 10, Thickness = 12, TickLength = 4;

    /// <summary>The room that it takes.</summary>
    public float Width => Gap + Thickness + TickLength + 3 + LabelWidth;

    /// <summary>The bar of a map's values; survival goes from none to all.</summary>
    public static ColourBar Of(HeatMapPanel panel, int most, Paint paint)
    {
        var values = panel.Cells.Select(cell => cell.Value).Where(double.IsFinite).ToArray();
        var range = RangeOf(panel);
        var ticks = AxisTicks.Of(range, panel.LogY, !panel.IsSurvival && values.All(double.IsInteger), most, panel.Percent);
        return new(range, panel.LogY, ticks, WidthOf(ticks, paint), Palette.Map);
    }

    /// <summary>The places of a map's values that have different colours.</summary>
    public static AxisRange RangeOf(HeatMapPanel panel)
    {
        double[] places = [.. AxisScale.Places([.. panel.Cells.Select(cell => cell.Value)], panel.LogY).Where(double.IsFinite)];
        var (low, high) = (places.DefaultIfEmpty(0).Min(), places.DefaultIfEmpty(0).Max());
        // Of a single value the axis knows how much of a scale to show.
        return AxisScale.Limited(
            panel.IsSurvival ? new(0, 1) : high - low > 1e-9 * Math.Abs(high) ? new(low, high) : AxisScale.Vertical(places, panel.LogY),
                panel.Limits, panel.LogY);
    }

    /// <summary>The bar of a surface, in its bands.</summary>
    public static ColourBar Of(SurfaceMap surface, int most, Paint paint)
    {
        var ticks = surface.Ticks(most);
        return new(surface.Range, Log: false, ticks, WidthOf(ticks, paint), surface.ColourOf);
    }

    /// <summary>The colour of a value; what the scale cannot show is at its lower end, like a loss of 0 on a logarithmic one.</summary>
    public Color ColourOf(double value) =>
        AxisScale.Place(value, Log) is var place && double.IsNaN(place) ? Colours(0) : Colours((place - Range.Min) / Range.Span);

    /// <summary>Draws it beside the map.</summary>
    public void Draw(SKCanvas canvas, PixelRect map, Paint paint)
    {
        var (left, right) = (map.Right + Gap, map.Right + Gap + Thickness);
        // Each stripe lies over the lower part of the one before, so that nothing shines through between them.
        for (var y = map.Top; y < map.Bottom; y += 2)
        {
            Drawing.FillRectangle(canvas, new PixelRect(left, right, map.Bottom, y), paint,
                new FillStyle { Color = Colours((map.Bottom - y) / map.Height) });
        }

        var label = Style();
        foreach (var tick in Ticks)
        {
            var y = (float)(map.Bottom - (tick.Position - Range.Min) / Range.Span * map.Height);
            Drawing.DrawLine(canvas, paint, new Pixel(right, y), new Pixel(right + (tick.IsMajor ? TickLength : TickLength / 2), y),
                Palette.Frame, 1);
            label.Text = tick.Label;
            if (tick.IsMajor) label.Render(canvas, new Pixel(right + TickLength + 3, y), paint);
        }
    }

    private static float WidthOf(Tick[] ticks, Paint paint)
    {
        var label = Style();
        return ticks.Select(tick => label.Measure(tick.Label, paint).Width).DefaultIfEmpty(0).Max();
    }

    private static LabelStyle Style()
    {
        var label = ChartFont.Label(PanelPlot.TickSize, Alignment.MiddleLeft);
        label.OffsetY = 1.5f;
        return label;
    }
}
