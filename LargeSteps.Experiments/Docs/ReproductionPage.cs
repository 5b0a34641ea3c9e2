using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using LargeSteps.Experiments.Results;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Docs;

/// <summary>The published numbers beside ours, as pages: functions of the comparisons alone.</summary>
/// <param name="Text">What stands above the tables, in Markdown without links and lists.</param>
/// <param name="Command">The command that makes it.</param>
/// <param name="Comparisons">The experiments, in the order of the page.</param>
internal sealed partial record ReproductionPage(string Text, string Command, Items<PublishedComparison> Comparisons)
{
    private const string SingleTitle = "Single seeds, at the last measurement where no step is named",
        SeedsTitle = "Over seeds, mean ± standard deviation of the survivors",
        ClaimsTitle = "Over runs, means of the survivors, and of maps";

    private static readonly Items<string> Columns = ["run", "class", "number", "published", "ours", "asked", "agreement", "verdict"];

    /// <summary>The numbers that should reproduce and do not.</summary>
    public IEnumerable<(string Experiment, ComparedNumber Number)> Misses =>
        Comparisons.SelectMany(c => c.Numbers
            .Where(n => n is { MustReproduce: true, Agreement.Verdict: Verdict.Misses }).Select(n => (c.Experiment.Config, n)));

    /// <summary>A line about an experiment for a terminal.</summary>
    public static string Line(PublishedComparison comparison) => comparison.Missing is { } missing
        ? $"{comparison.Experiment.Config}: not run, missing: {missing}"
        : $"{comparison.Experiment.Config}: " +
            $"{string.Join(", ", Counts(comparison).Append(Failing(comparison)).Where(part => part.Length > 0))}";

    /// <summary>The page as docs/reproduction.md. Numbers and their order depend on nothing but the comparisons.</summary>
    public string Markdown()
    {
        var text = new StringBuilder();
        Line($"<!-- Made by `{Command}` from docs/published.yaml and the results of the runs: an edit here is lost. -->");
        Line("# Reproduction");
        Line("");
        Line(Text.Trim());
        Line("");
        Line(Verdicts());
        Line("");
        Rows(["experiment", "numbers", "other than asked"], Run.Select(comparison => (string[])[
            $"[{comparison.Experiment.Config}](#{comparison.Experiment.Config})", string.Join(", ", Counts(comparison)),
                Strong(Failing(comparison))]));
        foreach (var comparison in Run) Section("##", comparison);
        if (NotRun.Count > 0)
        {
            Line("## Not run");
            Line("");
            Line(NotRunText);
            Line("");
            Rows(["experiment", "missing", "command"],
                NotRun.Select(comparison => (string[])[comparison.Experiment.Config, comparison.Missing!, $"`{CommandOf(comparison)}`"]));
            foreach (var comparison in NotRun.Where(comparison => comparison.Numbers.Any())) Section("###", comparison);
        }
        return text.ToString().TrimEnd('\n') + "\n";

        void Line(string line) => text.Append(line).Append('\n');

        void Section(string level, PublishedComparison comparison)
        {
            Line($"{level} {comparison.Experiment.Config}");
            Line("");
            Line(comparison.Experiment.Text.Trim());
            Line("");
            Table(SingleTitle, comparison.Single);
            Table(SeedsTitle, comparison.OverSeeds);
            Table(ClaimsTitle, comparison.Claims);
        }

        void Table(string title, Items<ComparedNumber> numbers)
        {
            if (numbers.Count == 0) return;
            Line($"{title}:");
            Line("");
            Rows(Columns, Cells(numbers).Select(row => (string[])[
                row.Run, row.Class, $"`{row.Number.Number}`", row.Number.Published, row.Number.Ours, row.Number.Asked,
                    row.Number.Agreement.Text, Verdicted(row.Number)]));
        }

        void Rows(IReadOnlyList<string> columns, IEnumerable<string[]> rows)
        {
            Line($"| {string.Join(" | ", columns)} |");
            Line($"|{string.Concat(columns.Select(_ => "---|"))}");
            foreach (var row in rows)
            {
                Line(
                $"|{string.Concat(row.Select(cell => cell.Length == 0 ? " |" : $" {cell.Replace("|", "\\|", StringComparison.Ordinal)} |"))}");
            }

            Line("");
        }

        static string Verdicted(ComparedNumber number) => number.Agreement.Verdict == Verdict.Misses ? Strong(number.Word) : number.Word;

        static string Strong(string words) => words.Length == 0 ? "" : $"**{words}**";
    }

