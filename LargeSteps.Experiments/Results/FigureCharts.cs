using LargeSteps.Experiments.Charts;
using LargeSteps.Figures;
using LargeSteps.Forms;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Results;

/// <summary>What several kinds of charts are made of.</summary>
internal static class FigureCharts
{
    /// <summary>The chart of a figure alone.</summary>
    public static Chart Of(FigureSpec figure, Experiment experiment, Items<UnitResult> results) =>
        FigureDrawings.Of(figure, new(experiment, results)).Chart;

    /// <summary>The results of the runs with the given labels; of none: all.</summary>
    public static Items<UnitResult> Of(Items<string> labels, Items<UnitResult> results) => labels.Count == 0 ? results
        : Items.From(results.Where(r => labels.Contains(r.Unit.Label)));

    /// <summary>What the panel of a metric is called.</summary>
    public static string Heading(MetricPanels panels, string metric, Items<UnitResult> results) =>
        LabelOf(panels, metric) ?? MetricTitles.Of(metric, results.SelectMany(result => result.Unit.Pipeline.Probes.Measure).Distinct());

    /// <summary>What the figure calls the panel of a metric; null: it says nothing.</summary>
    public static string? LabelOf(MetricPanels panels, string metric) =>
        panels.Labels.FirstOrDefault(label => label.Metric == metric)?.Text;

    /// <summary>A panel with the limits and units that the figure asks for.</summary>
    public static Panel Styled(MetricPanels panels, MetricPanel panel) => panel with
    {
        Percent = panels.Percent.Contains(panel.Metric),
        Limits = panels.YLimits.FirstOrDefault(limits => limits.Metric == panel.Metric),
    };

    /// <summary>The curve of seeds.</summary>
    public static Curve CurveOf(Ensemble ensemble, int colour) => new(
        ensemble.Label, colour, Items.From(ensemble.X), Items.From(ensemble.Center),
        ensemble.Lower is { } lower && ensemble.Upper is { } upper ? new Spread(Items.From(lower), Items.From(upper)) : null,
        Items.From(ensemble.Seeds.Select(Items.From)),
        Told(ensemble.Outcome))
    {
        BySeed = Items.From(ensemble.BySeed.Select(end => (end.Seed, Items.From(end.Values)))),
    };

    // Of a single run that completed there is nothing to say.
    private static string? Told(Survival seeds) => string.Join(", ", new[]
    {
        seeds.Total > 1 || seeds.Alive < seeds.Total ? $"{seeds.Fraction} alive" : null,
        seeds.Stopped > 0 ? FormattableString.Invariant($"{seeds.Stopped} stopped") : null,
    }.OfType<string>()) is { Length: > 0 } told ? told : null;

    /// <summary>What everybody calls a value of a run, or else the words of its path.</summary>
    public static string Words(string path) => path switch
    {
        "schedule.rate" => "step size η",
        "schedule.at[0].fraction" => "fraction of the run before η drops",
        "optimizer.batch_size" => "batch size",
        "optimizer.sam.radius" => "SAM radius ρ",
        "optimizer.layer_rates[0]" => "factor of the step size of the first layer",
        "optimizer.layer_rates[1]" => "factor of the step size of the second layer",
        _ => path.Replace('_', ' ').Replace('.', ' '),
    };
}
