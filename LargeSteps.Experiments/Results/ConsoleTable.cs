using System.Globalization;
using System.Text;
using LargeSteps.Pipelines;
using LargeSteps.Running;

namespace LargeSteps.Experiments.Results;

/// <summary>The end of every run as a table for the eye.</summary>
internal static class ConsoleTable
{
    private const int MostMetrics = 6;

    /// <summary>One row for each run: what became of its seeds, and the mean over the survivors of its last metrics.</summary>
    public static string Of(Items<UnitResult> results)
    {
        var metrics = ResultFrames.MetricsOf(results).Take(MostMetrics).ToArray();
        string[] header = ["run", "survived", .. metrics];
        return Aligned([header, .. results.GroupBy(r => r.Unit.Label).Select(run => Row(run.Key, [.. run], metrics))]);
    }

    /// <summary>Rows of cells with their columns aligned, the first to the left.</summary>
    public static string Aligned(IReadOnlyList<string[]> rows)
    {
        var widths = Enumerable.Range(0, rows[0].Length).Select(c => rows.Max(row => Width(row[c]))).ToArray();
        var text = new StringBuilder();
        foreach (var row in rows)
            text.AppendLine(string.Join("  ", row.Select((cell, c) => c == 0 ? cell + Pad(cell, widths[c]) : Pad(cell, widths[c]) + cell)).TrimEnd());
        return text.ToString();
    }

    private static string[] Row(string label, UnitResult[] run, string[] metrics)
    {
        var survivors = run.Where(r => ResultFrames.Survived(r.Result)).ToArray();
        var outcome = run is [var only]
            ? only.Result.End.Match(c => "yes", d => "dead", d => FormattableString.Invariant($"diverged at {d.Iteration}"), s => FormattableString.Invariant($"stopped at {s.Iteration}"), f => "failed")
            : Survival.Of(run.Select(r => r.Result)).Text;
        return [label, outcome, .. metrics.Select(metric => survivors.Length == 0 ? "–" : survivors.Average(r => r.Result.Last(metric)).ToString("G5", CultureInfo.InvariantCulture))];
    }

    private static string Pad(string cell, int width) => new(' ', width - Width(cell));

    private static int Width(string cell) => new StringInfo(cell).LengthInTextElements;
}
