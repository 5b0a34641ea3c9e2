namespace LargeSteps.Training.Deep;

/// <summary>
/// What a step of a deep network does with the gradient g of the cross-entropy: g ← g + λw, m ← μm + g (from m = 0), w ← w − ηm,
/// and beside it w̄ ← τw̄ + (1 − τ)w.
/// </summary>
/// <param name="Momentum">μ in [0, 1), in PyTorch's form; 0: none.</param>
/// <param name="WeightDecay">λ ≥ 0: ½λ‖w‖² over all parameters belongs to the loss.</param>
/// <param name="Averaging">τ in [0, 1]: the running average of the weights, from the initial ones; null: none.</param>
internal sealed record DeepRule(double Momentum = 0, double WeightDecay = 0, double? Averaging = null)
{
    /// <summary>Plain SGD.</summary>
    public static DeepRule Plain { get; } = new();
}
