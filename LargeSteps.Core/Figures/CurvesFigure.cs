using LargeSteps.Forms;
using LargeSteps.Values;

namespace LargeSteps.Figures;

/// <summary>What the horizontal axis of curves counts.</summary>
public enum CurveAxis
{
    /// <summary>Steps.</summary>
    Iteration,

    /// <summary>Passes over the training set; a step of gradient descent is one.</summary>
    Epoch,

    /// <summary>The sum of the sizes of all steps: of plain gradient descent the time of the flow that it follows.</summary>
    Time,
}

/// <summary>Metrics over the iterations: a panel for each.</summary>
/// <remarks>
/// A run with several seeds is drawn by a centre and a band over the seeds that have not diverged yet. With <c>ShowSeeds</c> each seed is a
/// thin line besides.
/// </remarks>
public sealed record CurvesFigure(string File, MetricPanels Panels, bool ShowSeeds) : ChartFigure(File)
{
    /// <summary>The labels of the runs that are shown; empty: all.</summary>
    public Items<string> Runs { get; init; } = [];

    /// <summary>The folders of results that are shown together, names of experiments; empty: the experiment's own alone. With them runs are
    /// called <c>FOLDER: RUN</c>.</summary>
    public Items<string> Results { get; init; } = [];

    /// <summary>What the horizontal axis counts.</summary>
    public CurveAxis Axis { get; init; }

    /// <summary>Whether measurements are marks instead of points of a line: for iterates that jump to and fro.</summary>
    public bool Marks { get; init; }

    private static readonly Codec<CurveAxis> AxisCodec = Codecs.Word("axis", [.. Axes.Keys]).As(word => Axes[word],
        axis => Axes.First(each => each.Value == axis).Key);

    private static Dictionary<string, CurveAxis> Axes => new()
    {
        ["iteration"] = CurveAxis.Iteration,
        ["epoch"] = CurveAxis.Epoch,
        ["time"] = CurveAxis.Time,
    };

    internal static Form<CurvesFigure> Kind { get; } = new("curves",
        "Metrics over the iterations, a panel for each; the kind that is meant where none stands.", f =>
    {
        var file = FigureFields.FileOf(f);
        var panels = FigureFields.PanelsOf(f, x => x.Panels);
        var seeds = f.Optional("show_seeds", Codecs.Flag, x => x.ShowSeeds, false, "draw each seed as a thin line besides");
        var x = f.Optional("x", AxisCodec, c => c.Axis, CurveAxis.Iteration,
            "what the horizontal axis counts; a step of gradient descent is an epoch, time the sum of the sizes of all steps");
        var marks = f.Optional("marks", Codecs.Flag, c => c.Marks, false,
            "measurements are marks, not points of a line: for iterates that jump to and fro");
        var runs = FigureFields.RunsOf(f, c => c.Runs, "the labels of the runs that are shown; without it all");
        var results = FigureFields.ResultsOf(f, c => c.Results);
        var style = FigureFields.StyleOf(f);
        return v => new(v.Get(file), panels(v), v.Get(seeds))
        {
            Axis = v.Get(x),
            Marks = v.Get(marks),
            Runs = v.Get(runs),
            Results = v.Get(results),
            Style = style(v)
        };
    }, "file: overview, panels: [train_loss, test_loss, survival], log_y: [train_loss, test_loss]");

    internal override IForm<FigureSpec> Form => Kind;

    internal override MetricPanels? MetricsOfPanels => Panels;

    internal override int PanelCount(FigureRuns runs) => Panels.Metrics.Count;

    internal override IEnumerable<string> Problems(FigureRuns runs) => (Results.Count == 0 ? runs.Missing(Runs)
        : JoinedLabel.Problems(Runs, Results)).Concat(Panels.Problems());

    internal override Items<string> ResultsShown => Results;

    internal override Items<string> LabelsShown => Runs;

    internal override FigureSpec Renamed(string from, string to) => this with
    {
        Results = Results.Map(folder => folder == from ? to : folder),
        Runs = Results.Contains(from) ? Runs.Map(run => JoinedLabel.Renamed(run, from, to)) : Runs,
    };

    // Others are as they are, and what they measure is not known.
    internal override FigureSpec? Smaller(FigureLimits limits) => Results.Count > 0 ? this :
        limits.Left(Panels) is { } panels ? this with { Panels = panels, Runs = limits.Left(Runs) } : null;
}
