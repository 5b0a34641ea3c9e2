using System.Globalization;
using System.Text;

namespace LargeSteps.Experiments.Results;

/// <summary>A table of texts: for the console, for documents and for reports.</summary>
/// <param name="Title">What it is called, and the name of its file, without ending.</param>
/// <param name="Header">The heads of its columns.</param>
/// <param name="Rows">Its rows, as long as the header.</param>
/// <param name="Legend">What is to be known of it; empty: nothing.</param>
internal sealed record TextTable(string Title, string[] Header, IReadOnlyList<string[]> Rows, string Legend)
{
    /// <summary>The table in Markdown.</summary>
    public string Markdown()
    {
        var text = new StringBuilder();
        foreach (var row in (string[][])[Header, [.. Header.Select(_ => "---")], .. Rows])
            text.Append("| ").AppendJoin(" | ", row.Select(Escaped)).Append(" |\n");
        return Legend.Length == 0 ? text.ToString() : text.Append(CultureInfo.InvariantCulture, $"\n{Legend}\n").ToString();
    }

    // Labels are texts: no mark-up of Markdown, and no tags of HTML.
    private static string Escaped(string cell) => string.Concat(cell.Select(c => c switch
    {
        '&' => "&amp;",
        '<' => "&lt;",
        '>' => "&gt;",
        '|' or '\\' or '`' or '*' or '[' or ']' => $"\\{c}",
        _ => c.ToString(),
    }));
}
