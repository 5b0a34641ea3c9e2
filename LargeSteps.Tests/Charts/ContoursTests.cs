using CsCheck;
using LargeSteps.Experiments.Charts;

namespace LargeSteps.Tests.Charts;

public class ContoursTests
{
    private static Field Of(int nx, int ny, Func<double, double, double> value)
    {
        double[] x = [.. Enumerable.Range(0, nx).Select(i => i / (nx - 1.0))], y = [.. Enumerable.Range(0, ny).Select(j => j / (ny - 1.0))];
        return new(x, y, [.. y.SelectMany(v => x.Select(u => value(u, v)))]);
    }

    private static double Area(OutlinePoint[] outline) =>
        outline.Select((p, k) => (p.At, To: outline[(k + 1) % outline.Length].At))
            .Sum(side => side.At.X * side.To.Y - side.To.X * side.At.Y) / 2;

    private static double Area(Field field, double level) => Contours.Region(field, level).Sum(Area);

    [Fact]
    public void A_half_plane_is_cut_where_it_should_be()
    {
        var outline = Assert.Single(Contours.Region(Of(4, 5, (x, y) => x), 0.4));
        Assert.Equal(0.6, Area(outline), 1e-12);
        Assert.All(outline.Where(point => !point.Edge), point => Assert.Equal(0.4, point.At.X, 1e-12));
    }

    [Fact]
    public void Below_all_values_is_the_whole_grid_and_above_them_nothing()
    {
        var field = Of(7, 3, (x, y) => x * y);
        Assert.Equal(1, Area(field, 0), 1e-12);
        Assert.All(Assert.Single(Contours.Region(field, 0)), point => Assert.True(point.Edge));
        Assert.Empty(Contours.Region(field, 1.01));
    }

    [Fact]
    public void A_disc_is_found_and_as_a_hole_goes_round_the_other_way()
    {
        static double Distance(double x, double y) => Math.Sqrt((x - 0.5) * (x - 0.5) + (y - 0.5) * (y - 0.5));
        var disc = Assert.Single(Contours.Region(Of(101, 101, (x, y) => -Distance(x, y)), -0.3));
        Assert.Equal(Math.PI * 0.09, Area(disc), 1e-3);
        Assert.All(disc, point => Assert.Equal(0.3, Distance(point.At.X, point.At.Y), 1e-3));
        double[] around = [.. Contours.Region(Of(101, 101, Distance), 0.3).Select(Area).Order()];
        Assert.Equal(2, around.Length);
        Assert.Equal(-Math.PI * 0.09, around[0], 1e-3);
        Assert.Equal(1, around[1], 1e-12);
    }

    [Fact]
    public void Of_any_field_the_region_shrinks_as_the_level_rises_and_is_bounded_by_points_of_the_level() =>
        Gen.Select(Gen.Int[2, 6], Gen.Int[2, 6])
            .SelectMany((nx, ny) => Gen.Double[-1, 1].Array[nx * ny].Select(values => Of(nx, ny, (_, _) => 0) with { Values = values }))
            .Sample(field =>
        {
            var areas = new[] { -1.1, -0.5, 0, 0.5, 1.1 }.Select(level => Area(field, level)).ToArray();
            Assert.Equal(1, areas[0], 1e-12);
            Assert.Equal(0, areas[^1], 1e-12);
            Assert.All(areas.Zip(areas.Skip(1)), pair => Assert.True(pair.Second <= pair.First + 1e-12));
        });
}
