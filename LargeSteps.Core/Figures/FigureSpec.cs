using LargeSteps.Values;

namespace LargeSteps.Figures;

/// <summary>A chart, panels side by side, or a table.</summary>
/// <param name="File">The name of the file, without ending.</param>
public abstract record FigureSpec(string File)
{
    private protected abstract void Close();

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

    /// <summary>The paths of swept values that it shows, each with its key.</summary>
    internal virtual Items<(string Key, string Path)> SweptPaths => [];

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(
        Func<CurvesFigure, TResult> curves, Func<SweepFigure, TResult> sweep, Func<MapFigure, TResult> map,
        Func<FunctionFigure, TResult> function, Func<NeuronsFigure, TResult> neurons,
        Func<SurfaceFigure, TResult> surface, Func<TableFigure, TResult> table) => this switch
        {
            CurvesFigure c => curves(c),
            SweepFigure s => sweep(s),
            MapFigure m => map(m),
            FunctionFigure f => function(f),
            NeuronsFigure n => neurons(n),
            SurfaceFigure s => surface(s),
            TableFigure t => table(t),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
}

/// <summary>What the horizontal axis of curves counts.</summary>
public enum CurveAxis
{
    /// <summary>Steps.</summary>
    Iteration,

    /// <summary>Passes over the training set; a step of gradient descent is one.</summary>
    Epoch,

    /// <summary>The sum of the sizes of all steps: of plain gradient descent the time of the flow that it follows.</summary>
    Time,
}

/// <summary>Metrics over the iterations: a panel for each.</summary>
/// <remarks>
/// A run with several seeds is drawn by a centre and a band over the seeds that have not diverged yet. With <c>ShowSeeds</c> each seed is a
/// thin line besides.
/// </remarks>
public sealed record CurvesFigure(string File, MetricPanels Panels, bool ShowSeeds) : ChartFigure(File)
{
    /// <summary>The labels of the runs that are shown; empty: all.</summary>
    public Items<string> Runs { get; init; } = [];

    /// <summary>What the horizontal axis counts.</summary>
    public CurveAxis Axis { get; init; }

    /// <summary>Whether measurements are marks instead of points of a line: for iterates that jump to and fro.</summary>
    public bool Marks { get; init; }

    internal override MetricPanels? MetricsOfPanels => Panels;

    private protected override void Close() { }
}

/// <summary>Metrics at the last measurement over values that a sweep gave to the runs, over the seeds that survived: a panel for
/// each.</summary>
/// <remarks>
/// <c>X</c> is the path of the swept value on the horizontal axis, like <c>schedule.rate</c>; <c>Y</c> that of the vertical axis of heat
/// maps, null for lines. With <c>Last</c> it is a bifurcation diagram: a dot for each measurement of each seed in the last part of the
/// runs, so that a fixed point is one dot, an orbit of period two two of them, and chaos a smear.
/// </remarks>
public sealed record SweepFigure(string File, string X, string? Y, MetricPanels Panels) : ChartFigure(File)
{
    /// <summary>How much of the end of a run a bifurcation diagram shows where nothing is said.</summary>
    internal const double UsualLast = 0.1;

    /// <summary>The runs that are shown, by the labels that they had before they were swept; empty: all.</summary>
    public Items<string> Runs { get; init; } = [];

    /// <summary>The last part of the run, in (0, 1], all of whose measurements are shown as dots; null: the last measurement alone, as a
    /// line.</summary>
    public double? Last { get; init; }

    internal override MetricPanels? MetricsOfPanels => Panels;

    internal override Items<(string Key, string Path)> SweptPaths => Y is null ? [("x", X)] : [("x", X), ("y", Y)];

    private protected override void Close() { }
}

/// <summary>
/// The function that the model of a run is at each snapshot, over the training samples: a panel for each run. The samples have one feature.
/// </summary>
public sealed record FunctionFigure(string File) : ChartFigure(File)
{
    /// <summary>The labels of the runs that are shown; empty: all.</summary>
    public Items<string> Runs { get; init; } = [];

    /// <summary>The seed that is drawn of each run that has it; null, and of other runs: the first that survived.</summary>
    public uint? Seed { get; init; }

    /// <summary>The numbers of the measurements whose snapshots are shown, counted from 0; empty: all snapshots.</summary>
    public Items<int> Measurements { get; init; } = [];

    /// <summary>Whether there is a panel for each measurement, with all runs in it, instead of one for each run.</summary>
    public bool Together { get; init; }

    private protected override void Close() { }
}

/// <summary>
/// The rows of the first layer's weight in the plane, from the first snapshot of a run to its last, beside those of the teacher where there
/// is one: a panel for each run. The samples have two features and the network has one hidden layer.
/// </summary>
public sealed record NeuronsFigure(string File) : ChartFigure(File)
{
    /// <summary>The labels of the runs that are shown; empty: all.</summary>
    public Items<string> Runs { get; init; } = [];

