using LargeSteps.Datasets;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Training.Deep;
using LargeSteps.Training.Diagonal;
using LargeSteps.Training.Modules;
using LargeSteps.Training.Relu;
using LargeSteps.Values;

namespace LargeSteps.Training;

/// <summary>A pipeline at work: what the step loop drives.</summary>
internal interface ITrainingRun : IDisposable
{
    Horizon Horizon { get; }

    /// <summary>The step size over training progress.</summary>
    Func<double, double> Rate { get; }

    Items<string> Metrics { get; }

    /// <summary>Makes a step; returns the loss of the batch before it, or, where that would have to be waited for, the last one that is
    /// known.</summary>
    double Step(double rate);

    /// <summary>Makes the steps from one to before another, each as <see cref="Step"/> at its <see cref="Rate"/>; returns the first whose
    /// loss is not finite, or <paramref name="end"/>.</summary>
    long MakeSteps(long first, long end)
    {
        for (var k = first; k < end; k++) if (!double.IsFinite(Step(Rate(Horizon.Progress(k))))) return k;
        return end;
    }

    /// <summary>Whether steps take so little time that nobody need look between them.</summary>
    bool AreStepsShort => false;

    /// <summary>Measures the current iterate; false, without a row, where its training loss is not finite.</summary>
    bool TryMeasure(Span<double> row);

    /// <summary>Whether the training loss of the current iterate is finite, of a deep network that of some training images in evaluation
    /// mode.</summary>
    bool IsFinite();

    /// <summary>The weights that were measured, flat, in the order of <see cref="Snapshot"/>; asked for after a measurement and before the
    /// next step.</summary>
    Items<double> MeasuredWeights();

    /// <summary>The weights of the current iterate, whatever is measured of it, in the same order.</summary>
    Items<double> Iterate();

    /// <summary>What probes see.</summary>
    RunView View { get; }

    /// <summary>Whether the current iterate is dead, see <see cref="DeadRun"/>.</summary>
    bool IsDead => false;

    /// <summary>What to go on from.</summary>
    TrainingState Save();

    /// <summary>Goes on from what <see cref="Save"/> gave of another run, of which this one is a fork: what that has under the same name is
    /// taken over, what it has not begins.</summary>
    void Continue(TrainingState state, Pipeline parent);

    /// <summary>Goes on from what <see cref="Save"/> gave at some iteration of the same pipeline; only runs that keep checkpoints are asked
    /// for it.</summary>
    void Restore(TrainingState state) => throw new NotSupportedException("Runs of small models are made again.");
}

/// <summary>Creates runs.</summary>
internal static class TrainingRun
{
    /// <summary>The run of a pipeline, at its initial weights.</summary>
    /// <param name="pipeline">A pipeline without problems, see <see cref="PipelineChecks"/>.</param>
    /// <param name="data">The data of its dataset.</param>
    /// <param name="device">The device of the autograd engine, in libtorch's words: <c>cpu</c>, <c>cuda:0</c>.</param>
    public static ITrainingRun Create(Pipeline pipeline, LoadedData data, string device) => pipeline.Model.Match<ITrainingRun>(
        diagonal => DiagonalRun.Of(pipeline, diagonal, data.Table, device),
        relu => relu.Precision.Match<ITrainingRun>(
            bits32 => ReluRun<float>.Of(pipeline, relu, data.Table, device),
            bits64 => ReluRun<double>.Of(pipeline, relu, data.Table, device)),
        deep => new DeepRun(pipeline, deep, data.Images, device),
        custom => ModuleRun.Of(pipeline, custom, data, device));
}
