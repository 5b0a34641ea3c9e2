using LargeSteps.Values;
using ScottPlot;

namespace LargeSteps.Experiments.Charts;

/// <summary>Values on a grid in the plane.</summary>
/// <param name="X">The horizontal places, ascending.</param>
/// <param name="Y">The vertical places, ascending.</param>
/// <param name="Values">The value at (X_i, Y_j), at place j · X.Length + i; none is NaN.</param>
internal sealed record Field(double[] X, double[] Y, double[] Values)
{
    /// <summary>A value; outside of the grid lower than any.</summary>
    public double At(int i, int j) => i < 0 || j < 0 || i >= X.Length || j >= Y.Length ? double.NegativeInfinity : Values[j * X.Length + i];
}

/// <summary>A corner of a region's outline; with <c>Edge</c> it lies where the grid ends, and not on a contour: neither of the two lines
/// that meet in it is one.</summary>
internal readonly record struct OutlinePoint(Coordinates At, bool Edge);

/// <summary>
/// Regions above a level, by marching squares: linear along the sides of a cell; where two opposite corners of a cell are above and two
/// below, its mean decides whether the region goes through.
/// </summary>
internal static class Contours
{
    // The sides of a cell, each between two of its corners: below, right, above, left; the corners go round from the lower left one.
    private const int Below = 0, Right = 1, Above = 2, Left = 3;

    /// <summary>
    /// The outlines of the region where the field is at least at a level: closed, with the region on their left, so that the holes in a
    /// region go round the other way. Outside of the grid there is no region: it ends where the grid does.
    /// </summary>
    public static Items<OutlinePoint[]> Region(Field field, double level)
    {
        var next = new Dictionary<Side, Side>();
        for (var j = -1; j < field.Y.Length; j++)
        {
            for (var i = -1; i < field.X.Length; i++)
                foreach (var (from, to) in Crossings(field, level, i, j)) next.Add(SideOf(i, j, from), SideOf(i, j, to));
        }

        var outlines = new List<OutlinePoint[]>();
        while (next.Count > 0)
        {
            var outline = new List<OutlinePoint>();
            for (var side = next.Keys.First(); next.Remove(side, out var following); side =
                following)
            {
                outline.Add(PointOn(field, level, side));
            }

            outlines.Add([.. outline]);
        }
        return Items.From(outlines);
    }

    /// <summary>A side of cells: from the corner (I, J) to the right or upwards.</summary>
    private readonly record struct Side(int I, int J, bool Up);

    private static Side SideOf(int i, int j, int side) => side switch
    {
        Below => new(i, j, Up: false),
        Right => new(i + 1, j, Up: true),
        Above => new(i, j + 1, Up: false),
        _ => new(i, j, Up: true),
    };

    // Where the outline comes into a cell and where it leaves it, with the region on its left.
    private static (int From, int To)[] Crossings(Field field, double level, int i, int j)
    {
        double[] corners = [field.At(i, j), field.At(i + 1, j), field.At(i + 1, j + 1), field.At(i, j + 1)];
        var inside = 0;
        for (var c = 0; c < 4; c++) if (corners[c] >= level) inside |= 1 << c;
        return inside switch
        {
            0b0001 => [(Below, Left)],
            0b0010 => [(Right, Below)],
            0b0011 => [(Right, Left)],
            0b0100 => [(Above, Right)],
            0b0110 => [(Above, Below)],
            0b0111 => [(Above, Left)],
            0b1000 => [(Left, Above)],
            0b1001 => [(Below, Above)],
            0b1011 => [(Right, Above)],
            0b1100 => [(Left, Right)],
            0b1101 => [(Below, Right)],
            0b1110 => [(Left, Below)],
            0b0101 => corners.Average() >= level ? [(Below, Right), (Above, Left)] : [(Below, Left), (Above, Right)],
            0b1010 => corners.Average() >= level ? [(Left, Below), (Right, Above)] : [(Right, Below), (Left, Above)],
            _ => [],
        };
    }

    private static OutlinePoint PointOn(Field field, double level, Side side)
    {
        var (i, j) = side.Up ? (side.I, side.J + 1) : (side.I + 1, side.J);
        var (a, b) = (field.At(side.I, side.J), field.At(i, j));
        // Where the grid ends, the region ends at the corner that belongs to it.
        if (double.IsNegativeInfinity(a)) return new(Corner(field, i, j), Edge: true);
        if (double.IsNegativeInfinity(b)) return new(Corner(field, side.I, side.J), Edge: true);
        var part = (level - a) / (b - a);
        Coordinates from = Corner(field, side.I, side.J), to = Corner(field, i, j);
        return new(new(from.X + part * (to.X - from.X), from.Y + part * (to.Y - from.Y)), Edge: false);
    }

    private static Coordinates Corner(Field field, int i, int j) => new(field.X[i], field.Y[j]);
}
