using System.Globalization;
using System.Text;
using LargeSteps.Experiments.Results;

namespace LargeSteps.Experiments.View;

/// <summary>What every page of the view has: its frame, and words for times.</summary>
internal static class ViewPages
{
    /// <summary>What answers depend on: the nonce of the page's scripts, the token of its forms.</summary>
    /// <param name="Nonce">What the page's policy allows.</param>
    /// <param name="Token">What a form sends back.</param>
    public sealed record Frame(string Nonce, string Token);

    /// <summary>A page.</summary>
    /// <param name="title">Its title.</param>
    /// <param name="frame">What it depends on.</param>
    /// <param name="main">Its content.</param>
    /// <param name="here">Words for the way back, as HTML; empty on the first page.</param>
    public static string Of(string title, Frame frame, StringBuilder main, string here = "") => $"""
        <!DOCTYPE html>
        <html lang="en">
        <head><meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/>
        <title>{HtmlPage.Text(title)} – LargeSteps</title>
        <link rel="icon" href="data:,"/>
        <link rel="stylesheet" href="/assets/page.css"/><link rel="stylesheet" href="/assets/uPlot.min.css"/><link rel="stylesheet" href="/assets/view.css"/>
        </head>
        <body data-token="{HtmlPage.Text(frame.Token)}">
        <header><nav aria-label="pages"><a href="/">experiments</a>{here}</nav></header>
        <main>
        {main}</main>
        <script nonce="{frame.Nonce}" src="/assets/uPlot.iife.min.js"></script>
        <script nonce="{frame.Nonce}" src="/assets/base.js"></script>
        <script nonce="{frame.Nonce}" src="/assets/pictures.js"></script>
        <script nonce="{frame.Nonce}" src="/assets/charts.js"></script>
        <script nonce="{frame.Nonce}" src="/assets/view.js"></script>
        </body>
        </html>

        """;

    /// <summary>A page that says what is wrong.</summary>
    public static string Problem(string what, Frame frame) => Of("not there", frame,
        new StringBuilder($"<h1>{HtmlPage.Text(what)}</h1>\n<p><a href=\"/\">All experiments</a></p>\n"));

    /// <summary>The address of a page or file about a folder of results.</summary>
    public static string Address(string page, string path, string? name = null) => $"/{page}?path={Uri.EscapeDataString(path)}" +
        (name is null ? "" : $"&amp;name={Uri.EscapeDataString(name)}");

    /// <summary>A time span in a word or two.</summary>
    public static string Words(TimeSpan span) => span switch
    {
        { TotalSeconds: < 10 } => span.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) + " s",
        { TotalMinutes: < 2 } => span.TotalSeconds.ToString("0", CultureInfo.InvariantCulture) + " s",
        { TotalHours: < 2 } => span.TotalMinutes.ToString("0", CultureInfo.InvariantCulture) + " min",
        { TotalDays: < 2 } => span.TotalHours.ToString("0.#", CultureInfo.InvariantCulture) + " h",
        _ => span.TotalDays.ToString("0.#", CultureInfo.InvariantCulture) + " days",
    };

    /// <summary>A moment, in UTC.</summary>
    public static string Words(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    /// <summary>How far an experiment is.</summary>
    public static string Progress(ExperimentEntry entry) => entry.State switch
    {
        ExperimentState.Done => string.Create(CultureInfo.InvariantCulture, $"done, {entry.Done:N0} {(entry.Done == 1 ? "unit" : "units")}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{entry.Word} {entry.Done:N0}/{entry.Units?.ToString("N0", CultureInfo.InvariantCulture) ?? "?"}")
            + (entry.IsRunUnreadable ? ", run.json cannot be read: gather makes it again"
                : entry is { State: ExperimentState.Stopped } && entry.Done == entry.Units ? ", no tables: gather makes them" : "")
            + (entry.Remaining is { } left ? $", about {Words(left)} to go" : ""),
    };

    /// <summary>Tags, each in its frame.</summary>
    public static string Tags(ExperimentEntry entry) =>
        string.Concat(entry.Notes.Tags.Select(tag => $"<span class=\"tag\">{HtmlPage.Text(tag)}</span> "));
}
