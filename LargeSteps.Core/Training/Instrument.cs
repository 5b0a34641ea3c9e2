using LargeSteps.Values;

namespace LargeSteps.Training;

/// <summary>Writes the metrics of an iterate into a row, one value for each of the instrument's metrics.</summary>
internal delegate void Measure<in TIterate>(TIterate iterate, Span<double> row);

/// <summary>A probe made real: the names of its columns, and the function that fills them.</summary>
internal sealed record Instrument<TIterate>(Items<string> Metrics, Measure<TIterate> Measure)
{
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
