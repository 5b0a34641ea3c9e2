using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using TorchSharp;

namespace LargeSteps.Tests.Optimizers;

/// <summary>Alone in the process: the number of tensors is one for all threads.</summary>
[CollectionDefinition(nameof(NativeMemoryTests), DisableParallelization = true)]
[Collection(nameof(NativeMemoryTests))]
public class NativeMemoryTests
{
    [Fact]
    public void Ten_thousand_steps_of_autograd_leave_no_tensor_behind()
    {
        var rule = new UpdateRule(0.01, 1e-3, true, 0.95, new(0.02, PerSample: true, OuterDerivative: true));
        var (tensors, live) = (0L, 0L);
        using (var engine = Diagonal.Create(
            Engine.Autograd, ModelSpec.DiagonalLinear(0.3, 0.1), DatasetFactory.Create(Diagonal.Small), OptimizerSpec.Sgd(10_000, batchSize: 3).WithRule(rule)))
        {
            engine.Step(1e-3);
            // What other tests have left to the finalisers is gone before, not while we count.
            GC.Collect();
            GC.WaitForPendingFinalizers();
            (tensors, live) = Counts();
            for (var k = 0; k < 10_000; k++)
            {
                engine.Step(1e-3);
                if (k % 1000 == 0) _ = (engine.Current, engine.Averaged);
            }
            Assert.Equal((tensors, live), Counts());
        }
        Assert.Equal((tensors - 6, live - 6), Counts());
    }

    [Fact]
    public void Ten_thousand_steps_of_autograd_through_layers_leave_no_tensor_behind()
    {
        var problem = Dense.ThreeLayer;
        var (tensors, live) = (0L, 0L);
        using (var engine = AutogradDense<float>.On("cpu", problem.Start, problem.Data, new(Averaging: 0.9, LabelNoise: 0.1), batchSize: 3))
        {
            engine.Step(1e-3);
            GC.Collect();
            GC.WaitForPendingFinalizers();
            (tensors, live) = Counts();
            for (var k = 0; k < 10_000; k++)
            {
                engine.Step(1e-3);
                if (k % 1000 == 0) _ = (engine.Current, engine.Averaged);
            }
            Assert.Equal((tensors, live), Counts());
        }
        // The samples, the labels, three layers with biases and their averages.
        Assert.Equal((tensors - 14, live - 14), Counts());
    }

    [Fact]
    public void Hessian_products_of_autograd_leave_no_tensor_and_no_graph_behind()
    {
        var problem = Dense.ThreeLayer;
        double[] point = problem.Start.As<double>().Values, product = new double[point.Length];
        var (tensors, live) = (0L, 0L);
        using (var loss = AutogradTrainingLoss.OfDense("cpu", problem.Shape, problem.Data))
        {
            Measure();
            GC.Collect();
            GC.WaitForPendingFinalizers();
            (tensors, live) = Counts();
            for (var k = 0; k < 200; k++) Measure();
            Assert.Equal((tensors, live), Counts());

            void Measure()
            {
                loss.MoveTo(point);
                loss.Gradient(product);
                for (var k = 0; k < 5; k++) loss.HessianProduct(point, product);
            }
        }
        // The samples, the labels, the point and the gradient there.
        Assert.Equal((tensors - 4, live - 4), Counts());
    }

    private static (long Tensors, long LiveOnThread) Counts() =>
        (torch.Tensor.TotalCount, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
}
