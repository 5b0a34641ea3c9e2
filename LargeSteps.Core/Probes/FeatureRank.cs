using LargeSteps.Forms;
using LargeSteps.Numerics;
using LargeSteps.Values;

namespace LargeSteps.Probes;

/// <summary>
/// <c>feature_rank</c>: how many principal components of the features have a part of their variance, 99 % without a word (Andriushchenko et
/// al., arXiv 2305.16292). With several hidden layers <c>feature_rank_layer1</c>, …; of deep networks <c>feature_rank_block1</c>, …, a unit
/// one entry of a block, channel by position. It is at most the number of samples less one.
/// </summary>
/// <param name="Variance">The part of the variance, in (0, 1).</param>
/// <param name="Samples">The first so many training samples, without augmentation.</param>
public sealed record FeatureRank(double Variance = 0.99, int Samples = 512) : Probe
{
    internal static Form<FeatureRank> Kind { get; } = new("feature_rank",
        "The number of principal components of the features that have 99 % of their variance; a column for each hidden layer or block.",
        f =>
        {
            var variance = f.Optional("variance", Codecs.BelowOne.Where(x => x > 0, "must be above 0"), p => p.Variance, 0.99,
                "the part of the variance");
            var samples = f.Optional("samples", Codecs.Count(2, max: 2000), p => p.Samples, 512, "the first so many training samples");
            return v => new(v.Get(variance), v.Get(samples));
        });

    /// <inheritdoc/>
    protected override Needs Needs => Needs.Features;

    /// <inheritdoc/>
    protected override Items<string> Columns(ProbeTarget run) => run.Model.Match(
        diagonal => [Key],
        relu => ColumnNames.ForLayers(Key, relu.Hidden.Count),
        deep => Items.From(Enumerable.Range(1, deep.FeatureBlocks).Select(block => FormattableString.Invariant($"{Key}_block{block}"))),
        custom => [Key]);

    /// <inheritdoc/>
    protected override IEnumerable<Problem> Problems(ProbeTarget run) => FeatureSparsity.OfFeatures(run);

    /// <inheritdoc/>
    protected override Probe Smaller(SmokeLimits limits) => this with { Samples = Math.Max(2, Math.Min(Samples, limits.Samples)) };

    /// <inheritdoc/>
    protected override Instrument Prepare(RunView run) => new((view, row) =>
    {
        row.Fill(double.NaN);
        // A run that has diverged has no features.
        if (!view.Weights.IsFinite) return;
        var layer = 0;
        foreach (var products in view.Features!.Products(Samples)) row[layer++] = Of(products, Variance);
    });

    /// <summary>The number of components, from the inner products of the features of samples.</summary>
    internal static double Of(Matrix products, double variance)
    {
        var n = products.Rows;
        var (centred, means) = (new double[n * n], new double[n]);
        for (var i = 0; i < n; i++) means[i] = products.Row(i).ToArray().Average();
        var mean = means.Average();
        for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++) centred[i * n + j] = products[i, j] - means[i] - means[j] + mean;
        if (!double.IsFinite(Vectors.MaxAbs(centred))) return double.NaN;
        var eigenvalues = SymmetricEigen.ValuesOf(new Matrix(n, n, centred));
        var (left, count) = ((1 - variance) * eigenvalues.Where(value => value > 0).Sum(), n);
        // The smallest ones, as long as they have no more than the rest.
        foreach (var value in eigenvalues)
        {
            left -= Math.Max(value, 0);
            if (left < 0) break;
            count--;
        }
        return count;
    }

    /// <inheritdoc/>
    protected override IForm<Probe> Form => Kind;
}
