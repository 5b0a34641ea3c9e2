using LargeSteps.Pipelines;

namespace LargeSteps.Experiments.Charts;

/// <summary>A figure: panels side by side, and one legend for all.</summary>
/// <param name="Title">The heading; null for none.</param>
/// <param name="Panels">The panels, from left to right.</param>
internal sealed record Chart(string? Title, Items<Panel> Panels);

/// <summary>One metric: curves, or a map of colours.</summary>
/// <param name="Metric">The name of the metric.</param>
/// <param name="Title">The heading; null for the one that goes with the metric.</param>
/// <param name="LogX">Whether the horizontal axis is logarithmic.</param>
/// <param name="LogY">Whether the metric is on a logarithmic scale.</param>
/// <param name="XTitle">What the horizontal axis shows.</param>
internal abstract record Panel(string Metric, string? Title, bool LogX, bool LogY, string XTitle)
{
    /// <summary>The heading.</summary>
    public string Heading => Title ?? MetricTitles.Of(Metric);

    /// <summary>Whether it shows a fraction of seeds, whose scale goes from 0 to 1 whatever the values are.</summary>
    public bool IsSurvival => Metric == "survival" && !LogY;

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(Func<CurvesPanel, TResult> curves, Func<HeatMapPanel, TResult> heatMap) => this switch
    {
        CurvesPanel c => curves(c),
        HeatMapPanel h => heatMap(h),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

/// <summary>A metric over the iterations, or over a swept value: curves, the last on top, and where step sizes drop.</summary>
/// <remarks>With <c>Markers</c> the points of the lines are marked: where they are few, and nothing is known in between.</remarks>
internal sealed record CurvesPanel(
    string Metric, string? Title, bool LogX, bool LogY, Items<Curve> Curves, Items<Decay> Decays, string XTitle = "iteration", bool Markers = false)
    : Panel(Metric, Title, LogX, LogY, XTitle);

/// <summary>A metric over two swept values.</summary>
/// <remarks>
/// A pair of values without a cell stays white. The legend says what the colours show (<c>Shown</c>), and what a cell without value means
/// (<c>Missing</c>).
/// </remarks>
internal sealed record HeatMapPanel(
    string Metric, string? Title, bool LogX, bool LogY, Items<HeatCell> Cells, string XTitle, string YTitle, string Shown, string Missing)
    : Panel(Metric, Title, LogX, LogY, XTitle);

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
/// <param name="Survival">How many seeds have not diverged, as the legend shows it (<c>24/50</c>); null for nothing.</param>
internal sealed record Curve(
    string Label, int Colour, Items<double> X, Items<double> Line, Spread? Band, Items<Items<double>> Seeds, string? Survival)
{
    /// <summary>The curve of a single run.</summary>
    public static Curve Of(string label, int colour, Items<double> x, Items<double> line) => new(label, colour, x, line, null, [], null);
}

/// <summary>The spread around a line: its lower and upper edge at each iteration.</summary>
internal sealed record Spread(Items<double> Lower, Items<double> Upper);

/// <summary>A drop of the step size of a run: the iteration, and the index of the run's colour.</summary>
internal sealed record Decay(double X, int Colour);
