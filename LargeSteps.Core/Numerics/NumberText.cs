using System.Globalization;

namespace LargeSteps.Numerics;

/// <summary>Numbers as text that reads back as the same number.</summary>
public static class NumberText
{
    /// <summary>The shortest text that is read as the same number, in invariant culture: <c>0.25</c>, <c>1e-50</c>, <c>NaN</c>.</summary>
    public static string Invariant(double value)
    {
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        var e = text.IndexOf('E', StringComparison.Ordinal);
        if (e < 0) return text;
        // 1E-05 → 1e-5: what everybody but .NET writes.
        var exponent = int.Parse(text[(e + 1)..], CultureInfo.InvariantCulture);
        return FormattableString.Invariant($"{text[..e]}e{exponent}");
    }
}
