using LargeSteps.Values;

namespace LargeSteps.Optimizers.Rules;

/// <summary>Polyak's momentum as PyTorch has it, m ← μm + g and d = m from m = 0; Nesterov's: d = g + μm.</summary>
/// <param name="Factor">μ in [0, 1).</param>
/// <param name="Nesterov">Whether it is Nesterov's.</param>
internal sealed record Momentum(double Factor, bool Nesterov = false) : StepRule
{
    /// <inheritdoc/>
    public override string Key => "momentum";

    /// <inheritdoc/>
    public override Items<string> State => ["momentum"];

    /// <inheritdoc/>
    public override void Direct(StepState step)
    {
        var momentum = step.Kept("momentum");
        momentum.Scale(Factor);
        momentum.Add(1, step.Direction);
        if (Nesterov) step.Direction.Add(Factor, momentum);
        else step.Direction.Set(momentum);
    }
}
