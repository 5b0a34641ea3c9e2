using LargeSteps.Experiments.Charts;

namespace LargeSteps.Tests.Charts;

public class SurfaceMapTests
{
    [Theory]
    [InlineData(0.6, 0.9, 4)]
    [InlineData(0.6, 3.9, 12)]
    [InlineData(0.6, 30, 12)]
    [InlineData(0.6, 500, 10)]
    [InlineData(0, 1, 4)]
    [InlineData(1e-30, 1, 32)]
    public void A_scale_of_few_powers_of_2_has_several_bands_in_each(double least, double most, int bands)
    {
        var map = SurfaceMap.Of([0, 1], [0, 1], [least, most, most, most]);
        Assert.Equal(bands, Enumerable.Range(0, 3840).Select(i => map.ColourOf((i + 0.5) / 3840).ARGB).Distinct().Count());
        Assert.All(map.Ticks(40), tick => Assert.Equal(Math.Round(tick.Position), tick.Position));
        Assert.True(map.Ticks(40).Count(tick => tick.IsMajor) >= 2);
    }
}
