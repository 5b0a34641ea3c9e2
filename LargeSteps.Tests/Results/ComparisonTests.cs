using LargeSteps.Experiments.Results;
using LargeSteps.Figures;
using LargeSteps.Running;
using LargeSteps.Values;

namespace LargeSteps.Tests.Results;

public class ComparisonTests
{
    private static readonly Window Middle = new("middle", 0.3, 1);

    private static readonly Items<UnitResult> Results =
    [
        SeedResults.Completed("a", 0, 1, 2, 4),
        SeedResults.Completed("a", 1, 1, 4, 8),
        SeedResults.Diverged("a", 2, 15, 1, 600),
        SeedResults.Completed("b", 0, 1, 5, 5),
        SeedResults.Completed("b", 1, 1, 7, 3),
        SeedResults.Dead("b", 2, 1, 700, 700),
    ];

    private static Items<Compared> Cells(string? against, params Window[] windows) =>
        Comparison.Of((TableFigure)FigureSpec.Table("t", ["loss"], against, windows), Results);

    // At the end: a has 4 and 8, mean 6, standard error √8/√2 = 2; b has 5 and 3, mean 4, standard error 1. The difference is −2, and √(4 +
    // 1) of it is one.
    [Fact]
    public void Means_are_of_the_survivors_and_differences_in_standard_errors_of_both()
    {
        Assert.Equal(
            [new("a", "end", "loss", 3, 2, 6, 2, null, null), new("b", "end", "loss", 3, 2, 4, 1, -2, -2 / Math.Sqrt(5))],
            Cells("a", Window.End));
    }

    // The runs have 30 steps, measured at 0, 10, 20: from 30 % on the last two. Of a they average 3 and 6.
    [Fact]
    public void A_window_averages_the_measurements_of_a_seed_in_it()
    {
        Assert.Equal([4.5, 5], Cells(null, Middle).Select(c => c.Mean));
        Assert.Equal([1.5, 0], Cells(null, Middle).Select(c => c.StandardError), (a, b) => Math.Abs(a - b) < 1e-15);
        Assert.All(Cells(null, Middle), c => Assert.Null(c.Difference));
        Assert.All(Cells(null, new Window("between", 0.4, 0.6)), c => Assert.True(double.IsNaN(c.Mean)));
    }

    [Fact]
    public void A_run_without_survivors_and_a_metric_that_is_not_measured_have_no_mean()
    {
        var table = (TableFigure)FigureSpec.Table("t", ["loss", "other"], "a", Window.End);
        Items<UnitResult> results = [SeedResults.Completed("a", 0, 1, 2, 4), SeedResults.Diverged("b", 0, 5, 1)];
        var cells = Comparison.Of(table, results);
        Assert.Equal([4, double.NaN, double.NaN, double.NaN], cells.Select(c => c.Mean));
        Assert.Equal(["a|1/1|4|–", "b|0/1|–|–"], new ComparisonTable(table, cells).Rows.Select(row => string.Join('|', row)));
        Assert.Null(Comparison.Frame(cells)["mean"][3]);
    }

    [Fact]
    public void The_table_shows_two_digits_of_the_error()
    {
        Assert.Equal("0.0522 ± 0.0012", ComparisonTable.Uncertain(0.05221, 0.00118));
        Assert.Equal("(3.97 ± 0.55)e-8", ComparisonTable.Uncertain(3.971e-8, 5.5e-9));
        Assert.Equal("91.2 ± 5.5", ComparisonTable.Uncertain(91.23, 5.53));
        Assert.Equal("1234 ± 56", ComparisonTable.Uncertain(1234.4, 56.2));
        Assert.Equal("200", ComparisonTable.Uncertain(200, 0));
        Assert.Equal("1.234e-31", ComparisonTable.Uncertain(1.2341e-31, double.NaN));
    }

    [Fact]
    public void A_document_gets_it_as_markdown()
    {
        var table = (TableFigure)FigureSpec.Table("t", ["loss"], "a", Middle, Window.End);
        Snapshot.Matches("comparison_markdown", new ComparisonTable(table, Comparison.Of(table, Results)).Text.Markdown());
    }
}
