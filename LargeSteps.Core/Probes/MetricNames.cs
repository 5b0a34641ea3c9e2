using LargeSteps.Pipelines;

namespace LargeSteps.Probes;

/// <summary>The names of the metrics of a probe: the columns of the tables, in snake_case.</summary>
public static class MetricNames
{
    /// <summary>The metrics of a probe, in the order of their columns.</summary>
    public static Items<string> Of(ProbeSpec probe) => probe.Match<Items<string>>(
        losses => ["train_loss", "test_loss"],
        norm => norm.Of.Match<Items<string>>(
            l0 => ForThresholds("l0_norm", l0.Thresholds),
            l1 => ["l1_norm"],
            parameters => ["parameter_norm"],
            balancedness => ["balancedness"]),
        rank => ForThresholds("jacobian_rank", rank.Thresholds),
        hessian => [.. Enumerable.Range(1, hessian.Count).Select(i => FormattableString.Invariant($"hessian_eigenvalue_{i}")), "hessian_eigenvalue_min"],
        predictability => ["twin_distance", "twin_loss_difference", "predictability_horizon"]);

    /// <summary>The name for the first threshold, and for each further one the name with the threshold: <c>l0_norm, l0_norm_0.001</c>.</summary>
    private static Items<string> ForThresholds(string name, Items<double> thresholds) =>
        Items.From(thresholds.Select((threshold, i) => i == 0 ? name : $"{name}_{Numerics.NumberText.Invariant(threshold)}"));
}
