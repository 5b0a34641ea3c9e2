using LargeSteps.Experiments.Charts;

namespace LargeSteps.Tests.Charts;

public class AxisScaleTests
{
    [Theory]
    [InlineData(double.NaN, false)]
    [InlineData(double.PositiveInfinity, false)]
    [InlineData(double.NegativeInfinity, true)]
    [InlineData(double.PositiveInfinity, true)]
    [InlineData(0, true)]
    [InlineData(-1, true)]
    public void What_an_axis_cannot_show_has_no_place(double value, bool log) => Assert.True(double.IsNaN(AxisScale.Place(value, log)));

    [Fact]
    public void A_logarithmic_axis_places_logarithms() => Assert.Equal(-3, AxisScale.Place(0.001, log: true), 12);

    [Theory]
    [InlineData(200, false, 190, 210)]
    [InlineData(1, false, 0, 2)]
    [InlineData(0, false, -1, 1)]
    [InlineData(0.5, false, 0.475, 0.525)]
    [InlineData(-6, true, -6.5, -5.5)]
    public void A_constant_is_in_the_middle(double place, bool log, double min, double max)
    {
        var range = AxisScale.Vertical([place, double.NaN, place], log);
        Assert.Equal(min, range.Min, 12);
        Assert.Equal(max, range.Max, 12);
    }

    [Fact]
    public void Without_values_there_still_is_a_range() => Assert.True(AxisScale.Vertical([double.NaN], log: true).Span > 0);

    [Fact]
    public void Largest_numbers_give_a_finite_span() =>
        Assert.True(double.IsFinite(AxisScale.Vertical(AxisScale.Places([double.MinValue, double.MaxValue], log: false), log: false).Span));

    [Fact]
    public void The_last_steps_of_a_divergence_do_not_flatten_the_rest()
    {
        double[] places = [.. Enumerable.Range(0, 300).Select(i => -i / 100.0), 50, 100, 300];
        Assert.InRange(AxisScale.Vertical(places, log: true).Max, 4, 7);
    }

    [Fact]
    public void A_loss_that_starts_high_is_seen_from_its_start()
    {
        double[] places = [100, 60, 30, 15, .. Enumerable.Repeat(10.0, 300).Select((x, i) => x - i / 40.0)];
        Assert.True(AxisScale.Vertical(places, log: false).Max > 100);
    }
}
