using System.Globalization;

namespace LargeSteps.Values;

/// <summary>Numbers as text that reads back as the same number.</summary>
internal static class NumberText
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

    /// <summary>
    /// Short texts that tell numbers apart: with as many significant digits as that takes, and three at least. Whole numbers
    /// among themselves have all their digits.
    /// </summary>
    internal static string[] Distinct(IReadOnlyList<double> values)
    {
        string[] full = [.. values.Select(Invariant)];
        if (values.All(double.IsInteger)) return full;
        var different = values.Distinct().Count();
        return Enumerable.Range(3, 14).Select(digits => values.Select(value => Invariant(Rounded(value, digits))).ToArray())
            .FirstOrDefault(texts => texts.Distinct().Count() >= different) ?? full;
    }

    /// <summary>A number with so many significant digits.</summary>
    internal static double Rounded(double value, int digits) => double.Parse(
        value.ToString(FormattableString.Invariant($"G{digits}"), CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
