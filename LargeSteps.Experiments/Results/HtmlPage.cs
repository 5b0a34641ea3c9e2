using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace LargeSteps.Experiments.Results;

/// <summary>The frame of a self-contained page: no network, readable on a phone and without script, by day and by night.</summary>
internal static class HtmlPage
{
    /// <summary>What ends a table.</summary>
    public const string EndTable = "</table></div>\n";

    /// <summary>A page up to its heading and the sentence below it, both without markup.</summary>
    // The page is XML too: whatever reads XML can read it, and a tag that is not closed is found.
    public static StringBuilder Begin(string title, string lead) => new StringBuilder().Append(CultureInfo.InvariantCulture, $"""
        <!DOCTYPE html>
        <html lang="en">
        <head><meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/>
        <title>{Text(title)} – LargeSteps</title><style>
        {WebAssets.Text("page.css")}</style></head>
        <body>
        <main>
        <h1>{Text(title)}</h1>
        <p class="lead">{Text(lead)}</p>

        """);

    /// <summary>The whole page.</summary>
    public static string End(StringBuilder html) => html.Append("</main>\n</body>\n</html>\n").ToString();

    /// <summary>The whole page, whose charts a script draws of some numbers.</summary>
    public static string End(StringBuilder html, JsonObject charts) => End(html.Append(CultureInfo.InvariantCulture, $"""
        <style>{WebAssets.Text("uPlot.min.css")}</style>
        <script type="application/json" id="chart-data">{charts.ToJsonString()}</script>
        {Script("uPlot.iife.min.js")}
        {Script("base.js")}
        {Script("pictures.js")}
        {Script("charts.js")}

        """));

    // What is JavaScript to a browser is a comment and a text to whatever reads XML.
    private static string Script(string name) => $"<script>//<![CDATA[\n{WebAssets.Text(name)}\n//]]></script>";

    /// <summary>A table up to its heads.</summary>
    public static void BeginTable(StringBuilder html, IEnumerable<string> columns) =>
        html.Append("<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"table\"><table>\n<tr>")
            .AppendJoin("", columns.Select(column => $"<th>{Text(column)}</th>"))
            .Append("</tr>\n");

    /// <summary>A text as it stands in a page.</summary>
    public static string Text(string text) => WebUtility.HtmlEncode(text);
}
