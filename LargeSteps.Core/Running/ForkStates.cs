using System.Collections.Concurrent;
using LargeSteps.Datasets;
using LargeSteps.Pipelines;
using LargeSteps.Training;

namespace LargeSteps.Running;

/// <summary>
/// The states with which forks begin, in memory: a parent leaves them as it passes by, and they go with the last fork that has begun. Of a
/// parent that has passed before, in another program or before it was stopped, the first steps are made again. Used from several threads.
/// </summary>
internal sealed class ForkStates
{
    private readonly Dictionary<ForkStart, Count> _waiting;
    private readonly HashSet<(Pipeline Parent, long Step)> _wanted;
    private readonly ConcurrentDictionary<ForkStart, TrainingState> _kept = new();

    /// <param name="pipelines">All that will run.</param>
    public ForkStates(IEnumerable<Pipeline> pipelines)
    {
        // Of a fork whose parent is a fork too, that one may have to be made again.
        var starts = pipelines.SelectMany(Starts).ToArray();
        _waiting = starts.GroupBy(start => start).ToDictionary(same => same.Key, same => new Count { Left = same.Count() });
        _wanted = [.. starts.Select(start => (start.Parent, start.Step))];

        static IEnumerable<ForkStart> Starts(Pipeline pipeline)
        {
            for (var start = pipeline.Start; start is not null; start = start.Parent.Start) yield return start;
        }
    }

    /// <summary>How many parents stand before a pipeline.</summary>
    public static int Depth(Pipeline pipeline) => pipeline.Start is { } start ? 1 + Depth(start.Parent) : 0;

    /// <summary>Whether some fork begins before this step of a run.</summary>
    public bool Wants(Pipeline pipeline, long step) => _wanted.Contains((pipeline, step));

    /// <summary>Keeps the state before a step of a run.</summary>
    public void Keep(Pipeline pipeline, long step, TrainingState? state)
    {
        if (state is not null) _kept[new(pipeline, step)] = state;
    }

    /// <summary>The state with which a fork begins; without a state, how its parent had ended before; null where the run is cancelled
    /// meanwhile.</summary>
    public (TrainingState? State, RunEnd End)? At(ForkStart start, LoadedData data, RunContext context)
    {
        var count = _waiting[start];
        // One of its forks makes a parent again, the others wait for it.
        lock (count)
        {
            var end = RunEnd.Completed;
            if (!_kept.TryGetValue(start, out var state))
            {
                end = Runner.Run(start.Parent, data, context with
                {
                    Forks = this,
                    Until = start.Step,
                    Checkpoints = null,
                    Progress = null,
                }).End;
                if (!_kept.TryGetValue(start, out state) && context.Cancellation.IsCancellationRequested) return null;
            }
            if (--count.Left <= 0) _kept.TryRemove(start, out _);
            return (state, end);
        }
    }

    private sealed class Count
    {
        public int Left { get; set; }
    }
}
