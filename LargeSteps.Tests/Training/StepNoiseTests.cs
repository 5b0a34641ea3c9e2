using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Training;
using LargeSteps.Training.Diagonal;
using LargeSteps.Training.Relu;

namespace LargeSteps.Tests.Training;

public class StepNoiseTests
{
    private static readonly DatasetSpec Teacher = DatasetSpec.TeacherStudent(20, 3, [4], biases: true, unitTeacher: false, testSamples: 30,
        seed: 1);

    private static Pipeline Twin(LabelNoise noise, DatasetSpec? data = null, ModelSpec? model = null) => Pipeline.Of(
        data ?? DiagonalCases.Small, model ?? ModelSpec.DiagonalLinear(), Schedule.Drops(0.05, Drop.AtFraction(0.5, 4)),
        OptimizerSpec.GradientDescent(400).WithRule(UpdateRule.Plain.WithLabelNoise(noise)), ProbePlan.Of(Cadence.Every(50),
            new Losses()));

    private sealed class Residuals(double meanSquare) : IResiduals
    {
        public double MeanSquare() => meanSquare;
    }

    // SGD on sample i is gradient descent on y + ξ with ξ = r − n r_i e_i: over all i the mean of ξ is 0 and that of ‖ξ‖² is n σ², exactly.
    [Fact]
    public void Matched_noise_has_the_mean_square_of_that_of_sgd()
    {
        var data = DatasetFactory.Create(DiagonalCases.Small);
        using var engine = new DiagonalEngine(DiagonalWeights.Create(new(0.3, 0.7), data.Dimensions), data,
            OptimizerSpec.GradientDescent(1));
        var n = data.Samples;
        var r = Enumerable.Range(0, n).Select(i => data.Features.Row(i).ToArray().Sum() * 0.21 - data.Labels[i]).ToArray();
        var noises = Enumerable.Range(0, n).Select(i => r.Select((e, j) => j == i ? e - n * e : e).ToArray()).ToArray();
        for (var j = 0; j < n; j++) Assert.Equal(0, noises.Average(xi => xi[j]), 1e-14);
        var deviation = StepNoises.Of(Twin(LabelNoise.Matched))(0, engine);
        Assert.Equal(noises.Average(xi => xi.Sum(e => e * e)), n * deviation * deviation, 1e-12);
        // The same in the words of the paper: 2n(n − 1)L.
        Assert.Equal(2.0 * n * (n - 1) * DiagonalScores.Of(data.Features, data.Labels, engine.Current), n * deviation * deviation,
            1e-12);
    }

    [Fact]
    public void A_level_is_the_noise_at_that_loss()
    {
        // Mean squares of the residuals: twice the loss of a diagonal network, the loss itself of a ReLU network.
        var diagonal = StepNoises.Of(Twin(LabelNoise.Matched))(0.3, new Residuals(0.02));
        Assert.Equal(diagonal, StepNoises.Of(Twin(LabelNoise.AtLevel(0.01)))(0.3, new Residuals(77)), 1e-15);
        var student = ModelSpec.ReluNetwork([8], Initialisation.Default, seed: 2);
        var relu = StepNoises.Of(Twin(LabelNoise.Matched, Teacher, student))(0.3, new Residuals(0.02));
        Assert.Equal(relu, StepNoises.Of(Twin(LabelNoise.AtLevel(0.02), Teacher, student))(0.3, new Residuals(77)), 1e-15);
        Assert.Equal(Math.Sqrt(19 * 0.02), relu, 1e-15);
    }

    [Theory]
    [InlineData("step")]
    [InlineData("fraction")]
    public void A_level_ends(string moment)
    {
        var noise = StepNoises.Of(Twin(LabelNoise.AtLevel(0.01, moment == "step" ? Duration.Steps(100) : Duration.Fraction(0.25))));
        var horizon = new Horizon(400, 1);
        Assert.Equal([true, true, false, false], new[] { 0, 99, 100, 399 }.Select(k => noise(horizon.Progress(k), new Residuals(1)) > 0));
    }

    public static TheoryData<string> Noises => ["gaussian", "matched", "level", "level until"];

    [Fact]
    public void Noise_with_a_schedule_of_its_own_does_not_see_the_learning_rate()
    {
        var pipeline = Twin(LabelNoise.Scheduled(Schedule.Drops(0.2, Drop.AtFraction(0.5, 4))))
            .WithSchedule(Schedule.Drops(0.1, Drop.AtFraction(0.25, 10)));
        var noise = StepNoises.Of(pipeline);
        Assert.Equal([0.2, 0.2, 0.2, 0.05, 0.05], new[] { 0, 99, 199, 200, 399 }.Select(k => noise(pipeline.Horizon.Progress(k),
            new Residuals(1))));
    }

