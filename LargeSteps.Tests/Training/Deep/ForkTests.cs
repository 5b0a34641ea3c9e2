using LargeSteps.Configuration;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Values;

namespace LargeSteps.Tests.Training.Deep;

/// <summary>Runs that go on from a step of another one.</summary>
public class ForkTests
{
    public static TheoryData<string> Names => [.. DeepResumeTests.Pipelines.Keys];

    private static RunResult From(long step, RunResult result) => result with
    {
        Measurements = Items.From(result.Measurements.Where(m => m.Iteration >= step)),
    };

    // Step 3 is measured, before 8 an epoch ends.
    [Theory]
    [MemberData(nameof(Names))]
    public void A_fork_that_changes_nothing_is_its_parent_bit_for_bit(string name)
    {
        var parent = DeepResumeTests.Pipelines[name];
        var whole = Runner.Run(parent);
        foreach (var step in (long[])[3, 8])
            TinyDeep.AssertSame(From(step, whole), Runner.Run(parent.WithStart(new(parent, step))));
    }

    [Fact]
    public void A_fork_at_another_step_size_is_a_run_whose_schedule_has_it_from_there_on()
    {
        var parent = TinyDeep.Pipeline(12, new UpdateRule(Momentum: 0.9)).WithSchedule(Schedule.Constant(0.1));
        var fork = parent.WithSchedule(Schedule.Constant(0.025)).WithStart(new(parent, 5));
        var drops = parent.WithSchedule(Schedule.Drops(0.1, new Drop(Duration.Steps(5), 4)));
        TinyDeep.AssertSame(From(5, Runner.Run(drops)), Runner.Run(fork));
        // And a fork of the fork, back again, is one whose schedule goes back.
        var back = parent.WithStart(new(fork, 8));
        var there = Runner.Run(parent.WithSchedule(Schedule.Of("there and back", t => t * 12 is >= 4.5 and < 7.5 ? 0.025 : 0.1)));
        TinyDeep.AssertSame(From(8, there), Runner.Run(back));
    }

    [Fact]
    public void A_fork_that_is_stopped_goes_on_as_if_it_had_not_been() => TemporaryFolder.In(folder =>
    {
        var parent = DeepResumeTests.Pipelines["momentum"];
        var fork = parent.WithSchedule(Schedule.Constant(0.3)).WithStart(new(parent, 4));
        var checkpoints = new Checkpoints(folder, new(Duration.Steps(3)), Resume: true);
        TinyDeep.StopBefore(6, fork, checkpoints);
        TinyDeep.StopBefore(9, fork, checkpoints);
        TinyDeep.AssertSame(Runner.Run(fork), Runner.Run(fork, RunContext.Default.WithCheckpoints(checkpoints)));
    });

    [Fact]
    public void Momentum_goes_over_to_rules_of_a_chain_and_what_a_parent_has_not_begins()
    {
        var parent = TinyDeep.Pipeline(9, new UpdateRule(Momentum: 0.9), new Losses(), new ParameterNorm());
        RunResult Of(UpdateRule rule) => Runner.Run(parent.WithOptimizer(parent.Optimizer.WithRule(rule)).WithStart(new(parent, 6)));
        // A chain that a rule of no effect makes of the same update: to rounding the same.
        var chain = Of(new UpdateRule(Momentum: 0.9, Normalized: false).WithSharpness(new(0, Normalized: true)));
        var known = From(6, Runner.Run(parent));
        Assert.Equal(known.Values("train_loss"), chain.Values("train_loss"), (a, b) => Math.Abs(a - b) < 1e-4);
        Assert.NotEqual(known.Values("train_loss"), Of(UpdateRule.Plain).Values("train_loss"));
        Assert.Equal(RunEnd.Completed, Of(UpdateRule.Plain.WithAdam(new()).WithAveraging(0.5)).End);
    }

