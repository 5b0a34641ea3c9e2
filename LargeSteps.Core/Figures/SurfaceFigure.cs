using LargeSteps.Forms;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Values;

namespace LargeSteps.Figures;

/// <summary>
/// The loss over a plane of weights, and the paths of runs projected on it: a panel for each loss. Of several seeds the first that survived
/// is drawn.
/// </summary>
/// <param name="File">The name of the file, without ending.</param>
/// <param name="Panels">What is shown, from left to right: <c>train_loss</c>, <c>test_loss</c>.</param>
/// <param name="Plane">The plane.</param>
/// <param name="Grid">Where on the plane the loss is evaluated.</param>
/// <param name="Paths">The labels of the runs whose snapshots are drawn as a path.</param>
/// <param name="Reflected">
/// Those of them that are drawn by |u|, |v|. A diagonal network is the same with the signs of u_j and v_j turned; the published programs
/// draw SGD so.
/// </param>
/// <param name="Run">The label of the run whose model and data the loss is of; null: the first.</param>
/// <param name="Animation">The paths as they grow; null: a still picture alone.</param>
/// <param name="Samples">Of a deep network: of how many images the losses are the mean; null:
/// 512.</param>
public sealed record SurfaceFigure(
    string File, Items<string> Panels, SurfacePlane Plane, SurfaceGrid Grid, Items<string> Paths, Items<string> Reflected, string? Run =
        null, SurfaceAnimation? Animation = null,
    int? Samples = null) : ChartFigure(File)
{
    internal static Form<SurfaceFigure> Kind { get; } = new("surface",
        "The loss over a plane of weights, and the paths of runs projected on it; a panel for each loss.", f =>
    {
        var file = FigureFields.FileOf(f);
        var panels = f.Optional("panels", SurfaceCodecs.Panels, s => s.Panels, ["train_loss", "test_loss"],
            "what is shown: train_loss, test_loss");
        var plane = f.Required("plane", SurfaceCodecs.Plane, s => s.Plane, "the plane");
        var grid = f.Required("grid", SurfaceCodecs.Grid, s => s.Grid, "where on the plane the loss is evaluated");
        var paths = f.Optional("paths", FigureFields.Labels, s => s.Paths, [],
            "the labels of the runs whose snapshots are drawn as a path");
        var reflected = f.Optional("reflected", FigureFields.Labels, s => s.Reflected, [],
            "those of them that are drawn by |u|, |v|, as in the published figure");
        var run = f.Nullable("run", Codecs.Text, s => s.Run,
            "the label of the run whose model and data the loss is of; without it the first");
        var animation = f.Nullable("animation", SurfaceCodecs.Animation, s => s.Animation, "the paths as they grow");
        // Batch norm makes nothing of a single number.
        var samples = f.NullableValue("samples", Codecs.Count(2), s => s.Samples,
            "of a deep network: of how many training and how many test images the losses are the mean; without it 512");
        var style = FigureFields.StyleOf(f);
        return v => new(v.Get(file), v.Get(panels), v.Get(plane), v.Get(grid), v.Get(paths), v.Get(reflected), v.Get(run), v.Get(animation),
            v.Get(samples))
        {
            Style = style(v),
        };
    }, "file: surface, plane: { random: { origin: initial, seed: 1 } }, grid: { x: { from: -1, to: 1 }, y: { from: -1, to: 1 } }");

    internal override IForm<FigureSpec> Form => Kind;

    internal override int PanelCount(FigureRuns runs) => Panels.Count;

    internal override IEnumerable<string> Problems(FigureRuns runs) => SurfaceChecks.Problems(this, runs.All);

    internal override FigureSpec? Smaller(FigureLimits limits)
    {
        return this with
        {
            Grid = Grid with { Points = Math.Min(Grid.Points, limits.SurfacePoints) },
            Samples = Samples is { } samples ? Math.Min(samples, limits.Images) : null,
            Plane = Plane.Match<SurfacePlane>(
                points => new PlaneOfPoints(Moved(points.Origin), Moved(points.First), Moved(points.Second)),
                random => random with { Origin = Moved(random.Origin) }, principal => principal),
            Animation = Animation is { } animation ? animation with { Frames = Items.From(animation.Frames.Take(3)), Film = false } : null,
        };

        PlanePoint Moved(PlanePoint point) => point.Match(initial => point, optimum => point, end => point,
            measurement => measurement with { Number = limits.Moved([measurement.Run], measurement.Number) });
    }

    /// <summary>The same with some of the paths reflected.</summary>
    public SurfaceFigure WithReflected(params string[] labels) => this with { Reflected = Items.From(labels) };

    /// <summary>The same with an animation, or without.</summary>
    public SurfaceFigure WithAnimation(SurfaceAnimation? animation) => this with { Animation = animation };

    /// <summary>The same with the losses of so many images.</summary>
    public SurfaceFigure WithSamples(int? samples) => this with { Samples = samples };
}

/// <summary>A grid on a plane: so many values of each coordinate, evenly spaced, the ends included.</summary>
/// <param name="X">The range of the first coordinate.</param>
/// <param name="Y">The range of the second coordinate.</param>
/// <param name="Points">The number of values of each.</param>
public sealed record SurfaceGrid(Interval X, Interval Y, int Points = 100)
{
    /// <summary>The values of a coordinate in a range: as NumPy's linspace has them, a multiple of the rounded spacing, and the end
    /// itself.</summary>
    internal double[] Values(Interval range)
    {
        var spacing = (range.To - range.From) / (Points - 1);
        return [.. Enumerable.Range(0, Points).Select(i => i == Points - 1 ? range.To : i * spacing + range.From)];
    }
}

