using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Models.Deep;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Training;
using LargeSteps.Training.Diagonal;
using LargeSteps.Values;

namespace LargeSteps.Tests.Training;

/// <summary>The probes of the dynamics, in runs of both models on both engines.</summary>
public class RunDynamicsTests
{
    private static readonly DatasetSpec Students = DatasetSpec.TeacherStudent(17, 3, [2], biases: false, unitTeacher: false, testSamples: 5,
        seed: 4);
    private static readonly ModelSpec Relu = ModelSpec.ReluNetwork([8, 6], Initialisation.Gaussian(0.6, 0.6, 0.6), seed: 5);

    private static readonly ProbePlan Curvature = ProbePlan.Of(
        Cadence.Every(20), new Losses(), new Sharpness(), new HessianEigenvalues(2), new Bounce(),
            new GradientNorm());

    public static TheoryData<string, string> Runs => new() { { "diagonal", "closed form" }, { "diagonal", "autograd" },
        { "relu", "closed form" }, { "relu", "autograd" } };

    [Theory]
    [MemberData(nameof(Runs))]
    public void The_sharpness_is_the_largest_eigenvalue_of_the_whole_Hessian_and_says_how_far_it_is_from_it(string model, string engine)
    {
        var run = Runner.Run(PipelineOf(model, engine, Curvature));
        Assert.Equal(6, run.Measurements.Count);
        for (var i = 0; i < run.Measurements.Count; i++)
        {
            var (sharpness, residual) = (run.Values("sharpness")[i], run.Values("sharpness_residual")[i]);
            Assert.Equal(run.Values("hessian_eigenvalue_1")[i], sharpness, 1e-6 * sharpness);
            Assert.InRange(residual, 0, 1e-6);
        }
    }

    [Theory]
    [InlineData("diagonal")]
    [InlineData("relu")]
    public void Both_engines_measure_the_same_dynamics(string model)
    {
        RunResult closed = Runner.Run(PipelineOf(model, "closed form", Curvature)), autograd = Runner.Run(PipelineOf(model, "autograd",
            Curvature));
        // The steps of a ReLU network are rounded to float32, differently in each engine; its loss at a point is not.
        var tolerance = model == "relu" ? 1e-4 : 1e-6;
        foreach (var metric in (string[])["sharpness", "hessian_eigenvalue_2", "gradient_norm", "bounce_cosine", "bounce_midpoint_gap"])
        {
            Assert.Equal(closed.Values(metric).Count, autograd.Values(metric).Count);
            Assert.All(closed.Values(metric).Zip(autograd.Values(metric)), pair => Assert.True(
                double.IsNaN(pair.First) ? double.IsNaN(pair.Second) : Math.Abs(pair.First - pair.Second) <= tolerance * Math.Abs(
                    pair.First), $"{metric}: {pair}"));
        }
    }

    [Fact]
    public void Too_few_products_show_in_the_residual()
    {
        // All 93 eigenvalues beside it.
        var run = Runner.Run(PipelineOf("relu", "closed form", ProbePlan.Of(Cadence.Every(1000), new Sharpness(MaxIterations: 3),
            new HessianEigenvalues(93))));
        var (found, residual) = (run.Last("sharpness"), run.Last("sharpness_residual"));
        Assert.InRange(residual, 1e-5, 1);
        // What the residual says: some eigenvalue is as near as that.
        Assert.Contains(Enumerable.Range(1, 93).Select(i => run.Last($"hessian_eigenvalue_{i}")),
            eigenvalue => Math.Abs(eigenvalue - found) <= residual * found);
    }

