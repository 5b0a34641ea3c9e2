using System.Runtime.CompilerServices;
using LargeSteps.Configuration;
using LargeSteps.Datasets;
using LargeSteps.Numerics;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Schedules;
using LargeSteps.Training;
using LargeSteps.Training.Deep;
using LargeSteps.Values;

namespace LargeSteps.Running;

/// <summary>Drives one run: the step loop.</summary>
public static class Runner
{
    // How often the progress of a run is told, beside its first steps and its measurements.
    private const int Reports = 1000, FirstReports = 20;

    // Steps of small models between two looks at whether the run is to be stopped.
    private const int MostAtOnce = 128;

    /// <summary>Runs a pipeline on the CPU.</summary>
    /// <exception cref="InvalidOperationException">The pipeline has problems; the message lists them.</exception>
    public static RunResult Run(Pipeline pipeline) => Run(pipeline, RunContext.Default);

    /// <summary>Runs a pipeline.</summary>
    /// <exception cref="InvalidOperationException">The pipeline has problems; the message lists them.</exception>
    public static RunResult Run(Pipeline pipeline, RunContext context)
    {
        _ = Checked(pipeline).OrThrow();
        return RunChecked(pipeline, context);
    }

    /// <summary>Runs a pipeline on the CPU, see <see cref="TryRun(Pipeline, RunContext)"/>.</summary>
    public static Outcome<RunResult> TryRun(Pipeline pipeline) => TryRun(pipeline, RunContext.Default);

    /// <summary>Runs a pipeline. What can be expected to fail is a failure with all of its diagnostics: a pipeline with problems, data or
    /// weights that are not there or not what they should be, a libtorch that is not there (LS0401), a part of the
    /// program's own with which the run cannot go on (LS0305). A bug, also one in a function of the
    /// pipeline, throws; that a run diverges or is cancelled is a result.</summary>
    public static Outcome<RunResult> TryRun(Pipeline pipeline, RunContext context) =>
        Checked(pipeline).Bind(_ => Attempt(() => RunChecked(pipeline, context with
        {
            FailureOf = e => e is RunException ? e.Message : null,
        }))).Bind(result => result.End.Failure is { } failure ? Outcome.Failure<RunResult>(new Diagnostic("LS0305", failure))
            : Outcome.Success(result));

    /// <summary>Runs a pipeline on the CPU and on a thread of its own.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="cancellation">Stops the run between two steps. The task then has a result, <see cref="RunEnd.Stopped"/> with what was
    /// measured: it is not cancelled.</param>
    /// <exception cref="InvalidOperationException">The pipeline has problems; the message lists them.</exception>
    [OverloadResolutionPriority(1)]
    public static Task<RunResult> RunAsync(Pipeline pipeline, CancellationToken cancellation = default) =>
        RunAsync(pipeline, RunContext.Default.WithCancellation(cancellation));

    /// <summary>Runs a pipeline on a thread of its own. A cancelled run is a result of the task, as of
    /// <see cref="Run(Pipeline, RunContext)"/>.</summary>
    /// <exception cref="InvalidOperationException">The pipeline has problems; the message lists them.</exception>
    public static Task<RunResult> RunAsync(Pipeline pipeline, RunContext context) => OnItsThread(() => Run(pipeline, context));

