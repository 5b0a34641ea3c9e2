using LargeSteps.Values;
using ScottPlot;
using ScottPlot.TickGenerators;
using SkiaSharp;

namespace LargeSteps.Experiments.Charts;

/// <summary>One panel as a plot: everything is decided, but for the room around its axes.</summary>
/// <param name="Plot">The plot.</param>
/// <param name="LeftWidth">The width of the labels on the left.</param>
/// <param name="Bar">What the colours of a map mean; null where there is none.</param>
internal sealed record PanelPlot(Plot Plot, float LeftWidth, ColourBar? Bar = null)
{
    /// <summary>The width of what lies inside the axes over its height; null where it fills the panel.</summary>
    public float? Aspect { get; init; }

    public const float TickSize = 11;

    private const float TitleSize = 13, TitleWidth = 20, CutSize = 6.5f;

    /// <summary>The plot of a panel.</summary>
    /// <param name="panel">The panel.</param>
    /// <param name="inside">About how large the part inside the axes is.</param>
    /// <param name="paint">What measures text.</param>
    public static PanelPlot Of(Panel panel, PixelSize inside, Paint paint) =>
        panel.Match(
        curves => OfCurves(curves, inside, paint), map => HeatMapPlot.Of(map, inside, paint), image => ImagePlot.Of(image, inside, paint),
        plane => PlanePlot.Of(plane, inside, paint));

    private static PanelPlot OfCurves(CurvesPanel panel, PixelSize inside, Paint paint)
    {
        var plot = new Plot();
        var curves = panel.Curves.Map(curve => Placed.Of(curve, panel));
        var references = panel.References.Map(curve => Placed.Of(curve, panel));
        var horizontal = panel.Categories.Count > 0 ? new(-0.5, panel.Categories.Count - 0.5)
            : AxisScale.Horizontal(curves.SelectMany(c => c.X));
        var vertical = AxisScale.Limited(panel.IsSurvival ? new(-0.04, 1.04) : Vertical(curves, references, panel.LogY), panel.Limits,
            panel.LogY);
        plot.Axes.SetLimits(horizontal.Min, horizontal.Max, vertical.Min, vertical.Max);

        // What a column of half a unit hides is not worth a point.
        var columns = (int)(2 * inside.Width);
        foreach (var curve in curves) AddBand(plot, curve, vertical, columns);
        foreach (var curve in curves)
        {
            foreach (var seed in curve.Seeds)
            {
                AddLine(plot, curve, seed, vertical, columns, width: 0.7f, opacity: curve.Seeds.Count > 20
                ? 0.3 : 0.5);
            }
        }

        foreach (var decay in panel.Decays) AddDecay(plot, AxisScale.Place(decay.X, panel.LogX), decay.Colour);
        foreach (var reference in references)
        {
            AddLine(plot, reference, reference.Line, vertical, columns, width: 1.2f, opacity: 1,
            pattern: Palette.Reference);
        }

        foreach (var curve in curves)
        {
            if (panel.Unjoined) AddMarks(plot, curve, panel.MarkRadius);
            else AddLine(plot, curve, curve.Line, vertical, columns, width: 1.7f, opacity: 1, panel.Markers);
        }
        foreach (var curve in curves.Concat(references)) AddCuts(plot, curve, vertical, horizontal, inside);
        var left = AxisTicks.Of(vertical, panel.LogY, IntegersOnly(panel), most: (int)(inside.Height / (panel.LogY ? 24 : 36)),
            panel.Percent);
        plot.Axes.Left.TickGenerator = new NumericManual(left);
        plot.Axes.Bottom.TickGenerator = new NumericManual(
            panel.Categories.Count > 0 ? [.. panel.Categories.Select((label, i) => Tick.Major(i, label))] : AxisTicks.Of(horizontal,
                panel.LogX, integers: curves.SelectMany(c => c.X).All(double.IsInteger) || panel.LogX,
                most: (int)(inside.Width / (panel.LogX ? 40 : 60))));
        Style(plot, panel, inside, paint, [.. Notes(panel)]);
        return new(plot, WidthLeft(plot, panel, left, paint));
    }

