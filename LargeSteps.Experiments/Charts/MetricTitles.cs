using System.Text.RegularExpressions;
using LargeSteps.Experiments.Results;
using LargeSteps.Probes;

namespace LargeSteps.Experiments.Charts;

/// <summary>The headings of metrics.</summary>
internal static partial class MetricTitles
{
    /// <summary>The heading of a metric, as the probe that measures it says it, or in the words of <see cref="Of(string)"/>.</summary>
    public static string Of(string metric, IEnumerable<Probe> probes) =>
        probes.Select(probe => probe.TitleOf(metric)).FirstOrDefault(title => title is not null) ?? Of(metric);

    /// <summary>
    /// The name of a metric in words: <c>train_loss</c> is "train loss", <c>feature_sparsity_block4_deduplicated</c> "feature sparsity,
    /// block 4, deduplicated".
    /// </summary>
    public static string Of(string metric)
    {
        if (metric == Ensemble.Survival) return "runs not yet diverged";
        var parts = Parts().Match(metric);
        var (number, how) = (parts.Groups["number"].Value, parts.Groups["how"].Value);
        return number.Length + how.Length == 0 ? metric.Replace('_', ' ')
            : Of(parts.Groups["what"].Value) + (number.Length > 0 ? $", {parts.Groups["part"].Value} {number}" : "")
                + (how.Length > 0 ? $", {how}" : "");
    }

    // Of which part of a network, and how it is counted.
    [GeneratedRegex("^(?<what>.+?)(_(?<part>block|layer)(?<number>[0-9]+))?(_(?<how>deduplicated|averaged))?$")]
    private static partial Regex Parts();
}