    /// <summary>The seed that is drawn of each run that has it; null, and of other runs: the first that survived.</summary>
    public uint? Seed { get; init; }

    private protected override void Close() { }
}

/// <summary>Metrics that a figure shows, a panel for each, and how.</summary>
/// <param name="Metrics">
/// The metrics, from left to right; also <c>learning_rate</c>, and <c>survival</c>: of the seeds that were neither stopped
/// nor failed the fraction that have not diverged, and at the end are not dead.
/// </param>
/// <param name="LogY">Those of them on a logarithmic scale.</param>
/// <param name="LogX">Whether the horizontal axis is logarithmic; null: where it shows values of a sweep that are spaced like that.</param>
/// <param name="Center">The line of several seeds.</param>
/// <param name="Band">The band of several seeds.</param>
public sealed record MetricPanels(Items<string> Metrics, Items<string> LogY, bool? LogX, Center Center, Band Band)
{
    /// <summary>Those of them that are fractions and shown in percent.</summary>
    public Items<string> Percent { get; init; } = [];

    /// <summary>What of the axes is shown, where that is not left to the values.</summary>
    public Items<PanelLimits> YLimits { get; init; } = [];

    /// <summary>What the panels are called, where that is not left to the metrics.</summary>
    public Items<PanelLabel> Labels { get; init; } = [];

    /// <summary>Metrics with linear axes; medians with quartiles where there are several seeds.</summary>
    public static MetricPanels Of(params string[] metrics) => new(Items.From(metrics), [], null, Center.Median, Band.Quartiles);

    /// <summary>The same with other logarithmic scales.</summary>
    public MetricPanels WithLogY(params string[] metrics) => this with { LogY = Items.From(metrics) };

    /// <summary>The same with a logarithmic horizontal axis, or without, or with what the values ask for.</summary>
    public MetricPanels WithLogX(bool? logX) => this with { LogX = logX };

    /// <summary>The same with metrics that are fractions in percent.</summary>
    public MetricPanels WithPercent(params string[] metrics) => this with { Percent = Items.From(metrics) };

    /// <summary>The same with other limits of the axes.</summary>
    public MetricPanels WithYLimits(params PanelLimits[] limits) => this with { YLimits = Items.From(limits) };

    /// <summary>The same with other headings of the panels.</summary>
    public MetricPanels WithLabels(params PanelLabel[] labels) => this with { Labels = Items.From(labels) };

    /// <summary>The same with another line and band of several seeds.</summary>
    public MetricPanels WithSpread(Center center, Band band) => this with { Center = center, Band = band };
}

/// <summary>The line that stands for several seeds.</summary>
public abstract record Center
{
    private protected Center() { }

    private protected abstract void Close();

    /// <summary>The median of the seeds that have not diverged yet.</summary>
    public static Center Median { get; } = new MedianCenter();

    /// <summary>Their mean.</summary>
    public static Center Mean { get; } = new MeanCenter();

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(Func<MedianCenter, TResult> median, Func<MeanCenter, TResult> mean) => this switch
    {
        MedianCenter m => median(m),
        MeanCenter m => mean(m),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

/// <summary>The median.</summary>
public sealed record MedianCenter : Center { private protected override void Close() { } }

/// <summary>The mean.</summary>
public sealed record MeanCenter : Center { private protected override void Close() { } }

/// <summary>The band around the line that stands for several seeds.</summary>
public abstract record Band
{
    private protected Band() { }

    private protected abstract void Close();

    /// <summary>From one quantile to another, both in [0, 1].</summary>
    public static Band Quantiles(double lower, double upper) => new QuantileBand(lower, upper);

    /// <summary>The middle half.</summary>
    public static Band Quartiles { get; } = new QuantileBand(0.25, 0.75);

    /// <summary>A standard deviation to both sides of the mean; on a logarithmic axis not below the lowest seed.</summary>
    public static Band StandardDeviation { get; } = new StandardDeviationBand();

    /// <summary>None.</summary>
    public static Band None { get; } = new NoBand();

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(Func<QuantileBand, TResult> quantiles, Func<StandardDeviationBand, TResult> standardDeviation,
        Func<NoBand, TResult> none) => this switch
        {
            QuantileBand q => quantiles(q),
            StandardDeviationBand s => standardDeviation(s),
            NoBand n => none(n),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
}

/// <summary>From one quantile to another.</summary>
public sealed record QuantileBand(double Lower, double Upper) : Band { private protected override void Close() { } }

/// <summary>A standard deviation (n − 1) to both sides of the mean.</summary>
public sealed record StandardDeviationBand : Band { private protected override void Close() { } }

/// <summary>No band.</summary>
public sealed record NoBand : Band { private protected override void Close() { } }
