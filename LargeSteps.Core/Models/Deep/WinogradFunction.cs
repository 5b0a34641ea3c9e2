using static TorchSharp.torch;

namespace LargeSteps.Models.Deep;

/// <summary>
/// A convolution or one of its derivatives, for autograd: each is a function of two tensors, linear in both, and its derivatives are the
/// other two, so that it can be differentiated as often as one likes. Tensors are n × channels × height × width on the CPU, float32 or
/// bfloat16, channels last in memory; kernels are out × in × 3 × 3.
/// </summary>
/// <typeparam name="TSelf">The function.</typeparam>
internal abstract class BilinearFunction<TSelf> : autograd.SingleTensorFunction<TSelf> where TSelf : BilinearFunction<TSelf>, new()
{
    private static readonly TSelf _self = new();

    /// <inheritdoc/>
    public sealed override string Name => typeof(TSelf).Name;

    /// <summary>The function's value, in the caller's scope.</summary>
    public static Tensor Apply(Tensor a, Tensor b, HandedOver handedOver) =>
        is_grad_enabled() && (a.requires_grad || b.requires_grad) ? apply(a, b, handedOver) : _self.Of(a, b);

    /// <summary>A tensor for the function's value.</summary>
    protected abstract Tensor Empty(Tensor a, Tensor b);

    /// <summary>Writes the function's value.</summary>
    protected abstract void Write<T>(Tensor a, Tensor b, Tensor value) where T : unmanaged, IElement<T>;

    /// <summary>The derivatives by both, from that by the value.</summary>
    protected abstract (Tensor ByA, Tensor ByB) Derivatives(Tensor a, Tensor b, Tensor byValue, HandedOver handedOver);

    /// <inheritdoc/>
    public sealed override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (a, b) = ((Tensor)vars[0], (Tensor)vars[1]);
        ctx.save_for_backward([a, b]);
        ctx.save_data(nameof(HandedOver), vars[2]);
        return Of(a, b);
    }

    /// <inheritdoc/>
    public sealed override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        using var byValue = grad_output;
        var (saved, handedOver) = (ctx.get_saved_variables(), (HandedOver)ctx.get_data(nameof(HandedOver)));
        var (byA, byB) = Derivatives(saved[0], saved[1], byValue, handedOver);
        return handedOver.Hand(byA, byB, null);
    }

    private Tensor Of(Tensor a, Tensor b)
    {
        using var scope = NewDisposeScope();
        var value = Empty(a, b);
        if (value.dtype == ScalarType.BFloat16) Write<BFloat16Element>(a, b, value);
        else Write<Float32Element>(a, b, value);
        return value.MoveToOuterDisposeScope();
    }
}

/// <summary>y = x ∗ w, by <see cref="WinogradConvolution{T}"/>.</summary>
internal sealed class WinogradFunction : BilinearFunction<WinogradFunction>
{
    /// <summary>Whether there is such a convolution, of stride 1 and padding 1, on this machine.</summary>
    /// <param name="kernel">The side of its kernels.</param>
    /// <param name="from">Channels in.</param>
    /// <param name="to">Channels out.</param>
    public static bool Suits(int kernel, int from, int to) =>
        Winograd.IsSupported && kernel == 3 && from % PanelMatrices.Panel == 0 && to % PanelMatrices.Panel == 0;

    /// <inheritdoc/>
    protected override Tensor Empty(Tensor x, Tensor w) => ChannelsLastTensors.Empty(x, channels: w.shape[0]);

    /// <inheritdoc/>
    protected override unsafe void Write<T>(Tensor x, Tensor w, Tensor y) => WinogradTensors.Convolution<T>(x).Forward(
        ChannelsLastTensors.Data<T>(x), (int)x.shape[1], ChannelsLastTensors.Data<T>(w), (int)w.shape[0], ChannelsLastTensors.Data<T>(y));

    /// <inheritdoc/>
    protected override (Tensor ByA, Tensor ByB) Derivatives(Tensor x, Tensor w, Tensor dy, HandedOver handedOver) =>
        (WinogradInputGradient.Apply(dy, w, handedOver), WinogradWeightGradient.Apply(x, dy, handedOver));
}

/// <summary>The derivative of ⟨dy, x ∗ w⟩ by x, a function of dy and w.</summary>
internal sealed class WinogradInputGradient : BilinearFunction<WinogradInputGradient>
{
    /// <inheritdoc/>
    protected override Tensor Empty(Tensor dy, Tensor w) => ChannelsLastTensors.Empty(dy, channels: w.shape[1]);

    /// <inheritdoc/>
    protected override unsafe void Write<T>(Tensor dy, Tensor w, Tensor dx) => WinogradTensors.Convolution<T>(dy).InputGradient(
        ChannelsLastTensors.Data<T>(dy), (int)w.shape[0], ChannelsLastTensors.Data<T>(w), (int)w.shape[1], ChannelsLastTensors.Data<T>(dx));

    /// <inheritdoc/>
    protected override (Tensor ByA, Tensor ByB) Derivatives(Tensor dy, Tensor w, Tensor x, HandedOver handedOver) =>
        (WinogradFunction.Apply(x, w, handedOver), WinogradWeightGradient.Apply(x, dy, handedOver));
}

/// <summary>The derivative of ⟨dy, x ∗ w⟩ by w, a function of x and dy.</summary>
internal sealed class WinogradWeightGradient : BilinearFunction<WinogradWeightGradient>
{
    /// <inheritdoc/>
    protected override Tensor Empty(Tensor x, Tensor dy) => ChannelsLastTensors.Empty(dy.shape[1], x.shape[1], 3, 3, x.dtype);

    /// <inheritdoc/>
    protected override unsafe void Write<T>(Tensor x, Tensor dy, Tensor dw) => WinogradTensors.Convolution<T>(x).WeightGradient(
        ChannelsLastTensors.Data<T>(x), (int)x.shape[1], ChannelsLastTensors.Data<T>(dy), (int)dy.shape[1],
        ChannelsLastTensors.Data<T>(dw));

    /// <inheritdoc/>
    protected override (Tensor ByA, Tensor ByB) Derivatives(Tensor x, Tensor dy, Tensor w, HandedOver handedOver) =>
        (WinogradInputGradient.Apply(dy, w, handedOver), WinogradFunction.Apply(x, w, handedOver));
}

/// <summary>Makes convolutions of tensors.</summary>
internal static class WinogradTensors
{
    /// <summary>The convolution of images of this size, with libtorch's number of threads.</summary>
    public static WinogradConvolution<T> Convolution<T>(Tensor images) where T : unmanaged, IElement<T> =>
        new(checked((int)images.shape[0]), (int)images.shape[2], (int)images.shape[3], get_num_threads(), Winograd.IsWide);
}
