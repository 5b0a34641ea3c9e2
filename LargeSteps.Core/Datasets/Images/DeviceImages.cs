using System.Runtime.InteropServices;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Values;
using TorchSharp;
using static TorchSharp.torch;

namespace LargeSteps.Datasets.Images;

/// <summary>Images and their labels on a device. They belong to the dispose scope in which they were asked for.</summary>
/// <param name="Images">B×C×H×W, float32 or bfloat16: bytes divided by 255, or numbers as they are.</param>
/// <param name="Labels">B, int64.</param>
internal sealed record ImageBatch(Tensor Images, Tensor Labels);

/// <summary>How a network wants its images.</summary>
/// <param name="BFloat16">bfloat16 instead of float32.</param>
/// <param name="ChannelsLast">Whether the channels of a pixel lie side by side in memory, which convolutions are faster with; the shape is
/// B×C×H×W all the same.</param>
internal sealed record TensorFormat(bool BFloat16 = false, bool ChannelsLast = false);

/// <summary>
/// Images on a device: one tensor for all of them, of bytes where they are bytes, and one for their labels. Several
/// <see cref="ImageBatches"/> can draw from it. Not thread-safe.
/// </summary>
internal sealed class DeviceImages : IDisposable
{
    private readonly bool _areBytes;
    private readonly TensorFormat _format;
    // Held, not made in passing: a temporary could be collected while libtorch reads it.
    private readonly Scalar _largest = 255;

    private DeviceImages(LabelledImages images, int classes, Device device, TensorFormat format)
    {
        (Shape, Count, Classes, Device, _areBytes, _format) =
            (images.Shape, images.Count, classes, device, images.Values.Count == 0, format);
        long[] shape = [images.Count, images.Shape.Channels, images.Shape.Height, images.Shape.Width];
        using var scope = NewDisposeScope();
        // Thread-static scopes end; the tensors live as long as this. Filled in place: the images can take a good part of the memory.
        var host = empty(shape, _areBytes ? uint8 : float32);
        (_areBytes ? images.Bytes.AsSpan() : MemoryMarshal.AsBytes(images.Values.AsSpan())).CopyTo(host.bytes);
        Pixels = host.to(device).DetachFromDisposeScope();
        Labels = tensor(Array.ConvertAll(images.Labels.AsSpan().ToArray(), label => (long)label), device: device).DetachFromDisposeScope();
    }

    /// <summary>The shape of an image.</summary>
    public ImageShape Shape { get; }

    /// <summary>The number of images.</summary>
    public int Count { get; }

    /// <summary>The number of classes.</summary>
    public int Classes { get; }

    internal Device Device { get; }

    /// <summary>N×C×H×W, as they are stored.</summary>
    internal Tensor Pixels { get; }

    /// <summary>N, int64.</summary>
    internal Tensor Labels { get; }

    /// <summary>Images on a device.</summary>
    /// <param name="device">The device in libtorch's words, such as <c>cpu</c> or <c>cuda:0</c>.</param>
    /// <param name="images">The images.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="format">How the network wants them.</param>
    /// <exception cref="NativeLibraryException">libtorch does not load.</exception>
    public static DeviceImages On(string device, LabelledImages images, int classes, TensorFormat format)
    {
        NativeLibraries.EnsureLoaded();
        return new DeviceImages(images, classes, new Device(device), format);
    }

    /// <summary>Images that follow one another, without augmentation.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are no such images.</exception>
    public ImageBatch Slice(int first, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, Count - count);
        using var scope = NewDisposeScope();
        return Outward(new ImageBatch(Seen(Pixels.narrow(0, first, count)), Labels.narrow(0, first, count).clone()));
    }

    /// <summary>Chosen images in the given order, without augmentation. The choice is brought to the device, for which a GPU
    /// waits.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such image.</exception>
    public ImageBatch Select(Items<int> images)
    {
        foreach (var i in images)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(i);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(i, Count);
        }
        using var scope = NewDisposeScope();
        var rows = tensor(Array.ConvertAll(images.AsSpan().ToArray(), i => (long)i), device: Device);
        return Outward(new ImageBatch(Seen(Pixels.index_select(0, rows)), Labels.index_select(0, rows)));
    }

    /// <summary>Gives the memory of the device back.</summary>
    public void Dispose()
    {
        Pixels.Dispose();
        Labels.Dispose();
        _largest.Dispose();
    }

    /// <summary>Stored images as a network sees them: a new tensor.</summary>
    internal Tensor Seen(Tensor pixels)
    {
        var seen = _areBytes ? pixels.to(float32).div_(_largest) : pixels.clone();
        if (_format.BFloat16) seen = seen.to(bfloat16);
        return _format.ChannelsLast ? seen.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2) : seen;
    }

    /// <summary>A batch that outlives the innermost scope.</summary>
    internal static ImageBatch Outward(ImageBatch batch) =>
        new(batch.Images.MoveToOuterDisposeScope(), batch.Labels.MoveToOuterDisposeScope());
}
