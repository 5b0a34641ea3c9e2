using LargeSteps.Forms;
using LargeSteps.Values;

namespace LargeSteps.Figures;

/// <summary>
/// The function that the model of a run is at each snapshot, over the training samples: a panel for each run. The samples have one feature.
/// </summary>
public sealed record FunctionFigure(string File) : ChartFigure(File)
{
    /// <summary>The labels of the runs that are shown; empty: all.</summary>
    public Items<string> Runs { get; init; } = [];

    /// <summary>The seed that is drawn of each run that has it; null, and of other runs: the first that survived.</summary>
    public uint? Seed { get; init; }

    /// <summary>The numbers of the measurements whose snapshots are shown, counted from 0; empty: all snapshots.</summary>
    public Items<int> Measurements { get; init; } = [];

    /// <summary>Whether there is a panel for each measurement, with all runs in it, instead of one for each run.</summary>
    public bool Together { get; init; }

    private static readonly Codec<Items<int>> Numbers = Codecs.List(Codecs.Count(0)).Where(all => all.Distinct().Count() == all.Count,
        "names a measurement twice");

    internal static Form<FunctionFigure> Kind { get; } = new("function",
        "The function that a model of one input is at each snapshot, over the training samples; a panel for each run.", f =>
    {
        var file = FigureFields.FileOf(f);
        var runs = FigureFields.RunsOf(f, x => x.Runs, "the labels of the runs that are shown; without it all");
        var seed = FigureFields.SeedOf(f, x => x.Seed);
        var measurements = f.Optional("measurements", Numbers, x => x.Measurements, [],
            "the numbers of the measurements whose snapshots are shown, counted from 0; without it all snapshots");
        var together = f.Optional("together", Codecs.Flag, x => x.Together, false,
            "a panel for each measurement, with all runs in it, instead of one for each run");
        var style = FigureFields.StyleOf(f);
        return v => new(v.Get(file))
        {
            Runs = v.Get(runs),
            Seed = v.Get(seed),
            Measurements = v.Get(measurements),
            Together = v.Get(together),
            Style = style(v)
        };
    }, "file: function");

    internal override IForm<FigureSpec> Form => Kind;

    internal override int PanelCount(FigureRuns runs) =>
        Together ? Math.Max(1, Measurements.Count) : runs.Chosen(Runs).Count;

    internal override IEnumerable<string> Problems(FigureRuns runs) => runs.Missing(Runs).Concat(runs.OfEach(Runs, ProblemOf));

    internal override FigureSpec? Smaller(FigureLimits limits) => this with
    {
        Runs = limits.Left(Runs),
        Measurements = Items.From(Measurements.Select(number => limits.Moved(Runs, number)).Distinct()),
    };

    private string? ProblemOf(FigureRun run) =>
        run.Dataset.Features is not 1 and var features
            ? FormattableString.Invariant($"it shows a function of one feature, and the dataset has {features}")
        : run.Snapshots is null ? "it shows snapshots, and the probes keep none"
        : Measurements.Where(number => !run.KeepsSnapshot(number)).Select(number => (int?)number).FirstOrDefault() is { } missing
            ? FormattableString.Invariant($"it shows measurement {missing}, of which the probes keep no snapshot")
        : null;
}
