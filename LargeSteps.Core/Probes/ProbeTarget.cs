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

    /// <summary>The sums of the sizes of the first so many steps, whichever run has made them, for ascending numbers of steps.</summary>
    internal double[] TimesAt(IReadOnlyList<long> steps)
    {
        var (times, time, made) = (new double[steps.Count], 0.0, 0L);
        if (Parent is not null) (time, made) = (Parent.TimesAt([Since])[0], Since);
        var rate = Schedule.Function(Horizon);
        // Of a run without end one of so many steps stands for those about it.
        var stride = Math.Max(1, (steps.Count == 0 ? 0 : steps[^1] - made) / MostSummed);
        for (var i = 0; i < times.Length; i++)
        {
            if (Parent is not null && steps[i] < Since)
            {
                times[i] = Parent.TimesAt([steps[i]])[0];
                continue;
            }
            for (; made < steps[i]; made += Math.Min(stride, steps[i] - made))
            {
                var these = Math.Min(stride, steps[i] - made);
                time += these * rate(Horizon.Progress(Math.Min(made + these / 2, Horizon.Steps - 1)));
            }
            times[i] = time;
        }
        return times;
    }

    private const long MostSummed = 1_000_000;

    /// <summary>The epochs that so many steps are, each by the batches that it was made with.</summary>
    internal double EpochsAt(long steps) => Parent is null ? steps / Horizon.StepsPerEpoch
        : steps < Since || Parent.Horizon.StepsPerEpoch == Horizon.StepsPerEpoch ? Parent.EpochsAt(steps)
        : Parent.EpochsAt(Since) + (steps - Since) / Horizon.StepsPerEpoch;
}
