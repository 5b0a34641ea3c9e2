using LargeSteps.Values;

namespace LargeSteps.Optimizers.Rules;

/// <summary>The average of the iterates, w̄ ← aw̄ + (1 − a)w after each step, from the initial weights; it changes no step.</summary>
/// <param name="Factor">a in [0, 1).</param>
internal sealed record Averaging(double Factor) : StepRule
{
    /// <inheritdoc/>
    public override string Key => "averaging";

    /// <inheritdoc/>
    public override Items<string> State => [Chain.AveragedName];

    /// <inheritdoc/>
    public override void Begin(StepState step) => step.Kept(Chain.AveragedName).Set(step.Weights);

    /// <inheritdoc/>
    public override void After(StepState step)
    {
        var average = step.Kept(Chain.AveragedName);
        average.Scale(Factor);
        average.Add(1 - Factor, step.Weights);
    }
}
