using TorchSharp;
using static TorchSharp.torch;

namespace LargeSteps.Models.Deep;

/// <summary>
/// Batch normalisation by the batch's own statistics, y = γ x̂ + β with x̂ = (x − μ)s and s = 1/√(σ² + ε), for second derivatives:
/// libtorch's take several times as long. Differentiable twice.
/// </summary>
/// <remarks>⟨·,·⟩ is a mean over samples and positions here, a bar likewise. Arguments: x, n × channels × height × width; γ and β, a number
/// a channel; <see cref="HandedOver"/>.</remarks>
internal sealed class BatchNormFunction : autograd.SingleTensorFunction<BatchNormFunction>
{
    private static readonly Scalar _epsilon = NetworkBuilder.NormEpsilon;

    /// <summary>The values, in the caller's scope.</summary>
    public static Tensor Apply(Tensor x, Tensor scale, Tensor shift, HandedOver handedOver) => apply(x, scale, shift, handedOver);

    /// <inheritdoc/>
    public override string Name => nameof(BatchNormFunction);

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (x, scale, shift) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2]);
        var centred = x.sub(BatchNormGradient.Mean(x));
        using var squares = centred.mul(centred);
        var inverse = BatchNormGradient.Mean(squares).add_(_epsilon).rsqrt_();
        var normalised = centred.mul_(inverse);
        ctx.save_for_backward([x, scale, normalised, inverse]);
        ctx.save_data(nameof(HandedOver), vars[3]);
        return normalised.mul(BatchNormGradient.Channels(scale)).add_(BatchNormGradient.Channels(shift));
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        using var byValue = grad_output;
        var (saved, handedOver) = (ctx.get_saved_variables(), (HandedOver)ctx.get_data(nameof(HandedOver)));
        var gradient = BatchNormGradient.apply(byValue, saved[1], saved[0], saved[2], saved[3], handedOver);
        return handedOver.Hand(gradient[0], gradient[1], gradient[2], null);
    }
}

/// <summary>
/// The derivatives of <see cref="BatchNormFunction"/>, dx = γs(d − d̄ − x̂⟨d, x̂⟩), dγ = Σ d x̂ and dβ = Σ d, as functions of d = dy, γ and
/// x. Further arguments: x̂, s and <see cref="HandedOver"/>.
/// </summary>
internal sealed class BatchNormGradient : autograd.MultiTensorFunction<BatchNormGradient>
{
    private static readonly Scalar _one = 1;

    /// <inheritdoc/>
    public override string Name => nameof(BatchNormGradient);

    /// <summary>1 × channels × 1 × 1.</summary>
    public static Tensor Mean(Tensor x) => x.mean([0, 2, 3], keepdim: true);

    /// <summary>A number a channel as 1 × channels × 1 × 1.</summary>
    public static Tensor Channels(Tensor x) => x.view(1, -1, 1, 1);

    /// <inheritdoc/>
    public override List<Tensor> forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (d, scale, normalised, inverse) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[3], (Tensor)vars[4]);
        using var products = d.mul(normalised);
        var (mean, along) = (Mean(d), Mean(products));
        ctx.save_for_backward([d, scale, normalised, inverse, mean, along]);
        ctx.save_data(nameof(HandedOver), vars[5]);
        using Scalar count = d.NumberOfElements / d.shape[1];
        using var part = normalised.mul(along);
        var dx = d.sub(mean).sub_(part).mul_(inverse.mul(Channels(scale)));
        return [dx, along.mul(count).flatten(), mean.mul(count).flatten()];
    }

    /// <summary>
    /// With v, v_γ and v_β for the derivatives by dx, dγ and dβ, p = ⟨d, x̂⟩, q = ⟨v, x̂⟩, Q = ⟨v, d⟩ − v̄d̄ − pq, P(a) = a − ā − x̂⟨a, x̂⟩
    /// and m = count: by d, γsP(v) + v_γ x̂ + v_β; by γ, m s Q; by x, −γs²(Q x̂ + pP(v) + qP(d)) + v_γ sP(d), where ∂s/∂xᵢ = −s²x̂ᵢ/m and
    /// ∂⟨a, x̂⟩/∂xᵢ = sP(a)ᵢ/m.
    /// </summary>
    public override List<Tensor> backward(autograd.AutogradContext ctx, List<Tensor> grad_outputs)
    {
        using var scope = NewDisposeScope();
        foreach (var derivative in grad_outputs) scope.Attach(derivative);
        var (v, byScale, byShift) = (grad_outputs[0], Channels(grad_outputs[1]), Channels(grad_outputs[2]));
        var saved = ctx.get_saved_variables();
        var (d, scale, normalised, s, meanD, p) = (saved[0], Channels(saved[1]), saved[2], saved[3], saved[4], saved[5]);
        var (meanV, q) = (Mean(v), Mean(v.mul(normalised)));
        var pq = p.mul(q);
        var excess = Mean(v.mul(d)).sub_(meanV.mul(meanD)).sub_(pq);
        using Scalar count = d.NumberOfElements / d.shape[1];
        var scaled = s.mul(scale);

        var byD = v.mul(scaled).addcmul_(normalised, byScale.sub(scaled.mul(q)), _one).add_(byShift.sub(scaled.mul(meanV)));

        var curved = s.mul(scaled);
        var ofV = curved.mul(p).neg_();
        var ofD = byScale.mul(s).sub_(curved.mul(q));
        var ofNormalised = curved.mul(pq.add(pq).sub_(excess)).sub_(byScale.mul(s).mul_(p));
        var byX = normalised.mul(ofNormalised).addcmul_(v, ofV, _one).addcmul_(d, ofD, _one)
            .sub_(ofV.mul(meanV).add_(ofD.mul(meanD), _one));
        return ((HandedOver)ctx.get_data(nameof(HandedOver))).Hand(byD, s.mul(excess).mul_(count).flatten(), byX, null, null, null);
    }
}
