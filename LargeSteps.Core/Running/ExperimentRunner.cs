using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using LargeSteps.Configuration;
using LargeSteps.Datasets;
using LargeSteps.Numerics;
using LargeSteps.Pipelines;
using LargeSteps.Values;

namespace LargeSteps.Running;

/// <summary>Runs experiments: units on a pool of workers. How many workers there are changes no result.</summary>
public static class ExperimentRunner
{
    /// <summary>Runs an experiment on all cores and keeps nothing on disk.</summary>
    /// <exception cref="InvalidOperationException">The experiment has problems; the message lists them.</exception>
    public static Items<UnitResult> Run(Experiment experiment) =>
        Run(experiment, RunContext.Default);

    /// <summary>Runs an experiment on all cores and keeps nothing on disk.</summary>
    /// <param name="experiment">The experiment.</param>
    /// <param name="context">The device, the clock, and what stops the run. Its progress is not used: see
    /// <paramref name="events"/>.</param>
    /// <param name="events">Told what happens, from the workers' threads, such as a <see cref="RunEvents"/>; null: nobody.</param>
    /// <exception cref="InvalidOperationException">The experiment has problems; the message lists them.</exception>
    public static Items<UnitResult> Run(Experiment experiment, RunContext context, IProgress<RunEvent>? events = null) =>
        Run(experiment.Checked().Bind(Units.Of).OrThrow(), context, Environment.ProcessorCount, store: null, resume: false, events);

    /// <summary>Runs an experiment on all cores and keeps nothing on disk. What can be expected to fail is a failure with all of its
    /// diagnostics, see <see cref="Runner.TryRun(Pipeline, RunContext)"/>; a bug in one run is that run's end
    /// (<see cref="FailedRun"/>).</summary>
    /// <param name="experiment">The experiment.</param>
    /// <param name="context">The device, the clock, and what stops the run; null: the CPU, and nothing.</param>
    /// <param name="events">Told what happens, from the workers' threads; null: nobody.</param>
    public static Outcome<Items<UnitResult>> TryRun(
        Experiment experiment, RunContext? context = null, IProgress<RunEvent>? events = null) =>
        experiment.Checked().Bind(Units.Of).Bind(units => Runner.Attempt(() =>
            Run(units, context ?? RunContext.Default, Environment.ProcessorCount, store: null, resume: false, events)));

    /// <summary>Runs an experiment on all cores, and tells its results when all are there.</summary>
    /// <param name="experiment">The experiment.</param>
    /// <param name="cancellation">Stops the runs between two steps. The task then has results: those that were not done are
    /// <see cref="RunEnd.Stopped"/>.</param>
    /// <exception cref="InvalidOperationException">The experiment has problems; the message lists them.</exception>
    [OverloadResolutionPriority(1)]
    public static Task<Items<UnitResult>> RunAsync(Experiment experiment, CancellationToken cancellation = default) =>
        RunAsync(experiment, RunContext.Default.WithCancellation(cancellation));

    /// <summary>Runs an experiment on all cores, and tells its results when all are there. Cancelled runs are results of the task, as of
    /// <see cref="Run(Experiment, RunContext, IProgress{RunEvent})"/>.</summary>
    /// <exception cref="InvalidOperationException">The experiment has problems; the message lists them.</exception>
    public static Task<Items<UnitResult>> RunAsync(Experiment experiment, RunContext context, IProgress<RunEvent>? events = null) =>
        Runner.OnItsThread(() => Run(experiment, context, events));

