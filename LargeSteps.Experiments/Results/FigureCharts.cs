using LargeSteps.Experiments.Charts;
using LargeSteps.Figures;
using LargeSteps.Forms;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Results;

/// <summary>Makes charts of results.</summary>
internal static class FigureCharts
{
    /// <summary>The chart that a figure describes.</summary>
    public static Chart Of(FigureSpec figure, Experiment experiment, Items<UnitResult> results) =>
        figure.Match(
            curves => Curves(curves, results),
            sweep => sweep.Last is { } last ? Bifurcation(sweep, last, experiment, results)
                : sweep.Y is { } y ? HeatMaps(sweep, y, experiment, results) : Sweep(sweep, experiment, results),
            map => Map(map, TrainabilityMap.Of(map, RunOf(map, results))),
            function => ModelPictures.Functions(function, results),
            neurons => ModelPictures.Neurons(neurons, results),
            surface => SurfacePicture.Of(surface, results).Chart(),
            table => throw new ArgumentException("A table is no chart.", nameof(figure)));

    /// <summary>The results of the runs with the given labels; of none: all.</summary>
    public static Items<UnitResult> Of(Items<string> labels, Items<UnitResult> results) => labels.Count == 0 ? results
        : Items.From(results.Where(r => labels.Contains(r.Unit.Label)));

    /// <summary>The run that a map trains at each of its points.</summary>
    public static Pipeline RunOf(MapFigure map, Items<UnitResult> results) =>
        results.First(result => map.Run is null || result.Unit.Label == map.Run).Unit.Pipeline;

    /// <summary>The chart of a map; null: it was stopped.</summary>
    public static Chart Map(MapFigure figure, TrainabilityMap? map) => new Chart(null, [new ImagePanel(
        map is null ? "not trained" : double.IsNaN(map.BoundaryDimension) ? "convergence"
            : FormattableString.Invariant($"convergence; its boundary has dimension {map.BoundaryDimension:F2}"),
        map?.X ?? Items.From(figure.X.Values()), map?.Y ?? Items.From(figure.Y.Values()), figure.X.Logarithmic, figure.Y.Logarithmic,
        map?.Cells ?? Items.From(Enumerable.Repeat(double.NaN, figure.X.Points * figure.Y.Points)),
        Words(figure.X.Path), Words(figure.Y.Path))],
        PanelWidth: MapWidth).In(figure.Style);

    private const int MapWidth = 600;

    // A curve for each run, in the run's colour on every panel, and in every figure.
    private static Chart Curves(CurvesFigure figure, Items<UnitResult> all)
    {
        string[] labels = [.. all.Select(r => r.Unit.Label).Distinct()];
        var results = Of(figure.Runs, all);
        var decays = Items.From(results.DistinctBy(r => r.Unit.Label).SelectMany(r => DecaysOf(r.Unit.Pipeline, figure.Axis,
            Array.IndexOf(labels, r.Unit.Label))));
        return new Chart(null, figure.Panels.Metrics.Map(metric => Styled(figure.Panels, new CurvesPanel(
            metric, Heading(figure.Panels, metric, results), figure.Panels.LogX ?? false, figure.Panels.LogY.Contains(metric),
            Items.From(Ensemble.Of(metric, figure, results).Select(e => CurveOf(e, Array.IndexOf(labels, e.Label)))), decays,
            CurveAxes.Name(figure.Axis), Unjoined: figure.Marks)
        {
            References = Items.From(StabilityEdges(metric, figure, results, labels)),
        }))).In(figure.Style);
    }

    private static string Heading(MetricPanels panels, string metric, Items<UnitResult> results) =>
        LabelOf(panels, metric) ?? MetricTitles.Of(metric, results.SelectMany(result => result.Unit.Pipeline.Probes.Measure).Distinct());

    private static string? LabelOf(MetricPanels panels, string metric) =>
        panels.Labels.FirstOrDefault(label => label.Metric == metric)?.Text;

