using LargeSteps.Pipelines;

namespace LargeSteps.Probes;

/// <summary>Writes the metrics of an iterate into a row, one value for each of the instrument's metrics.</summary>
internal delegate void Measure<in TIterate>(TIterate iterate, Span<double> row);

/// <summary>A probe made real: the names of its columns, and the function that fills them.</summary>
internal sealed record Instrument<TIterate>(Items<string> Metrics, Measure<TIterate> Measure)
{
    /// <summary>An instrument of one metric.</summary>
    public static Instrument<TIterate> Of(string metric, Func<TIterate, double> value) =>
        new([metric], (iterate, row) => row[0] = value(iterate));

    /// <summary>Instruments side by side as one.</summary>
    public static Instrument<TIterate> Join(IReadOnlyList<Instrument<TIterate>> instruments) =>
        new(Items.From(instruments.SelectMany(i => i.Metrics)), (iterate, row) =>
        {
            foreach (var instrument in instruments)
            {
                instrument.Measure(iterate, row[..instrument.Metrics.Count]);
                row = row[instrument.Metrics.Count..];
            }
        });
}

/// <summary>The names of a probe's columns.</summary>
internal static class Columns
{
    /// <summary>The name for the first threshold, and for each further one the name with the threshold: <c>l0_norm, l0_norm_0.001</c>.</summary>
    public static Items<string> ForThresholds(string name, Items<double> thresholds) =>
        Items.From(thresholds.Select((threshold, i) => i == 0 ? name : FormattableString.Invariant($"{name}_{Threshold(threshold)}")));

    private static string Threshold(double threshold)
    {
        // 1E-10 is what .NET writes, 1e-10 what everybody else does.
        var text = threshold.ToString("R", System.Globalization.CultureInfo.InvariantCulture);
        return text.Replace("E-0", "e-", StringComparison.Ordinal).Replace('E', 'e');
    }
}
