using LargeSteps.Numerics;

namespace LargeSteps.Optimizers;

/// <summary>The samples of each step: all of them, or a batch drawn with replacement by <c>randint(n)</c>.</summary>
internal sealed class BatchSampler(OptimizerSpec spec, int samples)
{
    private readonly NumpyRandom? _random = spec.Match<NumpyRandom?>(gd => null, sgd => new NumpyRandom(sgd.Seed));
    private readonly int[] _batch = spec.Match(gd => [.. Enumerable.Range(0, samples)], sgd => new int[sgd.BatchSize]);

    /// <summary>Whether every step sees all samples.</summary>
    public bool Full => _random is null;

    /// <summary>The samples of the next step; valid until the next call.</summary>
    public ReadOnlySpan<int> Next()
    {
        if (_random is not null)
            for (var b = 0; b < _batch.Length; b++) _batch[b] = _random.NextInt(samples);
        return _batch;
    }
}