    [Fact]
    public void The_sharpness_of_the_first_samples_is_that_of_a_problem_with_no_others()
    {
        var data = DatasetFactory.Create(DiagonalCases.Small);
        var fewer = RegressionData.Of(new Matrix(5, data.Dimensions, data.Features.AsSpan()[..(5 * data.Dimensions)].ToArray()),
            Items.From(data.Labels.Take(5)));
        var weights = new DiagonalWeights([.. Enumerable.Range(1, data.Dimensions).Select(i => 1.0 / i)],
            [.. Enumerable.Range(1, data.Dimensions).Select(i => 0.3 * i)]);
        Assert.Equal(DiagonalCases.Measure(new Sharpness(), fewer, weights), DiagonalCases.Measure(new Sharpness(Samples: 5), data,
            weights));
        Assert.NotEqual(DiagonalCases.Measure(new Sharpness(), data, weights)[0], DiagonalCases.Measure(new Sharpness(Samples: 5), data,
            weights)[0]);
    }

    [Fact]
    public void On_a_quadratic_at_the_edge_the_iterates_bounce_over_the_minimum()
    {
        // ½λx² with ηλ = 2: x = 1, −1, 1, …; half-way the loss is 0, at the ends λ/2.
        var rows = BouncesOf(curvature: 6, rate: 2.0 / 6, steps: 5);
        Assert.All(rows[..2], row => Assert.All(row, value => Assert.True(double.IsNaN(value))));
        Assert.All(rows[2..], row =>
        {
            Assert.Equal(-1, row[0], 1e-15);
            Assert.Equal(-3, row[1], 1e-14);
        });
    }

    [Fact]
    public void Below_the_edge_of_a_quadratic_the_iterates_go_straight_on() =>
        // ηλ = ½: each step s is half as long as the one before; the gap is −λs²/8.
        Assert.Equal([1.0, -6 * 0.25 * 0.25 / 8], BouncesOf(curvature: 6, rate: 0.5 / 6, steps: 3)[2]);

    [Theory]
    [InlineData("diagonal")]
    [InlineData("relu")]
    public void Bounces_at_rare_measurements_are_those_of_measurements_at_each_step(string model)
    {
        // 0, 7, 14, …: iterates between the measurements are not kept.
        var rare = Runner.Run(PipelineOf(model, "closed form", ProbePlan.Of(Cadence.Every(7), new Bounce())));
        var dense = Runner.Run(PipelineOf(model, "closed form", ProbePlan.Of(Cadence.Every(1), new Bounce(), new Losses())));
        foreach (var metric in (string[])["bounce_cosine", "bounce_midpoint_gap"])
        {
            Assert.All(rare.Measurements.Zip(rare.Values(metric)), m => Assert.Equal(dense.Values(metric)[(int)m.First.Iteration],
                m.Second));
            Assert.Equal(rare.Measurements.Select(m => m.Iteration < 2), rare.Values(metric).Select(double.IsNaN));
        }
    }

    [Fact]
    public void The_gradient_norm_is_the_length_of_a_step_of_gradient_descent_over_its_rate()
    {
        var data = DatasetFactory.Create(DiagonalCases.Small);
        var start = new DiagonalWeights([.. Enumerable.Range(1, data.Dimensions).Select(i => 1.0 / i)],
            [.. Enumerable.Range(1, data.Dimensions).Select(i => 0.3 * i)]);
        using var engine = new DiagonalEngine(start, data, OptimizerSpec.GradientDescent(1));
        engine.Step(0.001);
        var after = engine.Current;
        var length = Math.Sqrt(start.U.Concat(start.V).Zip(after.U.Concat(after.V), (a, b) => (a - b) * (a - b)).Sum());
        Assert.Equal(length / 0.001, DiagonalCases.Measure(new GradientNorm(), data, start)[0], 1e-10 * length / 0.001);
    }

    [Theory]
    [InlineData("closed form")]
    [InlineData("autograd")]
    public void A_ReLU_network_at_a_small_step_size_stays_with_its_twin(string engine)
    {
        var run = Runner.Run(PipelineOf("relu", engine, ProbePlan.Of(Cadence.Every(20), new Predictability(1e-7))));
        // At least one rounding of each weight, at most two.
        Assert.InRange(run.Values("twin_distance")[0], 5e-8, 1.2e-7);
        Assert.All(run.Values("twin_distance"), distance => Assert.InRange(distance, 1e-9, 1e-5));
        Assert.All(run.Values("twin_loss_difference"), difference => Assert.InRange(difference, 0, 1e-4));
        Assert.All(run.Values("predictability_horizon"), horizon => Assert.True(double.IsNaN(horizon)));
    }

