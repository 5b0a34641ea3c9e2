using LargeSteps.Forms;
using LargeSteps.Numerics;
using LargeSteps.Values;

namespace LargeSteps.Probes;

/// <summary><c>feature_nuclear_norm</c>: the sum of the singular values of relu(z)⊙w₂, n × m, and <c>weight_nuclear_norm</c>: that of
/// diag(|w₂|)·w₁; of ReLU networks with one hidden layer and one output.</summary>
public sealed record NuclearNorm : Probe
{
    internal static Form<NuclearNorm> Kind { get; } = new("nuclear_norm",
        "One hidden layer: the sums of the singular values of the activations times the output weights (feature_nuclear_norm), and of " +
        "the " +
        "hidden weights times the magnitudes of the output weights (weight_nuclear_norm).", _ => _ => new());

    /// <inheritdoc/>
    protected override Needs Needs => Needs.HiddenLayers;

    /// <inheritdoc/>
    protected override Items<string> Columns(ProbeTarget run) => ["feature_nuclear_norm", "weight_nuclear_norm"];

    /// <inheritdoc/>
    protected override IEnumerable<Problem> Problems(ProbeTarget run) => OfHiddenLayers.One(run);

    /// <inheritdoc/>
    protected override Instrument Prepare(RunView run) => OfHiddenLayers.Measured((layers, row) =>
    {
        var layer = layers.OnTraining(1);
        ReadOnlySpan<double> first = layers.Weight(0), second = layers.Weight(1);
        var features = layer.Values.ToArray();
        for (var j = 0; j < layer.Units; j++) Vectors.Scale(features.AsSpan(j * layer.Stride, layer.Stride), second[j]);
        row[0] = GramSingularValues.Of(features, layer.Units, layer.Points, layer.Stride).Sum();
        var inputs = first.Length / layer.Units;
        var products = new double[first.Length];
        for (var k = 0; k < products.Length; k++) products[k] = first[k] * Math.Abs(second[k / inputs]);
        row[1] = GramSingularValues.Of(products, layer.Units, inputs, inputs).Sum();
    });

    /// <inheritdoc/>
    protected override IForm<Probe> Form => Kind;
}
