using LargeSteps.Values;

namespace LargeSteps.Figures;

/// <summary>
/// Metrics as a table: for each run and each window the mean over the seeds that survived, with its standard error, and how far it is from
/// that of another run.
/// </summary>
/// <param name="File">The name of the file, without ending.</param>
/// <param name="Metrics">The metrics.</param>
/// <param name="Against">The label of the run that the others are compared with; null: none.</param>
/// <param name="Windows">The parts of the runs that are shown; at least one.</param>
public sealed record TableFigure(string File, Items<string> Metrics, string? Against, Items<Window> Windows) : FigureSpec(File)
{
    internal override Items<string>? MetricsOfTable => Metrics;

    private protected override void Close() { }
}

/// <summary>A part of a run: of a seed, a table shows the mean of its measurements there.</summary>
/// <param name="Name">What the table calls it.</param>
/// <param name="From">The fraction of the run with which it begins, in [0, 1].</param>
/// <param name="To">The fraction before which it ends, in (From, 1]; both 1: the last measurement alone.</param>
public sealed record Window(string Name, double From, double To)
{
    /// <summary>The last measurement.</summary>
    public static Window End { get; } = new("end", 1, 1);

    /// <summary>Whether it is the last measurement alone.</summary>
    internal bool IsEnd => From >= To;
}