    [Fact]
    public void The_probability_of_deep_networks_is_constant_or_has_a_schedule_of_its_own()
    {
        var deep = TinyDeep.Pipeline(100, UpdateRule.Plain.WithLabelNoise(LabelNoise.Gaussian(0.2)))
            .WithSchedule(Schedule.Drops(0.1, Drop.AtFraction(0.25, 10)));
        Assert.All(Enumerable.Range(0, 100), k => Assert.Equal(0.2, StepNoises.OfClasses(deep)(deep.Horizon.Progress(k))));
        // As published: p, p/10 from half of the run, p/100 from three quarters, at the end of each step.
        var scheduled = deep.WithOptimizer(deep.Optimizer.WithRule(UpdateRule.Plain.WithLabelNoise(
            LabelNoise.Scheduled(PublishedSchedules.Create("piecewise_10_100", 0.2)))));
        Assert.Equal([0.2, 0.2, 0.02, 0.02, 0.002], new[] { 0, 48, 49, 73,
            74 }.Select(k => StepNoises.OfClasses(scheduled)(deep.Horizon.Progress(k))), (a, b) => Math.Abs(a - b) < 1e-15);
    }

    private static LabelNoise Noise(string name) => name switch
    {
        "gaussian" => LabelNoise.Gaussian(0.2),
        "matched" => LabelNoise.Matched,
        "level" => LabelNoise.AtLevel(0.01),
        _ => LabelNoise.AtLevel(0.01, Duration.Fraction(0.5)),
    };

    [Theory]
    [MemberData(nameof(Noises))]
    public void Both_engines_make_the_same_twins(string name)
    {
        Compare(Twin(Noise(name)));
        Compare(Twin(Noise(name), Teacher, ((ReluNetwork)ModelSpec.ReluNetwork([8], Initialisation.Default, seed: 2))
            .WithPrecision(Precision.Bits64)));

        static void Compare(Pipeline pipeline)
        {
            var (closedForm, autograd) = (Runner.Run(pipeline), Runner.Run(pipeline.WithEngine(Engine.Autograd)));
            Assert.Equal(closedForm.Values("train_loss"), autograd.Values("train_loss"), (a, b) => Math.Abs(a - b) <= 1e-9 * b);
            var plain = Runner.Run(pipeline.WithOptimizer(pipeline.Optimizer.WithRule(UpdateRule.Plain)));
            Assert.True(Math.Abs(plain.Last("train_loss") - closedForm.Last("train_loss")) > 1e-3 * plain.Last("train_loss"),
                "the noise did nothing");
        }
    }

    [Fact]
    public void A_module_of_ones_own_has_the_same_twin_as_the_network_that_it_is()
    {
        var student = ((ReluNetwork)ModelSpec.ReluNetwork([8], Initialisation.Default, seed: 2)).WithPrecision(Precision.Bits64);
        var module = ModelSpec.Custom("eight ReLUs", seed => TorchSharp.torch.nn.Sequential(TorchSharp.torch.nn.Linear(3, 8),
            TorchSharp.torch.nn.ReLU(), TorchSharp.torch.nn.Linear(8, 1)), 2);
        var (expected, found) = (Runner.Run(Twin(LabelNoise.Matched, Teacher, student)), Runner.Run(Twin(LabelNoise.Matched, Teacher,
            module)));
        Assert.Equal(expected.Last("train_loss"), found.Last("train_loss"), 1e-4 * expected.Last("train_loss"));
    }

    [Fact]
    public void The_points_of_the_jacobian_come_after_the_noise_that_is_drawn()
    {
        var data = DatasetFactory.Create(DatasetSpec.RegressionPoints);
        Matrix Points(Func<long, bool> noisy) => JacobianPoints.Uniform(data, 5, 10, 0, 3, noisy);
        var random = new NumpyRandom(3);
        for (var i = 0; i < 4 * 12; i++) random.StandardNormal();
        var expected = new double[5];
        random.Uniform(data.Features.AsSpan().ToArray().Min(), data.Features.AsSpan().ToArray().Max(), expected);
        Assert.Equal(expected.Select(x => (double)(float)x), Points(k => k < 4).AsSpan().ToArray());
        Assert.NotEqual(Points(_ => true), Points(_ => false));
    }

    [Fact]
    public void The_noise_of_sgd_is_for_gradient_descent()
    {
        var pipeline = Twin(LabelNoise.Matched);
        Assert.Empty(PipelineChecks.Problems(pipeline));
        Assert.Equal(["LS0205"], PipelineChecks.Problems(pipeline.WithOptimizer(OptimizerSpec.Sgd(400).WithRule(pipeline.Optimizer.Rule)))
            .Select(p => p.Code));
        Assert.Equal(
            ["optimizer.label_noise.until.step"],
            PipelineChecks.Problems(pipeline.WithOptimizer(OptimizerSpec.GradientDescent(400)
                .WithRule(UpdateRule.Plain.WithLabelNoise(LabelNoise.AtLevel(1, Duration.Steps(400)))))).Select(p => p.Path));
    }
}
