using LargeSteps.Experiments.Charts;

namespace LargeSteps.Tests.Charts;

public class OutlineTests
{
    [Fact]
    public void Gaps_cut_a_line_into_pieces()
    {
        double[] x = [0, 1, 2, 3, 4, 5, 6];
        double[] y = [double.NaN, 1, 2, double.NaN, 4, double.NaN, 6];
        Assert.Equal([[1, 2], [4], [6]], Outline.Pieces(x, y, 1000).Select(piece => piece.Select(p => p.X).ToArray()));
    }

    [Fact]
    public void A_long_line_keeps_its_spikes_and_ends()
    {
        double[] x = [.. Enumerable.Range(0, 100_000).Select(i => (double)i)];
        double[] y = [.. x.Select(i => i == 12_345 ? 100 : i == 54_321 ? -100 : Math.Sin(i))];
        var piece = Assert.Single(Outline.Pieces(x, y, 500));
        Assert.InRange(piece.Length, 1000, 4 * 501);
        Assert.Contains(piece, p => p is { X: 12_345, Y: 100 });
        Assert.Contains(piece, p => p is { X: 54_321, Y: -100 });
        Assert.Equal((0, 99_999), (piece[0].X, piece[^1].X));
    }

    [Fact]
    public void A_line_leaves_a_range_where_it_crosses_its_edge()
    {
        double[] x = [0, 1, 2, 3, 4, 5, 6, 7], y = [0, 2, 0, -3, -3, 0, double.NaN, 9];
        Assert.Equal([(0.5, true), (2 + 1 / 3.0, false), (7, true)], Outline.Exits(x, y, new(-1, 1), column: 0));
        // Those of one column are one, upwards and downwards apart.
        Assert.Equal([(0.5, true), (2 + 1 / 3.0, false)], Outline.Exits(x, y, new(-1, 1), column: 7));
        Assert.Empty(Outline.Exits(x, y, new(-9, 9), column: 0));
    }
}
