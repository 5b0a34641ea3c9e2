using System.Text.RegularExpressions;

namespace LargeSteps.Experiments.Charts;

/// <summary>The headings of metrics.</summary>
internal static partial class MetricTitles
{
    private static readonly Dictionary<string, string> Known = new()
    {
        ["jacobian_rank"] = "Jacobian rank",
        ["l0_norm"] = "non-zero parameters",
        ["l1_norm"] = "ℓ₁ norm",
        ["l2_norm"] = "ℓ₂ norm",
        ["hessian_eigenvalue"] = "Hessian eigenvalue",
        ["hessian_eigenvalue_1"] = "largest Hessian eigenvalue",
        ["hessian_eigenvalue_min"] = "smallest Hessian eigenvalue",
        ["sharpness"] = "sharpness λ₁",
        ["sharpness_residual"] = "residual of the sharpness",
        ["bounce_cosine"] = "cosine of successive steps",
        ["bounce_midpoint_gap"] = "train loss half-way less at the ends of a step",
        ["gradient_norm"] = "gradient norm",
        ["survival"] = "runs not yet diverged",
    };

    /// <summary>
    /// The heading of a metric in words: <c>train_loss</c> is "train loss", <c>feature_sparsity_block4_deduplicated</c> "feature sparsity,
    /// block 4, deduplicated"; a threshold or number at its end goes into parentheses, <c>jacobian_rank_1e-10</c> is "Jacobian rank
    /// (1e-10)".
    /// </summary>
    public static string Of(string metric)
    {
        if (Known.TryGetValue(metric, out var title)) return title;
        var parts = Parts().Match(metric);
        var (number, how) = (parts.Groups["number"].Value, parts.Groups["how"].Value);
        if (number.Length + how.Length > 0)
            return Of(parts.Groups["what"].Value) + (number.Length > 0 ? $", {parts.Groups["part"].Value} {number}" : "") + (how.Length > 0
                ? $", {how}" : "");
        var end = metric.LastIndexOf('_');
        return end > 0 && Known.TryGetValue(metric[..end], out title)
            ? $"{title} ({metric[(end + 1)..]})"
            : metric.Replace('_', ' ');
    }

    // Of which part of a network, and how it is counted.
    [GeneratedRegex("^(?<what>.+?)(_(?<part>block|layer)(?<number>[0-9]+))?(_(?<how>deduplicated|averaged))?$")]
    private static partial Regex Parts();
}
