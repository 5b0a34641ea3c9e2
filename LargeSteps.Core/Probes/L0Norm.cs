using LargeSteps.Forms;
using LargeSteps.Values;

namespace LargeSteps.Probes;

/// <summary><c>l0_norm</c>: #{j : |u_j v_j| > threshold}, of diagonal networks; a column for each threshold.</summary>
public sealed record L0Norm(Items<double> Thresholds) : Probe
{
    /// <summary>The same with thresholds one by one.</summary>
    public static L0Norm Of(params double[] thresholds) => new(Items.From(thresholds));

    internal static Form<L0Norm> Kind { get; } = new("l0_norm",
        "Diagonal networks: the number of coordinates of u⊙v above a threshold, in magnitude.", f =>
    {
        var thresholds = f.Optional("threshold", Codecs.OneOrMore(Codecs.NonNegative), p => p.Thresholds, [1e-50],
            "the threshold, or several: a column for each");
        return v => new(v.Get(thresholds));
    });

    /// <inheritdoc/>
    protected override Needs Needs => Needs.Factors;

    /// <inheritdoc/>
    protected override Items<string> Columns(ProbeTarget run) => ColumnNames.ForThresholds(Key, Thresholds);

    /// <inheritdoc/>
    protected override string? Title(string column) => ColumnNames.TitleOf(column, Key, "non-zero parameters");

    /// <inheritdoc/>
    protected override Instrument Prepare(RunView run) => new((view, row) =>
    {
        var factors = new Factors(view);
        row.Clear();
        for (var j = 0; j < factors.U.Length; j++)
        {
            var predictor = Math.Abs(factors.U[j] * factors.V[j]);
            for (var t = 0; t < row.Length; t++)
                if (predictor > Thresholds[t]) row[t]++;
        }
    });

    /// <inheritdoc/>
    protected override IForm<Probe> Form => Kind;
}
