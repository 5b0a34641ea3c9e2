using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Schedules;

namespace LargeSteps.Training;

/// <summary>The standard deviation of the label noise of a step, at a training progress and an iterate.</summary>
internal delegate double StepNoise(double progress, IResiduals iterate);

/// <summary>Makes <see cref="LabelNoise"/> real.</summary>
internal static class StepNoises
{
    /// <summary>The noise of a pipeline's steps; 0 where it has none.</summary>
    public static StepNoise Of(Pipeline pipeline)
    {
        var (horizon, n) = (pipeline.Horizon, pipeline.Dataset.TrainingSamples);
        return pipeline.Optimizer.Rule.LabelNoise is not { } noise ? (_, _) => 0 : noise.Match<StepNoise>(
            gaussian =>
            {
                var deviation = Falling(gaussian, pipeline);
                return (t, _) => deviation(t);
            },
            matched => (_, iterate) => Math.Sqrt((n - 1) * iterate.MeanSquare()),
            level =>
            {
                // The loss of a diagonal network has a ½ before the mean square.
                var deviation = Math.Sqrt((n - 1) * level.Loss * (pipeline.Model.IsDiagonal ? 2 : 1));
                var noisy = IsNoisy(level, horizon);
                return (t, _) => noisy(t) ? deviation : 0;
            },
            scheduled =>
            {
                var deviation = scheduled.Schedule.StepFunction(horizon);
                return (t, _) => deviation(t);
            });
    }

    /// <summary>The probability over training progress with which a label of a deep network's step is drawn anew; it asks nothing of the
    /// iterate.</summary>
    public static Func<double, double> OfClasses(Pipeline pipeline) => pipeline.Optimizer.Rule.LabelNoise?.Match<Func<double, double>>(
        gaussian => _ => gaussian.Deviation,
        matched => throw new System.Diagnostics.UnreachableException(),
        level => throw new System.Diagnostics.UnreachableException(),
        scheduled => scheduled.Schedule.StepFunction(pipeline.Horizon)) ?? (_ => 0);

    private static Func<double, double> Falling(GaussianLabelNoise noise, Pipeline pipeline)
    {
        var factor = pipeline.Schedule.DecayFactor(pipeline.Horizon);
        return t => noise.Deviation / factor(t);
    }

    /// <summary>Whether the step at a training progress draws numbers for label noise.</summary>
    public static Func<double, bool> Draws(LabelNoise? noise, Horizon horizon) => noise?.Match<Func<double, bool>>(
        gaussian => _ => true, matched => _ => true, level => IsNoisy(level, horizon),
        scheduled =>
        {
            var deviation = scheduled.Schedule.StepFunction(horizon);
            return t => deviation(t) != 0;
        }) ?? (_ => false);

    private static Func<double, bool> IsNoisy(LevelLabelNoise level, Horizon horizon)
    {
        var end = level.Until is { } until ? horizon.Progress(until) : double.PositiveInfinity;
        return t => t < end;
    }
}
