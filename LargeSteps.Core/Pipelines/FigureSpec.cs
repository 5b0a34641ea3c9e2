namespace LargeSteps.Pipelines;

/// <summary>
/// A chart: panels side by side, one for each metric, over the iterations. A run with several seeds is drawn by a centre and a
/// band over the seeds that have not diverged yet.
/// </summary>
/// <param name="File">The name of the file, without ending.</param>
/// <param name="Panels">
/// The metrics, from left to right; also <c>learning_rate</c>, and <c>survival</c>: the fraction of the seeds that have not diverged yet.
/// </param>
/// <param name="LogY">Those of them with a logarithmic axis.</param>
/// <param name="LogX">Whether the iterations are on a logarithmic axis.</param>
/// <param name="Center">The line of several seeds.</param>
/// <param name="Band">The band of several seeds.</param>
/// <param name="ShowSeeds">Whether each seed is a thin line besides.</param>
public sealed record FigureSpec(string File, Items<string> Panels, Items<string> LogY, bool LogX, Center Center, Band Band, bool ShowSeeds)
{
    /// <summary>Panels with linear axes; medians with quartiles where there are several seeds.</summary>
    public static FigureSpec Of(string file, params string[] panels) => new(file, Items.From(panels), [], false, Center.Median, Band.Quartiles, false);

    /// <summary>The same with other logarithmic axes.</summary>
    public FigureSpec WithLogY(params string[] panels) => this with { LogY = Items.From(panels) };

    /// <summary>The same with the iterations on a logarithmic axis, or not.</summary>
    public FigureSpec WithLogX(bool logX) => this with { LogX = logX };

    /// <summary>The same with another line and band of several seeds.</summary>
    public FigureSpec WithSpread(Center center, Band band) => this with { Center = center, Band = band };

    /// <summary>The same with each seed as a thin line, or not.</summary>
    public FigureSpec WithShowSeeds(bool showSeeds) => this with { ShowSeeds = showSeeds };
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
public sealed record MedianCenter : Center
{
    private protected override void Close() { }
}

/// <summary>The mean.</summary>
public sealed record MeanCenter : Center
{
    private protected override void Close() { }
}

/// <summary>The band around the line that stands for several seeds.</summary>
public abstract record Band
{
    private protected Band() { }

    private protected abstract void Close();

    /// <summary>From one quantile to another, both in [0, 1].</summary>
    public static Band Quantiles(double lower, double upper) => new QuantileBand(lower, upper);

    /// <summary>The middle half.</summary>
    public static Band Quartiles { get; } = new QuantileBand(0.25, 0.75);

    /// <summary>A standard deviation to both sides of the mean.</summary>
    public static Band StandardDeviation { get; } = new StandardDeviationBand();

    /// <summary>None.</summary>
    public static Band None { get; } = new NoBand();

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(Func<QuantileBand, TResult> quantiles, Func<StandardDeviationBand, TResult> standardDeviation, Func<NoBand, TResult> none) => this switch
    {
        QuantileBand q => quantiles(q),
        StandardDeviationBand s => standardDeviation(s),
        NoBand n => none(n),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

/// <summary>From one quantile to another.</summary>
public sealed record QuantileBand(double Lower, double Upper) : Band
{
    private protected override void Close() { }
}

/// <summary>A standard deviation (n − 1) to both sides of the mean.</summary>
public sealed record StandardDeviationBand : Band
{
    private protected override void Close() { }
}

/// <summary>No band.</summary>
public sealed record NoBand : Band
{
    private protected override void Close() { }
}
