using System.Globalization;
using LargeSteps.Models;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Values;

namespace LargeSteps.Tests.Values;

/// <summary>What a user sees who prints a value, in every culture.</summary>
public sealed class WordsTests : IDisposable
{
    private readonly CultureInfo _culture = CultureInfo.CurrentCulture;

    public WordsTests() => CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("de-DE");

    public void Dispose() => CultureInfo.CurrentCulture = _culture;

    [Fact]
    public void Schedules_say_their_rates() => Assert.Equal(
        ["0.2, ÷4 at 0.5 of the run, ÷2 at 300 steps", "0.1 · (4^t) until 2.5 epochs", "0.1 · (1 + 2 t^0.5) until 0.5 of the run",
            "cosine from 0.1", "cosine up to 0.1", "up to 0.1 and back", "up to 0.1 at 0.25 and back", "square",
            "3 · (0.1), from 0.5 of the run on 1e-5", "(0.1) at the end of each step"],
        new[]
        {
            Schedule.Drops(0.2, Drop.AtFraction(0.5, 4), Drop.AtStep(300, 2)),
            Schedule.WarmUp(0.1, Growth.Exponential(4), Duration.Epochs(2.5)),
            Schedule.WarmUp(0.1, Growth.Power(2, 0.5), Duration.Fraction(0.5)), Schedule.Cosine(0.1), Schedule.InvertedCosine(0.1),
            Schedule.Cyclic(0.1), Schedule.Cyclic(0.1, 0.25), Schedule.Of("square", t => t * t),
            Schedule.Constant(0.1).ScaledBy(3).JoinedAt(Duration.Fraction(0.5), Schedule.Constant(1e-5)),
            Schedule.Constant(0.1).AtEndOfStep(),
        }.Select(schedule => schedule.ToString()));

    [Fact]
    public void Cadences_say_when_it_is_measured() => Assert.Equal(
        ["the first 10 steps, and 200 evenly", "every 100 steps", "every 2.5 epochs, and at the end",
            "the first 10 steps, and 50 evenly in the logarithm", "every 1 step, after the steps"],
        new[]
        {
            Cadence.Evenly(10, 200), Cadence.Every(100), Cadence.EveryEpochs(2.5, end: true), Cadence.Logarithmic(10, 50),
            Cadence.Every(1).WithAfter(true),
        }.Select(cadence => cadence.ToString()));

    [Fact]
    public void Optimizers_say_their_rules() => Assert.Equal(
        ["gradient flow, 9 steps", "SGD, batches of 4, 10 steps, sam, normalized, weight_decay, momentum",
            "gradient descent, 5 steps, adam, label_noise, warm_start"],
        new[]
        {
            OptimizerSpec.GradientFlow(9),
            OptimizerSpec.Sgd(10, 4).WithRule(new UpdateRule(WeightDecay: 0.1, Momentum: 0.9, Normalized: true).WithSharpness(new(0.1))),
            OptimizerSpec.GradientDescent(5).WithRule(UpdateRule.Plain.WithAdam(new()).WithWarmStart(new(5))
                .WithLabelNoise(LabelNoise.Gaussian(0.5))),
        }.Select(optimizer => optimizer.ToString()));

    [Fact]
    public void A_stage_that_is_null_is_named()
    {
        var pipeline = TinyDeep.Pipeline(8);
        Assert.Equal("Dataset", Assert.Throws<ArgumentNullException>(() => pipeline.WithDataset(null!)).ParamName);
        Assert.Equal("Schedule", Assert.Throws<ArgumentNullException>(() => pipeline with { Schedule = null! }).ParamName);
        Assert.Equal("Probes", Assert.Throws<ArgumentNullException>(() => Pipeline.Of(pipeline.Dataset, pipeline.Model, pipeline.Schedule,
            pipeline.Optimizer, null!)).ParamName);
    }

    [Fact]
    public void Ends_and_results_say_what_came_of_a_run()
    {
        Assert.Equal(["completed", "dead", "diverged at 1200", "stopped at 3", "failed: no idea"],
            new[] { RunEnd.Completed, RunEnd.Dead, RunEnd.Diverged(1200), RunEnd.Stopped(3), RunEnd.Failed("no idea\n  at f") }
                .Select(end => end.ToString()));
        var result = new RunResult(["train_loss", "test_loss"], [new(0, 0, 0.5, [0.123456, double.NaN])], RunEnd.Diverged(7), 7, 0, 0);
        Assert.Equal("diverged at 7, 7 steps, 1 measurement: train_loss 0.1235, test_loss NaN", result.ToString());
        Assert.Equal("stopped at 0, 0 steps, 0 measurements", new RunResult([], [], RunEnd.Stopped(0), 0, 0, 0).ToString());
    }

    [Fact]
    public void Pipelines_and_experiments_say_their_stages_and_runs()
    {
        var pipeline = Pipeline.Of(DiagonalCases.Small, ModelSpec.DiagonalLinear(), Schedule.Constant(0.25),
            OptimizerSpec.Sgd(5000, batchSize: 2), ProbePlan.Of(Cadence.Every(500), new Losses(), L0Norm.Of(1e-3)));
        Assert.EndsWith(" → diagonal network → 0.25 → SGD, batches of 2, 5000 steps → losses, l0_norm", pipeline.ToString(),
            StringComparison.Ordinal);
        Assert.EndsWith(" → ReLU network [4, 3] → 0.25 → gradient descent, 10 steps → losses, l0_norm", pipeline
            .WithModel(ModelSpec.ReluNetwork([4, 3], Initialisation.Default)).WithOptimizer(OptimizerSpec.GradientDescent(10)).ToString(),
            StringComparison.Ordinal);
        Assert.StartsWith("64 images of shapes → resnet_tiny → 0.1, ÷2 at 0.5 of the run → ", TinyDeep.Pipeline(8).ToString(),
            StringComparison.Ordinal);
        var experiment = Experiment.Of("step_sizes", pipeline)
            .WithRuns(Run.Of("small", Schedule.Constant(0.1)), Run.Of("large", Schedule.Constant(1)));
        Assert.Equal("step_sizes: small; large (2 runs)", experiment.ToString());
        Assert.Equal("step_sizes: small; large (2 runs, 4 seeds each)", experiment.WithSeeds(Seeds.OfSampling(0, 4)).ToString());
        var unit = new RunUnit("small", 3, pipeline);
        Assert.Equal(["small, seed 3: started", "small, seed 3: step 10 of 5000", "small, seed 3: dead (kept)"],
            new RunEvent[]
            {
                new UnitStarted(unit), new UnitProgressed(unit, new(10, 5000)),
                new UnitFinished(unit, new RunResult([], [], RunEnd.Dead, 0, 0, 0), Kept: true),
            }.Select(happened => happened.ToString()));
    }

    [Fact]
    public void Lists_and_outcomes_say_their_values()
    {
        Assert.Equal("[0.5, 1E-05]", Items.From([0.5, 1e-5]).ToString());
        Assert.Equal("[a, , b]", Items.From(["a", null, "b"]).ToString());
        Assert.Equal($"[{string.Join(", ", Enumerable.Range(0, 20))}, … 80 more]", Items.From(Enumerable.Range(0, 100)).ToString());
        Assert.Equal("success: [0.5]", Outcome.Success(Items.From([0.5])).ToString());
        Assert.Equal(string.Join(Environment.NewLine, "failure:", "error LS1: one", "error LS2: two"),
            Outcome.Failure<int>(new("LS1", "one"), new("LS2", "two")).ToString());
    }
}
