using LargeSteps.Models.Deep;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using TorchSharp;
using static TorchSharp.torch;

namespace LargeSteps.Training.Deep;

/// <summary>Images and their classes, on the device of the engine.</summary>
/// <param name="Images">n × channels × height × width, float32.</param>
/// <param name="Labels">n classes, int64.</param>
internal readonly record struct DeepBatch(Tensor Images, Tensor Labels)
{
    /// <summary>Parts of so many images, the last the rest: views, each in the scope of whoever asks for the next.</summary>
    public IEnumerable<DeepBatch> Chunks(int size)
    {
        for (long first = 0, n = Labels.shape[0]; first < n; first += size)
        {
            var count = Math.Min(size, n - first);
            yield return new(Images.narrow(0, first, count), Labels.narrow(0, first, count));
        }
    }

    /// <summary>The mean over the samples of what a function makes of each of the parts, in the scope of the caller.</summary>
    /// <param name="chunk">The images of a part; null: all.</param>
    /// <param name="like">A tensor of the same shape.</param>
    /// <param name="of">The mean over the samples of a part, in a scope of its own.</param>
    public Tensor Mean(int? chunk, Tensor like, Func<DeepBatch, Tensor> of)
    {
        using var scope = NewDisposeScope();
        var (mean, n) = (zeros_like(like, requires_grad: false), Labels.shape[0]);
        foreach (var part in Chunks(chunk ?? checked((int)n)))
        {
            using var inner = NewDisposeScope();
            using Scalar share = (double)part.Labels.shape[0] / n;
            var found = of(part);
            using var noGradient = no_grad();
            mean.add_(found, share);
        }
        return mean.MoveToOuterDisposeScope();
    }
}

/// <summary>Means over samples.</summary>
/// <param name="Loss">The loss, without the L2 term.</param>
/// <param name="Error">The share of wrong predictions, in [0, 1].</param>
/// <param name="Samples">How many.</param>
internal readonly record struct DeepScore(double Loss, double Error, long Samples);

/// <summary>
/// SGD on a deep network: of the gradient g of the loss g ← g + λw, m ← μm + g (from m = 0), w ← w − ηm, and beside it
/// w̄ ← τw̄ + (1 − τ)w. Weights, momentum and averaged weights are one flat tensor each, so the update is a few operations whatever
/// the network. A step waits for nothing: on a GPU the host runs ahead of it.
/// </summary>
internal sealed class DeepEngine : IDisposable
{
    private readonly Tensor _weights, _loss;
    private readonly Tensor? _momentum, _averaged;
    private readonly Chain? _chain;
    // Held, not made in passing: a scalar that nobody holds can be collected while libtorch reads it.
    private readonly Scalar _one, _mu, _decay, _kept, _taken;

    /// <summary>An engine at its first iterate; the network stays the caller's.</summary>
    /// <param name="network">The network.</param>
    /// <param name="weights">The initial weights, float32; copied.</param>
    /// <param name="rule">The update: that of the engine where it <see cref="Knows"/> the rule, else its chain.</param>
    /// <param name="device">Where it runs.</param>
    /// <param name="chunk">Over how many images a gradient is taken at once; null: over all of a batch.</param>
    /// <param name="allowsTf32">See <see cref="DeepNetwork.AllowsTf32"/>; null: as without a word.</param>
    public DeepEngine(FlatNetwork network, Tensor weights, UpdateRule rule, Device device, int? chunk = null,
        Func<bool, bool>? allowsTf32 = null)
    {
        if (weights.NumberOfElements != network.ParameterCount)
        {
            throw new ArgumentException($"{weights.NumberOfElements} weights for a network of {network.ParameterCount} parameters.",
                nameof(weights));
        }

        (Network, Rule, Device, Chunk, AllowsTf32) = (network, rule, device, chunk, allowsTf32 ?? (ofCurvature => !ofCurvature));
        (_one, _mu, _decay) = (1, rule.Momentum, rule.WeightDecay);
        (_kept, _taken) = (rule.Averaging ?? 0, 1 - (rule.Averaging ?? 0));
        using var scope = NewDisposeScope();
        _weights = weights.detach().to(ScalarType.Float32, device, copy: true).requires_grad_();
        _loss = full(1, double.NaN, ScalarType.Float32, device).squeeze();
        if (Knows(rule))
        {
            _momentum = rule.Momentum == 0 ? null : zeros_like(_weights, requires_grad: false);
            _averaged = rule.Averaging is null ? null : _weights.detach().clone();
        }
        else
        {
            using var noGradient = no_grad();
            _chain = Chain.Of(rule, ofFactors: false, new TensorVector(network, _weights), []);
        }
        scope.Detach(Owned);
        Statistics = network.NewStatistics(device);
    }