    /// <summary>Does something that takes long on a thread of its own: the pool's are for what is short. What it is told to stop by is no
    /// matter of the task, which ends with the result.</summary>
    internal static Task<TResult> OnItsThread<TResult>(Func<TResult> run) =>
        Task.Factory.StartNew(run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>The result of a run, or what it misses outside of the program.</summary>
    internal static Outcome<T> Attempt<T>(Func<T> run)
    {
        try
        {
            return Outcome.Success(run());
        }
        catch (DataException e)
        {
            return new Outcome<T>.Failure(e.Problems);
        }
        catch (NativeLibraryException e)
        {
            return Outcome.Failure<T>(new Diagnostic("LS0401", e.Message));
        }
        catch (RunException e)
        {
            return Outcome.Failure<T>(new Diagnostic("LS0305", e.Message));
        }
        catch (Exception e) when (OutOfMemory.IsToldBy(e))
        {
            return Outcome.Failure<T>(new Diagnostic("LS0403", $"there is not enough memory: {e.Message.Split('\n')[0].Trim()}"));
        }
    }

    private static Outcome<Experiment> Checked(Pipeline pipeline)
    {
        // A name that none of the runs has that it looks at.
        var name = "pipeline";
        while (pipeline.Others.Any(other => other.Label == name)) name += "'";
        return Experiment.Of(name, pipeline).Checked();
    }

    private static RunResult RunChecked(Pipeline pipeline, RunContext context) =>
        Run(pipeline, DatasetFactory.Load(pipeline.Dataset, context.DataFolder), context);

    /// <summary>The weights with which a pipeline without problems begins, flat, in the order of <see cref="Snapshot"/>. The images of deep
    /// networks are not read for this.</summary>
    /// <exception cref="DataException">The file that they are in is not there, or not one of this network.</exception>
    internal static Items<double> InitialWeights(Pipeline pipeline)
    {
        if ((pipeline.Model.AsDeep, pipeline.Dataset.AsImages) is ({ } model, { } images)) return DeepWeights.Initial(model, images);
        var bare = pipeline.WithProbes(ProbePlan.Of(Cadence.Every(1), new Losses()));
        using var run = TrainingRun.Create(bare, new LoadedData(DatasetFactory.Create(pipeline.Dataset), null), "cpu");
        run.TryMeasure(new double[run.Metrics.Count]);
        return run.MeasuredWeights();
    }

    /// <summary>Runs a pipeline without problems on data that were made before.</summary>
    internal static RunResult Run(Pipeline pipeline, LoadedData data, RunContext context)
    {
        // Whether it fits the run that has left it; and what that was.
        if (CheckpointFile.Problems(pipeline) is { Count: > 0 } unfit) throw new DataException(unfit);
        var (clock, handover) = (context.Clock, context.Handover ?? new Handover([pipeline]));
        // As the fork of the run that has left its checkpoint, where it begins with one: rates and epochs before are that one's.
        var (whole, begins) = (CheckpointFile.Origin(pipeline).OrThrow(), pipeline.Checkpoint is { } file
            ? CheckpointFile.Read(file).Match(kept => kept, problems => throw new DataException(problems)) : null);
        using var run = TrainingRun.Create(whole, data, context.Device);
        var horizon = run.Horizon;
        // A fork counts its measurements from its own beginning.
        var measured = pipeline.Probes.At.Iterations(horizon);
        if (whole.Start is { Step: var begun }) measured = [.. measured.Where(at => at >= begun)];
        var measurements = new List<Measurement>(measured.Count);
        var snapshots = new List<Snapshot>();
        var row = new double[run.Metrics.Count];
        var seconds = run.Metrics.AsSpan().IndexOf(Seconds.Column);
        var (training, probing) = (0.0, TimeSpan.Zero);
        var (left, target) = (handover.Of(pipeline), whole.Target);
        var reportEvery = Math.Max(1, horizon.Steps / Reports);
        var end = RunEnd.Completed;
        var (k, isMeasured) = (0L, false);
        // A small run is made again in less time than its state is kept.
        var processor = ProcessorKind.Of(context.Device);
        var made = pipeline.Engine.Match(closedForm => "cpu", autograd => context.Device);
        using var checkpoints = pipeline.Model.Match(diagonal => null, relu => null, deep => context.Checkpoints, custom => null)
            ?.Of((context.Names ?? new(context.DataFolder)).Of(pipeline), run.Metrics, horizon, processor);
        if (checkpoints?.IsHeldByAnother == true)
        {
            context.Progress?.Report(new RunProgress(0, horizon.Steps)
            {
                Note = "another program makes this run in the same folder, and keeps its checkpoints; both come to the same result",
            });
        }

        if (checkpoints?.Latest() is { } kept)
        {
            TellProcessor(kept.Processor, kept.Result.LastIteration);
            run.Restore(kept.State);
            measurements.AddRange(kept.Result.Measurements);
            snapshots.AddRange(kept.Result.Snapshots);
            (k, training, probing) = (kept.Result.LastIteration, kept.Result.TrainingSeconds,
                TimeSpan.FromSeconds(kept.Result.ProbeSeconds));
        }
        else if (begins is not null)
        {
            TellProcessor(begins.Processor, begins.Step);
            run.Continue(begins.State, whole.Start!.Parent);
            k = begins.Step;
        }
        else if (pipeline.Start is { } start)
        {
            if (handover.At(start, data, context) is not { } parent) return Begun(RunEnd.Stopped(0));
            if (parent.State is null)
            {
                if (parent.End.Failure is { } failure) return Begun(RunEnd.Failed($"its parent failed: {failure}"));
                return parent.End.IsAlive || !parent.End.IsOwnEnd
                    ? throw new InvalidOperationException($"The parent of a fork came to no step {start.Step}: {parent.End}")
                    : Begun(parent.End);
            }
            run.Continue(parent.State, whole.Start!.Parent);
            k = start.Step;
        }
        if (pipeline.Others.Count > 0)
        {
            var others = handover.IteratesFor(pipeline, k, context.Until ?? long.MaxValue, data, context);
            // What was measured before a checkpoint stays.
            if (others is null) return Begun(RunEnd.Stopped(k)) with { Measurements = Items.From(measurements) };
            run.View.Others = others;
        }
        var (first, begin, probed) = (k, clock.GetTimestamp(), probing);
        var next = measured.Count(at => at < k);
        try
        {
            while (true)
            {
                if (context.Cancellation.IsCancellationRequested && k < horizon.Steps)
                {
                    end = RunEnd.Stopped(k);
                    if (k > first) checkpoints?.Keep(run.Save(), Result());
                    break;
                }
                left.At(k, run);
                if (k >= context.Until)
                {
                    end = RunEnd.Stopped(k);
                    break;
                }
                // The state before step k is the same whether or not it has been measured.
                if (k > first && checkpoints?.IsDue(k) == true) checkpoints.Keep(run.Save(), Result());
                var rate = run.Rate(horizon.Progress(Math.Min(k, horizon.Steps - 1)));
                Measurement? measurement = null;
                if (next < measured.Count && measured[next] == k)
                {
                    var number = next++;
                    var start = clock.GetTimestamp();
                    isMeasured = true;
                    var finite = run.TryMeasure(row);
                    isMeasured = false;
                    probing += clock.GetElapsedTime(start);
                    if (!finite)
                    {
                        end = RunEnd.Diverged(k);
                        break;
                    }
                    if (seconds >= 0) row[seconds] = Trained();
                    measurement = new Measurement(k, target.EpochsAt(k), rate, Items.Of<double>(row));
                    measurements.Add(measurement);
                    if (pipeline.Probes.Snapshots?.Keeps(number, measured.Count) == true)
                        snapshots.Add(new Snapshot(k, run.MeasuredWeights()));
                    checkpoints?.KeepBest(run.Save, Result);
                }
                // The first steps tell how long all will take.
                if (measurement is not null || (k < horizon.Steps && (k % reportEvery == 0 || k - first < FirstReports)))
                {
                    context.Progress?.Report(new RunProgress(k, horizon.Steps, measurement is null ? null : new Measured(run.Metrics,
                        measurement)));
                }

                if (k == horizon.Steps)
                {
                    // No later step tells of the last one's result, and not every measurement looks at the loss.
                    if (!run.IsFinite()) end = RunEnd.Diverged(k);
                    break;
                }
                var stop = run.AreStepsShort ? NextStop() : k + 1;
                k = run.MakeSteps(k, stop);
                if (k < stop)
                {
                    end = RunEnd.Diverged(k);
                    break;
                }
            }
        }
        // What it has measured stays.
        catch (Exception e) when (context.FailureOf?.Invoke(e) is { } failure)
        {
            var (where, probe) = (run.AreStepsShort && !isMeasured ? "in the steps from" : "at", Instruments.ProbeOf(e));
            end = RunEnd.Failed(FormattableString.Invariant(
                $"{where} iteration {k}: {(probe is null ? "" : $"the probe '{probe}': ")}{failure}"));
            left.Failed(end, k);
        }
        if (end.IsAlive && run.IsDead) end = RunEnd.Dead;
        if (end.IsOwnEnd) left.Ended(end, k);
        // Whoever is told of it may be what has failed.
        if (end.Failure is null) context.Progress?.Report(new RunProgress(k, horizon.Steps));
        return Result();

        // Where something is to be done between two steps, or the next look at whether the run is to be stopped.
        long NextStop()
        {
            var reported = k + 1 - first < FirstReports ? k + 1 : (k / reportEvery + 1) * reportEvery;
            var until = Math.Min(Math.Min(k + MostAtOnce, horizon.Steps), Math.Min(reported, left.Next(k + 1)));
            if (context.Until is { } most && most > k) until = Math.Min(until, most);
            return next < measured.Count ? Math.Min(until, measured[next]) : until;
        }

        void TellProcessor(string made, long iteration)
        {
            if (made == processor) return;
            var difference = $"its checkpoint was made on another kind of processor: '{made}', and this is '{processor}'";
            if (context.Exact) throw new DataException([new("LS0710", difference)]);
            context.Progress?.Report(new RunProgress(iteration, horizon.Steps)
            {
                Note = $"{difference}; from here on its numbers differ in their last digits",
            });
        }

        RunResult Begun(RunEnd ended) => new(run.Metrics, [], ended, ended.Match(completed => 0, dead => 0, diverged => diverged.Iteration,
            stopped => stopped.Iteration, failed => 0L), 0, 0);

        RunResult Result() => new(
            run.Metrics, Items.From(measurements), end, k, Trained(), probing.TotalSeconds)
        {
            Snapshots = Items.From(snapshots),
            Device = made,
        };

        double Trained() => training + (clock.GetElapsedTime(begin) - (probing - probed)).TotalSeconds;
    }
}

/// <summary>How far a run is.</summary>
/// <param name="Iteration">The number of steps made.</param>
/// <param name="Steps">The number of steps of the whole run.</param>
/// <param name="Measured">What has just been measured; null between measurements.</param>
public sealed record RunProgress(long Iteration, long Steps, Measured? Measured = null)
{
    /// <summary>What is to be known of the run; null: nothing.</summary>
    public string? Note { get; init; }
}

/// <summary>A row of a run's table.</summary>
/// <param name="Metrics">The names of its values.</param>
/// <param name="Measurement">The row.</param>
public sealed record Measured(Items<string> Metrics, Measurement Measurement);

/// <summary>What a run needs from outside, besides its pipeline. Nothing here changes a result, but for the device's rounding.</summary>
/// <param name="Device">The device of the autograd engine, in libtorch's words: <c>cpu</c>, <c>cuda:0</c>.</param>
/// <param name="Clock">What measures times.</param>
/// <param name="Progress">Told of every measurement, and about a thousand times how far the run is, on the run's thread; null:
/// nobody.</param>
/// <param name="Cancellation">Stops the run between two steps; what it has measured is its result.</param>
/// <param name="DataFolder">Where the files of image datasets are.</param>
/// <param name="Checkpoints">Where runs that are worth it keep their state, and from where they go on; null: nowhere.</param>
public sealed record RunContext(
    string Device, TimeProvider Clock, IProgress<RunProgress>? Progress, CancellationToken Cancellation, string DataFolder = "data",
        Checkpoints? Checkpoints = null)
{
    /// <summary>What makes runs of deep networks of an experiment, each one at a time; none: <see cref="Device"/> does.</summary>
    public Items<DeviceWorker> Workers { get; init; } = [];

    /// <summary>Whether a run that would not give the bits of an undisturbed one, for its checkpoint is of another kind of processor, ends
    /// instead of going on.</summary>
    public bool Exact { get; init; }

    /// <summary>What runs leave to others; null: each makes what it needs of them.</summary>
    internal Handover? Handover { get; init; }

    /// <summary>Before which step the run ends; null: with its last.</summary>
    internal long? Until { get; init; }

    /// <summary>What a run says of an exception that ends it, so that its result is what it has measured; null, or none: the
    /// exception is the caller's.</summary>
    internal Func<Exception, string?>? FailureOf { get; init; }

    /// <summary>What names units, where many runs share one; null: each makes its own.</summary>
    internal UnitNames? Names { get; init; }

    /// <summary>The CPU, the system's clock, no progress, no cancellation.</summary>
    public static RunContext Default { get; } = new("cpu", TimeProvider.System, null, CancellationToken.None);

    /// <summary>The same with somebody who is told of the progress.</summary>
    public RunContext WithProgress(IProgress<RunProgress>? progress) => this with { Progress = progress };

    /// <summary>The same, cancellable.</summary>
    public RunContext WithCancellation(CancellationToken cancellation) => this with { Cancellation = cancellation };

    /// <summary>The same on another device.</summary>
    public RunContext WithDevice(string device) => this with { Device = device };

    /// <summary>The same with workers for the runs of deep networks.</summary>
    public RunContext WithWorkers(params DeviceWorker[] workers) => this with { Workers = Items.From(workers) };

    /// <summary>The same with the files of image datasets in another folder.</summary>
    public RunContext WithDataFolder(string folder) => this with { DataFolder = folder, Names = null };

    /// <summary>The same with checkpoints, or without.</summary>
    public RunContext WithCheckpoints(Checkpoints? checkpoints) => this with { Checkpoints = checkpoints };
}