    // Lines to hold curves against are seen whole only where that leaves the curves a quarter of the panel.
    private static AxisRange Vertical(Items<Placed> curves, Items<Placed> references, bool log)
    {
        var (data, whole) = (Of(curves), Of(curves.Concat(references)));
        return whole.Span <= 4 * data.Span ? whole : data;

        AxisRange Of(IEnumerable<Placed> lines) =>
            AxisScale.Vertical(lines.SelectMany(c => c.Seeds.Add(c.Line).Map(line => (c.X, line))), curves.SelectMany(c => c.Beside), log);
    }

    /// <summary>The width of the widest label of ticks, and of what the axis is called.</summary>
    public static float WidthLeft(Plot plot, Panel panel, Tick[] ticks, Paint paint) => LabelWidth(plot, ticks, paint)
        + (panel.YTitle is null ? 0 : TitleWidth);

    private static float LabelWidth(Plot plot, Tick[] ticks, Paint paint) =>
        ticks.Select(tick => plot.Axes.Left.TickLabelStyle.Measure(tick.Label, paint).Width).DefaultIfEmpty(0).Max();

    private static bool IntegersOnly(CurvesPanel panel) =>
        !panel.IsSurvival && panel.Curves.SelectMany(c => c.Seeds.Add(c.Line)).SelectMany(values => values).Where(double.IsFinite)
            .All(double.IsInteger);

    private static void AddBand(Plot plot, Placed curve, AxisRange vertical, int columns)
    {
        var lower = Outline.Pieces(curve.X, Within(curve.Lower, vertical), columns);
        var upper = Outline.Pieces(curve.X, Within(curve.Upper, vertical), columns);
        foreach (var (below, above) in lower.Zip(upper))
        {
            var band = plot.Add.Polygon([.. above, .. below.Reverse()]);
            band.FillColor = Palette.Colour(curve.Colour).WithOpacity(0.2);
            band.LineWidth = 0;
        }
    }

    private static void AddLine(Plot plot, Placed curve, double[] values, AxisRange vertical, int columns, float width, double opacity,
        bool markers = false, LinePattern? pattern = null)
    {
        var colour = Palette.Colour(curve.Colour).WithOpacity(opacity);
        var gap = new Coordinates(double.NaN, double.NaN);
        var pieces = Outline.Pieces(curve.X, Within(values, vertical), columns).ToLookup(piece => piece.Length > 1);
        var line = plot.Add.ScatterLine(pieces[true].SelectMany(piece => piece.Append(gap)).ToArray(), colour);
        line.LineStyle.Width = width;
        line.LineStyle.Pattern = pattern ?? Palette.Pattern(curve.Colour);
        line.LineStyle.Rounded = true;
        // Between two gaps a point can be alone.
        AddDots(plot, [.. pieces.Where(found => markers || !found.Key).SelectMany(found => found).SelectMany(piece => piece)], colour,
            1.25f * width);
    }

    private static void AddDecay(Plot plot, double place, int colour)
    {
        if (double.IsNaN(place)) return;
        var line = plot.Add.VerticalLine(place, 1, Palette.Colour(colour).WithOpacity(0.6), Palette.Decay);
        line.ExcludeFromLegend = true;
    }

    private static void AddMarks(Plot plot, Placed curve, float radius)
    {
        Coordinates[] at = [.. curve.X.Zip(curve.Line, (x, y) => new Coordinates(x, y)).Where(point => point.AreReal)];
        AddDots(plot, at, Palette.Colour(curve.Colour).WithOpacity(0.85), radius);
    }

    private static void AddDots(Plot plot, Coordinates[] at, Color colour, float radius) => plot.Add.Plottable(new Marks(at, colour,
        (canvas, pixel, paint) => canvas.DrawCircle(pixel.X, pixel.Y, radius, paint)));