    /// <summary>The network.</summary>
    public FlatNetwork Network { get; }

    /// <summary>The update.</summary>
    public UpdateRule Rule { get; }

    /// <summary>Where it runs.</summary>
    public Device Device { get; }

    /// <summary>See <see cref="DeepNetwork.AllowsTf32"/>.</summary>
    public Func<bool, bool> AllowsTf32 { get; }

    /// <summary>Has the device compute as a step does, or as gradients and curvature are measured, until what it gives is
    /// disposed.</summary>
    public IDisposable? Computing(bool ofCurvature = false) =>
        Tf32.Enter(Device.type == DeviceType.CUDA, AllowsTf32(ofCurvature));

    /// <summary>Over how many images a gradient is taken at once; null: over all of a batch.</summary>
    public int? Chunk { get; }

    /// <summary>The current weights, the engine's own tensor.</summary>
    public Tensor Weights => _weights;

    /// <summary>The averaged weights, the engine's own tensor; the current ones where none are kept.</summary>
    public Tensor Averaged => _chain is null ? _averaged ?? _weights : TensorVector.Of(_chain.Averaged);

    /// <summary>The momentum, the engine's own tensor; null where there is none.</summary>
    public Tensor? Momentum => _momentum;

    /// <summary>The rules that make the steps; null where the update is a known one.</summary>
    public Chain? Chain => _chain;

    /// <summary>Whether its steps are those of a rule; what it does not know is a chain of rules.</summary>
    public static bool Knows(UpdateRule rule) =>
        rule.IsMadeOf(known => known with { Averaging = rule.Averaging, Momentum = rule.Momentum });

    /// <summary>The running statistics that belong to the current weights. The averaged ones have none: see
    /// <see cref="Reestimate"/>.</summary>
    public NormStatistics Statistics { get; }

    /// <summary>
    /// All that the next steps depend on, by name: weights, momentum, averaged (where there are), statistics, batches. The engine's own
    /// tensors: read or copied, not kept.
    /// </summary>
    public IReadOnlyList<(string Name, Tensor Value)> State =>
    [
        ("weights", _weights),
        .. _momentum is null ? [] : new[] { ("momentum", _momentum) },
        .. _averaged is null ? [] : new[] { ("averaged", _averaged) },
        ("statistics", Statistics.Values),
        ("batches", Statistics.Batches),
    ];

    /// <summary>Continues from a state of the same network and rule; the tensors are copied.</summary>
    /// <exception cref="ArgumentException">A tensor is missing or has another size.</exception>
    public void Restore(IReadOnlyDictionary<string, Tensor> state)
    {
        foreach (var (name, value) in State)
        {
            if (!state.TryGetValue(name, out var given) || !given.shape.SequenceEqual(value.shape))
                throw new ArgumentException($"The state has no tensor '{name}' of {value.NumberOfElements} entries.", nameof(state));
        }

        using var noGradient = no_grad();
        foreach (var (name, value) in State) value.copy_(state[name]);
    }

    /// <summary>Makes one step of learning rate <paramref name="rate"/> on a batch.</summary>
    public void Step(DeepBatch batch, double rate)
    {
        using var scope = NewDisposeScope();
        if (_chain is not null)
        {
            StepByChain(_chain, batch, rate);
            return;
        }
        var (loss, gradient) = Gradient(_weights, Statistics, batch);
        using var noGradient = no_grad();
        _loss.copy_(loss);
        if (Rule.WeightDecay != 0) gradient.add_(_weights, _decay);
        using var minusRate = Scalars.Of(-rate, ScalarType.Float32);
        _weights.add_(_momentum is null ? gradient : _momentum.mul_(_mu).add_(gradient, _one), minusRate);
        _averaged?.mul_(_kept).add_(_weights, _taken);
    }

