using LargeSteps.Forms;

namespace LargeSteps.Probes;

/// <summary><c>l1_norm</c>: ‖u⊙v‖₁ of diagonal networks.</summary>
public sealed record L1Norm : Probe
{
    internal static Form<L1Norm> Kind { get; } = new("l1_norm",
        "Diagonal networks: ‖u⊙v‖₁.", _ => _ => new());

    /// <inheritdoc/>
    protected override Needs Needs => Needs.Factors;

    /// <inheritdoc/>
    protected override string? Title(string column) => column == Key ? "ℓ₁ norm" : null;

    /// <inheritdoc/>
    protected override Instrument Prepare(RunView run) => new((view, row) =>
    {
        var factors = new Factors(view);
        var sum = 0.0;
        for (var j = 0; j < factors.U.Length; j++) sum += Math.Abs(factors.U[j] * factors.V[j]);
        row[0] = sum;
    });

    /// <inheritdoc/>
    protected override IForm<Probe> Form => Kind;
}
