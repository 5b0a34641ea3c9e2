namespace LargeSteps.Pipelines;

/// <summary>
/// The curvature above which the steps of a pipeline leave a quadratic: for a step size η, momentum β (Polyak's, as PyTorch has it) and
/// weight decay λ in the gradient it is (2 + 2β)/η − λ. For stochastic gradients it is that of the mean step.
/// </summary>
/// <param name="Momentum">β.</param>
/// <param name="WeightDecay">λ, where it is a part of the gradient; 0: none.</param>
/// <param name="Shrinkage">λ, where it is taken off the weights beside the step, whatever the step size (diagonal networks): the edge is (2
/// − λ)/η; 0: none.</param>
/// <param name="Nesterov">Whether the momentum is Nesterov's: the edge is (2 + 2β)/((1 + 2β)η) − λ.</param>
/// <remarks>Source: Cohen et al., "Gradient descent on neural networks typically occurs at the edge of stability" (2021), appendix
/// B.</remarks>
public sealed record StabilityEdge(double Momentum, double WeightDecay, double Shrinkage, bool Nesterov = false)
{
    /// <summary>The edge of a pipeline; null where its rule has none of this form: normalised gradients, sharpness-aware ones, the
    /// balancing penalty.</summary>
    public static StabilityEdge? Of(Pipeline pipeline)
    {
        var rule = pipeline.Optimizer.Rule;
        if (rule.Normalized || rule.Sharpness is not null || rule.Balancing != 0 || rule.Adam is not null
            || rule.Own.Count > 0)
        {
            return null;
        }

        var beside = pipeline.Model.Match(diagonal => true, relu => false, deep => false, custom => false);
        return new(rule.Momentum, beside ? 0 : rule.WeightDecay, beside ? rule.WeightDecay : 0, rule.Nesterov);
    }

    /// <summary>The edge at a step size.</summary>
    public double At(double rate) => (2 + 2 * Momentum - Shrinkage) / ((Nesterov ? 1 + 2 * Momentum : 1) * rate) - WeightDecay;

    /// <summary>What a legend calls it: <c>2/η</c>, <c>(2 + 2β)/η</c>, <c>2/η − λ</c>, ….</summary>
    public string Formula =>
        (Nesterov ? "(2 + 2β)/((1 + 2β)η)" : Momentum != 0 ? "(2 + 2β)/η" : Shrinkage != 0 ? "(2 − λ)/η" : "2/η")
            + (WeightDecay != 0 ? " − λ" : "");
}
