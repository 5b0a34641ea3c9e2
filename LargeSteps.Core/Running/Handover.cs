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
/// the steps up to there are made again, once for all that wait. Used from several threads.
/// </summary>
internal sealed class Handover
{
    // By the run that leaves it: states by the whole pipeline, since a fork takes over what its probes know; iterates by the bare one.
    private readonly ConcurrentDictionary<Pipeline, Left<TrainingState>> _states = new();
    private readonly ConcurrentDictionary<Pipeline, Left<Items<double>>> _iterates = new();

    /// <param name="pipelines">All that will run.</param>
    public Handover(IEnumerable<Pipeline> pipelines)
    {
        foreach (var pipeline in pipelines)
        {
            if (pipeline.Start is { } start) StatesOf(start.Parent).Expect(new(start.Step), 1);
            foreach (var (run, places) in Looked(pipeline, 0, long.MaxValue))
                foreach (var place in places) IteratesOf(run).Expect(place, 1);
        }
    }

    /// <summary>What a run leaves as it passes by.</summary>
    public Passing Of(Pipeline pipeline) => new(StatesOf(pipeline), IteratesOf(OtherRun.Bare(pipeline)));

    /// <summary>The state with which a fork begins; without a state, how its parent had ended before; null where the run is cancelled
    /// meanwhile.</summary>
    public (TrainingState? State, RunEnd End)? At(ForkStart start, LoadedData data, RunContext context)
    {
        var (left, place) = (StatesOf(start.Parent), new Place(start.Step));
        // One of its forks makes a parent again, the others wait for it.
        lock (left.Gate)
        {
            var end = left.End;
            if (left.Missing([place]) is { Length: > 0 } missing)
            {
                end = left.Make(missing, () => MakeAgain(start.Parent, start.Step, "its parent", "to go on from there", data, context),
                    context.Cancellation);
            }
            if (left.Missing([place]).Length > 0) return null;
            return (left.Take(place), left.End ?? end ?? RunEnd.Completed);
        }
    }

    /// <summary>The iterates of other runs at which the probes of a run look, by iteration of that run; null where the run is cancelled
    /// meanwhile.</summary>
    /// <param name="pipeline">The run.</param>
    /// <param name="from">Its first step.</param>
    /// <param name="until">Its last.</param>
    /// <param name="data">Its data, which the others have too.</param>
    /// <param name="context">What it runs in.</param>
    public Func<OtherIterate, long, Items<double>?>? IteratesFor(Pipeline pipeline, long from, long until, LoadedData data,
        RunContext context)
    {
        var found = new Dictionary<(string Run, Place Place), Items<double>>();
        foreach (var (run, places) in Looked(pipeline, from, until))
        {
            string[] labels = [.. pipeline.Others.Where(other => other.Pipeline == run).Select(other => other.Label)];
            var left = IteratesOf(run);
            lock (left.Gate)
            {
                if (left.Missing(places) is { Length: > 0 } missing)
                {
                    left.Make(missing, () => MakeAgain(run, missing.Max(place => place.Step), $"'{labels[0]}'", "to be looked at", data,
                        context),
                        context.Cancellation);
                }
                if (left.Missing(places).Length > 0) return null;
                foreach (var place in places)
                    if (left.Take(place) is { } iterate) foreach (var label in labels) found[(label, place)] = iterate;
            }
        }
        return (of, iteration) => found.GetValueOrDefault((of.Run, new(of.Step ?? iteration, of.Projection)));
    }

    /// <summary>Says that a run has ended, or need not be made.</summary>
    public void Release(Pipeline pipeline)
    {
        if (pipeline.Start is { } start) StatesOf(start.Parent).Release(new(start.Step));
        foreach (var (run, places) in Looked(pipeline, 0, long.MaxValue))
            foreach (var place in places) IteratesOf(run).Release(place);
    }

    private Left<TrainingState> StatesOf(Pipeline pipeline) => _states.GetOrAdd(pipeline, _ => new());

    private Left<Items<double>> IteratesOf(Pipeline bare) => _iterates.GetOrAdd(bare, _ => new());

    // At which iterates of which runs a run looks between two of its steps.
    private static IEnumerable<(Pipeline Run, Place[] Places)> Looked(Pipeline pipeline, long from, long until) =>
        pipeline.Others.Count == 0 ? [] : OtherRun.Needed(pipeline, from, until).Select(needed => (needed.Run, needed.Of, needed.Steps))
            .GroupBy(needed => needed.Run).Select(same => (same.Key, same.SelectMany(needed => needed.Steps.Select(step =>
                new Place(step, needed.Of.Projection))).Distinct().ToArray()));

    private RunEnd MakeAgain(Pipeline pipeline, long steps, string whose, string why, LoadedData data, RunContext context)
    {
        context.Progress?.Report(new RunProgress(0, steps)
        {
            Note = FormattableString.Invariant($"the first {steps} steps of {whose} are made again, {why}"),
        });
        var silent = context with { Handover = this, Until = steps, Checkpoints = null, Progress = null, FailureOf = null };
        return Runner.Run(pipeline, data, silent).End;
    }

