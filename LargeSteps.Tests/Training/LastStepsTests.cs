using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Models.Deep;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;

namespace LargeSteps.Tests.Training;

/// <summary>What happens after the last look at the loss: a run that ends at no finite loss has diverged, whatever was measured.</summary>
public class LastStepsTests
{
    // Explodes in the last of the steps, whose result no later step looks at.
    private static readonly Schedule Explodes = Schedule.Of("explodes at the end", t => t > 0.94 ? 1e300 : 0.001);

    public static TheoryData<string> Models => ["diagonal", "relu", "relu by autograd", "custom", "deep"];

    [Theory]
    [MemberData(nameof(Models))]
    public void A_run_whose_last_step_explodes_has_diverged(string model)
    {
        var pipeline = PipelineOf(model);
        Assert.Equal(RunEnd.Completed, Runner.Run(pipeline.WithSchedule(Schedule.Constant(0.001))).End);
        Assert.Equal(RunEnd.Diverged(20), Runner.Run(pipeline.WithSchedule(Explodes)).End);
    }

    // Steps 33 to 49 are after the last multiple of 32 and the last measurement.
    [Theory]
    [InlineData(33)]
    [InlineData(48)]
    public void A_deep_run_that_explodes_where_nobody_looks_has_diverged(int step)
    {
        var pipeline = Deep(50, Schedule.Of("explodes", t => t >= step / 50.0 ? 1e38 : 0.001));
        Assert.Equal(RunEnd.Diverged(50), Runner.Run(pipeline).End);
    }

    [Fact]
    public void A_checkpoint_of_weights_that_are_no_numbers_is_neither_kept_nor_gone_on_from() => TemporaryFolder.In(folder =>
    {
        // Weights are NaN from step 34 on, which is told at step 50.
        var pipeline = Deep(50, Schedule.Of("explodes", t => t >= 33 / 50.0 ? 1e38 : 0.001));
        var checkpoints = new Checkpoints(folder, new(Duration.Steps(10), Keep: 9, Best: "parameter_norm"), Resume: true);
        var straight = Runner.Run(pipeline, RunContext.Default.WithCheckpoints(checkpoints));
        var kept = Path.Combine(folder, UnitNamed.Of(pipeline));
        Assert.Equal(
            ["best", "step-0000000010", "step-0000000020", "step-0000000030"],
            Directory.GetFiles(kept, "*.json").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal));
        TinyDeep.AssertSame(straight, Runner.Run(pipeline, RunContext.Default.WithCheckpoints(checkpoints)));
    });

    private static Pipeline Deep(long steps, Schedule schedule) => TinyDeep.Pipeline(steps)
        .WithModel(TinyDeep.Network with { Architecture = Architecture.Linear })
        .WithSchedule(schedule).WithProbes(ProbePlan.Of(Cadence.Every(30), new Losses(), new ParameterNorm()));

    private static Pipeline PipelineOf(string model)
    {
        var (sgd, probes) = (OptimizerSpec.Sgd(20, seed: 3), ProbePlan.Of(Cadence.Every(7), new Losses()));
        return model switch
        {
            "diagonal" => Pipeline.Of(DiagonalCases.Small, ModelSpec.DiagonalLinear(), Explodes, sgd, probes),
            "relu" or "relu by autograd" => Pipeline.Of(
                DatasetSpec.RegressionPoints, ModelSpec.ReluNetwork([5], Initialisation.Default), Explodes, OptimizerSpec.Sgd(20, seed: 3,
                    sampling: Sampling.WithoutReplacement), probes)
                .WithEngine(model == "relu" ? Engine.ClosedForm : Engine.Autograd),
            "custom" => Pipeline.Of(DiagonalCases.Small, ModelSpec.Custom("line", seed => TorchSharp.torch.nn.Linear(10, 1)), Explodes, sgd,
                probes),
            _ => Deep(20, Explodes),
        };
    }
}
