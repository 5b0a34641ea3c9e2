using LargeSteps.Datasets.Images;
using LargeSteps.Models.Deep;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;

namespace LargeSteps.Tests;

/// <summary>Runs of deep networks that take a moment: 64 generated images in batches of 16, so four steps an epoch.</summary>
internal static class TinyDeep
{
    public static ImageOptions Options { get; } = new(TrainingImages: 64, TestImages: 32, Seed: 3);

    public static ImageDataset Images { get; } = new(ImageSource.Shapes, Options);

    public static DeepNetwork Network { get; } = new(Architecture.ResNetTiny, Width: 2, Seed: 1);

    /// <summary>A run that is measured every three steps and at its end.</summary>
    public static Pipeline Pipeline(long steps, UpdateRule? rule = null, params Probe[] probes) => LargeSteps.Pipelines.Pipeline.Of(
        Images, Network, Schedule.Drops(0.1, Drop.AtFraction(0.5, 2)), OptimizerSpec.Sgd(steps, 16, 5, Sampling.Shuffled)
            .WithRule(rule ?? UpdateRule.Plain),
        ProbePlan.Of(Cadence.Every(3, end: true), probes.Length == 0 ? [new Losses(), new ParameterNorm()] : probes));

    /// <summary>Runs a pipeline until the given step is next, and keeps its state.</summary>
    public static RunResult StopBefore(long step, Pipeline pipeline, Checkpoints checkpoints)
    {
        using var stop = new CancellationTokenSource();
        var result = Runner.Run(pipeline, RunContext.Default.WithCheckpoints(checkpoints).WithCancellation(stop.Token)
            .WithProgress(new Told<RunProgress>(progress =>
            {
                if (progress.Iteration == step - 1) stop.Cancel();
            })));
        Assert.Equal(RunEnd.Stopped(step), result.End);
        return result;
    }

    /// <summary>Asserts that two results are the same in every bit, but for the times.</summary>
    public static void AssertSame(RunResult expected, RunResult actual)
    {
        Assert.Equal(expected.End, actual.End);
        Assert.Equal(expected.LastIteration, actual.LastIteration);
        Assert.Equal(expected.Metrics, actual.Metrics);
        Assert.Equal(expected.Measurements.Select(m => m.Iteration), actual.Measurements.Select(m => m.Iteration));
        Assert.Equal(Bits(expected), Bits(actual));
        Assert.Equal(expected.Snapshots, actual.Snapshots);
    }

    public static long[] Bits(RunResult result) =>
        [.. result.Measurements.SelectMany(m => m.Values.Prepend(m.LearningRate).Prepend(m.Epoch)).Select(BitConverter.DoubleToInt64Bits)];
}
