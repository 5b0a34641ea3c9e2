using LargeSteps.Experiments.Results;
using LargeSteps.Figures;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Docs;

/// <summary>A loss surface in numbers: the extremes and the mean of each loss on the grid, and where the points of its plane lie.</summary>
internal static class SurfaceNumbers
{
    /// <summary>The names of the numbers of a figure: <c>train_loss min</c>, <c>w* x</c>.</summary>
    public static Items<string> NamesOf(SurfaceFigure figure) => Items.From(
        LossNames("train_loss").Concat(LossNames("test_loss"))
            .Concat(SurfaceChecks.PointsOf(figure.Plane).SelectMany(point => PlaceNames(SurfacePicture.NameOf(point)))));

    /// <summary>The numbers by their names; empty where the runs gave no plane.</summary>
    public static IReadOnlyDictionary<string, double> Of(SurfacePicture picture)
    {
        if (picture.Surface is not { } surface) return new Dictionary<string, double>();
        return Losses("train_loss", surface.Train).Concat(Losses("test_loss", surface.Test))
            .Concat(picture.Marks.SelectMany(mark => PlaceNames(mark.Name).Zip([mark.At.X, mark.At.Y])))
            .ToDictionary(number => number.First, number => number.Second);
    }

    private static IEnumerable<(string First, double Second)> Losses(string loss, Items<double> values) =>
        LossNames(loss).Zip([values.Min(), values.Max(), values.Average()]);

    private static string[] LossNames(string loss) => [$"{loss} min", $"{loss} max", $"{loss} mean"];

    private static string[] PlaceNames(string point) => [$"{point} x", $"{point} y"];
}
