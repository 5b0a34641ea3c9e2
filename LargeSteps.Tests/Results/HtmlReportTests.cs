using System.Xml.Linq;
using LargeSteps.Experiments.Results;
using LargeSteps.Figures;
using LargeSteps.Running;
using LargeSteps.Values;

namespace LargeSteps.Tests.Results;

public class HtmlReportTests
{
    [Fact]
    public void The_structure_of_a_report_with_seeds() => Snapshot.Matches("report_of_seeds", HtmlStructure.Of(Report(SeedResults.Two)));

    [Fact]
    public void The_structure_of_a_report_of_single_runs() =>
        Snapshot.Matches("report_of_single_runs",
            HtmlStructure.Of(Report([SeedResults.Completed("a", 1, 3, 2), SeedResults.Diverged("b", 1, 5, 3)])));

    [Fact]
    public void The_same_results_give_the_same_page() => Assert.Equal(Report(SeedResults.Two), Report(SeedResults.Two));

    [Fact]
    public void A_page_asks_no_network_for_anything()
    {
        var page = XDocument.Parse(Report(SeedResults.Two));
        Assert.DoesNotContain(page.Descendants(), element =>
            element.Name.LocalName is "link" or "img" or "image" or "iframe" or "a");
        Assert.DoesNotContain(page.Descendants().Attributes(), attribute => attribute.Name.LocalName is "src" or "href");
    }

    [Fact]
    public void Many_runs_have_their_survivors_in_the_table_alone()
    {
        var results = Items.From(Enumerable.Range(0, 20).Select(i => SeedResults.Completed($"run {i / 2}", (uint)(i % 2), 1)));
        Assert.DoesNotContain("<ul>", Report(results), StringComparison.Ordinal);
        Assert.Contains("<p class=\"lead\">10 runs, 20 with their seeds: 20 survived.", Report(results), StringComparison.Ordinal);
    }

    private static readonly TableFigure Table = (TableFigure)FigureSpec.Table("compared", ["loss"], "a", Window.End);

    private static string Report(Items<UnitResult> results)
    {
        var figures = SeedResults.Experiment.Figures.OfType<ChartFigure>().Select(figure =>
            new ReportFigure(figure, FigureCharts.Of(figure, SeedResults.Experiment, results)));
        return HtmlReport.Of(SeedResults.Experiment, results, [.. figures], [new ComparisonTable(Table, Comparison.Of(Table, results))],
            "{ \"a\": \"<b>\" }\n");
    }
}
