using LargeSteps.Forms;
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
    /// <summary>The folders of results that are shown together, names of experiments; empty: the experiment's own alone. With them runs are
    /// called <c>FOLDER: RUN</c>.</summary>
    public Items<string> Results { get; init; } = [];

    private static readonly Codec<double> Part = Codecs.Number.Where(x => x is >= 0 and <= 1, "must lie in [0, 1]", new()
    {
        ["minimum"] = 0,
        ["maximum"] = 1
    });

    private static readonly Codec<Window> WindowCodec = Codecs.WordOr(
        "window", w => w == Window.End ? "end" : null, [("end", Window.End)],
        new RecordCodec<Window>("A part of the run: the mean of the measurements in it.", f =>
        {
            var name = f.Required("name", Codecs.Text, w => w.Name, "what the table calls it");
            var from = f.Required("from", Part, w => w.From, "the fraction of the run with which it begins");
            var to = f.Required("to", Part, w => w.To, "the fraction before which it ends");
            return v => new(v.Get(name), v.Get(from), v.Get(to));
        }).Where(w => w.From < w.To, "must begin before it ends"));

    internal static Form<TableFigure> Kind { get; } = new("table",
        "Metrics in parts of the runs, as means over the seeds that survived with standard errors, beside those of one run.", f =>
    {
        var file = FigureFields.FileOf(f);
        var metrics = f.Required("metrics", Codecs.List(Codecs.Text, 1), t => t.Metrics, "the metrics");
        var against = f.Nullable("against", Codecs.Text, t => t.Against,
            "the label of the run that the others are compared with, in standard errors");
        var windows = f.Optional("windows", Codecs.List(WindowCodec, 1), t => t.Windows, [Window.End],
            "the parts of the runs, or the word end for the last measurement");
        var results = FigureFields.ResultsOf(f, t => t.Results);
        return v => new(v.Get(file), v.Get(metrics), v.Get(against), v.Get(windows)) { Results = v.Get(results) };
    }, "file: ends, metrics: [train_loss, test_loss], windows: [{ name: second half, from: 0.5, to: 1 }, end]");

    internal override IForm<FigureSpec> Form => Kind;

    internal override Items<string>? MetricsOfTable => Metrics;

    internal override IEnumerable<string> Problems(FigureRuns runs) => Results.Count == 0 ? runs.Missing(LabelsShown)
        : JoinedLabel.Problems(LabelsShown, Results);

    internal override Items<string> ResultsShown => Results;

    internal override Items<string> LabelsShown => Against is { } label ? [label] : [];

    internal override FigureSpec Renamed(string from, string to) => this with
    {
        Results = Results.Map(folder => folder == from ? to : folder),
        Against = Against is { } label && Results.Contains(from) ? JoinedLabel.Renamed(label, from, to) : Against,
    };

    // Others are as they are, and what they measure is not known.
    internal override FigureSpec? Smaller(FigureLimits limits) => Results.Count > 0 ? this : Metrics.Any(limits.Metrics.Contains)
        ? this with { Metrics = Items.From(Metrics.Where(limits.Metrics.Contains)) } : null;
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
