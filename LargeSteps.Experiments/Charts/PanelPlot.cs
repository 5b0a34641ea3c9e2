using LargeSteps.Pipelines;
using ScottPlot;
using ScottPlot.TickGenerators;

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

    private const float TitleSize = 13;

    /// <summary>The plot of a panel.</summary>
    /// <param name="panel">The panel.</param>
    /// <param name="inside">About how large the part inside the axes is.</param>
    /// <param name="paint">What measures text.</param>
    public static PanelPlot Of(Panel panel, PixelSize inside, Paint paint) =>
        panel.Match(
        curves => OfCurves(curves, inside, paint), map => HeatMapPlot.Of(map, inside, paint), plane => PlanePlot.Of(plane, inside, paint));

    private static PanelPlot OfCurves(CurvesPanel panel, PixelSize inside, Paint paint)
    {
        var plot = new Plot();
        var curves = panel.Curves.Map(curve => Placed.Of(curve, panel));
        var references = panel.References.Map(curve => Placed.Of(curve, panel));
        var horizontal = panel.Categories.Count > 0 ? new(-0.5, panel.Categories.Count - 0.5) : AxisScale.Horizontal(curves.SelectMany(c => c.X));
        var vertical = panel.IsSurvival ? new(-0.04, 1.04) : AxisScale.Vertical(curves.Concat(references).SelectMany(c => c.Visible), panel.LogY);
        plot.Axes.SetLimits(horizontal.Min, horizontal.Max, vertical.Min, vertical.Max);

        // What a column of half a unit hides is not worth a point.
        var columns = (int)(2 * inside.Width);
        foreach (var curve in curves) AddBand(plot, curve, vertical, columns);
        foreach (var curve in curves)
            foreach (var seed in curve.Seeds) AddLine(plot, curve, seed, vertical, columns, width: 0.6f, opacity: 0.3);
        foreach (var decay in panel.Decays) AddDecay(plot, AxisScale.Place(decay.X, panel.LogX), decay.Colour);
        foreach (var reference in references) AddLine(plot, reference, reference.Line, vertical, columns, width: 1.2f, opacity: 1, pattern: Palette.Reference);
        foreach (var curve in curves) AddLine(plot, curve, curve.Line, vertical, columns, width: 1.7f, opacity: 1, panel.Markers);

        var left = AxisTicks.Of(vertical, panel.LogY, IntegersOnly(panel), most: (int)(inside.Height / (panel.LogY ? 24 : 36)));
        plot.Axes.Left.TickGenerator = new NumericManual(left);
        plot.Axes.Bottom.TickGenerator = new NumericManual(
            panel.Categories.Count > 0 ? [.. panel.Categories.Select((label, i) => Tick.Major(i, label))] : AxisTicks.Of(horizontal, panel.LogX, integers: curves.SelectMany(c => c.X).All(double.IsInteger) || panel.LogX, most: (int)(inside.Width / (panel.LogX ? 40 : 60))));
        Style(plot, panel);
        return new(plot, LabelWidth(plot, left, paint));
    }

    /// <summary>The width of the widest label of ticks.</summary>
    public static float LabelWidth(Plot plot, Tick[] ticks, Paint paint) =>
        ticks.Select(tick => plot.Axes.Left.TickLabelStyle.Measure(tick.Label, paint).Width).DefaultIfEmpty(0).Max();

    private static bool IntegersOnly(CurvesPanel panel) =>
        !panel.IsSurvival && panel.Curves.SelectMany(c => c.Seeds.Add(c.Line)).SelectMany(values => values).Where(double.IsFinite).All(double.IsInteger);

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

    private static void AddLine(Plot plot, Placed curve, double[] values, AxisRange vertical, int columns, float width, double opacity, bool markers = false, LinePattern? pattern = null)
    {
        var colour = Palette.Colour(curve.Colour).WithOpacity(opacity);
        var gap = new Coordinates(double.NaN, double.NaN);
        var pieces = Outline.Pieces(curve.X, Within(values, vertical), columns).ToLookup(piece => piece.Length > 1);
        var line = plot.Add.ScatterLine(pieces[true].SelectMany(piece => piece.Append(gap)).ToArray(), colour);
        line.LineStyle.Width = width;
        line.LineStyle.Pattern = pattern ?? Palette.Pattern(curve.Colour);
        line.LineStyle.Rounded = true;
        // Between two gaps a point can be alone.
        plot.Add.ScatterPoints(pieces.Where(found => markers || !found.Key).SelectMany(found => found).SelectMany(piece => piece).ToArray(), colour).MarkerSize = 2.5f * width;
    }

    private static void AddDecay(Plot plot, double place, int colour)
    {
        if (double.IsNaN(place)) return;
        var line = plot.Add.VerticalLine(place, 1, Palette.Colour(colour).WithOpacity(0.6), Palette.Decay);
        line.ExcludeFromLegend = true;
    }

    // Far outside there is nothing to see, and the canvas counts in floats.
    private static double[] Within(double[] places, AxisRange range) =>
        Array.ConvertAll(places, place => Math.Clamp(place, range.Min - 2 * range.Span, range.Max + 2 * range.Span));

    /// <summary>What all panels have in common: headings, colours and sizes.</summary>
    public static void Style(Plot plot, Panel panel)
    {
        plot.Title(panel.Heading, TitleSize);
        plot.XLabel(panel.XTitle, TickSize);
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

    /// <summary>A curve in places on the axes. The edges of its band have the same gaps.</summary>
    private sealed record Placed(int Colour, double[] X, double[] Line, double[] Lower, double[] Upper, Items<double[]> Seeds)
    {
        // Below the logarithm of any positive number.
        private const double Bottomless = -1000;

        /// <summary>What the vertical axis is to show.</summary>
        public IEnumerable<double> Visible { get; init; } = [];

        public static Placed Of(Curve curve, CurvesPanel panel)
        {
            double[] Places(Items<double> values) => values.Count == curve.X.Count
                ? AxisScale.Places(values.AsSpan(), panel.LogY)
                : throw new ArgumentException($"curve '{curve.Label}' has {curve.X.Count} iterations and {values.Count} values", nameof(curve));

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
            return new(curve.Colour, AxisScale.Places(curve.X.AsSpan(), panel.LogX), line, lower, upper, seeds)
            {
                Visible = [.. line, .. upper, .. seeds.SelectMany(s => s), .. lower.Select(l => Math.Max(l, floor))],
            };
        }
    }
}
