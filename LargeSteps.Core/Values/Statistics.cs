namespace LargeSteps.Values;

/// <summary>Statistics of few numbers.</summary>
public static class Statistics
{
    /// <summary>The standard deviation (n − 1); NaN of fewer than two numbers.</summary>
    internal static double Deviation(IReadOnlyCollection<double> values)
    {
        if (values.Count < 2) return double.NaN;
        var mean = values.Average();
        return Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Count - 1));
    }

    /// <summary>The median of ascending numbers, of an even number the middle of the two in the middle; NaN of none.</summary>
    public static double Median(IReadOnlyList<double> ascending)
    {
        if (ascending.Count == 0) return double.NaN;
        var (below, above) = (ascending[(ascending.Count - 1) / 2], ascending[ascending.Count / 2]);
        // The difference of two infinities is none.
        return below == above ? below : below + (above - below) / 2;
    }
}
