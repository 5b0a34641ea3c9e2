using LargeSteps.Figures;
using LargeSteps.Pipelines;
using LargeSteps.Values;
using Microsoft.Data.Analysis;

namespace LargeSteps.Running;

/// <summary>Results as tables: a <see cref="DataFrame"/> is an <c>IDataView</c> too.</summary>
public static class ResultFrames
{
    /// <summary>
    /// Every measurement: a row for each run, seed and iteration, in the order of the units, with the columns
    /// <c>run, seed, iteration, epoch, learning_rate</c>, one for each swept path, named by it and empty for runs without it, and one for
    /// each metric, empty where a run does not measure it.
    /// </summary>
    public static DataFrame Metrics(Items<UnitResult> results) => Metrics([.. results], MetricsOf(results), SweptOf(results));

    /// <summary>The same in parts, one below the other, of which each is in memory while it is looked at.</summary>
    internal static IEnumerable<DataFrame> MetricsInParts(Items<UnitResult> results)
    {
        var (metrics, swept) = (MetricsOf(results), SweptOf(results));
        return results.Count == 0 ? [Metrics([], metrics, swept)]
            : Parts(results).Select(part => Metrics(part, metrics, swept));
    }

    private const int RowsOfPart = 50_000;

    // As many units as have so many rows, and one at least.
    private static IEnumerable<UnitResult[]> Parts(Items<UnitResult> results)
    {
        var (part, rows) = (new List<UnitResult>(), 0L);
        foreach (var result in results)
        {
            if (part.Count > 0 && rows + result.Rows > RowsOfPart)
            {
                yield return [.. part];
                part.Clear();
                rows = 0;
            }
            part.Add(result);
            rows += result.Rows;
        }
        if (part.Count > 0) yield return [.. part];
    }

    private static DataFrame Metrics(UnitResult[] results, Items<string> metrics, SweptPath[] swept)
    {
        var whole = UnitResult.Whole(results);
        var rows = results.Zip(whole, (r, result) => result.Measurements.Select(m => (r.Unit, Measurement: m))).SelectMany(each => each)
            .ToArray();
        return new DataFrame(
        [
            new StringDataFrameColumn("run", rows.Select(r => r.Unit.Label)),
            new Int64DataFrameColumn("seed", rows.Select(r => (long)r.Unit.Seed)),
            new Int64DataFrameColumn("iteration", rows.Select(r => r.Measurement.Iteration)),
            new DoubleDataFrameColumn("epoch", rows.Select(r => r.Measurement.Epoch)),
            new DoubleDataFrameColumn("learning_rate", rows.Select(r => r.Measurement.LearningRate)),
            .. SweptColumns(swept, [.. rows.Select(r => r.Unit)]),
            .. metrics.Select(metric => new DoubleDataFrameColumn(metric, whole.SelectMany(result => Column(result, metric)))),
        ]);
    }

    /// <summary>
    /// The end of every run: for each run its seeds, and where it has several, <c>count</c>, <c>mean</c>, <c>std</c> (n − 1),
    /// <c>median</c>,
    /// <c>min</c> and <c>max</c> over those that are alive and have a value; <c>count</c> says how many these are. Columns <c>run,
    /// seed</c>; one for each swept path, empty for runs without it; <c>outcome, last_iteration</c>; <c>alive, dead, diverged, stopped</c>,
    /// numbers of seeds, empty for a single one, whose outcome says it; then the metrics at the last measurement, empty where the run did
    /// not complete alive.
    /// </summary>
    public static DataFrame Summary(Items<UnitResult> results) => Summary(results, ofSeeds: true);

    /// <summary>The same, with the rows of seeds of runs that have several, or without.</summary>
    internal static DataFrame Summary(Items<UnitResult> results, bool ofSeeds) =>
        Summary([.. SummaryRows(results, MetricsOf(results), ofSeeds)], MetricsOf(results), SweptOf(results));

