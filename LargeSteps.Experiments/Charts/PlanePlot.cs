using LargeSteps.Values;
using ScottPlot;
using ScottPlot.AxisRules;
using ScottPlot.TickGenerators;
using SkiaSharp;

namespace LargeSteps.Experiments.Charts;

/// <summary>Shapes in a plane as a plot.</summary>
internal static class PlanePlot
{
    /// <inheritdoc cref="PanelPlot.Of"/>
    public static PanelPlot Of(PlanePanel panel, PixelSize inside, Paint paint)
    {
        var plot = new Plot();
        var (x, y) = panel.EqualUnits && panel.Surface is null ? Equal(panel.X, panel.Y, inside) : (panel.X, panel.Y);
        plot.Axes.SetLimits(x.Min, x.Max, y.Min, y.Max);
        // The room inside the axes is known to a few units only before all panels are laid out.
        if (panel.EqualUnits && panel.Surface is null) plot.Axes.Rules.Add(new SquareZoomOut(plot.Axes.Bottom, plot.Axes.Left));
        if (panel.Surface is { } surface) plot.Add.Plottable(surface.Plottable());
        foreach (var shape in panel.Shapes)
        {
            shape.Match<Action>(line => () => Add(plot, line, x, y, panel.MarksCuts ? PanelPlot.CutColumn(inside, x) : null),
                dots => () => Add(plot, dots),
                arrows => () => plot.Add.Plottable(new Arrows(arrows)), texts => () => plot.Add.Plottable(new Texts(texts, panel)))();
        }

        var left = AxisTicks.Of(y, log: false, integers: false, most: (int)(inside.Height / 36));
        plot.Axes.Left.TickGenerator = new NumericManual(left);
        plot.Axes.Bottom.TickGenerator = new NumericManual(AxisTicks.Of(x, log: false, integers: false, most: (int)(inside.Width / 60)));
        if (panel.Surface is not null) plot.HideGrid();
        PanelPlot.Style(plot, panel, inside, paint);
        return new(plot, PanelPlot.WidthLeft(plot, panel, left, paint), panel.Surface is null ? null : ColourBar.Of(panel.Surface,
            (int)(inside.Height / 22), paint))
        {
            Aspect = panel.Surface is null ? null : (float)(x.Span / y.Span),
        };
    }

    private static (AxisRange X, AxisRange Y) Equal(AxisRange x, AxisRange y, PixelSize inside)
    {
        var unit = Math.Max(x.Span / inside.Width, y.Span / inside.Height);
        return (Widened(x, unit * inside.Width), Widened(y, unit * inside.Height));

        static AxisRange Widened(AxisRange range, double span) => new((range.Min + range.Max - span) / 2,
            (range.Min + range.Max + span) / 2);
    }

    private static void Add(Plot plot, LineShape shape, AxisRange x, AxisRange y, double? cuts)
    {
        if (cuts is { } column)
            foreach (var (at, up) in Crossings(shape, y, column)) PanelPlot.AddCut(plot, at, up, y, shape.Colour);
        // Far outside there is nothing to see, and the canvas counts in floats.
        var line = plot.Add.ScatterLine(shape.Points.Select(p => new Coordinates(Math.Clamp(p.X, x.Min - 2 * x.Span, x.Max + 2 * x.Span),
            Math.Clamp(p.Y, y.Min - 2 * y.Span, y.Max + 2 * y.Span))).ToArray(), shape.Colour);
        line.LineStyle.Width = shape.Width;
        line.LineStyle.Rounded = true;
    }

    // Where a line leaves the panel and where it comes back, not where it begins outside.
    private static IEnumerable<(double X, bool Up)> Crossings(LineShape line, AxisRange range, double column)
    {
        double[] x = [.. line.Points.Select(point => point.X)], y = [.. line.Points.Select(point => point.Y)];
        return Outline.Exits(x, y, range, column).Where(exit => exit.X != x[0])
            .Concat(Outline.Exits([.. x.Reverse().Select(at => -at)], [.. y.Reverse()], range, column).Select(exit => (X: -exit.X, exit.Up))
                .Where(exit => exit.X != x[^1]));
    }

