using LargeSteps.Models.Deep;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Probes;
using LargeSteps.Values;
using static TorchSharp.torch;

namespace LargeSteps.Training.Deep;

/// <summary>What probes see of a deep network. A measurement depends on the iterate and its number alone, and changes neither.</summary>
internal sealed class DeepView(ProbeTarget run, DeepEngine engine, DeepBatches batches, Func<long> iteration, KeptIterates kept,
    DeepEngine? twin)
    : RunView(run), IFeatures, IDisposable
{
    /// <summary>Of how many training samples the loss is whose gradient and curvature are measured, where a probe does not say.</summary>
    public const int DefaultSamples = 512;

    private readonly Dictionary<FeatureSparsity, DeepSparsity> _sparsities = [];

    // Gradient descent goes down the loss of all, and that is the one whose curvature matters to it.
    private int Usual => Run.Optimizer.Batch is null ? batches.Count : DefaultSamples;

    public override long Iteration => iteration();

    public override ParameterVector Weights => new TensorVector(engine.Network, engine.Weights.detach()) { IsReadOnly = true };

    public override ParameterVector? Twin => twin is null ? null
        : new TensorVector(engine.Network, twin.Weights.detach()) { IsReadOnly = true };

    public override double ParameterNorm => Weights.Norm;

    public override IFeatures Features => this;

    private protected override ParameterVector? EarlierIterate(int steps) => kept.Earlier(steps, Iteration)?.ReadOnly();

    public override ParameterVector WeightsOf(Items<double> values) =>
        new TensorVector(engine.Network, engine.Network.FromVector(values.AsSpan(), engine.Device));

    public override ILoss Loss(int? samples = null) =>
        new DeepTrainingLoss(engine, () => batches.FirstOf(samples ?? Usual), running: false);

    public override IEnumerable<ILoss> SampleLosses(int? samples = null) =>
        batches.Singles(samples ?? Usual).Select(one => new DeepTrainingLoss(engine, () => one, running: true));

    public override TResult OnBatch<TResult>(ReadOnlySpan<int> samples, Func<ILoss, TResult> of)
    {
        using var scope = NewDisposeScope();
        var batch = batches.Of(samples);
        return of(new DeepTrainingLoss(engine, () => batch, running: false));
    }

    public override IScores Scores(bool averaged = false) => new DeepScores(engine, batches, Iteration, averaged);

    public override Items<double> Outputs(Matrix points) => ModelFunction.Outputs(Run.Model, Weights.Values, points);

    public void Sparsity(FeatureSparsity probe, Span<double> row)
    {
        if (!_sparsities.TryGetValue(probe, out var sparsity))
            _sparsities[probe] = sparsity = new(engine.Network, seed: 0, probe.Threshold, probe.Units, probe.NormalisedRows);
        using var computing = engine.Computing();
        var blocks = sparsity.Measure(engine.Weights, engine.Statistics, batches.First(probe.Samples));
        for (var b = 0; b < blocks.Count; b++) (row[2 * b], row[2 * b + 1]) = (blocks[b].Raw, blocks[b].Deduplicated);
    }

    public IEnumerable<Matrix> Products(int samples)
    {
        using var scope = NewDisposeScope();
        using var computing = engine.Computing(ofCurvature: true);
        using var noGradient = no_grad();
        var blocks = Enumerable.Range(0, engine.Network.FeatureBlocks).Select(_ => new List<Tensor>()).ToArray();
        foreach (var images in batches.First(samples))
        {
            using var inner = NewDisposeScope();
            var features = engine.Network.Forward(engine.Weights, engine.Statistics, images, training: false, features: true,
                precision: DeepPrecision.Float32).Features;
            for (var b = 0; b < blocks.Length; b++) blocks[b].Add(features[b].flatten(1).contiguous().MoveToOuterDisposeScope());
        }
        var products = new List<Matrix>();
        foreach (var parts in blocks)
        {
            using var inner = NewDisposeScope();
            var features = cat(parts);
            var n = (int)features.shape[0];
            // Of centred features there is less to round; what is centred again stays as it is.
            var centred = features.sub(features.mean([0], keepdim: true));
            products.Add(new(n, n, centred.mm(centred.t()).to(ScalarType.Float64).cpu().data<double>().ToArray()));
        }
        return products;
    }

    public void Dispose()
    {
        foreach (var sparsity in _sparsities.Values) sparsity.Dispose();
    }
}