    /// <summary>Runs an experiment on all cores, and tells what happens as it does. The runs do not wait for the reader. They begin when
    /// the events are first asked for; where the reader goes away before the end, they are stopped.</summary>
    /// <param name="experiment">The experiment.</param>
    /// <param name="context">The device, the clock, and what stops the runs; null: the CPU, and nothing.</param>
    /// <param name="cancellation">Stops the runs too, between two steps. The events then end with those of the stopped runs, and without an
    /// exception.</param>
    /// <returns>The events: of one run in order, the last of each a <see cref="UnitFinished"/> with its result.</returns>
    /// <exception cref="InvalidOperationException">The experiment has problems; the message lists them.</exception>
    public static async IAsyncEnumerable<RunEvent> Events(
        Experiment experiment, RunContext? context = null, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var (waiting, given) = (Channel.CreateUnbounded<RunEvent>(new() { SingleReader = true }), context ?? RunContext.Default);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(given.Cancellation, cancellation);
        var run = Runner.OnItsThread(() =>
        {
            try
            {
                return Run(experiment, given.WithCancellation(stop.Token), new Writer(waiting.Writer));
            }
            finally
            {
                waiting.Writer.Complete();
            }
        });
        try
        {
            while (await waiting.Reader.WaitToReadAsync(CancellationToken.None).ConfigureAwait(false))
                while (waiting.Reader.TryRead(out var happened)) yield return happened;
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            _ = await run.ConfigureAwait(false);
        }
    }

    private sealed class Writer(ChannelWriter<RunEvent> events) : IProgress<RunEvent>
    {
        public void Report(RunEvent value) => events.TryWrite(value);
    }

