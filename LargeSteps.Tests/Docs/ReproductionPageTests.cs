using System.Xml.Linq;
using LargeSteps.Experiments.Docs;
using LargeSteps.Tests.Results;

namespace LargeSteps.Tests.Docs;

public class ReproductionPageTests
{
    private static readonly PublishedExperiment ByHand = new(
        "by_hand", "With `code` | and <b>.",
        [
            new("a", null, RunClass.Reproduces(10), [new("loss", new("4.000000000012345")), new("none", new("1"))], [new("loss", new("4"))],
            new(40, 30, 2, [new("loss", new(new("6.5"), new("1.5"))), new("none", new(new("1"), null))])),
            new("a", 10, RunClass.Reproduces(3), [new("loss", new("4.001"))], [], null),
            new("b < c", null, RunClass.Chaotic, [new("loss", new("3.0"))], [],
                new(50, 10, null, [new("loss", new(new("3.0"), new("0.5")))])),
            new("d", null, RunClass.MildlyChaotic(3), [new("loss", new("2.001"))], [], null),
        ],
        []);

    private static ReproductionPage Page { get; } = new(
        "Made up.\n\nBy hand.\n", "reproduce",
        [
            PublishedComparison.Of(ByHand, SeedResults.Experiment, new(
                [SeedResults.Completed("a", 1, 8, 4), SeedResults.Diverged("b < c", 1, 12345, 3), SeedResults.Completed("d", 1, 2.004)],
                [SeedResults.Completed("a", 0, 4), SeedResults.Completed("a", 1, 8), SeedResults.Dead("a", 2, 7),
                SeedResults.Diverged("a", 3, 15, 1), SeedResults.Diverged("b < c", 0, 5, 3)],
                _ => null)),
            PublishedComparison.Without(ByHand with { Config = "other" }, "a CUDA device") with { NeedsDevice = true },
            PublishedComparison.Without(new("bare", "No numbers.", [], []), "its name behind --only"),
        ]);

    [Fact]
    public void The_page_of_results_made_up_by_hand() => Snapshot.Matches("reproduction", Page.Markdown());

    [Fact]
    public void The_structure_of_the_same_as_html() => Snapshot.Matches("reproduction_html", HtmlStructure.Of(Page.Html("In no time.")));

    [Fact]
    public void The_html_page_asks_no_network_for_anything()
    {
        var page = XDocument.Parse(Page.Html("In no time."));
        Assert.DoesNotContain(page.Descendants(), element =>
            element.Name.LocalName is "script" or "link" or "img" or "image" or "iframe" or "a");
        Assert.DoesNotContain(page.Descendants().Attributes(), attribute => attribute.Name.LocalName is "src" or "href");
    }

    [Fact]
    public void Only_what_should_reproduce_misses()
    {
        Assert.Equal([("by_hand", "a", "none")], Page.Misses.Select(m => (m.Experiment, m.Number.Run, m.Number.Number)));
        var words = Page.Comparisons.SelectMany(c => c.Numbers).GroupBy(n => n.Class.Words, n => n.Word)
            .ToDictionary(same => same.Key, same => same.Distinct().Order().ToArray());
        Assert.Equal(["agrees", "misses", "not judged", "not run"], words["reproduces"]);
        Assert.Equal(["falls short", "not run"], words["mildly chaotic"]);
        Assert.DoesNotContain("misses", words["chaotic"]);
    }

    [Fact]
    public void Every_row_of_a_table_has_as_many_cells_as_its_head()
    {
        var lines = Page.Markdown().Split('\n');
        for (var i = 1; i < lines.Length; i++)
            if (lines[i].StartsWith('|') && lines[i - 1].StartsWith('|')) Assert.Equal(Cells(lines[i - 1]), Cells(lines[i]));

        static int Cells(string line) => line.Replace("\\|", "", StringComparison.Ordinal).Count(c => c == '|');
    }
}
