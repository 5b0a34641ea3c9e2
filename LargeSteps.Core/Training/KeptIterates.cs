using LargeSteps.Optimizers;
using LargeSteps.Probes;
using LargeSteps.Schedules;

namespace LargeSteps.Training;

/// <summary>The iterates of the last two steps, where a measurement will ask for them.</summary>
internal sealed class KeptIterates
{
    private readonly HashSet<long>? _kept;

    public KeptIterates(ProbePlan plan, Horizon horizon)
    {
        if (plan.Measure.Any(probe => probe.Asks.HasFlag(Needs.EarlierIterates)))
            _kept = [.. plan.At.Iterations(horizon).SelectMany(k => (long[])[k - 2, k - 1])];
    }

    /// <summary>The iterate a step before; null where nobody asks for it.</summary>
    public ParameterVector? Previous { get; set; }

    /// <summary>The iterate two steps before.</summary>
    public ParameterVector? BeforePrevious { get; set; }

    /// <summary>Whether the iterate before the step of an iteration will be asked for.</summary>
    public bool Wants(long iteration) => _kept is not null && _kept.Contains(iteration);

    /// <summary>Keeps an iterate; gives back the one that is no longer needed.</summary>
    public ParameterVector? Keep(ParameterVector iterate)
    {
        var gone = BeforePrevious;
        (BeforePrevious, Previous) = (Previous, iterate);
        return gone;
    }

    /// <summary>The iterate one or two steps before an iteration; null where that was not made.</summary>
    public ParameterVector? Earlier(int steps, long iteration) =>
        iteration < steps ? null : steps switch { 1 => Previous, 2 => BeforePrevious, _ => null };
}
