using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Optimizers;
using LargeSteps.Training;
using LargeSteps.Training.Relu;
using TorchSharp;

namespace LargeSteps.Tests.Training;

/// <summary>Alone in the process: the number of tensors is one for all threads.</summary>
[CollectionDefinition(nameof(NativeMemoryTests), DisableParallelization = true)]
[Collection(nameof(NativeMemoryTests))]
public class NativeMemoryTests
{
    [Fact]
    public void Ten_thousand_steps_of_autograd_leave_no_tensor_behind()
    {
        var rule = new UpdateRule(0.01, 1e-3, true, 0.95, new(0.02, PerSample: true, OuterDerivative: true));
        StepsLeaveNothing(
            DiagonalCases.Create(Engine.Autograd, ModelSpec.DiagonalLinear(0.3, 0.1), DatasetFactory.Create(DiagonalCases.Small),
                OptimizerSpec.Sgd(10_000, batchSize: 3).WithRule(rule)), owned: 6);
    }

    [Fact]
    public void Ten_thousand_steps_of_autograd_through_layers_leave_no_tensor_behind()
    {
        var problem = ReluCases.ThreeLayer;
        // The samples, the labels, three layers with biases and their averages.
        StepsLeaveNothing(ReluAutogradEngine<float>.On("cpu", problem.Start, problem.Data, new(Averaging: 0.9), batchSize: 3), owned: 14);
    }

    // Steps keep no tensor, and an engine that is disposed of gives its own back.
    private static void StepsLeaveNothing<TIterate>(IEngine<TIterate> made, int owned)
    {
        var (tensors, live) = (0L, 0L);
        using (var engine = made)
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
        Assert.Equal((tensors - owned, live - owned), Counts());
    }

    [Fact]
    public void Hessian_products_of_autograd_leave_no_tensor_and_no_graph_behind()
    {
        var problem = ReluCases.ThreeLayer;
        double[] point = problem.Start.As<double>().Values, product = new double[point.Length];
        var (tensors, live) = (0L, 0L);
        using (var loss = AutogradTrainingLoss.OfRelu("cpu", problem.Shape, problem.Data))
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
