using LargeSteps.Figures;
using LargeSteps.Forms;
using LargeSteps.Values;

namespace LargeSteps.Configuration;

/// <summary>How charts stand in YAML.</summary>
internal static class FigureCodec
{
    private static readonly Form<MedianCenter> Median = new("median", "The median of the seeds.", _ => _ => new());
    private static readonly Form<MeanCenter> Mean = new("mean", "The mean of the seeds.", _ => _ => new());

    private static readonly Codec<Center> CenterCodec = new NamedUnionCodec<Center>("centre", c => c.Match(Median.Write, Mean.Write),
        Median, Mean);

    private static readonly Codec<double> Quantile = Codecs.Number.Where(x => x is >= 0 and <= 1, "must lie in [0, 1]",
        new() { ["minimum"] = 0, ["maximum"] = 1 });

    private static readonly Form<QuantileBand> Quantiles = new("quantiles", "From one quantile to another.", f =>
    {
        var lower = f.Required("lower", Quantile, b => b.Lower, "the lower end, in [0, 1]");
        var upper = f.Required("upper", Quantile, b => b.Upper, "the upper end, in [0, 1]");
        return v => new(v.Get(lower), v.Get(upper));
    }, "lower: 0.1, upper: 0.9");
    private static readonly Form<StandardDeviationBand> Std = new("std", "A standard deviation to both sides of the mean.",
        _ => _ => new());
    private static readonly Form<NoBand> None = new("none", "No band.", _ => _ => new());

    private static readonly Codec<Band> BandCodec = new NamedUnionCodec<Band>("band", b => b.Match(Quantiles.Write, Std.Write, None.Write),
        Quantiles, Std, None)
        .Where(b => b.Match(quantiles => quantiles.Lower <= quantiles.Upper, std => true, none => true),
            "has its lower end above its upper end");

    private static readonly Codec<CurveAxis> Axis = Codecs.Word("axis", [.. Axes.Keys]).As(word => Axes[word],
        axis => Axes.First(each => each.Value == axis).Key);

    private static Dictionary<string, CurveAxis> Axes => new()
    {
        ["iteration"] = CurveAxis.Iteration,
        ["epoch"] = CurveAxis.Epoch,
        ["time"] = CurveAxis.Time,
    };

    private static readonly Codec<Items<int>> Numbers = Codecs.List(Codecs.Count(0)).Where(all => all.Distinct().Count() == all.Count,
        "names a measurement twice");

    private static readonly Codec<LegendPlace> Legend = Codecs.Word("place of a legend", "bottom", "top", "right", "none")
        .As(word => word switch
        {
            "top" => LegendPlace.Top,
            "right" => LegendPlace.Right,
            "none" => LegendPlace.None,
            _ => LegendPlace.Bottom
        }, place => place.ToString().ToLowerInvariant());

    private static readonly Codec<FigureSize> Size = new RecordCodec<FigureSize>("The size of a picture.", f =>
    {
        var width = f.Required("width", Codecs.Count(1, FigureStyle.MostSide), s => s.Width, "the width");
        var height = f.Required("height", Codecs.Count(1, FigureStyle.MostSide), s => s.Height, "the height");
        return v => new(v.Get(width), v.Get(height));
    });

    private static readonly Codec<PanelLimits> Limits =
        new RecordCodec<PanelLimits>("What of an axis is shown; an end that is not there is left to the values.", f =>
    {
        var from = f.NullableValue("from", Codecs.Number, l => l.From, "the lower end");
        var to = f.NullableValue("to", Codecs.Number, l => l.To, "the upper end");
        return v => new("", v.Get(from), v.Get(to));
    }).Where(l => !(l.From >= l.To), "has its lower end not below its upper end").Where(l => (l.From ?? l.To) is not null,
        "has neither from nor to");

    private static readonly Codec<double> FontSize = Codecs.Number.Where(x => x is >= 3 and <= 60, "must lie in [3, 60]",
        new() { ["minimum"] = 3, ["maximum"] = 60 });

    private static readonly Form<CurvesFigure> Curves = new("curves",
        "Metrics over the iterations, a panel for each; the kind that is meant where none stands.", f =>
    {
        var file = FileOf(f);
        var panels = PanelsOf(f, x => x.Panels);
        var seeds = f.Optional("show_seeds", Codecs.Flag, x => x.ShowSeeds, false, "draw each seed as a thin line besides");
        var x = f.Optional("x", Axis, c => c.Axis, CurveAxis.Iteration,
            "what the horizontal axis counts; a step of gradient descent is an epoch, time the sum of the sizes of all steps");
        var marks = f.Optional("marks", Codecs.Flag, c => c.Marks, false,
            "measurements are marks, not points of a line: for iterates that jump to and fro");
        var runs = RunsOf(f, c => c.Runs, "the labels of the runs that are shown; without it all");
        var style = StyleOf(f);
        return v => new(v.Get(file), panels(v), v.Get(seeds))
        {
            Axis = v.Get(x),
            Marks = v.Get(marks),
            Runs = v.Get(runs),
            Style = style(v)
        };
    }, "file: overview, panels: [train_loss, test_loss, survival], log_y: [train_loss, test_loss]");

