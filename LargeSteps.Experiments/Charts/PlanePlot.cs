using ScottPlot;
using ScottPlot.AxisRules;
using ScottPlot.TickGenerators;
using SkiaSharp;

namespace LargeSteps.Experiments.Charts;

/// <summary>Shapes in a plane as a plot.</summary>
internal static class PlanePlot
{
    private const float TitleWidth = 20;

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
            shape.Match<Action>(line => () => Add(plot, line, x, y), dots => () => Add(plot, dots), arrows => () => plot.Add.Plottable(new Arrows(arrows)), texts => () => Add(plot, texts, x))();

        var left = AxisTicks.Of(y, log: false, integers: false, most: (int)(inside.Height / 36));
        plot.Axes.Left.TickGenerator = new NumericManual(left);
        plot.Axes.Bottom.TickGenerator = new NumericManual(AxisTicks.Of(x, log: false, integers: false, most: (int)(inside.Width / 60)));
        plot.YLabel(panel.YTitle, PanelPlot.TickSize);
        if (panel.Surface is not null) plot.HideGrid();
        PanelPlot.Style(plot, panel);
        return new(plot, PanelPlot.LabelWidth(plot, left, paint) + TitleWidth, panel.Surface is null ? null : ColourBar.Of(panel.Surface, (int)(inside.Height / 22), paint))
        {
            Aspect = panel.Surface is null ? null : (float)(x.Span / y.Span),
        };
    }

    private static (AxisRange X, AxisRange Y) Equal(AxisRange x, AxisRange y, PixelSize inside)
    {
        var unit = Math.Max(x.Span / inside.Width, y.Span / inside.Height);
        return (Widened(x, unit * inside.Width), Widened(y, unit * inside.Height));

        static AxisRange Widened(AxisRange range, double span) => new((range.Min + range.Max - span) / 2, (range.Min + range.Max + span) / 2);
    }

    private static void Add(Plot plot, LineShape shape, AxisRange x, AxisRange y)
    {
        // Far outside there is nothing to see, and the canvas counts in floats.
        var line = plot.Add.ScatterLine(shape.Points.Select(p => new Coordinates(Math.Clamp(p.X, x.Min - 2 * x.Span, x.Max + 2 * x.Span), Math.Clamp(p.Y, y.Min - 2 * y.Span, y.Max + 2 * y.Span))).ToArray(), shape.Colour);
        line.LineStyle.Width = shape.Width;
        line.LineStyle.Rounded = true;
    }

    private static void Add(Plot plot, DotsShape shape)
    {
        foreach (var dot in shape.Dots) plot.Add.Marker(dot.At).MarkerStyle = Marker(shape, dot.Size);
    }

    private static void Add(Plot plot, TextsShape shape, AxisRange x)
    {
        foreach (var (at, text) in shape.Texts)
        {
            // On the side where there is room.
            var right = at.X < (x.Min + x.Max) / 2;
            var label = plot.Add.Text(text, at);
            label.LabelStyle.Font = ChartFont.Typeface;
            label.LabelFontSize = 12;
            label.LabelFontColor = shape.Colour;
            label.LabelAlignment = right ? Alignment.LowerLeft : Alignment.LowerRight;
            (label.LabelStyle.OffsetX, label.LabelStyle.OffsetY) = (right ? 6 : -6, -4);
            label.LabelStyle.BackgroundColor = Colors.White.WithOpacity(0.7);
            label.LabelStyle.Padding = 2;
        }
    }

    /// <summary>How a dot looks.</summary>
    public static MarkerStyle Marker(DotsShape shape, float size) =>
        new(shape.Hollow ? MarkerShape.OpenCircle : MarkerShape.FilledCircle, size, shape.Colour) { LineColor = shape.Hollow ? shape.Colour : Colors.White, LineWidth = shape.Hollow ? 1.2f : 0.8f };

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
        Drawing.FillPath(canvas, paint, [to, new(neck.X - half * y, neck.Y + half * x), new(neck.X + half * y, neck.Y - half * x), to], new FillStyle { Color = shape.Colour });
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
}