    /// <summary>The same in parts, one below the other, of which each is in memory while it is looked at.</summary>
    internal static IEnumerable<DataFrame> SummaryInParts(Items<UnitResult> results)
    {
        var (metrics, swept) = (MetricsOf(results), SweptOf(results));
        return results.Count == 0 ? [Summary([], metrics, swept)]
            : SummaryRows(results, metrics, true).Chunk(RowsOfPart).Select(part => Summary(part, metrics, swept));
    }

    private static IEnumerable<Row> SummaryRows(Items<UnitResult> results, Items<string> metrics, bool ofSeeds) =>
        results.GroupBy(r => r.Unit.Label).Select(run => run.ToArray()).SelectMany(run => (ofSeeds || run.Length == 1
            ? SeedRows(run, metrics) : []).Concat(StatisticRows(run, metrics)));

    private static DataFrame Summary(Row[] rows, Items<string> metrics, SweptPath[] swept) =>
        new(
        [
            new StringDataFrameColumn("run", rows.Select(r => r.Unit.Label)),
            new StringDataFrameColumn("seed", rows.Select(r => r.Seed)),
            .. SweptColumns(swept, [.. rows.Select(r => r.Unit)]),
            new StringDataFrameColumn("outcome", rows.Select(r => r.Outcome)),
            new Int64DataFrameColumn("last_iteration", rows.Select(r => r.LastIteration)),
            new Int64DataFrameColumn("alive", rows.Select(r => (long?)r.Survival?.Alive)),
            new Int64DataFrameColumn("dead", rows.Select(r => (long?)r.Survival?.Dead)),
            new Int64DataFrameColumn("diverged", rows.Select(r => (long?)r.Survival?.Diverged)),
            new Int64DataFrameColumn("stopped", rows.Select(r => (long?)r.Survival?.Stopped)),
            .. metrics.Select((metric, i) => new DoubleDataFrameColumn(metric, rows.Select(r => r.Values[i]))),
        ]);

    /// <summary>What a <see cref="TableFigure"/> shows, runs beside one another over their seeds: <c>run, window, metric, seeds, survivors,
    /// mean, standard_error, difference, difference_in_standard_errors</c>.</summary>
    public static DataFrame Table(TableFigure table, Items<UnitResult> results) => Comparison.Frame(Comparison.Of(table, results));

    /// <summary>The metrics that any run measures, in the order in which they come up.</summary>
    internal static Items<string> MetricsOf(Items<UnitResult> results) => Items.From(results.SelectMany(r => r.AtEnd.Metrics).Distinct());

    /// <summary>Whether a unit's last values count in the statistics over seeds: it completed, and is not dead.</summary>
    public static bool Survived(RunResult result) => result.End.IsAlive;

    /// <summary>The last values of a metric of those units that count and have one, ascending.</summary>
    internal static double[] LastValues(IEnumerable<UnitResult> run, string metric) => [.. run.Where(r => Survived(r.AtEnd))
        .Select(r => r.AtEnd.LastOrNaN(metric)).Where(value => !double.IsNaN(value)).Order()];

    private sealed record Row(RunUnit Unit, string Seed, string Outcome, long? LastIteration, Survival? Survival, double?[] Values);

    private static IEnumerable<Row> SeedRows(IEnumerable<UnitResult> run, Items<string> metrics) => run.Select(r => new Row(
        r.Unit, FormattableString.Invariant($"{r.Unit.Seed}"), r.AtEnd.End.Word, r.AtEnd.LastIteration, null,
        [.. metrics.Select(metric => Survived(r.AtEnd) && r.AtEnd.Metrics.Contains(metric) ? (double?)r.AtEnd.Last(metric) : null)]));

    private static IEnumerable<Row> StatisticRows(UnitResult[] run, Items<string> metrics)
    {
        if (run.Length < 2) yield break;
        var survival = Survival.Of(run.Select(r => r.AtEnd));
        foreach (var (name, statistic) in Statistics)
        {
            yield return new Row(run[0].Unit, name, survival.Fraction, null, survival, [.. metrics.Select(metric =>
            {
                if (!run.Any(r => r.AtEnd.Metrics.Contains(metric))) return null;
                var values = LastValues(run, metric);
                return values.Length == 0 && name != Count ? null : statistic(values);
            })]);
        }
    }

