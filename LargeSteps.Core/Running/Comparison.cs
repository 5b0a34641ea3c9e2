using LargeSteps.Figures;
using LargeSteps.Values;
using Microsoft.Data.Analysis;

namespace LargeSteps.Running;

/// <summary>A metric of a run in a window: over the seeds that completed alive.</summary>
/// <param name="Run">The label of the run.</param>
/// <param name="Window">The name of the window.</param>
/// <param name="Metric">The metric.</param>
/// <param name="Seeds">The seeds of the run that came to an end of their own: those that were stopped or failed do not count.</param>
/// <param name="Survivors">Those that completed alive, and count.</param>
/// <param name="Mean">The mean over them; NaN where there are none or the run does not measure it.</param>
/// <param name="StandardError">Their standard deviation (n − 1) over √n; NaN for fewer than two.</param>
/// <param name="Difference">The mean less that of the run compared with; null where there is none.</param>
/// <param name="StandardErrors">
/// The difference in standard errors √(a² + b²) of both means, as of independent seeds. Null where there is no difference or both are
/// the same for all seeds.
/// </param>
internal sealed record Compared(string Run, string Window, string Metric, int Seeds, int Survivors, double Mean, double StandardError,
    double? Difference, double? StandardErrors)
{
    /// <summary>The seeds of the run that were stopped.</summary>
    public int Stopped { get; init; }
}

/// <summary>Runs beside one another, over their seeds.</summary>
internal static class Comparison
{
    /// <summary>What a table shows: run by run, window by window, metric by metric.</summary>
    public static Items<Compared> Of(TableFigure table, Items<UnitResult> results)
    {
        var runs = results.GroupBy(r => r.Unit.Label).Select(run => (Label: run.Key, Seeds: Items.From(run.Select(r => r)))).ToArray();
        var against = runs.FirstOrDefault(run => run.Label == table.Against).Seeds;
        var ofAgainst = against is null ? [] : Needed(against);
        return Items.From(runs.SelectMany(run =>
        {
            // Read once, whatever is asked of them.
            var own = run.Label == table.Against ? ofAgainst : Needed(run.Seeds);
            return from window in table.Windows
                   from metric in table.Metrics
                   let cell = Cell(run.Label, run.Seeds, own, window, metric)
                   select run.Label == table.Against || against is null ? cell
                       : Beside(cell, Cell(run.Label, against, ofAgainst, window, metric));
        }));

        RunResult[] Needed(Items<UnitResult> seeds) => table.Windows.All(window => window.IsEnd) ? [.. seeds.Select(seed => seed.AtEnd)]
            : UnitResult.Whole(seeds);
    }

    /// <summary>The same as a frame.</summary>
    public static DataFrame Frame(Items<Compared> cells) => new(
        new StringDataFrameColumn("run", cells.Select(c => c.Run)),
        new StringDataFrameColumn("window", cells.Select(c => c.Window)),
        new StringDataFrameColumn("metric", cells.Select(c => c.Metric)),
        new Int32DataFrameColumn("seeds", cells.Select(c => c.Seeds)),
        new Int32DataFrameColumn("survivors", cells.Select(c => c.Survivors)),
        new DoubleDataFrameColumn("mean", cells.Select(c => Known(c.Mean))),
        new DoubleDataFrameColumn("standard_error", cells.Select(c => Known(c.StandardError))),
        new DoubleDataFrameColumn("difference", cells.Select(c => c.Difference)),
        new DoubleDataFrameColumn("difference_in_standard_errors", cells.Select(c => c.StandardErrors)));

    private static double? Known(double value) => double.IsNaN(value) ? null : value;

    private static Compared Cell(string label, Items<UnitResult> seeds, RunResult[] results, Window window, string metric)
    {
        var survivors = seeds.Zip(results).Where(seed => ResultFrames.Survived(seed.Second)).ToArray();
        double[] values = [.. survivors.Select(seed => In(window, metric, seed.Second, seed.First.Unit.Pipeline.Horizon.Steps))
            .Where(double.IsFinite)];
        var mean = values.Length == 0 ? double.NaN : values.Average();
        return new(label, window.Name, metric, Survival.Of(seeds.Select(seed => seed.AtEnd)).Total, survivors.Length, mean,
            Statistics.Deviation(values) / Math.Sqrt(values.Length), null, null)
        {
            Stopped = seeds.Count(seed => seed.AtEnd.End.Match(completed => false, dead => false, diverged => false, stopped => true,
                failed => false)),
        };
    }

    private static Compared Beside(Compared own, Compared other)
    {
        var (difference, error) = (own.Mean - other.Mean, Math.Sqrt(Square(own.StandardError) + Square(other.StandardError)));
        return own with { Difference = Known(difference), StandardErrors = error > 0 ? Known(difference / error) : null };

        // A single run, such as gradient descent without noise, has no error of its own.
        static double Square(double error) => double.IsNaN(error) ? 0 : error * error;
    }

    /// <summary>The mean of a seed's measurements in a window; NaN where there are none.</summary>
    private static double In(Window window, string metric, RunResult seed, long steps)
    {
        var column = seed.Metrics.AsSpan().IndexOf(metric);
        if (column < 0 && metric != "learning_rate") return double.NaN;
        var measurements = seed.Measurements;
        double[] values =
        [
            .. (window.IsEnd ? measurements.TakeLast(1) : measurements.Where(m => m.Iteration >= window.From * steps
                && m.Iteration < window.To * steps))
                .Select(m => column < 0 ? m.LearningRate : m.Values[column]),
        ];
        return values.Length == 0 ? double.NaN : values.Average();
    }
}
