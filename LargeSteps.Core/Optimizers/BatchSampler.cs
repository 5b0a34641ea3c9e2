using System.Globalization;
using LargeSteps.Numerics;
using LargeSteps.Values;

namespace LargeSteps.Optimizers;

/// <summary>The samples of a run's steps.</summary>
internal interface ISampler
{
    /// <summary>The stream, as the draws so far have left it: that of the label noise too.</summary>
    NumpyRandom Random { get; }

    /// <summary>The samples of the next step; valid until the next call.</summary>
    ReadOnlySpan<int> Next();

    /// <summary>Where it stands; set, it goes on from there.</summary>
    SamplerState State { get; set; }
}

/// <summary>The samples of each step: all of them, or a batch drawn as <see cref="Sgd"/> says; shuffled ones from the stream of the
/// images of deep networks.</summary>
internal sealed class BatchSampler(OptimizerSpec spec, int samples) : ISampler
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

    public NumpyRandom Random => _without?.Random ?? _random;

    public ReadOnlySpan<int> Next()
    {
        if (_without is not null) return _without.Next();
        if (_byEpoch) return OfEpoch();
        if (_replaced)
            for (var b = 0; b < _batch.Length; b++) _batch[b] = _random.NextInt(samples);
        return _batch;
    }

    public SamplerState State
    {
        get => new(Random.State, Items.From(_epoch), _next);
        set => (Random.State, _epoch, _next) = (value.Random, [.. value.Epoch], value.Next);
    }

    private ReadOnlySpan<int> OfEpoch()
    {
        if (_next + _batch.Length > _epoch.Length) (_epoch, _next) = (_random.Permutation(samples), 0);
        _next += _batch.Length;
        return _epoch.AsSpan(_next - _batch.Length, _batch.Length);
    }
}

/// <summary>Where the samples of a run's steps stand.</summary>
/// <param name="Random">The stream.</param>
/// <param name="Epoch">The order of the epoch; empty: there is none, or it has not begun.</param>
/// <param name="Next">How many of it were taken.</param>
internal sealed record SamplerState(NumpyRandomState Random, Items<int> Epoch, int Next)
{
    /// <summary>The state as a text.</summary>
    public string Text => string.Join('|', Random.Text, string.Join(' ', Epoch.Select(i => i.ToString(CultureInfo.InvariantCulture))),
        Next.ToString(CultureInfo.InvariantCulture));

    /// <summary>The state of such a <see cref="Text"/>.</summary>
    public static SamplerState Parse(string text)
    {
        var parts = text.Split('|');
        return new(NumpyRandomState.Parse(parts[0]), Items.From(parts[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(i => int.Parse(i, CultureInfo.InvariantCulture))), int.Parse(parts[2], CultureInfo.InvariantCulture));
    }

    /// <summary>The same at the beginning of the next epoch, for batches of another size.</summary>
    public SamplerState NextEpoch => this with { Epoch = [], Next = 0 };
}