    [Fact]
    public void Batches_of_another_size_go_on_with_the_next_epoch()
    {
        // Four steps an epoch: at step 6, in the middle of one, and at its end.
        var parent = TinyDeep.Pipeline(16).WithSchedule(Schedule.Constant(0.1));
        var small = parent.WithOptimizer(OptimizerSpec.Sgd(24, 8, 5, Sampling.Shuffled));
        foreach (var step in (long[])[6, 8])
        {
            // Back at the parent's size one epoch later, whose order is drawn after that of the epoch before.
            var fork = Runner.Run(small.WithStart(new(parent, step)));
            Assert.Equal(RunEnd.Completed, fork.End);
            TinyDeep.AssertSame(fork, Runner.Run(small.WithStart(new(parent, step))));
        }
        // With all images at once nothing is drawn, so that the order after it is that of the beginning.
        var whole = parent.WithOptimizer(OptimizerSpec.GradientDescent(3));
        var after = parent.WithOptimizer(OptimizerSpec.Sgd(7, 16, 5, Sampling.Shuffled)).WithStart(new(whole, 3));
        Assert.Equal(RunEnd.Completed, Runner.Run(after).End);
    }

    [Fact]
    public void A_parent_is_trained_once_however_many_forks_it_has()
    {
        var measured = 0;
        var parent = TinyDeep.Pipeline(9, null, new CustomProbe("count", _ => Interlocked.Increment(ref measured)));
        Run[] runs = [Run.Of("parent", Stages.None), .. Enumerable.Range(1, 4).Select(i =>
            Run.Of($"fork {i}", Schedule.Constant(0.01 * i)).WithFrom("parent", 6))];
        var experiment = Experiment.Of("forks", parent).WithRuns(runs);
        var results = ExperimentRunner.Run(experiment);
        // At 0, 3, 6 and 9, and each fork at 6 and 9.
        Assert.Equal(4 + 4 * 2, measured);
        Assert.All(results.Skip(1), result => Assert.Equal([6L, 9], result.Result.Measurements.Select(m => m.Iteration)));
        // Alone, a fork makes the first steps of its parent.
        measured = 0;
        var alone = Units.Of(experiment).OrThrow()[3].Pipeline;
        TinyDeep.AssertSame(results[3].Result with { Measurements = [] }, Runner.Run(alone) with { Measurements = [] });
        Assert.Equal(2 + 2, measured);
    }

    [Fact]
    public void Kept_results_of_a_parent_serve_while_its_forks_are_made() => TemporaryFolder.In(folder =>
    {
        var parent = TinyDeep.Pipeline(9);
        var bare = Experiment.Of("forks", parent).WithRuns(Run.Of("parent", Stages.None));
        var forked = bare.WithRuns(bare.Runs[0], Run.Of("fork", Schedule.Constant(0.02)).WithFrom("parent", 5));
        Items<UnitResult> Made(Experiment experiment) => ExperimentRunner.Run(Units.Of(experiment).OrThrow(), RunContext.Default, 2,
            new UnitStore(folder), resume: true, null);
        Made(bare);
        var (first, again) = (Made(forked), Made(forked));
        TinyDeep.AssertSame(first[1].Result, again[1].Result);
        TinyDeep.AssertSame(ExperimentRunner.Run(forked)[1].Result, first[1].Result);
        Assert.NotEqual(first[0].Name, first[1].Name);
        // Its name has all that its parent is.
        var other = forked.WithRuns(Run.Of("parent", Schedule.Constant(0.03)), forked.Runs[1]);
        Assert.NotEqual(first[1].Name, Made(other)[1].Name);
    });

    [Fact]
    public void A_parent_that_diverges_before_leaves_its_forks_nothing()
    {
        var parent = TinyDeep.Pipeline(20).WithSchedule(Schedule.Constant(1e30));
        var fork = Runner.Run(parent.WithSchedule(Schedule.Constant(0.1)).WithStart(new(parent, 15)));
        Assert.IsType<DivergedRun>(fork.End);
        Assert.Empty(fork.Measurements);
    }

