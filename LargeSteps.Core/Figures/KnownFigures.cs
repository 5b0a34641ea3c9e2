using LargeSteps.Forms;
using LargeSteps.Values;

namespace LargeSteps.Figures;

/// <summary>The kinds of figures that YAML knows.</summary>
internal static class KnownFigures
{
    /// <summary>The kind that is meant where none stands.</summary>
    public const string Default = "curves";

    /// <summary>Their forms, in the order of the reference: a new kind is a file and a line here, and a chart is drawn by a file and a line
    /// elsewhere.</summary>
    public static Items<IForm<FigureSpec>> Forms { get; } =
    [
        CurvesFigure.Kind,
        SweepFigure.Kind,
        SweepFigure.BifurcationKind,
        MapFigure.Kind,
        FunctionFigure.Kind,
        NeuronsFigure.Kind,
        SurfaceFigure.Kind,
        TableFigure.Kind,
    ];
}
