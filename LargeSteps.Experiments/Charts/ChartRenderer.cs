using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using ScottPlot;
using ScottPlot.LayoutEngines;
using SkiaSharp;

namespace LargeSteps.Experiments.Charts;

/// <summary>Draws charts. The same chart gives the same bytes.</summary>
internal static partial class ChartRenderer
{
    private const int PanelHeight = 340, MostHeight = 900, PixelScale = 2;
    private const float Above = 32, Below = 48, Right = 18, Margin = 10, TitleHeight = 34, TitleSize = 15;

    /// <summary>Writes <c>path.png</c> and <c>path.svg</c>, each aside and then renamed.</summary>
    public static void Write(Chart chart, string pathWithoutEnding)
    {
        Write($"{pathWithoutEnding}.png", Png(chart));
        Write($"{pathWithoutEnding}.svg", Encoding.UTF8.GetBytes($"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n{Svg(chart)}"));
    }

    /// <summary>The chart as a bitmap, with two pixels for a unit of length.</summary>
    public static byte[] Png(Chart chart)
    {
        var picture = Picture.Of(chart);
        using var surface = SKSurface.Create(new SKImageInfo(PixelScale * picture.Width, PixelScale * picture.Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        surface.Canvas.Scale(PixelScale);
        picture.Draw(surface.Canvas);
        using var pixels = surface.PeekPixels();
        // On charts this filter alone packs as well as a choice of filters for each row, in half the time.
        using var data = pixels.Encode(new SKPngEncoderOptions(SKPngEncoderFilterFlags.Up, 6))!;
        return data.ToArray();
    }

    /// <summary>The chart as an SVG element, to stand in a page as it is.</summary>
    public static string Svg(Chart chart) => Svg(Picture.Of(chart));

    /// <summary>The panels and then the legend as SVG elements of their own, for a page to put beside or below one another.</summary>
    public static IReadOnlyList<string> Parts(Chart chart) => [.. Picture.Of(chart).Parts(chart).Select(Svg)];

    private static string Svg(Picture picture)
    {
        using var stream = new MemoryStream();
        using (var canvas = SKSvgCanvas.Create(new SKRect(0, 0, picture.Width, picture.Height), stream))
            picture.Draw(canvas);
        return Tidied(Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length), picture);
    }

    // Skia's SVG, made fit to stand in a page: it scales, and shares no names with other charts there.
    private static string Tidied(string svg, Picture picture)
    {
        var body = svg[(svg.IndexOf('>', svg.IndexOf("<svg", StringComparison.Ordinal)) + 1)..].Trim();
        body = body.Replace("font-family=\"DejaVu Sans\"", $"font-family=\"{ChartFont.Families}\"", StringComparison.Ordinal);
        // A tenth of a unit cannot be seen, and hundreds of seeds are long.
        body = Outlines().Replace(body, outline => FurtherDecimals().Replace(outline.Value, ""));
        // Skia numbers the clips of a process, not those of a picture.
        var clips = Clips().Matches(body).Select(clip => clip.Value).Distinct().ToList();
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Clips().Replace(body, ""))))[..8];
        body = Clips().Replace(body, clip => $"clip-{hash}-{clips.IndexOf(clip.Value)}");
        var (width, height) = (picture.Width, picture.Height);
        return $"""
            <svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" style="max-width:100%;height:auto">
            {body}

            """;
    }

    [GeneratedRegex("""(?<= d=")[^"]*""")]
    private static partial Regex Outlines();

    [GeneratedRegex("""(?<=\.\d)\d+""")]
    private static partial Regex FurtherDecimals();

    [GeneratedRegex("""(?<= id="|url\(#)cl_[0-9a-f]+""")]
    private static partial Regex Clips();

    private static void Write(string path, byte[] content) => WholeFile.Write(path, aside => File.WriteAllBytes(aside, content));

    /// <summary>A chart laid out.</summary>
    private sealed record Picture(int Width, int Height, LabelStyle Title, Items<(PanelPlot Plot, PixelRect Place)> Panels, Legend? Legend, PixelSize Panel)
    {
        public static Picture Of(Chart chart)
        {
            ChartFont.Use();
            using var paint = Paint.NewDisposablePaint();
            var columns = Math.Clamp(chart.Panels.Count, 1, chart.Columns);
            var rows = Math.Max(1, (chart.Panels.Count + columns - 1) / columns);
            var width = columns * chart.PanelWidth;
            var title = ChartFont.Label(TitleSize, Alignment.MiddleCenter);
            title.Text = chart.Title ?? "";
            var top = title.Text.Length > 0 ? TitleHeight : 0;

            var plots = chart.Panels.Map(panel => PanelPlot.Of(panel, new PixelSize(chart.PanelWidth - (panel is HeatMapPanel ? 140 : 70), PanelHeight - Above - Below), paint));
            // The same room beside all panels, so that their axes are in line.
            var left = plots.Select(panel => panel.LeftWidth).DefaultIfEmpty(0).Max() + 22;
            var right = plots.Select(panel => panel.Bar?.Width ?? 0).DefaultIfEmpty(0).Max() + Right;
            foreach (var panel in plots) panel.Plot.Layout.LayoutEngine = new FixedPadding(new PixelPadding(left, right, Below, Above));

            // What has an aspect of its own makes the panels as high as it needs, all of them alike.
            var heights = plots.Select(panel => panel.Aspect is { } aspect ? Above + Below + (chart.PanelWidth - left - right) / aspect : PanelHeight);
            var size = new PixelSize(chart.PanelWidth, Math.Min(MostHeight, MathF.Ceiling(heights.DefaultIfEmpty(PanelHeight).Max())));

            var legend = new Legend(chart.Panels, width - 2 * Margin, paint);
            return new(width, (int)Math.Ceiling(top + rows * size.Height + Room(legend)), title, Items.From(plots.Select((panel, i) => (panel, Place(i, columns, top, size)))), legend, size);
        }

        /// <summary>The panels, each a picture, and the legend below one panel's width.</summary>
        public IEnumerable<Picture> Parts(Chart chart)
        {
            var untitled = ChartFont.Label(TitleSize, Alignment.MiddleCenter);
            var width = (int)Panel.Width;
            foreach (var (plot, _) in Panels) yield return new(width, (int)Panel.Height, untitled, [(plot, Place(0, 1, 0, Panel))], null, Panel);
            using var paint = Paint.NewDisposablePaint();
            var legend = new Legend(chart.Panels, width - 2 * Margin, paint);
            if (legend.Height > 0) yield return new(width, (int)Math.Ceiling(Room(legend)), untitled, [], legend, Panel);
        }

        public void Draw(SKCanvas canvas)
        {
            using var paint = Paint.NewDisposablePaint();
            Drawing.FillRectangle(canvas, new PixelRect(0, Width, Height, 0), paint, new FillStyle { Color = Colors.White });
            Title.Render(canvas, new Pixel(Width / 2f, TitleHeight / 2), paint);
            foreach (var (panel, place) in Panels)
            {
                var inside = Draw(panel.Plot, place, canvas);
                panel.Bar?.Draw(canvas, inside, paint);
            }
            Legend?.Draw(canvas, Width / 2f, Height - Legend.Height - Margin, paint);
        }

        private static float Room(Legend legend) => legend.Height > 0 ? legend.Height + Margin : 0;

        // Draws a plot and returns the place inside its axes. What Plot.Render does, but once: it draws a new plot a second time, over the first, because its axes seem to have moved.
        private static PixelRect Draw(Plot plot, PixelRect place, SKCanvas canvas)
        {
            plot.RenderManager.ClearCanvasBeforeEachRender = false;
            using var pack = new RenderPack(plot, place, canvas);
            foreach (var action in plot.RenderManager.RenderActions)
            {
                pack.CanvasState.Save();
                action.Render(pack);
                pack.CanvasState.RestoreAll();
            }
            return pack.DataRect;
        }

        private static PixelRect Place(int index, int columns, float top, PixelSize size)
        {
            var (row, column) = Math.DivRem(index, columns);
            return new(new Pixel(column * size.Width, top + row * size.Height), size);
        }
    }
}
