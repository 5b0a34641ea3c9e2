namespace LargeSteps.Experiments.Charts;

/// <summary>The visible part of an axis, in places: values, or on a logarithmic axis their logarithms to base 10.</summary>
internal readonly record struct AxisRange(double Min, double Max)
{
    public double Span => Max - Min;
}

/// <summary>Where values are on an axis, and how much of the axis shows them all.</summary>
internal static class AxisScale
{
    // Wide enough for any metric, and the span of an axis stays finite.
    private const double Largest = 1e300;

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

    /// <summary>The range of the iterations: all of them, and a little room.</summary>
    public static AxisRange Horizontal(IEnumerable<double> places)
    {
        var finite = places.Where(double.IsFinite).DefaultIfEmpty(0).ToArray();
        var (min, max) = (finite.Min(), finite.Max());
        return min == max ? new(min, min + 1) : Widened(min, max, 0.02);
    }

    /// <summary>The range of a metric: all its values, but for a few that lie so far out that nothing else could be seen.</summary>
    public static AxisRange Vertical(IEnumerable<double> places, bool log)
    {
        var sorted = places.Where(double.IsFinite).Order().ToArray();
        if (sorted.Length == 0) return log ? new(-1, 1) : new(0, 1);
        var (min, max) = (sorted[0], Ceiling(sorted, log));
        var size = Math.Max(Math.Abs(min), Math.Abs(max));
        // What rounding does to a constant is no reason to magnify it.
        if (max - min <= (log ? 1e-9 : 1e-9 * size)) return Around(min, log, integers: sorted.All(double.IsInteger));
        return Widened(min, max, 0.05);
    }

    // The last values of a diverging run can be hundreds of decades above all others: the line then leaves the panel.
    private static double Ceiling(double[] sorted, bool log)
    {
        var (min, most, max) = (sorted[0], sorted[(int)(0.98 * (sorted.Length - 1))], sorted[^1]);
        return log ? Math.Min(max, Math.Max(most, min + 1) + 5)
            : most > min && (max - most) / 20 > most - min ? min + 2 * (most - min) : max;
    }

    private static AxisRange Around(double value, bool log, bool integers)
    {
        var room = log ? 0.5 : integers ? Math.Max(1, Math.Abs(value) / 20) : value == 0 ? 1 : Math.Abs(value) / 20;
        return new(value - room, value + room);
    }

    private static AxisRange Widened(double min, double max, double part) => new(min - part * (max - min), max + part * (max - min));
}
