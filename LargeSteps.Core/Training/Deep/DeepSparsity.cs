using LargeSteps.Models.Deep;
using LargeSteps.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace LargeSteps.Training.Deep;

/// <summary>The feature sparsity of a block of a deep network.</summary>
/// <param name="Raw">The share of positive entries among all units on all samples.</param>
/// <param name="Deduplicated">The positive entries of the chosen units that are left, over the entries of all chosen ones.</param>
/// <param name="Chosen">How many units were chosen for the deduplication.</param>
/// <param name="Left">How many of them are left.</param>
internal readonly record struct BlockSparsity(double Raw, double Deduplicated, int Chosen, int Left);

/// <summary>
/// The sparsity of all blocks of features in one forward pass: a unit is one entry of a block, channel by position. What is positive is
/// counted as the batches go by; only the columns of at most 1,000 units a block are kept, and deduplicated as in
/// <see cref="UnitDeduplication"/>, with positive entries for nonzero ones, since blocks before a ReLU have negative ones.
/// </summary>
/// <remarks>
/// The units are chosen by <c>numpy(seed)</c>, block by block, and are the same in every measurement. Correlations are in float64, as
/// published of the activations as they are.
/// </remarks>
internal sealed class DeepSparsity : IDisposable
{
    private const int UnitsAtOnce = 128;

    private readonly FlatNetwork _network;
    private readonly uint _seed;
    private readonly int _mostUnits;
    private readonly bool _normalisedRows;
    private readonly Scalar _zero = 0, _one = 1, _threshold;

    /// <summary>A probe of a network, which stays the caller's.</summary>
    /// <param name="network">The network.</param>
    /// <param name="seed">The seed of the choice of units.</param>
    /// <param name="threshold">τ: the |correlation| from which on one of two units goes.</param>
    /// <param name="mostUnits">How many units of a block are deduplicated at most.</param>
    /// <param name="normalisedRows">Whether the activations of an image are divided by their norm over the chosen units before they are
    /// correlated.</param>
    public DeepSparsity(FlatNetwork network, uint seed = 0, double threshold = 0.95, int mostUnits = 1000, bool normalisedRows = false) =>
        (_network, _seed, _threshold, _mostUnits, _normalisedRows) = (network, seed, threshold, mostUnits, normalisedRows);

    /// <summary>Measures all blocks, in the order of the network; with the running statistics of batch norm.</summary>
    /// <param name="weights">The flat tensor.</param>
    /// <param name="statistics">The statistics that belong to it.</param>
    /// <param name="batches">Images; the caller's, one needed at a time.</param>
    public IReadOnlyList<BlockSparsity> Measure(Tensor weights, NormStatistics statistics, IEnumerable<Tensor> batches)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var blocks = _network.FeatureBlocks;
        var (places, columns, units) = (new Tensor[blocks], new List<Tensor>[blocks], new long[blocks]);
        var positive = zeros(blocks, ScalarType.Int64, weights.device);
        var samples = 0L;
        foreach (var images in batches)
        {
            using var inner = NewDisposeScope();
            var features = _network.Forward(weights, statistics, images, training: false, features: true).Features;
            if (samples == 0) Choose(features, weights.device, places, units);
            for (var b = 0; b < blocks; b++)
            {
                positive.select(0, b).add_(features[b].gt(_zero).count_nonzero(), _one);
                (columns[b] ??= []).Add(Flat(features[b]).index_select(1, places[b]).MoveToOuterDisposeScope());
            }
            samples += images.shape[0];
        }
        if (samples == 0) throw new ArgumentException("There are no batches.", nameof(batches));
        var counts = positive.cpu().data<long>().ToArray();
        return [.. Enumerable.Range(0, blocks).Select(b => Deduplicate(cat(columns[b]), (double)counts[b] / (samples * units[b])))];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _zero.Dispose();
        _one.Dispose();
        _threshold.Dispose();
    }

    private void Choose(IReadOnlyList<Tensor> features, Device device, Tensor[] places, long[] units)
    {
        var random = new NumpyRandom(_seed);
        for (var b = 0; b < places.Length; b++)
        {
            var shape = features[b].shape;
            units[b] = shape[1..].Aggregate(1L, (x, y) => x * y);
            var (all, channels) = (checked((int)units[b]), shape[1]);
            int[] chosen = all <= _mostUnits ? [.. Enumerable.Range(0, all)] : random.Choice(all, _mostUnits);
            // A unit's number counts positions within channels, whatever the layout in memory.
            var positions = all / channels;
            var inMemory = chosen.Select(u => Permuted(features[b]) ? u % positions * channels + u / positions : u);
            places[b] = tensor([.. inMemory], dtype: ScalarType.Int64, device: device).MoveToOuterDisposeScope();
        }
    }

    // n × units in the order in which they lie in memory, without a copy.
    private Tensor Flat(Tensor features) => (Permuted(features) ? features.permute(0, 2, 3, 1) : features).flatten(1);

    private bool Permuted(Tensor features) => _network.ChannelsLast && features.ndim == 4;

    private BlockSparsity Deduplicate(Tensor features, double raw)
    {
        using var scope = NewDisposeScope();
        var positive = features.gt(_zero).sum([0]);
        var active = positive.nonzero().flatten();
        var (chosen, left) = ((int)features.shape[1], active.NumberOfElements);
        if (left == 0) return new(raw, 0, chosen, 0);
        var phi = features.to_type(ScalarType.Float64);
        if (_normalisedRows)
        {
            var norms = linalg.vector_norm(phi, 2, [1], keepdim: true);
            // A sample without features keeps zeros.
            phi.div_(norms.add_(norms.eq(_zero), _one));
        }
        if (left < chosen) (phi, positive) = (phi.index_select(1, active), positive.index_select(0, active));
        // A constant unit is 0 and no rounding of its mean: its correlations are undefined, and drop nobody.
        phi.sub_(phi.mean([0])).mul_(phi.amax([0]).ne(phi.amin([0])));
        // Covariances of some units with themselves and all later ones: the product is symmetric. A constant unit has 0, which exceeds
        // nothing.
        Tensor From(Tensor units, int start, long count) => units.narrow(-1, start, Math.Min(count, left - start));
        int[] starts = [.. Enumerable.Range(0, (int)(left + UnitsAtOnce - 1) / UnitsAtOnce).Select(i => i * UnitsAtOnce)];
        var covariances = Array.ConvertAll(starts, start => From(phi, start, UnitsAtOnce).t().mm(From(phi, start, left)));
        var deviations = cat([.. covariances.Select(c => c.diagonal())]).sqrt_();
        var kept = cat([.. starts.Zip(covariances, (start, c) =>
            c.abs_().triu(1).gt(outer(From(deviations, start, UnitsAtOnce), From(deviations, start, left)).mul_(_threshold)).any(
                1).logical_not())]);
        return new(raw, positive.mul(kept).sum().item<long>() / ((double)phi.shape[0] * chosen), chosen, (int)kept.sum().item<long>());
    }
}
