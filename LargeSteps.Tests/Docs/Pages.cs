namespace LargeSteps.Tests.Docs;

/// <summary>A piece of text in a file.</summary>
/// <param name="File">The name of the file.</param>
/// <param name="Line">Its first line, counted from 1.</param>
/// <param name="Text">The text without common indentation, lines ended by \n.</param>
internal sealed record Excerpt(string File, int Line, string Text)
{
    public string Place => FormattableString.Invariant($"{File}({Line})");

    /// <summary>The lines from one on, without the indentation that they share.</summary>
    public static Excerpt Of(string file, int line, IReadOnlyList<string> lines)
    {
        var indentation = lines.Where(l => !string.IsNullOrWhiteSpace(l)).Select(l => l.Length - l.TrimStart().Length).DefaultIfEmpty(0)
            .Min();
        return new(file, line, string.Join('\n', lines.Select(l => string.IsNullOrWhiteSpace(l) ? "" : l[indentation..].TrimEnd()))
            .Trim('\n'));
    }
}

/// <summary>A code block of a page.</summary>
/// <param name="Language">What stands behind the backticks: <c>csharp</c>, <c>yaml fragment</c>.</param>
/// <param name="Code">The block.</param>
internal sealed record Fence(string Language, Excerpt Code);

/// <summary>
/// What the pages of docs/ promise: C# and F# blocks are excerpts of tests, which stand there between the lines <c>// &lt;doc&gt;</c> and
/// <c>// &lt;/doc&gt;</c>; YAML blocks are experiments, unless they are marked as <c>yaml fragment</c>.
/// </summary>
internal static class Pages
{
    /// <summary>The code blocks of a page.</summary>
    public static IReadOnlyList<Fence> FencesOf(string page, string text)
    {
        var (fences, lines) = (new List<Fence>(), text.ReplaceLineEndings("\n").Split('\n'));
        for (var i = 0; i < lines.Length; i++)
        {
            if (!lines[i].TrimStart().StartsWith("```", StringComparison.Ordinal)) continue;
            var open = i++;
            while (i < lines.Length && lines[i].Trim() != "```") i++;
            fences.Add(new(lines[open].Trim().TrimStart('`').Trim(), Excerpt.Of(page, open + 2, lines[(open + 1)..i])));
        }
        return fences;
    }

    /// <summary>What stands between the markers of a source file.</summary>
    public static IReadOnlyList<Excerpt> ExcerptsOf(string file, string text)
    {
        var (excerpts, lines) = (new List<Excerpt>(), text.ReplaceLineEndings("\n").Split('\n'));
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].Trim() != "// <doc>") continue;
            var open = i++;
            while (i < lines.Length && lines[i].Trim() != "// </doc>") i++;
            if (i == lines.Length) throw new InvalidDataException($"{file}: the excerpt from line {open + 1} on does not end");
            excerpts.Add(Excerpt.Of(file, open + 2, lines[(open + 1)..i]));
        }
        return excerpts;
    }

    /// <summary>What a page shows and no test has, and what tests mark and no page shows.</summary>
    public static IEnumerable<string> Drift(IEnumerable<Fence> fences, IEnumerable<Excerpt> excerpts)
    {
        var shown = fences.Where(f => SourceEnding(f.Language) is not null).ToArray();
        var marked = excerpts.ToArray();
        return shown.Where(f => !marked.Any(e => Shows(f, e)))
            .Select(f => $"{f.Code.Place}: no test has this block between '// <doc>' and '// </doc>'")
            .Concat(marked.Where(e => !shown.Any(f => Shows(f, e))).Select(e => $"{e.Place}: no page shows this excerpt"));
    }

    private static bool Shows(Fence fence, Excerpt excerpt) =>
        excerpt.File.EndsWith(SourceEnding(fence.Language)!, StringComparison.Ordinal) && excerpt.Text == fence.Code.Text;

    private static string? SourceEnding(string language) => language switch
    {
        "csharp" => ".cs",
        "fsharp" => ".fs",
        _ => null,
    };
}