    /// <summary>A triangle at the edge where a line leaves the panel: its tip is there.</summary>
    public static void AddCut(Plot plot, double x, bool up, AxisRange vertical, Color colour) =>
        plot.Add.Plottable(new Marks([new(x, up ? vertical.Max : vertical.Min)], colour, (canvas, edge, paint) =>
        {
            var foot = edge.Y + (up ? CutSize : -CutSize);
            using var triangle = new SKPath();
            triangle.AddPoly([new(edge.X, edge.Y), new(edge.X - 0.55f * CutSize, foot), new(edge.X + 0.55f * CutSize, foot)]);
            canvas.DrawPath(triangle, paint);
        }));

    // Where a line leaves the panel a triangle at its edge points outwards; of a band or of single seeds it is lighter.
    private static void AddCuts(Plot plot, Placed curve, AxisRange vertical, AxisRange horizontal, PixelSize inside)
    {
        var column = CutColumn(inside, horizontal);
        var marked = new HashSet<(long, bool)>();
        foreach (var (line, opacity) in curve.Seeds.Map(seed => (seed, 0.5)).Prepend((curve.Upper, 0.5)).Prepend((curve.LowerEnd, 0.5))
            .Prepend((curve.Line, 1)))
        {
            foreach (var (x, up) in Outline.Exits(curve.X, line, vertical, column))
            {
                if (marked.Add(((long)(x / column), up)))
                    AddCut(plot, x, up, vertical, Palette.Colour(curve.Colour).WithOpacity(opacity));
            }
        }
    }

    /// <summary>The width of a triangle on the horizontal axis.</summary>
    public static double CutColumn(PixelSize inside, AxisRange horizontal) => CutSize / inside.Width * horizontal.Span;

    // What the scales cannot show.
    private static IEnumerable<string> Notes(CurvesPanel panel)
    {
        if (panel.LogX && panel.Curves.Any(curve => curve.X.Any(x => x <= 0))) yield return "0 is not shown";
        if (panel.LogY && Missing(panel.Curves.SelectMany(curve => curve.Seeds.Add(curve.Line)).SelectMany(line => line)) is { } missing)
            yield return $"{missing} are not shown";
    }

    /// <summary>What of some values a logarithmic scale has no place for; null where it has one for all.</summary>
    public static string? Missing(IEnumerable<double> values)
    {
        double[] missing = [.. values.Where(value => value <= 0)];
        return missing.Length == 0 ? null : missing.All(value => value == 0) ? "values of 0" : "values ≤ 0";
    }

    // Far outside there is nothing to see, and the canvas counts in floats.
    private static double[] Within(double[] places, AxisRange range) =>
        Array.ConvertAll(places, place => Math.Clamp(place, range.Min - 2 * range.Span, range.Max + 2 * range.Span));

    /// <summary>What all panels have in common: headings, colours and sizes; texts that have no room become smaller, down to seven tenths,
    /// and then shorter.</summary>
    public static void Style(Plot plot, Panel panel, PixelSize inside, Paint paint, params string[] notes)
    {
        var below = notes.Length == 0 ? panel.XTitle : $"{panel.XTitle} ({string.Join(", ", notes)})";
        // Beside the axes there is room for the labels of their ticks.
        Label(plot.Axes.Title.Label, panel.Heading, TitleSize, inside.Width + TitleWidth);
        Label(plot.Axes.Bottom.Label, below, TickSize, inside.Width + TitleWidth);
        if (panel.YTitle is { } vertical) Label(plot.Axes.Left.Label, vertical, TickSize, inside.Height + TitleWidth);

        void Label(LabelStyle label, string text, float size, float room)
        {
            float Width(string of) => ChartFont.Label(size, Alignment.MiddleCenter).Measure(of, paint).Width;
            var smaller = Math.Clamp(room / Math.Max(1, Width(text)), 0.7f, 1);
            while (text.Length > 1 && Width(text) * smaller > 1.001f * room) text = text[..^Math.Min(2, text.Length - 1)].TrimEnd() + "…";
            (label.Text, label.FontSize) = (text, size * smaller);
        }
        plot.Axes.Title.Label.Bold = false;
        plot.Axes.Bottom.Label.Bold = plot.Axes.Left.Label.Bold = false;
        plot.Axes.Title.Label.ForeColor = plot.Axes.Bottom.Label.ForeColor = plot.Axes.Left.Label.ForeColor = Palette.Text;
        plot.Axes.Top.IsVisible = plot.Axes.Right.IsVisible = false;
        plot.Axes.Title.Label.OffsetY = -5;
        // ScottPlot centres a line of text with its descenders; numbers have none.
        plot.Axes.Left.TickLabelStyle.OffsetY = 2.5f;
        plot.Grid.MajorLineColor = Palette.Grid;
        foreach (var axis in new IAxis[] { plot.Axes.Bottom, plot.Axes.Left })
        {
            axis.FrameLineStyle.Color = axis.MajorTickStyle.Color = axis.MinorTickStyle.Color = Palette.Frame;
            axis.TickLabelStyle.FontSize = TickSize;
            axis.TickLabelStyle.ForeColor = Palette.Text;
        }
    }

