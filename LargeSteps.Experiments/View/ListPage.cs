using System.Globalization;
using System.Text;
using LargeSteps.Experiments.Results;

namespace LargeSteps.Experiments.View;

/// <summary>The page of all experiments.</summary>
internal static class ListPage
{
    /// <summary>The page.</summary>
    public static string Of(string root, IReadOnlyList<ExperimentEntry> entries, string stamp, ViewPages.Frame frame)
    {
        var html = new StringBuilder();
        html.Append(CultureInfo.InvariantCulture, $"""
            <h1>Experiments</h1>
            <p class="lead">{HtmlPage.Text(root)}: <span id="count">{entries.Count}</span> of <span id="all">{entries.Count}</span></p>
            <form class="bar" role="search" id="filter">
            <label>find <input type="search" name="q" placeholder="name, tag or note"/></label>
            <label>state <select name="state"><option value="">all</option><option>running</option><option>done</option><option>stopped</option><option>failed</option><option>unreadable</option></select></label>
            </form>
            <form method="get" action="/compare" id="compare">
            <div class="scroll" tabindex="0" role="region" aria-label="experiments"><table class="experiments sortable">
            <thead><tr><td class="word"><span class="hidden">compare</span></td><th scope="col">name</th><th scope="col">state</th><th scope="col">started (UTC)</th><th scope="col">duration</th><th scope="col">survivors</th><th scope="col">tags and notes</th></tr></thead>
            <tbody id="rows" data-stamp="{stamp}">

            """);
        html.Append(Rows(entries)).Append("""
            </tbody></table></div>
            <p class="bar"><button type="submit">compare those that are ticked</button></p>
            </form>

            """);
        html.Append(CultureInfo.InvariantCulture, $"<p id=\"none\"{(entries.Count > 0 ? " hidden=\"hidden\"" : "")}>")
            .Append("There are no results here: a folder of results has an <code>experiment.yaml</code>.</p>\n");
        return ViewPages.Of("Experiments", frame, html);
    }

    /// <summary>The rows alone, which a page that stays open puts in place of its own.</summary>
    public static StringBuilder Rows(IReadOnlyList<ExperimentEntry> entries)
    {
        var html = new StringBuilder();
        foreach (var entry in entries)
        {
            var (path, started) = (HtmlPage.Text(entry.Path), entry.Started?.ToUnixTimeSeconds() ?? 0);
            html.Append(CultureInfo.InvariantCulture, $"""
                <tr data-path="{path}" data-state="{entry.Word}"><td><input type="checkbox" name="path" value="{path}" aria-label="compare {HtmlPage.Text(entry.Name)}"/></td>
                """)
                .Append(CultureInfo.InvariantCulture, $"<th scope=\"row\"><a href=\"{ViewPages.Address("experiment", entry.Path)}\">{HtmlPage.Text(entry.Name)}</a>")
                .Append(FolderOf(entry)).Append("</th>")
                .Append(CultureInfo.InvariantCulture, $"<td class=\"word {entry.Word}\" data-value=\"{entry.Word}\">{ViewPages.Progress(entry)}</td>")
                .Append(CultureInfo.InvariantCulture, $"<td data-value=\"{started}\">{(entry.Started is { } time ? ViewPages.Words(time) : "")}</td>")
                .Append(CultureInfo.InvariantCulture, $"<td data-value=\"{entry.Duration?.TotalSeconds ?? -1}\">{(entry.Duration is { } span ? ViewPages.Words(span) : "")}</td>")
                .Append(CultureInfo.InvariantCulture, $"<td data-value=\"{(entry.Units > 0 ? entry.Alive / (double)entry.Units : null) ?? -1}\">{(entry.Alive is { } alive ? FormattableString.Invariant($"{alive}/{entry.Units}") : "")}</td>")
                .Append(CultureInfo.InvariantCulture, $"<td class=\"word notes\" data-notes=\"{HtmlPage.Text(entry.Notes.Text)}\" data-tags=\"{HtmlPage.Text(string.Join(", ", entry.Notes.Tags))}\"")
                .Append(entry.NotesProblem is null ? ">" : " data-problem=\"true\">").Append(HtmlPage.Text(entry.NotesProblem ?? ""))
                .Append(ViewPages.Tags(entry)).Append(HtmlPage.Text(entry.Notes.Text.Split('\n')[0])).Append("</td></tr>\n");
        }
        return html;
    }

    private static string FolderOf(ExperimentEntry entry) => entry.Path.LastIndexOf('/') is > 0 and var at
        ? $" <small>in {HtmlPage.Text(entry.Path[..at])}</small>" : "";
}