/// <summary>The numbers from one to another.</summary>
public sealed record Interval(double From, double To);

/// <summary>An animation of the paths on a surface. A frame has a number: the paths then go up to their measurement of that number, counted
/// from 1.</summary>
/// <param name="Frames">The frames of the GIF, ascending; one after the last measurement shows whole paths.</param>
/// <param name="Seconds">How long the GIF shows each of them.</param>
/// <param name="AllFrames">Whether every measurement is written as a PNG besides.</param>
/// <param name="Film">Whether every measurement becomes a frame of a film, by ffmpeg, where it is installed.</param>
public sealed record SurfaceAnimation(Items<int> Frames, double Seconds = 0.5, bool AllFrames = false, bool Film = false);

/// <summary>A plane in the space of weights: an origin and two directions, which are made orthonormal in their order unless they are
/// filter-normalised.</summary>
public abstract record SurfacePlane
{
    private protected SurfacePlane() { }

    private protected abstract void Close();

    /// <summary>Through three points; the first coordinate leads from the origin to the first.</summary>
    public static SurfacePlane Through(PlanePoint origin, PlanePoint first, PlanePoint second) => new PlaneOfPoints(origin, first, second);

    /// <summary>Through a point, in two random directions; see <see cref="RandomPlane"/>.</summary>
    public static SurfacePlane Random(PlanePoint origin, uint seed = 0, bool? normalised = null) =>
        new RandomPlane(origin, seed, normalised);

    /// <summary>Through the end of a run, in the two directions in which its snapshots vary most.</summary>
    public static SurfacePlane Principal(string run) => new PrincipalPlane(run);

    /// <summary>Whether it is said of its directions that they are filter-normalised.</summary>
    internal bool NeedsFilters => Match(points => false, random => random.Normalised == true, principal => false);

    /// <summary>The run all of whose snapshots its directions are made of; null: none.</summary>
    internal string? RunOfDirections => Match<string?>(points => null, random => null, principal => principal.Run);

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(Func<PlaneOfPoints, TResult> points, Func<RandomPlane, TResult> random,
        Func<PrincipalPlane, TResult> principal) => this switch
        {
            PlaneOfPoints p => points(p),
            RandomPlane r => random(r),
            PrincipalPlane p => principal(p),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
}

/// <summary>The plane through three points. The points are marked.</summary>
public sealed record PlaneOfPoints(PlanePoint Origin, PlanePoint First, PlanePoint Second) : SurfacePlane
{
    private protected override void Close() { }
}

/// <summary>The plane through a point in two directions whose coordinates are standard normal, drawn one after the other from
/// <see cref="NumpyRandom"/>.</summary>
/// <param name="Origin">The point, which is marked.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Normalised">
/// Whether each filter of the directions has the norm of the same filter of the origin (Li et al. 2018); a coordinate of 1 then changes the
/// weights by as much as they are. Null: in deep networks.
/// </param>
public sealed record RandomPlane(PlanePoint Origin, uint Seed, bool? Normalised = null) : SurfacePlane
{
    private protected override void Close() { }

    /// <summary>Whether the directions are filter-normalised in the space of a model.</summary>
    internal bool IsNormalised(ModelSpec model) => Normalised ?? model.AsDeep is not null;
}

/// <summary>
/// The plane through the last snapshot of a run, in the two leading principal directions of all its snapshots: the eigenvectors of their
/// covariance with the largest eigenvalues.
/// </summary>
public sealed record PrincipalPlane(string Run) : SurfacePlane { private protected override void Close() { } }

/// <summary>A point in the space of weights.</summary>
public abstract record PlanePoint
{
    private protected PlanePoint() { }

    private protected abstract void Close();

    /// <summary>The initial weights.</summary>
    public static PlanePoint Initial { get; } = new InitialPoint();

    /// <summary>The sparse predictor in balanced weights, see <see cref="OptimumPoint"/>.</summary>
    public static PlanePoint Optimum { get; } = new OptimumPoint();

    /// <summary>The last snapshot of a run.</summary>
    public static PlanePoint End(string run) => new EndPoint(run);

    /// <summary>The snapshot of a run at a measurement.</summary>
    public static PlanePoint Measurement(string run, int number) => new MeasurementPoint(run, number);

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(
        Func<InitialPoint, TResult> initial, Func<OptimumPoint, TResult> optimum, Func<EndPoint, TResult> end,
            Func<MeasurementPoint, TResult> measurement) => this switch
            {
                InitialPoint i => initial(i),
                OptimumPoint o => optimum(o),
                EndPoint e => end(e),
                MeasurementPoint m => measurement(m),
                _ => throw new System.Diagnostics.UnreachableException(),
            };
}

/// <summary>The initial weights of the run whose model and data the surface is of.</summary>
public sealed record InitialPoint : PlanePoint { private protected override void Close() { } }

/// <summary>For sparse regression with a diagonal network: u = v = √θ.</summary>
public sealed record OptimumPoint : PlanePoint { private protected override void Close() { } }

/// <summary>The last snapshot of a run, which its last measurement keeps.</summary>
public sealed record EndPoint(string Run) : PlanePoint { private protected override void Close() { } }

/// <summary>The snapshot of a run at the measurement of a number, counted from 0.</summary>
public sealed record MeasurementPoint(string Run, int Number) : PlanePoint { private protected override void Close() { } }
