using LargeSteps.Values;

namespace LargeSteps.Figures;

/// <summary>What a loss surface asks of the runs that it names.</summary>
internal static class SurfaceChecks
{
    /// <summary>Why a surface cannot be drawn.</summary>
    public static IEnumerable<string> Problems(SurfaceFigure figure, Items<FigureRun> runs)
    {
        var named = NamedRuns(figure);
        string[] unknown = [.. named.Where(label => runs.All(run => run.Label != label))];
        foreach (var label in unknown) yield return $"there is no run '{label}'";
        if (unknown.Length > 0 || runs.Count == 0) yield break;

        var pipelines = runs.DistinctBy(run => run.Label).ToDictionary(run => run.Label);
        var of = pipelines[figure.Run ?? runs[0].Label];
        if (figure.Panels.Contains("test_loss")
            && of.Dataset.TestSampleCount == 0)
        {
            yield return "it shows test_loss, and the dataset has no test samples";
        }

        foreach (var label in named.Where(label => !SameWeights(of, pipelines[label])))
            yield return $"the run '{label}' has other weights than '{figure.Run ?? runs[0].Label}', whose loss is shown";
        foreach (var label in figure.Paths.Where(label => pipelines[label].Snapshots is null))
            yield return $"the run '{label}' keeps no snapshots, of which its path is made";
        foreach (var label in figure.Reflected.Where(label => !figure.Paths.Contains(label)))
            yield return $"the run '{label}' is reflected, and is none of the paths";
        if (figure.Reflected.Count > 0 && !of.Model.IsDiagonal)
            yield return "the paths of a diagonal_linear model alone can be reflected";
        if (of.Model.AsDeep is null && of.Dataset.AsImages is not null)
            yield return "of a custom module on images no surface is drawn";
        if (figure.Samples is not null && of.Model.AsDeep is null)
            yield return "samples are those of deep networks: the loss of another model is that of all samples";
        if (figure.Plane.NeedsFilters && !of.Model.HasFilters)
            yield return "the filters, by whose norms directions are normalised, are those of deep_network and relu_network";
        foreach (var problem in PointsOf(figure.Plane).Select(point => Problem(point, of, pipelines)).OfType<string>()
            .Distinct())
        {
            yield return problem;
        }

        if (figure.Plane.RunOfDirections is { } run && pipelines[run].Snapshots is not { KeepsAll: true })
            yield return $"the principal directions are those of all snapshots: the run '{run}' has to keep them all";
    }

    /// <summary>The points that a plane goes through, the origin first.</summary>
    public static Items<PlanePoint> PointsOf(SurfacePlane plane) =>
        plane.Match<Items<PlanePoint>>(points => [points.Origin, points.First, points.Second], random => [random.Origin], principal =>
            [PlanePoint.End(principal.Run)]);

    private static string[] NamedRuns(SurfaceFigure figure) =>
    [
        .. figure.Paths.Concat(figure.Run is { } run ? [run] : [])
            .Concat(PointsOf(figure.Plane)
            .SelectMany(point => point.Match<string[]>(initial => [], optimum => [], end => [end.Run], measurement => [measurement.Run])))
            .Distinct(),
    ];

    private static bool SameWeights(FigureRun of, FigureRun other) =>
        of.Model.HasShapeOf(other.Model) && of.Dataset.HasShapeOf(other.Dataset);

    private static string? Problem(PlanePoint point, FigureRun of, Dictionary<string, FigureRun> runs) => point.Match(
        initial => null,
        optimum => of is { Dataset.HasPredictor: true, Model.IsDiagonal: true }
            ? null : "the optimum is known for sparse_regression with diagonal_linear",
        end => runs[end.Run].KeepsSnapshot(null) ? null : $"the run '{end.Run}' does not keep the snapshot of its end",
        measurement => runs[measurement.Run].KeepsSnapshot(measurement.Number) ? null
            : FormattableString.Invariant($"the run '{measurement.Run}' does not keep the snapshot of measurement {measurement.Number}"));
}
