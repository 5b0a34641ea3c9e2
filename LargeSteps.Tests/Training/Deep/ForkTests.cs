using LargeSteps.Configuration;
using LargeSteps.Models.Deep;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Training.Deep;
using LargeSteps.Values;
using static TorchSharp.torch;

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

    // Four steps an epoch: in the middle of the second, and at its end.
    [Theory]
    [InlineData(6)]
    [InlineData(8)]
    public void Batches_of_another_size_are_those_of_the_next_epoch(int taken)
    {
        var data = LargeSteps.Datasets.Images.ImageStore.Load(TinyDeep.Images.Source, null, TinyDeep.Options).OrThrow();
        using var scope = NewDisposeScope();
        DeepBatches Of(int? size) => new(data, TinyDeep.Images, size, 5, false, "cpu");
        using var large = Of(16);
        using var small = Of(8);
        for (var i = 0; i < taken; i++) large.Next(0);
        small.GoOnAfter(large.State, 16);
        for (var i = taken; i < 8; i++) large.Next(0);
        var expected = cat([.. Enumerable.Range(0, 4).Select(_ => large.Next(0).Images)]);
        Assert.True(expected.equal(cat([.. Enumerable.Range(0, 8).Select(_ => small.Next(0).Images)])).all().item<bool>());
    }

    [Fact]
    public void After_all_images_at_once_the_order_begins_and_epochs_count_by_the_batches_that_were_made()
    {
        // Without batch norm, which learns statistics of whatever it sees.
        var parent = TinyDeep.Pipeline(16, null, new Losses()).WithSchedule(Schedule.Constant(0.1))
            .WithModel(TinyDeep.Network with { Architecture = Architecture.Linear });
        var whole = parent.WithOptimizer(OptimizerSpec.GradientDescent(3));
        var after = Runner.Run(parent.WithStart(new(whole, 3)));
        Assert.Equal([3L, 6, 9, 12, 15, 16], after.Measurements.Select(m => m.Iteration));
        // Three steps of an epoch each, then four to an epoch.
        Assert.Equal([3, 3.75, 4.5, 5.25, 6, 6.25], after.Measurements.Select(m => m.Epoch));
        // At no size of steps the parent is where it began: its fork makes the steps of a run of its own.
        var still = whole.WithSchedule(Schedule.Constant(1e-12));
        var begun = Runner.Run(parent.WithOptimizer(OptimizerSpec.Sgd(13, 16, 5, Sampling.Shuffled)));
        var late = Runner.Run(parent.WithStart(new(still, 3)));
        Assert.Equal(begun.Values("train_loss").Take(4), late.Values("train_loss").Take(4), (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Fact]
    public void Another_seed_draws_other_batches_from_the_fork_on()
    {
        var parent = TinyDeep.Pipeline(12);
        RunResult Of(uint seed) => Runner.Run(parent.WithOptimizer(parent.Optimizer.WithSeed(seed)).WithStart(new(parent, 6)));
        var whole = From(6, Runner.Run(parent));
        foreach (var (one, other) in new[] { (whole, Of(8)), (whole, Of(9)), (Of(8), Of(9)) })
        {
            Assert.Equal(one.Values("train_loss")[0], other.Values("train_loss")[0]);
            Assert.NotEqual(one.Values("train_loss")[1], other.Values("train_loss")[1]);
        }
        TinyDeep.AssertSame(Of(8), Of(8));
    }

    // The step before a fork was made at the step size of its parent.
    [Fact]
    public void What_looks_at_the_last_step_takes_the_step_size_that_it_had()
    {
        var parent = TinyDeep.Pipeline(12, new UpdateRule(Momentum: 0.5), new CriticalSharpness(16),
            new BatchSharpness(0.9, 10, [BatchSharpnessVariant.Momentum])).WithSchedule(Schedule.Constant(0.05));
        var (whole, fork) = (Runner.Run(parent), Runner.Run(parent.WithSchedule(Schedule.Constant(0.005)).WithStart(new(parent, 6))));
        foreach (var metric in (string[])["critical_sharpness", "batch_sharpness_momentum"])
            Assert.Equal(From(6, whole).Values(metric)[0], fork.Values(metric)[0]);
        // At 7 the parent had kept no iterate: there is none to be taken for it.
        var odd = Runner.Run(parent.WithProbes(parent.Probes with { At = Cadence.Every(7) }).WithStart(new(parent, 7)));
        Assert.Equal(double.NaN, odd.Values("critical_sharpness")[0]);
        Assert.Equal(double.NaN, odd.Values("batch_sharpness_momentum")[0]);
    }

    [Fact]
    public void An_experiment_of_a_fork_has_the_runs_that_it_is_from()
    {
        var parent = TinyDeep.Pipeline(9);
        var fork = parent.WithSchedule(Schedule.Constant(0.02)).WithStart(new(parent, 3));
        var last = parent.WithStart(new(fork, 6));
        var experiment = Experiment.Of("last", last);
        Assert.Equal(["last from 1", "last from 2", "last"], experiment.Runs.Select(run => run.Label));
        Assert.Equal(last, experiment.Checked().OrThrow().Resolve().OrThrow()[2].Pipeline);
        var other = parent.WithModel(TinyDeep.Network with { Seed = 9 });
        Assert.Contains("a fork goes on with the network of its parent",
            Assert.Throws<InvalidOperationException>(() => Runner.Run(other.WithStart(new(parent, 3)))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_parent_is_trained_once_however_many_forks_it_has()
    {
        var measured = 0;
        var parent = TinyDeep.Pipeline(9, null, new CustomProbe("count", _ => Interlocked.Increment(ref measured)));
        Run[] runs = [Run.Of("parent", Stages.None), .. Enumerable.Range(1, 4).Select(i =>
            Run.Of($"fork {i}", Schedule.Constant(0.01 * i)).WithFrom(Fork.OfRun("parent", 6)))];
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
        var forked = bare.WithRuns(bare.Runs[0], Run.Of("fork", Schedule.Constant(0.02)).WithFrom(Fork.OfRun("parent", 5)));
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

    // As many as a file can have: each would have all before it in its name, and in its equality.
    [Fact]
    public void At_most_twenty_stand_one_before_the_other()
    {
        string Line(int forks) => Text[..Text.IndexOf("  - { label: fork", StringComparison.Ordinal)] + string.Concat(
            Enumerable.Range(1, forks).Select(i => $"  - {{ label: f{i}, from: {{ run: {(i == 1 ? "parent" : $"f{i - 1}")}, step: 2 }} }}\n"));
        Assert.Equal(21, ExperimentYaml.Parse(Line(20), "f.yaml").OrThrow().Runs.Count);
        var told = Assert.Single(ExperimentYaml.Parse(Line(9000), "f.yaml").Match(_ => [], problems => problems));
        Assert.Equal("f.yaml(30,32): error LS0229: run 'f21' is the fork of a fork of a fork: at most 20 stand one before the other",
            told.ToString());
    }

    [Fact]
    public void A_sweep_is_one_of_the_forks()
    {
        var experiment = ExperimentYaml.Parse(Text.Replace("  - { label: its fork, from: { run: fork, step: 9 }, schedule: { rate: 0.2 } }",
            "sweep: { schedule.rate: [0.05, 0.2], optimizer.momentum: [0.1, 0.2] }", StringComparison.Ordinal).Replace(
            ", optimizer: { momentum: 0.5 } }", " }", StringComparison.Ordinal), "forks.yaml").OrThrow();
        Assert.Equal(["parent", "fork, rate = 0.05, momentum = 0.1", "fork, rate = 0.05, momentum = 0.2",
            "fork, rate = 0.2, momentum = 0.1", "fork, rate = 0.2, momentum = 0.2"], experiment.Runs.Select(run => run.Label));
        Assert.All(experiment.Runs.Skip(1), run => Assert.Equal(Fork.OfRun("parent", 6), run.From));
        // What they do not say, and the sweep does not change, is what the parent says.
        Assert.All(experiment.Resolve().OrThrow(), run => Assert.Equal(8, run.Pipeline.Optimizer.Batch));
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
        "(10,47): error LS0229: the fork begins at step 12, and ends at 12: its steps count from those of its parent (run 'fork')")]
    [InlineData("optimizer: { momentum: 0.5 }", "model: { seed: 4 }",
        "(10,59): error LS0229: a fork goes on with the network of its parent (run 'fork')")]
    [InlineData("run: fork, step: 9", "run: fork, step: 5",
        "(11,49): error LS0229: the parent is a fork itself and begins at step 6: before, at 5, it has none (run 'its fork')")]
    [InlineData("optimizer: { momentum: 0.5 }", "probes: { at: { every: 3 }, measure: [{ predictability: { perturbation: 1e-5 } }] }",
        "(10,60): error LS0229: a fork looks at a twin where its parent has the same: it began with the run (run 'fork')")]
    [InlineData("optimizer: { momentum: 0.5 }", "dataset: { samples: 32 }",
        "(10,61): error LS0229: a fork goes on with the data of its parent (run 'fork')")]
    [InlineData("from: { run: parent, step: 6 }, optimizer: { momentum: 0.5 }", "from: parent",
        "(10,26): error LS0103: expected run and step, or a checkpoint, found 'parent'")]
    public void What_is_no_fork_is_told(string change, string into, string told) => Assert.Contains(
        ExperimentYaml.Parse(Text.Replace(change, into, StringComparison.Ordinal), "f.yaml").Match(_ => [], problems => problems)
            .Select(problem => problem.ToString()), line => line.StartsWith("f.yaml" + told, StringComparison.Ordinal)
                ? true : throw new Xunit.Sdk.XunitException(line));
}
