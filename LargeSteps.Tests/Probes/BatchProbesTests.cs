using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using static TorchSharp.torch;

namespace LargeSteps.Tests.Probes;

/// <summary>Curvature of batches, the trace of the Hessian, the distance from the start.</summary>
public class BatchProbesTests
{
    private static readonly RegressionData Data = DatasetFactory.Create(
        DatasetSpec.TeacherStudent(6, 3, [2], biases: false, unitTeacher: false, testSamples: 5));

    // h = ⟨w, x⟩ with the loss (h − y)²: its Hessian on a batch is 2/b Σ xxᵀ wherever w is.
    private static readonly ModelSpec Linear = ModelSpec.Custom("linear", _ => nn.Linear(3, 1, hasBias: false, dtype: float64), 7);

    private static RunResult Run(ModelSpec model, OptimizerSpec optimizer, params Probe[] probes) => Runner.Run(Pipeline.Of(
        DatasetSpec.InMemory(Data), model, Schedule.Constant(0.05), optimizer, ProbePlan.Of(Cadence.Every(1), probes)
            .WithSnapshots(SnapshotSpec.All)));

    private static double OfBatch(double[] w, params int[] rows)
    {
        var g = new double[3];
        foreach (var i in rows)
        {
            var x = Data.Features.Row(i);
            for (var j = 0; j < 3; j++) g[j] += 2.0 / rows.Length * (Vectors.Dot(w, x) - Data.Labels[i]) * x[j];
        }
        var gHg = rows.Sum(i => 2.0 / rows.Length * Math.Pow(Vectors.Dot(g, Data.Features.Row(i)), 2));
        return gHg / Vectors.Dot(g, g);
    }

    [Fact]
    public void Batch_sharpness_is_the_mean_over_all_batches_within_its_error()
    {
        var optimizer = OptimizerSpec.Sgd(3, batchSize: 2, sampling: Sampling.WithoutReplacement);
        var run = Run(Linear, optimizer, new BatchSharpness(Tolerance: 1e-9, MaxBatches: 400));
        for (var k = 0; k < 3; k++)
        {
            double[] w = [.. run.Snapshots[k].Weights];
            var exact = Enumerable.Range(0, 6).SelectMany(i => Enumerable.Range(0, i).Select(j => OfBatch(w, i, j))).Average();
            var error = run.Values("batch_sharpness_error")[k];
            Assert.InRange(error, 1e-4, 0.1);
            Assert.InRange(Math.Abs(run.Values("batch_sharpness")[k] - exact), 0, 4 * error);
            Assert.Equal(400, run.Values("batch_sharpness_batches")[k]);
        }
        Assert.All(Run(Linear, optimizer, new BatchSharpness(0.2)).Values("batch_sharpness_batches"),
            batches => Assert.InRange(batches, 10, 60));
    }

    [Fact]
    public void Of_gradient_descent_the_batch_is_all_samples()
    {
        var run = Run(Linear, OptimizerSpec.GradientDescent(3), new BatchSharpness());
        for (var k = 0; k < 3; k++)
        {
            Assert.Equal(OfBatch([.. run.Snapshots[k].Weights], 0, 1, 2, 3, 4, 5), run.Values("batch_sharpness")[k], 1e-12);
            Assert.Equal((0, 1), (run.Values("batch_sharpness_error")[k], run.Values("batch_sharpness_batches")[k]));
        }
    }

    [Fact]
    public void Critical_sharpness_is_the_curvature_along_the_step_of_a_quadratic()
    {
        var run = Run(Linear, OptimizerSpec.GradientDescent(6), new CriticalSharpness(Tolerance: 1e-9));
        Assert.Equal(double.NaN, run.Values("critical_sharpness")[0]);
        for (var k = 1; k < 6; k++)
        {
            Assert.Equal(OfBatch([.. run.Snapshots[k - 1].Weights], 0, 1, 2, 3, 4, 5), run.Values("critical_sharpness")[k],
                1e-6 * run.Values("critical_sharpness")[k]);
        }
        // Any rule: the step of momentum is along m, and L(w − ηm) > L(w) where η > 2gᵀm/mᵀHm.
        var rule = UpdateRule.Plain.WithMomentum(0.5);
        var momentum = Run(Linear, OptimizerSpec.GradientDescent(6).WithRule(rule), new CriticalSharpness(Tolerance: 1e-9));
        double[] Less(int a, int b) => [.. momentum.Snapshots[a].Weights.Zip(momentum.Snapshots[b].Weights, (x, y) => x - y)];
        for (var k = 1; k < 6; k++)
        {
            var (w, m) = (momentum.Snapshots[k - 1].Weights, Less(k - 1, k).Select(d => d / 0.05).ToArray());
            double gm = 0, mHm = 0;
            for (var i = 0; i < 6; i++)
            {
                var x = Data.Features.Row(i);
                gm += 2.0 / 6 * (Vectors.Dot([.. w], x) - Data.Labels[i]) * Vectors.Dot(m, x);
                mHm += 2.0 / 6 * Math.Pow(Vectors.Dot(m, x), 2);
            }
            Assert.Equal(mHm / gm, momentum.Values("critical_sharpness")[k], 1e-6 * Math.Abs(mHm / gm));
        }
    }

    [Fact]
    public void The_trace_is_that_of_the_Hessian_within_its_error()
    {
        var run = Run(Linear, OptimizerSpec.GradientDescent(4), new HessianTrace(Vectors: 200));
        var trace = Enumerable.Range(0, 6).Sum(i => 2.0 / 6 * Vectors.Dot(Data.Features.Row(i), Data.Features.Row(i)));
        for (var k = 0; k < 4; k++)
        {
            var error = run.Values("hessian_trace_error")[k];
            Assert.InRange(error, 1e-4, 0.2);
            Assert.InRange(Math.Abs(run.Values("hessian_trace")[k] - trace), 0, 4 * error);
        }
        Assert.Equal(4, run.Values("hessian_trace").Distinct().Count());
    }

    [Fact]
    public void The_distance_is_that_from_the_initial_weights_on_every_model()
    {
        foreach (var model in (ModelSpec[])[Linear, ModelSpec.DiagonalLinear(0.3, 0.1), ModelSpec.ReluNetwork([4], Initialisation.Default)])
        {
            var run = Run(model, OptimizerSpec.GradientDescent(4), new Distance(), new BatchSharpness(), new HessianTrace(2));
            for (var k = 0; k < 4; k++)
            {
                var distance = Math.Sqrt(run.Snapshots[k].Weights.Zip(run.Snapshots[0].Weights, (a, b) => (a - b) * (a - b)).Sum());
                Assert.Equal(distance, run.Values("distance")[k], 1e-12);
            }
            Assert.True(run.Last("distance") > 0);
            Assert.All(run.Values("batch_sharpness"), value => Assert.True(double.IsFinite(value)));
        }
    }
}
