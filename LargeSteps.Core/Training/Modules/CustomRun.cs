using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Schedules;
using LargeSteps.Values;
using TorchSharp;
using static TorchSharp.torch;

namespace LargeSteps.Training.Modules;

/// <summary>A custom module made real: plain SGD on the mean of (h − y)² over a batch, by autograd. Draws the same samples and label noise
/// as diagonal networks do.</summary>
internal sealed class CustomRun : ITrainingRun, IResiduals
{
    private readonly CustomNetwork _network;
    private readonly BatchSampler _sampler;
    private readonly StepNoise _noise;
    private readonly Instrument<CustomNetwork> _instrument;
    private readonly Tensor _x, _y, _testX, _testY;
    // Held, not made in passing: see AutogradDiagonal. Made after the network, which loads libtorch.
    private readonly Scalar _one, _decay;
    private readonly bool _decays;
    private long _iteration;

    public CustomRun(Pipeline pipeline, CustomModel model, RegressionData data, string device)
    {
        Horizon = pipeline.Horizon;
        Rate = pipeline.Schedule.Function(Horizon);
        _noise = StepNoises.Of(pipeline);
        _sampler = new BatchSampler(pipeline.Optimizer, data.Samples);
        _network = CustomNetwork.On(device, model);
        _network.Try(data.Dimensions);
        (_one, _decay, _decays) = (1.0, pipeline.Optimizer.Rule.WeightDecay, pipeline.Optimizer.Rule.WeightDecay != 0);
        using var scope = NewDisposeScope();
        (_x, _y) = (_network.Make(data.Features), _network.Make(data.Labels.AsSpan(), data.Samples));
        (_testX, _testY) = (_network.Make(data.TestFeatures), _network.Make(data.TestLabels.AsSpan(), data.TestLabels.Count));
        scope.Detach([_x, _y, _testX, _testY]);
        _instrument = Instrument<CustomNetwork>.Join([.. pipeline.Probes.Measure.Select(probe => new Instrument<CustomNetwork>(
            MetricNames.Of(probe, model), MeasureOf(probe, weights => new ProbeView(pipeline.Target, data, _iteration, weights,
                (w, points) => ModelFunction.Outputs(model, w, points)))))]);
    }

    public Horizon Horizon { get; }

    public Func<double, double> Rate { get; }

    public Items<string> Metrics => _instrument.Metrics;

    public double Step(double rate)
    {
        using var scope = NewDisposeScope();
        var (x, y) = Batch(_noise(Horizon.Progress(_iteration++), this));
        var loss = Squares(_network.Train(x).sub(y)).mean();
        var gradients = autograd.grad([loss], _network.Parameters);
        using var noGradient = no_grad();
        using var minusRate = Scalars.Of(-rate, _network.Parameters[0].dtype);
        for (var p = 0; p < gradients.Count; p++) _network.Parameters[p].add_(_decays ? gradients[p].add(_network.Parameters[p], _decay)
            : gradients[p], minusRate);
        return Number(loss);
    }

    public bool TryMeasure(Span<double> row)
    {
        if (!IsFinite()) return false;
        using var scope = NewDisposeScope();
        _instrument.Measure(_network, row);
        return true;
    }

    public bool IsFinite() => double.IsFinite(MeanSquare());

    public double MeanSquare()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        return Loss(_x, _y);
    }

    public Items<double> MeasuredWeights() => _network.Weights();

    public void Dispose()
    {
        foreach (var owned in (IDisposable[])[_network, _x, _y, _testX, _testY, _one, _decay]) owned.Dispose();
    }

    private Measure<CustomNetwork> MeasureOf(ProbeSpec probe, Func<Func<Items<double>>, ProbeView> view) =>
        probe.Match<Measure<CustomNetwork>>(
        losses => (_, row) =>
        {
            using var noGradient = no_grad();
            (row[0], row[1]) = (Loss(_x, _y), _testY.numel() == 0 ? double.NaN : Loss(_testX, _testY));
        },
        norm => (network, row) => row[0] = Vectors.Norm(network.Weights().AsSpan()),
        rank => throw new System.Diagnostics.UnreachableException(),
        dynamics => dynamics.Of.Match<Measure<CustomNetwork>>(
            hessian => throw new System.Diagnostics.UnreachableException(),
            predictability => throw new System.Diagnostics.UnreachableException(),
            sharpness => throw new System.Diagnostics.UnreachableException(),
            bounce => throw new System.Diagnostics.UnreachableException(),
            gradient => (network, row) => row[0] = Math.Sqrt(SquaredGradient(network, 0, gradient.Samples ?? (int)_y.numel())),
            noise => (network, row) => row[0] = Enumerable.Range(0, noise.Samples ?? (int)_y.numel())
                .Average(i => SquaredGradient(network, i, 1)),
            seconds => (_, row) => row[0] = double.NaN),
        feature => throw new System.Diagnostics.UnreachableException(),
        custom => (network, row) => row[0] = custom.Measure(view(network.Weights)));

    private double SquaredGradient(CustomNetwork network, int first, int samples)
    {
        using var scope = NewDisposeScope();
        var loss = Squares(network.Evaluate(_x.narrow(0, first, samples)).sub(_y.narrow(0, first, samples))).mean();
        return autograd.grad([loss], network.Parameters).Sum(gradient => Number(Squares(gradient.to(float64)).sum()));
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

    private double Loss(Tensor x, Tensor y) => Number(Squares(_network.Evaluate(x).sub(y)).mean());

    private static Tensor Squares(Tensor x) => x * x;

    private static double Number(Tensor scalar) => scalar.detach().to(float64).item<double>();
}
