using LargeSteps.Datasets;
using LargeSteps.Pipelines;

namespace LargeSteps.Running;

/// <summary>Drives one run: the step loop.</summary>
public static class Runner
{
    /// <summary>Runs a pipeline on the CPU.</summary>
    /// <exception cref="InvalidOperationException">The pipeline has problems; the message lists them.</exception>
    public static RunResult Run(Pipeline pipeline) => Run(pipeline, RunContext.Default);

    /// <summary>Runs a pipeline.</summary>
    /// <exception cref="InvalidOperationException">The pipeline has problems; the message lists them.</exception>
    public static RunResult Run(Pipeline pipeline, RunContext context)
    {
        var problems = PipelineChecks.Problems(pipeline);
        if (problems.Count > 0) throw new InvalidOperationException(string.Join(Environment.NewLine, problems.Map(p => $"{p.Path}: {p.Message}")));
        return Run(pipeline, DatasetFactory.Create(pipeline.Dataset), context);
    }

    /// <summary>Runs a pipeline without problems on data that were made before.</summary>
    internal static RunResult Run(Pipeline pipeline, RegressionData data, RunContext context)
    {
        var clock = context.Clock;
        var begin = clock.GetTimestamp();
        using var run = TrainingRun.Create(pipeline, data, context.Device);
        var horizon = run.Horizon;
        var measured = pipeline.Probes.At.Iterations(horizon.Steps);
        var measurements = new List<Measurement>(measured.Count);
        var row = new double[run.Metrics.Count];
        var probing = TimeSpan.Zero;
        var reportEvery = Math.Max(1, horizon.Steps / 1000);
        var next = 0;
        var end = RunEnd.Completed;
        long k = 0;
        for (; k < horizon.Steps; k++)
        {
            if (context.Cancellation.IsCancellationRequested)
            {
                end = RunEnd.Stopped(k);
                break;
            }
            var rate = run.Rate(horizon.Progress(k));
            if (next < measured.Count && measured[next] == k)
            {
                next++;
                var start = clock.GetTimestamp();
                var finite = run.TryMeasure(row);
                probing += clock.GetElapsedTime(start);
                if (!finite)
                {
                    end = RunEnd.Diverged(k);
                    break;
                }
                measurements.Add(new Measurement(k, k / horizon.StepsPerEpoch, rate, Items.Of<double>(row)));
            }
            if (k % reportEvery == 0) context.Progress?.Report(new RunProgress(k, horizon.Steps));
            if (!double.IsFinite(run.Step(rate)))
            {
                end = RunEnd.Diverged(k);
                break;
            }
        }
        context.Progress?.Report(new RunProgress(k, horizon.Steps));
        return new RunResult(
            run.Metrics, Items.From(measurements), end, k, (clock.GetElapsedTime(begin) - probing).TotalSeconds, probing.TotalSeconds);
    }
}

/// <summary>How far a run is.</summary>
/// <param name="Iteration">The number of steps made.</param>
/// <param name="Steps">The number of steps of the whole run.</param>
public sealed record RunProgress(long Iteration, long Steps);

/// <summary>What a run needs from outside, besides its pipeline. Nothing here changes a result, but for the device's rounding.</summary>
/// <param name="Device">The device of the autograd engine, in libtorch's words: <c>cpu</c>, <c>cuda:0</c>.</param>
/// <param name="Clock">What measures times.</param>
/// <param name="Progress">Told about a thousand times how far the run is, on the run's thread; null: nobody.</param>
/// <param name="Cancellation">Stops the run between two steps; what it has measured is its result.</param>
public sealed record RunContext(string Device, TimeProvider Clock, IProgress<RunProgress>? Progress, CancellationToken Cancellation)
{
    /// <summary>The CPU, the system's clock, no progress, no cancellation.</summary>
    public static RunContext Default { get; } = new("cpu", TimeProvider.System, null, CancellationToken.None);

    /// <summary>The same with somebody who is told of the progress.</summary>
    public RunContext WithProgress(IProgress<RunProgress>? progress) => this with { Progress = progress };

    /// <summary>The same, cancellable.</summary>
    public RunContext WithCancellation(CancellationToken cancellation) => this with { Cancellation = cancellation };

    /// <summary>The same on another device.</summary>
    public RunContext WithDevice(string device) => this with { Device = device };
}
