using LargeSteps.Models;
using LargeSteps.Models.Deep;
using LargeSteps.Numerics;
using LargeSteps.Training.Deep;
using TorchSharp;
using static TorchSharp.torch;

namespace LargeSteps.Tests;

/// <summary>Small deep networks, weights and batches for tests. Tensors belong to the caller's scope.</summary>
internal static class SmallNets
{
    /// <summary>A scope for the tensors of a test, the first of which may need the library.</summary>
    public static DisposeScope Scope()
    {
        NativeLibraries.EnsureLoaded();
        return NewDisposeScope();
    }

    public static FlatNetwork Network(
        string name = "resnet_tiny", ImageShape? input = null, int classes = 3, int? width = null,
            DeepPrecision precision = DeepPrecision.Float32, bool channelsLast = false, bool? ownConvolutions = null) =>
        new(Architecture.Named(name), input ?? new(3, 8, 8), classes, width ?? (name == "wrn28" || name == "densenet100" ? 1 : 2),
            precision, channelsLast)
        {
            OwnConvolutions = ownConvolutions ?? OneDnn.IsWrongHere,
        };

    /// <summary>Initial weights, of which none is 0 or 1 by rule any more; the same by name in every layout.</summary>
    public static Tensor Weights(FlatNetwork network, ulong seed = 1)
    {
        using var scope = NewDisposeScope();
        using var random = new TorchRandom(seed + 100);
        var weights = network.Initial(seed);
        foreach (var (_, shape, view) in network.Named(weights))
            view.add_(tensor(random.Normal((int)view.NumberOfElements, 0.2), shape));
        return weights.MoveToOuterDisposeScope();
    }

    /// <summary>Running statistics that some batches have left.</summary>
    public static NormStatistics Statistics(FlatNetwork network, ulong seed = 1)
    {
        using var scope = NewDisposeScope();
        using var random = new TorchRandom(seed + 200);
        var statistics = network.NewStatistics(CPU);
        if (network.Norms.Count == 0) return statistics;
        var channels = (int)statistics.Means.NumberOfElements;
        statistics.Means.copy_(tensor(random.Normal(channels, 0.3)));
        statistics.Variances.copy_(tensor(random.Uniform(channels, 0.5, 2)));
        return statistics;
    }

    public static DeepBatch Batch(FlatNetwork network, int samples = 6, ulong seed = 1)
    {
        using var random = new TorchRandom(seed + 300);
        var (channels, height, width) = (network.Input.Channels, network.Input.Height, network.Input.Width);
        return new(
            tensor(random.Rand(samples * channels * height * width), samples, channels, height, width),
            tensor([.. Enumerable.Range(0, samples).Select(i => (i * 7L + (long)seed) % network.Classes)]));
    }

    public static double[] Doubles(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        return tensor.detach().to_type(ScalarType.Float64).contiguous().data<double>().ToArray();
    }

    /// <summary>The largest difference, in units of the largest entry.</summary>
    public static double Distance(double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        var largest = expected.Max(Math.Abs);
        Assert.True(double.IsFinite(largest) && actual.All(double.IsFinite), "not finite");
        return expected.Zip(actual, (x, y) => Math.Abs(x - y)).Max() / Math.Max(largest, 1e-30);
    }
}
