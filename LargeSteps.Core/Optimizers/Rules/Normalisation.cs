using LargeSteps.Numerics;

namespace LargeSteps.Optimizers.Rules;

/// <summary>The gradient divided by its norm, where that is above 0: steps of length η.</summary>
/// <param name="OfFactors">Of diagonal networks: each of the gradients of u and of v by its own norm, where both are above 0.</param>
internal sealed record Normalisation(bool OfFactors = false) : StepRule
{
    /// <inheritdoc/>
    public override string Key => "normalized";

    /// <inheritdoc/>
    public override void Direct(StepState step)
    {
        if (OfFactors)
        {
            var direction = HostVector<double>.Of(step.Direction);
            var (u, v) = (direction.AsMemory(0, direction.Length / 2), direction.AsMemory(direction.Length / 2));
            var (normU, normV) = (Vectors.Norm(u.Span), Vectors.Norm(v.Span));
            if (!(normU > 0 && normV > 0)) return;
            Vectors.Scale(u.Span, 1 / normU);
            Vectors.Scale(v.Span, 1 / normV);
        }
        else if (step.Direction.Norm is > 0 and var norm)
        {
            step.Direction.Scale(1 / norm);
        }
    }
}
