using LargeSteps.Figures;

namespace LargeSteps.Experiments.Charts;

/// <summary>The visible part of an axis, in places: values, or on a logarithmic axis their logarithms to base 10.</summary>
internal readonly record struct AxisRange(double Min, double Max)
{
    public double Span => Max - Min;
}

/// <summary>Where values are on an axis, and how much of the axis shows them.</summary>
internal static class AxisScale
{
    // Wide enough for any metric, and the span of an axis stays finite.
    private const double Largest = 1e300;

    // So many times the range of nearly all values, or so many decades, may single values lie apart before they are cut off.
    private const double MostSpans = 20, MostDecades = 3;

    // A line that rises by so many decades above where it began, and above a quarter of its values, explodes.
    private const double ExplosionDecades = 6;

    // What a noiseless run comes down to in the end is rounding, and each decade takes room from the others.
    private const double DecadesBelowStart = 12;

    /// <summary>The place of a value; NaN where the axis cannot show it.</summary>
    public static double Place(double value, bool log) =>
        !double.IsFinite(value) ? double.NaN
        : !log ? Math.Clamp(value, -Largest, Largest)
        : value > 0 ? Math.Log10(value) : double.NaN;

    /// <summary>The places of values.</summary>
    public static double[] Places(ReadOnlySpan<double> values, bool log)
    {
        var places = new double[values.Length];
        for (var i = 0; i < places.Length; i++) places[i] = Place(values[i], log);
        return places;
    }

    /// <summary>Whether values are spaced more evenly on a logarithmic axis.</summary>
    public static bool IsLogarithmic(IEnumerable<double> values) => Unevenness(values, log: true) < 0.99 * Unevenness(values, log: false);

    /// <summary>The range of the iterations: all of them, and a little room.</summary>
    public static AxisRange Horizontal(IEnumerable<double> places)
    {
        var finite = places.Where(double.IsFinite).DefaultIfEmpty(0).ToArray();
        var (min, max) = (finite.Min(), finite.Max());
        return min == max ? new(min, min + 1) : Widened(min, max, 0.02);
    }

    /// <summary>The range of a metric whose values are those of one line, evenly spaced.</summary>
    public static AxisRange Vertical(IReadOnlyList<double> places, bool log) =>
        Vertical([(Enumerable.Range(0, places.Count).Select(i => (double)i).ToArray(), [.. places])], [], log);

    /// <summary>
    /// The range of a metric: where each line begins, is most of the time and ends, and all else but for values that lie so far out, in so
    /// small a part of the panel's width, that nothing else could be seen. A logarithmic axis does not go on for more than twelve decades
    /// below where the lines begin.
    /// </summary>
    /// <param name="lines">The lines: places on the horizontal axis, ascending, and on the vertical one.</param>
    /// <param name="beside">What is drawn besides.</param>
    /// <param name="log">Whether the axis is logarithmic.</param>
    public static AxisRange Vertical(IEnumerable<(double[] X, double[] Y)> lines, IEnumerable<(double[] X, double[] Y)> beside, bool log)
    {
        (double Place, double Width)[][] curves = [.. lines.Select(Weighted).Where(line => line.Length > 0)];
        (double Place, double Width)[] all = [.. curves.Concat(beside.Select(Weighted)).SelectMany(line => line).OrderBy(at => at.Place)];
        if (all.Length == 0) return log ? new(-1, 1) : new(0, 1);
        // Of lines that explode where others do not, only the beginning is to be seen.
        (double Place, double Width)[][] calm = [.. curves.Where(curve => !Explodes(curve, log))];
        if (calm.Length == 0) calm = curves;
        var (min, max) = Seen(curves, calm, all, log);
        var size = Math.Max(Math.Abs(min), Math.Abs(max));
        // What rounding does to a constant is no reason to magnify it.
        if (max - min <= (log ? 1e-9 : 1e-9 * size)) return Around(min, log, integers: all.All(at => double.IsInteger(at.Place)));
        return Widened(min, max, 0.05);
    }

