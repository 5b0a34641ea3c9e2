using LargeSteps.Numerics;
using LargeSteps.Training.Deep;
using TorchSharp;

namespace LargeSteps.Tests.Training.Deep;

/// <summary>Alone in the process, see <see cref="NativeMemoryTests"/>.</summary>
[Collection(nameof(NativeMemoryTests))]
public class DeepMemoryTests
{
    [Fact]
    public void Steps_measurements_and_curvature_leave_no_tensor_behind()
    {
        NativeLibraries.EnsureLoaded();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var empty = Counts();
        using (var network = SmallNets.Network(width: 1))
        using (var start = network.Initial(0))
        using (var engine = new DeepEngine(network, start, new(Momentum: 0.9, WeightDecay: 1e-3, Averaging: 0.9), torch.CPU))
        using (var probe = new DeepSparsity(network))
        {
            var batch = SmallNets.Batch(network, 2);
            Work(2);
            GC.Collect();
            GC.WaitForPendingFinalizers();
            var after = Counts();
            Work(300);
            Assert.Equal(after, Counts());
            batch.Images.Dispose();
            batch.Labels.Dispose();

            void Work(int steps)
            {
                for (var k = 0; k < steps; k++)
                {
                    engine.Step(batch, 1e-3);
                    if (k % 100 > 0) continue;
                    _ = (engine.LastLoss(), engine.L2Term(), engine.State);
                    using var statistics = engine.Reestimate(engine.Averaged, [batch.Images]);
                    engine.Evaluate(engine.Averaged, statistics, [batch]);
                    probe.Measure(engine.Weights, engine.Statistics, [batch.Images]);
                    using var curvature = new LossCurvature(network, engine.Weights, batch);
                    curvature.Sharpness(new Lanczos(3));
                }
            }
        }
        Assert.Equal(empty, Counts());
    }

    private static (long Tensors, long LiveOnThread) Counts() =>
        (torch.Tensor.TotalCount, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
}
