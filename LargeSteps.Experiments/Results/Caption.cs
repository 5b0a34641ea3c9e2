using LargeSteps.Experiments.Charts;

namespace LargeSteps.Experiments.Results;

/// <summary>What stands below a figure in a page.</summary>
internal static class Caption
{
    // Of more panels it is said how many there are.
    private const int MostNamed = 6;

    /// <summary>What a chart shows, over what, and of how many what; with the name of its files.</summary>
    /// <param name="file">The name of the figure.</param>
    /// <param name="chart">The chart, whose curves may be left out.</param>
    public static string Of(string file, Chart chart)
    {
        string[] shown = [.. chart.Panels.Select(panel => panel.Heading).Distinct()];
        var names = shown.Length <= MostNamed ? string.Join(", ", shown)
            : FormattableString.Invariant($"{string.Join(", ", shown.Take(MostNamed - 1))} and {shown.Length - MostNamed + 1} more");
        // Of shapes in a plane both axes are as good.
        var over = chart.Panels.All(panel => panel is PlanePanel { MarksCuts: false }) ? ""
            : chart.Panels.Select(panel => panel.XTitle).Distinct().ToArray() is [{ Length: > 0 } x] ? $" over {x}" : "";
        var spread = chart.Panels.OfType<CurvesPanel>().Select(panel => panel.Spread).OfType<SeedSpread>().FirstOrDefault();
        return $"{names}{over}{(spread is null ? "" : $": {Words(spread)}")} ({file})";
    }

    private static string Words(SeedSpread spread) => spread.Center.Match(median => "medians", mean => "means") + spread.Band.Match(
        quantiles => quantiles is { Lower: 0.25, Upper: 0.75 } ? " and quartiles of the seeds"
            : FormattableString.Invariant(
                $" and the {100 * quantiles.Lower:0.##} to {100 * quantiles.Upper:0.##} % quantiles of the seeds"),
        std => " and deviations of the seeds", none => " of the seeds");
}
