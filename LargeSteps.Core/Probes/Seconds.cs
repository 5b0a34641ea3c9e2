using LargeSteps.Forms;

namespace LargeSteps.Probes;

/// <summary>
/// <c>seconds</c>: how long the steps up to a measurement have taken, without the probes. It belongs to the machine: no two runs have the
/// same, so a table with it is not made again byte for byte.
/// </summary>
public sealed record Seconds : Probe
{
    /// <summary>The column, which the step loop fills: it has the clock.</summary>
    internal const string Column = "seconds";

    internal static Form<Seconds> Kind { get; } = new("seconds",
        "How long the steps so far have taken, without the probes: a column that no two runs share.", _ => _ => new());

    /// <inheritdoc/>
    protected override Instrument Prepare(RunView run) => new((_, row) => row[0] = double.NaN);

    /// <inheritdoc/>
    protected override IForm<Probe> Form => Kind;
}
