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
