using LargeSteps.Schedules;

namespace LargeSteps.Pipelines;

/// <summary>When runs keep their state, so that they can be stopped at any moment and go on from there. It changes no result.</summary>
/// <param name="Every">In steps, epochs or as a fraction of the run; the end of a run, and the moment where it is stopped, are kept in any
/// case.</param>
/// <param name="Keep">How many of the latest are kept; at least 1.</param>
/// <param name="Best">A metric, like <c>test_error</c>: the iterate with its lowest measured value is kept besides; null: none.</param>
public sealed record CheckpointPlan(Duration Every, int Keep = 1, string? Best = null)
{
    /// <summary>The latest state of each tenth of a run.</summary>
    public static CheckpointPlan Default { get; } = new(Duration.Fraction(0.1));

    /// <summary>The latest state of each so many epochs.</summary>
    public static CheckpointPlan EveryEpochs(double epochs) => new(Duration.Epochs(epochs));

    /// <summary>The same with more of the latest.</summary>
    public CheckpointPlan WithKeep(int keep) => this with { Keep = keep };

    /// <summary>The same with the best iterate by a metric.</summary>
    public CheckpointPlan WithBest(string? metric) => this with { Best = metric };
}
