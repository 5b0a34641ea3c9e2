using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using TorchSharp;
using static TorchSharp.torch;

namespace LargeSteps.Training.Modules;

/// <summary>A run of a module of TorchSharp.</summary>
internal sealed class ModuleRun : EngineRun<double[]>
{
    private readonly IEngine<double[]> _engine;

    private ModuleRun(Pipeline pipeline, IEngine<double[]> engine, Func<double, IEngine<double[]>> twin, ModuleView view)
        : base(pipeline, engine, twin, view) => _engine = engine;

    public static ModuleRun Of(Pipeline pipeline, CustomModel model, RegressionData data, string device)
    {
        return new(pipeline, EngineOf(1), perturbation => EngineOf(1 + perturbation), new ModuleView(pipeline.Target, model, data, device));

        IEngine<double[]> EngineOf(double scale)
        {
            var (engine, rule) = (new ModuleEngine(pipeline.Optimizer, model, data, device, scale), pipeline.Optimizer.Rule);
            return ModuleEngine.Knows(rule) ? engine
                : new ChainEngine<double[]>(engine,
                new Chain(rule.Chain(ofFactors: false), rule.Sharpness, new HostVector<double>(engine.Current)),
                    w => [.. HostVector<double>.Of(w)]);
        }
    }

    public override bool IsFinite() => double.IsFinite(_engine.MeanSquare());
}

/// <summary>Plain SGD on the mean of (h − y)² over a batch, by autograd. Draws the same samples and label noise as diagonal networks
/// do.</summary>
internal sealed class ModuleEngine : IEngine<double[]>, IBatchLoss
{
    private readonly CustomNetwork _network;
    private readonly BatchSampler _sampler;
    private readonly Tensor _x, _y;
    // Held, not made in passing: see AutogradDiagonal. Made after the network, which loads libtorch.
    private readonly Scalar _one, _decay;
    private readonly bool _decays;
    private Tensor? _batchX, _batchY;

    /// <param name="optimizer">How steps are made.</param>
    /// <param name="model">The module.</param>
    /// <param name="data">The samples.</param>
    /// <param name="device">In libtorch's words.</param>
    /// <param name="scale">What the initial weights are multiplied by.</param>
    public ModuleEngine(OptimizerSpec optimizer, CustomModel model, RegressionData data, string device, double scale = 1)
    {
        _sampler = new BatchSampler(optimizer, data.Samples);
        _network = CustomNetwork.On(device, model);
        _network.Try(data.Dimensions);
        if (scale != 1) _network.Load([.. _network.Weights().Select(w => w * scale)]);
        (_one, _decay, _decays) = (1.0, optimizer.Rule.WeightDecay, optimizer.Rule.WeightDecay != 0);
        using var scope = NewDisposeScope();
        (_x, _y) = (_network.Make(data.Features), _network.Make(data.Labels.AsSpan(), data.Samples));
        scope.Detach([_x, _y]);
    }

    public double[] Current => [.. _network.Weights()];

    public double[] Averaged => Current;

    /// <summary>Whether its steps are those of a rule; what it does not know is a chain of rules.</summary>
    public static bool Knows(UpdateRule rule) =>
        rule is { Momentum: 0, Adam: null, Own: [], Sharpness: null, Normalized: false, Averaging: null };

    public void Draw(double noise)
    {
        using var scope = NewDisposeScope();
        Release();
        var (x, y) = Batch(noise);
        (_batchX, _batchY) = (x.alias().DetachFromDisposeScope(), y.alias().DetachFromDisposeScope());
    }

    public double Gradient(ParameterVector at, ParameterVector gradient)
    {
        using var scope = NewDisposeScope();
        MoveTo(at);
        var (loss, gradients) = Gradients(_batchX!, _batchY!);
        var into = HostVector<double>.Of(gradient).AsSpan();
        foreach (var part in gradients)
        {
            var values = part.to(float64).cpu().contiguous().data<double>().ToArray();
            values.CopyTo(into);
            into = into[values.Length..];
        }
        return loss.detach().to(float64).item<double>();
    }

    public void MoveTo(ParameterVector iterate) => _network.Load(HostVector<double>.Of(iterate));

    public double Step(double rate, double noise = 0)
    {
        using var scope = NewDisposeScope();
        var (x, y) = Batch(noise);
        var (loss, gradients) = Gradients(x, y);
        using var noGradient = no_grad();
        using var minusRate = Scalars.Of(-rate, _network.Parameters[0].dtype);
        for (var p = 0; p < gradients.Count; p++)
        {
            var gradient = _decays ? gradients[p].add(_network.Parameters[p], _decay) : gradients[p];
            _network.Parameters[p].add_(gradient, minusRate);
        }
        return loss.detach().to(float64).item<double>();
    }

    public double MeanSquare() => _network.MeanSquare(_x, _y);

    public void Dispose()
    {
        Release();
        foreach (var owned in (IDisposable[])[_network, _x, _y, _one, _decay]) owned.Dispose();
    }

    private (Tensor Loss, IList<Tensor> Gradients) Gradients(Tensor x, Tensor y)
    {
        var residuals = _network.Train(x).sub(y);
        var loss = (residuals * residuals).mean();
        return (loss, autograd.grad([loss], _network.Parameters));
    }

    private void Release()
    {
        _batchX?.Dispose();
        _batchY?.Dispose();
    }

    private (Tensor X, Tensor Y) Batch(double noise)
    {
        var batch = _sampler.Next();
        if (_sampler.Full && noise == 0) return (_x, _y);
        var rows = tensor(batch.ToArray(), dtype: int64, device: _x.device);
        var (x, y) = (_x.index_select(0, rows), _y.index_select(0, rows));
        if (noise == 0) return (x, y);
        var drawn = new double[batch.Length];
        foreach (ref var d in drawn.AsSpan()) d = noise * _sampler.Random.StandardNormal();
        return (x, y.add(_network.Make(drawn, drawn.Length), _one));
    }
}

/// <summary>What probes see of a module, which is in evaluation mode then; in the numbers of its parameters.</summary>
internal sealed class ModuleView : HostView<double[]>
{
    private readonly CustomNetwork _network;
    private readonly Tensor _x, _y, _testX, _testY;

    public ModuleView(ProbeTarget run, CustomModel model, RegressionData data, string device) : base(run, data)
    {
        _network = CustomNetwork.On(device, model);
        using var scope = NewDisposeScope();
        (_x, _y) = (_network.Make(data.Features), _network.Make(data.Labels.AsSpan(), data.Samples));
        (_testX, _testY) = (_network.Make(data.TestFeatures), _network.Make(data.TestLabels.AsSpan(), data.TestLabels.Count));
        scope.Detach([_x, _y, _testX, _testY]);
    }

    public override double ParameterNorm => Weights.Norm;

    protected override IScores ScoresOfIterate()
    {
        _network.Load(Iterate);
        return new HostScores(() => _network.MeanSquare(_x, _y), () => _testY.numel() == 0 ? double.NaN
            : _network.MeanSquare(_testX, _testY));
    }

    public override void Dispose()
    {
        base.Dispose();
        foreach (var owned in (IDisposable[])[_network, _x, _y, _testX, _testY]) owned.Dispose();
    }

    protected override double[] Flat(double[] iterate) => [.. iterate];

    protected override ITrainingLoss LossOf(RegressionData part) => new ModuleLoss(_network, part);
}
