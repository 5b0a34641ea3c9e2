using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using LargeSteps.Configuration;
using LargeSteps.Experiments.Charts;
using LargeSteps.Figures;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Results;

/// <summary>A chart of a report.</summary>
/// <param name="Figure">The figure.</param>
/// <param name="Chart">What is drawn of it.</param>
internal sealed record ReportFigure(ChartFigure Figure, Chart Chart)
{
    /// <summary>The results of other folders that it shows; null: it shows those of the report.</summary>
    public Items<UnitResult>? Others { get; init; }
}

/// <summary>One self-contained page about an experiment: no network, readable on a phone and without script.</summary>
internal static class HtmlReport
{
    // A table of hundreds of seeds is for summary.csv, not for the eye.
    private const int MostSeedRows = 12;

    // The characters that all drawings together may have as outlines, of longer ones the page has pictures; and those of their numbers.
    // With all else the page has less than 2 MB.
    private const int MostOfDrawing = 500_000, MostOfCharts = 1_000_000;

    // The table says it as well.
    private const int MostSurvivals = 8;

    /// <summary>The page.</summary>
    /// <param name="experiment">The experiment.</param>
    /// <param name="results">Its results.</param>
    /// <param name="figures">The charts.</param>
    /// <param name="tables">The tables that it asks for.</param>
    /// <param name="environment">The text of run.json; null where it is not known.</param>
    public static string Of(Experiment experiment, Items<UnitResult> results, IReadOnlyList<ReportFigure> figures,
        IReadOnlyList<ComparisonTable> tables, string? environment) => Of(experiment.Name, results, figures,
            [.. tables.Select(table => table.Text)],
            [("Experiment", ExperimentYaml.Write(experiment)), .. environment is null ? [] : new[] { ("Environment", environment) }]);

    /// <summary>The page of any results.</summary>
    /// <param name="title">Its heading.</param>
    /// <param name="results">The results.</param>
    /// <param name="figures">The charts.</param>
    /// <param name="tables">The tables that it has besides.</param>
    /// <param name="details">Long texts with their headings, folded up at the end.</param>
    public static string Of(string title, Items<UnitResult> results, IReadOnlyList<ReportFigure> figures,
        IReadOnlyList<TextTable> tables, IReadOnlyList<(string Title, string Text)> details)
    {
        var html = HtmlPage.Begin(title, Lead(results));
        var seeds = results.GroupBy(r => r.Unit.Label).Any(run => run.Count() > 1);
        if (seeds) Survivals(html, results);
        foreach (var figure in figures)
        {
            var parts = ChartRenderer.Parts(figure.Chart, figure.Figure.File, MostOfDrawing / figures.Count);
            var name = HtmlPage.Text(figure.Figure.File);
            html.Append(CultureInfo.InvariantCulture,
                $"<figure aria-label=\"{name}\" data-figure=\"{name}\">\n<div class=\"still\" " +
                $"style=\"--columns: {Columns(parts.Count - 1)}\">\n{string.Concat(parts)}</div>\n" +
                $"<div class=\"interactive\"></div><figcaption>{HtmlPage.Text(Caption.Of(figure.Figure.File, figure.Chart))}</figcaption>\n</figure>\n");
        }

        foreach (var table in tables) Compared(html, table);
        html.Append("<h2>At the end of the runs</h2>\n");
        if (seeds) Medians(html, results);
        if (seeds) html.Append("<details><summary>All statistics</summary>\n");
        Table(html, results);
        if (seeds) html.Append("</details>\n");
        foreach (var (heading, text) in details) Details(html, heading, text);
        var charts = ChartsOf(figures, results);
        return PageCharts.IsEmpty(charts) ? HtmlPage.End(html) : HtmlPage.End(html, charts);
    }

    // Those that show the same results share their numbers.
    private static JsonObject ChartsOf(IReadOnlyList<ReportFigure> figures, Items<UnitResult> results)
    {
        var curves = figures.Where(figure => figure.Figure is CurvesFigure).ToArray();
        CurvesFigure[] own = [.. curves.Where(figure => figure.Others is null).Select(figure => (CurvesFigure)figure.Figure)];
        return PageCharts.Of(
            [.. own.Length == 0 ? [] : (ShownCurves[])[new(own, results)],
                .. curves.Where(figure => figure.Others is not null)
                    .Select(figure => new ShownCurves([(CurvesFigure)figure.Figure], figure.Others!))],
            [.. figures.Where(figure => figure.Figure is not CurvesFigure).Select(figure => (figure.Figure.File, figure.Chart))],
            MostOfCharts);
    }

