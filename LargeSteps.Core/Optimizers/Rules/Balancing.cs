namespace LargeSteps.Optimizers.Rules;

/// <summary>The balancing penalty of diagonal networks: u ← u − b·u·(2·[|u| &gt; |v|] − 1) beside the step, likewise v, with the weights
/// before the step.</summary>
/// <param name="Penalty">b in [0, 1).</param>
internal sealed record Balancing(double Penalty) : StepRule
{
    /// <inheritdoc/>
    public override string Key => "balancing";

    /// <inheritdoc/>
    public override void Beside(StepState step)
    {
        double[] weights = HostVector<double>.Of(step.Weights), push = HostVector<double>.Of(step.Push);
        var d = weights.Length / 2;
        for (var j = 0; j < weights.Length; j++)
        {
            var isLarger = Math.Abs(weights[j]) > Math.Abs(weights[(j + d) % weights.Length]);
            push[j] -= Penalty * weights[j] * (isLarger ? 1 : -1);
        }
    }
}
