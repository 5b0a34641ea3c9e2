using LargeSteps.Experiments.Charts;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Schedules;

namespace LargeSteps.Experiments.Results;

/// <summary>Makes charts of results.</summary>
internal static class FigureCharts
{
    /// <summary>The chart that a figure describes.</summary>
    public static Chart Of(FigureSpec figure, Experiment experiment, Items<UnitResult> results) =>
        figure.Match(
            curves => Curves(curves, results),
            sweep => sweep.Y is { } y ? HeatMaps(sweep, y, experiment, results) : Sweep(sweep, experiment, results),
            function => ModelPictures.Functions(results),
            neurons => ModelPictures.Neurons(results),
            surface => SurfacePicture.Of(surface, results).Chart(),
            table => throw new ArgumentException("A table is no chart.", nameof(figure)));

    // A curve for each run, in the run's colour on every panel.
    private static Chart Curves(CurvesFigure figure, Items<UnitResult> results)
    {
        string[] labels = [.. results.Select(r => r.Unit.Label).Distinct()];
        var decays = Items.From(results.DistinctBy(r => r.Unit.Label).SelectMany(r => DecaysOf(r.Unit.Pipeline, Array.IndexOf(labels, r.Unit.Label))));
        return new Chart(null, figure.Panels.Metrics.Map<Panel>(metric => new CurvesPanel(
            metric, null, figure.Panels.LogX, figure.Panels.LogY.Contains(metric),
            Items.From(Ensemble.Of(metric, figure, results).Select(e => CurveOf(e, Array.IndexOf(labels, e.Label)))), decays)
        {
            References = Items.From(StabilityEdges(metric, figure, results).Select(e => Curve.Of("2/η", Array.IndexOf(labels, e.Label), Items.From(e.X), Items.From(e.Center)))),
        }));
    }

    /// <summary>
    /// Where the largest eigenvalue of the Hessian is shown: 2/η of each run over time, the curvature above which plain full-batch gradient descent leaves a
    /// quadratic. For SGD it is that of the mean step. Normalised gradients have no such edge.
    /// </summary>
    private static IEnumerable<Ensemble> StabilityEdges(string metric, CurvesFigure figure, Items<UnitResult> results)
    {
        if (metric is not ("sharpness" or "hessian_eigenvalue_1")) return [];
        var measuring = Items.From(results.Where(r => r.Result.Metrics.Contains(metric) && !r.Unit.Pipeline.Optimizer.Rule.Normalized));
        return Ensemble.Of("learning_rate", figure, measuring).Select(e => e with { Center = Array.ConvertAll(e.Center, rate => 2 / rate) });
    }

    private static Chart Sweep(SweepFigure figure, Experiment experiment, Items<UnitResult> results) =>
        new(null, figure.Panels.Metrics.Map<Panel>(metric => new CurvesPanel(
            metric, Heading(metric), figure.Panels.LogX, figure.Panels.LogY.Contains(metric),
            Items.From(Ensemble.Over(figure, metric, experiment, results).Select(CurveOf)), [], Words(figure.X), Markers: true)
        {
            Categories = SweptAxis.Of(figure.X, experiment).Categories,
        }));

    // A panel for each metric, and where the sweep has several series, for each of them.
    private static Chart HeatMaps(SweepFigure figure, string y, Experiment experiment, Items<UnitResult> results) =>
        new(null, Items.From(figure.Panels.Metrics.SelectMany(metric => Ensemble.Map(figure, metric, experiment, results).Select(Panel (map) => new HeatMapPanel(
            metric, map.Series.Length > 0 ? $"{Heading(metric) ?? MetricTitles.Of(metric)}, {map.Series}" : Heading(metric), figure.Panels.LogX, figure.Panels.LogY.Contains(metric),
            map.Cells, Words(figure.X), Words(y), Ensemble.Shown(figure, results), "no survivor")
        {
            XCategories = SweptAxis.Of(figure.X, experiment).Categories,
            YCategories = SweptAxis.Of(y, experiment).Categories,
        }))));

    // At the end of the runs none is "not yet" diverged.
    private static string? Heading(string metric) => metric == Ensemble.Survival ? "surviving seeds" : null;

    private static Curve CurveOf(Ensemble ensemble, int colour) => new(
        ensemble.Label, colour, Items.From(ensemble.X), Items.From(ensemble.Center),
        ensemble.Lower is { } lower && ensemble.Upper is { } upper ? new Spread(Items.From(lower), Items.From(upper)) : null,
        Items.From(ensemble.Seeds.Select(Items.From)),
        ensemble.Total > 1 || ensemble.Survivors < ensemble.Total ? FormattableString.Invariant($"{ensemble.Survivors}/{ensemble.Total} alive") : null);

    private static IEnumerable<Decay> DecaysOf(Pipeline pipeline, int colour)
    {
        var horizon = pipeline.Horizon;
        return pipeline.Schedule.Decays(horizon).Select(progress => new Decay(progress * horizon.Steps, colour));
    }

    // What everybody calls it, or else the words of the path.
    private static string Words(string path) => path switch
    {
        "schedule.rate" => "step size η",
        "schedule.at[0].fraction" => "fraction of the run before η drops",
        "optimizer.batch_size" => "batch size",
        _ => path.Replace('_', ' ').Replace('.', ' '),
    };
}
