using System.Globalization;
using System.Text;
using LargeSteps.Running;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Results;

/// <summary>The end of every run as a table for the eye.</summary>
internal static class ConsoleTable
{
    /// <summary>
    /// One row for each run: what became of its seeds, and the median over the survivors of its last metrics, as in the report. Metrics
    /// that do not fit beside one another stand in further blocks.
    /// </summary>
    /// <param name="results">The units.</param>
    /// <param name="width">The columns of the terminal.</param>
    public static string Of(Items<UnitResult> results, int width = 120)
    {
        var (metrics, runs) = (ResultFrames.MetricsOf(results), results.GroupBy(r => r.Unit.Label)
            .Select(run => (Label: run.Key, Seeds: run.ToArray())).ToArray());
        string[][] named = [["run", "survived"], .. runs.Select(run => (string[])[run.Label, Outcome(run.Seeds)])];
        string[][] cells = [[.. metrics], .. runs.Select(run => (string[])[.. metrics.Select(metric => Cell(run.Seeds, metric))])];
        var text = new StringBuilder(InBlocks(named, cells, width));
        if (runs.Any(run => run.Seeds.Length > 1))
        {
            text.AppendLine("medians of the survivors at the end of the runs"
            + (cells.Skip(1).Any(row => row.Any(cell => cell.EndsWith(')'))) ? "; in brackets how many of them have a value" : ""));
        }

        return text.ToString();
    }

    /// <summary>A table, its columns aligned; those that do not fit beside one another stand in further blocks, each with the first columns
    /// before it.</summary>
    /// <param name="table">The table.</param>
    /// <param name="first">How many columns stand before each block.</param>
    /// <param name="width">The columns of the terminal.</param>
    public static string Of(TextTable table, int first, int width)
    {
        string[][] rows = [table.Header, .. table.Rows];
        return InBlocks(Array.ConvertAll(rows, row => row[..first]), Array.ConvertAll(rows, row => row[first..]), width);
    }

    private static string InBlocks(string[][] named, string[][] cells, int width)
    {
        var text = new StringBuilder();
        foreach (var block in Blocks(cells, width - Width(named)))
        {
            if (text.Length > 0) text.AppendLine();
            text.Append(Aligned([.. named.Zip(cells, (name, row) => (string[])[.. name, .. row[block]])]));
        }
        return text.ToString();
    }

    /// <summary>Rows of cells with their columns aligned, the first to the left.</summary>
    public static string Aligned(IReadOnlyList<string[]> rows)
    {
        var widths = Enumerable.Range(0, rows[0].Length).Select(c => rows.Max(row => Width(row[c]))).ToArray();
        var text = new StringBuilder();
        foreach (var row in rows)
        {
            text.AppendLine(string.Join("  ", row.Select((cell, c) => c == 0 ? cell + Pad(cell, widths[c]) : Pad(cell, widths[c]) + cell))
                .TrimEnd());
        }

        return text.ToString();
    }

    // The columns that stand beside one another: as many as there is room for, at least one.
    private static IEnumerable<Range> Blocks(string[][] cells, int room)
    {
        for (var first = 0; first < cells[0].Length || first == 0;)
        {
            var (end, left) = (first, room);
            while (end < cells[0].Length && (end == first || left >= ColumnWidth(end))) left -= ColumnWidth(end++);
            yield return first..end;
            if (end == first) break;
            first = end;
        }

        int ColumnWidth(int column) => 2 + cells.Max(row => Width(row[column]));
    }

    private static int Width(string[][] named) => Enumerable.Range(0, named[0].Length).Sum(c => named.Max(row => Width(row[c])))
        + 2 * (named[0].Length - 1);

    private static string Outcome(UnitResult[] run) => run is [var only]
        ? only.AtEnd.End.Match(c => "yes", d => "dead", d => FormattableString.Invariant($"diverged at {d.Iteration}"),
            s => FormattableString.Invariant($"stopped at {s.Iteration}"), f => "failed")
        : Survival.Of(run.Select(r => r.AtEnd)).Text;

    /// <summary>Of how many survivors a median is, where not all of them have a value: <c> (3)</c>.</summary>
    internal static string NumberOf(double[] values, IEnumerable<UnitResult> run) => values.Length == run.Count(r => ResultFrames.Survived(
        r.AtEnd)) ? "" : FormattableString.Invariant($" ({values.Length})");

    private static string Cell(UnitResult[] run, string metric)
    {
        var values = ResultFrames.LastValues(run, metric);
        return values.Length == 0 ? "–" : Statistics.Median(values).ToString("G5", CultureInfo.InvariantCulture)
            + NumberOf(values, run);
    }

    private static string Pad(string cell, int width) => new(' ', width - Width(cell));

    private static int Width(string cell) => new StringInfo(cell).LengthInTextElements;
}
