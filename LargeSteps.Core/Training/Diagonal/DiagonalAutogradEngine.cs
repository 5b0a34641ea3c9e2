using LargeSteps.Datasets;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using TorchSharp;
using static TorchSharp.torch;

namespace LargeSteps.Training.Diagonal;

/// <summary>
/// Diagonal linear networks with the gradients of TorchSharp's autograd, in float64 on any device: the check on
/// <see cref="DiagonalEngine"/>. Draws the same samples.
/// </summary>
internal sealed class DiagonalAutogradEngine : IEngine<DiagonalWeights>
{
    private readonly UpdateRule _rule;
    private readonly BatchSampler _sampler;
    private readonly Device _device;
    private readonly Tensor _x, _y, _u, _v, _averageU, _averageV;
    // Every number that goes with an operation is held here or by a using: of one that it makes itself TorchSharp passes the handle alone,
    // so that the garbage collector can free the number while libtorch reads it. That goes for the 1 in a + b as well.
    private readonly Scalar _one = 1.0, _half = 0.5, _balancing, _kept, _taken;

    /// <summary>An engine on a device in libtorch's words.</summary>
    public static DiagonalAutogradEngine On(string device, DiagonalWeights start, RegressionData data, OptimizerSpec optimizer)
    {
        NativeLibraries.EnsureLoaded();
        return new DiagonalAutogradEngine(start, data, optimizer, new Device(device));
    }

    private DiagonalAutogradEngine(DiagonalWeights start, RegressionData data, OptimizerSpec optimizer, Device device)
    {
        (_rule, _sampler, _device) = (optimizer.Rule, new BatchSampler(optimizer, data.Samples), device);
        _balancing = _rule.Balancing;
        (_kept, _taken) = (_rule.Averaging ?? 0, 1 - (_rule.Averaging ?? 0));
        using var scope = NewDisposeScope();
        // Clones, for the reason that ReluAutogradEngine has.
        _x = tensor(data.Features.AsSpan().ToArray(), [data.Samples, data.Dimensions], device: device).clone();
        _y = tensor(data.Labels.ToArray(), device: device).clone();
        _u = tensor(start.U, device: device).clone().requires_grad_();
        _v = tensor(start.V, device: device).clone().requires_grad_();
        if (_rule.WarmStart is { } warm)
            for (long k = 0; k < warm.Steps; k++) Step([], warm.Rate, 0, UpdateRule.Plain);
        _averageU = _u.detach().clone();
        _averageV = _v.detach().clone();
        // The scope is thread-static: what the run keeps must outlive it and the thread's other scopes.
        scope.Detach(_x, _y, _u, _v, _averageU, _averageV);
    }

    public DiagonalWeights Current => Read(_u, _v);

    public DiagonalWeights Averaged => _rule.Averaging is null ? Current : Read(_averageU, _averageV);

    public double Step(double rate, double noise = 0) => Step(_sampler.Full ? [] : _sampler.Next(), rate, noise, _rule);

