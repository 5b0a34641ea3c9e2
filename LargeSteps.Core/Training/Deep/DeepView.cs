using LargeSteps.Models.Deep;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Probes;
using LargeSteps.Values;
using TorchSharp;
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

    public override ParameterVector Weights => new TensorVector(engine.Network, engine.Weights.detach());

    public override ParameterVector? Twin => twin is null ? null : new TensorVector(engine.Network, twin.Weights.detach());

    public override double ParameterNorm => Weights.Norm;

    public override IFeatures Features => this;

    public override ParameterVector? Earlier(int steps) => kept.Earlier(steps, Iteration);

    public override ILoss Loss(int? samples = null) =>
        new DeepLoss(engine, () => batches.FirstOf(samples ?? Usual), running: false);

    public override IEnumerable<ILoss> SampleLosses(int? samples = null) =>
        batches.Singles(samples ?? Usual).Select(one => new DeepLoss(engine, () => one, running: true));

    public override TResult OnBatch<TResult>(ReadOnlySpan<int> samples, Func<ILoss, TResult> of)
    {
        using var scope = NewDisposeScope();
        var batch = batches.Of(samples);
        return of(new DeepLoss(engine, () => batch, running: false));
    }

    public override IScores Scores(bool averaged = false) => new DeepScores(engine, batches, Iteration, averaged);

    public override Items<double> Outputs(Matrix points) => ModelFunction.Outputs(Run.Model, Weights.Values, points);

    public void Sparsity(FeatureSparsity probe, Span<double> row)
    {
        if (!_sparsities.TryGetValue(probe, out var sparsity))
            _sparsities[probe] = sparsity = new(engine.Network, seed: 0, probe.Threshold, probe.Units, probe.NormalisedRows);
        var blocks = sparsity.Measure(engine.Weights, engine.Statistics, batches.First(probe.Samples));
        for (var b = 0; b < blocks.Count; b++) (row[2 * b], row[2 * b + 1]) = (blocks[b].Raw, blocks[b].Deduplicated);
    }

    public IEnumerable<Matrix> Products(int samples)
    {
        using var scope = NewDisposeScope();
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

/// <summary>The losses and errors of the iterate, or of the averaged weights, which have no statistics of their own: they are those of a
/// pass over the training set.</summary>
internal sealed class DeepScores : IScores
{
    private readonly DeepEngine _engine;
    private readonly DeepBatches _batches;
    private readonly long _iteration;
    private readonly Tensor _weights;
    private readonly NormStatistics _statistics;
    private readonly bool _owns;

    public DeepScores(DeepEngine engine, DeepBatches batches, long iteration, bool averaged)
    {
        (_engine, _batches, _iteration, _owns) = (engine, batches, iteration, averaged);
        _weights = averaged ? engine.Averaged : engine.Weights;
        _statistics = averaged ? engine.Reestimate(_weights, batches.Epoch(iteration)) : engine.Statistics;
    }

    public Score Training(int? images = null, int? batches = null) => Of(_batches.Training(images, batches, _iteration));

    public Score Test(int? images = null) => Of(_batches.Test(images));

    public Score? Validation() => _batches.Validation() is { } images ? Of(images) : null;

    public void Dispose()
    {
        if (_owns) _statistics.Dispose();
    }

    private Score Of(IEnumerable<DeepBatch> batches)
    {
        var score = _engine.Evaluate(_weights, _statistics, batches);
        return new(score.Loss, score.Error);
    }
}

/// <summary>The mean loss of a batch as a function of the weights, in float32, in chunks of the engine's.</summary>
/// <param name="engine">The network.</param>
/// <param name="batch">The batch, in the scope of the caller.</param>
/// <param name="running">Whether batch norm takes its running statistics; otherwise those of the batch.</param>
internal sealed class DeepLoss(DeepEngine engine, Func<DeepBatch> batch, bool running) : ILoss
{
    public double Value(ParameterVector at)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var (loss, all) = (0.0, batch());
        foreach (var part in Parts(all)) loss += Of(TensorVector.Of(at), part).item<float>() * Share(part, all);
        return loss;
    }

    public ParameterVector Gradient(ParameterVector at)
    {
        using var scope = NewDisposeScope();
        var (weights, all) = (TensorVector.Of(at).detach().requires_grad_(), batch());
        var gradient = zeros_like(weights, requires_grad: false);
        foreach (var part in Parts(all))
        {
            using var inner = NewDisposeScope();
            using Scalar share = Share(part, all);
            var found = autograd.grad([Of(weights, part)], [weights])[0];
            using var noGradient = no_grad();
            gradient.add_(found, share);
        }
        return new TensorVector(engine.Network, gradient.MoveToOuterDisposeScope());
    }

    public ICurvature Curvature(ParameterVector at)
    {
        using var scope = NewDisposeScope();
        return new LossCurvature(engine.Network, TensorVector.Of(at), batch(), engine.Chunk);
    }

    public ICurvature GaussNewton(ParameterVector at)
    {
        using var scope = NewDisposeScope();
        return new GaussNewtonProducts(engine.Network, TensorVector.Of(at), batch(), engine.Chunk, (weights, part) =>
            Logits(weights, part.Images));
    }

    public double[] Slopes(ParameterVector at, ParameterVector direction)
    {
        using var scope = NewDisposeScope();
        var (weights, v, slopes) = (TensorVector.Of(at).detach().requires_grad_(), TensorVector.Of(direction), new List<double>());
        foreach (var part in Parts(batch()))
        {
            using var inner = NewDisposeScope();
            slopes.AddRange(AutogradProducts.Slopes(Logits(weights, part.Images), outputs => engine.Network.ClassLoss.Of(outputs,
                part.Labels), [weights], [v]).to(ScalarType.Float64).cpu().data<double>());
        }
        return [.. slopes];
    }

    public ParameterVector CurvatureGradient(ParameterVector at, ParameterVector direction)
    {
        using var scope = NewDisposeScope();
        var (weights, v, all) = (TensorVector.Of(at).detach().requires_grad_(), TensorVector.Of(direction), batch());
        var gradient = zeros_like(weights, requires_grad: false);
        foreach (var part in Parts(all))
        {
            using var inner = NewDisposeScope();
            using Scalar share = Share(part, all);
            var found = AutogradProducts.CurvatureGradient(Of(weights, part, derivatives: 3), [weights], [v])[0];
            using var noGradient = no_grad();
            gradient.add_(found, share);
        }
        return new TensorVector(engine.Network, gradient.MoveToOuterDisposeScope());
    }

    private IEnumerable<DeepBatch> Parts(DeepBatch all) => engine.Chunk is { } chunk ? all.Chunks(chunk) : [all];

    private static double Share(DeepBatch part, DeepBatch all) => (double)part.Labels.shape[0] / all.Labels.shape[0];

    private Tensor Logits(Tensor weights, Tensor images)
    {
        if (running)
        {
            return engine.Network.Forward(weights, engine.Statistics, images, training: false, precision: DeepPrecision.Float32).Logits;
        }

        using var aside = engine.Network.NewStatistics(weights.device);
        return engine.Network.Forward(weights, aside, images, training: true, precision: DeepPrecision.Float32,
            derivatives: 2).Logits;
    }

    private Tensor Of(Tensor weights, DeepBatch part, int derivatives = 1)
    {
        var (images, labels) = part;
        if (running)
        {
            return engine.Network.Loss(weights, engine.Statistics, images, labels, training: false,
            precision: DeepPrecision.Float32);
        }

        using var aside = engine.Network.NewStatistics(weights.device);
        return engine.Network.Loss(weights, aside, images, labels, training: true, precision: DeepPrecision.Float32,
            derivatives: derivatives);
    }
}
