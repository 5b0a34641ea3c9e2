using LargeSteps.Configuration;
using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Training.Relu;

namespace LargeSteps.Tests.Training.Relu;

/// <summary>ReLU networks as pipelines: what their options do, and what they do not know.</summary>
public class ReluPipelineTests
{
    private static readonly ProbePlan Losses = ProbePlan.Of(Cadence.Every(100), new Losses());

    private static Pipeline Small(ModelSpec model, UpdateRule? rule = null, TeacherLabels? labels = null) => Pipeline.Of(
        DatasetSpec.TeacherStudent(20, 3, [4], biases: true, unitTeacher: false, testSamples: 30, seed: 1, labels), model,
        Schedule.Drops(0.005, Drop.AtFraction(0.3, 2), Drop.AtFraction(0.6, 2.5)),
        OptimizerSpec.Sgd(1000, sampling: Sampling.WithoutReplacement).WithRule(rule ?? UpdateRule.Plain), Losses);

    private static ReluNetwork Student { get; } = (ReluNetwork)ModelSpec.ReluNetwork([8], Initialisation.Default, seed: 2);

    [Theory]
    [InlineData("squared", 0, 0, 0)]
    [InlineData("squared", 0.2, 0, 0)]
    [InlineData("squared", 0.2, 0.01, 0.99)]
    [InlineData("logistic", 0, 0.01, 0.9)]
    public void Both_engines_train_the_same_network_with_the_options_of_a_pipeline(string loss, double noise, double decay,
        double averaging)
    {
        var student = Student.WithPrecision(Precision.Bits64).WithLoss(loss == "logistic" ? Loss.Logistic : Loss.Squared);
        var pipeline = Small(student, new(decay, Averaging: averaging, LabelNoise: noise == 0 ? null : LabelNoise.Gaussian(noise)),
            TeacherLabels.Sign)
            .WithProbes(Losses.WithAveraged(true));
        var (closedForm, autograd) = (Runner.Run(pipeline), Runner.Run(pipeline.WithEngine(Engine.Autograd)));
        Assert.Equal(closedForm.Values("train_loss"), autograd.Values("train_loss"), (a, b) => Math.Abs(a - b) <= 1e-10 * b);
        Assert.Equal(closedForm.Values("test_loss"), autograd.Values("test_loss"), (a, b) => Math.Abs(a - b) <= 1e-10 * b);
        Assert.True(closedForm.Last("train_loss") < closedForm.Values("train_loss")[0]);
    }

    [Fact]
    public void Float32_is_rounded_float64()
    {
        var (single, full) = (Runner.Run(Small(Student)), Runner.Run(Small(Student.WithPrecision(Precision.Bits64))));
        Assert.Equal(full.Last("test_loss"), single.Last("test_loss"), full.Last("test_loss") * 1e-4);
        Assert.NotEqual(full.Last("test_loss"), single.Last("test_loss"));
        // In float32 the initial weights are those of float64, and so is their loss but for rounding.
        Assert.Equal(full.Values("train_loss")[0], single.Values("train_loss")[0], 1e-6);
    }

    // Against a loop that is written for itself, where the noise falls with each of two decays.
    [Fact]
    public void Label_noise_falls_with_the_step_size()
    {
        var pipeline = Small(Student, UpdateRule.Plain.WithLabelNoise(LabelNoise.Gaussian(0.5)));
        var result = Runner.Run(pipeline);
        var data = DatasetFactory.Create(pipeline.Dataset);
        var shape = new ReluShape([3, 8, 1], [true, true]);
        using var random = new TorchRandom(2);
        using var engine = new ReluEngine<float>(ReluInitialisers.Default(shape, random), data, UpdateRule.Plain, 1, 1);
        for (var k = 0; k < 900; k++)
        {
            var factor = k < 300 ? 1 : k < 600 ? 2 : 5;
            engine.Step(0.005 / factor, 0.5 / factor);
        }
        var row = new double[2];
        ReluInstruments<float>.Losses(shape, data).Measure(engine.Current, row);
        Assert.Equal(row[0], result.Last("train_loss"), row[0] * 1e-6);
        Assert.NotEqual(Runner.Run(Small(Student)).Last("train_loss"), result.Last("train_loss"));
    }

    [Fact]
    public void Gradient_descent_with_label_noise_has_seeds()
    {
        var noisy = Small(Student).WithOptimizer(OptimizerSpec.GradientDescent(200)
            .WithRule(UpdateRule.Plain.WithLabelNoise(LabelNoise.Gaussian(0.5))));
        var experiment = Experiment.Of("noisy", noisy).WithSeeds(Seeds.OfSampling(3, 4));
        var units = Units.Of(experiment).OrThrow();
        Assert.Equal([3u, 4, 5, 6], units.Select(u => u.Seed));
        Assert.Equal(4, units.Select(u => Runner.Run(u.Pipeline).Last("train_loss")).Distinct().Count());
        Assert.Single(Units.Of(Experiment.Of("plain", noisy.WithOptimizer(OptimizerSpec.GradientDescent(200)))
            .WithSeeds(Seeds.OfSampling(3, 4))).OrThrow());
    }

