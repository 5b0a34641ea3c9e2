namespace LargeSteps.Pipelines;

/// <summary>
/// The curvature above which the steps of a pipeline leave a quadratic: for a step size η, momentum β (Polyak's, as PyTorch has it) and
/// weight decay λ in the gradient it is (2 + 2β)/η − λ. For stochastic gradients it is that of the mean step.
/// </summary>
/// <remarks>Source: Cohen et al., "Gradient descent on neural networks typically occurs at the edge of stability" (2021), appendix
/// B.</remarks>
public sealed record StabilityEdge
{
    private readonly double _momentum, _weightDecay, _shrinkage;
    private readonly bool _nesterov;

    /// <param name="momentum">β.</param>
    /// <param name="weightDecay">λ, where it is a part of the gradient; 0: none.</param>
    /// <param name="shrinkage">λ, where it is taken off the weights beside the step, whatever the step size (diagonal networks): the edge
    /// is (2 − λ)/η; 0: none.</param>
    /// <param name="nesterov">Whether the momentum is Nesterov's: the edge is (2 + 2β)/((1 + 2β)η) − λ.</param>
    internal StabilityEdge(double momentum, double weightDecay, double shrinkage, bool nesterov = false) =>
        (_momentum, _weightDecay, _shrinkage, _nesterov) = (momentum, weightDecay, shrinkage, nesterov);

    /// <summary>The edge of a pipeline; null where its rule has none of this form: normalised gradients, sharpness-aware ones, the
    /// balancing penalty, a step size for each layer, the flow.</summary>
    public static StabilityEdge? Of(Pipeline pipeline)
    {
        var rule = pipeline.Optimizer.Rule;
        if (rule.Balancing != 0 || !rule.IsMadeOf(known => known with
        {
            Momentum = rule.Momentum,
            Nesterov = rule.Nesterov,
            Averaging = rule.Averaging,
        }))
        {
            return null;
        }

        var beside = pipeline.Model.Match(diagonal => true, relu => false, deep => false, custom => false);
        return new(rule.Momentum, beside ? 0 : rule.WeightDecay, beside ? rule.WeightDecay : 0, rule.Nesterov);
    }

    /// <summary>The edge at a step size.</summary>
    public double At(double rate) => (2 + 2 * _momentum - _shrinkage) / ((_nesterov ? 1 + 2 * _momentum : 1) * rate) - _weightDecay;

    /// <summary>What a legend calls it: <c>2/η</c>, <c>(2 + 2β)/η</c>, <c>2/η − λ</c>, ….</summary>
    public string Formula =>
        (_nesterov ? "(2 + 2β)/((1 + 2β)η)" : _momentum != 0 ? "(2 + 2β)/η" : _shrinkage != 0 ? "(2 − λ)/η" : "2/η")
            + (_weightDecay != 0 ? " − λ" : "");
}
