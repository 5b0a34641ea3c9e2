using System.Numerics;
using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using TorchSharp;
using static TorchSharp.torch;

namespace LargeSteps.Training.Relu;

/// <summary>
/// Fully connected ReLU networks with the gradients of TorchSharp's autograd, in float32 or float64 on any device: the check on
/// <see cref="ReluEngine{T}"/>, and the way on a GPU. Draws the same samples and the same label noise.
/// </summary>
internal sealed class ReluAutogradEngine<T> : IEngine<ReluWeights<T>> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly ReluShape _shape;
    private readonly UpdateRule _rule;
    private readonly ReluLoss _loss;
    private readonly SamplerWithoutReplacement _sampler;
    private readonly Device _device;
    private readonly Tensor _x, _y;
    // Weight, bias, weight, … as ReluWeights has them; outputs × inputs for a weight.
    private readonly Tensor[] _parameters, _averaged;
    // Held, not made in passing: see DiagonalAutogradEngine.
    private readonly Scalar _one = 1.0, _kept, _taken, _decay;

    /// <summary>An engine on a device in libtorch's words; the other arguments are those of the closed form.</summary>
    public static ReluAutogradEngine<T> On(string device, ReluWeights<T> start, RegressionData data, UpdateRule rule, int batchSize = 1,
        uint seed = 0, ReluLoss loss = ReluLoss.Squared)
    {
        NativeLibraries.EnsureLoaded();
        return new ReluAutogradEngine<T>(start, data, rule, batchSize, seed, loss, new Device(device));
    }

    private ReluAutogradEngine(ReluWeights<T> start, RegressionData data, UpdateRule rule, int batchSize, uint seed, ReluLoss loss,
        Device device)
    {
        ReluChecks.Check(start.Shape, data, loss);
        (_shape, _rule, _loss, _device) = (start.Shape, rule, loss, device);
        _sampler = new SamplerWithoutReplacement(data.Samples, batchSize, seed);
        (_kept, _taken, _decay) = (rule.Averaging ?? 0, 1 - (rule.Averaging ?? 0), rule.WeightDecay);
        using var scope = NewDisposeScope();
        _x = Make([.. data.Features.AsSpan().ToArray().Select(T.CreateTruncating)], data.Samples, data.Dimensions);
        _y = Make([.. data.Labels.Select(T.CreateTruncating)], data.Samples);
        _parameters = [.. Enumerable.Range(0, _shape.Layers).SelectMany(LayerOf).Select(p => p.requires_grad_())];
        _averaged = rule.Averaging is null ? [] : Array.ConvertAll(_parameters, p => p.detach().clone());
        // The scope is thread-static: what the run keeps must outlive it and the thread's other scopes.
        scope.Detach([_x, _y, .. _parameters, .. _averaged]);

        IEnumerable<Tensor> LayerOf(int layer)
        {
            yield return Make(start.Weight(layer).ToArray(), _shape.Outputs(layer), _shape.Inputs(layer));
            if (_shape.Biases[layer]) yield return Make(start.Bias(layer).ToArray(), _shape.Outputs(layer));
        }
    }

    public ReluWeights<T> Current => Read(_parameters);

    public ReluWeights<T> Averaged => Read(_rule.Averaging is null ? _parameters : _averaged);

    public double Step(double rate, double noise = 0)
    {
        using var scope = NewDisposeScope();
        using var computing = Tf32.Enter(_device.type == DeviceType.CUDA, allowed: false);
        var (x, y) = Batch(_sampler.Next(), noise);
        var output = Output(x);
        // Not softplus, which cuts its tail off at 20.
        var loss = _loss == ReluLoss.Squared ? Squares(output.sub(y)).mean() : nn.functional.logsigmoid(y * output).mean().neg();
        var gradients = autograd.grad([loss], _parameters);
        using var noGradient = no_grad();
        using var minusRate = Scalars.Of(-rate, _parameters[0].dtype);
        for (var p = 0; p < _parameters.Length; p++)
        {
            _parameters[p].add_(_rule.WeightDecay == 0 ? gradients[p]
            : gradients[p].add(_parameters[p], _decay), minusRate);
        }

        if (_rule.Averaging is not null)
            for (var p = 0; p < _parameters.Length; p++) _averaged[p].mul_(_kept).add_(_parameters[p], _taken);
        return loss.to(float64).item<double>();
    }

    public double MeanSquare()
    {
        using var scope = NewDisposeScope();
        using var computing = Tf32.Enter(_device.type == DeviceType.CUDA, allowed: false);
        using var noGradient = no_grad();
        return Squares(Output(_x).sub(_y)).mean().to(float64).item<double>();
    }

    public EngineState Save() => EngineState.Of(Current.Values.Select(double.CreateTruncating),
        _rule.Averaging is null ? null : Averaged.Values.Select(double.CreateTruncating), _sampler.State);

    public void Continue(EngineState state)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        Fill(_parameters, state.Weights);
        Fill(_averaged, state.Averaged);
        _sampler.State = state.Samples;

        void Fill(Tensor[] parameters, double[] from)
        {
            var rest = Array.ConvertAll(from, T.CreateTruncating).AsSpan();
            foreach (var p in parameters)
            {
                var count = (int)p.numel();
                p.copy_(Make(rest[..count].ToArray(), p.shape));
                rest = rest[count..];
            }
        }
    }

    public void Dispose()
    {
        foreach (var owned in (IDisposable[])[_x, _y, .. _parameters, .. _averaged, _one, _kept, _taken, _decay]) owned.Dispose();
    }

    private (Tensor X, Tensor Y) Batch(ReadOnlySpan<int> batch, double noise)
    {
        var rows = tensor(batch.ToArray(), dtype: int64, device: _device);
        var (x, y) = (_x.index_select(0, rows), _y.index_select(0, rows));
        if (noise == 0) return (x, y);
        var drawn = new T[batch.Length];
        foreach (ref var d in drawn.AsSpan()) d = T.CreateTruncating(noise * _sampler.Random.StandardNormal());
        return (x, y.add(Make(drawn, drawn.Length), _one));
    }

    private static Tensor Squares(Tensor x) => x * x;

    private Tensor Output(Tensor x)
    {
        var p = 0;
        for (var l = 0; l < _shape.Layers; l++)
        {
            x = nn.functional.linear(x, _parameters[p++], _shape.Biases[l] ? _parameters[p++] : null);
            if (l < _shape.Hidden) x = nn.functional.relu(x);
        }
        return x.squeeze(1);
    }

    // A tensor of an array lies where the garbage collector has put the array, and a product rounds by how its operands are aligned: a
    // clone lies in libtorch's own memory.
    private Tensor Make(T[] values, params long[] shape) =>
        (typeof(T) == typeof(float) ? tensor((float[])(object)values, shape, device: _device) : tensor((double[])(object)values, shape,
            device: _device)).clone();

    private ReluWeights<T> Read(Tensor[] parameters)
    {
        using var scope = NewDisposeScope();
        return new ReluWeights<T>(_shape, [.. parameters.SelectMany(p => p.detach().cpu().data<T>().ToArray())]);
    }
}
