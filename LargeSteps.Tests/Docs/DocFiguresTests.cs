using System.Text.RegularExpressions;
using CsCheck;
using LargeSteps.Experiments.Docs;
using LargeSteps.Values;

namespace LargeSteps.Tests.Docs;

public partial class DocFiguresTests
{
    private static readonly string Docs = Path.Combine(AppContext.BaseDirectory, "docs");

    private static readonly Lazy<Items<DocFigure>> Listed = new(() => DocFigures.Load(Path.Combine(Docs, "figures.yaml"),
        ConfigFolder.Beside(Docs)).OrThrow());

    [Fact]
    public void Every_figure_that_a_page_shows_is_made_by_a_config_and_is_there()
    {
        string[] pages = [.. Directory.EnumerateFiles(Docs, "*.md", SearchOption.AllDirectories), Path.Combine(AppContext.BaseDirectory,
            "README.md")];
        var made = Listed.Value.Select(figure => figure.FileName).ToHashSet();
        var shown = pages.SelectMany(page => Links().Matches(File.ReadAllText(page))
            .Select(link => (Page: page, Path: link.Groups["path"].Value))).ToArray();
        Assert.NotEmpty(shown);
        // Pictures of pages are made by the tests of the browser.
        Assert.Empty(shown.Where(link => !link.Path.StartsWith("screenshots/", StringComparison.Ordinal)
            && !made.Contains(Path.GetFileName(link.Path)))
            .Select(link => $"{link.Page}: no line of docs/figures.yaml makes {link.Path}"));
        Assert.Empty(shown.Where(link => !File.Exists(Path.Combine(Path.GetDirectoryName(link.Page)!, link.Path)))
            .Select(link => $"{link.Page}: there is no {link.Path}"));
    }

    [Fact]
    public void Every_figure_that_is_there_is_made_by_a_config_that_is_valid()
    {
        string[] there = [.. Directory.GetFiles(Path.Combine(Docs, "figures")).Select(file => Path.GetFileName(file))];
        Assert.Empty(Listed.Value.Select(figure => figure.FileName).Except(there));
        Assert.Empty(there.Except(Listed.Value.SelectMany(figure => figure.Files)));
        Assert.All(Listed.Value, figure => figure.Experiment(ConfigFolder.Beside(Docs))!.OrThrow());
    }

    [Theory]
    [InlineData("![a](figures/a.png)", "figures/a.png")]
    [InlineData("![a b](../figures/a_b.gif \"title\") and [link](x.md)", "../figures/a_b.gif")]
    [InlineData("a run writes figures/overview.png", null)]
    public void A_page_shows_what_it_links_to(string text, string? path) => Assert.Equal(path, Links().Match(text) is { Success: true } link
        ? link.Groups["path"].Value : null);

    [Fact]
    public void Whatever_is_wrong_is_told_with_its_place() => DocsFolder.In(folder =>
    {
        var (file, configs) = (Path.Combine(folder, "docs", "figures.yaml"), ConfigFolder.Beside(Path.Combine(folder, "docs")));
        (string, string)[] edits = [("file: single", "file: small_losses"), ("file: single", "file: Plane"),
            ("config: deep", "config: deap"), ("figure: losses, set", "figure: lossses, set"), ("figure: losses, set", "figure: ends, set"),
            ("figure: losses, set", "animation: true, figure: losses, set"), ("seeds: 3", "seeds: 0")];
        Snapshot.Matches("figure_problems", DocsFolder.ProblemsOf(edits, file, () => DocFigures.Load(file, configs)));
    });

    [Fact]
    public void What_is_written_is_read_as_the_same() => DocsFolder.In(folder =>
    {
        var (file, configs) = (Path.Combine(folder, "docs", "any.yaml"), ConfigFolder.Beside(Path.Combine(folder, "docs")));
        Gen.Select(Gen.Int[1, 100], Gen.Bool, Gen.Bool, Gen.OneOf(Gen.Const("runs[0].label=c"), Gen.Const("optimizer.steps=300")).Array[0,
            2]).Sample(
            (seeds, own, @long, set) =>
            {
                Items<DocFigure> figures = [new("any", "small", "losses", own ? null : seeds, Items.From(set), false, @long)];
                File.WriteAllText(file, DocFigures.Write(figures));
                Assert.Equal(figures, DocFigures.Load(file, configs).OrThrow());
            }, iter: 50, threads: 1);
    });

    [GeneratedRegex("""\]\((?<path>[^)\s]*figures/[^)\s]+)""")]
    private static partial Regex Links();
}