    private static Panel Styled(MetricPanels panels, MetricPanel panel) => panel with
    {
        Percent = panels.Percent.Contains(panel.Metric),
        Limits = panels.YLimits.FirstOrDefault(limits => limits.Metric == panel.Metric),
    };

    // More would not be seen.
    private const int MostStairs = 1000;

    /// <summary>
    /// Where the largest eigenvalue of the Hessian is shown, or of plain steps the curvature of batches or along steps: of each run the
    /// edge of stability at the step size of every step, as far as the run was measured, of a fork from its beginning on. It is a function
    /// of the schedule and not of the measurements, so that a short large step size shows whether or not it was measured.
    /// </summary>
    private static IEnumerable<Curve> StabilityEdges(string metric, CurvesFigure figure, Items<UnitResult> results, string[] labels)
    {
        var alongSteps = metric is "batch_sharpness" or "critical_sharpness";
        if (!alongSteps && metric is not ("sharpness" or "hessian_eigenvalue_1")) yield break;
        foreach (var run in results.Where(r => r.AtEnd.Metrics.Contains(metric) && r.AtEnd.Measurements.Count > 0)
            .GroupBy(r => r.Unit.Label))
        {
            var pipeline = run.First().Unit.Pipeline;
            // With momentum these two have other edges.
            if (StabilityEdge.Of(pipeline) is not { } edge || (alongSteps && pipeline.Optimizer.Rule.Momentum != 0)) continue;
            var (horizon, last) = (pipeline.Horizon, run.Max(r => r.AtEnd.Measurements[^1].Iteration));
            var (rate, target) = (pipeline.Schedule.Function(horizon), CheckpointFile.TargetOf(pipeline));
            var stairs = Stairs(pipeline, last).Append(target.Since).Where(step => step >= target.Since).Distinct().Order()
                .Select(step => (Step: step, Edge: edge.At(rate(horizon.Progress(Math.Min(step, horizon.Steps - 1))))))
                .Where(stair => double.IsFinite(stair.Edge)).ToArray();
            // Each step has its own height up to the next.
            (double X, double Y)[] corners = [.. stairs.SelectMany((stair, i) => i == 0 ? new[] { ((double)stair.Step, stair.Edge) }
                : [(stair.Step, stairs[i - 1].Edge), (stair.Step, stair.Edge)])];
            yield return Curve.Of(
                edge.Formula, Array.IndexOf(labels, run.Key), Items.From(CurveAxes.Places(figure.Axis, target,
                    [.. corners.Select(c => (long)c.X)])), Items.From(corners.Select(c => c.Y)));
        }
    }

    // All steps, or so many of them, with those at which a decay begins and the ones before.
    private static IEnumerable<long> Stairs(Pipeline pipeline, long last)
    {
        var horizon = pipeline.Horizon;
        var decays = pipeline.Schedule.Decays(horizon).SelectMany(progress => (long[])[(long)Math.Ceiling(progress * horizon.Steps) - 1,
            (long)Math.Ceiling(progress * horizon.Steps)]);
        var spread = Enumerable.Range(0, (int)Math.Min(last, MostStairs) + 1).Select(i => last <= MostStairs ? i
            : (long)Math.Round(i * (last / (double)MostStairs)));
        return spread.Concat(decays.Where(step => step >= 0 && step <= last)).Distinct().Order();
    }

    private static Chart Sweep(SweepFigure figure, Experiment experiment, Items<UnitResult> results) =>
        new Chart(null, figure.Panels.Metrics.Map(metric =>
        {
            var curves = Items.From(Ensemble.Over(figure, metric, experiment, results).Select(CurveOf));
            var categories = SweptAxis.Of(figure.X, experiment).Categories;
            return Styled(figure.Panels, new CurvesPanel(
                metric, Heading(figure, metric, results), categories.Count == 0 && (figure.Panels.LogX
                    ?? AxisScale.IsLogarithmic(curves.SelectMany(curve => curve.X))), figure.Panels.LogY.Contains(metric),
                curves, [], Words(figure.X), Markers: true)
            { Categories = categories });
        })).In(figure.Style);

