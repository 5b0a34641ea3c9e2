using LargeSteps.Pipelines;

namespace LargeSteps.Experiments.Charts;

/// <summary>A figure: panels side by side, and one legend for all.</summary>
/// <param name="Title">The heading; null for none.</param>
/// <param name="Panels">The panels, from left to right.</param>
internal sealed record Chart(string? Title, Items<Panel> Panels);

/// <summary>One metric over the iterations.</summary>
/// <param name="Metric">The name of the metric.</param>
/// <param name="Title">The heading; null for the one that goes with the metric.</param>
/// <param name="LogX">Whether the iterations are on a logarithmic axis.</param>
/// <param name="LogY">Whether the metric is on a logarithmic axis.</param>
/// <param name="Curves">The curves; the last is on top.</param>
/// <param name="Decays">Where step sizes drop.</param>
/// <param name="XTitle">What the horizontal axis shows.</param>
internal sealed record Panel(string Metric, string? Title, bool LogX, bool LogY, Items<Curve> Curves, Items<Decay> Decays, string XTitle = "iteration");

/// <summary>
/// One run, or the middle of the runs of several seeds. A value that an axis cannot show (not finite; on a
/// logarithmic axis not positive) is a gap.
/// </summary>
/// <param name="Label">The name in the legend; curves of one name in several panels share an entry.</param>
/// <param name="Colour">The index of the colour, from 0.</param>
/// <param name="X">The iterations, ascending.</param>
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