    private static readonly Form<SweepFigure> Sweep = new("sweep",
        "Metrics at the end of the runs over swept values, a panel for each.", f =>
    {
        var file = FileOf(f);
        var panels = PanelsOf(f, s => s.Panels);
        var x = f.Required("x", Codecs.Text, s => s.X, "the path of the swept value on the horizontal axis, like schedule.rate");
        var y = f.Nullable("y", Codecs.Text, s => s.Y, "the path of the swept value on the vertical axis of heat maps");
        var runs = RunsOf(f, c => c.Runs, "the runs that are shown, by the labels that they have under runs; without it all");
        var style = StyleOf(f);
        return v => new(v.Get(file), v.Get(x), v.Get(y), panels(v)) { Runs = v.Get(runs), Style = style(v) };
    }, "file: edge, x: schedule.rate, panels: [test_loss, survival]");

    private static readonly Codec<double> LastPart = Codecs.Number.Where(x => x is > 0 and <= 1, "must lie in (0, 1]",
        new() { ["exclusiveMinimum"] = 0, ["maximum"] = 1 });

    private static readonly Form<SweepFigure> Bifurcation = new("bifurcation",
        "Metrics at the last measurements of the runs over a swept value, a dot for each; a panel for each metric.", f =>
    {
        var file = FileOf(f);
        var panels = PanelsOf(f, b => b.Panels);
        var x = f.Required("x", Codecs.Text, b => b.X, "the path of the swept value on the horizontal axis, like schedule.rate");
        var last = f.Optional("last", LastPart, b => b.Last!.Value, SweepFigure.UsualLast,
            "the last part of the run whose measurements are shown, a fraction of it");
        var runs = RunsOf(f, b => b.Runs, "the runs that are shown, by the labels that they have under runs; without it all");
        var style = StyleOf(f);
        return v => new(v.Get(file), v.Get(x), null, panels(v)) { Last = v.Get(last), Runs = v.Get(runs), Style = style(v) };
    }, "file: orbits, x: schedule.rate, panels: [train_loss]");

    private static readonly Codec<MapAxis> MapAxis = new RecordCodec<MapAxis>("A value of a run that takes evenly spaced numbers.", f =>
    {
        var path = f.Required("path", Codecs.Text, a => a.Path, "where it stands, like schedule.rate");
        var from = f.Required("from", Codecs.Number, a => a.From, "the first number");
        var to = f.Required("to", Codecs.Number, a => a.To, "the last number");
        var points = f.Required("points", Codecs.Count(2, MapFigure.MostPoints), a => a.Points, "how many numbers there are");
        var log = f.Optional("log", Codecs.Flag, a => a.Logarithmic, false, "whether their logarithms are evenly spaced");
        return v => new(v.Get(path), v.Get(from), v.Get(to), v.Get(points), v.Get(log));
    }).Where(a => a.From < a.To, "has its first number not below its last").Where(a => !a.Logarithmic || a.From > 0,
        "is logarithmic, and its numbers must be above 0");

    private static readonly Form<MapFigure> Map = new("map",
        "Whether training converges, and how fast, over two values of a run: small models, trained again for each cell of an image.", f =>
    {
        var file = FileOf(f);
        var x = f.Required("x", MapAxis, m => m.X, "the value on the horizontal axis");
        var y = f.Required("y", MapAxis, m => m.Y, "the value on the vertical axis");
        var run = f.Nullable("run", Codecs.Text, m => m.Run, "the label of the run that is trained; without it the first");
        var style = StyleOf(f);
        return v => new(v.Get(file), v.Get(x), v.Get(y)) { Run = v.Get(run), Style = style(v) };
    }, "file: convergence, x: { path: schedule.rate, from: 0.1, to: 1, points: 64 }, y: { path: model.u, from: 0.1, to: 1, points: 64 }");

