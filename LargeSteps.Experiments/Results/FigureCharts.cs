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
        figure.Match(curves => Curves(curves, results), sweep => Sweep(sweep, experiment, results));

    // A curve for each run, in the run's colour on every panel.
    private static Chart Curves(CurvesFigure figure, Items<UnitResult> results)
    {
        string[] labels = [.. results.Select(r => r.Unit.Label).Distinct()];
        var decays = Items.From(results.DistinctBy(r => r.Unit.Label).SelectMany(r => DecaysOf(r.Unit.Pipeline, Array.IndexOf(labels, r.Unit.Label))));
        return new Chart(null, figure.Panels.Map(metric => new Panel(
            metric, null, figure.LogX, figure.LogY.Contains(metric),
            Items.From(Ensemble.Of(metric, figure, results).Select(e => CurveOf(e, Array.IndexOf(labels, e.Label)))), decays)));
    }

    private static Chart Sweep(SweepFigure figure, Experiment experiment, Items<UnitResult> results) =>
        new(null, figure.Panels.Map(metric => new Panel(
            metric, null, figure.LogX, figure.LogY.Contains(metric),
            Items.From(Ensemble.Over(figure, metric, experiment, results).Select(CurveOf)), [], Words(figure.X))));

    private static Curve CurveOf(Ensemble ensemble, int colour) => new(
        ensemble.Label, colour, Items.From(ensemble.X), Items.From(ensemble.Center),
        ensemble.Lower is { } lower && ensemble.Upper is { } upper ? new Spread(Items.From(lower), Items.From(upper)) : null,
        Items.From(ensemble.Seeds.Select(Items.From)),
        ensemble.Total > 1 || ensemble.Survivors < ensemble.Total ? FormattableString.Invariant($"{ensemble.Survivors}/{ensemble.Total}") : null);

    private static IEnumerable<Decay> DecaysOf(Pipeline pipeline, int colour)
    {
        var horizon = pipeline.Horizon;
        return pipeline.Schedule.Decays(horizon).Select(progress => new Decay(progress * horizon.Steps, colour));
    }

    // The step size is what everybody calls the rate of a schedule.
    private static string Words(string path) => path == "schedule.rate" ? "step size η" : path.Replace('_', ' ').Replace('.', ' ');
}