    private static void Add(Plot plot, DotsShape shape)
    {
        foreach (var dot in shape.Dots) plot.Add.Marker(dot.At).MarkerStyle = Marker(shape, dot.Size);
    }

    /// <summary>How a dot looks.</summary>
    public static MarkerStyle Marker(DotsShape shape, float size) =>
        new(shape.Hollow ? MarkerShape.OpenCircle : MarkerShape.FilledCircle, size, shape.Colour)
        {
            LineColor = shape.Hollow ? shape.Colour
            : Colors.White,
            LineWidth = shape.Hollow ? 1.2f : 0.8f
        };

    /// <summary>An arrow on a canvas; where it is short its head is.</summary>
    public static void DrawArrow(SKCanvas canvas, Pixel from, Pixel to, ArrowsShape shape, Paint paint)
    {
        var (dx, dy) = (to.X - from.X, to.Y - from.Y);
        var length = MathF.Sqrt(dx * dx + dy * dy);
        if (!(length > 0)) return;
        var head = Math.Min(3 * shape.Width + 4, length);
        var half = 0.38f * head;
        var (x, y) = (dx / length, dy / length);
        var neck = new Pixel(to.X - head * x, to.Y - head * y);
        Drawing.DrawLine(canvas, paint, from, neck, shape.Colour, shape.Width);
        Drawing.FillPath(canvas, paint, [to, new(neck.X - half * y, neck.Y + half * x), new(neck.X + half * y, neck.Y - half * x), to],
            new FillStyle { Color = shape.Colour });
    }

    // ScottPlot's own arrows have heads of one length, also where the arrow is shorter.
    private sealed class Arrows(ArrowsShape shape) : IPlottable
    {
        public bool IsVisible { get; set; } = true;

        public IAxes Axes { get; set; } = new Axes();

        public IEnumerable<LegendItem> LegendItems => [];

        public AxisLimits GetAxisLimits() => AxisLimits.NoLimits;

        public void Render(RenderPack rp)
        {
            foreach (var (from, to) in shape.Arrows) DrawArrow(rp.Canvas, Axes.GetPixel(from), Axes.GetPixel(to), shape, rp.Paint);
        }
    }

    // Each text where it covers least: beside its point, or farther away with a line to it. Where that is, is known when the panel is laid
    // out.
    private sealed class Texts(TextsShape shape, PlanePanel panel) : IPlottable
    {
        private const float TextSize = 12, Padding = 2, MarkRadius = 5, LongestGap = 9, Step = 3;

        public bool IsVisible { get; set; } = true;

        public IAxes Axes { get; set; } = new Axes();

        public IEnumerable<LegendItem> LegendItems => [];

        public AxisLimits GetAxisLimits() => AxisLimits.NoLimits;

        public void Render(RenderPack rp)
        {
            var label = ChartFont.Label(TextSize, Alignment.MiddleCenter);
            (label.ForeColor, label.BackgroundColor, label.Padding) = (shape.Colour, Colors.White.WithOpacity(0.7), Padding);
            Pixel[] covered =
            [
                .. shape.Elsewhere.Concat(panel.Shapes.OfType<LineShape>().Select(line => line.Points))
                    .SelectMany(line => Along(line, rp.DataRect)),
                .. panel.Shapes.OfType<DotsShape>().SelectMany(dots => dots.Dots).Select(dot => Axes.GetPixel(dot.At)),
            ];
            var taken = new List<PixelRect>();
            foreach (var (at, text) in shape.Texts)
            {
                label.Text = text;
                var (point, size) = (Axes.GetPixel(at), label.Measure(rp.Paint));
                var best = Candidates(point, size.Width + 2 * Padding, size.Height + 2 * Padding, rp.DataRect)
                    .MinBy(rect => Cost(rect, point, covered, taken));
                taken.Add(best);
                var near = Nearest(best, point);
                if (Distance(near, point) > LongestGap) Drawing.DrawLine(rp.Canvas, rp.Paint, near, point, shape.Colour, 0.8f);
                label.Render(rp.Canvas, best.Center, rp.Paint);
            }
        }

