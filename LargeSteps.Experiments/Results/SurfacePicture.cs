using LargeSteps.Datasets;
using LargeSteps.Experiments.Charts;
using LargeSteps.Figures;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Training;
using LargeSteps.Values;
using Coordinates = ScottPlot.Coordinates;
using Palette = LargeSteps.Experiments.Charts.Palette;

namespace LargeSteps.Experiments.Results;

/// <summary>A run's snapshots on the plane.</summary>
/// <param name="Label">The run.</param>
/// <param name="Steps">The numbers of steps after which they were taken.</param>
/// <param name="Points">Where they are.</param>
internal sealed record SurfacePath(string Label, Items<long> Steps, Items<Coordinates> Points);

/// <summary>A loss surface evaluated: what is drawn of it. It is a function of the units.</summary>
internal sealed class SurfacePicture
{
    private const int Width = 520;

    private readonly SurfaceFigure _figure;
    private readonly string[] _labels;
    private readonly Items<(string Panel, SurfaceMap Map)> _maps;

    private SurfacePicture(SurfaceFigure figure, string[] labels, LossSurface? surface, Items<SurfacePath> paths,
        (Coordinates At, string Name)[] marks)
    {
        (_figure, _labels, Surface, Paths, Marks) = (figure, labels, surface, paths, Items.From(marks));
        _maps = surface is null ? [] : figure.Panels.Map(panel => (panel, SurfaceMap.Of([.. surface.X], [.. surface.Y],
            panel == "train_loss" ? surface.Train : surface.Test)));
    }

    /// <summary>The losses; null where the runs ended before they came to the points of the plane, where the points lie on a line, or where
    /// the evaluation was stopped.</summary>
    public LossSurface? Surface { get; }

    /// <summary>Whether there is a plane.</summary>
    public bool HasPlane => Marks.Count > 0;

    /// <summary>The paths.</summary>
    public Items<SurfacePath> Paths { get; }

    /// <summary>Where the points of the plane lie; empty where there is no surface.</summary>
    public Items<(Coordinates At, string Name)> Marks { get; }

    /// <summary>The number of frames of an animation: the measurements of the longest path.</summary>
    public int Frames => Paths.Select(path => path.Points.Count).DefaultIfEmpty(0).Max();

    /// <summary>The picture of a figure of small models.</summary>
    public static SurfacePicture Of(SurfaceFigure figure, Items<UnitResult> results) => Of(figure, results, SurfaceTables.Small);

    /// <summary>The picture of a figure.</summary>
    /// <param name="figure">The figure.</param>
    /// <param name="results">The units.</param>
    /// <param name="losses">The losses of a pipeline's model on a plane; null where the evaluation was stopped.</param>
    public static SurfacePicture Of(SurfaceFigure figure, Items<UnitResult> results,
        Func<SurfaceFigure, Pipeline, WeightPlane, LossSurface?> losses)
    {
        var shown = ShownRun.Of(results);
        string[] labels = [.. shown.Select(run => run.Label)];
        var runs = shown.ToDictionary(run => run.Label);
        var of = runs[figure.Run ?? labels[0]].Pipeline;
        var points = SurfaceChecks.PointsOf(figure.Plane).Map(point => (Weights: WeightsOf(point, of, runs), Name: NameOf(point)));
        if (points.Any(point => point.Weights is null) || PlaneOf(figure.Plane, points.Map(point => point.Weights!), of,
            runs) is not { } plane)
        {
            return new(figure, labels, null, [], []);
        }

        var paths = figure.Paths.Map(label =>
        {
            var snapshots = runs[label].Result.Snapshots;
            var reflected = figure.Reflected.Contains(label);
            return new SurfacePath(runs[label].Heading + (reflected ? ", |u| and |v|" : ""), snapshots.Map(s => s.Iteration),
                snapshots.Map(s => Place(reflected ? s.Weights.Map(Math.Abs) : s.Weights)));
        });
        return new(figure, labels, losses(figure, of, plane), paths, [.. points.Select(point => (Place(point.Weights!), point.Name))]);

        Coordinates Place(Items<double> weights)
        {
            var (x, y) = plane.Project(weights.AsSpan());
            return new(x, y);
        }
    }

