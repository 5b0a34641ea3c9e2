using LargeSteps.Values;

namespace LargeSteps.Tests.Values;

public class StatisticsTests
{
    [Theory]
    [InlineData(new double[0], double.NaN)]
    [InlineData(new[] { 3.0 }, 3)]
    [InlineData(new[] { 1.0, 4 }, 2.5)]
    [InlineData(new[] { 1.0, 2, 9 }, 2)]
    [InlineData(new[] { 1.0, double.PositiveInfinity }, double.PositiveInfinity)]
    [InlineData(new[] { double.PositiveInfinity, double.PositiveInfinity }, double.PositiveInfinity)]
    [InlineData(new[] { double.NegativeInfinity, double.NegativeInfinity, 1 }, double.NegativeInfinity)]
    public void The_median_is_in_the_middle_of_infinities_too(double[] ascending, double median) =>
        Assert.Equal(median, Statistics.Median(ascending));
}
