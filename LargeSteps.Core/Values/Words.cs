namespace LargeSteps.Values;

/// <summary>Words of what is printed.</summary>
internal static class Words
{
    /// <summary>A number with its noun: <c>1 step</c>, <c>2 steps</c>.</summary>
    public static string Count(long count, string noun) => FormattableString.Invariant($"{count} {noun}{(count == 1 ? "" : "s")}");
}