    [Fact]
    public void A_chaotic_ReLU_network_leaves_its_twin()
    {
        var pipeline = Pipeline.Of(
            DatasetSpec.TeacherStudent(15, 2, [3], biases: false, unitTeacher: true, seed: 1), new ReluNetwork([20], [false, false],
                Initialisation.Gaussian(0.5, 0), 0, Loss.Squared, Precision.Bits32), Schedule.Constant(0.455),
            OptimizerSpec.Sgd(1400, seed: 0, sampling: Sampling.WithoutReplacement), ProbePlan.Of(Cadence.Every(5), new Losses(),
                new Predictability(1e-7)));
        var run = Runner.Run(pipeline);
        var horizon = run.Last("predictability_horizon");
        DiagonalCases.Note($"two_layer 0.455 leaves its twin by 1e-3 at {horizon}");
        // Published: 45 steps, in the worst of 10 to 20 draws.
        Assert.InRange(horizon, 45, 1000);
    }

    [Fact]
    public void The_gradient_noise_of_a_diagonal_network_is_the_published_mean() =>
        // From NumPy: Σ ‖r_i x_i⊙v‖² + ‖r_i x_i⊙u‖² over n, at u = 0.3, v = 0.1.
        Assert.Equal(1.1403365785725765, DiagonalCases.Measure(new GradientNoise(), DatasetFactory.Create(DiagonalCases.Small),
            DiagonalWeights.Create(new(0.3, 0.1), 10))[0], 1e-13);

    [Theory]
    [MemberData(nameof(Runs))]
    public void Of_one_sample_the_gradient_noise_is_the_squared_norm_of_the_gradient(string model, string engine)
    {
        var plan = ProbePlan.Of(Cadence.Every(20), new GradientNoise(1), new GradientNorm(1));
        var result = Runner.Run(PipelineOf(model, engine, plan));
        Assert.Equal(result.Values("gradient_norm").Select(norm => norm * norm), result.Values("gradient_noise_trace"),
            (a, b) => Math.Abs(a - b) <= 1e-12 * a);
    }

    [Fact]
    public void The_gradient_noise_of_deep_networks_and_modules_is_the_mean_over_single_samples()
    {
        var linear = TinyDeep.Pipeline(3, null, new GradientNoise(1), new GradientNorm(1))
            .WithModel(TinyDeep.Network with { Architecture = Architecture.Linear });
        var line = Pipeline.Of(
            DiagonalCases.Small, ModelSpec.Custom("line", seed => TorchSharp.torch.nn.Linear(10, 1)), Schedule.Constant(0.01),
                OptimizerSpec.Sgd(20),
            ProbePlan.Of(Cadence.Every(5), new GradientNoise(1), new GradientNorm(1)));
        foreach (var result in new[] { linear, line }.Select(Runner.Run))
        {
            Assert.Equal(result.Values("gradient_norm").Select(norm => norm * norm), result.Values("gradient_noise_trace"),
                (a, b) => Math.Abs(a - b) <= 1e-5 * a);
        }
        // The mean of squares exceeds the square of the mean: the rest is the variance.
        foreach (var pipeline in new[] { linear, line })
        {
            var all = Runner.Run(pipeline.WithProbes(pipeline.Probes with
            {
                Measure = [new GradientNoise(14),
                new GradientNorm(14)]
            }));
            Assert.All(all.Measurements, m => Assert.True(m.Values[0] > m.Values[1] * m.Values[1]));
        }
    }

