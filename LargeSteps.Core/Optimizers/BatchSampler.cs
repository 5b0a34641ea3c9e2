using LargeSteps.Numerics;

namespace LargeSteps.Optimizers;

/// <summary>The samples of each step: all of them, or a batch drawn as <see cref="Sgd"/> says; shuffled ones from the stream of the
/// images of deep networks.</summary>
internal sealed class BatchSampler(OptimizerSpec spec, int samples)
{
    private readonly NumpyRandom _random = new(spec.Match(gd => gd.Seed, sgd => sgd.Seed));
    private readonly bool _replaced = spec.Sampled is { IsWithReplacement: true };
    private readonly SamplerWithoutReplacement? _without = spec.Match<SamplerWithoutReplacement?>(
        gd => null, sgd => sgd.Sampling.IsWithReplacement || sgd.Sampling.IsByEpoch ? null : new(samples, sgd.BatchSize, sgd.Seed));
    private readonly int[] _batch = spec.Match(gd => [.. Enumerable.Range(0, samples)], sgd => new int[sgd.BatchSize]);

    private readonly bool _byEpoch = spec.Sampled is { IsByEpoch: true };
    private int[] _epoch = [];
    private int _next;

    /// <summary>Whether every step sees all samples.</summary>
    public bool Full => spec.Batch is null;

    /// <summary>The stream, as the draws so far have left it: that of the label noise too.</summary>
    public NumpyRandom Random => _without?.Random ?? _random;

    /// <summary>The samples of the next step; valid until the next call.</summary>
    public ReadOnlySpan<int> Next()
    {
        if (_without is not null) return _without.Next();
        if (_byEpoch) return OfEpoch();
        if (_replaced)
            for (var b = 0; b < _batch.Length; b++) _batch[b] = _random.NextInt(samples);
        return _batch;
    }

    private ReadOnlySpan<int> OfEpoch()
    {
        if (_next + _batch.Length > _epoch.Length) (_epoch, _next) = (_random.Permutation(samples), 0);
        _next += _batch.Length;
        return _epoch.AsSpan(_next - _batch.Length, _batch.Length);
    }
}
