using LargeSteps.Figures;
using LargeSteps.Values;
using ScottPlot;

namespace LargeSteps.Experiments.Charts;

/// <summary>A figure: panels side by side, and one legend for all.</summary>
/// <param name="Title">The heading; null for none.</param>
/// <param name="Panels">The panels, from left to right.</param>
/// <param name="MostColumns">How many of them stand side by side at most, where the style does not say it.</param>
/// <param name="PanelWidth">How wide a panel is, in units of length, where the style has no size.</param>
internal sealed record Chart(string? Title, Items<Panel> Panels, int MostColumns = 4, int PanelWidth = 420)
{
    /// <summary>How it looks. Its title and the names of its axes stand in the chart and its panels.</summary>
    public FigureStyle Style { get; init; } = FigureStyle.Default;

    /// <summary>How many panels stand side by side.</summary>
    public int Columns => Style.ColumnsOf(Panels.Count, MostColumns);

    /// <summary>The same in a style, with its title and the names of its axes.</summary>
    public Chart In(FigureStyle style) => this with
    {
        Style = style,
        Title = style.Title is null ? Title : Title is null ? style.Title : $"{style.Title}, {Title}",
        Panels = Panels.Map(panel => panel with { XTitle = style.XLabel ?? panel.XTitle, YTitle = style.YLabel ?? panel.YTitle }),
    };
}

