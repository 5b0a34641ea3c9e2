using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Optimizers;
using LargeSteps.Probes;
using LargeSteps.Values;

namespace LargeSteps.Figures;

/// <summary>A run as a figure sees it before there are results.</summary>
/// <param name="Label">Its label.</param>
/// <param name="Dataset">Its data.</param>
/// <param name="Model">Its model.</param>
/// <param name="Optimizer">Its optimizer.</param>
/// <param name="Snapshots">The measurements that keep their weights; null: none.</param>
/// <param name="CountMeasurements">Counts its measurements, which takes a while where they are many; null where its length is not
/// known.</param>
internal sealed record FigureRun(string Label, DatasetSpec Dataset, ModelSpec Model, OptimizerSpec Optimizer, SnapshotSpec? Snapshots,
    Func<int?> CountMeasurements)
{
    /// <summary>The values that a sweep gave to it.</summary>
    public Items<(string Path, AxisValue Value)> Swept { get; init; } = [];

    /// <summary>Whether a measurement keeps its weights, as far as that is known.</summary>
    /// <param name="number">Its number, counted from 0; null: the last one.</param>
    public bool KeepsSnapshot(int? number) => Snapshots is { } snapshots
        && (CountMeasurements() is not { } count || ((number ?? count - 1) < count && snapshots.Keeps(number ?? count - 1, count)));
}

/// <summary>The runs of an experiment as a figure sees them.</summary>
/// <param name="All">The runs.</param>
/// <param name="Series">The labels that runs had before a sweep made others of them.</param>
internal sealed record FigureRuns(Items<FigureRun> All, Items<string> Series)
{
    /// <summary>Those with some labels; all where there are none.</summary>
    public Items<FigureRun> Chosen(Items<string> labels) => labels.Count == 0 ? All
        : Items.From(All.Where(run => labels.Contains(run.Label)));

    /// <summary>Labels that no run has.</summary>
    public IEnumerable<string> Missing(Items<string> labels) => Missing(labels, All.Map(run => run.Label));

    /// <summary>Labels that are none of those known.</summary>
    public static IEnumerable<string> Missing(Items<string> labels, Items<string> known) =>
        labels.Where(label => !known.Contains(label)).Select(label => $"there is no run '{label}'");

    /// <summary>What single runs cannot show, each problem once with the runs that have it.</summary>
    public IEnumerable<string> OfEach(Items<string> labels, Func<FigureRun, string?> problemOf)
    {
        var chosen = Chosen(labels);
        return from run in chosen
               let problem = problemOf(run)
               where problem is not null
               group run.Label by problem into same
               let whose = same.Count() == chosen.Count ? "" : $" ({(same.Count() == 1 ? "run" : "runs")} '{string.Join("', '", same)}')"
               select same.Key + whose;
    }
}

/// <summary>What <c>--smoke</c> leaves of figures.</summary>
/// <param name="Metrics">The metrics that are measured still.</param>
/// <param name="Labels">The labels of the runs that are left, in their order.</param>
/// <param name="Moved">The number of a measurement of the first run with one of some labels (of all where there are none), in the run as it
/// is then.</param>
/// <param name="GridPoints">The most values of an axis of a map.</param>
/// <param name="SurfacePoints">The most values of an axis of a loss surface.</param>
/// <param name="Images">The most images.</param>
internal sealed record FigureLimits(IReadOnlySet<string> Metrics, Items<string> Labels, Func<Items<string>, int, int> Moved, int GridPoints,
    int SurfacePoints, int Images)
{
    /// <summary>Those of some labels that are left.</summary>
    public Items<string> Left(Items<string> labels) => Items.From(Labels.Where(label => labels.Contains(label)));

    /// <summary>The panels of the metrics that are left; null where there are none.</summary>
    public MetricPanels? Left(MetricPanels panels) => panels.Metrics.Any(Metrics.Contains) ? panels with
    {
        Metrics = Items.From(panels.Metrics.Where(Metrics.Contains)),
        LogY = Items.From(panels.LogY.Where(Metrics.Contains)),
        Percent = Items.From(panels.Percent.Where(Metrics.Contains)),
        YLimits = Items.From(panels.YLimits.Where(limits => Metrics.Contains(limits.Metric))),
        Labels = Items.From(panels.Labels.Where(label => Metrics.Contains(label.Metric))),
    } : null;
}