    [Fact]
    public void Seconds_grow_and_leave_the_probes_out()
    {
        // A look at the clock takes a second, and nothing else does: one when the run begins; before, after and once more for each of six
        // measurements, of which the first lies within it; and one at the end.
        var pipeline = PipelineOf("diagonal", "closed form", ProbePlan.Of(Cadence.Every(20), new Losses(), new Seconds()));
        var result = Runner.Run(pipeline, RunContext.Default with { Clock = new Clock { PerLook = 1 } });
        Assert.Equal([2, 4, 6, 8, 10, 12], result.Values("seconds"));
        Assert.Equal((13, 6), (result.TrainingSeconds, result.ProbeSeconds));
        Assert.True(Runner.Run(pipeline).Values("seconds")[^1] > 0);
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Probes_of_the_dynamics_do_not_change_the_run(string model, string engine)
    {
        var alone = Runner.Run(PipelineOf(model, engine, ProbePlan.Of(Curvature.At, new Losses())));
        Assert.Equal(alone.Values("train_loss"), Runner.Run(PipelineOf(model, engine, Curvature)).Values("train_loss"));
    }

    private static Pipeline PipelineOf(string model, string engine, ProbePlan probes) => (model == "diagonal"
        ? Pipeline.Of(DiagonalCases.Small, ModelSpec.DiagonalLinear(u: 0.5, v: 0.2), Schedule.Constant(0.1),
        OptimizerSpec.Sgd(120, seed: 2),
            probes)
        : Pipeline.Of(Students, Relu, Schedule.Constant(0.01), OptimizerSpec.Sgd(120, seed: 2, sampling: Sampling.WithoutReplacement),
            probes))
        .WithEngine(engine == "autograd" ? Engine.Autograd : Engine.ClosedForm);

    /// <summary>The bounces of gradient descent on ½λx² from x = 1, measured at each iteration.</summary>
    private static double[][] BouncesOf(double curvature, double rate, int steps)
    {
        var (x, plan, bounce) = (1.0, ProbePlan.Of(Cadence.Every(1), new Bounce()), new Bounce());
        using var view = new Line(curvature);
        var kept = new KeptIterates(plan, new Horizon(steps, 1));
        using var instrument = Instrument.Of(bounce, view);
        var rows = new double[steps][];
        for (var k = 0; k < steps; k++)
        {
            view.See(k, [x], kept);
            rows[k] = new double[2];
            instrument.Measure(view, rows[k]);
            if (kept.Wants(k)) kept.Keep(k, view.Vector([x]));
            x -= rate * curvature * x;
        }
        return rows;
    }

    private sealed class Line(double curvature) : HostView<double[]>(
        Pipeline.Of(DatasetSpec.InMemory(DiagonalCases.Data([[1]], 1)), ModelSpec.DiagonalLinear(), Schedule.Constant(1),
        OptimizerSpec.GradientDescent(1),
            ProbePlan.Of(Cadence.Every(1), new Bounce())).Target)
    {
        public override double ParameterNorm => Weights.Norm;

        protected override IScores ScoresOfIterate() => throw new NotSupportedException();

        protected override double[] Flat(double[] iterate) => [.. iterate];

        protected override ITrainingLoss LossOf(Range part) => new Quadratic(curvature);

        protected override ITrainingLoss LossOf(ReadOnlySpan<int> rows) => new Quadratic(curvature);
    }

    private sealed class Quadratic(double curvature) : ITrainingLoss
    {
        private double _x;

        public int Parameters => 1;

        public double MoveTo(ReadOnlySpan<double> point) => curvature * (_x = point[0]) * _x / 2;

        public void Gradient(Span<double> gradient) => gradient[0] = curvature * _x;

        public void HessianProduct(ReadOnlySpan<double> vector, Span<double> product) => product[0] = curvature * vector[0];

        public void GaussNewtonProduct(ReadOnlySpan<double> vector, Span<double> product) => HessianProduct(vector, product);

        public double[] Slopes(ReadOnlySpan<double> direction) => [curvature * _x * direction[0]];

        public void CurvatureGradient(ReadOnlySpan<double> direction, Span<double> gradient) => gradient[0] = 0;

        public void Dispose() { }
    }
}
