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
        h1 { font-size: 1.5rem; margin: .5rem 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
        p.lead { color: #57606a; margin: 0; }
        figure { margin: 1rem 0; overflow-x: auto; } figure svg { width: 100%; height: auto; min-width: 44rem; display: block; }
        .scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; }
        th, td { padding: .3rem .6rem; text-align: right; border-bottom: 1px solid #d8dee4; white-space: nowrap; }
        th:first-child, td:first-child { text-align: left; position: sticky; left: 0; background: #fff; }
        tr.statistic td { background: #f6f8fa; } .diverged, .failed, .stopped { color: #b35900; }
        pre { background: #f6f8fa; padding: .8rem; overflow-x: auto; font-size: .8rem; }
        """;

    // A table of hundreds of seeds is for summary.csv, not for the eye.
    private const int MostSeedRows = 12;

    /// <summary>The page.</summary>
    /// <param name="experiment">The experiment.</param>
    /// <param name="results">Its results.</param>
    /// <param name="figures">The charts: their names and their SVG.</param>
    /// <param name="environment">The text of run.json; null where it is not known.</param>
    public static string Of(Experiment experiment, Items<UnitResult> results, IReadOnlyList<(string Name, string Svg)> figures, string? environment)
    {
        var html = new StringBuilder();
        html.Append(CultureInfo.InvariantCulture, $"""
            <!doctype html>
            <html lang="en">
            <head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{Text(experiment.Name)} – LargeSteps</title><style>
            {Style}
            </style></head>
            <body>
            <h1>{Text(experiment.Name)}</h1>
            <p class="lead">{Text(Lead(experiment, results))}</p>

            """);
        if (figures.Count > 0) html.Append("<h2>Figures</h2>\n");
        foreach (var (name, svg) in figures)
            html.Append(CultureInfo.InvariantCulture, $"<figure aria-label=\"{Text(name)}\">{Inline(svg)}</figure>\n");
        html.Append("<h2>At the end of the runs</h2>\n");
        Table(html, results);
        html.Append(CultureInfo.InvariantCulture, $"<h2>Experiment</h2>\n<pre>{Text(ExperimentYaml.Write(experiment))}</pre>\n");
        if (environment is not null) html.Append(CultureInfo.InvariantCulture, $"<h2>Environment</h2>\n<pre>{Text(environment)}</pre>\n");
        return html.Append("</body>\n</html>\n").ToString();
    }

    private static string Lead(Experiment experiment, Items<UnitResult> results)
    {
        var survivors = results.Count(r => ResultFrames.Survived(r.Result));
        var steps = results.Sum(r => r.Result.LastIteration);
        return string.Create(CultureInfo.InvariantCulture, $"{experiment.Runs.Count} runs, {results.Count} with their seeds; {survivors} completed. {steps:N0} steps in {results.Sum(r => r.Result.TrainingSeconds):F1} s, measured in {results.Sum(r => r.Result.ProbeSeconds):F1} s.");
    }

    private static void Table(StringBuilder html, Items<UnitResult> results)
    {
        var table = ResultFrames.Summary(results);
        var seedRows = results.Count <= MostSeedRows;
        html.Append("<div class=\"scroll\"><table>\n<tr>");
        foreach (var column in table.Columns) html.Append(CultureInfo.InvariantCulture, $"<th>{Text(column.Name)}</th>");
        html.Append("</tr>\n");
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
                    string word when word is "diverged" or "failed" or "stopped" => $"<td class=\"{word}\">{word}</td>",
                    _ => $"<td>{Text(Convert.ToString(cell, CultureInfo.InvariantCulture) ?? "")}</td>",
                });
            html.Append("</tr>\n");
        }
        html.Append("</table></div>\n");
        if (!seedRows) html.Append("<p class=\"lead\">Each seed stands in summary.csv.</p>\n");
    }

    // The XML declaration belongs to a file, not into a page.
    private static string Inline(string svg) => svg[svg.IndexOf("<svg", StringComparison.Ordinal)..];

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
