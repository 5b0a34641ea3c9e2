using LargeSteps.Configuration;
using LargeSteps.Values;

namespace LargeSteps.Tests.Docs;

/// <summary>The pages of docs/ against the tests that their code comes from.</summary>
public class PagesTests
{
    private static IEnumerable<(string Name, string Text)> Files(string folder, params string[] endings)
    {
        var root = Path.Combine(AppContext.BaseDirectory, folder);
        return Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Where(path => endings.Any(ending => path.EndsWith(ending, StringComparison.Ordinal)))
            .Select(path => ($"{folder}/{Path.GetRelativePath(root, path).Replace('\\', '/')}", File.ReadAllText(path)));
    }

    private static readonly Fence[] Fences =
        [.. Files("docs", ".md").Prepend((Name: "README.md", Text: File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "README.md"))))
            .SelectMany(page => Pages.FencesOf(page.Name, page.Text))];

    private static readonly Excerpt[] Excerpts =
        [.. Files("sources", ".cs", ".fs").SelectMany(source => Pages.ExcerptsOf(source.Name, source.Text))];

    public static TheoryData<string> YamlBlocks => [.. Fences.Where(f => f.Language == "yaml").Select(f => f.Code.Place)];

    [Fact]
    public void Pages_show_what_tests_run() => Assert.Empty(Pages.Drift(Fences, Excerpts));

    [Theory]
    [MemberData(nameof(YamlBlocks))]
    public void A_yaml_block_is_an_experiment(string place)
    {
        var code = Fences.Single(f => f.Code.Place == place).Code;
        // Blank lines before it give diagnostics the line of the page.
        var text = new string('\n', code.Line - 1) + code.Text;
        Assert.Empty(ExperimentYaml.Parse(text, code.File).Match(_ => Items<Diagnostic>.Empty, diagnostics => diagnostics));
    }

    [Fact]
    public void Blocks_say_their_language()
    {
        string[] known = ["csharp", "fsharp", "yaml", "yaml fragment", "text", "console", "diff", "bash", "sh", "powershell", "json",
            "html", "xml", "math", "mermaid", "slurm"];
        Assert.Empty(Fences.Where(f => !known.Contains(f.Language))
            .Select(f => $"{f.Code.Place}: the language is '{f.Language}', not one of {string.Join(", ", known)}"));
    }

    [Fact]
    public void A_block_is_found_whatever_its_indentation()
    {
        var fences = Pages.FencesOf("page.md", "text\n\n  ```csharp\n  var x = 1;\n\n    x++;\n  ```\n```yaml fragment\na: 1\n```\n");
        Assert.Equal([new("csharp", new("page.md", 4, "var x = 1;\n\n  x++;")), new("yaml fragment", new("page.md", 9, "a: 1"))], fences);
        var excerpts = Pages.ExcerptsOf("test.cs", "class A\n{\n    // <doc>\r\n    var x = 1;\n\n      x++;\n    // </doc>\n}\n");
        Assert.Equal([new("test.cs", 4, "var x = 1;\n\n  x++;")], excerpts);
        Assert.Empty(Pages.Drift(fences, excerpts));
    }

    [Fact]
    public void A_block_that_drifts_is_found_on_both_sides() => Assert.Equal(
        ["page.md(2): no test has this block between '// <doc>' and '// </doc>'", "test.cs(2): no page shows this excerpt"],
        Pages.Drift(Pages.FencesOf("page.md", "```csharp\nvar x = 1;\n```"),
            Pages.ExcerptsOf("test.cs", "// <doc>\nvar x = 2;\n// </doc>")));

    [Fact]
    public void A_block_of_another_language_is_no_excerpt() => Assert.Equal(
        2, Pages.Drift(Pages.FencesOf("page.md", "```fsharp\nlet x = 1\n```"),
            Pages.ExcerptsOf("test.cs", "// <doc>\nlet x = 1\n// </doc>")).Count());

    [Fact]
    public void An_excerpt_without_end_throws() =>
        Assert.Throws<InvalidDataException>(() => Pages.ExcerptsOf("test.cs", "// <doc>\nvar x = 1;"));
}
