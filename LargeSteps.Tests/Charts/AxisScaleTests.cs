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
        Assert.InRange(AxisScale.Vertical(places, log: true).Max, 0.5, 2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_run_that_explodes_does_not_flatten_those_that_do_not(bool log)
    {
        // 21 measurements each: half of those of the second grow by a thousand at each.
        double[] x = [.. Enumerable.Range(0, 21).Select(i => 2.0 * i)], healthy = [.. x.Select(at => 3 - at / 20)],
            explodes = [.. healthy.Select((y, i) => i < 10 ? y : y * Math.Pow(1000, i - 9))];
        var range = AxisScale.Vertical([(x, AxisScale.Places(healthy, log)), (x, AxisScale.Places(explodes, log))], [], log);
        Assert.InRange(range.Max, log ? Math.Log10(3) : 3, log ? 2 : 10);
        // One that is merely larger is seen.
        double[] larger = [.. healthy.Select(y => 300 * y)];
        Assert.True(AxisScale.Vertical([(x, AxisScale.Places(healthy, log)), (x, AxisScale.Places(larger, log))], [], log).Max
            > AxisScale.Place(larger.Max(), log));
    }

    [Fact]
    public void A_loss_that_starts_high_is_seen_from_its_start()
    {
        double[] places = [100, 60, 30, 15, .. Enumerable.Repeat(10.0, 300).Select((x, i) => x - i / 40.0)];
        Assert.True(AxisScale.Vertical(places, log: false).Max > 100);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(30)]
    [InlineData(300)]
    public void The_largest_of_few_values_is_not_cut(int count)
    {
        double[] places = [.. Enumerable.Range(0, count).Select(i => (double)(i % 7))];
        Assert.True(AxisScale.Vertical([.. places, 12], log: false).Max > 12);
    }

    [Fact]
    public void A_peak_of_a_few_steps_does_not_flatten_the_rest_however_often_it_is_measured()
    {
        // A hundred measurements of the first hundred steps, and a hundred of the ten thousand after them.
        double[] x = [.. Enumerable.Range(0, 100).Select(i => (double)i), .. Enumerable.Range(1, 100).Select(i => 100.0 * i)];
        double[] y = [0, .. Enumerable.Repeat(8.0, 99), .. Enumerable.Repeat(-3.0, 100)];
        var range = AxisScale.Vertical([(x, y)], [], log: true);
        Assert.InRange(range.Max, 0, 2);
        Assert.InRange(range.Min, -4, -3);
    }

    [Fact]
    public void What_is_left_of_a_noiseless_run_does_not_squeeze_the_others()
    {
        double[] x = [.. Enumerable.Range(0, 100).Select(i => (double)i)];
        double[] noiseless = [.. x.Select(i => Math.Max(-30, -i))], noisy = [.. x.Select(i => -i / 50)];
        Assert.InRange(AxisScale.Vertical([(x, noiseless), (x, noisy)], [], log: true).Min, -13, -12);
        Assert.True(AxisScale.Vertical([(x, noisy)], [], log: true).Min > -3);
    }

    [Fact]
    public void A_value_to_which_a_line_falls_in_the_end_is_seen()
    {
        double[] x = [.. Enumerable.Range(0, 100).Select(i => (double)i)], y = [.. x.Select(i => i < 99 ? 100 + i % 2 : 20)];
        Assert.True(AxisScale.Vertical([(x, y)], [], log: false).Min < 20);
    }

    [Fact]
    public void A_range_has_the_ends_that_are_asked_for()
    {
        var range = new AxisRange(-4, 2);
        Assert.Equal(range, AxisScale.Limited(range, null, log: true));
        Assert.Equal(new(-6, 2), AxisScale.Limited(range, new("m", 1e-6, null), log: true));
        Assert.Equal(new(-4, 0), AxisScale.Limited(range, new("m", null, 1), log: true));
        Assert.Equal(new(0.5, 9), AxisScale.Limited(range, new("m", 0.5, 9), log: false));
        // Beyond all values, and so wide as they are.
        Assert.Equal(new(5, 11), AxisScale.Limited(range, new("m", 5, null), log: false));
        Assert.Equal(new(-15, -9), AxisScale.Limited(range, new("m", null, -9), log: false));
    }

    [Theory]
    [InlineData(new[] { 0.05, 0.1, 0.2, 0.4 }, true)]
    [InlineData(new[] { 0.01, 0.0316228, 0.1 }, true)]
    [InlineData(new[] { 0.05, 0.1, 0.15 }, false)]
    [InlineData(new[] { 1.0, 10 }, false)]
    [InlineData(new[] { 0, 1.0, 10 }, false)]
    public void Values_of_a_logarithmic_sweep_are_known(double[] values, bool logarithmic) =>
        Assert.Equal(logarithmic, AxisScale.IsLogarithmic(values));
}
