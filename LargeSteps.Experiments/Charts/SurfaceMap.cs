using LargeSteps.Values;
using ScottPlot;
using SkiaSharp;

namespace LargeSteps.Experiments.Charts;

/// <summary>
/// Positive values over the plane, in grey bands between powers of 2, or between their roots where there would be few, so that coloured
/// lines on it can be seen: the more, the lighter.
/// </summary>
/// <param name="logs">The logarithms of the values to base 2.</param>
/// <param name="lowest">The power of 2 at the lower end of the scale; what is lower is drawn in its colour.</param>
/// <param name="highest">The power of 2 at the upper end.</param>
internal sealed class SurfaceMap(Field logs, int lowest, int highest)
{
    private const int FewBands = 8;

    // A loss can be 0, or overflow, at some points of a grid: the scale shows what lies around.
    private const int MostBands = 32;

    // Frames of an animation share a map.
    private readonly Lazy<Items<OutlinePoint[]>[]> _regions = new(() =>
        [.. Enumerable.Range(0, BandsOf(lowest, highest))
            .Select(band => Contours.Region(logs, lowest + (double)band * (highest - lowest) / BandsOf(lowest, highest)))]);

    /// <summary>The map of values; what is not finite counts as the largest.</summary>
    public static SurfaceMap Of(double[] x, double[] y, IReadOnlyList<double> values)
    {
        double[] finite = [.. values.Where(value => value > 0 && double.IsFinite(value)).DefaultIfEmpty(1)];
        var to = (int)Math.Ceiling(Math.Log2(finite.Max()));
        var from = Math.Clamp((int)Math.Floor(Math.Log2(finite.Min())), to - MostBands, to - 1);
        return new(new(x, y, [.. values.Select(value => value <= 0 ? from : double.IsFinite(value) ? Math.Max(from, Math.Log2(value))
            : to + 1)]), from, to);
    }

    /// <summary>The logarithms of the values to base 2; at the lower end of the scale also what is lower, or not positive, and above its
    /// upper end what is not finite.</summary>
    public Field Field => logs;

    /// <summary>How many bands there are.</summary>
    public int BandCount => BandsOf(lowest, highest);

    /// <summary>The range of the scale.</summary>
    public AxisRange Range => new(lowest, highest);

    /// <summary>The colour of a fraction of the scale, the same in a band.</summary>
    public Color ColourOf(double fraction)
    {
        var bands = BandsOf(lowest, highest);
        return Palette.Surface(Math.Clamp(Math.Floor(fraction * bands), 0, bands - 1) / Math.Max(1, bands - 1));
    }

    /// <summary>The ticks of the scale, no more than have room.</summary>
    public Tick[] Ticks(int most)
    {
        var step = Enumerable.Range(1, MostBands).First(s => (highest - lowest) / s < most || s == MostBands);
        return [.. Enumerable.Range(lowest, highest - lowest + 1)
            .Select(power => power % step == 0 ? Tick.Major(power, $"2{AxisTicks.Superscript(power)}") : Tick.Minor(power))];
    }

    /// <summary>The map in a plot.</summary>
    public IPlottable Plottable() => new Bands(
        [.. _regions.Value.Select((region, band) => (ColourOf((band + 0.5) / BandsOf(lowest, highest)), region))]);

    // To each power of 2 as many as make several.
    private static int BandsOf(int lowest, int highest) =>
        (highest - lowest) * (highest - lowest >= FewBands ? 1 : 2 * (highest - lowest) >= FewBands ? 2 : 4);

    private sealed class Bands((Color Colour, Items<OutlinePoint[]> Region)[] bands) : IPlottable
    {
        public bool IsVisible { get; set; } = true;

        public IAxes Axes { get; set; } = new Axes();

        public IEnumerable<LegendItem> LegendItems => [];

        public AxisLimits GetAxisLimits() => AxisLimits.NoLimits;

        public void Render(RenderPack rp)
        {
            using var fill = new SKPaint { IsAntialias = true, Style = SKPaintStyle.Fill };
            using var line = new SKPaint
            {
                IsAntialias = true,
                Style = SKPaintStyle.Stroke,
                StrokeWidth = 0.6f,
                Color = SKColors.Black.WithAlpha(90)
            };
            // Each band lies on those below it, so that nothing shines through between them.
            foreach (var (colour, region) in bands)
            {
                using SKPath area = new(), contour = new();
                foreach (var outline in region)
                {
                    Pixel[] pixels = [.. outline.Select(point => Axes.GetPixel(point.At))];
                    area.MoveTo(pixels[0].X, pixels[0].Y);
                    contour.MoveTo(pixels[0].X, pixels[0].Y);
                    for (var k = 1; k <= pixels.Length; k++)
                    {
                        var at = k % pixels.Length;
                        if (at > 0) area.LineTo(pixels[at].X, pixels[at].Y);
                        if (outline[k - 1].Edge || outline[at].Edge) contour.MoveTo(pixels[at].X, pixels[at].Y);
                        else contour.LineTo(pixels[at].X, pixels[at].Y);
                    }
                    area.Close();
                }
                fill.Color = new SKColor(colour.R, colour.G, colour.B);
                rp.Canvas.DrawPath(area, fill);
                rp.Canvas.DrawPath(contour, line);
            }
        }
    }
}
