using LargeSteps.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace LargeSteps.Models.Deep;

/// <summary>The running statistics of all batch norm layers of a network, layer by layer in flat tensors.</summary>
internal sealed class NormStatistics : IDisposable
{
    private readonly long _channels;

    internal NormStatistics(long channels, int layers, Device device, bool cumulative)
    {
        NativeLibraries.EnsureLoaded();
        (_channels, Cumulative) = (channels, cumulative);
        using var scope = NewDisposeScope();
        Values = cat([zeros(channels, device: device), ones(channels, device: device)]);
        Batches = zeros(layers, ScalarType.Int64);
        scope.Detach([Values, Batches]);
    }

    /// <summary>The means of all layers' channels, then the variances; float32.</summary>
    public Tensor Values { get; }

    /// <summary>How many batches each layer has seen; int64, on the CPU.</summary>
    public Tensor Batches { get; }

    /// <summary>Whether all batches count alike; else each new one counts by a tenth.</summary>
    public bool Cumulative { get; }

    /// <summary>The means, a view in the caller's scope.</summary>
    public Tensor Means => Values.narrow(0, 0, _channels);

    /// <summary>The variances, a view in the caller's scope.</summary>
    public Tensor Variances => Values.narrow(0, _channels, _channels);

    /// <summary>How many batches have been seen.</summary>
    public long Tracked
    {
        get
        {
            if (Batches.NumberOfElements == 0) return 0;
            using var first = Batches.select(0, 0);
            return first.item<long>();
        }
    }

    /// <summary>Takes over what another network's statistics say.</summary>
    public void Take(NormStatistics other)
    {
        Values.copy_(other.Values);
        Batches.copy_(other.Batches);
    }

    internal void Count(Scalar one) => Batches.add_(one);

    /// <inheritdoc/>
    public void Dispose()
    {
        Values.Dispose();
        Batches.Dispose();
    }
}
