using LargeSteps.Numerics;

namespace LargeSteps.Optimizers;

/// <summary>
/// The samples of each step of a fully connected network: b different ones, <c>choice(n, b, replace=False)</c> of <c>numpy(seed)</c>,
/// or all in order, without a draw. The label noise comes from the same stream, after the samples. No allocation in a draw.
/// </summary>
internal sealed class SamplerWithoutReplacement : ISampler
{
    private readonly int[] _order;
    private readonly int _samples, _batch;

    /// <summary>A sampler.</summary>
    /// <param name="samples">n, the number of samples.</param>
    /// <param name="batchSize">b in 1 … n; 0: every step sees all samples and draws none.</param>
    /// <param name="seed">The seed of the stream.</param>
    public SamplerWithoutReplacement(int samples, int batchSize, uint seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(samples);
        ArgumentOutOfRangeException.ThrowIfNegative(batchSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(batchSize, samples);
        (_samples, _batch, Random) = (samples, batchSize, new NumpyRandom(seed));
        _order = [.. Enumerable.Range(0, batchSize == 1 ? 1 : samples)];
    }

    public NumpyRandom Random { get; }

    public SamplerState State { get => new(Random.State, [], 0); set => Random.State = value.Random; }

    /// <summary>The number of samples of a step.</summary>
    public int BatchSize => _batch == 0 ? _samples : _batch;

    public ReadOnlySpan<int> Next()
    {
        if (_batch == 1) _order[0] = Random.ChoiceOne(_samples);
        if (_batch <= 1) return _order;
        // NumpyRandom.Choice, in place: a Fisher–Yates shuffle of all samples from the end, of which the first b count.
        for (var i = 0; i < _samples; i++) _order[i] = i;
        for (var i = _samples - 1; i > 0; i--)
        {
            var j = Random.NextInt(i + 1);
            (_order[i], _order[j]) = (_order[j], _order[i]);
        }
        return _order.AsSpan(0, _batch);
    }
}
