using LargeSteps.Forms;
using LargeSteps.Values;

namespace LargeSteps.Probes;

/// <summary>
/// <c>jacobian_rank</c>: the number of singular values of the Jacobian of the test outputs that exceed the
/// threshold times the largest; one column for each threshold.
/// </summary>
public sealed record JacobianRank(Items<double> Thresholds) : Probe
{
    /// <summary>The same with thresholds one by one.</summary>
    public static JacobianRank Of(params double[] thresholds) => new(Items.From(thresholds));

    /// <summary>The least threshold that a Gram matrix resolves.</summary>
    internal const double LeastOfGram = 1e-6;

    internal static Form<JacobianRank> Kind { get; } = new("jacobian_rank",
        "Diagonal and ReLU networks: the number of singular values of the Jacobian of the test outputs above the threshold times the " +
        "largest.", f =>
    {
        var thresholds = f.Optional("threshold", Codecs.OneOrMore(Codecs.NonNegative), p => p.Thresholds, [1e-10],
            "the threshold, or several: a column for each; of ReLU networks at least 1e-6, and by default 1e-4");
        return v => new(v.Get(thresholds));
    });

    /// <inheritdoc/>
    protected override Needs Needs => Needs.Jacobian;

    /// <inheritdoc/>
    protected override Items<string> Columns(ProbeTarget run) => ColumnNames.ForThresholds(Key, Thresholds);

    /// <inheritdoc/>
    protected override IEnumerable<Problem> Problems(ProbeTarget run)
    {
        if (run.Dataset.TestSampleCount == 0)
            yield return new("", "LS0209", "the Jacobian rank needs test samples, and the dataset has none");
        // Its Jacobian is counted by a Gram matrix, which is blind below the square root of rounding.
        if (run.Model.Match(diagonal => false, relu => true, deep => false, custom => false) && Thresholds.Any(t => t < LeastOfGram))
            yield return new("", "LS0214", "the Jacobian rank of a relu_network takes thresholds of at least 1e-6");
    }

    /// <inheritdoc/>
    protected override string? Title(string column) => ColumnNames.TitleOf(column, Key, "Jacobian rank");

    /// <inheritdoc/>
    protected override Instrument Prepare(RunView run)
    {
        var jacobian = run.Jacobian!;
        return new((_, row) => jacobian.Ranks(Thresholds.AsSpan(), row));
    }

    /// <inheritdoc/>
    protected override IForm<Probe> Form => Kind;
}