    private static string Lead(Items<UnitResult> results)
    {
        var runs = results.DistinctBy(r => r.Unit.Label).Count();
        int Ended(Func<RunEnd, bool> so) => results.Count(r => so(r.AtEnd.End));
        var ends = string.Concat(new[] { (Ended(end => end == RunEnd.Dead), "dead"), (Ended(end => end.IsStopped), "stopped") }
            .Where(some => some.Item1 > 0).Select(some => FormattableString.Invariant($", {some.Item1:N0} {some.Item2}")));
        var (steps, training, probing) = (results.Sum(r => r.AtEnd.LastIteration), results.Sum(r => r.AtEnd.TrainingSeconds),
            results.Sum(r => r.AtEnd.ProbeSeconds));
        return string.Create(CultureInfo.InvariantCulture, $"{runs:N0} {(runs == 1 ? "run" : "runs")}, {results.Count:N0} with their " +
            $"seeds: {results.Count(r => ResultFrames.Survived(r.AtEnd)):N0} survived{ends}.\n{steps:N0} steps in {training:N1} s, " +
            $"measured in {probing:N1} s.");
    }

    private static void Survivals(StringBuilder html, Items<UnitResult> results)
    {
        var runs = results.GroupBy(r => r.Unit.Label).ToArray();
        if (runs.Length > MostSurvivals) return;
        html.Append("<ul>\n");
        foreach (var run in runs)
        {
            html.Append(CultureInfo.InvariantCulture,
                $"<li>{HtmlPage.Text(run.Key)}: {Fates(Survival.Of(run.Select(r => r.AtEnd)))}</li>\n");
        }

        html.Append("</ul>\n");
    }

    private static string Fates(Survival seeds) =>
        FormattableString.Invariant($"{seeds.Alive} of {seeds.Total} seeds survived")
        + string.Concat(new[] { (seeds.Dead, "dead"), (seeds.Diverged, "diverged"), (seeds.Stopped, "stopped"), (seeds.Failed, "failed") }
            .Where(some => some.Item1 > 0).Select(some => FormattableString.Invariant($", {some.Item1} {some.Item2}")));

    // Three in a row, but four as two and two.
    private static int Columns(int panels) => panels == 4 ? 2 : Math.Clamp(panels, 1, 3);

    private static void Medians(StringBuilder html, Items<UnitResult> results)
    {
        var table = EndsTable.Of(results);
        HtmlPage.BeginTable(html, table.Header);
        foreach (var row in table.Rows)
        {
            html.Append("<tr>").AppendJoin("", row.Select((cell, i) => $"<td>{(i > 1 ? Spread(cell) : HtmlPage.Text(cell))}</td>"))
                .Append("</tr>\n");
        }
        html.Append(CultureInfo.InvariantCulture, $"{HtmlPage.EndTable}<p class=\"lead\">{table.Legend}</p>\n");
    }

    // A spread is smaller than what it is the spread of.
    private static string Spread(string cell) => HtmlPage.Text(cell).Replace(" [", " <small>[", StringComparison.Ordinal)
        .Replace("]", "]</small>", StringComparison.Ordinal);

    private static void Compared(StringBuilder html, TextTable table)
    {
        html.Append(CultureInfo.InvariantCulture, $"<h2>{HtmlPage.Text(table.Title)}</h2>\n");
        HtmlPage.BeginTable(html, table.Header);
        foreach (var row in table.Rows)
        {
            html.Append("<tr>").AppendJoin("", row.Select(cell => $"<td>{HtmlPage.Text(cell)}</td>"))
            .Append("</tr>\n");
        }

        html.Append(CultureInfo.InvariantCulture, $"{HtmlPage.EndTable}<p class=\"lead\">{HtmlPage.Text(table.Legend)}</p>\n");
    }

    private static void Details(StringBuilder html, string title, string text) =>
        html.Append(CultureInfo.InvariantCulture,
            $"<details><summary>{HtmlPage.Text(title)}</summary>\n<pre tabindex=\"0\">{HtmlPage.Text(text)}</pre></details>\n");

    private static void Table(StringBuilder html, Items<UnitResult> results)
    {
        var seedRows = results.Count <= MostSeedRows;
        var table = ResultFrames.Summary(results, seedRows);
        HtmlPage.BeginTable(html, table.Columns.Select(column => column.Name));
        foreach (var row in table.Rows)
        {
            var statistic = !uint.TryParse((string)row[1], NumberStyles.None, CultureInfo.InvariantCulture, out _);
            html.Append(statistic ? "<tr class=\"statistic\">" : "<tr>");
            foreach (var cell in row)
            {
                html.Append(cell switch
                {
                    null => "<td></td>",
                    double number =>
                        $"<td title=\"{NumberText.Invariant(number)}\">{number.ToString("G5", CultureInfo.InvariantCulture)}</td>",
                    string word when word is "dead" or "diverged" or "failed" or "stopped" => $"<td class=\"{word}\">{word}</td>",
                    _ => $"<td>{HtmlPage.Text(Convert.ToString(cell, CultureInfo.InvariantCulture) ?? "")}</td>",
                });
            }

            html.Append("</tr>\n");
        }
        html.Append(HtmlPage.EndTable);
        if (!seedRows) html.Append("<p class=\"lead\">Each seed stands in summary.csv.</p>\n");
    }
}
