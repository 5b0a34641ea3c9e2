using LargeSteps.Experiments.Charts;
using LargeSteps.Figures;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Results;

/// <summary>Draws where training converges over two values.</summary>
internal static class MapDrawing
{
    public static FigureDrawing Kind { get; } = FigureDrawing.Of<MapFigure>((figure, results) =>
    {
        var trained = RunOf(figure, results.All);
        var map = results.Tables is { } tables ? tables.Of(figure, trained) : TrainabilityMap.Of(figure, trained);
        return new(ChartOf(figure, map))
        {
            IsWhole = map is not null,
            Tables = map is null || results.Tables is null ? [] : [results.Tables.TableOf(figure)],
        };
    });

    /// <summary>The run that a map trains at each of its points.</summary>
    public static Pipeline RunOf(MapFigure map, Items<UnitResult> results) =>
        results.First(result => map.Run is null || result.Unit.Label == map.Run).Unit.Pipeline;

    /// <summary>The chart of a map; null: it was stopped.</summary>
    public static Chart ChartOf(MapFigure figure, TrainabilityMap? map) => new Chart(null, [new ImagePanel(
        map is null ? "not trained" : double.IsNaN(map.BoundaryDimension) ? "convergence"
            : FormattableString.Invariant($"convergence; its boundary has dimension {map.BoundaryDimension:F2}"),
        map?.X ?? Items.From(figure.X.Values()), map?.Y ?? Items.From(figure.Y.Values()), figure.X.Logarithmic, figure.Y.Logarithmic,
        map?.Cells ?? Items.From(Enumerable.Repeat(double.NaN, figure.X.Points * figure.Y.Points)),
        FigureCharts.Words(figure.X.Path), FigureCharts.Words(figure.Y.Path))],
        PanelWidth: MapWidth).In(figure.Style);

    private const int MapWidth = 600;
}
