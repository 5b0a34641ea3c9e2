using System.Globalization;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Docs;

/// <summary>A number with the digits in which it was published: <c>0.0385</c>, <c>1.42e-6</c>.</summary>
/// <param name="Text">The digits.</param>
internal sealed record PublishedNumber(string Text)
{
    private const int Shortened = 6, MostDigits = 15;

    /// <summary>The number.</summary>
    public double Value { get; } = double.Parse(Text, NumberStyles.Float, CultureInfo.InvariantCulture);

    /// <summary>The digits from the first that is not 0 on.</summary>
    public int SignificantDigits { get; } = Math.Max(1, Mantissa(Text).Where(char.IsAsciiDigit).SkipWhile(c => c == '0').Count());

    /// <summary>Half a unit of the last digit: what was left out when the number was written down is at most this.</summary>
    public double HalfUnit
    {
        get
        {
            var (mantissa, point) = (Mantissa(Text), Text.IndexOf('.', StringComparison.Ordinal));
            var exponent = mantissa.Length == Text.Length
                ? 0 : int.Parse(Text[(mantissa.Length + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
            return 0.5 * Math.Pow(10, exponent - (point < 0 ? 0 : mantissa.Length - point - 1));
        }
    }

    /// <summary>Whether the other number would be written down with the same digits, as good as 64 bits tell.</summary>
    public bool Rounds(double other) => Math.Abs(other - Value) <= HalfUnit * (1 + 1e-6);

    /// <summary>The digits, or the first six of many.</summary>
    public string Short => SignificantDigits <= Shortened ? Text : Like(Value, Shortened);

    /// <summary>Another number in the form of this one, with one digit more, as long as 64 bits have so many.</summary>
    public string Beside(double other) => Like(other, SignificantDigits + 1);

    /// <summary>The same, with six digits at most.</summary>
    public string ShortBeside(double other) => Like(other, Math.Min(SignificantDigits + 1, Shortened));

    // A whole number in all of its digits. Of more than 15 digits only the shortest that tell the number from its neighbours are its own.
    private static string Digits(double value, int digits) =>
        digits > MostDigits ? NumberText.Invariant(value)
        : value == Math.Round(value) && Math.Abs(value) < 1e15 ? value.ToString("F0", CultureInfo.InvariantCulture)
        : NumberText.Invariant(double.Parse(value.ToString(FormattableString.Invariant($"G{digits}"), CultureInfo.InvariantCulture),
        CultureInfo.InvariantCulture));

    private static string Exponential(double value, int digits)
    {
        if (digits > MostDigits) return NumberText.Invariant(value);
        var parts = value.ToString(FormattableString.Invariant($"E{digits - 1}"), CultureInfo.InvariantCulture).Split('E');
        return FormattableString.Invariant($"{parts[0]}e{int.Parse(parts[1], CultureInfo.InvariantCulture)}");
    }

    private string Like(double other, int digits) => Text.Contains('e', StringComparison.OrdinalIgnoreCase) ? Exponential(other, digits)
        : Digits(other, digits);

    private static string Mantissa(string text) => text.Split('e', 'E')[0];
}

/// <summary>A mean over seeds, with the standard deviation (n − 1) where that was published: <c>173 ± 16</c>.</summary>
/// <param name="Mean">The mean over the survivors.</param>
/// <param name="Deviation">Their standard deviation; null where it is not known.</param>
internal sealed record PublishedMean(PublishedNumber Mean, PublishedNumber? Deviation)
{
    /// <summary>The form in which it is written.</summary>
    public string Text => Deviation is null ? Mean.Text : $"{Mean.Text} ± {Deviation.Text}";
}
