using LargeSteps.Pipelines;
using LargeSteps.Running;

namespace LargeSteps.Experiments.Results;

/// <summary>A metric of one run over its seeds, as a chart shows it.</summary>
/// <param name="Label">The run.</param>
/// <param name="Iterations">The measured iterations, ascending.</param>
/// <param name="Center">Mean or median over the seeds that have not diverged yet.</param>
/// <param name="Lower">The lower end of the band; null: no band.</param>
/// <param name="Upper">The upper end of the band.</param>
/// <param name="Seeds">The values of each seed at the iterations, NaN where it has diverged.</param>
/// <param name="Survivors">The seeds that completed.</param>
/// <param name="Total">The seeds.</param>
internal sealed record Ensemble(string Label, double[] Iterations, double[] Center, double[]? Lower, double[]? Upper, double[][] Seeds, int Survivors, int Total)
{
    /// <summary>The metric that every run has: the fraction of its seeds that have not diverged yet.</summary>
    public const string Survival = "survival";

    /// <summary>The ensembles of a metric, one for each run that has it.</summary>
    public static IEnumerable<Ensemble> Of(string metric, FigureSpec figure, Items<UnitResult> results) =>
        results.GroupBy(r => r.Unit.Label)
            .Select(run => Of(metric, figure, run.Key, [.. run.Select(r => r.Result)]))
            .OfType<Ensemble>();

    private static Ensemble? Of(string metric, FigureSpec figure, string label, RunResult[] seeds)
    {
        long[] iterations = [.. seeds.SelectMany(s => s.Measurements.Select(m => m.Iteration)).Distinct().Order()];
        double[][] values = [.. seeds.Select(seed => At(iterations, seed, metric))];
        if (values.All(seed => seed.All(double.IsNaN))) return null;

        var (center, lower, upper) = (new double[iterations.Length], new double[iterations.Length], new double[iterations.Length]);
        for (var i = 0; i < iterations.Length; i++)
        {
            double[] alive = [.. values.Select(seed => seed[i]).Where(double.IsFinite).Order()];
            var at = i;
            center[i] = metric == Survival ? (double)alive.Length / seeds.Length
                : alive.Length == 0 ? double.NaN
                : figure.Center.Match(median => Quantile(alive, 0.5), mean => alive.Average());
            (lower[i], upper[i]) = alive.Length == 0 ? (double.NaN, double.NaN) : figure.Band.Match(
                quantiles => (Quantile(alive, quantiles.Lower), Quantile(alive, quantiles.Upper)),
                std => (alive.Average() - Deviation(alive), alive.Average() + Deviation(alive)),
                none => (double.NaN, double.NaN));
        }
        var band = seeds.Length > 1 && metric is not (Survival or "learning_rate") && figure.Band is not NoBand;
        var shown = figure.ShowSeeds && seeds.Length > 1 && metric is not (Survival or "learning_rate");
        return new Ensemble(
            label, [.. iterations], center, band ? lower : null, band ? upper : null, shown ? values : [], seeds.Count(ResultFrames.Survived), seeds.Length);
    }

    private static double[] At(long[] iterations, RunResult seed, string metric)
    {
        var column = seed.Metrics.AsSpan().IndexOf(metric);
        var values = new double[iterations.Length];
        Array.Fill(values, double.NaN);
        foreach (var m in seed.Measurements)
            values[Array.BinarySearch(iterations, m.Iteration)] =
                metric == Survival ? 1 : metric == "learning_rate" ? m.LearningRate : column < 0 ? double.NaN : m.Values[column];
        return values;
    }

    /// <summary>The quantile of ascending values, interpolated linearly between neighbours.</summary>
    internal static double Quantile(double[] ascending, double q)
    {
        var position = q * (ascending.Length - 1);
        var below = (int)position;
        return below + 1 >= ascending.Length ? ascending[^1] : ascending[below] + (position - below) * (ascending[below + 1] - ascending[below]);
    }

    private static double Deviation(double[] values)
    {
        if (values.Length < 2) return 0;
        var mean = values.Average();
        return Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1));
    }
}
