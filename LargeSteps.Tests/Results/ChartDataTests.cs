using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using CsCheck;
using LargeSteps.Experiments.Results;
using LargeSteps.Figures;
using LargeSteps.Values;

namespace LargeSteps.Tests.Results;

public class ChartDataTests
{
    private static readonly CurvesFigure Figure = (CurvesFigure)SeedResults.Experiment.Figures[0];

    private const int MostOfPage = 1_000_000;

    [Fact]
    public void Each_seed_has_its_values_at_the_iterations_of_its_run()
    {
        var data = ChartData.Of([Figure], SeedResults.Two, MostOfPage)!;
        var run = data["runs"]![0]!;
        Assert.Equal("a", (string?)run["label"]);
        Assert.Equal<double>([0, 10, 20], Wide(run["x"]!["iteration"]));
        Assert.Equal<double>([0, 0.5, 1], Wide(run["x"]!["epoch"]));
        var seeds = run["seeds"]!.AsArray();
        Assert.Equal(["completed", "completed", "diverged", "completed"], seeds.Select(seed => (string)seed!["end"]!));
        Assert.Equal<double>([1, 4, 8], Numbers(seeds[1]!["values"]!["loss"]));
        Assert.Equal<double>([1, 6, double.NaN], Numbers(seeds[2]!["values"]!["loss"]));
        Assert.Equal((3, 2), ((int)seeds[1]!["rows"]!, (int)seeds[2]!["rows"]!));
        Assert.Null(data["note"]);
        Assert.True((bool)data["figures"]![0]!["panels"]![0]!["logY"]!);
    }

    // Seven digits are enough for the eye, but no number may become another kind of number.
    [Fact]
    public void Numbers_stay_what_they_are() => Gen.Double.Array[1, 20].Sample(values =>
    {
        var data = ChartData.Of([Figure], [SeedResults.Completed("a", 0, values)], MostOfPage)!;
        var read = Numbers(data["runs"]![0]!["seeds"]![0]!["values"]!["loss"]);
        foreach (var (value, shown) in values.Zip(read))
        {
            Assert.True(value == 0 || !double.IsFinite(value) ? shown.Equals(value) : Math.Abs(shown / value - 1) < 1e-6 || shown == value,
                $"{value} became {shown}");
        }
    });

    [Fact]
    public void Of_many_measurements_those_that_fit_are_shown_the_first_and_the_last_among_them() =>
        Gen.Select(Gen.Int[1, 3_000], Gen.Int[16, 500]).Sample((rows, most) =>
        {
            long[] all = [.. Enumerable.Range(0, rows).Select(i => 7L * i)];
            var some = ChartData.Thinned(all, most);
            Assert.InRange(some.Length, Math.Min(rows, most) / 2, Math.Max(most, 1));
            Assert.Equal(rows <= most ? all : [.. some.Order().Distinct()], some);
            Assert.Equal((all[0], all[^1]), (some[0], some[^1]));
            Assert.Subset(all.ToHashSet(), some.ToHashSet());
        });

    [Fact]
    public void A_report_of_two_hundred_units_has_less_than_two_megabytes_and_says_what_it_leaves_out()
    {
        var losses = Enumerable.Range(0, 1_500).Select(i => 1 / (1.0 + i)).ToArray();
        var results = Items.From(Enumerable.Range(0, 200).Select(i => SeedResults.Completed($"run {i / 20}", (uint)(i % 20), losses)));
        var report = HtmlReport.Of(SeedResults.Experiment, results,
            [new(Figure, FigureCharts.Of(Figure, SeedResults.Experiment, results))], [], null);
        Assert.InRange(report.Length, 500_000, 2_000_000);
        Assert.Contains("of its 1,500 measurements", report, StringComparison.Ordinal);
        var far = Items.From(Enumerable.Range(0, 20_000).Select(i => SeedResults.Completed("a", (uint)i, 1)));
        Assert.Null(ChartData.Of([Figure], far, MostOfPage));
    }

    private static double[] Wide(JsonNode? text) => MemoryMarshal.Cast<byte, double>(Convert.FromBase64String((string)text!)).ToArray();

    private static double[] Numbers(JsonNode? text) => (string)text! is ['!', .. var wide] ? Wide(wide)
        : [.. MemoryMarshal.Cast<byte, float>(Convert.FromBase64String((string)text!)).ToArray().Select(value => (double)value)];
}
