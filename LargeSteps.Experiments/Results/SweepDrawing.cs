using LargeSteps.Experiments.Charts;
using LargeSteps.Figures;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Results;

/// <summary>Draws metrics over swept values: lines, dots of bifurcations, heat maps.</summary>
internal static class SweepDrawing
{
    public static FigureDrawing Kind { get; } = FigureDrawing.Of<SweepFigure>((figure, results) => new(
        figure.Last is { } last ? Bifurcation(figure, last, results.Experiment, results.All)
        : figure.Y is { } y ? HeatMaps(figure, y, results.Experiment, results.All)
        : Sweep(figure, results.Experiment, results.All)));

    private static Chart Sweep(SweepFigure figure, Experiment experiment, Items<UnitResult> results) =>
        new Chart(null, figure.Panels.Metrics.Map(metric =>
        {
            var curves = Items.From(Ensemble.Over(figure, metric, experiment, results).Select(FigureCharts.CurveOf));
            var categories = SweptAxis.Of(figure.X, experiment).Categories;
            return FigureCharts.Styled(figure.Panels, new CurvesPanel(
                metric, HeadingOf(figure, metric, results), categories.Count == 0 && (figure.Panels.LogX
                    ?? AxisScale.IsLogarithmic(curves.SelectMany(curve => curve.X))), figure.Panels.LogY.Contains(metric),
                curves, [], FigureCharts.Words(figure.X), Markers: true)
            {
                Categories = categories,
                Spread = results.DistinctBy(r => r.Unit.Label).Count() < results.Count
                    ? new(figure.Panels.Center, figure.Panels.Band, Ensemble.Shown(figure, results)) : null,
            });
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
            return FigureCharts.Styled(figure.Panels, new CurvesPanel(
                metric, FigureCharts.Heading(figure.Panels, metric, results), categories.Count == 0 && (figure.Panels.LogX
                    ?? AxisScale.IsLogarithmic(curves.SelectMany(curve => curve.X))), figure.Panels.LogY.Contains(metric),
                curves, [], FigureCharts.Words(figure.X), Unjoined: true)
            { Categories = categories, MarkRadius = DotRadius });
        })).In(figure.Style);
    }

    // A panel for each metric, and where the sweep has several series, for each of them.
    private static Chart HeatMaps(SweepFigure figure, string y, Experiment experiment, Items<UnitResult> results) =>
        new Chart(null, Items.From(figure.Panels.Metrics.SelectMany(metric => Ensemble.Map(figure, metric, experiment, results)
            .Select(map => FigureCharts.Styled(figure.Panels, new HeatMapPanel(
            metric, map.Series.Length > 0 ? $"{HeadingOf(figure, metric, results)}, {map.Series}" : HeadingOf(figure, metric, results),
            figure.Panels.LogX ?? AxisScale.IsLogarithmic(map.Cells.Select(cell => cell.X)), figure.Panels.LogY.Contains(metric),
            map.Cells, FigureCharts.Words(figure.X), FigureCharts.Words(y), Ensemble.Shown(figure, results), "no survivor")
            {
                XCategories = SweptAxis.Of(figure.X, experiment).Categories,
                YCategories = SweptAxis.Of(y, experiment).Categories,
            }))))).In(figure.Style);

    // At the end of the runs none is "not yet" diverged.
    private static string HeadingOf(SweepFigure figure, string metric, Items<UnitResult> results) =>
        FigureCharts.LabelOf(figure.Panels, metric)
        ?? (metric == Ensemble.Survival ? "surviving seeds" : FigureCharts.Heading(figure.Panels, metric, results));
}
