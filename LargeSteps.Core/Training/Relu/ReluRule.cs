using LargeSteps.Models;

namespace LargeSteps.Training.Relu;

/// <summary>What steps of a fully connected network do beside w ← w − η∇L.</summary>
/// <param name="Loss">The loss.</param>
/// <param name="Averaging">a in [0, 1): w̄ ← a w̄ + (1 − a) w after each step, from the initial weights; null: none.</param>
/// <param name="WeightDecay">λ ≥ 0: g + λw in place of the gradient g, for weights and biases.</param>
internal sealed record ReluRule(ReluLoss Loss = ReluLoss.Squared, double? Averaging = null, double WeightDecay = 0)
{
    /// <summary>Plain SGD on the squared error.</summary>
    public static ReluRule Plain { get; } = new();
}
