using static TorchSharp.torch;

namespace LargeSteps.Models.Deep;

/// <summary>
/// A convolution or one of its derivatives, for autograd: each is a function of two tensors, linear in both, and its derivatives are the
/// other two, so that it can be differentiated as often as one likes. Tensors are n × channels × height × width on the CPU, float32 or
/// bfloat16, channels last in memory; kernels are out × in × k × k.
/// </summary>
/// <typeparam name="TSelf">The function.</typeparam>
internal abstract class BilinearFunction<TSelf> : autograd.SingleTensorFunction<TSelf> where TSelf : BilinearFunction<TSelf>, new()
{
    private static readonly TSelf _self = new();

    /// <inheritdoc/>
    public sealed override string Name => typeof(TSelf).Name;

    /// <summary>The function's value, in the caller's scope.</summary>
    public static Tensor Apply(Tensor a, Tensor b, ConvolutionPlan plan, HandedOver handedOver) =>
        is_grad_enabled() && (a.requires_grad || b.requires_grad) ? apply(a, b, plan, handedOver) : _self.Of(a, b, plan);

    /// <summary>A tensor for the function's value.</summary>
    protected abstract Tensor Empty(Tensor a, Tensor b, ConvolutionPlan plan);

    /// <summary>Writes the function's value, by libtorch's number of threads.</summary>
    protected abstract void Write<T>(Tensor a, Tensor b, ConvolutionPlan plan, Tensor value) where T : unmanaged, IElement<T>;

    /// <summary>The derivative by the first, from that by the value.</summary>
    protected abstract Tensor ByFirst(Tensor b, Tensor byValue, ConvolutionPlan plan, HandedOver handedOver);

    /// <summary>The derivative by the second, from that by the value.</summary>
    protected abstract Tensor BySecond(Tensor a, Tensor byValue, ConvolutionPlan plan, HandedOver handedOver);

    /// <inheritdoc/>
    public sealed override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (a, b) = ((Tensor)vars[0], (Tensor)vars[1]);
        ctx.save_for_backward([a, b]);
        ctx.save_data(nameof(ConvolutionPlan), vars[2]);
        ctx.save_data(nameof(HandedOver), vars[3]);
        return Of(a, b, (ConvolutionPlan)vars[2]);
    }

    /// <inheritdoc/>
    public sealed override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        using var byValue = grad_output;
        var saved = ctx.get_saved_variables();
        var (a, b) = (saved[0], saved[1]);
        var (plan, handedOver) = ((ConvolutionPlan)ctx.get_data(nameof(ConvolutionPlan)), (HandedOver)ctx.get_data(nameof(HandedOver)));
        // Nobody asks for the derivative by the images of a dataset.
        var byA = a.requires_grad ? ByFirst(b, byValue, plan, handedOver) : null;
        var byB = b.requires_grad ? BySecond(a, byValue, plan, handedOver) : null;
        return handedOver.Hand(byA, byB, null, null);
    }

    private Tensor Of(Tensor a, Tensor b, ConvolutionPlan plan)
    {
        using var scope = NewDisposeScope();
        var value = Empty(a, b, plan);
        if (value.dtype == ScalarType.BFloat16) Write<BFloat16Element>(a, b, plan, value);
        else Write<Float32Element>(a, b, plan, value);
        return value.MoveToOuterDisposeScope();
    }
}

/// <summary>y = x ∗ w, by an <see cref="IConvolution{T}"/>.</summary>
internal sealed class ConvolutionFunction : BilinearFunction<ConvolutionFunction>
{
    /// <inheritdoc/>
    protected override Tensor Empty(Tensor x, Tensor w, ConvolutionPlan plan) =>
        ChannelsLastTensors.Empty(x.shape[0], w.shape[0], plan.Rows, plan.Columns, x.dtype);

    /// <inheritdoc/>
    protected override unsafe void Write<T>(Tensor x, Tensor w, ConvolutionPlan plan, Tensor y) =>
        plan.Of<T>(x.shape[0], w.shape, get_num_threads()).Forward(ChannelsLastTensors.Data<T>(x), (int)x.shape[1],
            ChannelsLastTensors.Data<T>(w), (int)w.shape[0], ChannelsLastTensors.Data<T>(y));

    /// <inheritdoc/>
    protected override Tensor ByFirst(Tensor w, Tensor dy, ConvolutionPlan plan, HandedOver handedOver) =>
        InputGradientFunction.Apply(dy, w, plan, handedOver);

    /// <inheritdoc/>
    protected override Tensor BySecond(Tensor x, Tensor dy, ConvolutionPlan plan, HandedOver handedOver) =>
        WeightGradientFunction.Apply(x, dy, plan, handedOver);
}

/// <summary>The derivative of ⟨dy, x ∗ w⟩ by x, a function of dy and w.</summary>
internal sealed class InputGradientFunction : BilinearFunction<InputGradientFunction>
{
    /// <inheritdoc/>
    protected override Tensor Empty(Tensor dy, Tensor w, ConvolutionPlan plan) =>
        ChannelsLastTensors.Empty(dy.shape[0], w.shape[1], plan.Height, plan.Width, dy.dtype);

    /// <inheritdoc/>
    protected override unsafe void Write<T>(Tensor dy, Tensor w, ConvolutionPlan plan, Tensor dx) =>
        plan.Of<T>(dy.shape[0], w.shape, get_num_threads()).InputGradient(ChannelsLastTensors.Data<T>(dy), (int)w.shape[0],
            ChannelsLastTensors.Data<T>(w), (int)w.shape[1], ChannelsLastTensors.Data<T>(dx));

    /// <inheritdoc/>
    protected override Tensor ByFirst(Tensor w, Tensor x, ConvolutionPlan plan, HandedOver handedOver) =>
        ConvolutionFunction.Apply(x, w, plan, handedOver);

    /// <inheritdoc/>
    protected override Tensor BySecond(Tensor dy, Tensor x, ConvolutionPlan plan, HandedOver handedOver) =>
        WeightGradientFunction.Apply(x, dy, plan, handedOver);
}

/// <summary>The derivative of ⟨dy, x ∗ w⟩ by w, a function of x and dy.</summary>
internal sealed class WeightGradientFunction : BilinearFunction<WeightGradientFunction>
{
    /// <inheritdoc/>
    protected override Tensor Empty(Tensor x, Tensor dy, ConvolutionPlan plan) =>
        ChannelsLastTensors.Empty(dy.shape[1], x.shape[1], plan.Kernel, plan.Kernel, x.dtype);

    /// <inheritdoc/>
    protected override unsafe void Write<T>(Tensor x, Tensor dy, ConvolutionPlan plan, Tensor dw) =>
        plan.Of<T>(x.shape[0], dw.shape, get_num_threads()).WeightGradient(ChannelsLastTensors.Data<T>(x), (int)x.shape[1],
            ChannelsLastTensors.Data<T>(dy), (int)dy.shape[1], ChannelsLastTensors.Data<T>(dw));

    /// <inheritdoc/>
    protected override Tensor ByFirst(Tensor dy, Tensor w, ConvolutionPlan plan, HandedOver handedOver) =>
        InputGradientFunction.Apply(dy, w, plan, handedOver);

    /// <inheritdoc/>
    protected override Tensor BySecond(Tensor x, Tensor w, ConvolutionPlan plan, HandedOver handedOver) =>
        ConvolutionFunction.Apply(x, w, plan, handedOver);
}
