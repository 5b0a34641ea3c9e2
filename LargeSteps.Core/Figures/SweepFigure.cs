using LargeSteps.Forms;
using LargeSteps.Values;

namespace LargeSteps.Figures;

/// <summary>Metrics at the last measurement over values that a sweep gave to the runs, over the seeds that survived: a panel for
/// each.</summary>
/// <remarks>
/// <c>X</c> is the path of the swept value on the horizontal axis, like <c>schedule.rate</c>; <c>Y</c> that of the vertical axis of heat
/// maps, null for lines. With <c>Last</c> it is a bifurcation diagram: a dot for each measurement of each seed in the last part of the
/// runs, so that a fixed point is one dot, an orbit of period two two of them, and chaos a smear.
/// </remarks>
public sealed record SweepFigure(string File, string X, string? Y, MetricPanels Panels) : ChartFigure(File)
{
    /// <summary>How much of the end of a run a bifurcation diagram shows where nothing is said.</summary>
    internal const double UsualLast = 0.1;

    /// <summary>The runs that are shown, by the labels that they had before they were swept; empty: all.</summary>
    public Items<string> Runs { get; init; } = [];

    /// <summary>The last part of the run, in (0, 1], all of whose measurements are shown as dots; null: the last measurement alone, as a
    /// line.</summary>
    public double? Last { get; init; }

    internal static Form<SweepFigure> Kind { get; } = new("sweep",
        "Metrics at the end of the runs over swept values, a panel for each.", f =>
    {
        var file = FigureFields.FileOf(f);
        var panels = FigureFields.PanelsOf(f, s => s.Panels);
        var x = f.Required("x", Codecs.Text, s => s.X, "the path of the swept value on the horizontal axis, like schedule.rate");
        var y = f.Nullable("y", Codecs.Text, s => s.Y, "the path of the swept value on the vertical axis of heat maps");
        var runs = FigureFields.RunsOf(f, c => c.Runs, "the runs that are shown, by the labels that they have under runs; without it all");
        var style = FigureFields.StyleOf(f);
        return v => new(v.Get(file), v.Get(x), v.Get(y), panels(v)) { Runs = v.Get(runs), Style = style(v) };
    }, "file: edge, x: schedule.rate, panels: [test_loss, survival]");

    private static readonly Codec<double> LastPart = Codecs.Number.Where(x => x is > 0 and <= 1, "must lie in (0, 1]",
        new() { ["exclusiveMinimum"] = 0, ["maximum"] = 1 });

    internal static Form<SweepFigure> BifurcationKind { get; } = new("bifurcation",
        "Metrics at the last measurements of the runs over a swept value, a dot for each; a panel for each metric.", f =>
    {
        var file = FigureFields.FileOf(f);
        var panels = FigureFields.PanelsOf(f, b => b.Panels);
        var x = f.Required("x", Codecs.Text, b => b.X, "the path of the swept value on the horizontal axis, like schedule.rate");
        var last = f.Optional("last", LastPart, b => b.Last!.Value, SweepFigure.UsualLast,
            "the last part of the run whose measurements are shown, a fraction of it");
        var runs = FigureFields.RunsOf(f, b => b.Runs, "the runs that are shown, by the labels that they have under runs; without it all");
        var style = FigureFields.StyleOf(f);
        return v => new(v.Get(file), v.Get(x), null, panels(v)) { Last = v.Get(last), Runs = v.Get(runs), Style = style(v) };
    }, "file: orbits, x: schedule.rate, panels: [train_loss]");

    internal override IForm<FigureSpec> Form => Last is null ? Kind : BifurcationKind;

    internal override MetricPanels? MetricsOfPanels => Panels;

    internal override Items<(string Key, string Path)> SweptPaths => Y is null ? [("x", X)] : [("x", X), ("y", Y)];

    internal override int PanelCount(FigureRuns runs) => Panels.Metrics.Count;

    internal override IEnumerable<string> Problems(FigureRuns runs)
    {
        foreach (var problem in FigureRuns.Missing(Runs, runs.Series).Concat(Panels.Problems())) yield return problem;
        var words = runs.All.SelectMany(run => run.Swept).Where(value => value.Path == X && value.Value.AsNumber is null);
        if (Panels.LogX == true && words.Select(word => word.Value.Text).FirstOrDefault() is { } word)
            yield return $"'{word}' has no place on a logarithmic axis: leave log_x out";
        if (Last is not null && Panels.Metrics.Contains("survival"))
            yield return "survival is one number of all seeds, and it shows single measurements";
    }

    internal override FigureSpec? Smaller(FigureLimits limits) =>
        limits.Left(Panels) is { } panels ? this with { Panels = panels } : null;
}