    /// <summary>What one run leaves as it passes by.</summary>
    /// <param name="states">Its states.</param>
    /// <param name="iterates">Its iterates.</param>
    internal sealed class Passing(Left<TrainingState> states, Left<Items<double>> iterates)
    {
        private readonly long[] _steps = [.. states.Places.Concat(iterates.Places).Select(place => place.Step).Distinct().Order()];
        private readonly ILookup<long, Place> _iterates = iterates.Places.ToLookup(place => place.Step);

        /// <summary>Leaves what is before a step, where somebody still waits for it.</summary>
        public void At(long step, ITrainingRun run)
        {
            if (_steps.Length == 0 || Next(step) != step) return;
            if (states.IsWanted(new(step))) states.Leave(new(step), run.Save());
            var wanted = _iterates[step].Where(iterates.IsWanted).ToArray();
            if (wanted.Length == 0) return;
            // Whether a measurement has told of a loss that is no number depends on what is measured: there is nothing to look at then.
            var iterate = run.IsFinite() ? run.Iterate() : null;
            foreach (var place in wanted)
            {
                iterates.Leave(place, iterate is null || place.Projection is not { } dimension ? iterate
                    : Items.From(RandomProjection.Of(iterate.AsSpan(), dimension)));
            }
        }

        /// <summary>The first step from a given one on before which something may be left.</summary>
        public long Next(long step) => Ascending.FirstFrom(_steps, step);

        /// <summary>Says how the run has ended by itself, and after how many steps: nothing comes any more.</summary>
        public void Ended(RunEnd end, long steps)
        {
            states.Ended(end, steps);
            iterates.Ended(end, steps);
        }

        /// <summary>Says that the run has failed: its forks fail with it. Who looks at its iterates has it made again, and fails by
        /// itself.</summary>
        public void Failed(RunEnd end, long steps) => states.Ended(end, steps);
    }

    /// <summary>Where something is left.</summary>
    /// <param name="Step">Before which step.</param>
    /// <param name="Projection">How many projections of an iterate; null: all of it.</param>
    internal readonly record struct Place(long Step, int? Projection = null);

    /// <summary>What one run leaves at some places: how many are yet to end that wait for it, and itself as soon as it is there.</summary>
    internal sealed class Left<T> where T : class
    {
        private readonly Lock _lock = new();
        private readonly Dictionary<Place, Kept> _places = [];

        /// <summary>Held by who makes the run again.</summary>
        public object Gate { get; } = new();

        /// <summary>How the run has ended by itself; null: that is not known.</summary>
        public RunEnd? End { get; private set; }

        public Place[] Places => Locked(() => _places.Keys.ToArray());

        /// <summary>Says that some more runs wait for it.</summary>
        public void Expect(Place place, int more) => Locked(() => Of(place).Waiting += more);

        public bool IsWanted(Place place) => Locked(() => Of(place) is { Waiting: > 0 } or { IsMade: true });

        /// <summary>Leaves a value; null: it does not come.</summary>
        public void Leave(Place place, T? value) => Locked(() => (Of(place).Value, Of(place).IsAbsent) = (value, value is null));

        public void Ended(RunEnd end, long steps) => Locked(() =>
        {
            End = end;
            foreach (var (place, kept) in _places) kept.IsAbsent |= place.Step > steps;
            return 0;
        });

        /// <summary>The value, which goes with it where nobody else waits for it; null: it is not there.</summary>
        public T? Take(Place place) => Locked(() =>
        {
            var (kept, value) = (Of(place), Of(place).Value);
            if (kept.Waiting <= 0) kept.Value = null;
            return value;
        });

        /// <summary>Those that are neither there nor known not to come.</summary>
        public Place[] Missing(IEnumerable<Place> places) =>
            Locked(() => places.Where(place => Of(place) is { Value: null, IsAbsent: false }).ToArray());

        /// <summary>Has the run made again for what is missing; what it then does not leave does not come, unless it was stopped.</summary>
        public RunEnd Make(Place[] missing, Func<RunEnd> make, CancellationToken stop)
        {
            Each(missing, kept => kept.IsMade = true);
            try
            {
                var end = make();
                if (!stop.IsCancellationRequested) Each(missing, kept => kept.IsAbsent = kept.Value is null);
                return end;
            }
            finally
            {
                Each(missing, kept => kept.IsMade = false);
            }
        }

        /// <summary>Says that one of those that waited for it has ended.</summary>
        public void Release(Place place) => Locked(() => --Of(place).Waiting > 0 ? null : Of(place).Value = null);

        private void Each(Place[] places, Action<Kept> change)
        {
            lock (_lock)
                foreach (var place in places) change(Of(place));
        }

        private TResult Locked<TResult>(Func<TResult> work)
        {
            lock (_lock) return work();
        }

        private Kept Of(Place place)
        {
            if (!_places.TryGetValue(place, out var kept)) _places.Add(place, kept = new());
            return kept;
        }

        private sealed class Kept
        {
            public int Waiting { get; set; }

            public bool IsMade { get; set; }

            public bool IsAbsent { get; set; }

            public T? Value { get; set; }
        }
    }
}
