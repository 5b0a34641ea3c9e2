using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using LargeSteps.Figures;
using LargeSteps.Formats;
using LargeSteps.Values;
using ScottPlot;
using ScottPlot.LayoutEngines;
using SkiaSharp;

namespace LargeSteps.Experiments.Charts;

/// <summary>Draws charts. The same chart gives the same bytes.</summary>
internal static partial class ChartRenderer
{
    private const int PanelHeight = 340, MostHeight = 900, LeastSide = 40, PixelScale = 2;
    private const float Above = 32, Below = 48, Right = 18, Margin = 10, TitleHeight = 34, TitleSize = 15;

    /// <summary>The endings of the files of a chart.</summary>
    public static IReadOnlyList<string> Endings { get; } = [".png", ".svg", ".pdf"];

    /// <summary>Writes <c>path.png</c>, <c>path.svg</c> and <c>path.pdf</c>, each aside and then renamed; returns the files.</summary>
    public static IReadOnlyList<string> Write(Chart chart, string pathWithoutEnding)
    {
        (string Path, byte[] Content)[] files =
        [
            ($"{pathWithoutEnding}.png", Png(chart)),
            ($"{pathWithoutEnding}.svg", Encoding.UTF8.GetBytes($"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n{Svg(chart)}")),
            ($"{pathWithoutEnding}.pdf", Pdf(chart)),
        ];
        foreach (var (path, content) in files) Write(path, content);
        return [.. files.Select(file => file.Path)];
    }

    /// <summary>The chart as a bitmap, with two pixels for a unit of length.</summary>
    // On charts this filter alone packs as well as a choice of filters for each row, in half the time.
    public static byte[] Png(Chart chart) => Bitmap(chart, pixels =>
        pixels.Encode(new SKPngEncoderOptions(SKPngEncoderFilterFlags.Up, 6)));

    // A fraction of a PNG's size where hundreds of thin lines lie over one another; its losses are not seen.
    private static byte[] Webp(Chart chart) => Bitmap(chart, pixels => pixels.Encode(SKEncodedImageFormat.Webp, 60));

    private static byte[] Bitmap(Chart chart, Func<SKPixmap, SKData?> encode)
    {
        var picture = Picture.Of(chart);
        using var surface = SKSurface.Create(new SKImageInfo(PixelScale * picture.Width, PixelScale * picture.Height, SKColorType.Rgba8888,
            SKAlphaType.Opaque));
        surface.Canvas.Scale(PixelScale);
        picture.Draw(surface.Canvas);
        using var pixels = surface.PeekPixels();
        using var data = encode(pixels)!;
        return data.ToArray();
    }

    /// <summary>The chart as a page of a PDF, with the font in it; a point is a unit of length.</summary>
    public static byte[] Pdf(Chart chart)
    {
        var picture = Picture.Of(chart);
        using var stream = new MemoryStream();
        // No dates: the same chart gives the same bytes.
        using (var document = SKDocument.CreatePdf(stream, new SKDocumentPdfMetadata { Title = chart.Title ?? "", Creator = "LargeSteps" }))
        {
            picture.Draw(document.BeginPage(picture.Width, picture.Height));
            document.EndPage();
            document.Close();
        }
        return stream.ToArray();
    }

    /// <summary>The chart as an SVG element, to stand in a page as it is.</summary>
    public static string Svg(Chart chart) => Svg(Picture.Of(chart));

    /// <summary>The panels and then the legend as SVG elements of their own, for a page to put beside or below one another.</summary>
    public static IReadOnlyList<string> Parts(Chart chart) => [.. Picture.Of(chart).Parts(chart).Select(Svg)];

    /// <summary>The same, or where it is longer than so many characters, as with hundreds of seeds, the picture itself.</summary>
    /// <param name="chart">The chart.</param>
    /// <param name="name">What it is called.</param>
    /// <param name="most">The most characters.</param>
    public static IReadOnlyList<string> Parts(Chart chart, string name, int most)
    {
        var parts = Parts(chart);
        if (parts.Sum(part => (long)part.Length) <= most) return parts;
        return [$"<img alt=\"{WebUtility.HtmlEncode(name)}\" src=\"data:image/webp;base64,{Convert.ToBase64String(Webp(chart))}\"/>\n"];
    }

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

