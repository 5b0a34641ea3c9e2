using LargeSteps.Forms;

namespace LargeSteps.Probes;

/// <summary><c>balancedness</c>: ‖|u| − |v|‖₂ of diagonal networks.</summary>
public sealed record Balancedness : Probe
{
    internal static Form<Balancedness> Kind { get; } = new("balancedness",
        "Diagonal networks: ‖|u| − |v|‖₂.", _ => _ => new());

    /// <inheritdoc/>
    protected override Needs Needs => Needs.Factors;

    /// <inheritdoc/>
    protected override Instrument Prepare(RunView run) => new((view, row) =>
    {
        var factors = new Factors(view);
        var squares = 0.0;
        for (var j = 0; j < factors.U.Length; j++)
        {
            var difference = Math.Abs(factors.U[j]) - Math.Abs(factors.V[j]);
            squares += difference * difference;
        }
        row[0] = Math.Sqrt(squares);
    });

    /// <inheritdoc/>
    protected override IForm<Probe> Form => Kind;
}
