using TorchSharp;
using static TorchSharp.torch;

namespace LargeSteps.Models.Deep;

/// <summary>
/// Batch normalisation by the batch's own statistics as <see cref="ChannelNorm{T}"/> makes it, y = γ(x − μ)s + β with
/// s = 1/√(σ² + ε), for autograd, once; the running statistics see the batch.
/// </summary>
/// <remarks>Arguments: x, n × channels × height × width, float32 or bfloat16, on the CPU; γ and β, float32, a number a channel;
/// running means and variances, which are changed; the part of the batch in them; <see cref="HandedOver"/>.</remarks>
internal sealed class ChannelNormFunction : autograd.SingleTensorFunction<ChannelNormFunction>
{
    private const string MeansKey = "means", InversesKey = "inverses";

    /// <summary>Whether there is such a layer on this machine.</summary>
    public static bool Suits(Tensor x) => x.dim() == 4 && x.device_type == DeviceType.CPU
        && x.dtype is ScalarType.Float32 or ScalarType.BFloat16 && ChannelNorm<Float32Element>.IsSupported && x.shape[1] % 8 == 0;

    /// <summary>The values, in the caller's scope.</summary>
    public static Tensor Apply(Tensor x, Tensor scale, Tensor shift, Tensor means, Tensor variances, double momentum,
        HandedOver handedOver) =>
        is_grad_enabled() && (x.requires_grad || scale.requires_grad)
            ? apply(x, scale, shift, means, variances, momentum, handedOver)
            : Of(x, scale, shift, means, variances, momentum, out _, out _);

    /// <inheritdoc/>
    public override string Name => nameof(ChannelNormFunction);

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (x, scale) = ((Tensor)vars[0], (Tensor)vars[1]);
        var y = Of(x, scale, (Tensor)vars[2], (Tensor)vars[3], (Tensor)vars[4], (double)vars[5], out var batchMeans, out var inverses);
        ctx.save_for_backward([x, scale]);
        ctx.save_data(MeansKey, batchMeans);
        ctx.save_data(InversesKey, inverses);
        ctx.save_data(nameof(HandedOver), vars[6]);
        return y;
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        using var byValue = grad_output;
        var (saved, handedOver) = (ctx.get_saved_variables(), (HandedOver)ctx.get_data(nameof(HandedOver)));
        var (means, inverses) = ((double[])ctx.get_data(MeansKey), (double[])ctx.get_data(InversesKey));
        var (dx, byScale, byShift) = saved[0].dtype == ScalarType.BFloat16
            ? Gradient<BFloat16Element>(byValue, saved[0], saved[1], means, inverses)
            : Gradient<Float32Element>(byValue, saved[0], saved[1], means, inverses);
        return handedOver.Hand(dx, byScale, byShift, null, null, null, null);
    }

    private static Tensor Of(Tensor x, Tensor scale, Tensor shift, Tensor means, Tensor variances, double momentum, out double[] batchMeans,
        out double[] inverses)
    {
        using var scope = NewDisposeScope();
        var y = ChannelsLastTensors.Empty(x, x.shape[1]);
        (batchMeans, inverses) = x.dtype == ScalarType.BFloat16
            ? Write<BFloat16Element>(x, scale, shift, means, variances, momentum, y)
            : Write<Float32Element>(x, scale, shift, means, variances, momentum, y);
        return y.MoveToOuterDisposeScope();
    }

    private static unsafe (double[] Means, double[] Inverses) Write<T>(Tensor x, Tensor scale, Tensor shift, Tensor running,
        Tensor runningVariances, double momentum, Tensor y) where T : unmanaged, IElement<T>
    {
        var norm = Kernel<T>(x);
        var from = ChannelsLastTensors.Data<T>(x);
        var (means, variances) = norm.Statistics(from);
        var inverses = Array.ConvertAll(variances, variance => 1 / Math.Sqrt(variance + NetworkBuilder.NormEpsilon));
        norm.Normalise(from, means, Times(inverses, Doubles(scale)), Doubles(shift), ChannelsLastTensors.Data<T>(y));
        var count = Count(x);
        Move(running, means, momentum, 1);
        // Of one number there is no unbiased variance: libtorch then has none either.
        Move(runningVariances, variances, momentum, count / (count - 1.0));
        return (means, inverses);
    }

    private static unsafe (Tensor Dx, Tensor ByScale, Tensor ByShift) Gradient<T>(Tensor d, Tensor x, Tensor scale, double[] means,
        double[] inverses) where T : unmanaged, IElement<T>
    {
        var norm = Kernel<T>(x);
        T* from = ChannelsLastTensors.Data<T>(d), at = ChannelsLastTensors.Data<T>(x);
        var (sums, along) = norm.GradientSums(from, at, means);
        double count = Count(x);
        var factors = Times(inverses, Doubles(scale));
        var (byX, rest) = (new double[means.Length], new double[means.Length]);
        for (var c = 0; c < means.Length; c++)
        {
            byX[c] = -along[c] / count * inverses[c] * inverses[c] * factors[c];
            rest[c] = -sums[c] / count * factors[c];
        }
        var dx = ChannelsLastTensors.Empty(x, x.shape[1]);
        norm.InputGradient(from, at, means, factors, byX, rest, ChannelsLastTensors.Data<T>(dx));
        return (dx, tensor(Array.ConvertAll(Times(along, inverses), value => (float)value)),
            tensor(Array.ConvertAll(sums, value => (float)value)));
    }

    private static ChannelNorm<T> Kernel<T>(Tensor x) where T : unmanaged, IElement<T> =>
        new(Count(x), (int)x.shape[1], get_num_threads());

    private static long Count(Tensor x) => x.shape[0] * x.shape[2] * x.shape[3];

    private static double[] Doubles(Tensor numbers) =>
        Array.ConvertAll(numbers.detach().contiguous().data<float>().ToArray(), n => (double)n);

    private static double[] Times(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x * y)];

    private static void Move(Tensor running, double[] values, double momentum, double factor)
    {
        var numbers = running.data<float>();
        for (var c = 0; c < values.Length; c++)
            numbers[c] = (float)((1 - momentum) * numbers[c] + momentum * factor * values[c]);
    }
}