    /// <summary>The page as a self-contained HTML file: verdicts are words on green, red and grey.</summary>
    /// <param name="lead">What is to be known of the making: how long it took.</param>
    public string Html(string lead)
    {
        var html = HtmlPage.Begin("Reproduction", lead);
        Paragraphs(Text);
        Paragraphs(Verdicts());
        Rows(["experiment", "numbers", "other than asked"], Run.Select(comparison => (string[])[
            $"<td>{HtmlPage.Text(comparison.Experiment.Config)}</td>",
            $"<td class=\"word\">{HtmlPage.Text(string.Join(", ", Counts(comparison)))}</td>",
            Failing(comparison) is { Length: > 0 } failing ? $"<td class=\"misses\">{failing}</td>" : "<td></td>"]));
        foreach (var comparison in Run) Section(comparison);
        if (NotRun.Count > 0)
        {
            html.Append("<h2>Not run</h2>\n");
            Paragraphs(NotRunText);
            Rows(["experiment", "missing", "command"], NotRun.Select(comparison => (string[])[
                $"<td>{HtmlPage.Text(comparison.Experiment.Config)}</td>", $"<td class=\"word\">{HtmlPage.Text(comparison.Missing!)}</td>",
                $"<td class=\"word\"><code>{HtmlPage.Text(CommandOf(comparison))}</code></td>"]));
            foreach (var comparison in NotRun.Where(comparison => comparison.Numbers.Any())) Section(comparison);
        }
        return HtmlPage.End(html);

        void Section(PublishedComparison comparison)
        {
            html.Append(CultureInfo.InvariantCulture, $"<h2>{HtmlPage.Text(comparison.Experiment.Config)}</h2>\n");
            Paragraphs(comparison.Experiment.Text);
            foreach (var (title, numbers) in ((string, Items<ComparedNumber>)[])[(SingleTitle, comparison.Single),
                (SeedsTitle, comparison.OverSeeds), (ClaimsTitle, comparison.Claims)])
            {
                if (numbers.Count == 0) continue;
                Paragraphs($"{title}:");
                // A phone shows three columns at once: the verdict stands among them, and the class below the run.
                Rows(["run", "number", "verdict", "published", "ours", "asked", "agreement"], Cells(numbers).Select(row => (string[])[
                    $"<td>{HtmlPage.Text(row.Run)}{(row.Class.Length > 0 ? $"<br/><small>{row.Class}</small>" : "")}</td>",
                    $"<td class=\"word\"><code>{HtmlPage.Text(row.Number.Number)}</code></td>",
                    $"<td class=\"{ClassOf(row.Number.Agreement.Verdict)}\">{row.Number.Word}</td>",
                    .. ((string[])[row.Number.Published, row.Number.Ours, row.Number.Asked, row.Number.Agreement.Text]).Select(cell =>
                    $"<td>{HtmlPage.Text(cell)}</td>")]));
            }
        }

        void Paragraphs(string markdown)
        {
            foreach (var paragraph in markdown.Trim().Split("\n\n"))
                html.Append(CultureInfo.InvariantCulture, $"<p>{Code().Replace(HtmlPage.Text(paragraph), "<code>$1</code>")}</p>\n");
        }

        void Rows(IEnumerable<string> columns, IEnumerable<string[]> rows)
        {
            HtmlPage.BeginTable(html, columns);
            foreach (var row in rows) html.Append("<tr>").AppendJoin("", row).Append("</tr>\n");
            html.Append(HtmlPage.EndTable);
        }
    }

    private const string NotRunText = "Once an experiment has been run by its command, the next `reproduce` shows its numbers here, as " +
        "of all results that are there.";

    private Items<PublishedComparison> Run => Items.From(Comparisons.Where(comparison => comparison.Missing is null));

    private Items<PublishedComparison> NotRun => Items.From(Comparisons.Where(comparison => comparison.Missing is not null));

    // What is asked of the program at all: how much of what should reproduce does.
    private string Verdicts()
    {
        var must = Comparisons.SelectMany(c => c.Numbers).Where(n => n.MustReproduce && n.Agreement.Verdict != Verdict.NotJudged).ToArray();
        var others = Comparisons.SelectMany(c => c.Numbers).Where(n => !n.MustReproduce && n.Agreement.Verdict != Verdict.NotJudged)
            .ToArray();
        return string.Create(CultureInfo.InvariantCulture,
            $"{Agreeing(must)} of {must.Length} numbers of runs that reproduce agree, and {Agreeing(others)} of {others.Length} others " +
            $"that can be judged.");
    }

    private static int Agreeing(IEnumerable<ComparedNumber> numbers) => numbers.Count(n => n.Agreement.Verdict == Verdict.Agrees);

    private static IEnumerable<string> Counts(PublishedComparison comparison) => comparison.Numbers
        .Where(n => n.Agreement.Verdict != Verdict.Misses).GroupBy(n => n.Word)
        .Select(same => FormattableString.Invariant($"{same.Count()} {(same.Key == "agrees" ? "agree" : same.Key)}"));

    private static string Failing(PublishedComparison comparison) => string.Join(", ", comparison.Numbers
        .Where(n => n.Agreement.Verdict == Verdict.Misses).GroupBy(n => n.Word)
        .Select(same => FormattableString.Invariant(
        $"{same.Count()} {(same.Count() == 1 ? same.Key : same.Key == "misses" ? "miss" : "fall short")}")));

    // The run stands once in front of its numbers.
    private static IEnumerable<(string Run, string Class, ComparedNumber Number)> Cells(Items<ComparedNumber> numbers) =>
        numbers.Select((number, i) => i > 0 && numbers[i - 1].Run == number.Run ? ("", "", number)
            : (number.Run, number.Class.Words, number));

    private static string CommandOf(PublishedComparison comparison) => "dotnet LargeSteps.Experiments.dll "
        + (comparison.NeedsDevice ? $"configs/{comparison.Experiment.Config}.yaml --device cuda"
        : $"reproduce --only {comparison.Experiment.Config}");

    private static string ClassOf(Verdict verdict) => verdict switch
    {
        Verdict.Agrees => "agrees",
        Verdict.Misses => "misses",
        _ =>
        "not_judged"
    };

    [GeneratedRegex("`([^`]*)`")]
    private static partial Regex Code();
}
