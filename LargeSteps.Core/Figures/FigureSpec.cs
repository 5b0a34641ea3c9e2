using LargeSteps.Forms;
using LargeSteps.Values;

namespace LargeSteps.Figures;

/// <summary>A chart, panels side by side, or a table. A kind of figure says in one file all that is to be known of it without results: how
/// it stands in YAML, what it asks of runs, what <c>--smoke</c> leaves of it. Its drawing stands with the program that draws.</summary>
/// <param name="File">The name of the file, without ending.</param>
public abstract record FigureSpec(string File)
{
    /// <summary>How it stands in YAML.</summary>
    internal abstract IForm<FigureSpec> Form { get; }

    /// <summary>Metrics over the iterations, with linear axes; medians with quartiles where there are several seeds.</summary>
    public static FigureSpec Curves(string file, params string[] metrics) => Curves(file, MetricPanels.Of(metrics));

    /// <summary>Metrics over the iterations.</summary>
    public static FigureSpec Curves(string file, MetricPanels panels) => new CurvesFigure(file, panels, false);

    /// <summary>Metrics at the end of the runs over a swept value, with linear axes; medians with quartiles where there are several
    /// seeds.</summary>
    public static FigureSpec Sweep(string file, string x, params string[] metrics) => Sweep(file, x, MetricPanels.Of(metrics));

    /// <summary>Metrics at the end of the runs over a swept value.</summary>
    public static FigureSpec Sweep(string file, string x, MetricPanels panels) => new SweepFigure(file, x, null, panels);

    /// <summary>Metrics at the end of the runs over two swept values, as heat maps of medians.</summary>
    public static FigureSpec HeatMap(string file, string x, string y, params string[] metrics) =>
        HeatMap(file, x, y, MetricPanels.Of(metrics));

    /// <summary>Metrics at the end of the runs over two swept values, as heat maps; bands are not drawn.</summary>
    public static FigureSpec HeatMap(string file, string x, string y, MetricPanels panels) =>
        new SweepFigure(file, x, y, panels.WithSpread(panels.Center, Band.None));

    /// <summary>Metrics at the last measurements of the runs over a swept value, with linear axes.</summary>
    public static FigureSpec Bifurcation(string file, string x, params string[] metrics) =>
        new SweepFigure(file, x, null, MetricPanels.Of(metrics)) { Last = SweepFigure.UsualLast };

    /// <summary>Whether training converges over two values of a run.</summary>
    public static FigureSpec Map(string file, MapAxis x, MapAxis y) => new MapFigure(file, x, y);

    /// <summary>The function that a model of one input has become, over the data.</summary>
    public static FigureSpec Function(string file) => new FunctionFigure(file);

    /// <summary>How the hidden units of a network of two inputs have moved.</summary>
    public static FigureSpec Neurons(string file) => new NeuronsFigure(file);

    /// <summary>The training and the test loss over a plane of weights, with the paths of runs.</summary>
    public static FigureSpec Surface(string file, SurfacePlane plane, SurfaceGrid grid, params string[] paths) =>
        new SurfaceFigure(file, ["train_loss", "test_loss"], plane, grid, Items.From(paths), []);

    /// <summary>Metrics in windows of the runs, beside those of one run.</summary>
    public static FigureSpec Table(string file, Items<string> metrics, string? against, params Window[] windows) =>
        new TableFigure(file, metrics, against, Items.From(windows));

    /// <summary>The metrics of a table; null of a chart.</summary>
    internal virtual Items<string>? MetricsOfTable => null;

    /// <summary>The panels of metrics; null where it has none.</summary>
    internal virtual MetricPanels? MetricsOfPanels => null;

    /// <summary>The map, where a run is trained again at each of its points; else null.</summary>
    internal virtual MapFigure? MapThatTrains => null;

    /// <summary>The paths of swept values that it shows, each with its key.</summary>
    internal virtual Items<(string Key, string Path)> SweptPaths => [];

    /// <summary>The folders of results that it shows, beside that of the experiment's results or that one itself; none: the experiment's
    /// alone.</summary>
    internal virtual Items<string> ResultsShown => [];

    /// <summary>The labels that it names of runs among those of <see cref="ResultsShown"/>.</summary>
    internal virtual Items<string> LabelsShown => [];

    /// <summary>The same where the results of an experiment have another name now.</summary>
    internal virtual FigureSpec Renamed(string from, string to) => this;

    /// <summary>Why it cannot show the runs, or not in the way that it asks for.</summary>
    internal abstract IEnumerable<string> Problems(FigureRuns runs);

    /// <summary>The same, cheap enough for <c>--smoke</c>; null where nothing is left of it.</summary>
    internal virtual FigureSpec? Smaller(FigureLimits limits) => this;
}
