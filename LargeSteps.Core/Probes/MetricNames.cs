using LargeSteps.Datasets;
using LargeSteps.Datasets.Images;
using LargeSteps.Models;
using LargeSteps.Values;

namespace LargeSteps.Probes;

/// <summary>The names of the metrics of a probe: the columns of the tables, in snake_case.</summary>
public static class MetricNames
{
    private static readonly Items<string> DeepLosses = ["train_loss", "test_loss", "train_error", "test_error"], Validation =
        ["validation_loss", "validation_error"];

    /// <summary>The column that the step loop fills.</summary>
    internal const string SecondsColumn = "seconds";

    /// <summary>The columns that every table has besides its metrics.</summary>
    internal static readonly Items<string> OtherColumns = ["run", "seed", "iteration", "epoch", "learning_rate", "outcome",
        "last_iteration", "alive", "dead", "diverged", "stopped", "survival"];

    /// <summary>The metrics of a probe on a model, in the order of their columns, on data of which some may be held out for
    /// validation.</summary>
    /// <param name="probe">The probe.</param>
    /// <param name="model">The model.</param>
    /// <param name="dataset">The data; null: none is held out.</param>
    public static Items<string> Of(ProbeSpec probe, ModelSpec model, DatasetSpec? dataset = null) => probe.Match<Items<string>>(
        losses => model.Match<Items<string>>(
            diagonal => ["train_loss", "test_loss"],
            relu => ["train_loss", "test_loss"],
            deep => OfWeights(losses.Averaged, dataset is ImageDataset { Options.Validation: not null } ? [.. DeepLosses, .. Validation]
                : DeepLosses),
            custom => ["train_loss", "test_loss"]),
        norm => norm.Of.Match<Items<string>>(
            l0 => ForThresholds("l0_norm", l0.Thresholds),
            l1 => ["l1_norm"],
            parameters => ["parameter_norm"],
            balancedness => ["balancedness"],
            l2Term => ["l2_term"]),
        rank => ForThresholds("jacobian_rank", rank.Thresholds),
        dynamics => dynamics.Of.Match<Items<string>>(
            hessian => [.. Enumerable.Range(1, hessian.Count).Select(i => FormattableString.Invariant($"hessian_eigenvalue_{i}")),
                "hessian_eigenvalue_min"],
            predictability => ["twin_distance", "twin_loss_difference", "predictability_horizon"],
            sharpness => ["sharpness", "sharpness_residual"],
            bounce => ["bounce_cosine", "bounce_midpoint_gap"],
            gradientNorm => ["gradient_norm"],
            gradientNoise => ["gradient_noise_trace"],
            seconds => [SecondsColumn]),
        feature => feature.Of.Match<Items<string>>(
            sparsity => ForLayers("feature_sparsity", model),
            activePercent => ForLayers("active_percent", model),
            activeUnits => ["active_units"],
            nuclearNorm => ["feature_nuclear_norm", "weight_nuclear_norm"],
            entropyRank => ["feature_entropy_rank"],
            patternDistance => ["activation_pattern_distance"],
            unitGroups => ["jacobian_unit_groups"]),
        custom => [custom.Name]);

    private static Items<string> OfWeights(bool averaged, Items<string> names) =>
        averaged ? [.. names, .. names.Select(name => name + "_averaged")] : names;

    /// <summary>The name for the first threshold, and for each further one the name with the threshold: <c>l0_norm,
    /// l0_norm_0.001</c>.</summary>
    private static Items<string> ForThresholds(string name, Items<double> thresholds) =>
        Items.From(thresholds.Select((threshold, i) => i == 0 ? name : $"{name}_{NumberText.Invariant(threshold)}"));

    /// <summary>The name for a single hidden layer; for several <c>name_layer1, name_layer2, …</c>.</summary>
    private static Items<string> ForLayers(string name, ModelSpec model) => model.Match<Items<string>>(
        diagonal => [name],
        relu => relu.Hidden.Count == 1 ? [name] : [.. Enumerable.Range(1, relu.Hidden.Count)
            .Select(layer => FormattableString.Invariant($"{name}_layer{layer}"))],
        deep => [.. Enumerable.Range(1, deep.Architecture.FeatureBlocks)
            .Select(block => FormattableString.Invariant($"{name}_block{block}"))
            .SelectMany(block => (string[])[block, block + "_deduplicated"])],
        custom => [name]);
}
