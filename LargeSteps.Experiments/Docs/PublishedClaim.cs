using System.Globalization;
using LargeSteps.Figures;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Docs;

/// <summary>The results that claims are judged by.</summary>
/// <param name="Config">The config.</param>
/// <param name="Own">Every run of it, with its seeds.</param>
/// <param name="MapOf">The map of a figure; null where it was stopped.</param>
internal sealed record ClaimResults(Experiment Config, Items<UnitResult> Own, Func<MapFigure, TrainabilityMap?> MapOf)
{
    /// <summary>The mean of a metric over the survivors of a run; of each over its measurements from a step on, or its last one. Not a
    /// number where none survived.</summary>
    public double MeanOf(string run, string metric, long? from)
    {
        double[] survivors = [.. SurvivorsOf(run).Select(seed => ValueOf(seed, metric, from))];
        return survivors.Length == 0 ? double.NaN : survivors.Average();
    }

    /// <summary>The seeds of a run that came to their end alive.</summary>
    public IEnumerable<UnitResult> SurvivorsOf(string run) =>
        Own.Where(result => result.Unit.Label == run && ResultFrames.Survived(result.AtEnd));

    private static double ValueOf(UnitResult seed, string metric, long? from)
    {
        if (from is not { } first) return seed.AtEnd.LastOrNaN(metric);
        var result = seed.Result;
        var column = result.Metrics.AsSpan().IndexOf(metric);
        return result.Measurements.Where(m => m.Iteration >= first).Select(m => m.Values[column]).Average();
    }
}

/// <summary>What is claimed of several runs together, or of a figure: a case says what it needs and how it is judged.</summary>
internal abstract record PublishedClaim
{
    private protected PublishedClaim() { }

    private protected abstract void Close();

    /// <summary>Whom it is of, in the column of runs.</summary>
    public abstract string Of { get; }

    /// <summary>The number that is claimed.</summary>
    public abstract string Number { get; }

    /// <summary>What was published.</summary>
    public abstract string Published { get; }

    /// <summary>What is asked of ours.</summary>
    public abstract string Asked { get; }

    /// <summary>Our number, and whether it agrees.</summary>
    public abstract (string Ours, Agreement Agreement) Judge(ClaimResults results);

