using LargeSteps.Probes;
using LargeSteps.Values;

namespace LargeSteps.Training;

/// <summary>The probes of a plan at work in one run, side by side.</summary>
internal sealed class Instruments : IDisposable
{
    private const string Prefix = "probe/";

    private readonly (Probe Probe, int Columns, Instrument Instrument)[] _parts;
    private readonly int _trainLoss;

    /// <param name="plan">The probes.</param>
    /// <param name="view">The run at its initial weights.</param>
    public Instruments(ProbePlan plan, RunView view)
    {
        _parts = [.. plan.Measure.Select(probe =>
        {
            view.Asked = probe.Asks;
            return (probe, probe.ColumnsIn(view.Run).Count, Instrument.Of(probe, view));
        })];
        Columns = plan.Columns(view.Run);
        _trainLoss = Columns.AsSpan().IndexOf(Losses.TrainLoss);
    }

    /// <summary>The names of the columns.</summary>
    public Items<string> Columns { get; }

    /// <summary>Fills a row; false as soon as it is known that its training loss is not finite, where that ends the measurement.</summary>
    /// <param name="view">The run.</param>
    /// <param name="row">A place for each column.</param>
    /// <param name="unlessDiverged">Whether a training loss that is not finite ends the measurement.</param>
    public bool TryMeasure(RunView view, Span<double> row, bool unlessDiverged)
    {
        var rest = row;
        foreach (var (probe, columns, instrument) in _parts)
        {
            view.Asked = probe.Asks;
            // What a probe does not write it has not measured.
            rest[..columns].Fill(double.NaN);
            try
            {
                instrument.Measure(view, rest[..columns]);
            }
            catch (IndexOutOfRangeException e)
            {
                throw Marked(new InvalidOperationException($"it has {Words.Count(columns, "column")} and writes to another one, or reads " +
                    "outside of what there is", e), probe);
            }
            catch (Exception e)
            {
                Marked(e, probe);
                throw;
            }
            rest = rest[columns..];
            if (unlessDiverged && _trainLoss >= 0 && row.Length - rest.Length > _trainLoss
                && !double.IsFinite(row[_trainLoss]))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>The probe in whose measurement an exception was thrown; null: in none.</summary>
    public static string? ProbeOf(Exception e) => e.Data[Prefix] as string;

    private static Exception Marked(Exception e, Probe probe)
    {
        e.Data[Prefix] = probe.Key;
        return e;
    }

    /// <summary>What probes know of earlier measurements, by their names.</summary>
    public IEnumerable<KeyValuePair<string, string>> State => _parts.Where(part => part.Instrument.Save is not null)
        .Select(part => KeyValuePair.Create(Prefix + part.Probe.Key, part.Instrument.Save!()));

    /// <summary>Takes what <see cref="State"/> gave.</summary>
    public void Restore(IReadOnlyDictionary<string, string> state)
    {
        foreach (var (probe, _, instrument) in _parts)
            if (state.TryGetValue(Prefix + probe.Key, out var text)) instrument.Restore?.Invoke(text);
    }

    public void Dispose()
    {
        foreach (var (_, _, instrument) in _parts) instrument.Dispose();
    }
}
