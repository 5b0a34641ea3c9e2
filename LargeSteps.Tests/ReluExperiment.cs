using System.Numerics;
using LargeSteps.Models;
using LargeSteps.Optimizers;
using LargeSteps.Schedules;

namespace LargeSteps.Tests;

/// <summary>
/// The step sizes of the published fully connected runs. With W = int(f·steps) &gt; 0 and a warm-up factor F ≠ 1: η + (F − 1)·η·(k/steps)^p
/// for k ≤ W (k over all steps, not over W), at k = W divided by the decay factor, and then constant. Without warm-up: η, from step W on
/// divided by the decay factor.
/// </summary>
/// <param name="Rate">η.</param>
/// <param name="DecayAt">f; 0: no decay.</param>
/// <param name="DecayFactor">What is divided by.</param>
/// <param name="WarmUpFactor">F.</param>
/// <param name="WarmUpPower">p.</param>
internal sealed record ReluRate(double Rate, double DecayAt = 0, double DecayFactor = 1, double WarmUpFactor = 1, double WarmUpPower = 1)
{
    /// <summary>Whether the decay is behind, at a step.</summary>
    public bool Decayed(long step, long steps) => (long)(DecayAt * steps) is > 0 and var decay && step >= decay;

    /// <summary>The step size of a step.</summary>
    public double At(long step, long steps)
    {
        var decay = (long)(DecayAt * steps);
        var progress = decay == 0 || WarmUpFactor == 1 ? 0 : Math.Min(step, decay) / (double)steps;
        var rate = Rate + (WarmUpFactor - 1) * Rate * Math.Pow(progress, WarmUpPower);
        return Decayed(step, steps) ? rate / DecayFactor : rate;
    }
}

/// <summary>What a run of <see cref="ReluExperiment"/> measured.</summary>
/// <param name="Metrics">The names of the columns.</param>
/// <param name="Iterations">The iterations measured.</param>
/// <param name="Rows">For each of them the values.</param>
/// <param name="DivergedAt">The first iteration whose train loss was not finite; null: none was.</param>
internal sealed record ReluResult(IReadOnlyList<string> Metrics, IReadOnlyList<long> Iterations, IReadOnlyList<double[]> Rows,
    long? DivergedAt)
{
    /// <summary>The values of a metric, in order.</summary>
    public double[] Values(string metric)
    {
        var column = Metrics.ToList().IndexOf(metric);
        return [.. Rows.Select(row => row[column])];
    }
}

/// <summary>The loop of the published fully connected experiments.</summary>
internal static class ReluExperiment
{
    /// <summary>The grid of the published programs: the first 100 iterations, and 151 points over the run without the last.</summary>
    public static Cadence Published { get; } = Cadence.Evenly(100, 151);

    /// <summary>
    /// Trains and measures: at iteration k the step size is set, the iterate is measured where the grid has k, and the step is made. A step
    /// whose loss is not finite, or a measurement whose first metric is not, ends the run.
    /// </summary>
    /// <param name="engine">The engine at its first iterate.</param>
    /// <param name="instruments">What is measured; the first metric is the train loss.</param>
    /// <param name="rate">The step sizes.</param>
    /// <param name="steps">The number of steps.</param>
    /// <param name="at">When is measured.</param>
    public static ReluResult Run<T>(IEngine<ReluWeights<T>> engine, IReadOnlyList<ReluInstrument<T>> instruments, ReluRate rate, long steps,
        Cadence at)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var instrument = ReluInstrument<T>.Join(instruments);
        var grid = at.Iterations(new Horizon(steps, 1));
        List<long> iterations = [];
        List<double[]> rows = [];
        var next = 0;
        for (long k = 0; k < steps; k++)
        {
            if (next < grid.Count && grid[next] == k)
            {
                next++;
                var row = new double[instrument.Metrics.Count];
                instrument.Measure(engine.Current, row);
                iterations.Add(k);
                rows.Add(row);
                if (row is [var first, ..] && !double.IsFinite(first)) return new(instrument.Metrics, iterations, rows, k);
            }
            if (!double.IsFinite(engine.Step(rate.At(k, steps)))) return new(instrument.Metrics, iterations, rows, k);
        }
        return new(instrument.Metrics, iterations, rows, null);
    }
}
