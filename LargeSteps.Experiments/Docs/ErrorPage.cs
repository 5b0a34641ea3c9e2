using System.Globalization;
using System.Text;

namespace LargeSteps.Experiments.Docs;

/// <summary>The error codes as a page in Markdown.</summary>
internal static class ErrorPage
{
    private const string Introduction = """
        # Error codes

        What is wrong is told in one line, with the file, the line and the column where there are some:
        `my_experiment.yaml(5,47): error LS0105: …`. The code stays the same whatever the words are. `explain LS0105` tells on the command
        line what stands here, and `explain` lists all codes; this page is what `explain --markdown` writes.

        Lines of a config are shown as a difference: those with `-` have the code, those with `+` stand in their place.

        """;

    /// <summary>The page, lines ended by \n.</summary>
    public static string Text()
    {
        var text = new StringBuilder(Introduction.ReplaceLineEndings("\n"));
        foreach (var group in ErrorCodes.Groups)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## LS{group.Number:00}: {group.Title}\n");
            foreach (var code in group.Codes)
            {
                // The heading is the code alone: links to it last.
                text.Append(CultureInfo.InvariantCulture,
                    $"\n### {code.Code}\n\n**{Capital(code.Title)}.** {code.Meaning}\n\n{code.Remedy}\n");
                if (code.Example.Any()) text.Append(CultureInfo.InvariantCulture, $"\n```diff\n{string.Join('\n', code.Example)}\n```\n");
            }
        }
        return text.ToString();
    }

    private static string Capital(string title) => char.ToUpperInvariant(title[0]) + title[1..];
}
