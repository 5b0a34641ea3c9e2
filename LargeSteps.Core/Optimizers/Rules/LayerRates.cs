using LargeSteps.Values;

namespace LargeSteps.Optimizers.Rules;

/// <summary>A step size for each layer: its part of the direction is multiplied by a factor of its own.</summary>
/// <param name="Factors">The factors, the output layer last.</param>
/// <param name="Sizes">How many parameters each layer has.</param>
internal sealed record LayerRates(Items<double> Factors, Items<int> Sizes) : StepRule
{
    /// <inheritdoc/>
    public override string Key => "layer_rates";

    /// <inheritdoc/>
    public override void Direct(StepState step)
    {
        var from = 0;
        foreach (var (factor, size) in Factors.Zip(Sizes))
        {
            step.Direction.Scale(factor, from, size);
            from += size;
        }
    }
}
