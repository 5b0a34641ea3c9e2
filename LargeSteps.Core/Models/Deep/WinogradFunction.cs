using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace LargeSteps.Models.Deep;

/// <summary>
/// <see cref="WinogradConvolution{T}"/> for tensors n × channels × height × width on the CPU, float32 or bfloat16, channels last in memory. Autograd can differentiate it once.
/// </summary>
internal sealed unsafe class WinogradFunction : autograd.SingleTensorFunction<WinogradFunction>
{
    /// <summary>What one backward pass hands over to libtorch, which keeps what it needs: given back when the next layer is through, not when the pass is.</summary>
    internal sealed class Gradients
    {
        private readonly List<Tensor> _last = [];

        /// <summary>Takes the place of those before.</summary>
        public List<Tensor?> Hand(Tensor dx, Tensor dw)
        {
            foreach (var before in _last) before.Dispose();
            _last.Clear();
            _last.AddRange([dx, dw]);
            return [dx, dw, null];
        }
    }

    /// <inheritdoc/>
    public override string Name => "Winograd";

    /// <summary>Whether there is such a convolution, of stride 1 and padding 1, on this machine.</summary>
    /// <param name="kernel">The side of its kernels.</param>
    /// <param name="from">Channels in.</param>
    /// <param name="to">Channels out.</param>
    public static bool Suits(int kernel, int from, int to) =>
        Winograd.IsSupported && kernel == 3 && from % PanelMatrices.Panel == 0 && to % PanelMatrices.Panel == 0;

    /// <summary>The outputs.</summary>
    /// <param name="x">n × in × height × width.</param>
    /// <param name="w">out × in × 3 × 3.</param>
    /// <param name="gradients">The same for all layers of a pass.</param>
    public static Tensor Apply(Tensor x, Tensor w, Gradients gradients) =>
        is_grad_enabled() && (x.requires_grad || w.requires_grad) ? apply(x, w, gradients) : Forward(x, w);

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (x, w) = ((Tensor)vars[0], (Tensor)vars[1]);
        ctx.save_for_backward([x, w]);
        ctx.save_data(nameof(Gradients), vars[2]);
        return Forward(x, w);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        using var dy = grad_output;
        var saved = ctx.get_saved_variables();
        var (dx, dw) = dy.dtype == ScalarType.BFloat16 ? Backward<BFloat16Element>(saved[0], saved[1], dy) : Backward<Float32Element>(saved[0], saved[1], dy);
        return ((Gradients)ctx.get_data(nameof(Gradients))).Hand(dx.MoveToOuterDisposeScope(), dw.MoveToOuterDisposeScope())!;
    }

    private static Tensor Forward(Tensor x, Tensor w) => x.dtype == ScalarType.BFloat16 ? Forward<BFloat16Element>(x, w) : Forward<Float32Element>(x, w);

    private static Tensor Forward<T>(Tensor x, Tensor w) where T : unmanaged, IElement<T>
    {
        using var scope = NewDisposeScope();
        var (from, to) = (x.shape[1], w.shape[0]);
        var y = Empty(x, to, x.shape[2], x.shape[3], x.shape[0]);
        Of<T>(x).Forward(Data<T>(x), (int)from, Data<T>(w), (int)to, Data<T>(y));
        return y.MoveToOuterDisposeScope();
    }

    private static (Tensor, Tensor) Backward<T>(Tensor x, Tensor w, Tensor dy) where T : unmanaged, IElement<T>
    {
        var (from, to, convolution) = ((int)x.shape[1], (int)w.shape[0], Of<T>(x));
        var (dx, dw) = (Empty(x, from, x.shape[2], x.shape[3], x.shape[0]), Empty(w, from, 3, 3, to));
        T* images = Data<T>(x), gradient = Data<T>(dy);
        convolution.InputGradient(gradient, to, Data<T>(w), from, Data<T>(dx));
        convolution.WeightGradient(images, from, gradient, to, Data<T>(dw));
        return (dx, dw);
    }

    private static WinogradConvolution<T> Of<T>(Tensor x) where T : unmanaged, IElement<T> =>
        new(checked((int)x.shape[0]), (int)x.shape[2], (int)x.shape[3], get_num_threads());

    // Not a permuted view: what a function of autograd returns could then not be changed in place.
    private static Tensor Empty(Tensor like, long channels, long height, long width, long images) =>
        empty_strided([images, channels, height, width], [height * width * channels, 1, width * channels, channels], like.dtype);

    // The numbers with the channels last; a copy, in the scope of the caller, where they lie otherwise.
    private static T* Data<T>(Tensor tensor) where T : unmanaged =>
        (T*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.permute(0, 2, 3, 1).contiguous().bytes));
}
