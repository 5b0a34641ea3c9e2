using System.Globalization;
using System.Net;
using System.Text;

namespace LargeSteps.Experiments.Results;

/// <summary>The frame of a self-contained page: no network, no script, readable on a phone.</summary>
internal static class HtmlPage
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
        td.agrees { background: #dafbe1; color: #116329; } td.misses { background: #ffcecb; color: #82071e; font-weight: 600; } td.not_judged { background: #f6f8fa; color: #57606a; }
        td.word { text-align: left; } code { background: #f6f8fa; padding: 0 .2rem; overflow-wrap: anywhere; }
        details { margin-top: 1.5rem; } summary { font-weight: 600; cursor: pointer; }
        pre { background: #f6f8fa; padding: .8rem; overflow-x: auto; font-size: .8rem; }
        """;

    /// <summary>What ends a table.</summary>
    public const string EndTable = "</table></div>\n";

    /// <summary>A page up to its heading and the sentence below it, both without markup.</summary>
    // The page is XML too: whatever reads XML can read it, and a tag that is not closed is found.
    public static StringBuilder Begin(string title, string lead) => new StringBuilder().Append(CultureInfo.InvariantCulture, $"""
        <!DOCTYPE html>
        <html lang="en">
        <head><meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/>
        <title>{Text(title)} – LargeSteps</title><style>
        {Style}
        </style></head>
        <body>
        <h1>{Text(title)}</h1>
        <p class="lead">{Text(lead)}</p>

        """);

    /// <summary>The whole page.</summary>
    public static string End(StringBuilder html) => html.Append("</body>\n</html>\n").ToString();

    /// <summary>A table up to its heads.</summary>
    public static void BeginTable(StringBuilder html, IEnumerable<string> columns) =>
        html.Append("<div class=\"scroll\"><table>\n<tr>").AppendJoin("", columns.Select(column => $"<th>{Text(column)}</th>"))
            .Append("</tr>\n");

    /// <summary>A text as it stands in a page.</summary>
    public static string Text(string text) => WebUtility.HtmlEncode(text);
}
