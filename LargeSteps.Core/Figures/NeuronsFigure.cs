using LargeSteps.Forms;
using LargeSteps.Values;

namespace LargeSteps.Figures;

/// <summary>
/// The rows of the first layer's weight in the plane, from the first snapshot of a run to its last, beside those of the teacher where there
/// is one: a panel for each run. The samples have two features and the network has one hidden layer.
/// </summary>
public sealed record NeuronsFigure(string File) : ChartFigure(File)
{
    /// <summary>The labels of the runs that are shown; empty: all.</summary>
    public Items<string> Runs { get; init; } = [];

    /// <summary>The seed that is drawn of each run that has it; null, and of other runs: the first that survived.</summary>
    public uint? Seed { get; init; }

    internal static Form<NeuronsFigure> Kind { get; } = new("neurons",
        "How the hidden units of a network of two inputs move from the first snapshot to the last; a panel for each run.", f =>
    {
        var file = FigureFields.FileOf(f);
        var runs = FigureFields.RunsOf(f, x => x.Runs, "the labels of the runs that are shown; without it all");
        var seed = FigureFields.SeedOf(f, x => x.Seed);
        var style = FigureFields.StyleOf(f);
        return v => new(v.Get(file)) { Runs = v.Get(runs), Seed = v.Get(seed), Style = style(v) };
    }, "file: neurons");

    internal override IForm<FigureSpec> Form => Kind;

    internal override int PanelCount(FigureRuns runs) => runs.Chosen(Runs).Count;

    internal override IEnumerable<string> Problems(FigureRuns runs) => runs.Missing(Runs).Concat(runs.OfEach(Runs, ProblemOf));

    internal override FigureSpec? Smaller(FigureLimits limits) => this with { Runs = limits.Left(Runs) };

    private static string? ProblemOf(FigureRun run) =>
        run.Dataset.Features is not 2 and var features
            ? FormattableString.Invariant($"it shows neurons in the plane of two features, and the dataset has {features}")
        : !run.Model.Match(diagonal => false, relu => relu.Hidden.Count == 1, deep => false, custom => false)
            ? "it shows the neurons of a relu_network with one hidden layer"
        : run.Snapshots is null ? "it shows snapshots, and the probes keep none"
        : null;
}
