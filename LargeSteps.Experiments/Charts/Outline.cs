using ScottPlot;

namespace LargeSteps.Experiments.Charts;

/// <summary>Points of lines: cut at gaps, and no more of them than can be seen.</summary>
internal static class Outline
{
    /// <summary>The pieces of a line between its gaps (a NaN in x or y), each with the points that can be seen.</summary>
    /// <param name="x">The places on the x axis, ascending.</param>
    /// <param name="y">The places on the y axis.</param>
    /// <param name="columns">Into how many columns the eye can divide the range of <paramref name="x"/>.</param>
    public static IEnumerable<Coordinates[]> Pieces(double[] x, double[] y, int columns)
    {
        var finite = x.Where(double.IsFinite).DefaultIfEmpty(0).ToArray();
        var width = finite.Max() - finite.Min();
        for (var i = 0; i < y.Length; i++)
        {
            var start = i;
            while (i < y.Length && !double.IsNaN(x[i]) && !double.IsNaN(y[i])) i++;
            if (i > start) yield return [.. Thinned(x, y, start, i, width / columns)];
        }
    }

    /// <summary>Where a line leaves a range, to its end or for a while: the place on the x axis, and whether upwards. Of several in one
    /// column the first.</summary>
    /// <param name="x">The places on the x axis, ascending.</param>
    /// <param name="y">The places on the y axis.</param>
    /// <param name="range">The range.</param>
    /// <param name="column">How wide a column is.</param>
    public static IEnumerable<(double X, bool Up)> Exits(double[] x, double[] y, AxisRange range, double column)
    {
        var (before, last) = (0, new Dictionary<int, double>());
        for (var i = 0; i < y.Length; i++)
        {
            var side = y[i] > range.Max ? 1 : y[i] < range.Min ? -1 : 0;
            if (side != 0 && side != before && !double.IsNaN(x[i]))
            {
                var edge = side > 0 ? range.Max : range.Min;
                var crossed = i > 0 && double.IsFinite(y[i - 1]) && double.IsFinite(x[i - 1])
                    ? x[i - 1] + (x[i] - x[i - 1]) * (edge - y[i - 1]) / (y[i] - y[i - 1]) : x[i];
                if (!last.TryGetValue(side, out var other) || crossed - other > column) yield return (last[side] = crossed, side > 0);
            }
            before = side;
        }
    }

    // Of the points in a column of pixels the first, the lowest, the highest and the last draw the same picture as all.
    private static IEnumerable<Coordinates> Thinned(double[] x, double[] y, int start, int end, double column)
    {
        for (int from = start, to; from < end; from = to)
        {
            var (low, high) = (from, from);
            for (to = from + 1; to < end && x[to] - x[from] < column; to++)
            {
                if (y[to] < y[low]) low = to;
                if (y[to] > y[high]) high = to;
            }
            foreach (var i in new SortedSet<int> { from, low, high, to - 1 }) yield return new(x[i], y[i]);
        }
    }
}
