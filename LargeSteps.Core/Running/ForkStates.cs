using System.Collections.Concurrent;
using LargeSteps.Datasets;
using LargeSteps.Pipelines;
using LargeSteps.Training;

namespace LargeSteps.Running;

/// <summary>
/// The states with which forks begin, in memory: a parent leaves them as it passes by, and they go with the last fork that has ended. Of a
/// parent that has passed before, in another program or before it was stopped, the first steps are made again. Used from several threads.
/// </summary>
internal sealed class ForkStates
{
    private readonly ConcurrentDictionary<ForkStart, Place> _places;
    private readonly ILookup<Pipeline, ForkStart> _of;

    /// <param name="pipelines">All that will run.</param>
    public ForkStates(IEnumerable<Pipeline> pipelines)
    {
        // Of a fork whose parent is a fork too, that one may have to be made again.
        var starts = pipelines.SelectMany(pipeline => Starts(pipeline).Select((start, i) => (Start: start, IsOwn: i == 0))).ToArray();
        _places = new(starts.GroupBy(each => each.Start).Select(same => KeyValuePair.Create(same.Key,
            new Place { Waiting = same.Count(each => each.IsOwn) })));
        _of = _places.Keys.ToLookup(start => start.Parent);

        static IEnumerable<ForkStart> Starts(Pipeline pipeline)
        {
            for (var start = pipeline.Start; start is not null; start = start.Parent.Start) yield return start;
        }
    }

    /// <summary>Before which steps of a run forks begin.</summary>
    public IReadOnlySet<long> StepsOf(Pipeline pipeline) => _of[pipeline].Select(start => start.Step).ToHashSet();

    /// <summary>Keeps the state before a step of a run, where a fork still waits for it.</summary>
    public void Keep(Pipeline pipeline, long step, Func<TrainingState?> save)
    {
        if (_places.TryGetValue(new(pipeline, step), out var place) && (place.Waiting > 0 || place.IsMade)) place.State = save();
    }

    /// <summary>The state with which a fork begins; without a state, how its parent had ended before; null where the run is cancelled
    /// meanwhile.</summary>
    public (TrainingState? State, RunEnd End)? At(ForkStart start, LoadedData data, RunContext context)
    {
        var place = _places[start];
        // One of its forks makes a parent again, the others wait for it.
        lock (place)
        {
            if (place.State is { } kept) return (kept, RunEnd.Completed);
            place.IsMade = true;
            context.Progress?.Report(new RunProgress(0, start.Step)
            {
                Note = FormattableString.Invariant($"the first {start.Step} steps of its parent are made again, to go on from there"),
            });
            var end = Runner.Run(start.Parent, data, context with
            {
                Forks = this,
                Until = start.Step,
                Checkpoints = null,
                Progress = null,
            }).End;
            (place.IsMade, var state) = (false, place.State);
            if (place.Waiting == 0) place.State = null;
            return state is null && context.Cancellation.IsCancellationRequested ? null : (state, end);
        }
    }

    /// <summary>Says that a run has ended, or need not be made.</summary>
    public void Release(Pipeline pipeline)
    {
        if (pipeline.Start is not { } start || !_places.TryGetValue(start, out var place)) return;
        lock (place)
        {
            if (--place.Waiting <= 0) place.State = null;
        }
    }

    // Of one start: how many forks are yet to end, and its state as soon as it is there.
    private sealed class Place
    {
        public int Waiting { get; set; }

        public bool IsMade { get; set; }

        public TrainingState? State { get; set; }
    }
}