    private static readonly Form<FunctionFigure> Function = new("function",
        "The function that a model of one input is at each snapshot, over the training samples; a panel for each run.", f =>
    {
        var file = FileOf(f);
        var runs = RunsOf(f, x => x.Runs, "the labels of the runs that are shown; without it all");
        var seed = SeedOf(f, x => x.Seed);
        var measurements = f.Optional("measurements", Numbers, x => x.Measurements, [],
            "the numbers of the measurements whose snapshots are shown, counted from 0; without it all snapshots");
        var together = f.Optional("together", Codecs.Flag, x => x.Together, false,
            "a panel for each measurement, with all runs in it, instead of one for each run");
        var style = StyleOf(f);
        return v => new(v.Get(file))
        {
            Runs = v.Get(runs),
            Seed = v.Get(seed),
            Measurements = v.Get(measurements),
            Together = v.Get(together),
            Style = style(v)
        };
    }, "file: function");

    private static readonly Form<NeuronsFigure> Neurons = new("neurons",
        "How the hidden units of a network of two inputs move from the first snapshot to the last; a panel for each run.", f =>
    {
        var file = FileOf(f);
        var runs = RunsOf(f, x => x.Runs, "the labels of the runs that are shown; without it all");
        var seed = SeedOf(f, x => x.Seed);
        var style = StyleOf(f);
        return v => new(v.Get(file)) { Runs = v.Get(runs), Seed = v.Get(seed), Style = style(v) };
    }, "file: neurons");

    private static readonly Form<SurfaceFigure> Surface = new("surface",
        "The loss over a plane of weights, and the paths of runs projected on it; a panel for each loss.", f =>
    {
        var file = FileOf(f);
        var panels = f.Optional("panels", SurfaceCodecs.Panels, s => s.Panels, ["train_loss", "test_loss"],
            "what is shown: train_loss, test_loss");
        var plane = f.Required("plane", SurfaceCodecs.Plane, s => s.Plane, "the plane");
        var grid = f.Required("grid", SurfaceCodecs.Grid, s => s.Grid, "where on the plane the loss is evaluated");
        var paths = f.Optional("paths", SurfaceCodecs.Labels, s => s.Paths, [],
            "the labels of the runs whose snapshots are drawn as a path");
        var reflected = f.Optional("reflected", SurfaceCodecs.Labels, s => s.Reflected, [],
            "those of them that are drawn by |u|, |v|, as in the published figure");
        var run = f.Nullable("run", Codecs.Text, s => s.Run,
            "the label of the run whose model and data the loss is of; without it the first");
        var animation = f.Nullable("animation", SurfaceCodecs.Animation, s => s.Animation, "the paths as they grow");
        // Batch norm makes nothing of a single number.
        var samples = f.NullableValue("samples", Codecs.Count(2), s => s.Samples,
            "of a deep network: of how many training and how many test images the losses are the mean; without it 512");
        var style = StyleOf(f);
        return v => new(v.Get(file), v.Get(panels), v.Get(plane), v.Get(grid), v.Get(paths), v.Get(reflected), v.Get(run), v.Get(animation),
            v.Get(samples))
        {
            Style = style(v),
        };
    }, "file: surface, plane: { random: { origin: initial, seed: 1 } }, grid: { x: { from: -1, to: 1 }, y: { from: -1, to: 1 } }");

    private static readonly Codec<double> Part = Codecs.Number.Where(x => x is >= 0 and <= 1, "must lie in [0, 1]", new()
    {
        ["minimum"] = 0,
        ["maximum"] = 1
    });

    private static readonly Codec<Window> Windows = Codecs.WordOr(
        "window", w => w == Window.End ? "end" : null, [("end", Window.End)],
        new RecordCodec<Window>("A part of the run: the mean of the measurements in it.", f =>
        {
            var name = f.Required("name", Codecs.Text, w => w.Name, "what the table calls it");
            var from = f.Required("from", Part, w => w.From, "the fraction of the run with which it begins");
            var to = f.Required("to", Part, w => w.To, "the fraction before which it ends");
            return v => new(v.Get(name), v.Get(from), v.Get(to));
        }).Where(w => w.From < w.To, "must begin before it ends"));

    private static readonly Form<TableFigure> Table = new("table",
        "Metrics in parts of the runs, as means over the seeds that survived with standard errors, beside those of one run.", f =>
    {
        var file = FileOf(f);
        var metrics = f.Required("metrics", Codecs.List(Codecs.Text, 1), t => t.Metrics, "the metrics");
        var against = f.Nullable("against", Codecs.Text, t => t.Against,
            "the label of the run that the others are compared with, in standard errors");
        var windows = f.Optional("windows", Codecs.List(Windows, 1), t => t.Windows, [Window.End],
            "the parts of the runs, or the word end for the last measurement");
        return v => new(v.Get(file), v.Get(metrics), v.Get(against), v.Get(windows));
    }, "file: ends, metrics: [train_loss, test_loss], windows: [{ name: second half, from: 0.5, to: 1 }, end]");

