using LargeSteps.Numerics;

namespace LargeSteps.Optimizers;

/// <summary>The samples of each step: all of them, or a batch drawn as <see cref="Sgd"/> says.</summary>
internal sealed class BatchSampler(OptimizerSpec spec, int samples)
{
    private readonly NumpyRandom? _random = spec.Match<NumpyRandom?>(gd => null, sgd => sgd.WithReplacement ? new NumpyRandom(sgd.Seed) : null);
    private readonly DenseSampler? _without = spec.Match<DenseSampler?>(gd => null, sgd => sgd.WithReplacement ? null : new DenseSampler(samples, sgd.BatchSize, sgd.Seed));
    private readonly int[] _batch = spec.Match(gd => [.. Enumerable.Range(0, samples)], sgd => new int[sgd.BatchSize]);

    /// <summary>Whether every step sees all samples.</summary>
    public bool Full => _random is null && _without is null;

    /// <summary>The samples of the next step; valid until the next call.</summary>
    public ReadOnlySpan<int> Next()
    {
        if (_without is not null) return _without.Next();
        if (_random is not null)
            for (var b = 0; b < _batch.Length; b++) _batch[b] = _random.NextInt(samples);
        return _batch;
    }
}
