using LargeSteps.Experiments.Charts;
using LargeSteps.Figures;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Results;

/// <summary>A metric of one run over its seeds, as a chart shows it.</summary>
/// <param name="Label">The run.</param>
/// <param name="X">The measured iterations or epochs, or the swept values, ascending.</param>
/// <param name="Center">Mean or median over the seeds that have not diverged yet; over swept values, over those that completed
/// alive.</param>
/// <param name="Lower">The lower end of the band; null: no band.</param>
/// <param name="Upper">The upper end of the band.</param>
/// <param name="Seeds">The values of each seed at the iterations, NaN where it has diverged.</param>
/// <param name="Outcome">What became of the seeds.</param>
internal sealed record Ensemble(string Label, double[] X, double[] Center, double[]? Lower, double[]? Upper, double[][] Seeds,
    Running.Survival Outcome)
{
    /// <summary>What the points are the middle of over swept values, seed by seed; empty where each has one.</summary>
    public (uint Seed, double[] Values)[] BySeed { get; init; } = [];

    /// <summary>The metric that every run has: the fraction of its seeds that have not diverged yet.</summary>
    public const string Survival = "survival";

    /// <summary>The ensembles of a metric, one for each run that has it.</summary>
    public static IEnumerable<Ensemble> Of(string metric, CurvesFigure figure, Items<UnitResult> results) =>
        results.GroupBy(r => r.Unit.Label)
            .Select(run => Of(metric, figure, run.Key, run.First().Unit.Pipeline, UnitResult.Whole([.. run])))
            .OfType<Ensemble>();

    /// <summary>The ensembles of a metric at the end of the runs over a swept value, one for each series of the sweep.</summary>
    public static IEnumerable<Ensemble> Over(SweepFigure figure, string metric, Experiment experiment, Items<UnitResult> results) =>
        Series([figure.X], figure.Runs, experiment, results).Select(series =>
        {
            var points = series.Points.OrderBy(p => p.X).ToArray();
            var spreads = points.Select(p => Spread(metric, figure.Panels, Ends(metric, p.Seeds))).ToArray();
            var band = HasBand(metric, figure.Panels, points.Max(p => p.Seeds.Length));
            return new Ensemble(
                series.Label.Length > 0 ? series.Label : Shown(figure, results), [.. points.Select(p => p.X)],
                    [.. spreads.Select(s => s.Center)],
                band ? [.. spreads.Select(s => s.Lower)] : null, band ? [.. spreads.Select(s => s.Upper)] : null,
                [], Running.Survival.Of(points.SelectMany(p => p.Seeds).Select(r => r.AtEnd)))
            {
                BySeed = HasSpread(metric, points.Max(p => p.Seeds.Length)) ? EndsBySeed(metric, [.. points.Select(p => p.Seeds)]) : [],
            };
        });

    // A seed of one point need not be among those of another.
    private static (uint Seed, double[] Values)[] EndsBySeed(string metric, UnitResult[][] points)
    {
        var ends = points.Select(seeds => seeds.Zip(Ends(metric, seeds)).ToDictionary(end => end.First.Unit.Seed, end => end.Second))
            .ToArray();
        return [.. points.SelectMany(seeds => seeds.Select(seed => seed.Unit.Seed)).Distinct().Order()
            .Select(seed => (seed, Array.ConvertAll(ends, point => point.GetValueOrDefault(seed, double.NaN))))];
    }

    /// <summary>The centres of a metric at the end of the runs over two swept values, for each series of the sweep; NaN where no seed
    /// survived.</summary>
    public static IEnumerable<(string Series, Items<HeatCell> Cells)> Map(SweepFigure figure, string metric, Experiment experiment,
        Items<UnitResult> results) =>
        Series(figure.Y is { } y ? [figure.X, y] : [figure.X], figure.Runs, experiment, results).Select(series => (
            series.Label, Items.From(series.Points.Select(p => new HeatCell(p.X, p.Y, Spread(metric, figure.Panels,
                Ends(metric, p.Seeds)).Center)))));

    /// <summary>The finite values of a metric in the last part of the runs over a swept value, of all seeds, for each series of the
    /// sweep.</summary>
    public static IEnumerable<(string Label, (double X, double Y)[] Points)> Last(SweepFigure figure, double last, string metric,
        Experiment experiment, Items<UnitResult> results)
    {
        var steps = results.GroupBy(r => r.Unit.Label).ToDictionary(run => run.Key, run => run.First().Unit.Pipeline.Horizon.Steps);
        return Series([figure.X], figure.Runs, experiment, results).Select(series => (series.Label, series.Points.OrderBy(p => p.X)
            .SelectMany(point => UnitResult.Whole(point.Seeds).SelectMany(seed => Column(seed, metric)
                .Where(value => value.Iteration >= Math.Round((1 - last) * steps[point.Run], 6) && double.IsFinite(value.Value))
                .Select(value => (point.X, value.Value)))).ToArray()));
    }

    private static IEnumerable<(long Iteration, double Value)> Column(RunResult seed, string metric)
    {
        var column = seed.Metrics.AsSpan().IndexOf(metric);
        return metric == "learning_rate" ? seed.Measurements.Select(m => (m.Iteration, m.LearningRate))
            : column < 0 ? [] : seed.Measurements.Select(m => (m.Iteration, m.Values[column]));
    }

    /// <summary>What a sweep shows of the seeds of a point.</summary>
    public static string Shown(SweepFigure figure, Items<UnitResult> results) =>
        results.GroupBy(r => r.Unit.Label).All(run => run.Count() == 1) ? "at the end of the run"
            : figure.Panels.Center.Match(median => "median of the survivors", mean => "mean of the survivors");

    // A point for each run that has the figure's swept values. What else was swept tells the series apart.
    private static IEnumerable<(string Label, (double X, double Y, string Run, UnitResult[] Seeds)[] Points)> Series(string[] axes,
        Items<string> runs, Experiment experiment, Items<UnitResult> results)
    {
        var seeds = results.ToLookup(r => r.Unit.Label);
        var swept = experiment.Runs.SelectMany(run => run.Swept).Select(s => s.Path).Distinct().ToDictionary(path => path,
            path => SweptAxis.Of(path, experiment));
        return experiment.Runs
            .Where(run => (runs.Count == 0 || runs.Contains(run.Series ?? ""))
                && axes.All(path => run.Swept.Any(s => s.Path == path)))
            .GroupBy(run => string.Join(", ", run.Swept.Where(s => !axes.Contains(s.Path))
                .Select(s => $"{s.Path.Split('.')[^1]} = {swept[s.Path].LabelOf(s.Value)}").Prepend(run.Series).OfType<string>()))
            .Select(series => (series.Key, series.Select(run => (At(run, axes[0]), At(run, axes[^1]), run.Label,
                seeds[run.Label].ToArray()))
                .ToArray()));

        double At(Run run, string path) => swept[path].PlaceOf(run.Swept.First(s => s.Path == path).Value);
    }

    private static double[] Ends(string metric, UnitResult[] seeds) =>
        [.. seeds.Select(r => r.AtEnd).Select(s => metric == Survival ? s.End.Match(completed => 1, dead => 0, diverged => 0,
            stopped => double.NaN, failed => double.NaN)
            : !ResultFrames.Survived(s) ? double.NaN : metric == "learning_rate" ? s.Measurements[^1].LearningRate : s.LastOrNaN(metric))];

    private static Ensemble? Of(string metric, CurvesFigure figure, string label, Pipeline pipeline, RunResult[] seeds)
    {
        long[] iterations = [.. seeds.SelectMany(s => s.Measurements.Select(m => m.Iteration)).Distinct().Order()];
        if (metric == Survival && LastDivergence(seeds) is { } end) iterations = [.. iterations, end];
        double[][] values = [.. seeds.Select(seed => At(iterations, seed, metric))];
        if (values.All(seed => seed.All(double.IsNaN))) return null;
        var spreads = Enumerable.Range(0, iterations.Length).Select(i => Spread(metric, figure.Panels, [.. values.Select(seed => seed[i])]))
            .ToArray();
        var band = HasBand(metric, figure.Panels, seeds.Length);
        var shown = figure.ShowSeeds && seeds.Length > 1 && metric is not (Survival or "learning_rate");
        return new Ensemble(
            label, figure.Axis == CurveAxis.Epoch ? Epochs(iterations, seeds, pipeline)
                : CurveAxes.Places(figure.Axis, CheckpointFile.TargetOf(pipeline), iterations), [.. spreads.Select(s => s.Center)], band
                ? [.. spreads.Select(s => s.Lower)] : null, band ? [.. spreads.Select(s => s.Upper)] : null,
            shown ? values : [], Running.Survival.Of(seeds));
    }

    /// <summary>Where the last seed of a run diverged that nothing was measured after: its survival is 0 from there on; null where it is
    /// not over, or somebody survived.</summary>
    public static long? LastDivergence(RunResult[] seeds)
    {
        var ends = seeds.Select(seed => seed.End.Match<long?>(completed => null, dead => null, diverged => diverged.Iteration,
            stopped => null, failed => null)).ToArray();
        if (ends.Length == 0 || ends.Contains(null)) return null;
        var last = ends.Max()!.Value;
        return seeds.All(seed => seed.Measurements.Count == 0 || seed.Measurements[^1].Iteration < last) ? last : null;
    }

    private static bool HasSpread(string metric, int seeds) => seeds > 1 && metric is not (Survival or "learning_rate");

    private static bool HasBand(string metric, MetricPanels panels, int seeds) => HasSpread(metric, seeds) && !panels.Band.IsNone;

    /// <summary>The centre and the band of the values of those seeds that have one.</summary>
    private static (double Center, double Lower, double Upper) Spread(string metric, MetricPanels panels, double[] values)
    {
        double[] alive = [.. values.Where(double.IsFinite).Order()];
        // Of those of which it is known: a seed that was stopped says nothing of what comes after.
        if (metric == Survival) return (alive.Length == 0 ? double.NaN : alive.Average(), double.NaN, double.NaN);
        if (alive.Length == 0) return (double.NaN, double.NaN, double.NaN);
        var deviation = alive.Length < 2 ? 0 : Statistics.Deviation(alive);
        var (lower, upper) = panels.Band.Match(
            quantiles => (Quantile(alive, quantiles.Lower), Quantile(alive, quantiles.Upper)),
            // Mean less deviation can be negative: on a logarithmic axis the band then ends at the lowest seed.
            std => (Math.Max(alive.Average() - deviation, panels.LogY.Contains(metric) ? alive[0] : double.NegativeInfinity),
                alive.Average() + deviation),
            none => (double.NaN, double.NaN));
        return (panels.Center.Match(median => Quantile(alive, 0.5), mean => alive.Average()), lower, upper);
    }

    // As the measurements say, which is known though a checkpoint that the run has begun with is gone.
    private static double[] Epochs(long[] iterations, RunResult[] seeds, Pipeline pipeline)
    {
        var epochs = seeds.SelectMany(seed => seed.Measurements).DistinctBy(m => m.Iteration).ToDictionary(m => m.Iteration, m => m.Epoch);
        return Array.ConvertAll(iterations, iteration => epochs.TryGetValue(iteration, out var epoch) ? epoch
            : CheckpointFile.TargetOf(pipeline).EpochsAt(iteration));
    }

    private static double[] At(long[] iterations, RunResult seed, string metric)
    {
        var column = seed.Metrics.AsSpan().IndexOf(metric);
        var values = new double[iterations.Length];
        Array.Fill(values, double.NaN);
        if (metric == Survival && seed.End.IsDivergence) Array.Fill(values, 0);
        foreach (var m in seed.Measurements)
        {
            values[Array.BinarySearch(iterations, m.Iteration)] =
                metric == Survival ? 1 : metric == "learning_rate" ? m.LearningRate : column < 0 ? double.NaN : m.Values[column];
        }

        return values;
    }

    /// <summary>The quantile of ascending values, interpolated linearly between neighbours.</summary>
    internal static double Quantile(double[] ascending, double q)
    {
        var position = q * (ascending.Length - 1);
        var (below, fraction) = ((int)position, position - (int)position);
        // Values can be infinite, which have no difference.
        return fraction == 0 || ascending[below] == ascending[below + 1] ? ascending[below]
            : ascending[below] + fraction * (ascending[below + 1] - ascending[below]);
    }
}
