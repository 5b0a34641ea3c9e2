using CsCheck;
using LargeSteps.Forms;
using LargeSteps.Numerics;
using LargeSteps.Training;
using LargeSteps.Values;

namespace LargeSteps.Tests.Training;

public class WeightPlaneTests
{
    private static readonly Gen<Items<double>[]> Points = Gen.Int[2, 20].SelectMany(n => Gen.Double[-3, 3].Array[n].Array[3])
        .Select(points => points.Select(Items.From).ToArray());

    [Fact]
    public void The_directions_are_orthonormal() => Points.Sample(points =>
    {
        if (WeightPlane.Through(points[0], points[1], points[2]) is not { } plane) return;
        Assert.Equal(1, Vectors.Norm(plane.First.AsSpan()), 1e-14);
        Assert.Equal(1, Vectors.Norm(plane.Second.AsSpan()), 1e-14);
        Assert.Equal(0, Vectors.Dot(plane.First.AsSpan(), plane.Second.AsSpan()), 1e-14);
    });

    [Fact]
    public void A_point_of_the_plane_is_projected_on_itself() =>
        Gen.Select(Points, Gen.Double[-5, 5], Gen.Double[-5, 5]).Sample((points, x, y) =>
    {
        if (WeightPlane.Through(points[0], points[1], points[2]) is not { } plane) return;
        var (px, py) = plane.Project(plane.At(x, y));
        Assert.Equal(x, px, 1e-12);
        Assert.Equal(y, py, 1e-12);
    });

    [Fact]
    public void The_three_points_lie_on_the_plane_the_first_on_its_axis_and_the_second_above_it() => Points.Sample(points =>
    {
        if (WeightPlane.Through(points[0], points[1], points[2]) is not { } plane) return;
        Assert.Equal((0, 0), plane.Project(points[0].AsSpan()));
        var (first, second) = (plane.Project(points[1].AsSpan()), plane.Project(points[2].AsSpan()));
        Assert.Equal(0, first.Y, 1e-12);
        Assert.True(first.X > 0 && second.Y > 0);
        Assert.All(plane.At(second.X, second.Y).Zip(points[2]), pair => Assert.Equal(pair.Second, pair.First, 1e-12));
    });

    [Fact]
    public void What_is_orthogonal_to_the_plane_does_not_move_a_projection()
    {
        var plane = WeightPlane.Along([1, 1, 1, 1], [0, 2, 0, 0], [0, 5, 0, 3])!;
        Assert.Equal([0, 1, 0, 0], plane.First);
        Assert.Equal([0, 0, 0, 1], plane.Second);
        Assert.Equal((2, -4), plane.Project([9, 3, -7, -3]));
    }

    [Fact]
    public void Points_on_a_line_or_without_end_make_no_plane()
    {
        Assert.Null(WeightPlane.Through([0.1, 0.2], [0.1, 0.2], [1, 2]));
        Assert.Null(WeightPlane.Through([0.1, 0.2, 0.3], [1.1, 2.2, 3.3], [-0.9, -1.8, -2.7]));
        Assert.Null(WeightPlane.Through([0, 0], [1, 0], [0, double.NaN]));
        Assert.Null(WeightPlane.Through([0, 0], [double.PositiveInfinity, 0], [0, 1]));
        Assert.Throws<ArgumentException>(() => WeightPlane.Through([0, 0], [1, 0, 0], [0, 1]));
    }

    [Fact]
    public void Random_directions_are_those_of_their_seed()
    {
        var normal = new double[10];
        new NumpyRandom(7).StandardNormal(normal);
        var plane = WeightPlane.Random([0, 0, 0, 0, 0], 7)!;
        Assert.Equal(WeightPlane.Along([0, 0, 0, 0, 0], Items.From(normal[..5]), Items.From(normal[5..])), plane);
        Assert.NotEqual(plane, WeightPlane.Random([0, 0, 0, 0, 0], 8));
    }

    [Fact]
    public void The_principal_directions_are_those_in_which_points_vary_most()
    {
        // An ellipsoid of axes 3, 2 and 0.5 along known directions, around a point that is not the origin.
        Items<double> a = [0.6, 0.8, 0, 0], b = [-0.8, 0.6, 0, 0], c = [0, 0, 0.6, -0.8], centre = [5, -1, 2, 0];
        var points = new List<Items<double>>();
        foreach (var (axis, length) in new[] { (a, 3.0), (b, 2.0), (c, 0.5) })
        {
            foreach (var sign in new[] { 1,
                -1 })
            {
                points.Add(Items.From(Enumerable.Range(0, 4).Select(j => centre[j] + sign * length * axis[j])));
            }
        }
        // The last one comes after the mean along both.
        points.Add(Items.From(Enumerable.Range(0, 4).Select(j => centre[j] + 1e-9 * (a[j] + b[j]))));
        var plane = WeightPlane.Principal(Items.From(points))!;
        Assert.Equal(points[^1], plane.Origin);
        for (var j = 0; j < 4; j++)
        {
            Assert.Equal(a[j], plane.First[j], 1e-8);
            Assert.Equal(b[j], plane.Second[j], 1e-8);
        }
    }

    [Fact]
    public void Snapshots_on_a_line_have_no_principal_plane() =>
        Assert.Null(WeightPlane.Principal([[0, 0, 0], [1, 2, 3], [2, 4, 6], [3, 6, 9]]));
}
