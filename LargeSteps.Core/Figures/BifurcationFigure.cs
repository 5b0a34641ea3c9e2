using LargeSteps.Values;

namespace LargeSteps.Figures;

/// <summary>
/// Metrics at the last measurements of the runs over a value that a sweep gave to them: a dot for each measurement of each seed, so that a
/// fixed point is one dot, an orbit of period two two of them, and chaos a smear. A panel for each metric.
/// </summary>
/// <param name="File">The name of the file, without ending.</param>
/// <param name="X">The path of the swept value on the horizontal axis, like <c>schedule.rate</c>.</param>
/// <param name="Panels">The metrics; no line and no band stands for several seeds.</param>
public sealed record BifurcationFigure(string File, string X, MetricPanels Panels) : ChartFigure(File)
{
    /// <summary>How much of the end of a run is shown where nothing is said.</summary>
    internal const double UsualLast = 0.1;

    /// <summary>The last part of the run, in (0, 1], whose measurements are shown.</summary>
    public double Last { get; init; } = UsualLast;

    /// <summary>The runs that are shown, by the labels that they had before they were swept; empty: all.</summary>
    public Items<string> Runs { get; init; } = [];

    internal override MetricPanels? MetricsOfPanels => Panels;

    internal override Items<(string Key, string Path)> SweptPaths => [("x", X)];

    private protected override void Close() { }
}
