using LargeSteps.Forms;
using LargeSteps.Values;

namespace LargeSteps.Probes;

/// <summary>
/// <c>feature_sparsity</c> (with several hidden layers <c>feature_sparsity_layer1</c>, …): the fraction of nonzero activations, units
/// counted once whose activations correlate by more than the threshold. Of deep networks <c>feature_sparsity_block1</c> … <c>_block5</c>:
/// the fraction of positive values of the outputs of the stages and of the pooled features, and the same with <c>_deduplicated</c>, of some
/// units only, those that go together counted once.
/// </summary>
/// <param name="Threshold">The Pearson correlation above which two units are one; published for deep networks: 0.95.</param>
/// <param name="Samples">Deep networks: the first so many training images, without augmentation; published: up to 10,752.</param>
/// <param name="Units">Deep networks: how many units of a block, drawn once, are looked at for correlations; published: 1,000.</param>
/// <param name="NormalisedRows">
/// Deep networks: correlations are those of activations divided, for each image, by the norm of the chosen units; as published they are
/// those of the activations as they are. Those of ReLU networks are always divided, as published.
/// </param>
public sealed record FeatureSparsity(double Threshold, int Samples = 10_752, int Units = 1000, bool NormalisedRows = false) : Probe
{
    internal static Form<FeatureSparsity> Kind { get; } = new("feature_sparsity",
        "The fraction of nonzero activations, units that go together counted once; a column for each hidden layer or block.", f =>
    {
        var threshold = f.Optional("threshold", Codecs.Positive, p => p.Threshold, 0.99,
            "the correlation above which two units count as one");
        var samples = f.Optional("samples", Codecs.Count(2), p => p.Samples, 10_752, "deep networks: the first so many training images");
        var units = f.Optional("units", Codecs.Count(2), p => p.Units, 1000,
            "deep networks: how many units of a block are looked at for correlations");
        var rows = f.Optional("rows", Codecs.Word("choice of rows", "raw", "normalised").As(word => word == "normalised",
            normalised => normalised ? "normalised" : "raw"),
            p => p.NormalisedRows, false,
                "deep networks: correlations of activations as they are (as published), or divided for each image by their norm");
        return v => new(v.Get(threshold), v.Get(samples), v.Get(units), v.Get(rows));
    });

    /// <inheritdoc/>
    protected override Needs Needs => Needs.Features;

    /// <inheritdoc/>
    protected override Items<string> Columns(ProbeTarget run) => run.Model.Match(
        diagonal => [Key],
        relu => ColumnNames.ForLayers(Key, relu.Hidden.Count),
        deep => Items.From(Enumerable.Range(1, deep.FeatureBlocks)
            .Select(block => FormattableString.Invariant($"{Key}_block{block}"))
            .SelectMany(block => (string[])[block, block + "_deduplicated"])),
        custom => [Key]);

    /// <inheritdoc/>
    protected override IEnumerable<Problem> Problems(ProbeTarget run) => OfFeatures(run);

    /// <summary>Whether there are features.</summary>
    internal static IEnumerable<Problem> OfFeatures(ProbeTarget run) => run.Model.Match<Problem[]>(
        diagonal => [], relu => [],
        deep => deep.FeatureBlocks > 0 ? []
            : [new("", "LS0214", $"the architecture {deep.Architecture} has no hidden features")],
        custom => []);

    /// <inheritdoc/>
    protected override Probe Smaller(SmokeLimits limits) => this with
    {
        Samples = Math.Min(Samples, limits.Samples),
        Units = Math.Min(Units, limits.Samples),
    };

    /// <inheritdoc/>
    protected override Instrument Prepare(RunView run) => new((view, row) => view.Features!.Sparsity(this, row));

    /// <inheritdoc/>
    protected override IForm<Probe> Form => Kind;
}
