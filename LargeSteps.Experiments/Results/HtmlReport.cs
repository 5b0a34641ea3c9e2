using System.Globalization;
using System.Net;
using System.Text;
using LargeSteps.Configuration;
using LargeSteps.Pipelines;
using LargeSteps.Running;

namespace LargeSteps.Experiments.Results;

/// <summary>One self-contained page about an experiment: no network, no script, readable on a phone.</summary>
internal static class HtmlReport
{
    private const string Style = """
        :root { color-scheme: light; font-family: system-ui, sans-serif; line-height: 1.45; color: #1b1f24; background: #fff; }
        body { max-width: 76rem; margin: 0 auto; padding: 1rem; }
        h1 { font-size: 1.5rem; margin: .5rem 0; overflow-wrap: anywhere; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
        p.lead { color: #57606a; margin: 0; }
        ul { color: #57606a; margin: .3rem 0; padding-left: 1.2rem; }
        figure { margin: 1rem 0; display: grid; gap: .5rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, max(21rem, 90% / var(--columns))), 1fr)); }
        figure svg { width: 100%; max-width: 34rem !important; justify-self: center; } figure svg:last-child { grid-column: 1 / -1; max-width: 28rem !important; }
        .scroll { overflow-x: auto; } table { border-collapse: separate; border-spacing: 0; font-size: .85rem; font-variant-numeric: tabular-nums; }
        th, td { padding: .3rem .6rem; text-align: right; border-bottom: 1px solid #d8dee4; white-space: nowrap; }
        th:first-child, td:first-child { text-align: left; position: sticky; left: 0; background: #fff; white-space: normal; min-width: 7.5rem; }
        small { color: #57606a; } tr.statistic td { background: #f6f8fa; } .dead, .diverged, .failed, .stopped { color: #b35900; }
        details { margin-top: 1.5rem; } summary { font-weight: 600; cursor: pointer; }
        pre { background: #f6f8fa; padding: .8rem; overflow-x: auto; font-size: .8rem; }
        """;

    // A table of hundreds of seeds is for summary.csv, not for the eye.
    private const int MostSeedRows = 12;

    // The table says it as well.
    private const int MostSurvivals = 8;

    /// <summary>The page.</summary>
    /// <param name="experiment">The experiment.</param>
    /// <param name="results">Its results.</param>
    /// <param name="figures">The charts: their names, and the SVG of their parts.</param>
    /// <param name="tables">The tables that it asks for.</param>
    /// <param name="environment">The text of run.json; null where it is not known.</param>
    public static string Of(Experiment experiment, Items<UnitResult> results, IReadOnlyList<(string Name, IReadOnlyList<string> Parts)> figures, IReadOnlyList<ComparisonTable> tables, string? environment)
    {
        // The page is XML too: whatever reads XML can read it, and a tag that is not closed is found.
        var html = new StringBuilder();
        html.Append(CultureInfo.InvariantCulture, $"""
            <!DOCTYPE html>
            <html lang="en">
            <head><meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/>
            <title>{Text(experiment.Name)} – LargeSteps</title><style>
            {Style}
            </style></head>
            <body>
            <h1>{Text(experiment.Name)}</h1>
            <p class="lead">{Lead(results)}</p>

            """);
        var seeds = results.GroupBy(r => r.Unit.Label).Any(run => run.Count() > 1);
        if (seeds) Survivals(html, results);
        foreach (var (name, parts) in figures)
            html.Append(CultureInfo.InvariantCulture, $"<figure aria-label=\"{Text(name)}\" style=\"--columns: {Columns(parts.Count - 1)}\">\n{string.Concat(parts)}</figure>\n");
        foreach (var table in tables) Compared(html, table);
        html.Append("<h2>At the end of the runs</h2>\n");
        if (seeds) Medians(html, results);
        if (seeds) html.Append("<details><summary>All statistics</summary>\n");
        Table(html, results);
        if (seeds) html.Append("</details>\n");
        Details(html, "Experiment", ExperimentYaml.Write(experiment));
        if (environment is not null) Details(html, "Environment", environment);
        return html.Append("</body>\n</html>\n").ToString();
    }

    private static string Lead(Items<UnitResult> results)
    {
        var runs = results.DistinctBy(r => r.Unit.Label).Count();
        var dead = results.Count(r => r.Result.End is DeadRun);
        return string.Create(CultureInfo.InvariantCulture, $"""
            {runs:N0} {(runs == 1 ? "run" : "runs")}, {results.Count:N0} with their seeds: {results.Count(r => ResultFrames.Survived(r.Result)):N0} survived{(dead > 0 ? FormattableString.Invariant($", {dead:N0} dead") : "")}.
            {results.Sum(r => r.Result.LastIteration):N0} steps in {results.Sum(r => r.Result.TrainingSeconds):N1} s, measured in {results.Sum(r => r.Result.ProbeSeconds):N1} s.
            """);
    }

