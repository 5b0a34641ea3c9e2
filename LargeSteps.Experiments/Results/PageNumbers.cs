using System.Runtime.InteropServices;

namespace LargeSteps.Experiments.Results;

/// <summary>Numbers as they stand in a page, in base 64.</summary>
internal static class PageNumbers
{
    // No letter of base 64.
    private const string WideNumbers = "!";

    /// <summary>All digits.</summary>
    public static string Doubles(ReadOnlySpan<double> values) => Convert.ToBase64String(MemoryMarshal.AsBytes(values));

    /// <summary>Seven digits, which are more than is seen; but a loss of 1e-60, or of 1e200 before a run diverges, is a number as
    /// well.</summary>
    public static string Numbers(double[] values) => values.All(value => value == 0 || !double.IsFinite(value)
        || float.IsNormal((float)value))
        ? Convert.ToBase64String(MemoryMarshal.AsBytes<float>(Array.ConvertAll(values, value => (float)value)))
        : WideNumbers + Doubles(values);
}
