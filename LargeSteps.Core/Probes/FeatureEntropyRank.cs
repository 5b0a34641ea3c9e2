using LargeSteps.Forms;
using LargeSteps.Numerics;
using LargeSteps.Values;

namespace LargeSteps.Probes;

/// <summary><c>feature_entropy_rank</c>: −Σ p log p, p = σ/Σσ, for the singular values σ of the last hidden layer's activations on the
/// points of the Jacobian, each point's divided by their norm.</summary>
public sealed record FeatureEntropyRank : Probe
{
    internal static Form<FeatureEntropyRank> Kind { get; } = new("feature_entropy_rank",
        "ReLU networks: −Σ p log p, p = σ/Σσ, of the singular values σ of the normalised activations of the last hidden layer.", _ => _ =>
            new());

    /// <inheritdoc/>
    protected override Needs Needs => Needs.HiddenLayers;

    /// <inheritdoc/>
    protected override IEnumerable<Problem> Problems(ProbeTarget run)
    {
        if (run.Dataset.TestSampleCount == 0)
            yield return new("", "LS0209", "the entropy rank needs test samples, and the dataset has none");
    }

    /// <inheritdoc/>
    protected override Instrument Prepare(RunView run) => OfHiddenLayers.Measured((layers, row) =>
    {
        var layer = layers.OnJacobianPoints();
        var features = layer.Values.ToArray();
        UnitDeduplication.NormaliseRows(features, layer.Units, layer.Points, layer.Stride);
        var values = GramSingularValues.Of(features, layer.Units, layer.Points, layer.Stride);
        var sum = values.Sum();
        row[0] = -values.Where(v => v > 0).Sum(v => v / sum * Math.Log(v / sum));
    });

    /// <inheritdoc/>
    protected override IForm<Probe> Form => Kind;
}
