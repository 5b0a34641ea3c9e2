using System.Globalization;
using System.Text;
using LargeSteps.Experiments.Results;
using LargeSteps.Figures;
using LargeSteps.Pipelines;
using LargeSteps.Values;

namespace LargeSteps.Experiments.View;

/// <summary>The page of one experiment.</summary>
internal static class ExperimentPage
{
    // Of a longer file the end is shown; the whole can be had below.
    private const int MostLines = 500;

    private const int MostFiles = 500;

    /// <summary>The page.</summary>
    /// <param name="folder">The folder of its results.</param>
    /// <param name="entry">How it is.</param>
    /// <param name="seen">The experiment, or what is wrong with it.</param>
    /// <param name="frame">What the page depends on.</param>
    public static string Of(string folder, ExperimentEntry entry, Outcome<SeenExperiment> seen, ViewPages.Frame frame)
    {
        var html = new StringBuilder();
        html.Append(CultureInfo.InvariantCulture, $"<h1>{HtmlPage.Text(entry.Name)}</h1>\n<p class=\"lead\" id=\"state\">{Lead(entry)}</p>\n");
        AppendNotes(html, entry, frame);
        html.Append(seen.Match(there => Results(folder, entry, there), problems => new StringBuilder("<p>This build cannot read the " +
            "experiment:</p>\n").Append(Pre(string.Join('\n', problems.Map(problem => problem.ToString()))))));
        html.Append("<div id=\"more\">\n");
        Details(html, "Config", Text(Path.Combine(folder, ResultFolder.ExperimentFile)));
        Details(html, "Environment", File.Exists(Path.Combine(folder, ResultFolder.RunFile))
            ? RunInfo.Shown(Path.Combine(folder, ResultFolder.RunFile)) : null);
        Details(html, "Log", Tail(Path.Combine(folder, "log.txt")));
        Files(html, folder, entry);
        html.Append("</div>\n");
        return ViewPages.Of(entry.Name, frame, html, $" / {HtmlPage.Text(entry.Path)}");
    }

    /// <summary>How it is, in a line.</summary>
    public static string Lead(ExperimentEntry entry) => HtmlPage.Text(string.Join("; ", new[]
    {
        ViewPages.Progress(entry),
        entry.Started is { } started ? $"began {ViewPages.Words(started)} UTC" : null,
        entry.Duration is { } duration ? $"took {ViewPages.Words(duration)}{(entry.State == ExperimentState.Running ? " so far" : "")}" : null,
        entry.Alive is { } alive ? FormattableString.Invariant($"{alive} of {entry.Units} survived") : null,
    }.OfType<string>()));

    private static StringBuilder Results(string folder, ExperimentEntry entry, SeenExperiment seen)
    {
        var (html, others) = (new StringBuilder(), Beside(entry, seen.Experiment));
        html.Append(CultureInfo.InvariantCulture, $"<div id=\"charts\" data-source=\"{ViewPages.Address("data", entry.Path)}{others}\" ")
            .Append(CultureInfo.InvariantCulture, $"data-live=\"{ViewPages.Address("events", entry.Path)}{others}\">\n");
        foreach (var figure in seen.Experiment.Figures.OfType<ChartFigure>()) Drawing(html, folder, entry, figure);
        html.Append("</div>\n<h2>At the end of the runs</h2>\n<p class=\"bar\"><label>centre <select class=\"centre\"><option value=\"median\">median [quartiles]</option>" +
            "<option value=\"mean\">mean ± deviation</option></select></label></p>\n<div id=\"ends\">\n");
        EndsHtml.Append(html, seen.Results, seen.StateOf);
        return html.Append("</div>\n<p class=\"lead\">Of the survivors.</p>\n");
    }

    // The folders whose results figures show besides, which are followed as well.
    private static string Beside(ExperimentEntry entry, Experiment experiment)
    {
        var parent = entry.Path.LastIndexOf('/') is > 0 and var at ? entry.Path[..(at + 1)] : "";
        return string.Concat(experiment.Figures.OfType<CurvesFigure>().SelectMany(figure => figure.Results).Distinct()
            .Where(name => name != experiment.Name).Select(name => $"&amp;path={Uri.EscapeDataString(parent + name)}"));
    }

    // Drawn by the program, until a script draws it.
    private static void Drawing(StringBuilder html, string folder, ExperimentEntry entry, ChartFigure figure)
    {
        var name = $"figures/{figure.File}.svg";
        if (!File.Exists(Path.Combine(folder, name))) return;
        html.Append(CultureInfo.InvariantCulture, $"<figure class=\"drawn\" data-drawn=\"{HtmlPage.Text(figure.File)}\">")
            .Append(CultureInfo.InvariantCulture, $"<img src=\"{ViewPages.Address("file", entry.Path, name)}\" alt=\"{HtmlPage.Text(figure.File)}\" loading=\"lazy\"/>")
            .Append(CultureInfo.InvariantCulture, $"<figcaption>{HtmlPage.Text(figure.File)}</figcaption></figure>\n");
    }

