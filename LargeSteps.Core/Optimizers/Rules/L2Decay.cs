namespace LargeSteps.Optimizers.Rules;

/// <summary>Weight decay as a term ½λ‖w‖² of the loss: g ← g + λw.</summary>
/// <param name="Decay">λ.</param>
internal sealed record L2Decay(double Decay) : StepRule
{
    /// <inheritdoc/>
    public override string Key => "weight_decay";

    /// <inheritdoc/>
    public override void Direct(StepState step) => step.Direction.Add(Decay, step.Weights);
}
