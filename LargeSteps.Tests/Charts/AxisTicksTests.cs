using LargeSteps.Experiments.Charts;

namespace LargeSteps.Tests.Charts;

public class AxisTicksTests
{
    [Fact]
    public void Decades_have_superscripts_and_minor_ticks_between()
    {
        var ticks = AxisTicks.Of(new(-3.1, 0.2), log: true, integers: false, most: 8);
        Assert.Equal(["10⁻³", "10⁻²", "10⁻¹", "10⁰"], Labels(ticks));
        // 8 and 9 of the decade below, and 2 to 9 of three decades.
        Assert.Equal(2 + 3 * 8, ticks.Count(t => !t.IsMajor));
    }

    [Fact]
    public void Many_decades_are_labelled_at_even_distances() =>
        Assert.Equal(["10⁻³⁰⁰", "10⁻²⁰⁰", "10⁻¹⁰⁰", "10⁰"], Labels(AxisTicks.Of(new(-310, 5), log: true, integers: false, most: 4)));

    [Fact]
    public void Less_than_two_decades_are_labelled_in_between() =>
        Assert.Equal(["0.2", "0.5", "1", "2"], Labels(AxisTicks.Of(new(Math.Log10(0.15), Math.Log10(3)), log: true, integers: false,
            most: 8)));

    [Fact]
    public void Little_of_a_decade_is_labelled_as_if_it_were_linear()
    {
        var ticks = AxisTicks.Of(new(Math.Log10(0.96), Math.Log10(1.05)), log: true, integers: false, most: 5);
        Assert.Equal(["0.96", "0.98", "1.00", "1.02", "1.04"], Labels(ticks));
        Assert.Equal(Math.Log10(1.02), ticks[3].Position, 12);
    }

    [Theory]
    [InlineData(-2000, 102000, "0 20k 40k 60k 80k 100k")]
    [InlineData(-2000, 122000, "0 25k 50k 75k 100k")]
    [InlineData(0, 5000, "0 1000 2000 3000 4000 5000")]
    [InlineData(0, 3000000, "0 0.5M 1.0M 1.5M 2.0M 2.5M 3.0M")]
    [InlineData(0, 12500, "0 2.5k 5.0k 7.5k 10.0k 12.5k")]
    public void Iterations_are_counted_in_thousands_and_millions(double min, double max, string labels) =>
        Assert.Equal(labels.Split(' '), Labels(AxisTicks.Of(new(min, max), log: false, integers: true, most: 6)));

    [Theory]
    [InlineData(-1.1, 1.1, "−1.0 −0.5 0 0.5 1.0")]
    [InlineData(0, 3.1e-5, "0 1×10⁻⁵ 2×10⁻⁵ 3×10⁻⁵")]
    [InlineData(0.05, 0.65, "0.1 0.2 0.3 0.4 0.5 0.6")]
    public void Values_are_written_with_the_decimals_that_tell_them_apart(double min, double max, string labels) =>
        Assert.Equal(labels.Split(' '), Labels(AxisTicks.Of(new(min, max), log: false, integers: false, most: 6)));

    [Fact]
    public void Integers_have_no_ticks_in_between() =>
        Assert.Equal(["1", "2", "3"], Labels(AxisTicks.Of(new(0.9, 3.1), log: false, integers: true, most: 7)));

    [Fact]
    public void Positions_are_the_numbers_themselves() =>
        Assert.Equal([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], AxisTicks.Of(new(0.05, 0.65), log: false, integers: false, most: 6)
            .Select(t => t.Position));

    private static IEnumerable<string> Labels(ScottPlot.Tick[] ticks) => ticks.Where(t => t.IsMajor).Select(t => t.Label);

    [Fact]
    public void Fractions_have_labels_in_percent()
    {
        var ticks = AxisTicks.Of(new(0, 0.1), log: false, integers: false, most: 6, percent: true);
        Assert.Equal(["0 %", "2 %", "4 %", "6 %", "8 %", "10 %"], ticks.Select(tick => tick.Label));
        Assert.Equal(0.02, ticks[1].Position, 12);
        Assert.Equal([(-3.0, "10⁻¹ %"), (-2, "10⁰ %"), (-1, "10¹ %")], AxisTicks.Of(new(-3, -1), log: true, integers: false, most: 6,
            percent: true).Where(tick => tick.IsMajor).Select(tick => (tick.Position, tick.Label)));
    }
}