        /// <summary>Points on a line, close to one another, as far as they are on the panel.</summary>
        private IEnumerable<Pixel> Along(Items<Coordinates> line, PixelRect place)
        {
            for (var i = 0; i < line.Count; i++)
            {
                if (!line[i].AreReal) continue;
                var (to, from) = (Axes.GetPixel(line[i]), Axes.GetPixel(line[i > 0 && line[i - 1].AreReal ? i - 1 : i]));
                var steps = (int)Math.Clamp(Math.Max(Math.Abs(to.X - from.X), Math.Abs(to.Y - from.Y)) / Step, 1, place.Width);
                for (var k = 1; k <= steps; k++)
                {
                    if (new Pixel(from.X + (to.X - from.X) * k / steps, from.Y + (to.Y - from.Y) * k / steps) is var at
                        && place.Contains(at))
                    {
                        yield return at;
                    }
                }
            }
        }

        // Around the point, the nearest first; what would lie outside the panel is moved into it.
        private static IEnumerable<PixelRect> Candidates(Pixel point, float width, float height, PixelRect place)
        {
            foreach (var distance in (int[])[0, 12, 24, 40, 60, 85])
            {
                foreach (var (dx, dy) in ((int, int)[])[(1, -1), (-1, -1), (1, 1), (-1, 1), (1, 0), (-1, 0), (0, -1), (0, 1)])
                {
                    // Of the corners of a text one is near the point, or else the middle of a side.
                    var (x, y) = (point.X + dx * (MarkRadius + distance + width / 2), point.Y + dy * ((dx == 0 ? MarkRadius : 0) + distance
                        + height / 2));
                    var (left, top) = (Math.Clamp(x - width / 2, place.Left, Math.Max(place.Left, place.Right - width)),
                        Math.Clamp(y - height / 2, place.Top, Math.Max(place.Top, place.Bottom - height)));
                    yield return new(left, left + width, top + height, top);
                }
            }
        }

        // Another text, or the point itself, is worse than any line, and a little of a line is better than a long way.
        private static double Cost(PixelRect rect, Pixel point, Pixel[] covered, List<PixelRect> taken)
        {
            var near = Nearest(rect, point);
            var way = Distance(near, point);
            var crossed = way <= LongestGap ? 0 : covered.Count(at => Distance(at, point) > 2 * MarkRadius && OffSegment(at, near,
                point) < 2);
            return covered.Count(at => at.X >= rect.Left && at.X <= rect.Right && at.Y >= rect.Top && at.Y <= rect.Bottom) + crossed
                + 0.2 * way
                + (way < MarkRadius - 1 ? 1e3 : 0) + 1e4 * taken.Count(other => rect.Left < other.Right && other.Left < rect.Right
                    && rect.Top < other.Bottom && other.Top < rect.Bottom);
        }

        private static Pixel Nearest(PixelRect rect, Pixel point) => new(Math.Clamp(point.X, rect.Left, rect.Right),
            Math.Clamp(point.Y, rect.Top, rect.Bottom));

        private static double Distance(Pixel a, Pixel b) => Math.Sqrt((a.X - b.X) * (a.X - b.X) + (a.Y - b.Y) * (a.Y - b.Y));

        private static double OffSegment(Pixel at, Pixel from, Pixel to)
        {
            var (dx, dy) = (to.X - from.X, to.Y - from.Y);
            var part = Math.Clamp(((at.X - from.X) * dx + (at.Y - from.Y) * dy) / (dx * dx + dy * dy), 0, 1);
            return Distance(at, new(from.X + part * dx, from.Y + part * dy));
        }
    }
}