    [Fact]
    public void A_diagonal_network_learns_from_noisy_labels()
    {
        var clean = Pipeline.Of(DiagonalCases.Small, ModelSpec.DiagonalLinear(), Schedule.Drops(0.05, Drop.AtFraction(0.5, 10)),
            OptimizerSpec.GradientDescent(2000), Losses);
        var noisy = clean.WithOptimizer(clean.Optimizer.WithRule(UpdateRule.Plain.WithLabelNoise(LabelNoise.Gaussian(0.5))));
        var (without, with) = (Runner.Run(clean), Runner.Run(noisy));
        Assert.True(with.Last("train_loss") < with.Values("train_loss")[0]);
        Assert.NotInRange(with.Last("train_loss"), 0.99 * without.Last("train_loss"), 1.01 * without.Last("train_loss"));
        Assert.Equal(with.Last("train_loss"), Runner.Run(noisy.WithEngine(Engine.Autograd)).Last("train_loss"), 1e-10);
    }

    [Fact]
    public void The_signs_of_a_teacher_are_those_of_its_outputs()
    {
        var real = DatasetFactory.Create(DatasetSpec.TeacherStudent(50, 3, [4], true, false, 70, 3));
        var sign = DatasetFactory.Create(DatasetSpec.TeacherStudent(50, 3, [4], true, false, 70, 3, TeacherLabels.Sign));
        Assert.Equal(real.Labels.Select(y => y < 0 ? -1.0 : 1), sign.Labels);
        Assert.Equal(real.TestLabels.Select(y => y < 0 ? -1.0 : 1), sign.TestLabels);
        Assert.Equal(real.Features, sign.Features);
    }

    [Fact]
    public void A_shuffled_epoch_drops_the_incomplete_batch()
    {
        var optimizer = OptimizerSpec.Sgd(1, batchSize: 6, sampling: Sampling.Shuffled).WithLength(Duration.Epochs(4));
        var pipeline = Small(Student).WithOptimizer(optimizer);
        Assert.Equal(new Horizon(12, 3), pipeline.Horizon);
        Assert.Equal(new Horizon(13, 20 / 6.0),
            pipeline.WithOptimizer(((Sgd)optimizer) with { Sampling = Sampling.WithReplacement }).Horizon);
        Assert.Equal(["optimizer.sampling"], PipelineChecks.Problems(pipeline).Select(p => p.Path));
    }

    [Fact]
    public void A_run_whose_hidden_layer_is_off_at_the_end_is_dead()
    {
        var off = Pipeline.Of(
            DatasetSpec.InMemory(ReluCases.Data([[1], [2]], 5, 5)),
            ((ReluNetwork)ModelSpec.ReluNetwork([3, 2], Initialisation.Gaussian(1, 1, 1), seed: 1)).WithBiases([false, false, true]),
            Schedule.Constant(0.1), OptimizerSpec.GradientDescent(50), ProbePlan.Of(Cadence.Every(10), new Losses()));
        var ends = Enumerable.Range(0, 20).Select(seed => off.WithModel(off.Model.WithSeed((uint)seed)))
            .Select(pipeline => (Result: Runner.Run(pipeline), pipeline)).ToArray();
        Assert.Contains(ends, e => e.Result.End is DeadRun);
        Assert.Contains(ends, e => e.Result.End is CompletedRun);
        // What the metric counts just before the end, for the layer that it counts.
        var counted = off.WithProbes(ProbePlan.Of(Cadence.Every(49), new ActivePercent()));
        Assert.All(ends.Where(e => e.Result.End is CompletedRun or DeadRun), e =>
        {
            var result = Runner.Run(e.pipeline.WithProbes(counted.Probes));
            Assert.Equal(e.Result.End is DeadRun, result.Last("active_percent_layer1") == 0 || result.Last("active_percent_layer2") == 0);
        });
    }