    // The mean loss of a batch and its gradient, summed over its chunks.
    private (Tensor Loss, Tensor Gradient) Gradient(Tensor weights, NormStatistics statistics, DeepBatch batch)
    {
        var n = batch.Labels.shape[0];
        if (Chunk is not { } chunk || chunk >= n)
        {
            var whole = Network.Loss(weights, statistics, batch.Images, batch.Labels, training: true);
            return (whole, Network.Derivatives.Of(whole, weights));
        }
        var loss = zeros(1, ScalarType.Float32, Device).squeeze();
        return (loss, batch.Mean(chunk, weights, part =>
        {
            using Scalar share = (double)part.Labels.shape[0] / n;
            var of = Network.Loss(weights, statistics, part.Images, part.Labels, training: true);
            var gradient = Network.Derivatives.Of(of, weights);
            using var noGradient = no_grad();
            loss.add_(of, share);
            return gradient;
        }));
    }

    private void StepByChain(Chain chain, DeepBatch batch, double rate)
    {
        using var noGradient = no_grad();
        chain.Step(rate, (at, gradient, isIterate) =>
        {
            using var withGradient = enable_grad();
            using var scope = NewDisposeScope();
            var weights = isIterate ? _weights : TensorVector.Of(at).detach().requires_grad_();
            // What batch norm learns of a batch it learns at the iterate.
            using var aside = isIterate ? null : Network.NewStatistics(Device);
            var (loss, found) = Gradient(weights, aside ?? Statistics, batch);
            using var withoutGradient = no_grad();
            TensorVector.Of(gradient).copy_(found);
            if (isIterate) _loss.copy_(loss);
            // Nothing waits for the device.
            return double.NaN;
        });
    }

    /// <summary>The mean loss of the last step's batch, before the step; NaN before the first. Waits for the device.</summary>
    public double LastLoss() => _loss.item<float>();

    /// <summary>½λ‖w‖² of the current weights. Waits for the device.</summary>
    public double L2Term()
    {
        using var scope = NewDisposeScope();
        var weights = _weights.detach();
        return 0.5 * Rule.WeightDecay * weights.dot(weights).item<float>();
    }

    /// <summary>
    /// The running statistics for given weights: the mean over batches, each in training mode, of the batches' means and variances. The
    /// engine's own are left alone. The caller owns the result.
    /// </summary>
    /// <param name="weights">A flat tensor, such as <see cref="Averaged"/>.</param>
    /// <param name="batches">Images; the caller's, one needed at a time.</param>
    public NormStatistics Reestimate(Tensor weights, IEnumerable<Tensor> batches)
    {
        using var computing = Computing();
        var statistics = Network.NewStatistics(Device, cumulative: true);
        if (Network.Norms.Count == 0) return statistics;
        using var noGradient = no_grad();
        foreach (var images in batches)
        {
            using var scope = NewDisposeScope();
            Network.Forward(weights, statistics, images, training: true);
        }
        return statistics;
    }

    /// <summary>Loss and error over batches, with the running statistics. Waits for the device once, at the end.</summary>
    /// <param name="weights">A flat tensor.</param>
    /// <param name="statistics">The statistics that belong to it.</param>
    /// <param name="batches">The caller's, one needed at a time.</param>
    public DeepScore Evaluate(Tensor weights, NormStatistics statistics, IEnumerable<DeepBatch> batches)
    {
        using var computing = Computing();
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var (loss, wrong, samples) = (zeros(1, ScalarType.Float64, Device), zeros(1, ScalarType.Int64, Device), 0L);
        foreach (var (images, labels) in batches)
        {
            using var inner = NewDisposeScope();
            var logits = Network.Forward(weights, statistics, images, training: false).Logits;
            loss.add_(Network.ClassLoss.Of(logits, labels, sum: true), _one);
            wrong.add_(logits.argmax(1).ne(labels).sum(), _one);
            samples += labels.NumberOfElements;
        }
        return new(loss.item<double>() / samples, (double)wrong.item<long>() / samples, samples);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var owned in (IDisposable[])[.. Owned, Statistics, _one, _mu, _decay, _kept, _taken]) owned.Dispose();
    }

    private Tensor[] Owned => [_weights, _loss, .. _momentum is null ? [] : new[] { _momentum }, .. _averaged is null ? []
        : new[] { _averaged }, .. _chain is null ? [] : _chain.Vectors.Select(TensorVector.Of)];
}
