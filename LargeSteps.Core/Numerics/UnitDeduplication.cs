
namespace LargeSteps.Numerics;

/// <summary>What is left of features once units that say the same are counted once.</summary>
/// <param name="Units">The number of units left.</param>
/// <param name="Sparsity">Nonzero entries of the units left, over the entries of all units; 0 without any active unit.</param>
internal readonly record struct FeatureCount(int Units, double Sparsity);

/// <summary>
/// Feature sparsity: each row of the n × m features is divided by its norm (0/0 → 0), units that are never positive are dropped, and then
/// units that are correlated with one that stays.
/// </summary>
/// <remarks>
/// The published programs take the units in order and drop one when its |Pearson correlation| with a unit still there exceeds τ. A unit is
/// dropped before any later unit, so it meets all of them: unit i goes if and only if some j &gt; i has |ρ_ij| &gt; τ, one pass over the
/// correlations right of the diagonal. The correlation with a constant unit is undefined and drops nobody.
/// </remarks>
internal static class UnitDeduplication
{
    // Four kilobytes of counts.
    private const int MostOnStack = 1024;

    /// <summary>Counts units and entries; overwrites the features.</summary>
    /// <param name="features">The value of unit j on point i at j·stride + i.</param>
    /// <param name="units">m.</param>
    /// <param name="points">n.</param>
    /// <param name="stride">How far apart units are, at least n.</param>
    /// <param name="threshold">τ.</param>
    public static FeatureCount Count(Span<double> features, int units, int points, int stride, double threshold)
    {
        NormaliseRows(features, units, points, stride);
        return Deduplicate(features, units, points, stride, threshold);
    }

    /// <summary>The same for rows that stay as they are.</summary>
    public static FeatureCount Deduplicate(Span<double> features, int units, int points, int stride, double threshold)
    {
        // The active units, moved to the front: entries, then the entries less their mean, divided by the norm of that.
        Span<int> nonzero = units <= MostOnStack ? stackalloc int[units] : new int[units];
        var active = 0;
        for (var j = 0; j < units; j++)
        {
            var unit = features.Slice(j * stride, points);
            var (entries, positive, sum) = (0, false, 0.0);
            foreach (var value in unit)
            {
                if (value != 0) entries++;
                positive |= value > 0;
                sum += value;
            }
            if (!positive) continue;
            nonzero[active] = entries;
            var centred = features.Slice(active++ * stride, points);
            for (var i = 0; i < points; i++) centred[i] = unit[i] - sum / points;
            var norm = Vectors.Norm(centred);
            if (norm > 0) Vectors.Scale(centred, 1 / norm);
        }

        var (left, total) = (0, 0L);
        for (var i = 0; i < active; i++)
        {
            var dropped = false;
            for (var j = i + 1; j < active && !dropped; j++)
                dropped = Math.Abs(Vectors.Dot(features.Slice(i * stride, points), features.Slice(j * stride, points))) > threshold;
            if (dropped) continue;
            left++;
            total += nonzero[i];
        }
        return new FeatureCount(left, total / ((double)points * units));
    }

    /// <summary>Divides each point's features by their norm; a point without features keeps zeros.</summary>
    public static void NormaliseRows(Span<double> features, int units, int points, int stride)
    {
        for (var i = 0; i < points; i++)
        {
            double squares = 0;
            for (var j = 0; j < units; j++) squares += features[j * stride + i] * features[j * stride + i];
            if (squares == 0) continue;
            var norm = Math.Sqrt(squares);
            for (var j = 0; j < units; j++) features[j * stride + i] /= norm;
        }
    }
}
