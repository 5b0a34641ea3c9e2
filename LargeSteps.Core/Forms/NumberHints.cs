using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;
using LargeSteps.Values;

namespace LargeSteps.Forms;

/// <summary>What somebody probably meant by a text that is no number, as the end of a message: what to write.</summary>
internal static partial class NumberHints
{
    /// <summary>For a text that is no whole number to YAML's core schema: <c>1e4</c>, <c>10_000</c>, <c>10,000</c>, <c>0x10</c>.</summary>
    public static string OfWhole(string text)
    {
        var digits = Grouped().IsMatch(text) ? Separators().Replace(text, "") : text;
        if (BigInteger.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture,
            out var whole))
        {
            return $"; write {whole}";
        }

        if (digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase) && long.TryParse(digits[2..], NumberStyles.AllowHexSpecifier,
            CultureInfo.InvariantCulture, out var hex))
        {
            return FormattableString.Invariant($"; write {hex}");
        }

        const double withinLong = 1e18;
        return Codecs.NumberOf(digits) is { } number && double.IsInteger(number) && Math.Abs(number) < withinLong
            ? FormattableString.Invariant($"; write {(long)number}") : "";
    }

    /// <summary>For a text that is no number: <c>0,5</c>, <c>30%</c>, <c>1/4</c>, <c>1_000.5</c>.</summary>
    public static string OfNumber(string text)
    {
        if (text.Contains(',', StringComparison.Ordinal)) return " (the decimal mark is a point)";
        if (text.EndsWith('%') && decimal.TryParse(text[..^1].TrimEnd(), NumberStyles.Float, CultureInfo.InvariantCulture, out var percent))
            return FormattableString.Invariant($"; write {percent / 100}");
        if (text.Split('/') is [var above, var below] && Codecs.NumberOf(above.Trim()) is { } numerator
            && Codecs.NumberOf(below.Trim()) is { } denominator && denominator != 0)
        {
            return $"; write {NumberText.Invariant(numerator / denominator)}";
        }

        return text.Contains('_', StringComparison.Ordinal)
            && Codecs.NumberOf(text.Replace("_", "", StringComparison.Ordinal)) is { } number
            ? $"; write {NumberText.Invariant(number)}" : "";
    }

    [GeneratedRegex(@"^[+-]?(\d+(_\d+)+|\d{1,3}([,' ]\d{3})+)(e\d+)?$")]
    private static partial Regex Grouped();

    [GeneratedRegex("[_,' ]")]
    private static partial Regex Separators();
}