/// <summary>One plot of a figure: curves or a map of colours of one metric, or shapes in a plane.</summary>
/// <param name="XTitle">What the horizontal axis shows.</param>
/// <param name="YTitle">What the vertical axis shows; null where the heading says it.</param>
internal abstract record Panel(string XTitle, string? YTitle)
{
    /// <summary>The heading.</summary>
    public abstract string Heading { get; }

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(Func<CurvesPanel, TResult> curves, Func<HeatMapPanel, TResult> heatMap,
        Func<ImagePanel, TResult> image, Func<PlanePanel, TResult> plane) => this switch
        {
            CurvesPanel c => curves(c),
            HeatMapPanel h => heatMap(h),
            ImagePanel i => image(i),
            PlanePanel p => plane(p),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
}

/// <summary>One metric.</summary>
/// <param name="Metric">The name of the metric.</param>
/// <param name="Title">The heading; null for the one that goes with the metric.</param>
/// <param name="LogX">Whether the horizontal axis is logarithmic.</param>
/// <param name="LogY">Whether the metric is on a logarithmic scale.</param>
/// <param name="XTitle">What the horizontal axis shows.</param>
/// <param name="YTitle">What the vertical axis shows; null where the heading says it.</param>
internal abstract record MetricPanel(string Metric, string? Title, bool LogX, bool LogY, string XTitle, string? YTitle)
    : Panel(XTitle, YTitle)
{
    /// <summary>Whether the metric is a fraction that is shown in percent.</summary>
    public bool Percent { get; init; }

    /// <summary>What of its scale is shown; null: what its values ask for.</summary>
    public PanelLimits? Limits { get; init; }

    /// <inheritdoc/>
    public override string Heading => Title ?? MetricTitles.Of(Metric);

    /// <summary>Whether it shows a fraction of seeds, whose scale goes from 0 to 1 whatever the values are.</summary>
    public bool IsSurvival => Metric == "survival" && !LogY;
}

/// <summary>A metric over the iterations, or over a swept value: curves, the last on top, and where step sizes drop.</summary>
/// <remarks>
/// With <c>Markers</c> the points of the lines are marked: where they are few, and nothing is known in between. With <c>Unjoined</c> there
/// are marks and no lines.
/// </remarks>
internal sealed record CurvesPanel(
    string Metric, string? Title, bool LogX, bool LogY, Items<Curve> Curves, Items<Decay> Decays, string XTitle = "iteration",
        bool Markers = false, bool Unjoined = false)
    : MetricPanel(Metric, Title, LogX, LogY, XTitle, null)
{
    /// <summary>Lines to hold the curves against, dashed and in the colours of their curves; those of one label share an entry in the
    /// legend.</summary>
    public Items<Curve> References { get; init; } = [];

    /// <summary>What stands at the places 0, 1, … of the horizontal axis; empty where it has numbers.</summary>
    public Items<string> Categories { get; init; } = [];

    /// <summary>What its curves are of their seeds; null: they are of single runs.</summary>
    public SeedSpread? Spread { get; init; }

    /// <summary>The radius of marks, in units of length.</summary>
    public float MarkRadius { get; init; } = 1.8f;
}

/// <summary>A metric over two swept values.</summary>
/// <remarks>
/// A pair of values without a cell stays white. The legend says what the colours show (<c>Shown</c>), and what a cell without value means
/// (<c>Missing</c>).
/// </remarks>
internal sealed record HeatMapPanel(
    string Metric, string? Title, bool LogX, bool LogY, Items<HeatCell> Cells, string XTitle, string? YTitle, string Shown, string Missing)
    : MetricPanel(Metric, Title, LogX, LogY, XTitle, YTitle)
{
    /// <summary>What stands at the places 0, 1, … of the horizontal axis; empty where it has numbers.</summary>
    public Items<string> XCategories { get; init; } = [];

    /// <summary>The same of the vertical axis.</summary>
    public Items<string> YCategories { get; init; } = [];
}

/// <summary>Cells in two kinds, each with a speed, as an image: numbers above 0 converge, the less the faster; those below 0 do not, the
/// nearer to 0 the faster.</summary>
/// <param name="Title">The heading.</param>
/// <param name="X">The values on the horizontal axis, ascending, evenly spaced on it.</param>
/// <param name="Y">The values on the vertical axis.</param>
/// <param name="LogX">Whether the horizontal axis is logarithmic.</param>
/// <param name="LogY">Whether the vertical axis is logarithmic.</param>
/// <param name="Cells">The number of (X_i, Y_j) at place j · X.Count + i.</param>
/// <param name="XTitle">What the horizontal axis shows.</param>
/// <param name="YTitle">What the vertical axis shows.</param>
internal sealed record ImagePanel(string Title, Items<double> X, Items<double> Y, bool LogX, bool LogY, Items<double> Cells, string XTitle,
    string? YTitle) : Panel(XTitle, YTitle)
{
    /// <inheritdoc/>
    public override string Heading => Title;

    /// <summary>What the legend says of the two kinds.</summary>
    public static Items<(string Text, bool Converged)> Kinds { get; } = [("converges, the darker the faster", true),
        ("does not converge, the darker the faster", false)];
}

/// <summary>A pair of swept values, and what came of them; NaN where nothing did.</summary>
internal sealed record HeatCell(double X, double Y, double Value);

/// <summary>
/// One run, or the middle of the runs of several seeds. A value that an axis cannot show (not finite; on a
/// logarithmic axis not positive) is a gap.
/// </summary>
/// <param name="Label">The name in the legend; curves of one name in several panels share an entry.</param>
/// <param name="Colour">The index of the colour, from 0.</param>
/// <param name="X">The iterations or swept values, ascending.</param>
/// <param name="Line">The value at each of them.</param>
/// <param name="Band">The spread around the line; null for none.</param>
/// <param name="Seeds">The values of single seeds at the same iterations, drawn as thin lines.</param>
/// <param name="Survival">How many seeds have completed alive, as the legend shows it (<c>24/50 alive</c>); null for nothing.</param>
internal sealed record Curve(
    string Label, int Colour, Items<double> X, Items<double> Line, Spread? Band, Items<Items<double>> Seeds, string? Survival)
{
    /// <summary>The curve of a single run.</summary>
    public static Curve Of(string label, int colour, Items<double> x, Items<double> line) => new(label, colour, x, line, null, [], null);

    /// <summary>What each point of the line is the middle of, seed by seed, NaN where it has no value: told where somebody asks, and not
    /// drawn.</summary>
    public Items<(uint Seed, Items<double> Values)> BySeed { get; init; } = [];
}

/// <summary>How curves are made of seeds.</summary>
/// <param name="Center">Their middle.</param>
/// <param name="Band">What is shown of their spread.</param>
/// <param name="Shown">The two in words, as a label of a curve that has none of its own.</param>
internal sealed record SeedSpread(Center Center, Band Band, string Shown);

/// <summary>The spread around a line: its lower and upper edge at each iteration.</summary>
internal sealed record Spread(Items<double> Lower, Items<double> Upper);

/// <summary>A drop of the step size of a run: the iteration, and the index of the run's colour.</summary>
internal sealed record Decay(double X, int Colour);

/// <summary>Shapes in a plane, each over those before it.</summary>
/// <param name="Title">The heading.</param>
/// <param name="XTitle">What the horizontal axis shows.</param>
/// <param name="YTitle">What the vertical axis shows.</param>
/// <param name="X">What of the horizontal axis is to be seen.</param>
/// <param name="Y">What of the vertical axis is to be seen.</param>
/// <param name="EqualUnits">Whether a unit is as long on both axes; one of them then shows more than it must.</param>
/// <param name="Shapes">The shapes, in the order of the legend.</param>
internal sealed record PlanePanel(string Title, string XTitle, string? YTitle, AxisRange X, AxisRange Y, bool EqualUnits,
    Items<Shape> Shapes) : Panel(XTitle, YTitle)
{
    /// <inheritdoc/>
    public override string Heading => Title;

    /// <summary>Whether a triangle at the edge says that a line leaves the panel there: where lines are functions of the horizontal
    /// axis.</summary>
    public bool MarksCuts { get; init; }

    /// <summary>What lies below the shapes, and then fills the panel, which is as high as its axes demand; null for nothing.</summary>
    public SurfaceMap? Surface { get; init; }
}

/// <summary>Something in a plane.</summary>
/// <param name="Label">Its name in the legend, where shapes of one name share an entry; null for none.</param>
/// <param name="Colour">The colour.</param>
internal abstract record Shape(string? Label, Color Colour)
{
    /// <summary>Whether there is nothing to draw.</summary>
    public bool IsEmpty => Match(line => line.Points.Count == 0, dots => dots.Dots.Count == 0, arrows => arrows.Arrows.Count == 0,
        texts => texts.Texts.Count == 0);

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(Func<LineShape, TResult> line, Func<DotsShape, TResult> dots, Func<ArrowsShape, TResult> arrows,
        Func<TextsShape, TResult> texts) => this switch
        {
            LineShape l => line(l),
            DotsShape d => dots(d),
            ArrowsShape a => arrows(a),
            TextsShape t => texts(t),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
}

/// <summary>A line through points; one that is not finite is a gap.</summary>
internal sealed record LineShape(string? Label, Color Colour, float Width, Items<Coordinates> Points) : Shape(Label, Colour);

/// <summary>Dots; hollow ones are rings.</summary>
internal sealed record DotsShape(string? Label, Color Colour, bool Hollow, Items<Dot> Dots) : Shape(Label, Colour);

/// <summary>A dot and its diameter, in units of length of the picture.</summary>
internal sealed record Dot(Coordinates At, float Size);

/// <summary>Arrows from one point to another.</summary>
internal sealed record ArrowsShape(string? Label, Color Colour, float Width, Items<(Coordinates From, Coordinates To)> Arrows)
    : Shape(Label, Colour);

/// <summary>Short texts beside points, where they cover little of a line or a dot.</summary>
internal sealed record TextsShape(Color Colour, Items<(Coordinates At, string Text)> Texts) : Shape(null, Colour)
{
    /// <summary>Lines that are not to be covered besides those of the panel: they are drawn in other frames.</summary>
    public Items<Items<Coordinates>> Elsewhere { get; init; } = [];
}