    /// <summary>A range with the ends that are asked for.</summary>
    public static AxisRange Limited(AxisRange range, PanelLimits? limits, bool log)
    {
        if (limits is null) return range;
        var (from, to) = (limits.From is { } low ? Place(low, log) : double.NaN, limits.To is { } high ? Place(high, log) : double.NaN);
        var (min, max) = (double.IsNaN(from) ? range.Min : from, double.IsNaN(to) ? range.Max : to);
        // All values lie beyond the one end that is given.
        if (min >= max)
        {
            (min, max) = double.IsNaN(to) ? (min, min + range.Span) : double.IsNaN(from) ? (max - range.Span, max)
            : (range.Min, range.Max);
        }

        return new(min, max);
    }

    private static (double Min, double Max) Seen((double Place, double Width)[][] curves, (double Place, double Width)[][] calm,
        (double Place, double Width)[] all, bool log)
    {
        double[] begins = [.. curves.Select(curve => curve[0].Place).Order()],
            usual = [.. calm.Select(curve => At([.. curve.OrderBy(at => at.Place)], 0.5))];
        var most = calm.Length == curves.Length ? all : [.. calm.SelectMany(curve => curve).OrderBy(at => at.Place)];
        // The last value of a line says where it led to, unless that is far above the others.
        var bottom = usual.Concat(begins).Concat(curves.Select(curve => curve[^1].Place)).Append(At(all, 0.02)).Min();
        var top = usual.Concat(begins).Append(At(most, 0.98)).Max();
        var (lowest, highest, span) = (all[0].Place, all[^1].Place, top - bottom);
        var (reach, room) = log ? (MostDecades, 1) : (MostSpans * span, span);
        var max = span <= 0 && !log || highest - top <= reach ? highest : top + room;
        var min = span <= 0 && !log || bottom - lowest <= reach ? lowest : bottom - room;
        return (log && begins.Length > 0 ? Math.Max(min, begins[(begins.Length - 1) / 2] - DecadesBelowStart) : min, max);
    }

    private static bool Explodes((double Place, double Width)[] curve, bool log)
    {
        (double Place, double Width)[] ascending = [.. curve.OrderBy(at => at.Place)];
        var (usual, highest) = (Math.Max(curve[0].Place, At(ascending, 0.25)), ascending[^1].Place);
        return log ? highest - usual > ExplosionDecades
            : highest > Math.Pow(10, ExplosionDecades) * Math.Max(Math.Abs(usual), Math.Abs(ascending[0].Place)) && usual != 0;
    }

    /// <summary>The finite places, each with its part of the width.</summary>
    private static (double Place, double Width)[] Weighted((double[] X, double[] Y) line)
    {
        int[] shown = [.. Enumerable.Range(0, line.Y.Length).Where(i => double.IsFinite(line.Y[i]) && double.IsFinite(line.X[i]))];
        if (shown.Length == 0) return [];
        // A point alone has some width as well.
        var least = Math.Max(1e-9, 1e-6 * (line.X[shown[^1]] - line.X[shown[0]]));
        return [.. shown.Select((at, i) => (line.Y[at],
            least + (line.X[shown[Math.Min(i + 1, shown.Length - 1)]] - line.X[shown[Math.Max(i - 1, 0)]]) / 2))];
    }

    /// <summary>The place below which so large a part of the width lies.</summary>
    private static double At((double Place, double Width)[] ascending, double part)
    {
        var left = part * ascending.Sum(at => at.Width);
        foreach (var (place, width) in ascending)
            if ((left -= width) <= 0) return place;
        return ascending[^1].Place;
    }

    private static AxisRange Around(double value, bool log, bool integers)
    {
        var room = log ? 0.5 : integers ? Math.Max(1, Math.Abs(value) / 20) : value == 0 ? 1 : Math.Abs(value) / 20;
        return new(value - room, value + room);
    }

    private static AxisRange Widened(double min, double max, double part) => new(min - part * (max - min), max + part * (max - min));

    private static double Unevenness(IEnumerable<double> values, bool log)
    {
        double[] places = [.. values.Distinct().Select(value => Place(value, log)).Order()];
        double[] gaps = [.. places.Zip(places.Skip(1), (a, b) => b - a)];
        return gaps.Length == 0 || gaps.Any(double.IsNaN) ? double.PositiveInfinity : gaps.Max() / gaps.Min();
    }
}
