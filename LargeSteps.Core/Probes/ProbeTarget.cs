using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Optimizers;
using LargeSteps.Schedules;

namespace LargeSteps.Probes;

/// <summary>The run that probes measure, as it is described: what they can know of it before it begins.</summary>
/// <param name="Dataset">What is learned.</param>
/// <param name="Model">What learns it.</param>
/// <param name="Schedule">The step size over training progress.</param>
/// <param name="Optimizer">How steps are made.</param>
/// <param name="Horizon">How many, and how many to an epoch.</param>
public sealed record ProbeTarget(DatasetSpec Dataset, ModelSpec Model, Schedule Schedule, OptimizerSpec Optimizer, Horizon Horizon)
{
    /// <summary>The run of which this one is a fork; null: of none.</summary>
    internal ProbeTarget? Parent { get; init; }

    /// <summary>The number of steps that the parent has made of those of this run.</summary>
    internal long Since { get; init; }

    /// <summary>The size of a step, counted from 0, whichever run has made it; after the last step that of the last.</summary>
    internal double RateAt(long step) => Parent is not null && step < Since ? Parent.RateAt(step)
        : Schedule.Function(Horizon)(Horizon.Progress(Math.Clamp(step, 0, Math.Max(0, Horizon.Steps - 1))));

    /// <summary>The epochs that so many steps are, each by the batches that it was made with.</summary>
    internal double EpochsAt(long steps) => Parent is null ? steps / Horizon.StepsPerEpoch
        : steps < Since || Parent.Horizon.StepsPerEpoch == Horizon.StepsPerEpoch ? Parent.EpochsAt(steps)
        : Parent.EpochsAt(Since) + (steps - Since) / Horizon.StepsPerEpoch;
}