    // ScottPlot's own are filled with the dashes of the line before them, which Skia's SVG complains of.
    private sealed class Marks(Coordinates[] at, Color colour, Action<SKCanvas, Pixel, SKPaint> draw) : IPlottable
    {
        public bool IsVisible { get; set; } = true;

        public IAxes Axes { get; set; } = new Axes();

        public IEnumerable<LegendItem> LegendItems => [];

        public AxisLimits GetAxisLimits() => AxisLimits.NoLimits;

        public void Render(RenderPack rp)
        {
            using var paint = new SKPaint
            {
                IsAntialias = true,
                Style = SKPaintStyle.Fill,
                Color = new SKColor(colour.R, colour.G, colour.B,
                colour.A)
            };
            // What lies within a quarter of a unit of another is not seen beside it.
            foreach (var pixel in at.Select(Axes.GetPixel).DistinctBy(pixel => (MathF.Round(4 * pixel.X), MathF.Round(4 * pixel.Y))))
                draw(rp.Canvas, pixel, paint);
        }
    }

    /// <summary>A curve in places on the axes. The edges of its band have the same gaps.</summary>
    private sealed record Placed(int Colour, double[] X, double[] Line, double[] Lower, double[] Upper, Items<double[]> Seeds)
    {
        // Below the logarithm of any positive number.
        private const double Bottomless = -1000;

        /// <summary>The lower edge of the band where it has an end.</summary>
        public double[] LowerEnd => Array.ConvertAll(Lower, place => place == Bottomless ? double.NaN : place);

        /// <summary>What the vertical axis is to show besides the lines.</summary>
        public IEnumerable<(double[] X, double[] Y)> Beside { get; init; } = [];

        public static Placed Of(Curve curve, CurvesPanel panel)
        {
            double[] Places(Items<double> values) => values.Count == curve.X.Count
                ? AxisScale.Places(values.AsSpan(), panel.LogY)
                : throw new ArgumentException($"curve '{curve.Label}' has {curve.X.Count} iterations and {values.Count} values",
                    nameof(curve));

            var line = Places(curve.Line);
            var seeds = curve.Seeds.Map(Places);
            var (lower, upper) = curve.Band is { } band ? (Places(band.Lower), Places(band.Upper)) : ([], []);
            for (var i = 0; i < lower.Length; i++)
            {
                // Mean less deviation can be negative: on a logarithmic axis the band then reaches down to the edge.
                if (panel.LogY && curve.Band!.Lower[i] <= 0) lower[i] = Bottomless;
                if (double.IsNaN(lower[i]) || double.IsNaN(upper[i])) lower[i] = upper[i] = double.NaN;
            }
            // For the same reason the axis does not follow a band far down.
            var floor = panel.LogY ? line.Where(double.IsFinite).DefaultIfEmpty(double.NaN).Min() - 1 : double.NegativeInfinity;
            var x = AxisScale.Places(curve.X.AsSpan(), panel.LogX);
            return new(curve.Colour, x, line, lower, upper, seeds)
            {
                Beside = curve.Band is null ? [] : [(x, upper), (x, Array.ConvertAll(lower, place => Math.Max(place, floor)))],
            };
        }
    }
}