    public double MeanSquare()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var residuals = _x.matmul(_u * _v).sub(_y);
        return (residuals * residuals).mean().item<double>();
    }

    public EngineState Save() => EngineState.Of(Current.Flat, _rule.Averaging is null ? null : Averaged.Flat, _sampler.State);

    public void Continue(EngineState state)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var (weights, averaged) = (DiagonalWeights.OfFlat(state.Weights), DiagonalWeights.OfFlat(state.Averaged));
        foreach (var (to, from) in new[] { (_u, weights.U), (_v, weights.V), (_averageU, averaged.U), (_averageV, averaged.V) })
            to.copy_(tensor(from, device: _device));
        _sampler.State = state.Samples;
    }

    public void Dispose()
    {
        foreach (var owned in (IDisposable[])[_x, _y, _u, _v, _averageU, _averageV, _one, _half, _balancing, _kept,
            _taken])
        {
            owned.Dispose();
        }
    }

    /// <summary>One step; an empty batch stands for all samples.</summary>
    private double Step(ReadOnlySpan<int> batch, double rate, double noise, UpdateRule rule)
    {
        using var scope = NewDisposeScope();
        var (x, y) = (_x, _y);
        if (batch is not [])
        {
            var rows = tensor(batch.ToArray(), dtype: int64, device: _device);
            (x, y) = (_x.index_select(0, rows), _y.index_select(0, rows));
        }
        if (noise != 0)
        {
            var drawn = new double[y.shape[0]];
            foreach (ref var n in drawn.AsSpan()) n = noise * _sampler.Random.StandardNormal();
            y = y.add(tensor(drawn, device: _device), _one);
        }
        var loss = Loss(x, y, _u, _v);
        var (gradientU, gradientV) = Gradient(rule.Sharpness switch
        {
            null => loss,
            { PerSample: true } sharpness => PerSampleLoss(x, y, sharpness),
            var sharpness => PerturbedLoss(x, y, loss, sharpness),
        });
        using var noGradient = no_grad();
        if (rule.Normalized)
        {
            var (normU, normV) = (gradientU.norm(), gradientV.norm());
            if (normU.item<double>() > 0 && normV.item<double>() > 0) (gradientU, gradientV) = (gradientU / normU, gradientV / normV);
        }
        using Scalar minusRate = -rate, minusDecay = -rule.WeightDecay;
        // Shares of the weights before the step: of u where it is the larger, its opposite elsewhere; likewise of v.
        var (pullU, pullV) = (Pull(_u, _v), Pull(_v, _u));
        _u.add_(gradientU, minusRate).add_(pullU, _one);
        _v.add_(gradientV, minusRate).add_(pullV, _one);
        if (rule.Averaging is not null)
        {
            _averageU.mul_(_kept).add_(_u, _taken);
            _averageV.mul_(_kept).add_(_v, _taken);
        }
        return loss.item<double>();

        Tensor Pull(Tensor weights, Tensor other)
        {
            var pull = weights.detach() * minusDecay;
            return rule.Balancing == 0 ? pull : pull.add_(where(weights.abs().gt(other.abs()), -weights, weights).mul_(_balancing), _one);
        }
    }

    private (Tensor U, Tensor V) Gradient(Tensor loss)
    {
        var gradients = autograd.grad([loss], [_u, _v]);
        return (gradients[0], gradients[1]);
    }

    private Tensor Loss(Tensor x, Tensor y, Tensor u, Tensor v) => HalfMeanSquare(x.matmul(u * v).sub(y));

    private Tensor HalfMeanSquare(Tensor residuals) => (residuals * residuals).mean().mul(_half);

    /// <summary>n-SAM: the perturbation is a constant, so the gradient at w + ρ∇L is that of the loss of w + constant.</summary>
    private Tensor PerturbedLoss(Tensor x, Tensor y, Tensor loss, SharpnessAware sharpness)
    {
        var gradients = autograd.grad([loss], [_u, _v], retain_graph: true);
        using Scalar radius = sharpness.Radius;
        return Loss(x, y, _u.add(gradients[0].detach(), radius), _v.add(gradients[1].detach(), radius));
    }

    private Tensor PerSampleLoss(Tensor x, Tensor y, SharpnessAware sharpness)
    {
        using Scalar radius = 2 * sharpness.Radius;
        var residual = x.matmul(_u * _v).sub(y).unsqueeze(1).mul(radius);
        var (forU, forV) = (residual * x * _v, residual * x * _u);
        if (!sharpness.OuterDerivative) (forU, forV) = (forU.detach(), forV.detach());
        var perturbed = (x * _u.add(forU, _one) * _v.add(forV, _one)).sum(1).sub(y);
        // The perturbed error times the derivative of the output at the iterate itself.
        return sharpness.LossDerivativeOnly ? (perturbed.detach() * x.matmul(_u * _v)).mean() : HalfMeanSquare(perturbed);
    }

    private static DiagonalWeights Read(Tensor u, Tensor v)
    {
        using var scope = NewDisposeScope();
        return new DiagonalWeights(u.detach().cpu().data<double>().ToArray(), v.detach().cpu().data<double>().ToArray());
    }
}