    private static void Survivals(StringBuilder html, Items<UnitResult> results)
    {
        var runs = results.GroupBy(r => r.Unit.Label).ToArray();
        if (runs.Length > MostSurvivals) return;
        html.Append("<ul>\n");
        foreach (var run in runs)
            html.Append(CultureInfo.InvariantCulture, $"<li>{Text(run.Key)}: {Fates(Survival.Of(run.Select(r => r.Result)))}</li>\n");
        html.Append("</ul>\n");
    }

    private static string Fates(Survival seeds) =>
        FormattableString.Invariant($"{seeds.Alive} of {seeds.Total} seeds survived")
        + (seeds.Dead > 0 ? FormattableString.Invariant($", {seeds.Dead} dead") : "") + (seeds.Diverged > 0 ? FormattableString.Invariant($", {seeds.Diverged} diverged") : "");

    // Three in a row, but four as two and two.
    private static int Columns(int panels) => panels == 4 ? 2 : Math.Clamp(panels, 1, 3);

    /// <summary>A row for each run: its survivors, and median and quartiles of their last metrics.</summary>
    private static void Medians(StringBuilder html, Items<UnitResult> results)
    {
        var metrics = ResultFrames.MetricsOf(results);
        Head(html, ["run", "survived", .. metrics]);
        foreach (var run in results.GroupBy(r => r.Unit.Label))
        {
            var survivors = run.Where(r => ResultFrames.Survived(r.Result)).ToArray();
            html.Append(CultureInfo.InvariantCulture, $"<tr><td>{Text(run.Key)}</td><td>{Survival.Of(run.Select(r => r.Result)).Text}</td>");
            foreach (var metric in metrics)
            {
                double[] values = [.. survivors.Select(r => r.Result.Last(metric)).Where(double.IsFinite).Order()];
                string At(double q) => Ensemble.Quantile(values, q).ToString("G3", CultureInfo.InvariantCulture);
                html.Append(values switch { [] => "<td>–</td>", [_] => $"<td>{At(0.5)}</td>", _ => $"<td>{At(0.5)} <small>[{At(0.25)}, {At(0.75)}]</small></td>" });
            }
            html.Append("</tr>\n");
        }
        html.Append("</table></div>\n<p class=\"lead\">Median [quartiles] of the survivors.</p>\n");
    }

    private static void Compared(StringBuilder html, ComparisonTable table)
    {
        html.Append(CultureInfo.InvariantCulture, $"<h2>{Text(table.File)}</h2>\n");
        Head(html, table.Header);
        foreach (var row in table.Rows) html.Append("<tr>").AppendJoin("", row.Select(cell => $"<td>{Text(cell)}</td>")).Append("</tr>\n");
        html.Append(CultureInfo.InvariantCulture, $"</table></div>\n<p class=\"lead\">{Text(table.Legend)}</p>\n");
    }

    private static void Head(StringBuilder html, IEnumerable<string> columns) =>
        html.Append("<div class=\"scroll\"><table>\n<tr>").AppendJoin("", columns.Select(column => $"<th>{Text(column)}</th>")).Append("</tr>\n");

    private static void Details(StringBuilder html, string title, string text) =>
        html.Append(CultureInfo.InvariantCulture, $"<details><summary>{title}</summary>\n<pre>{Text(text)}</pre></details>\n");

    private static void Table(StringBuilder html, Items<UnitResult> results)
    {
        var table = ResultFrames.Summary(results);
        var seedRows = results.Count <= MostSeedRows;
        Head(html, table.Columns.Select(column => column.Name));
        foreach (var row in table.Rows)
        {
            var statistic = !uint.TryParse((string)row[1], NumberStyles.None, CultureInfo.InvariantCulture, out _);
            if (!statistic && !seedRows && results.Count(r => r.Unit.Label == (string)row[0]) > 1) continue;
            html.Append(statistic ? "<tr class=\"statistic\">" : "<tr>");
            foreach (var cell in row)
                html.Append(cell switch
                {
                    null => "<td></td>",
                    double number => $"<td title=\"{Numerics.NumberText.Invariant(number)}\">{number.ToString("G5", CultureInfo.InvariantCulture)}</td>",
                    string word when word is "dead" or "diverged" or "failed" or "stopped" => $"<td class=\"{word}\">{word}</td>",
                    _ => $"<td>{Text(Convert.ToString(cell, CultureInfo.InvariantCulture) ?? "")}</td>",
                });
            html.Append("</tr>\n");
        }
        html.Append("</table></div>\n");
        if (!seedRows) html.Append("<p class=\"lead\">Each seed stands in summary.csv.</p>\n");
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