    /// <summary>A chart laid out: in units of length before it is scaled, but for its width and height.</summary>
    private sealed record Picture(
        int Width, int Height, float Scale, PixelSize Inner, LabelStyle Title, Items<(PanelPlot Plot, PixelRect Place)> Panels,
            Legend? Legend, LegendPlace LegendAt, PixelSize Panel)
    {
        public static Picture Of(Chart chart)
        {
            ChartFont.Use();
            using var paint = Paint.NewDisposablePaint();
            var (style, scale) = (chart.Style, (float)chart.Style.Scale);
            var (columns, rows) = (chart.Columns, Math.Max(1, (chart.Panels.Count + chart.Columns - 1) / chart.Columns));
            var title = ChartFont.Label(TitleSize, Alignment.MiddleCenter);
            title.Text = chart.Title ?? "";
            var top = title.Text.Length > 0 ? TitleHeight : 0;

            // Text, lines and marks grow together: a larger font is a smaller picture that is enlarged.
            var wished = (style.Size?.Width ?? columns * chart.PanelWidth) / scale;
            var legend = style.Legend == LegendPlace.None ? null
                : new Legend(chart.Panels, style.Legend == LegendPlace.Right ? 0.4f * wished : wished - 2 * Margin,
                    column: style.Legend == LegendPlace.Right, paint);
            if (legend?.Height == 0) legend = null;
            var beside = legend is not null && style.Legend == LegendPlace.Right ? legend.Width + 2 * Margin : 0;
            var below = legend is not null && style.Legend != LegendPlace.Right ? legend.Height + Margin : 0;
            // Without a size the legend comes to the panels, and with one they share it.
            var panelWidth = Math.Max(LeastSide, style.Size is null ? wished / columns : (wished - beside) / columns);
            var plots = chart.Panels.Map(panel => PanelPlot.Of(
                panel, new PixelSize(Math.Max(LeastSide, panelWidth - (panel is HeatMapPanel ? 140 : 70)),
                    Math.Max(LeastSide, Room(chart, rows, top + below) - Above - Below)), paint));
            // The same room beside all panels, so that their axes are in line.
            var left = plots.Select(panel => panel.LeftWidth).DefaultIfEmpty(0).Max() + 22;
            var right = plots.Select(panel => panel.Bar?.Width ?? 0).DefaultIfEmpty(0).Max() + Right;

            // What has an aspect of its own makes the panels as high as it needs, all of them alike.
            var heights = plots.Select(panel => panel.Aspect is { } aspect ? Above + Below + (panelWidth - left - right) / aspect
                : PanelHeight);
            var size = new PixelSize(panelWidth, style.Size is null ? Math.Min(MostHeight, MathF.Ceiling(heights.DefaultIfEmpty(PanelHeight)
                .Max())) : Room(chart, rows, top + below));
            foreach (var panel in plots)
            {
                panel.Plot.Layout.LayoutEngine = new FixedPadding(Padding(panel, style.Size is null ? null : size,
                left, right));
            }

            var inner = new PixelSize(columns * size.Width + beside, top + rows * size.Height + below);
            var above = top + (style.Legend == LegendPlace.Top ? below : 0);
            return new(
                style.Size?.Width ?? (int)Math.Ceiling(scale * inner.Width), style.Size?.Height ?? (int)Math.Ceiling(scale * inner.Height),
                    scale, inner, title,
                Items.From(plots.Select((panel, i) => (panel, Place(i, columns, above, size)))), legend, style.Legend, size);
        }

        /// <summary>The panels, each a picture, and the legend below one panel's width.</summary>
        public IEnumerable<Picture> Parts(Chart chart)
        {
            foreach (var (plot, _) in Panels) yield return Part(Panel, [(plot, Place(0, 1, 0, Panel))], null);
            if (Legend is null) yield break;
            using var paint = Paint.NewDisposablePaint();
            var legend = new Legend(chart.Panels, Panel.Width - 2 * Margin, column: false, paint);
            yield return Part(new(Panel.Width, legend.Height + Margin), [], legend);
        }

        public void Draw(SKCanvas canvas)
        {
            using var paint = Paint.NewDisposablePaint();
            if (Scale != 1) canvas.Scale(Scale);
            Drawing.FillRectangle(canvas, new PixelRect(0, Width / Scale + 1, Height / Scale + 1, 0), paint,
                new FillStyle { Color = Colors.White });
            Title.Render(canvas, new Pixel((Inner.Width - (LegendAt == LegendPlace.Right && Legend is not null ? Legend.Width : 0)) / 2f,
                TitleHeight / 2), paint);
            foreach (var (panel, place) in Panels)
            {
                var inside = Draw(panel.Plot, place, canvas);
                panel.Bar?.Draw(canvas, inside, paint);
            }
            if (Legend is null) return;
            if (LegendAt == LegendPlace.Right)
            {
                Legend.DrawColumn(canvas, Inner.Width - Legend.Width - Margin,
                (Inner.Height - Legend.Height) / 2, paint);
            }
            else
            {
                Legend.Draw(canvas, Inner.Width / 2f, LegendAt == LegendPlace.Top ? (Title.Text.Length > 0 ? TitleHeight : Margin)
                : Inner.Height - Legend.Height - Margin, paint);
            }
        }

        private Picture Part(PixelSize inner, Items<(PanelPlot Plot, PixelRect Place)> panels, Legend? legend) => new(
            (int)Math.Ceiling(Scale * inner.Width), (int)Math.Ceiling(Scale * inner.Height), Scale, inner, ChartFont.Label(TitleSize,
                Alignment.MiddleCenter), panels, legend, LegendPlace.Bottom, Panel);

        // The height of a panel in a picture whose height is given, and the usual one.
        private static float Room(Chart chart, int rows, float others) =>
            chart.Style.Size is { } size ? Math.Max(LeastSide, ((float)(size.Height / chart.Style.Scale) - others) / rows) : PanelHeight;

        // What has an aspect of its own keeps it in a panel that has another.
        private static PixelPadding Padding(PanelPlot panel, PixelSize? size, float left, float right)
        {
            if (size is not { } whole || panel.Aspect is not { } aspect) return new(left, right, Below, Above);
            var (width, height) = (whole.Width - left - right, whole.Height - Above - Below);
            return new(left, right + Math.Max(0, width - aspect * height), Below + Math.Max(0, height - width / aspect), Above);
        }

        // Draws a plot and returns the place inside its axes. What Plot.Render does, but once: it draws a new plot a second time, over the
        // first, because its axes seem to have moved.
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
