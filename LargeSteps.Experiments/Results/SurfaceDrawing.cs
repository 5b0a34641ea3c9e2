using LargeSteps.Figures;

namespace LargeSteps.Experiments.Results;

/// <summary>Draws losses over a plane of weights, and the paths of runs on it.</summary>
internal static class SurfaceDrawing
{
    public static FigureDrawing Kind { get; } = FigureDrawing.Of<SurfaceFigure>((figure, results) =>
    {
        if (results.Tables is not { } tables) return new(SurfacePicture.Of(figure, results.All).Chart());
        var picture = SurfacePicture.Of(figure, results.All, tables.Of);
        if (!picture.HasPlane) tables.Write(figure, null);
        var table = tables.TableOf(figure);
        return new(picture.Chart())
        {
            IsWhole = picture.Surface is not null,
            Tables = File.Exists(table) ? [table] : [],
            Beside = path => figure.Animation is { } animation ? SurfaceFrames.Write(picture, animation, path) : [],
        };
    });
}
