using System.Text.RegularExpressions;
using LargeSteps.Tests.Commands;

namespace LargeSteps.Tests.Docs;

/// <summary>Links and pictures of README.md and docs/ lead somewhere; every config has its page.</summary>
public partial class LinksTests
{
    private static readonly string Root = AppContext.BaseDirectory;

    public static TheoryData<string> PageNames =>
        [.. Directory.EnumerateFiles(Path.Combine(Root, "docs"), "*.md", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/')).Append("README.md").Order(StringComparer.Ordinal)];

    public static TheoryData<string> Configs => [.. Directory.GetFiles(Cli.Configs, "*.yaml").Select(file => Path.GetFileName(file))];

    [Theory]
    [MemberData(nameof(PageNames))]
    public void Every_link_and_every_picture_of_a_page_leads_somewhere(string page) => Assert.Empty(Broken(page, Read(page)!, Read));

    [Theory]
    [MemberData(nameof(Configs))]
    public void Exactly_one_page_of_an_experiment_names_the_config(string config) =>
        Assert.Single(Directory.GetFiles(Path.Combine(Root, "docs", "experiments")), page =>
            File.ReadAllText(page).Contains($"configs/{config}", StringComparison.Ordinal));

    [Fact]
    public void The_index_names_every_page()
    {
        var index = Read("docs/index.md")!;
        Assert.All(PageNames.Select(row => row.Data).Except(["README.md", "docs/index.md"]), page =>
            Assert.Contains($"]({page["docs/".Length..]})", index, StringComparison.Ordinal));
    }

    [Fact]
    public void A_link_without_its_file_or_its_heading_is_found()
    {
        const string page = "# Where to go: `a_b`, *now*\n## Twice\n## Twice\n[a](#where-to-go-a_b-now) [b](#twice-1) [c](other.md#there) ![d](other.md) [e](https://example.org/x)\n```sh\n[z](z.md)\n```\n`[y](y.md)`\n";
        Assert.Empty(Broken("docs/page.md", page, Known));
        Assert.Equal(
            ["docs/page.md: #nowhere", "docs/page.md: other.md#here", "docs/page.md: missing.md", "docs/page.md: ../missing.png"],
            Broken("docs/page.md", "[a](#nowhere) [b](other.md#here) [c](missing.md)\n![d](../missing.png)", Known));

        static string? Known(string path) => path == "docs/other.md" ? "## There" : null;
    }

    private static string? Read(string path) => File.Exists(Path.Combine(Root, path)) ? File.ReadAllText(Path.Combine(Root, path)) : null;

    /// <summary>The links of a page that lead nowhere.</summary>
    /// <param name="page">Its path from the root of the repository.</param>
    /// <param name="text">Its text.</param>
    /// <param name="read">The text of a file; null where there is no such file.</param>
    private static IEnumerable<string> Broken(string page, string text, Func<string, string?> read)
    {
        foreach (Match link in Link().Matches(Prose(text)))
        {
            var target = link.Groups["target"].Value;
            if (target.Contains("://", StringComparison.Ordinal)) continue;
            var (file, anchor) = target.Split('#') is [var before, var after] ? (before, after) : (target, null);
            var there = file.Length == 0 ? text : read(Resolved(page, file));
            if (there is null || (anchor is not null && !Anchors(there).Contains(anchor))) yield return $"{page}: {target}";
        }
    }

    private static string Resolved(string page, string file)
    {
        var steps = new Stack<string>(page.Split('/').SkipLast(1));
        foreach (var step in file.Split('/'))
        {
            if (step == "..") steps.Pop();
            else steps.Push(step);
        }

        return string.Join('/', steps.Reverse());
    }

    /// <summary>The names by which GitHub calls the headings of a page.</summary>
    private static HashSet<string> Anchors(string text)
    {
        var anchors = new HashSet<string>();
        foreach (Match heading in Heading().Matches(Prose(text, code: true)))
        {
            var name = string.Concat(heading.Groups["text"].Value.Trim().ToLowerInvariant()
                .Where(c => char.IsLetterOrDigit(c) || c is '_' or '-' or ' ')).Replace(' ', '-');
            for (var (i, unique) = (0, name); !anchors.Add(unique);) unique = FormattableString.Invariant($"{name}-{++i}");
        }
        return anchors;
    }

    // Without blocks of code, and without code in a line, unless that is asked for.
    private static string Prose(string text, bool code = false)
    {
        var prose = Block().Replace(text.ReplaceLineEndings("\n"), "");
        return code ? prose : Inline().Replace(prose, "");
    }

    [GeneratedRegex(@"!?\[[^\]]*\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("^#{1,6} (?<text>.*)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex("^ *```.*?^ *```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex("`[^`\n]*`")]
    private static partial Regex Inline();
}
