using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Values;
using TorchSharp;
using static TorchSharp.torch;

namespace LargeSteps.Training.Modules;

/// <summary>Plain SGD on the mean loss of a batch, by autograd. Draws the same samples and label noise as diagonal networks
/// do.</summary>
internal sealed class ModuleEngine : IEngine<double[]>, IBatchLoss
{
    private readonly ModuleNetwork _network;
    private readonly BatchSampler _sampler;
    private readonly ModuleSamples _samples;
    // Held, not made in passing: see DiagonalAutogradEngine. Made after the network, which loads libtorch.
    private readonly Scalar _one, _decay;
    private readonly bool _decays;
    private ModuleSamples? _batch;

    /// <param name="optimizer">How steps are made.</param>
    /// <param name="model">The module.</param>
    /// <param name="data">The samples.</param>
    /// <param name="device">In libtorch's words.</param>
    /// <param name="scale">What the initial weights are multiplied by.</param>
    public ModuleEngine(OptimizerSpec optimizer, CustomModel model, LoadedData data, string device, double scale = 1)
    {
        _network = ModuleNetwork.On(device, model, data.Classes);
        _network.Try(ModuleSamples.ShapeOf(data));
        if (scale != 1)
        {
            double[] before = [.. _network.Weights()];
            _network.Load([.. before.Select(w => w * scale)]);
            if (_network.Weights().SequenceEqual(before))
            {
                throw new RunException(FormattableString.Invariant(
                    $"a perturbation of {scale - 1:G2} is lost in the rounding of the parameters of the module '{model.Name}', and the ") +
                    "twin would be the run itself: take a larger one, in float32 at least 1e-7");
            }
        }
        (_one, _decay, _decays) = (1.0, optimizer.Rule.WeightDecay, optimizer.Rule.WeightDecay != 0);
        (_samples, var test, var held) = ModuleSamples.Of(_network, data);
        test.Dispose();
        held?.Dispose();
        _sampler = new BatchSampler(optimizer, _samples.Count);
    }

    public double[] Current => [.. _network.Weights()];

    public double[] Averaged => Current;

    /// <summary>Whether its steps are those of a rule; what it does not know is a chain of rules.</summary>
    public static bool Knows(UpdateRule rule) =>
        rule.IsMadeOf(known => known with { Nesterov = rule.Nesterov });

    public void Draw(double noise)
    {
        using var scope = NewDisposeScope();
        _batch?.Dispose();
        var (x, y) = Batch(noise);
        _batch = new(x.alias().DetachFromDisposeScope(), y.alias().DetachFromDisposeScope());
    }

    public double Gradient(ParameterVector at, ParameterVector gradient)
    {
        using var scope = NewDisposeScope();
        using var computing = _network.Computing();
        MoveTo(at);
        var (loss, gradients) = Gradients(_batch!);
        var into = HostVector<double>.Of(gradient).AsSpan();
        for (var p = 0; p < gradients.Length; p++)
        {
            var part = into[..(int)_network.Parameters[p].numel()];
            // What a step leaves out has no gradient in it.
            if (gradients[p] is not { } found) part.Clear();
            else found.to(float64).cpu().contiguous().data<double>().CopyTo(part);
            into = into[part.Length..];
        }
        return loss.detach().to(float64).item<double>();
    }

    public SamplerState Samples { get => _sampler.State; set => _sampler.State = value; }

    public IEnumerable<(string Name, double[] Values)> Buffers => _network.Buffers;

    public void SetBuffers(IReadOnlyDictionary<string, double[]> buffers) => _network.SetBuffers(buffers);

    public EngineState Save() => new(Current, Buffers.ToDictionary(buffer => buffer.Name, buffer => buffer.Values), 0, Samples);

    public void Continue(EngineState state)
    {
        SetBuffers(state.Kept);
        _network.Load(state.Weights);
        Samples = state.Samples;
    }

    public void MoveTo(ParameterVector iterate) => _network.Load(HostVector<double>.Of(iterate));

    public double Step(double rate, double noise = 0)
    {
        using var scope = NewDisposeScope();
        using var computing = _network.Computing();
        var (loss, gradients) = Gradients(Batch(noise));
        using var noGradient = no_grad();
        using var minusRate = Scalars.Of(-rate, _network.Parameters[0].dtype);
        for (var p = 0; p < gradients.Length; p++)
        {
            var own = gradients[p] ?? zeros_like(_network.Parameters[p], requires_grad: false);
            var gradient = _decays ? own.add(_network.Parameters[p], _decay) : own;
            _network.Parameters[p].add_(gradient, minusRate);
        }
        return loss.detach().to(float64).item<double>();
    }

    public double MeanSquare()
    {
        using var computing = _network.Computing();
        return _samples.Score(_network).Loss;
    }

    public void Dispose()
    {
        _batch?.Dispose();
        foreach (var owned in (IDisposable[])[_network, _samples, _one, _decay]) owned.Dispose();
    }

    private (Tensor Loss, Tensor?[] Gradients) Gradients(ModuleSamples batch)
    {
        var loss = _network.Loss(_network.Train(batch.X), batch.Y);
        return (loss, _network.Derivatives.Of([loss], _network.Parameters));
    }

    private ModuleSamples Batch(double noise)
    {
        var rows = _sampler.Next();
        if (_sampler.Full && noise == 0) return _samples;
        var batch = _samples.Of(rows);
        if (noise == 0) return batch;
        var drawn = new double[rows.Length];
        foreach (ref var d in drawn.AsSpan()) d = noise * _sampler.Random.StandardNormal();
        return batch with { Y = batch.Y.add(_network.Make(drawn, drawn.Length), _one) };
    }
}
