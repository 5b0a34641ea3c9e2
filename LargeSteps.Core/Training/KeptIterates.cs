using System.Globalization;
using LargeSteps.Optimizers;
using LargeSteps.Probes;
using LargeSteps.Schedules;
using LargeSteps.Values;

namespace LargeSteps.Training;

/// <summary>The iterates of the last two steps, where a measurement will ask for them.</summary>
internal sealed class KeptIterates
{
    private const string PreviousAt = "previous_at", BeforePreviousAt = "before_previous_at";

    private readonly long[] _kept;

    public KeptIterates(ProbePlan plan, Horizon horizon)
    {
        _kept = plan.Measure.Any(probe => probe.Asks.HasFlag(Needs.EarlierIterates))
            ? [.. plan.At.Iterations(horizon).SelectMany(k => (long[])[k - 2, k - 1]).Distinct().Order()] : [];
    }

    /// <summary>Before which step each of the two was, <see cref="Previous"/> first; −1: there is none.</summary>
    public (long Previous, long BeforePrevious) At { get; private set; } = (-1, -1);

    /// <summary>The same as texts.</summary>
    public IEnumerable<KeyValuePair<string, string>> Places =>
    [
        new(PreviousAt, At.Previous.ToString(CultureInfo.InvariantCulture)),
        new(BeforePreviousAt, At.BeforePrevious.ToString(CultureInfo.InvariantCulture)),
    ];

    /// <summary>Takes what <see cref="Places"/> gave, once the iterates are kept. Checkpoints of former builds do not say; wherever these
    /// iterates are asked for, they are the last two before an iteration.</summary>
    public void Restore(IReadOnlyDictionary<string, string> places, long iteration)
    {
        At = (Place(PreviousAt, iteration - 1), Place(BeforePreviousAt, iteration - 2));

        long Place(string key, long otherwise) => places.TryGetValue(key, out var text)
            ? long.Parse(text, CultureInfo.InvariantCulture) : otherwise;
    }

    /// <summary>The iterate that was kept last.</summary>
    public ParameterVector? Previous { get; set; }

    /// <summary>The one that was kept before it.</summary>
    public ParameterVector? BeforePrevious { get; set; }

    /// <summary>Whether the iterate before the step of an iteration will be asked for.</summary>
    public bool Wants(long iteration) => _kept.Length > 0 && Next(iteration) == iteration;

    /// <summary>The first iteration from a given one on whose iterate will be asked for.</summary>
    public long Next(long iteration) => Ascending.FirstFrom(_kept, iteration);

    /// <summary>Keeps an iterate; gives back the one that is no longer needed.</summary>
    public ParameterVector? Keep(long iteration, ParameterVector iterate)
    {
        var gone = BeforePrevious;
        At = (iteration, At.Previous);
        (BeforePrevious, Previous) = (Previous, iterate);
        return gone;
    }

    /// <summary>The iterate one or two steps before an iteration; null where that was not made, or not kept: before a fork its parent
    /// may have had no use for it.</summary>
    public ParameterVector? Earlier(int steps, long iteration) => At.Previous == iteration - steps ? Previous
        : At.BeforePrevious == iteration - steps ? BeforePrevious : null;
}
