using LargeSteps.Values;

namespace LargeSteps.Figures;

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

    /// <summary>What cannot be drawn of them.</summary>
    internal IEnumerable<string> Problems() => YLimits
        .Where(limits => LogY.Contains(limits.Metric) && (limits.From <= 0 || limits.To <= 0))
        .Select(limits => $"the axis of '{limits.Metric}' is logarithmic, and its limits must be above 0");

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

    /// <summary>Whether there is none.</summary>
    internal bool IsNone => Match(quantiles => false, standardDeviation => false, none => true);

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
