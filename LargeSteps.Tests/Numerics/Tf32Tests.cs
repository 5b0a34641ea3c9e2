using LargeSteps.Configuration;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Training.Deep;
using TorchSharp;

namespace LargeSteps.Tests.Numerics;

public class Tf32Tests
{
    private static bool Setting
    {
        get
        {
            var (products, convolutions) = (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32);
            Assert.Equal(products, convolutions);
            return products;
        }
    }

    [Fact]
    public void Who_wants_it_the_other_way_waits_and_nobody_waits_for_ever()
    {
        NativeLibraries.EnsureLoaded();
        var (wrong, done) = (0, 0);
        var threads = Enumerable.Range(0, 6).Select(number => new Thread(() =>
        {
            for (var i = 0; i < 300; i++)
            {
                var allowed = (number + i / 3) % 2 == 0;
                using var inside = Tf32.Enter(onCard: true, allowed);
                if (Setting != allowed) Interlocked.Increment(ref wrong);
                Thread.Yield();
                if (Setting != allowed) Interlocked.Increment(ref wrong);
                Interlocked.Increment(ref done);
            }
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        Assert.All(threads, thread => Assert.True(thread.Join(TimeSpan.FromMinutes(1))));
        Assert.Equal((0, 1800), (wrong, done));
    }

    [Fact]
    public void Nobody_is_overtaken()
    {
        NativeLibraries.EnsureLoaded();
        using var stop = new CancellationTokenSource();
        // Others that never pause, as steps do.
        var others = Enumerable.Range(0, 2).Select(_ => new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
                Tf32.Enter(onCard: true, allowed: true)!.Dispose();
        })).ToArray();
        foreach (var other in others) other.Start();
        for (var i = 0; i < 200; i++)
        {
            using (Tf32.Enter(onCard: true, allowed: false)) Assert.False(Setting);
        }
        stop.Cancel();
        Assert.All(others, other => Assert.True(other.Join(TimeSpan.FromMinutes(1))));
    }

    [Fact]
    public void A_region_within_another_is_that_one_or_refused()
    {
        NativeLibraries.EnsureLoaded();
        using (Tf32.Enter(onCard: true, allowed: false))
        {
            Assert.Null(Tf32.Enter(onCard: true, allowed: false));
            Assert.Throws<InvalidOperationException>(() => Tf32.Enter(onCard: true, allowed: true));
        }
        using (Tf32.Enter(onCard: true, allowed: true)) Assert.True(Setting);
    }

    [Fact]
    public void Elsewhere_than_on_a_CUDA_device_nothing_is_set()
    {
        using var scope = SmallNets.Scope();
        Assert.Null(Tf32.Enter(onCard: false, allowed: true));
        using var network = SmallNets.Network();
        using var engine = new DeepEngine(network, SmallNets.Weights(network), UpdateRule.Plain, torch.CPU);
        Assert.Null(engine.Computing());
    }

    [Theory]
    [InlineData(null, "in steps")]
    [InlineData(true, "everywhere")]
    [InlineData(false, "nowhere")]
    public void It_is_a_key_of_deep_networks_and_part_of_what_they_are(bool? tf32, string where)
    {
        var experiment = Experiment.Of("tf32", TinyDeep.Pipeline(3).WithModel(TinyDeep.Network.WithTf32(tf32)));
        var text = ExperimentYaml.Write(experiment);
        Assert.Equal(tf32 is not null, text.Contains("tf32:", StringComparison.Ordinal));
        Assert.Equal(experiment, ExperimentYaml.Parse(text, "a.yaml").OrThrow());
        Assert.Equal(where, TinyDeep.Network.WithTf32(tf32).Tf32Words);
        Assert.Equal(tf32 != false, TinyDeep.Network.WithTf32(tf32).AllowsTf32(ofCurvature: false));
        Assert.Equal(tf32 == true, TinyDeep.Network.WithTf32(tf32).AllowsTf32(ofCurvature: true));
        Assert.Equal(tf32 is null, TinyDeep.Network == TinyDeep.Network.WithTf32(tf32));
    }
}