    private const string Count = "count";

    // Each gets the values in ascending order.
    private static readonly (string Name, Func<double[], double?> Of)[] Statistics =
    [
        (Count, x => x.Length),
        ("mean", x => x.Average()),
        ("std", x => x.Length < 2 ? null : Values.Statistics.Deviation(x)),
        ("median", x => Values.Statistics.Median(x)),
        ("min", x => x[0]),
        ("max", x => x[^1]),
    ];

    private readonly record struct SweptPath(string Path, bool IsNumber);

    // A path with a word among its values, in any run, is a column of texts. Seeds of a run share its values.
    private static SweptPath[] SweptOf(Items<UnitResult> results) =>
        [.. results.Select(r => r.Unit.Swept).Distinct(ReferenceEqualityComparer.Instance).Cast<Items<SweptValue>>()
            .SelectMany(swept => swept).GroupBy(swept => swept.Path)
            .Select(axis => new SweptPath(axis.Key, axis.All(swept => swept.Value.AsNumber is not null)))];

    private static IEnumerable<DataFrameColumn> SweptColumns(SweptPath[] paths, RunUnit[] rows) =>
        paths.Select(DataFrameColumn (axis) => axis.IsNumber
            ? new DoubleDataFrameColumn(axis.Path, rows.Select(unit => ValueOf(unit, axis.Path)?.AsNumber))
            : new StringDataFrameColumn(axis.Path, rows.Select(unit => ValueOf(unit, axis.Path)?.Text)));

    private static AxisValue? ValueOf(RunUnit unit, string path) => unit.Swept.FirstOrDefault(swept => swept.Path == path)?.Value;

    private static IEnumerable<double?> Column(RunResult result, string metric)
    {
        var column = result.Metrics.AsSpan().IndexOf(metric);
        return result.Measurements.Select(m => column < 0 ? (double?)null : m.Values[column]);
    }
}

/// <summary>What became of the seeds of a run.</summary>
/// <param name="Alive">Those that completed alive.</param>
/// <param name="Dead">Those that completed dead, see <see cref="DeadRun"/>.</param>
/// <param name="Diverged">Those whose loss stopped being finite.</param>
/// <param name="Stopped">Those that the user stopped, of which nobody knows what would have become.</param>
/// <param name="Failed">Those that an error of the program ended.</param>
internal sealed record Survival(int Alive, int Dead, int Diverged, int Stopped = 0, int Failed = 0)
{
    /// <summary>Those that came to an end of their own: alive, dead or diverged.</summary>
    public int Total => Alive + Dead + Diverged;

    /// <summary>What became of some seeds.</summary>
    public static Survival Of(IEnumerable<RunResult> seeds) => seeds.Aggregate(new Survival(0, 0, 0), (so, seed) => seed.End.Match(
        completed => so with { Alive = so.Alive + 1 }, dead => so with { Dead = so.Dead + 1 },
        diverged => so with { Diverged = so.Diverged + 1 }, stopped => so with { Stopped = so.Stopped + 1 },
        failed => so with { Failed = so.Failed + 1 }));

    /// <summary>Those alive of all that came to an end: <c>46/50</c>.</summary>
    public string Fraction => FormattableString.Invariant($"{Alive}/{Total}");

    /// <summary>The same, with the dead, the stopped and the failed where there are any: <c>46/50, 4 dead, 2 stopped</c>.</summary>
    public string Text => string.Join(", ", new[] { (Dead, "dead"), (Stopped, "stopped"), (Failed, "failed") }
        .Where(some => some.Item1 > 0).Select(some => FormattableString.Invariant($"{some.Item1} {some.Item2}")).Prepend(Fraction));
}
