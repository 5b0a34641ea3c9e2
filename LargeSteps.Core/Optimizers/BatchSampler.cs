using LargeSteps.Numerics;

namespace LargeSteps.Optimizers;

/// <summary>The samples of each step: all of them, or a batch drawn as <see cref="Sgd"/> says.</summary>
internal sealed class BatchSampler(OptimizerSpec spec, int samples)
{
    private readonly NumpyRandom? _random = spec.Match<NumpyRandom?>(gd => null, sgd => new NumpyRandom(sgd.Seed));
    private readonly bool _withReplacement = spec.Match(gd => true, sgd => sgd.WithReplacement);
    private readonly int[] _batch = spec.Match(gd => [.. Enumerable.Range(0, samples)], sgd => new int[sgd.BatchSize]);

    /// <summary>Whether every step sees all samples.</summary>
    public bool Full => _random is null;

    /// <summary>The samples of the next step; valid until the next call.</summary>
    public ReadOnlySpan<int> Next()
    {
        if (_random is not null)
        {
            if (_withReplacement)
                for (var b = 0; b < _batch.Length; b++) _batch[b] = _random.NextInt(samples);
            else if (_batch.Length == 1)
                _batch[0] = _random.ChoiceOne(samples);
            else
                _random.Choice(samples, _batch.Length).CopyTo(_batch, 0);
        }
        return _batch;
    }
}
