using System.Globalization;
using System.Text;
using LargeSteps.Experiments.Results;
using LargeSteps.Figures;
using LargeSteps.Running;
using LargeSteps.Values;

namespace LargeSteps.Experiments.View;

/// <summary>Several experiments, each with the name under which it is compared.</summary>
/// <param name="Parts">The experiments, and where they are.</param>
/// <param name="Runs">The runs that are compared, as <c>EXPERIMENT: RUN</c>; none: all.</param>
internal sealed record Compared(Items<(string Path, string Name, SeenExperiment Seen)> Parts, IReadOnlySet<string> Runs)
{
    // A page of more is none that anybody reads.
    public const int Most = 20;

    /// <summary>Their results as one set, with the words for how units are.</summary>
    public (JoinedResults Joined, Func<UnitResult, string> StateOf) Results()
    {
        var states = new Dictionary<(string Label, uint Seed), string>();
        var joined = new JoinedResults(Parts.Map(part =>
        {
            foreach (var unit in part.Seen.Results)
                states[(JoinedLabel.Of(part.Name, unit.Unit.Label), unit.Unit.Seed)] = part.Seen.StateOf(unit);
            return new NamedResults(part.Name, part.Seen.Experiment, Items.From(part.Seen.Results
                .Where(unit => Shows(JoinedLabel.Of(part.Name, unit.Unit.Label)))));
        }));
        return (joined, unit => states[(unit.Unit.Label, unit.Unit.Seed)]);
    }

    /// <summary>The labels of all their runs.</summary>
    public IEnumerable<string> Labels => Parts.SelectMany(part => part.Seen.Results.Select(unit =>
        JoinedLabel.Of(part.Name, unit.Unit.Label))).Distinct();

    /// <summary>Whether a run is compared.</summary>
    public bool Shows(string label) => Runs.Count == 0 || Runs.Contains(label);

    /// <summary>A panel for each metric, those that all have first; logarithmic where a figure of one of them has it so.</summary>
    public CurvesFigure Figure(JoinedResults joined)
    {
        var figures = Parts.SelectMany(part => part.Seen.Experiment.Figures.OfType<CurvesFigure>()).ToArray();
        string[] metrics = [.. joined.SharedMetrics, .. joined.Metrics.Except(joined.SharedMetrics), Ensemble.Survival];
        var panels = MetricPanels.Of(metrics).WithLogY([.. metrics.Where(metric => figures.Any(f => f.Panels.LogY.Contains(metric)))]);
        return new CurvesFigure("compared", panels, ShowSeeds: false);
    }
}

/// <summary>The page of several experiments beside and over one another.</summary>
internal static class ComparePage
{
    /// <summary>The page.</summary>
    public static string Of(Compared compared, IReadOnlyList<string> problems, ViewPages.Frame frame)
    {
        var (joined, stateOf) = compared.Results();
        var source = "?" + string.Join("&amp;", compared.Parts.Select(part => $"path={Uri.EscapeDataString(part.Path)}")
            .Concat(compared.Runs.Select(run => $"run={Uri.EscapeDataString(run)}")));
        var html = new StringBuilder("<h1>Compared</h1>\n<ul>\n");
        foreach (var (path, name, _) in compared.Parts)
            html.Append(CultureInfo.InvariantCulture, $"<li><a href=\"{ViewPages.Address("experiment", path)}\">{HtmlPage.Text(name)}</a></li>\n");
        html.Append("</ul>\n");
        Choice(html, compared);
        foreach (var problem in problems) html.Append(CultureInfo.InvariantCulture, $"<p class=\"failed\">{HtmlPage.Text(problem)}</p>\n");
        html.Append(CultureInfo.InvariantCulture, $"<div id=\"charts\" data-source=\"/compare-data{source}\" data-live=\"/events{source}\"></div>\n")
            .Append("<h2>At the end of the runs</h2>\n<p class=\"bar\"><label>centre <select class=\"centre\"><option value=\"median\">median [quartiles]</option>" +
                "<option value=\"mean\">mean ± deviation</option></select></label></p>\n<div id=\"ends\">\n");
        EndsHtml.Append(html, joined.All, stateOf);
        html.Append("</div>\n<p class=\"lead\">Of the survivors.</p>\n");
        Differences(html, Items.From(joined.Configs.Where(run => compared.Shows(run.Label))));
        return ViewPages.Of("Compared", frame, html, " / compare");
    }

    private static void Choice(StringBuilder html, Compared compared)
    {
        html.Append("<details class=\"edit\"><summary>choose runs</summary><form method=\"get\" action=\"/compare\">\n");
        foreach (var (path, _, _) in compared.Parts)
            html.Append(CultureInfo.InvariantCulture, $"<input type=\"hidden\" name=\"path\" value=\"{HtmlPage.Text(path)}\"/>");
        foreach (var label in compared.Labels)
        {
            html.Append(CultureInfo.InvariantCulture, $"<p><label><input type=\"checkbox\" name=\"run\" value=\"{HtmlPage.Text(label)}\"")
                .Append(compared.Shows(label) ? " checked=\"checked\"" : "").Append(CultureInfo.InvariantCulture, $"/> {HtmlPage.Text(label)}</label></p>\n");
        }
        html.Append("<p><button type=\"submit\">compare these</button></p></form></details>\n");
    }

    // Of more runs a table has no room for a column each.
    private const int MostRuns = 8;

    // Each key of the runs, of many of their experiments; those in which they do not differ are hidden until they are asked for.
    private static void Differences(StringBuilder html, Items<ConfiguredRun> runs)
    {
        var all = runs.Count > MostRuns ? ConfigDifference.OfExperimentsWithEqual(runs) : ConfigDifference.WithEqual(runs);
        html.Append("<h2>The configs</h2>\n<p class=\"bar\"><label><input type=\"checkbox\" id=\"only-different\" checked=\"checked\"/> only what differs</label></p>\n" +
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"the configs\"><table class=\"differences only-different\">\n<thead><tr><th scope=\"col\">key</th>")
            .AppendJoin("", all.Columns.Select(column => $"<th scope=\"col\">{HtmlPage.Text(column)}</th>")).Append("</tr></thead>\n<tbody>\n");
        foreach (var key in all.Keys)
        {
            html.Append(key.Differs ? "<tr>" : "<tr class=\"same\">")
                .Append(CultureInfo.InvariantCulture, $"<th scope=\"row\"><code>{HtmlPage.Text(key.Path)}</code></th>")
                .AppendJoin("", key.Values.Select(value => $"<td>{HtmlPage.Text(ConfigDifference.Word(value))}</td>")).Append("</tr>\n");
        }
        html.Append("</tbody></table></div>\n");
        if (!all.Keys.Any(key => key.Differs)) html.Append("<p class=\"lead\">They differ in nothing.</p>\n");
        if (runs.Count > MostRuns) html.Append("<p class=\"lead\">Of more than eight runs those of an experiment share a column: choose some above to see each.</p>\n");
    }
}
