using LargeSteps.Values;

namespace LargeSteps.Optimizers.Rules;

/// <summary>
/// Adam (Kingma and Ba, arXiv 1412.6980) as PyTorch has it: m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², and in step k
/// d = m/(1 − β₁ᵏ) / (√(v/(1 − β₂ᵏ)) + ε).
/// </summary>
/// <param name="Of">β₁, β₂ and ε.</param>
internal sealed record AdamRule(Adam Of) : StepRule
{
    /// <inheritdoc/>
    public override string Key => "adam";

    /// <inheritdoc/>
    public override Items<string> State => ["adam_mean", "adam_square"];

    /// <inheritdoc/>
    public override void Direct(StepState step)
    {
        var (mean, square) = (step.Kept("adam_mean"), step.Kept("adam_square"));
        mean.Scale(Of.Beta1);
        mean.Add(1 - Of.Beta1, step.Direction);
        square.Scale(Of.Beta2);
        square.AddSquares(1 - Of.Beta2, step.Direction);
        step.Direction.Set(mean);
        step.Direction.DivideByRoots(1 / (1 - Math.Pow(Of.Beta2, step.Number)), square, Of.Epsilon);
        step.Direction.Scale(1 / (1 - Math.Pow(Of.Beta1, step.Number)));
    }
}
