using LargeSteps.Configuration;
using LargeSteps.Models;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Values;
using static TorchSharp.torch;

namespace LargeSteps.Tests.Training;

/// <summary>Runs of small models that go on from a step of another one.</summary>
public class ForkTests
{
    private const string Diagonal = """
        dataset: { kind: sparse_regression, samples: 12, dimensions: 10, support: 3, test_samples: 12, seed: 2 }
        model: { kind: diagonal_linear }
        schedule: { kind: piecewise_05epochs, rate: 0.05, warmup_base: 1.05 }
        """;

    private const string Relu = """
        dataset: { kind: teacher_student, samples: 12, test_samples: 8, inputs: 3, teacher: [2], seed: 2 }
        model: { kind: relu_network, hidden: [5], biases: [true, true], initialisation: { gaussian: { scales: [0.8, 0.8] } }, seed: 5 }
        schedule: { kind: constant, rate: 0.02 }
        """;

    private const string Single = "optimizer: { kind: sgd, steps: 24, batch_size: 1, seed: 3 }";

    // What draws, averages, keeps, looks back, has a twin or rules of its own.
    private static readonly Dictionary<string, (string Stages, string Optimizer, string Probes)> Settings = new()
    {
        ["diagonal"] = (Diagonal, Single, "[losses, parameter_norm]"),
        ["diagonal, looking back"] = (Diagonal, Single, "[losses, bounce, critical_sharpness, { predictability: { perturbation: 1e-3 } }]"),
        ["diagonal, all samples"] = (Diagonal, "optimizer: { kind: gradient_descent, steps: 24 }", "[losses]"),
        ["diagonal, label noise"] = (Diagonal,
            "optimizer: { kind: gradient_descent, steps: 24, seed: 3, label_noise: matched, averaging: 0.9, warm_start: { steps: 5, rate: 0.1 } }",
            "[losses, distance]"),
        ["diagonal, momentum"] = (Diagonal, "optimizer: { kind: sgd, steps: 24, batch_size: 3, seed: 3, momentum: 0.9, averaging: 0.9 }",
            "[losses]"),
        ["diagonal, Adam"] = (Diagonal, "optimizer: { kind: sgd, steps: 24, batch_size: 3, seed: 3, adam: {} }", "[losses]"),
        ["diagonal by autograd"] = (Diagonal + "\nengine: autograd",
            "optimizer: { kind: sgd, steps: 24, batch_size: 2, seed: 3, averaging: 0.9, label_noise: 0.1 }", "[losses]"),
        ["diagonal by autograd, momentum"] = (Diagonal + "\nengine: autograd",
            "optimizer: { kind: sgd, steps: 24, batch_size: 2, seed: 3, momentum: 0.9, label_noise: 0.1 }", "[losses]"),
        ["diagonal, flow"] = (Diagonal, "optimizer: { kind: gradient_flow, steps: 24 }", "[losses, bounce]"),
        ["relu"] = (Relu, Single, "[losses, feature_sparsity, jacobian_rank]"),
        ["relu, averaged"] = (Relu, "optimizer: { kind: sgd, steps: 24, batch_size: 4, seed: 3, averaging: 0.9, label_noise: 0.2 }",
            "[losses, activation_pattern_distance]"),
        ["relu, Nesterov"] = (Relu, "optimizer: { kind: sgd, steps: 24, batch_size: 4, seed: 3, momentum: 0.9, nesterov: true }", "[losses]"),
        ["relu in float64 by autograd"] = (Relu.Replace("seed: 5", "seed: 5, precision: float64", StringComparison.Ordinal)
            + "\nengine: autograd", "optimizer: { kind: sgd, steps: 24, batch_size: 4, seed: 3, averaging: 0.5, weight_decay: 0.01 }",
            "[losses]"),
        ["relu by autograd, SAM"] = (Relu + "\nengine: autograd",
            "optimizer: { kind: sgd, steps: 24, batch_size: 4, seed: 3, sam: { radius: 0.1 } }", "[losses]"),
    };

    public static TheoryData<string> Names => [.. Settings.Keys];

    private static Pipeline Of(string name)
    {
        var (stages, optimizer, probes) = Settings[name];
        return ExperimentYaml.Parse($"name: forks\n{stages}\n{optimizer}\nprobes: {{ at: {{ every: 4, end: true }}, measure: {probes} }}",
            name).OrThrow().Resolve().OrThrow()[0].Pipeline;
    }

    private static RunResult From(long step, RunResult result) => result with
    {
        Measurements = Items.From(result.Measurements.Where(m => m.Iteration >= step)),
    };

