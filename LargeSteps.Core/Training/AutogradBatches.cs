using System.Numerics;
using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using TorchSharp;
using static TorchSharp.torch;

namespace LargeSteps.Training;

/// <summary>The loss of batches with the gradients of TorchSharp's autograd, on any device, at points that are on the host: for chains of
/// rules that no engine knows. Draws the samples and the label noise of the closed form.</summary>
/// <typeparam name="T">The precision.</typeparam>
internal sealed class AutogradBatches<T> : IBatchLoss where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Device _device;
    private readonly ISampler _sampler;
    private readonly AutogradModel _loss;
    // The factor before the mean square in the loss.
    private readonly double _factor;
    private readonly Tensor _x, _y;
    private Tensor? _batchX, _batchY, _iterate;

    public AutogradBatches(string device, RegressionData data, ISampler sampler, AutogradModel loss, double factor)
    {
        NativeLibraries.EnsureLoaded();
        (_device, _sampler, _loss, _factor) = (new Device(device), sampler, loss, factor);
        using var scope = NewDisposeScope();
        _x = Make([.. data.Features.AsSpan().ToArray().Select(T.CreateTruncating)], data.Samples, data.Dimensions);
        _y = Make([.. data.Labels.Select(T.CreateTruncating)], data.Samples);
        scope.Detach(_x, _y);
    }

    public SamplerState Samples { get => _sampler.State; set => _sampler.State = value; }

    public void Draw(double noise)
    {
        using var scope = NewDisposeScope();
        var batch = _sampler.Next().ToArray();
        var rows = tensor(batch, dtype: int64, device: _device);
        Release();
        (_batchX, _batchY) = (_x.index_select(0, rows), _y.index_select(0, rows));
        if (noise != 0)
        {
            using Scalar one = 1.0;
            T[] drawn = [.. batch.Select(_ => T.CreateTruncating(noise * _sampler.Random.StandardNormal()))];
            _batchY = _batchY.add(Make(drawn, drawn.Length), one);
        }
        scope.Detach(_batchX, _batchY);
    }

    public double Gradient(ParameterVector at, ParameterVector gradient)
    {
        using var scope = NewDisposeScope();
        var weights = Make(HostVector<T>.Of(at), at.Count).requires_grad_();
        var loss = _loss.Loss(_batchX!, _batchY!, weights);
        autograd.grad([loss], [weights])[0].cpu().data<T>().ToArray().CopyTo(HostVector<T>.Of(gradient), 0);
        return loss.detach().to(float64).item<double>();
    }

    public void MoveTo(ParameterVector iterate)
    {
        using var scope = NewDisposeScope();
        _iterate?.Dispose();
        _iterate = Make(HostVector<T>.Of(iterate), iterate.Count).DetachFromDisposeScope();
    }

    public double MeanSquare()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        return _loss.Loss(_x, _y, _iterate!).to(float64).item<double>() / _factor;
    }

    public void Dispose()
    {
        Release();
        _iterate?.Dispose();
        _x.Dispose();
        _y.Dispose();
    }

    private void Release()
    {
        _batchX?.Dispose();
        _batchY?.Dispose();
    }

    // A clone, for the reason that ReluAutogradEngine has.
    private Tensor Make(T[] values, params long[] shape) =>
        (typeof(T) == typeof(float) ? tensor((float[])(object)values, shape, device: _device)
            : tensor((double[])(object)values, shape, device: _device)).clone();
}

/// <summary>The batches of the small models.</summary>
internal static class AutogradBatches
{
    /// <summary>Those of a diagonal network.</summary>
    public static AutogradBatches<double> OfDiagonal(string device, OptimizerSpec optimizer, RegressionData data) =>
        new(device, data, new BatchSampler(optimizer, data.Samples), AutogradLosses.OfDiagonal, factor: 0.5);

    /// <summary>Those of a fully connected network; its label noise, whose size the iterate may decide, goes with the squared
    /// loss.</summary>
    public static AutogradBatches<T> OfRelu<T>(string device, OptimizerSpec optimizer, ReluShape shape, RegressionData data, ReluLoss loss)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var (batch, seed) = optimizer.Match(gd => (0, gd.Seed), sgd => (sgd.BatchSize, sgd.Seed));
        return new(device, data, new SamplerWithoutReplacement(data.Samples, batch, seed), AutogradLosses.OfRelu(shape, loss), factor: 1);
    }
}