    private static void AppendNotes(StringBuilder html, ExperimentEntry entry, ViewPages.Frame frame) =>
        html.Append(entry.NotesProblem is { } wrong
        ? $"<p class=\"failed\">{HtmlPage.Text(wrong)}</p>\n" : NotesOf(entry, frame));

    private static string NotesOf(ExperimentEntry entry, ViewPages.Frame frame) => $"""
        <p>{ViewPages.Tags(entry)}</p>
        <pre class="notes"{(entry.Notes.Text.Length == 0 ? " hidden=\"hidden\"" : "")}>{HtmlPage.Text(entry.Notes.Text)}</pre>
        <details class="edit"><summary>edit notes and tags</summary>
        <form method="post" action="/notes">
        <input type="hidden" name="token" value="{HtmlPage.Text(frame.Token)}"/><input type="hidden" name="path" value="{HtmlPage.Text(entry.Path)}"/>
        <p><label>tags, with commas between them<br/><input name="tags" size="40" value="{HtmlPage.Text(string.Join(", ", entry.Notes.Tags))}"/></label></p>
        <p><label>notes<br/><textarea name="notes" rows="4" cols="60">{HtmlPage.Text("\n" + entry.Notes.Text)}</textarea></label></p>
        <p><button type="submit">keep</button></p>
        </form></details>

        """;

    private static void Files(StringBuilder html, string folder, ExperimentEntry entry)
    {
        string[] names = [.. Directory.EnumerateFiles(folder, "*", new EnumerationOptions
        {
            RecurseSubdirectories = true,
            AttributesToSkip = FileAttributes.Hidden | FileAttributes.ReparsePoint,
        }).Select(file => Path.GetRelativePath(folder, file).Replace('\\', '/'))
            .Where(name => !name.StartsWith("units/", StringComparison.Ordinal) && !name.StartsWith("live/", StringComparison.Ordinal)
                && !name.EndsWith(".tmp", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        var past = names.Where(name => name.StartsWith("history/", StringComparison.Ordinal)).ToArray();
        List(html, "Files", [.. names.Except(past)], folder, entry);
        List(html, "History", past, folder, entry);
    }

    private static void List(StringBuilder html, string title, string[] names, string folder, ExperimentEntry entry)
    {
        if (names.Length == 0) return;
        html.Append(CultureInfo.InvariantCulture, $"<details><summary>{title}</summary>\n<ul class=\"files\">\n");
        foreach (var name in names.Take(MostFiles))
        {
            html.Append(CultureInfo.InvariantCulture, $"<li><a href=\"{ViewPages.Address("file", entry.Path, name)}\">{HtmlPage.Text(name)}</a> ")
                .Append(CultureInfo.InvariantCulture, $"<small>{Size(new FileInfo(Path.Combine(folder, name)).Length)}</small></li>\n");
        }
        html.Append("</ul>\n");
        if (names.Length > MostFiles) html.Append(CultureInfo.InvariantCulture, $"<p class=\"lead\">and {names.Length - MostFiles} more</p>\n");
        html.Append("</details>\n");
    }

    private static string Size(long bytes) => bytes switch
    {
        < 1 << 10 => FormattableString.Invariant($"{bytes} bytes"),
        < 1 << 20 => FormattableString.Invariant($"{bytes / 1024.0:F1} KB"),
        _ => FormattableString.Invariant($"{bytes / 1048576.0:F1} MB"),
    };

    private static void Details(StringBuilder html, string title, string? text)
    {
        if (text is null) return;
        html.Append(CultureInfo.InvariantCulture, $"<details><summary>{title}</summary>\n").Append(Pre(text)).Append("</details>\n");
    }

    // A long line scrolls, and whoever has no mouse must reach it.
    private static string Pre(string text) => $"<pre tabindex=\"0\">{HtmlPage.Text(text)}</pre>\n";

    private static string? Text(string file) => File.Exists(file) ? File.ReadAllText(file) : null;

    private static string? Tail(string file)
    {
        if (!File.Exists(file)) return null;
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream);
        var (lines, all) = (new Queue<string>(), 0);
        for (; reader.ReadLine() is { } line; all++)
        {
            lines.Enqueue(line);
            if (lines.Count > MostLines) lines.Dequeue();
        }
        return (all > MostLines ? FormattableString.Invariant($"… {all - MostLines} lines before\n") : "") + string.Join('\n', lines);
    }
}