    private static void AssertGoesOn(Pipeline parent)
    {
        var whole = Runner.Run(parent);
        Assert.Equal(RunEnd.Completed, whole.End);
        foreach (var step in (long[])[1, 8, 17])
            TinyDeep.AssertSame(From(step, whole), Runner.Run(parent.WithStart(new(parent, step))));
        // A fork of a fork goes on with what that took over.
        TinyDeep.AssertSame(From(17, whole), Runner.Run(parent.WithStart(new(parent.WithStart(new(parent, 8)), 17))));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_fork_that_changes_nothing_is_its_parent_bit_for_bit(string name) => AssertGoesOn(Of(name));

    [Theory]
    [InlineData(0)]
    [InlineData(0.9)]
    public void A_fork_of_a_module_goes_on_with_what_it_keeps_beside_its_weights(double momentum)
    {
        static nn.Module<Tensor, Tensor> Normed() =>
            nn.Sequential(nn.Linear(10, 6, dtype: float64), nn.BatchNorm1d(6, dtype: float64), nn.ReLU(), nn.Linear(6, 1, dtype: float64));
        AssertGoesOn(Of("diagonal, momentum").WithModel(ModelSpec.Custom("normed", _ => Normed())).WithSchedule(Schedule.Constant(0.01))
            .WithOptimizer(OptimizerSpec.Sgd(24, 4, 3).WithRule(new UpdateRule(Momentum: momentum)))
            with
        { Engine = Engine.Autograd });
    }

    // What it does depends on the number of the step, and it keeps where it began.
    private sealed record Slowing : StepRule
    {
        public override string Key => "slowing";

        public override Items<string> State => ["start"];

        public override void Begin(StepState step) => step.Kept("start").Set(step.Weights);

        public override void Direct(StepState step)
        {
            step.Direction.Scale(1.0 / step.Number);
            step.Direction.Add(0.1, step.Weights.Less(step.Kept("start")));
        }
    }

    [Theory]
    [InlineData("diagonal")]
    [InlineData("relu by autograd, SAM")]
    public void A_rule_of_ones_own_goes_on_counting_and_begins_at_a_fork_that_adds_it(string name)
    {
        var plain = Of(name).WithSchedule(Schedule.Constant(0.02));
        var own = plain.WithOptimizer(plain.Optimizer.WithRule(UpdateRule.Plain with { Own = [new Slowing()] }));
        AssertGoesOn(own);
        // With a step size of nothing the weights stay where the fork began, and so does what the rule measures from there.
        var added = Runner.Run(own.WithSchedule(Schedule.Constant(1e-300)).WithStart(new(plain, 8)));
        Assert.All(added.Values("train_loss"), loss => Assert.Equal(added.Values("train_loss")[0], loss, 1e-12));
    }

    [Fact]
    public void A_fork_at_another_step_size_is_a_run_whose_schedule_has_it_from_there_on()
    {
        foreach (var name in (string[])["diagonal", "relu", "diagonal, momentum"])
        {
            var parent = Of(name).WithSchedule(Schedule.Constant(0.1));
            var drops = parent.WithSchedule(Schedule.Drops(0.1, new Drop(Duration.Steps(10), 4)));
            var fork = parent.WithSchedule(Schedule.Constant(0.025)).WithStart(new(parent, 10));
            TinyDeep.AssertSame(From(10, Runner.Run(drops)), Runner.Run(fork));
        }
    }

    [Fact]
    public void What_the_parent_does_not_keep_begins_and_another_seed_draws_other_samples()
    {
        var parent = Of("diagonal");
        RunResult Fork(OptimizerSpec optimizer) => Runner.Run(parent.WithOptimizer(optimizer).WithStart(new(parent, 12)));
        var whole = From(12, Runner.Run(parent));
        // A perturbation of no length makes a chain of rules of the same steps.
        var chain = Fork(parent.Optimizer.WithRule(UpdateRule.Plain.WithSharpness(new(0, Normalized: true))));
        Assert.Equal(whole.Values("train_loss"), chain.Values("train_loss"), (a, b) => Math.Abs(a - b) <= 1e-12 * a);
        // An average begins at the iterate of the fork, whoever keeps it.
        foreach (var rule in new[] { UpdateRule.Plain, UpdateRule.Plain.WithSharpness(new(0, Normalized: true)) })
        {
            var averaged = Runner.Run(parent.WithOptimizer(parent.Optimizer.WithRule(rule.WithAveraging(0.5)))
                .WithProbes(parent.Probes.WithAveraged(true)).WithStart(new(parent, 12)));
            Assert.Equal(whole.Values("train_loss")[0], averaged.Values("train_loss")[0], 1e-15);
            Assert.NotEqual(whole.Values("train_loss")[1], averaged.Values("train_loss")[1]);
        }
        // Adam's first step is as long as the step size in each coordinate, whenever it is made.
        var adam = Runner.Run(parent.WithOptimizer(parent.Optimizer.WithRule(UpdateRule.Plain.WithAdam(new())))
            .WithSchedule(Schedule.Constant(1e-3)).WithStart(new(parent, 12))
            .WithProbes(ProbePlan.Of(Cadence.Every(1), new ParameterNorm()).WithSnapshots(SnapshotSpec.All)));
        Assert.All(adam.Snapshots[0].Weights.Zip(adam.Snapshots[1].Weights, (a, b) => Math.Abs(a - b)),
            moved => Assert.True(moved is < 1e-12 or (> 0.99e-3 and < 1.01e-3)));
        var reseeded = Fork(parent.Optimizer.WithSeed(4));
        Assert.Equal(whole.Values("train_loss")[0], reseeded.Values("train_loss")[0]);
        Assert.NotEqual(whole.Values("train_loss")[1], reseeded.Values("train_loss")[1]);
        // Of a parent that draws nothing every seed begins its stream, as in a run of its own.
        var all = parent.WithOptimizer(OptimizerSpec.GradientDescent(12)).WithSchedule(Schedule.Constant(1e-300));
        var late = Runner.Run(parent.WithSchedule(Schedule.Constant(0.05)).WithStart(new(all, 12)));
        var alone = Runner.Run(parent.WithSchedule(Schedule.Constant(0.05)).WithOptimizer(OptimizerSpec.Sgd(12, 1, 3)));
        Assert.Equal(alone.Values("train_loss"), late.Values("train_loss"));
    }

    // Ten samples: five steps an epoch, then two.
    [Fact]
    public void Epochs_of_a_fork_are_those_of_the_batches_that_were_made()
    {
        var runs = ExperimentYaml.Parse("""
            name: epochs
            dataset: { kind: sparse_regression, samples: 10, dimensions: 6, support: 2, test_samples: 20 }
            model: { kind: diagonal_linear, u: 0.3, v: 0.1 }
            schedule: { kind: drops, rate: 0.05, at: [{ epoch: 10, divide_by: 10 }] }
            optimizer: { kind: sgd, batch_size: 2, epochs: 20, seed: 3 }
            probes: { at: { every_epochs: 2, end: true }, measure: [losses] }
            runs:
              - { label: A }
              - { label: B, from: { run: A, step: 30 }, optimizer: { batch_size: 5 } }
              - { label: C, from: { run: B, step: 40 }, optimizer: { batch_size: 5 } }
              - { label: D, from: { run: B, step: 40 }, optimizer: { batch_size: 10 } }
              - { label: E, from: { run: A, step: 50 } }
            """, "f.yaml").OrThrow().Resolve().OrThrow();
        var (a, b, c, d, e) = (Runner.Run(runs[0].Pipeline), Runner.Run(runs[1].Pipeline), Runner.Run(runs[2].Pipeline),
            Runner.Run(runs[3].Pipeline), Runner.Run(runs[4].Pipeline));
        // Epoch 6 at step 30, then two steps each: epoch 10 at 38, the end at 58; of batches of ten from epoch 11 on, at 49.
        Assert.Equal([30L, 34, 38, 42, 46, 50, 54, 58], b.Measurements.Select(m => m.Iteration));
        Assert.Equal([6, 8, 10, 12, 14, 16, 18, 20], b.Measurements.Select(m => m.Epoch));
        Assert.Equal([0.05, 0.05, 0.005, 0.005, 0.005, 0.005, 0.005, 0.005], b.Measurements.Select(m => m.LearningRate));
        Assert.Equal(b.Measurements.Where(m => m.Iteration >= 40).Select(m => m.Iteration), c.Measurements.Select(m => m.Iteration));
        Assert.Equal([(41L, 12), (43, 14), (45, 16), (47, 18), (49, 20)], d.Measurements.Select(m => (m.Iteration, (int)m.Epoch)));
        TinyDeep.AssertSame(From(50, a), e);
        Assert.Equal(b.Measurements.Count, runs[1].Pipeline.Probes.At.Iterations(runs[1].Pipeline.Horizon).Count(at => at >= 30));
    }

    [Fact]
    public void A_fork_of_which_nothing_is_measured_is_told()
    {
        var parent = Of("diagonal");
        var fork = parent.WithProbes(ProbePlan.Of(Cadence.Every(20), new Losses())).WithStart(new(parent, 21));
        Assert.Contains("nothing of the fork is measured: it begins at step 21, after the last measurement",
            Assert.Throws<InvalidOperationException>(() => Runner.Run(fork)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Shuffled_samples_go_on_in_their_epoch_and_batches_of_another_size_begin_with_the_next()
    {
        static SamplerState After(int steps, int batch, SamplerState? from = null)
        {
            var sampler = new BatchSampler(OptimizerSpec.Sgd(24, batch, 3, Sampling.Shuffled), 12);
            if (from is not null) sampler.State = SamplerState.Parse(from.Text);
            for (var i = 0; i < steps; i++) sampler.Next();
            return sampler.State;
        }
        // Two batches of five are an epoch of twelve.
        Assert.Equal(After(9, 5), After(6, 5, After(3, 5)));
        Assert.Equal(After(5, 5).Epoch, After(1, 4, After(3, 5).NextEpoch).Epoch);
    }
}
