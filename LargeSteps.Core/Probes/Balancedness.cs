using LargeSteps.Forms;

namespace LargeSteps.Probes;

/// <summary><c>balancedness</c>: ‖|u| − |v|‖₂ of diagonal networks.</summary>
public sealed record Balancedness : Probe
{
    internal static Form<Balancedness> Kind { get; } = new("balancedness",
        "Diagonal networks: ‖|u| − |v|‖₂.", _ => _ => new());

    /// <inheritdoc/>
    public override string Key => Kind.Name;

    /// <inheritdoc/>
    public override Needs Needs => Needs.Factors;

    /// <inheritdoc/>
    public override Instrument Prepare(RunView run) => new((view, row) => row[0] = Math.Sqrt(Factors.Sum(view, (u, v) =>
    {
        var difference = Math.Abs(u) - Math.Abs(v);
        return difference * difference;
    })));

    /// <inheritdoc/>
    protected internal override IForm<Probe> Form => Kind;
}
