using LargeSteps.Forms;
using LargeSteps.Values;

namespace LargeSteps.Figures;

/// <summary>How the parts of loss surfaces stand in YAML.</summary>
internal static class SurfaceCodecs
{
    // 100 million points take hours.
    private const int MostPoints = 2000;

    public static Codec<Items<string>> Panels { get; } =
        Once(Codecs.List(Codecs.Word("loss", "train_loss", "test_loss"), 1), "names a loss twice");

    private static readonly Codec<Interval> Range = new RecordCodec<Interval>("The numbers from one to another.", f =>
    {
        var from = f.Required("from", Codecs.Number, i => i.From, "the lower end");
        var to = f.Required("to", Codecs.Number, i => i.To, "the upper end");
        return v => new(v.Get(from), v.Get(to));
    }).Where(i => i.From < i.To, "has its lower end not below its upper end");

    public static Codec<SurfaceGrid> Grid { get; } = new RecordCodec<SurfaceGrid>("A grid on a plane.", f =>
    {
        var x = f.Required("x", Range, g => g.X, "the range of the first coordinate");
        var y = f.Required("y", Range, g => g.Y, "the range of the second coordinate");
        var points = f.Optional("points", Codecs.Count(2, MostPoints), g => g.Points, 100, "the number of values of each coordinate");
        return v => new(v.Get(x), v.Get(y), v.Get(points));
    });

    private static readonly Form<InitialPoint> Initial = new("initial", "The initial weights.", _ => _ => new());
    private static readonly Form<OptimumPoint> Optimum = new("optimum", "u = v = √θ of sparse regression.", _ => _ => new());

    private static readonly Form<EndPoint> End = new("end", "The last snapshot of a run.", f =>
    {
        var run = f.Required("run", Codecs.Text, p => p.Run, "the label of the run");
        return v => new(v.Get(run));
    }, "run: gradient flow");

    private static readonly Form<MeasurementPoint> Measurement = new("measurement", "The snapshot of a run at a measurement.", f =>
    {
        var run = f.Required("run", Codecs.Text, p => p.Run, "the label of the run");
        var number = f.Required("number", Codecs.Count(0), p => p.Number, "the number of the measurement, counted from 0");
        return v => new(v.Get(run), v.Get(number));
    }, "run: gradient flow, number: 10");

    private static readonly Codec<PlanePoint> Point = new NamedUnionCodec<PlanePoint>(
        "point", p => p.Match(Initial.Write, Optimum.Write, End.Write, Measurement.Write), Initial, Optimum, End, Measurement);

    private static readonly Form<PlaneOfPoints> OfPoints = new("points", "The plane through three points, which are marked.", f =>
    {
        var origin = f.Required("origin", Point, p => p.Origin, "the origin");
        var first = f.Required("first", Point, p => p.First, "where the first coordinate leads to");
        var second = f.Required("second", Point, p =>
            p.Second, "another point; the second coordinate leads to it once the first is taken away");
        return v => new(v.Get(origin), v.Get(first), v.Get(second));
    }, "origin: initial, first: optimum, second: { end: { run: gradient flow } }");

    private static readonly Form<RandomPlane> Random = new("random", "The plane through a point in two random directions.", f =>
    {
        var origin = f.Required("origin", Point, p => p.Origin, "the origin, which is marked");
        var seed = f.Required("seed", Codecs.Seed, p => p.Seed, "the seed of the directions");
        var normalised = f.NullableValue(
            "normalised", Codecs.Flag, p => p.Normalised,
            "whether each filter of the directions has the norm of the same filter of the origin; without it in deep " +
                    "networks");
        return v => new(v.Get(origin), v.Get(seed), v.Get(normalised));
    }, "origin: initial, seed: 1");

    private static readonly Form<PrincipalPlane> Principal =
        new("principal", "The plane through the end of a run in the two directions in which its snapshots vary most.", f =>
    {
        var run = f.Required("run", Codecs.Text, p => p.Run, "the label of the run");
        return v => new(v.Get(run));
    }, "run: gradient flow");

    public static Codec<SurfacePlane> Plane { get; } = new NamedUnionCodec<SurfacePlane>(
        "plane", p => p.Match(OfPoints.Write, Random.Write, Principal.Write), OfPoints, Random, Principal);

    public static Codec<SurfaceAnimation> Animation { get; } =
        new RecordCodec<SurfaceAnimation>("An animation of the paths on a surface, FILE.gif.", f =>
    {
        var frames = f.Required(
            "frames", Codecs.List(Codecs.Count(), 1)
                .Where(all => all.Zip(all.Skip(1)).All(pair => pair.First < pair.Second), "does not ascend"), a => a.Frames,
            "the frames of the GIF: frame 5 shows the paths up to their fifth measurement");
        // GIF counts in hundredths; browsers take what is below two of them for ten.
        var seconds = f.Optional("seconds",
            Codecs.Number.Where(x => x is >= 0.02 and <= 600, "must lie in [0.02, 600]", new() { ["minimum"] = 0.02, ["maximum"] = 600 }),
                a => a.Seconds, 0.5, "how long the GIF shows each frame");
        var all = f.Optional("all_frames", Codecs.Flag, a =>
            a.AllFrames, false, "write every measurement as a PNG besides, in the folder FILE_frames");
        var film = f.Optional("film", Codecs.Flag, a =>
            a.Film, false, "make a film of all measurements, FILE.mp4, where ffmpeg is installed");
        return v => new(v.Get(frames), v.Get(seconds), v.Get(all), v.Get(film));
    });

    private static Codec<Items<string>> Once(Codec<Items<string>> list, string demand) =>
        list.Where(all => all.Distinct().Count() == all.Count, demand);
}
