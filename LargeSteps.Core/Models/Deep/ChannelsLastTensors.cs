using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace LargeSteps.Models.Deep;

/// <summary>Tensors n × channels × height × width whose channels lie last in memory, as kernels of our own take them.</summary>
internal static class ChannelsLastTensors
{
    /// <summary>As many images of the same size, with another number of channels.</summary>
    public static Tensor Empty(Tensor images, long channels) =>
        Empty(images.shape[0], channels, images.shape[2], images.shape[3], images.dtype);

    /// <summary>A tensor with the channels last. It is no permuted view: what a function of autograd returns could then not be changed in
    /// place.</summary>
    public static Tensor Empty(long images, long channels, long height, long width, ScalarType type) =>
        empty_strided([images, channels, height, width], [height * width * channels, 1, width * channels, channels], type);

    /// <summary>The numbers with the channels last; a copy, in the scope of the caller, where they lie otherwise.</summary>
    public static unsafe T* Data<T>(Tensor tensor) where T : unmanaged =>
        (T*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.permute(0, 2, 3, 1).contiguous().bytes));
}