    [Fact]
    public void The_logistic_loss_asks_for_two_classes()
    {
        var logistic = Student.WithLoss(Loss.Logistic);
        Assert.Equal([("model.loss", "LS0218")], PipelineChecks.Problems(Small(logistic)).Select(p => (p.Path, p.Code)));
        Assert.Empty(PipelineChecks.Problems(Small(logistic, labels: TeacherLabels.Sign)));
        var classes = ReluCases.Data([[1], [2]], 1, -1);
        Assert.Empty(PipelineChecks.Problems(Small(logistic).WithDataset(DatasetSpec.InMemory(classes))));
        Assert.Equal(["LS0218"], PipelineChecks.Problems(Small(logistic)
            .WithDataset(DatasetSpec.InMemory(classes.WithTest(classes.Features, [1, 0])))).Select(p => p.Code));
        Assert.Equal(["optimizer.label_noise"],
            PipelineChecks.Problems(Small(logistic, UpdateRule.Plain.WithLabelNoise(LabelNoise.Gaussian(1)), TeacherLabels.Sign))
                .Select(p => p.Path));
    }

    [Fact]
    public void A_balanced_network_begins_with_balanced_units_and_has_one_hidden_layer()
    {
        var result = Runner.Run(Small(Student with { Initialisation = Initialisation.Balanced(0.5) }));
        Assert.True(result.Last("train_loss") < result.Values("train_loss")[0]);
        var deep = Small(ModelSpec.ReluNetwork([4, 4], Initialisation.Balanced()));
        Assert.Equal([("model.initialisation", "LS0216")], PipelineChecks.Problems(deep).Select(p => (p.Path, p.Code)));
    }

    [Fact]
    public void What_a_relu_network_does_not_know_is_told()
    {
        var relu = Pipeline.Of(
            DatasetSpec.RegressionPoints, ModelSpec.ReluNetwork([4, 3], Initialisation.Gaussian(1, 1), seed: 1), Schedule.Constant(0.01),
            OptimizerSpec.Sgd(100, sampling: Sampling.WithReplacement).WithRule(UpdateRule.Plain.WithBalancing(0.5)),
            ProbePlan.Of(Cadence.Every(10), new L1Norm(), new NuclearNorm(), new Predictability()).WithValley(new ValleyProjection()));
        var problems = PipelineChecks.Problems(relu);
        Assert.Equal(
            [
                "model.initialisation.gaussian.scales", "optimizer.balancing", "optimizer.sampling", "probes.measure[0]",
                "probes.measure[1]", "probes.measure[2]", "probes.measure[2]",
                "probes.valley_projection",
            ],
            problems.Select(p => p.Path).Order(StringComparer.Ordinal));
        // The default threshold, 1e-10, is for diagonal networks.
        var rank = relu.WithProbes(ProbePlan.Of(Cadence.Every(10), new JacobianRank([1e-4, 1e-10])));
        Assert.Contains(PipelineChecks.Problems(rank), p =>
            p.Path == "probes.measure[0]" && p.Message.Contains("1e-6", StringComparison.Ordinal));
        var diagonal = relu.WithModel(ModelSpec.DiagonalLinear()).WithProbes(ProbePlan.Of(Cadence.Every(10), new ActiveUnits()));
        Assert.Equal(["LS0214"], PipelineChecks.Problems(diagonal).Select(p => p.Code));
    }

    [Fact]
    public void A_relu_network_is_the_same_after_a_round_trip()
    {
        Initialisation[] initialisations =
            [Initialisation.Default, Initialisation.Gaussian(0.5, 0), Initialisation.Blanc(), Initialisation.Blanc(1, 2, 3),
                Initialisation.Balanced(), Initialisation.Balanced(0.5)];
        foreach (var (initialisation, loss, precision) in initialisations.SelectMany(i =>
            new[] { (i, Loss.Squared, Precision.Bits64), (i, Loss.Logistic, Precision.Bits32) }))
        {
            var pipeline = Pipeline.Of(
                DatasetSpec.TeacherStudent(10, 2, [3], biases: true, unitTeacher: true, seed: 7, labels: TeacherLabels.Sign),
                ((ReluNetwork)ModelSpec.ReluNetwork([4], initialisation, seed: 1)).WithLoss(loss).WithPrecision(precision),
                Schedule.Constant(0.01),
                OptimizerSpec.Sgd(100, sampling: Sampling.WithoutReplacement)
                    .WithRule(UpdateRule.Plain.WithWeightDecay(0.1).WithLabelNoise(loss is SquaredLoss ? LabelNoise.Gaussian(0.5) : null)),
                ProbePlan.Of(Cadence.Every(10),
                [
                    new FeatureSparsity(0.9), new ActivePercent(), new ActiveUnits(), new NuclearNorm(), new FeatureEntropyRank(),
                    new ActivationPatternDistance(), new JacobianUnitGroups(0.99),
                ]));
            var experiment = Experiment.Of("relu", pipeline);
            Assert.Equal(experiment, ExperimentYaml.Parse(ExperimentYaml.Write(experiment), "again").OrThrow());
        }
    }
}
