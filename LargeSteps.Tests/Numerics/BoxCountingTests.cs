using CsCheck;
using LargeSteps.Numerics;

namespace LargeSteps.Tests.Numerics;

public class BoxCountingTests
{
    // The estimate of an image of this size is off by up to a tenth.
    private const int Side = 512;
    private const double Off = 0.1;

    private static double Of(Func<int, int, bool> cell, int side = Side) => BoxCounting.Dimension(
        [.. Enumerable.Range(0, side * side).Select(i => cell(i % side, i / side))], side);

    [Fact]
    public void A_line_has_dimension_1() => Gen.Select(Gen.Double[0, Math.PI], Gen.Double[-80, 80]).Sample((angle, offset) =>
    {
        var (a, b) = Math.SinCos(angle);
        Assert.Equal(1, Of((x, y) => a * (x - Side / 2) + b * (y - Side / 2) > offset), Off);
    }, iter: 20);

    [Fact]
    public void A_chessboard_fills_the_plane() => Assert.Equal(2, Of((x, y) => (x + y) % 2 == 0), 1e-9);

    // Sierpiński's triangle: cells whose coordinates share no bit.
    [Fact]
    public void The_triangle_of_Sierpinski_has_the_logarithm_of_3_to_base_2() =>
        Assert.Equal(Math.Log2(3), Of((x, y) => (x & y) == 0), Off);

    [Fact]
    public void Without_a_boundary_there_is_none()
    {
        Assert.Equal(double.NaN, Of((_, _) => true));
        Assert.Equal(double.NaN, Of((x, _) => x % 2 == 0, side: 16));
    }
}