    /// <summary>The surface with the paths, whole or up to their measurement of a number counted from 1.</summary>
    public Chart Chart(int? frame = null)
    {
        var panels = _figure.Panels.Map<Panel>(panel => new PlanePanel(
            Surface is null ? $"{MetricTitles.Of(panel)}: {(HasPlane ? "not evaluated" : "no plane")}" : MetricTitles.Of(panel),
                AxisTitles.X, AxisTitles.Y, RangeOf(_figure.Grid.X), RangeOf(_figure.Grid.Y), EqualUnits: true, Shapes(frame))
        {
            Surface = _maps.Where(map => map.Panel == panel).Select(map => map.Map).FirstOrDefault(),
        });
        var steps = frame is { } number ? Paths.Where(path => path.Steps.Count > 0)
            .Select(path => path.Steps[Math.Min(number, path.Steps.Count) - 1]).DefaultIfEmpty(0).Max() : 0;
        return new Chart(frame is null ? null : FormattableString.Invariant($"after {steps:N0} {(steps == 1 ? "step" : "steps")}"), panels,
            MostColumns: 2, Width).In(_figure.Style);
    }

    private Items<Shape> Shapes(int? frame)
    {
        // Dots that touch are a thick line.
        var apart = 0.008 * Math.Max(_figure.Grid.X.To - _figure.Grid.X.From, _figure.Grid.Y.To - _figure.Grid.Y.From);
        List<Shape> shapes = [], heads = [];
        foreach (var (label, path) in _figure.Paths.Zip(Paths))
        {
            var colour = Palette.Colour(Array.IndexOf(_labels, label));
            var points = frame is { } number ? Items.From(path.Points.Take(number)) : path.Points;
            shapes.Add(new LineShape(path.Label, colour, 0.8f, points));
            shapes.Add(new DotsShape(null, colour, Hollow: false, Items.From(Apart(points, apart).Select(at => new Dot(at, 3)))));
            if (frame is null) continue;
            var head = Items.From(points.TakeLast(1).Select(at => new Dot(at, 9)));
            // In a tangle of its own colour it would not be seen without a ring.
            heads.AddRange([new DotsShape(null, colour, Hollow: false, head), new DotsShape(null, Palette.Text, Hollow: true, head)]);
        }
        shapes.Add(new DotsShape(null, Palette.Text, Hollow: false, Marks.Map(mark => new Dot(mark.At, 7))));
        // In all frames of an animation they are at one place.
        shapes.Add(new TextsShape(Palette.Text, Marks) { Elsewhere = Paths.Map(path => path.Points) });
        return Items.From(shapes.Concat(heads).Where(shape => !shape.IsEmpty));
    }

    private (string X, string Y) AxisTitles => _figure.Plane.Match(
        points => ($"from {NameOf(points.Origin)} to {NameOf(points.First)}", $"orthogonal to that, to {NameOf(points.Second)}"),
        random => ("first random direction", "second random direction"),
        principal => ("first principal direction", "second principal direction"));

    private static IEnumerable<Coordinates> Apart(Items<Coordinates> points, double distance)
    {
        Coordinates? last = null;
        foreach (var at in points)
        {
            if (last is { } before && at.Distance(before) < distance) continue;
            last = at;
            yield return at;
        }
    }

    private static AxisRange RangeOf(Interval interval) => new(interval.From, interval.To);

    private static WeightPlane? PlaneOf(SurfacePlane plane, Items<Items<double>> points, Pipeline of, Dictionary<string, ShownRun> runs) =>
        plane.Match(
        _ => WeightPlane.Through(points[0], points[1], points[2]),
        random => random.IsNormalised(of.Model) ? WeightPlane.Random(points[0], random.Seed, WeightFilters.Of(of.Model, of.Dataset))
            : WeightPlane.Random(points[0], random.Seed),
        principal => WeightPlane.Principal(runs[principal.Run].Result.Snapshots.Map(snapshot => snapshot.Weights)));

    /// <summary>A point of the plane as marks and axes name it.</summary>
    public static string NameOf(PlanePoint point) => point.Match(
        initial => "w₀", optimum => "w*", end => $"end of {end.Run}", measurement =>
            FormattableString.Invariant($"{measurement.Run}, measurement {measurement.Number}"));

    // Null where the run did not come so far.
    private static Items<double>? WeightsOf(PlanePoint point, Pipeline of, Dictionary<string, ShownRun> runs) => point.Match(
        initial => Runner.InitialWeights(of),
        optimum =>
        {
            var roots = DatasetFactory.Predictor(of.Dataset.AsSparse!).Map(Math.Sqrt);
            return Items.From(roots.Concat(roots));
        },
        end => runs[end.Run].Result.Snapshots is [.., var last] ? last.Weights : null,
        measurement =>
        {
            var (result, number) = (runs[measurement.Run].Result, measurement.Number);
            return number < result.Measurements.Count
                ? result.Snapshots.FirstOrDefault(snapshot => snapshot.Iteration == result.Measurements[number].Iteration)?.Weights : null;
        });
}
