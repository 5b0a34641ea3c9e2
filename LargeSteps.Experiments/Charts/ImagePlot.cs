using ScottPlot;
using ScottPlot.TickGenerators;
using SkiaSharp;

namespace LargeSteps.Experiments.Charts;

/// <summary>An image of cells as a plot.</summary>
internal static class ImagePlot
{
    private const float MostAspect = 3;

    /// <inheritdoc cref="PanelPlot.Of"/>
    public static PanelPlot Of(ImagePanel panel, PixelSize inside, Paint paint)
    {
        var plot = new Plot();
        var (x, y) = (Range(panel.X[0], panel.X[^1], panel.X.Count, panel.LogX), Range(panel.Y[0], panel.Y[^1], panel.Y.Count, panel.LogY));
        plot.Axes.SetLimits(x.Min, x.Max, y.Min, y.Max);
        plot.Add.Plottable(new Image(panel, new(new CoordinateRange(x.Min, x.Max), new CoordinateRange(y.Min, y.Max))));
        var left = AxisTicks.Of(y, panel.LogY, integers: false, most: (int)(inside.Height / (panel.LogY ? 24 : 36)));
        plot.Axes.Left.TickGenerator = new NumericManual(left);
        plot.Axes.Bottom.TickGenerator = new NumericManual(AxisTicks.Of(x, panel.LogX, integers: false,
            most: (int)(inside.Width / (panel.LogX ? 40 : 60))));
        plot.HideGrid();
        PanelPlot.Style(plot, panel, inside, paint);
        return new(plot, PanelPlot.WidthLeft(plot, panel, left, paint))
        {
            // Cells are squares where both axes have about as many.
            Aspect = Math.Clamp((float)panel.X.Count / panel.Y.Count, 1 / MostAspect, MostAspect),
        };
    }

    /// <summary>The places that cells cover: each reaches half-way to its neighbours.</summary>
    public static AxisRange Range(double from, double to, int count, bool log)
    {
        var (first, last) = (AxisScale.Place(from, log), AxisScale.Place(to, log));
        var half = (last - first) / (count - 1) / 2;
        return new(first - half, last + half);
    }

    /// <summary>How fast each cell is among those of its kind, from 0 for the fastest to 1; NaN for what was not trained. Within each kind
    /// there are as many of each shade, since speeds differ by orders of magnitude.</summary>
    public static double[] Shades(ImagePanel panel)
    {
        var shades = new double[panel.Cells.Count];
        Array.Fill(shades, double.NaN);
        foreach (var converged in new[] { true, false })
        {
            int[] places = [.. Enumerable.Range(0, panel.Cells.Count)
                .Where(i => !double.IsNaN(panel.Cells[i]) && panel.Cells[i] > 0 == converged)
                .OrderBy(i => Math.Abs(panel.Cells[i])).ThenBy(i => i)];
            for (var rank = 0; rank < places.Length; rank++)
            {
                // Equal cells have one colour.
                shades[places[rank]] = rank > 0 && panel.Cells[places[rank]] == panel.Cells[places[rank - 1]]
                    ? shades[places[rank - 1]] : (double)rank / Math.Max(1, places.Length - 1);
            }
        }
        return shades;
    }

    private static SKColor[] Colours(ImagePanel panel) => [.. Shades(panel).Select((shade, i) =>
        double.IsNaN(shade) ? Palette.Missing : Palette.OfKind(panel.Cells[i] > 0, shade)).Select(colour =>
        new SKColor(colour.R, colour.G, colour.B))];

    private sealed class Image(ImagePanel panel, CoordinateRect place) : IPlottable
    {
        public bool IsVisible { get; set; } = true;

        public IAxes Axes { get; set; } = new Axes();

        public IEnumerable<LegendItem> LegendItems => [];

        public AxisLimits GetAxisLimits() => AxisLimits.NoLimits;

        public void Render(RenderPack rp)
        {
            var (width, height) = (panel.X.Count, panel.Y.Count);
            var colours = Colours(panel);
            using var bitmap = new SKBitmap(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque);
            // Rows of a bitmap go down, values go up.
            for (var j = 0; j < height; j++)
                for (var i = 0; i < width; i++) bitmap.SetPixel(i, height - 1 - j, colours[j * width + i]);
            using var image = SKImage.FromBitmap(bitmap);
            var (low, high) = (Axes.GetPixel(place.BottomLeft), Axes.GetPixel(place.TopRight));
            rp.Canvas.DrawImage(image, new SKRect(low.X, high.Y, high.X, low.Y), new SKSamplingOptions(SKFilterMode.Nearest));
        }
    }
}
