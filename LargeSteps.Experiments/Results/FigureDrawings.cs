using LargeSteps.Experiments.Charts;
using LargeSteps.Figures;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Results;

/// <summary>What charts are drawn of.</summary>
/// <param name="Experiment">The experiment.</param>
/// <param name="All">The results of all its units.</param>
internal sealed record FigureResults(Experiment Experiment, Items<UnitResult> All)
{
    /// <summary>What is evaluated for figures, as tables; null: it is evaluated each time, which small models alone can.</summary>
    public SurfaceTables? Tables { get; init; }

    /// <summary>The results of other folders that figures name; null: there are none.</summary>
    public OtherResults? Others { get; init; }

    /// <summary>The same with the results that a figure shows.</summary>
    public FigureResults For(FigureSpec figure) => Others is null ? this
        : this with { All = Others.For(figure, Experiment, All), Others = null };
}

/// <summary>A figure that is drawn.</summary>
/// <param name="Chart">The chart.</param>
internal sealed record Drawn(Chart Chart)
{
    /// <summary>Whether everything that it shows is there; else something was stopped, or was never evaluated.</summary>
    public bool IsWhole { get; init; } = true;

    /// <summary>The tables of what was evaluated for it.</summary>
    public Items<string> Tables { get; init; } = [];

    /// <summary>Writes what stands beside the picture, whose path without ending it is given, and returns the files.</summary>
    public Func<string, IReadOnlyList<string>> Beside { get; init; } = _ => [];
}

/// <summary>How a kind of figure is drawn.</summary>
/// <param name="Draws">Whether a figure is of the kind.</param>
/// <param name="Draw">Draws it.</param>
internal sealed record FigureDrawing(Func<FigureSpec, bool> Draws, Func<FigureSpec, FigureResults, Drawn> Draw)
{
    /// <summary>The drawing of a kind.</summary>
    public static FigureDrawing Of<TFigure>(Func<TFigure, FigureResults, Drawn> draw) where TFigure : ChartFigure =>
        new(figure => figure is TFigure, (figure, results) => draw((TFigure)figure, results));
}

/// <summary>The kinds of figures that are drawn.</summary>
internal static class FigureDrawings
{
    // A new kind is a file and a line here.
    private static readonly Items<FigureDrawing> All =
    [
        CurvesDrawing.Kind,
        SweepDrawing.Kind,
        MapDrawing.Kind,
        ModelPictures.FunctionKind,
        ModelPictures.NeuronsKind,
        SurfaceDrawing.Kind,
    ];

    /// <summary>Whether something draws a figure; nothing draws tables.</summary>
    public static bool Draws(FigureSpec figure) => All.Any(drawing => drawing.Draws(figure));

    /// <summary>A figure, drawn.</summary>
    /// <exception cref="ArgumentException">Nothing draws it.</exception>
    public static Drawn Of(FigureSpec figure, FigureResults results) =>
        All.FirstOrDefault(drawing => drawing.Draws(figure))?.Draw(figure, results.For(figure))
        ?? throw new ArgumentException($"Nothing draws the figure '{figure.File}'.", nameof(figure));
}