    public static Codec<FigureSpec> Codec { get; } = new UnionCodec<FigureSpec>(
        "figure", f => f.Match(Curves.Write, s => s.Last is null ? Sweep.Write(s) : Bifurcation.Write(s), Map.Write, Function.Write,
            Neurons.Write, Surface.Write, Table.Write), Curves, Sweep, Bifurcation, Map, Function, Neurons, Surface, Table)
    {
        Default = "curves",
        Hint = word => Hints.OfKind("figure", word),
    };

    private static Field<string> FileOf<T>(Fields<T> f) where T : FigureSpec => f.Required("file", Codecs.FileName, x => x.File,
        "the name of the file, without ending");

    private static Func<FieldValues, MetricPanels> PanelsOf<T>(Fields<T> f, Func<T, MetricPanels> get)
    {
        var metrics = f.Required("panels", Codecs.List(Codecs.Text, 1), x => get(x).Metrics,
            "the metrics, from left to right; also learning_rate, and survival: the fraction of the seeds that have not diverged and are " +
            "not dead");
        var logY = f.Optional("log_y", Codecs.List(Codecs.Text), x => get(x).LogY, [], "those on a logarithmic scale");
        var logX = f.NullableValue("log_x", Codecs.Flag, x => get(x).LogX,
            "a logarithmic horizontal axis; without it where swept values are spaced like that");
        var center = f.Optional("center", CenterCodec, x => get(x).Center, Center.Median, "the line that stands for several seeds");
        var band = f.Optional("band", BandCodec, x => get(x).Band, Band.Quartiles, "the band about the line of several seeds");
        var percent = f.Optional("percent", Codecs.List(Codecs.Text), x => get(x).Percent, [],
            "those that are fractions and shown in percent");
        var limits = f.Optional("y_limits", Codecs.Map(Limits, (metric, ends) => ends with { Metric = metric }, l => l.Metric),
            x => get(x).YLimits, [], "a mapping from metrics to what of their axes is shown: { train_loss: { from: 1e-6, to: 1 } }");
        var labels = f.Optional("labels", Codecs.Map(Codecs.Text, (metric, text) => new PanelLabel(metric, text), l => l.Metric,
            l => l.Text), x => get(x).Labels, [], "a mapping from metrics to what their panels are called: { train_loss: training loss }");
        return v => new(v.Get(metrics), v.Get(logY), v.Get(logX), v.Get(center), v.Get(band))
        {
            Percent = v.Get(percent),
            YLimits = v.Get(limits),
            Labels = v.Get(labels)
        };
    }

    private static Field<Items<string>> RunsOf<T>(Fields<T> f, Func<T, Items<string>> get, string description) =>
        f.Optional("runs", SurfaceCodecs.Labels, get, [], description);

    private static Field<uint?> SeedOf<T>(Fields<T> f, Func<T, uint?> get) =>
        f.NullableValue("seed", Codecs.Seed, get,
            "the seed that is drawn of each run that has it; without it, and of other runs, the first that survived");

    private static Func<FieldValues, FigureStyle> StyleOf<T>(Fields<T> f) where T : ChartFigure
    {
        var title = f.Nullable("title", Codecs.Text, x => x.Style.Title, "the heading above all panels");
        var xLabel = f.Nullable("x_label", Codecs.Text, x => x.Style.XLabel, "what the horizontal axes are called");
        var yLabel = f.Nullable("y_label", Codecs.Text, x => x.Style.YLabel, "what the vertical axes are called");
        var size = f.Nullable("size", Size, x => x.Style.Size,
            "the size of the whole picture, in points of the PDF, which are pixels of the SVG; without it a usual one for each panel");
        var fontSize = f.NullableValue("font_size", FontSize, x => x.Style.FontSize,
            "the size of the numbers on the axes, by itself 11; other text, lines and marks grow with it");
        var columns = f.NullableValue("columns", Codecs.Count(1, 100), x => x.Style.Columns,
            "how many panels stand side by side; without it up to four, in rows of about one length");
        var legend = f.Optional("legend", Legend, x => x.Style.Legend, LegendPlace.Bottom, "where the legend is");
        return v => new()
        {
            Title = v.Get(title),
            XLabel = v.Get(xLabel),
            YLabel = v.Get(yLabel),
            Size = v.Get(size),
            FontSize = v.Get(fontSize),
            Columns = v.Get(columns),
            Legend = v.Get(legend),
        };
    }
}
