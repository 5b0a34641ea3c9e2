namespace LargeSteps.Optimizers.Rules;

/// <summary>Weight decay beside the step: w ← (1 − λ)w, or (1 − ηλ)w (AdamW: Loshchilov and Hutter, arXiv 1711.05101), before w ← w −
/// ηd.</summary>
/// <param name="Decay">λ.</param>
/// <param name="TimesRate">Whether it is times the step size η.</param>
internal sealed record DecayBeside(double Decay, bool TimesRate) : StepRule
{
    /// <inheritdoc/>
    public override string Key => "weight_decay";

    /// <inheritdoc/>
    public override void Beside(StepState step) => step.Push.Add(TimesRate ? -step.Rate * Decay : -Decay, step.Weights);
}
