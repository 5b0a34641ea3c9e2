namespace LargeSteps.Values;

/// <summary>Numbers in ascending order, each once.</summary>
internal static class Ascending
{
    /// <summary>The first of them from a given one on; the largest number there is where there is none.</summary>
    public static long FirstFrom(long[] ascending, long from) => Array.BinarySearch(ascending, from) is var at && at >= 0 ? from
        : ~at < ascending.Length ? ascending[~at] : long.MaxValue;
}