    // Small dots: there are many, one over the other.
    private const float DotRadius = 0.7f;

    private static Chart Bifurcation(SweepFigure figure, double last, Experiment experiment, Items<UnitResult> results)
    {
        var shown = FormattableString.Invariant($"last {Math.Round(100 * last, 6)} % of the run");
        return new Chart(null, figure.Panels.Metrics.Map(metric =>
        {
            var curves = Items.From(Ensemble.Last(figure, last, metric, experiment, results).Select((series, i) =>
                Curve.Of(series.Label.Length > 0 ? series.Label : shown, i,
                    Items.From(series.Points.Select(p => p.X)), Items.From(series.Points.Select(p => p.Y)))));
            var categories = SweptAxis.Of(figure.X, experiment).Categories;
            return Styled(figure.Panels, new CurvesPanel(
                metric, Heading(figure.Panels, metric, results), categories.Count == 0 && (figure.Panels.LogX
                    ?? AxisScale.IsLogarithmic(curves.SelectMany(curve => curve.X))), figure.Panels.LogY.Contains(metric),
                curves, [], Words(figure.X), Unjoined: true)
            { Categories = categories, MarkRadius = DotRadius });
        })).In(figure.Style);
    }

    // A panel for each metric, and where the sweep has several series, for each of them.
    private static Chart HeatMaps(SweepFigure figure, string y, Experiment experiment, Items<UnitResult> results) =>
        new Chart(null, Items.From(figure.Panels.Metrics.SelectMany(metric => Ensemble.Map(figure, metric, experiment, results)
            .Select(map => Styled(figure.Panels, new HeatMapPanel(
            metric, map.Series.Length > 0 ? $"{Heading(figure, metric, results)}, {map.Series}" : Heading(figure, metric, results),
            figure.Panels.LogX ?? AxisScale.IsLogarithmic(map.Cells.Select(cell => cell.X)), figure.Panels.LogY.Contains(metric),
            map.Cells, Words(figure.X), Words(y), Ensemble.Shown(figure, results), "no survivor")
            {
                XCategories = SweptAxis.Of(figure.X, experiment).Categories,
                YCategories = SweptAxis.Of(y, experiment).Categories,
            }))))).In(figure.Style);

    // At the end of the runs none is "not yet" diverged.
    private static string Heading(SweepFigure figure, string metric, Items<UnitResult> results) =>
        LabelOf(figure.Panels, metric) ?? (metric == Ensemble.Survival ? "surviving seeds" : Heading(figure.Panels, metric, results));

    private static Curve CurveOf(Ensemble ensemble, int colour) => new(
        ensemble.Label, colour, Items.From(ensemble.X), Items.From(ensemble.Center),
        ensemble.Lower is { } lower && ensemble.Upper is { } upper ? new Spread(Items.From(lower), Items.From(upper)) : null,
        Items.From(ensemble.Seeds.Select(Items.From)),
        Told(ensemble.Outcome));

    // Of a single run that completed there is nothing to say.
    private static string? Told(Survival seeds) => string.Join(", ", new[]
    {
        seeds.Total > 1 || seeds.Alive < seeds.Total ? $"{seeds.Fraction} alive" : null,
        seeds.Stopped > 0 ? FormattableString.Invariant($"{seeds.Stopped} stopped") : null,
    }.OfType<string>()) is { Length: > 0 } told ? told : null;

    private static IEnumerable<Decay> DecaysOf(Pipeline pipeline, CurveAxis axis, int colour)
    {
        var horizon = pipeline.Horizon;
        // At the step from which it is in effect: it lies half a step before.
        return CurveAxes.Places(axis, CheckpointFile.TargetOf(pipeline), [.. pipeline.Schedule.Decays(horizon)
            .Select(progress => (long)Math.Ceiling(progress * horizon.Steps)).Order()]).Select(place => new Decay(place, colour));
    }

    // What everybody calls it, or else the words of the path.
    private static string Words(string path) => path switch
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