    private const string Text = """
        name: forks
        dataset: { kind: images, source: shapes, samples: 64, test_samples: 32 }
        model: { kind: deep_network, architecture: resnet_tiny, width: 2, seed: 1 }
        schedule: { kind: constant, rate: 0.1 }
        optimizer: { kind: sgd, steps: 12, batch_size: 16, seed: 5, sampling: shuffled }
        probes: { at: { every: 3 }, measure: [losses] }
        seeds: { count: 2 }
        runs:
          - { label: parent, optimizer: { batch_size: 8 } }
          - { label: fork, from: { run: parent, step: 6 }, optimizer: { momentum: 0.5 } }
          - { label: its fork, from: { run: fork, step: 9 }, schedule: { rate: 0.2 } }
        """;

    [Fact]
    public void In_YAML_a_fork_changes_single_keys_of_its_parent()
    {
        var experiment = ExperimentYaml.Parse(Text, "forks.yaml").OrThrow();
        Assert.Equal(experiment, ExperimentYaml.Parse(ExperimentYaml.Write(experiment), "written").OrThrow());
        var runs = experiment.Resolve().OrThrow();
        var (fork, last) = (runs[1].Pipeline, runs[2].Pipeline);
        Assert.Equal((8, 0.5), (fork.Optimizer.Batch, fork.Optimizer.Rule.Momentum));
        Assert.Equal(new ForkStart(runs[0].Pipeline, 6), fork.Start);
        Assert.Equal((8, 0.5), (last.Optimizer.Batch, last.Optimizer.Rule.Momentum));
        Assert.Equal(Schedule.Constant(0.2), last.Schedule);
        // The seeds of a fork are those of its parent.
        var units = Units.Of(experiment).OrThrow();
        Assert.Equal(units[1].Pipeline, units[3].Pipeline.Start!.Parent);
        Assert.Equal(units[3].Pipeline, units[5].Pipeline.Start!.Parent);
    }

    [Fact]
    public void A_sweep_is_one_of_the_forks()
    {
        var experiment = ExperimentYaml.Parse(Text.Replace("  - { label: its fork, from: { run: fork, step: 9 }, schedule: { rate: 0.2 } }",
            "sweep: { schedule.rate: [0.05, 0.2], optimizer.momentum: [0.1, 0.2] }", StringComparison.Ordinal), "forks.yaml").OrThrow();
        Assert.Equal(["parent", "fork, rate = 0.05, momentum = 0.1", "fork, rate = 0.05, momentum = 0.2",
            "fork, rate = 0.2, momentum = 0.1", "fork, rate = 0.2, momentum = 0.2"], experiment.Runs.Select(run => run.Label));
        Assert.All(experiment.Runs.Skip(1), run => Assert.Equal(new Fork("parent", 6), run.From));
    }

    [Theory]
    [InlineData("run: parent, step: 6", "run: parents, step: 6",
        "(10,33): error LS0229: run 'fork' is a fork of 'parents', and no run before it has this label; did you mean 'parent'?")]
    [InlineData("run: parent, step: 6", "run: its fork, step: 6",
        "(10,33): error LS0229: run 'fork' is a fork of 'its fork', and no run before it has this label; expected 'parent'")]
    [InlineData("run: parent, step: 6", "run: parent, step: 0", "(10,47): error LS0106: '0' must be at least 1")]
    [InlineData("run: parent, step: 6", "run: parent, step: 60",
        "(10,47): error LS0229: the parent has 12 steps, and none after 60 (run 'fork')")]
    [InlineData("run: parent, step: 6", "run: parent, step: 12",
        "(10,47): error LS0229: the fork ends at step 12, before it begins at 12: its steps count from those of its parent (run 'fork')")]
    [InlineData("optimizer: { momentum: 0.5 }", "model: { seed: 4 }",
        "(10,59): error LS0229: a fork goes on with the network of its parent (run 'fork')")]
    [InlineData("optimizer: { momentum: 0.5 }", "dataset: { samples: 32 }",
        "(10,61): error LS0229: a fork goes on with the data of its parent (run 'fork')")]
    public void What_is_no_fork_is_told(string change, string into, string told) => Assert.Contains(
        ExperimentYaml.Parse(Text.Replace(change, into, StringComparison.Ordinal), "f.yaml").Match(_ => [], problems => problems)
            .Select(problem => problem.ToString()), line => line.StartsWith("f.yaml" + told, StringComparison.Ordinal)
                ? true : throw new Xunit.Sdk.XunitException(line));
}
