using System.Globalization;
using LargeSteps.Figures;
using LargeSteps.Values;

namespace LargeSteps.Pipelines;

/// <summary>What a figure asks of the runs that it shows, beyond metrics.</summary>
internal static class FigureChecks
{
    // Smaller, and the axes have no room beside their labels.
    private const int LeastWidth = 130, LeastHeight = 120, LegendWidth = 120, LegendHeight = 31;

    /// <summary>Why a figure cannot show all runs, or not in the way that it asks for.</summary>
    public static IEnumerable<Diagnostic> Problems(FigureSpec figure, Items<LabelledPipeline> runs, Items<Run> swept) => figure.Match(
        curves => Missing(curves.Runs, runs).Concat(OfPanels(curves.Panels)).Concat(OfSize(curves, curves.Panels.Metrics.Count))
            .Select(problem => Told(curves, problem)),
        sweep => OfSwept(sweep, runs, swept),
        map => Missing(map.Run is { } trained ? [trained] : [], runs).Concat(OfMap(map, runs)).Concat(OfSize(map, 1))
            .Select(problem => Told(map, problem)),
        function => Missing(function.Runs, runs).Concat(OfSize(function, PanelsOf(function, runs)))
            .Select(problem => Told(function, problem))
            .Concat(OfEach(function, Chosen(runs, function.Runs), pipeline => OfFunction(function, pipeline))),
        neurons => Missing(neurons.Runs, runs).Concat(OfSize(neurons, Chosen(runs, neurons.Runs).Count))
            .Select(problem => Told(neurons, problem))
            .Concat(OfEach(neurons, Chosen(runs, neurons.Runs), OfNeurons)),
        surface => SurfaceChecks.Problems(surface, runs).Concat(OfSize(surface, surface.Panels.Count))
            .Select(problem => Told(surface, problem)),
        table => table.Against is { } against && runs.All(run => run.Label != against) ? [Told(table, $"there is no run '{against}'")]
            : []);

    private static Items<LabelledPipeline> Chosen(Items<LabelledPipeline> runs, Items<string> labels) => labels.Count == 0 ? runs
        : Items.From(runs.Where(run => labels.Contains(run.Label)));

    private static IEnumerable<string> Missing(Items<string> labels, Items<LabelledPipeline> runs) =>
        Missing(labels, runs.Map(run => run.Label));

    private static IEnumerable<string> Missing(Items<string> labels, Items<string> known) => labels.Where(label => !known.Contains(label))
        .Select(label => $"there is no run '{label}'");

    private static IEnumerable<string> OfPanels(MetricPanels panels) =>
        from limits in panels.YLimits
        where panels.LogY.Contains(limits.Metric) && (limits.From <= 0 || limits.To <= 0)
        select $"the axis of '{limits.Metric}' is logarithmic, and its limits must be above 0";

    private static int PanelsOf(FunctionFigure figure, Items<LabelledPipeline> runs) => !figure.Together ? Chosen(runs, figure.Runs).Count
        : Math.Max(1, figure.Measurements.Count);

    /// <summary>A picture that is too small for its panels, as far as that is known without results.</summary>
    private static IEnumerable<string> OfSize(ChartFigure figure, int panels)
    {
        if (figure.Style is not { Size: { } size } style) yield break;
        var columns = style.ColumnsOf(panels);
        var rows = Math.Max(1, (panels + columns - 1) / columns);
        var (width, height) = ((int)Math.Ceiling(style.Scale * (columns * LeastWidth + (style.Legend == LegendPlace.Right ? LegendWidth
            : 0))),
            (int)Math.Ceiling(style.Scale * (rows * LeastHeight + (style.Legend is LegendPlace.Bottom or LegendPlace.Top ? LegendHeight
                : 0))));
        if (size.Width < width || size.Height < height)
        {
            yield return string.Create(CultureInfo.InvariantCulture,
                $"{panels} {(panels == 1 ? "panel" : "panels")}, {columns} side by side, at this size of text need a size of at least " +
                $"{width} × {height}");
        }
    }