    /// <summary>Runs units.</summary>
    /// <param name="units">The units; those with equal pipelines are run once.</param>
    /// <param name="context">The device, the clock, and what stops the run. Its progress is not used: see
    /// <paramref name="events"/>.</param>
    /// <param name="workers">The number of units at a time, of small models; those of deep networks are spread over
    /// <see cref="RunContext.Workers"/>.</param>
    /// <param name="store">Where results are kept as soon as a unit is done; null: nowhere.</param>
    /// <param name="resume">Take results from the store where they are there.</param>
    /// <param name="events">Told what happens, from the workers' threads; null: nobody.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are less than one worker.</exception>
    /// <returns>The results, in the order of the units. A unit that was not begun when the run was cancelled is stopped at iteration
    /// 0.</returns>
    public static Items<UnitResult> Run(Items<RunUnit> units, RunContext context, int workers, UnitStore? store, bool resume,
        IProgress<RunEvent>? events)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(workers, 1);
        var names = context.Names ?? new UnitNames(context.DataFolder);
        context = context with { Names = names, Handover = new Handover(units.Select(unit => unit.Pipeline).Distinct()) };
        var data = new ConcurrentDictionary<DatasetSpec, Lazy<LoadedData>>();
        var groups = units.GroupBy(unit => unit.Pipeline).ToArray();
        Items<DeviceWorker> devices = context.Workers.Count == 0 ? [new(context.Device)] : context.Workers;
        var results = new ConcurrentDictionary<Pipeline, UnitResult>();
        var memory = new ResultMemory();
        // What ends one run as a full disk does ends all: those of deep networks go on from their checkpoints later.
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.Cancellation);
        context = context.WithCancellation(ended.Token);
        try
        {
            // A run before those that begin with what it leaves, or look at it.
            var levels = Levels(groups.Select(group => group.Key));
            foreach (var level in groups.GroupBy(group => levels[group.Key]).OrderBy(level => level.Key))
            {
                // A step of a deep network takes a whole device, and small ones the cores meanwhile.
                var deep = level.ToLookup(group => group.Key.Model.AsDeep is not null);
                Parallel.Invoke(
                    () => DeviceWorker.Share(deep[true], devices, RunGroup),
                    () => Parallel.ForEach(Partitioner.Create(deep[false], EnumerablePartitionerOptions.NoBuffering),
                        new ParallelOptions { MaxDegreeOfParallelism = workers }, group => RunGroup(group, new(context.Device))));
            }
        }
        // A full disk or a library that does not load ends the whole: the caller wants that, not the pool's wrapping.
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.Flatten().InnerExceptions[0]);
        }
        return units.Map(unit => results[unit.Pipeline] with { Unit = unit });

        void RunGroup(IGrouping<Pipeline, RunUnit> group, DeviceWorker worker)
        {
            var (pipeline, first) = (group.Key, group.First());
            // Named before it runs: what it has read is what the files were then.
            var identity = store is null ? null : names.Of(pipeline);
            var kept = resume && identity is not null ? store?.Find(identity) : null;
            if (kept is null) events?.Report(new UnitStarted(first));
            var result = kept ?? RunOrEnd(first, identity, worker);
            context.Handover?.Release(pipeline);
            results[pipeline] = memory.Of(first, result, IsKept(result) ? identity?.Name : null, store);
            foreach (var unit in group) events?.Report(new UnitFinished(unit, result, kept is not null));
        }

        RunResult RunOrEnd(RunUnit unit, UnitIdentity? identity, DeviceWorker worker)
        {
            try
            {
                return RunOne(unit, identity, worker);
            }
            catch
            {
                ended.Cancel();
                throw;
            }
        }

        static bool IsKept(RunResult result) => result.End.IsOwnEnd;

        RunResult RunOne(RunUnit unit, UnitIdentity? identity, DeviceWorker worker)
        {
            if (context.Cancellation.IsCancellationRequested) return new RunResult([], [], RunEnd.Stopped(0), 0, 0, 0);
            try
            {
                var dataset = data.GetOrAdd(unit.Pipeline.Dataset, spec => new(() => DatasetFactory.Load(spec, context.DataFolder))).Value;
                var progress = events is null ? null : new Forward(unit, events);
                var result = Runner.Run(unit.Pipeline, dataset, context.WithProgress(progress).WithDevice(worker.Device) with
                {
                    FailureOf = Failure,
                });
                if (result.Device == worker.Device) result = result with { Device = worker.Name };
                if (identity is not null && IsKept(result)) store?.Keep(identity, result);
                return result;
            }
            catch (Exception e) when (OutOfMemory.IsToldBy(e))
            {
                throw new DataException([new("LS0403", string.Create(CultureInfo.InvariantCulture,
                    $"there is not enough memory for run '{unit.Label}', seed {unit.Seed}; with fewer runs at a time (--workers, " +
                    $"--device) each has more, and one of a deep network needs less with a microbatch and fewer samples of its probes"))]);
            }
            // A bug in one unit must not take the others with it: it is recorded, shown, and turns the exit code.
            catch (Exception e) when (Failure(e) is { } failure)
            {
                return new RunResult([], [], RunEnd.Failed(failure), 0, 0, 0);
            }
        }
    }

    // How many stand before a run one after the other, whom it needs.
    private static Dictionary<Pipeline, int> Levels(IEnumerable<Pipeline> pipelines)
    {
        var all = pipelines.ToArray();
        var levels = all.ToDictionary(pipeline => pipeline, ForkChecks.Depth);
        if (all.All(pipeline => pipeline.Others.Count == 0)) return levels;
        // Those that a run needs stand before it in the experiment, so that one pass is enough.
        var bare = all.ToLookup(OtherRun.Bare);
        foreach (var pipeline in all)
        {
            var needed = pipeline.Others.SelectMany(other => bare[other.Pipeline])
                .Concat(pipeline.Start is { } start && levels.ContainsKey(start.Parent) ? [start.Parent] : []);
            levels[pipeline] = Math.Max(levels[pipeline], needed.Where(other => other != pipeline)
                .Select(other => levels[other] + 1).DefaultIfEmpty(0).Max());
        }
        return levels;
    }

    // What ends one run and leaves the others alone; null: it ends all, such as a full disk, or a libtorch that is not there.
    private static string? Failure(Exception e) => OutOfMemory.IsToldBy(e)
        || e is IOException or UnauthorizedAccessException or NativeLibraryException or DataException ? null
        : e switch
        {
            RunException => e.Message,
            // libtorch's message goes on with pages of its own functions.
            ExternalException => $"libtorch: {e.Message.Split('\n')[0].Trim()}\n{e.StackTrace}",
            _ => e.ToString(),
        };

    // Progress<T> would post to a thread pool; the receiver wants the events in order.
    private sealed class Forward(RunUnit unit, IProgress<RunEvent> events) : IProgress<RunProgress>
    {
        public void Report(RunProgress value) => events.Report(new UnitProgressed(unit, value));
    }
}
