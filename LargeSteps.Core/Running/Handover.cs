using System.Collections.Concurrent;
using LargeSteps.Datasets;
using LargeSteps.Numerics;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Training;
using LargeSteps.Values;

namespace LargeSteps.Running;

/// <summary>
/// What runs leave to others in memory as they pass by: the states with which forks begin, and the iterates at which probes of other runs
/// look. It goes with the last run that has waited for it. Of a run that has passed before, in another program or before it was stopped,
/// the steps up to there are made again. Used from several threads.
/// </summary>
internal sealed class Handover
{
    private readonly ConcurrentDictionary<ForkStart, Place<TrainingState>> _states;
    private readonly ConcurrentDictionary<Looked, Place<Items<double>>> _iterates;
    private readonly ILookup<Pipeline, ForkStart> _starts;
    private readonly ILookup<Pipeline, Looked> _looks;
    private readonly ConcurrentDictionary<Pipeline, object> _gates = new();

    // An iterate of a run, or so many projections of it.
    private sealed record Looked(Pipeline Bare, long Step, int? Projection);

    /// <param name="pipelines">All that will run.</param>
    public Handover(IEnumerable<Pipeline> pipelines)
    {
        var all = pipelines.ToArray();
        // Of a fork whose parent is a fork too, that one may have to be made again, like a fork that is looked at.
        var starts = all.SelectMany(pipeline => Starts(pipeline).Select((start, i) => (Start: start, IsOwn: i == 0))
            .Concat(pipeline.Others.SelectMany(other => Starts(other.Pipeline)).Select(start => (Start: start, IsOwn: false))));
        _states = new(starts.GroupBy(each => each.Start).Select(same => KeyValuePair.Create(same.Key,
            new Place<TrainingState> { Waiting = same.Count(each => each.IsOwn) })));
        _iterates = new(all.SelectMany(LookedAt).GroupBy(looked => looked).Select(same => KeyValuePair.Create(same.Key,
            new Place<Items<double>> { Waiting = same.Count() })));
        _starts = _states.Keys.ToLookup(start => start.Parent);
        _looks = _iterates.Keys.ToLookup(looked => looked.Bare);

        static IEnumerable<ForkStart> Starts(Pipeline pipeline)
        {
            for (var start = pipeline.Start; start is not null; start = start.Parent.Start) yield return start;
        }
    }

    /// <summary>Before which steps of a run something is left.</summary>
    public IReadOnlySet<long> StepsOf(Pipeline pipeline) => _starts[pipeline].Select(start => start.Step)
        .Concat(_looks.Count == 0 ? [] : _looks[OtherRun.Bare(pipeline)].Select(looked => looked.Step)).ToHashSet();

    /// <summary>Leaves what is before a step of a run, where somebody still waits for it.</summary>
    public void Keep(Pipeline pipeline, long step, ITrainingRun run)
    {
        if (_states.TryGetValue(new(pipeline, step), out var state) && state.IsWanted) state.Value = run.Save();
        if (_looks.Count == 0) return;
        foreach (var looked in _looks[OtherRun.Bare(pipeline)].Where(looked => looked.Step == step))
        {
            if (_iterates[looked] is not { IsWanted: true } place) continue;
            var iterate = run.Iterate();
            place.Value = looked.Projection is { } dimension ? Items.From(RandomProjection.Of(iterate.AsSpan(), dimension)) : iterate;
        }
    }

    /// <summary>The state with which a fork begins; without a state, how its parent had ended before; null where the run is cancelled
    /// meanwhile.</summary>
    public (TrainingState? State, RunEnd End)? At(ForkStart start, LoadedData data, RunContext context)
    {
        var place = _states[start];
        // One of its forks makes a parent again, the others wait for it.
        lock (place)
        {
            if (place.Value is { } kept) return (kept, RunEnd.Completed);
            place.IsMade = true;
            var end = MakeAgain(start.Parent, start.Step, "its parent", data, context);
            (place.IsMade, var state) = (false, place.Value);
            if (place.Waiting == 0) place.Value = null;
            return state is null && context.Cancellation.IsCancellationRequested ? null : (state, end);
        }
    }

    /// <summary>The iterates of other runs at which the probes of a run look, by iteration of that run; null where the run is cancelled
    /// meanwhile.</summary>
    public Func<OtherIterate, long, Items<double>?>? IteratesFor(Pipeline pipeline, LoadedData data, RunContext context)
    {
        var found = new Dictionary<(OtherIterate, long), Items<double>?>();
        foreach (var same in OtherRun.Needed(pipeline).GroupBy(needed => needed.Run))
        {
            var needed = same.Select(each => (each.Of, each.Step, Place: _iterates[new(each.Run, each.Step, each.Of.Projection)]))
                .ToArray();
            lock (_gates.GetOrAdd(same.Key, _ => new object()))
            {
                var missing = needed.Where(each => each.Place.Value is null).ToArray();
                if (missing.Length > 0)
                {
                    foreach (var (_, _, place) in missing) place.IsMade = true;
                    MakeAgain(same.Key, missing.Max(each => each.Step), $"'{same.First().Of.Run}'", data, context);
                    foreach (var (_, _, place) in missing) place.IsMade = false;
                    if (context.Cancellation.IsCancellationRequested) return null;
                }
                foreach (var (of, step, place) in needed)
                {
                    found[(of, step)] = place.Value;
                    if (place.Waiting == 0) place.Value = null;
                }
            }
        }
        return (of, iteration) => found.GetValueOrDefault((of, of.Step ?? iteration));
    }

    /// <summary>Says that a run has ended, or need not be made.</summary>
    public void Release(Pipeline pipeline)
    {
        if (pipeline.Start is { } start && _states.TryGetValue(start, out var state)) Release(state);
        foreach (var looked in LookedAt(pipeline))
            if (_iterates.TryGetValue(looked, out var iterate)) Release(iterate);

        static void Release<T>(Place<T> place) where T : class
        {
            lock (place)
            {
                if (--place.Waiting <= 0) place.Value = null;
            }
        }
    }

    private static IEnumerable<Looked> LookedAt(Pipeline pipeline) =>
        OtherRun.Needed(pipeline).Select(needed => new Looked(needed.Run, needed.Step, needed.Of.Projection)).Distinct();

    private RunEnd MakeAgain(Pipeline pipeline, long steps, string whose, LoadedData data, RunContext context)
    {
        context.Progress?.Report(new RunProgress(0, steps)
        {
            Note = FormattableString.Invariant($"the first {steps} steps of {whose} are made again, to go on from there"),
        });
        return Runner.Run(pipeline, data, context with { Handover = this, Until = steps, Checkpoints = null, Progress = null }).End;
    }

    // Of what one run leaves before one step: how many are yet to end that wait for it, and itself as soon as it is there.
    private sealed class Place<T> where T : class
    {
        public int Waiting { get; set; }

        public bool IsMade { get; set; }

        public bool IsWanted => Waiting > 0 || IsMade;

        public T? Value { get; set; }
    }
}