    private static Diagnostic Told(FigureSpec figure, string problem) =>
        new("LS0226", $"the figure '{figure.File}' cannot be drawn: {problem}");

    private static IEnumerable<Diagnostic> OfSwept(SweepFigure sweep, Items<LabelledPipeline> runs, Items<Run> swept) =>
        Missing(sweep.Runs, Items.From(swept.Select(run => run.Series).OfType<string>())).Concat(OfPanels(sweep.Panels))
            .Concat(OfSize(sweep, sweep.Panels.Metrics.Count)).Concat(
                from word in runs.SelectMany(run => run.Swept).Where(value => value.Path == sweep.X && value.Value.AsNumber is null).Take(1)
                where sweep.Panels.LogX == true
                select $"'{word.Value.Text}' has no place on a logarithmic axis: leave log_x out")
            .Concat(sweep.Last is not null && sweep.Panels.Metrics.Contains("survival")
                ? ["survival is one number of all seeds, and it shows single measurements"] : [])
            .Select(problem => Told(sweep, problem));

    private static IEnumerable<string> OfMap(MapFigure map, Items<LabelledPipeline> runs)
    {
        var cells = (double)map.X.Points * map.Y.Points;
        if (cells > MapFigure.MostCells)
            yield return FormattableString.Invariant($"it has {cells} cells, and the most is {MapFigure.MostCells}");
        if (map.X.Path == map.Y.Path) yield return "its axes are the same value";
        if (runs.FirstOrDefault(run => map.Run is null || run.Label == map.Run) is not { } trained) yield break;
        if (!trained.Pipeline.Model.Match(diagonal => true, relu => true, deep => false, custom => false))
        {
            yield return "it trains a network for each cell, and that is for diagonal_linear and relu_network";
        }
        if (trained.Pipeline.Optimizer.Rule.Flow is not null) yield return "a flow has no step size that could be too large";
    }

    private static IEnumerable<Diagnostic> OfEach(FigureSpec figure, Items<LabelledPipeline> runs, Func<Pipeline, string?> problemOf) =>
        from run in runs
        let problem = problemOf(run.Pipeline)
        where problem is not null
        group run.Label by problem into same
        let whose = same.Count() == runs.Count ? "" : $" ({(same.Count() == 1 ? "run" : "runs")} '{string.Join("', '", same)}')"
        select Told(figure, same.Key + whose);

    private static string? OfFunction(FunctionFigure figure, Pipeline pipeline) =>
        pipeline.Dataset.Features is not 1 and var features
            ? FormattableString.Invariant($"it shows a function of one feature, and the dataset has {features}")
        : pipeline.Probes.Snapshots is not { } snapshots ? "it shows snapshots, and the probes keep none"
        : pipeline.Horizon.Steps is < 1 or > PipelineChecks.MaxSteps || figure.Measurements.All(number => SnapshotKept(pipeline, snapshots,
            number)) ? null
        : string.Create(CultureInfo.InvariantCulture,
            $"it shows measurement {figure.Measurements.First(number => !SnapshotKept(pipeline, snapshots, number))}, of which the " +
            $"probes keep no snapshot");

    private static bool SnapshotKept(Pipeline pipeline, Probes.SnapshotSpec snapshots, int number) =>
        pipeline.Probes.At.Count(pipeline.Horizon) is var count && number < count && snapshots.Keeps(number, (int)Math.Min(int.MaxValue,
            count));

    private static string? OfNeurons(Pipeline pipeline) =>
        pipeline.Dataset.Features is not 2 and var features
            ? FormattableString.Invariant($"it shows neurons in the plane of two features, and the dataset has {features}")
        : !pipeline.Model.Match(diagonal => false, relu => relu.Hidden.Count == 1, deep => false, custom => false)
            ? "it shows the neurons of a relu_network with one hidden layer"
        : pipeline.Probes.Snapshots is null ? "it shows snapshots, and the probes keep none"
        : null;
}