    /// <summary>What does not fit the config: the key at which, and what.</summary>
    public abstract IEnumerable<(string Key, string Problem)> Problems(Experiment config);

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(Func<OrderClaim, TResult> order, Func<SlopeClaim, TResult> slope,
        Func<HalfSurvivalClaim, TResult> halfSurvival, Func<DimensionClaim, TResult> dimension) => this switch
        {
            OrderClaim o => order(o),
            SlopeClaim s => slope(s),
            HalfSurvivalClaim h => halfSurvival(h),
            DimensionClaim d => dimension(d),
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    /// <summary>Labels that no run has, and those of runs that do not measure the metric.</summary>
    private protected static IEnumerable<(string Key, string Problem)> ProblemsOf(Experiment config, Items<string> runs, string metric,
        long? from = null)
    {
        string[] labels = [.. config.Runs.Select(run => run.Label)];
        foreach (var run in runs.Where(run => !labels.Contains(run)))
            yield return ("runs", $"'{config.Name}' has no run '{run}'{Nearest.Suggestion(run, labels)}");
        foreach (var (run, pipeline) in config.ResolveEach().Where(each => runs.Contains(each.Run.Label)))
        {
            if (pipeline.Match(p => (string[])[.. p.Probes.Columns(p.Target)], _ => []) is { Length: > 0 } known && !known.Contains(metric))
                yield return ("metric", $"run '{run.Label}' does not measure '{metric}'{Nearest.Suggestion(metric, known)}");
            if (from is { } first && pipeline.Match(p => !p.Probes.At.Iterations(p.Horizon).Any(step => step >= first), _ => false))
                yield return ("from", FormattableString.Invariant($"run '{run.Label}' measures nothing from step {first} on"));
        }
    }

    private protected static string Short(double value) => !double.IsFinite(value) ? "–"
        : NumberText.Invariant(double.Parse(value.ToString("G3", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture));
}

/// <summary>From run to run a metric rises, or falls, in the mean over the survivors.</summary>
/// <param name="Metric">The metric.</param>
/// <param name="Runs">The runs, at least two.</param>
/// <param name="Rises">Whether it rises; else it falls.</param>
/// <param name="From">The step from which on it is averaged; null: at the last measurement.</param>
internal sealed record OrderClaim(string Metric, Items<string> Runs, bool Rises, long? From) : PublishedClaim
{
    /// <inheritdoc/>
    public override string Of => string.Join(" → ", Runs);

    /// <inheritdoc/>
    public override string Number =>
        From is { } step ? string.Create(CultureInfo.InvariantCulture, $"{Metric}, from step {step:N0}") : Metric;

    /// <inheritdoc/>
    public override string Published => Rises ? "rises" : "falls";

    /// <inheritdoc/>
    public override string Asked => "this order";

    /// <inheritdoc/>
    public override (string Ours, Agreement Agreement) Judge(ClaimResults results)
    {
        double[] means = [.. Runs.Select(run => results.MeanOf(run, Metric, From))];
        var right = means.Zip(means.Skip(1), (one, next) => Rises ? one < next : one > next).Count(step => step);
        return (string.Join(" → ", means.Select(Short)), new(FormattableString.Invariant($"{right} of {means.Length - 1} steps"),
            right == means.Length - 1 ? Verdict.Agrees : Verdict.Misses));
    }

    /// <inheritdoc/>
    public override IEnumerable<(string Key, string Problem)> Problems(Experiment config) => ProblemsOf(config, Runs, Metric, From);

    private protected override void Close() { }
}

/// <summary>A metric is a power of something: the slope of its logarithm, by least squares over the means of the runs.</summary>
/// <param name="Metric">The metric, above 0.</param>
/// <param name="From">The step from which on it is averaged; null: at the last measurement.</param>
/// <param name="Runs">The runs.</param>
/// <param name="Against">What it is a power of, of each run, above 0.</param>
/// <param name="Value">The published slope.</param>
/// <param name="Within">How far ours may be from it, in parts of it.</param>
internal sealed record SlopeClaim(string Metric, long? From, Items<string> Runs, Items<double> Against, PublishedNumber Value,
    double Within) : PublishedClaim
{
    /// <inheritdoc/>
    public override string Of => $"{Runs[0]} to {Runs[^1]}";

    /// <inheritdoc/>
    public override string Number => $"slope of log {Metric}";

    /// <inheritdoc/>
    public override string Published => Value.Text;

    /// <inheritdoc/>
    public override string Asked => FormattableString.Invariant($"within {100 * Within:G3} %");

    /// <inheritdoc/>
    public override (string Ours, Agreement Agreement) Judge(ClaimResults results)
    {
        double[] x = [.. Against.Select(each => Math.Log(each))], y = [.. Runs.Select(run => Math.Log(results.MeanOf(run, Metric, From)))];
        var (xMean, yMean) = (x.Average(), y.Average());
        var slope = x.Zip(y, (a, b) => (a - xMean) * (b - yMean)).Sum() / x.Sum(a => (a - xMean) * (a - xMean));
        return (Short(slope), Agreement.Within(Value, slope, Within));
    }

    /// <inheritdoc/>
    public override IEnumerable<(string Key, string Problem)> Problems(Experiment config) => Against.Count != Runs.Count
        ? ProblemsOf(config, Runs, Metric, From).Append(("against", $"{Against.Count} numbers stand here for {Runs.Count} runs"))
        : ProblemsOf(config, Runs, Metric, From);

    private protected override void Close() { }
}

/// <summary>
/// Half of the seeds are lost at a step size that a metric tells beforehand: η½ over the median of the metric over the survivors at the
/// last swept step size below η½. η½ is where the fraction of survivors first falls below one half, between two step sizes by the
/// logarithm.
/// </summary>
/// <param name="Run">The run, or the series of which a sweep made runs.</param>
/// <param name="Metric">The metric, a step size.</param>
/// <param name="Value">The published ratio.</param>
/// <param name="Within">How far ours may be from it, in parts of it.</param>
internal sealed record HalfSurvivalClaim(string Run, string Metric, PublishedNumber Value, double Within) : PublishedClaim
{
    private const string Rate = "schedule.rate";
    private const double Half = 0.5;

    /// <inheritdoc/>
    public override string Of => Run;

    /// <inheritdoc/>
    public override string Number => $"η½ / {Metric}";

    /// <inheritdoc/>
    public override string Published => Value.Text;

    /// <inheritdoc/>
    public override string Asked => FormattableString.Invariant($"within {100 * Within:G3} %");

    /// <inheritdoc/>
    public override (string Ours, Agreement Agreement) Judge(ClaimResults results)
    {
        var ratio = RatioOf(results);
        return (Short(ratio), Agreement.Within(Value, ratio, Within));
    }

    /// <inheritdoc/>
    public override IEnumerable<(string Key, string Problem)> Problems(Experiment config)
    {
        string[] swept = [.. Swept(config).Select(run => run.Label)];
        string[] series = [.. config.Runs.Where(run => run.Series is not null).Select(run => run.Series!).Distinct()];
        return swept.Length < 2 ? [("run", $"'{config.Name}' has no series '{Run}' over {Rate}{Nearest.Suggestion(Run, series)}")]
            : ProblemsOf(config, Items.From(swept), Metric);
    }

    private IEnumerable<Run> Swept(Experiment config) =>
        config.Runs.Where(run => run.Series == Run && run.Swept.Any(swept => swept.Path == Rate));

    private double RatioOf(ClaimResults results)
    {
        var labels = Swept(results.Config).Select(run => run.Label).ToHashSet();
        var points = results.Own.Where(result => labels.Contains(result.Unit.Label))
            .GroupBy(result => result.Unit.Swept.First(swept => swept.Path == Rate).Value.AsNumber!.Value).OrderBy(point => point.Key)
            .Select(point => (Rate: point.Key, Alive: (double)point.Count(seed => ResultFrames.Survived(seed.AtEnd)) / point.Count(),
                Values: point.Where(seed => ResultFrames.Survived(seed.AtEnd)).Select(seed => seed.AtEnd.LastOrNaN(Metric))
                    .Where(double.IsFinite).Order().ToArray()))
            .ToArray();
        var lost = Array.FindIndex(points, point => point.Alive < Half);
        if (lost < 1) return double.NaN;
        var (below, above) = (points[lost - 1], points[lost]);
        var edge = Math.Exp(Math.Log(below.Rate) + (below.Alive - Half) / (below.Alive - above.Alive) * Math.Log(above.Rate / below.Rate));
        return below.Values.Length == 0 ? double.NaN : edge / Statistics.Median(below.Values);
    }

    private protected override void Close() { }
}

/// <summary>The boundary of a map has a box-counting dimension in a range.</summary>
/// <param name="Figure">The file of the map in the config.</param>
/// <param name="From">The least published dimension.</param>
/// <param name="To">The largest.</param>
internal sealed record DimensionClaim(string Figure, PublishedNumber From, PublishedNumber To) : PublishedClaim
{
    /// <inheritdoc/>
    public override string Of => $"figure {Figure}";

    /// <inheritdoc/>
    public override string Number => "dimension of the boundary";

    /// <inheritdoc/>
    public override string Published => $"{From.Text} to {To.Text}";

    /// <inheritdoc/>
    public override string Asked => "in this range";

    /// <inheritdoc/>
    public override (string Ours, Agreement Agreement) Judge(ClaimResults results)
    {
        var map = results.MapOf(results.Config.Figures.OfType<MapFigure>().First(figure => figure.File == Figure));
        var ours = map?.BoundaryDimension ?? double.NaN;
        return (Short(ours), new(!double.IsFinite(ours) ? "–" : ours < From.Value ? "below" : ours > To.Value ? "above" : "inside",
            ours >= From.Value && ours <= To.Value ? Verdict.Agrees : Verdict.Misses));
    }

    /// <inheritdoc/>
    public override IEnumerable<(string Key, string Problem)> Problems(Experiment config)
    {
        string[] maps = [.. config.Figures.OfType<MapFigure>().Select(figure => figure.File)];
        return maps.Contains(Figure) ? [] : [("figure", $"'{config.Name}' has no map '{Figure}'{Nearest.Suggestion(Figure, maps)}")];
    }

    private protected override void Close() { }
}
