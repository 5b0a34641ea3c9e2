using System.Globalization;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Docs;

/// <summary>What a comparison comes to.</summary>
internal enum Verdict
{
    /// <summary>As close as was asked for.</summary>
    Agrees,

    /// <summary>Not so.</summary>
    Misses,

    /// <summary>Nothing was asked for, or there is nothing to compare.</summary>
    NotJudged,
}

/// <summary>How close our number is to a published one, in words, and what that comes to.</summary>
/// <param name="Text">The words: <c>13.3 digits</c>, <c>0.4 standard errors</c>.</param>
/// <param name="Verdict">What it comes to.</param>
internal sealed record Agreement(string Text, Verdict Verdict)
{
    /// <summary>Means further apart than this do not agree: by chance that happens to one pair of means in 370.</summary>
    public const double MostStandardErrors = 3;

    /// <summary>There is no number of ours.</summary>
    public static Agreement None { get; } = new("–", Verdict.NotJudged);

    /// <summary>Two values of one run.</summary>
    /// <param name="published">The published one.</param>
    /// <param name="ours">Ours.</param>
    /// <param name="digits">The decimal digits that are asked for; null: none.</param>
    public static Agreement Of(PublishedNumber published, double ours, int? digits)
    {
        if (!double.IsFinite(ours)) return new("–", digits is null ? Verdict.NotJudged : Verdict.Misses);
        if (published.Rounds(ours))
        {
            var (count, unit) = (published.SignificantDigits, published.SignificantDigits == 1 ? "digit" : "digits");
            return new(ours == published.Value ? "equal" : FormattableString.Invariant($"equal in {count} {unit}"), digits is null
                ? Verdict.NotJudged : Verdict.Agrees);
        }
        var agreeing = Digits(published.Value, ours);
        return new($"{Tenths(agreeing, Math.Floor)} digits", digits is not { } asked ? Verdict.NotJudged : agreeing >= asked
            ? Verdict.Agrees : Verdict.Misses);
    }

    /// <summary>Two values that are to be the same in all published digits.</summary>
    public static Agreement Exactly(PublishedNumber published, double ours) =>
        published.Rounds(ours) ? Of(published, ours, published.SignificantDigits) : new("differs", Verdict.Misses);

    /// <summary>A number that is to be within a part of the published one.</summary>
    public static Agreement Within(PublishedNumber published, double ours, double part)
    {
        if (!double.IsFinite(ours)) return new("–", Verdict.Misses);
        var away = Math.Abs(ours / published.Value - 1);
        return new($"{Tenths(100 * away, Math.Ceiling)} % away", away <= part ? Verdict.Agrees : Verdict.Misses);
    }

    /// <summary>Two means over survivors, which agree within three standard errors of their difference beyond the rounding of the published
    /// one.</summary>
    /// <param name="published">The published mean. Without its standard deviation it is not judged: losses over seeds have long tails, and
    /// the deviation of few of ours says little.</param>
    /// <param name="survivors">The survivors that it is of.</param>
    /// <param name="ours">The values of our survivors.</param>
    public static Agreement OfMeans(PublishedMean published, int survivors, IReadOnlyList<double> ours)
    {
        if (published.Deviation is not { Value: var theirs } || ours.Count == 0 || survivors + ours.Count < 3) return None;
        var own = ours.Count > 1 ? Statistics.Deviation(ours) : 0;
        // If both are draws of the same distribution, this is the best guess at its variance.
        var variance = ((survivors - 1) * theirs * theirs + (ours.Count - 1) * own * own) / (survivors + ours.Count - 2);
        var difference = Math.Max(0, Math.Abs(ours.Average() - published.Mean.Value) - published.Mean.HalfUnit);
        return OfStandardErrors(StandardErrors(difference, variance * (1.0 / survivors + 1.0 / ours.Count)));
    }

    /// <summary>Two numbers of seeds with some fate.</summary>
    /// <param name="published">Their number in the published program.</param>
    /// <param name="of">Of so many.</param>
    /// <param name="ours">Our number.</param>
    /// <param name="ofOurs">Of so many.</param>
    public static Agreement OfCounts(int published, int of, int ours, int ofOurs)
    {
        // If both are draws of the same coin, this is the best guess at it.
        var common = (double)(published + ours) / (of + ofOurs);
        return OfStandardErrors(StandardErrors(Math.Abs((double)published / of - (double)ours / ofOurs),
            common * (1 - common) * (1.0 / of + 1.0 / ofOurs)));
    }

    /// <summary>The decimal digits in which two numbers agree: −log₁₀ of their difference relative to the published one, and at least
    /// 0; infinite where they are equal.</summary>
    public static double Digits(double published, double ours) =>
        ours == published ? double.PositiveInfinity : Math.Max(0, -Math.Log10(Math.Abs(ours - published) / Math.Abs(published)));

    /// <summary>A difference in standard errors; 0 where there is neither, infinite where there is a difference without any
    /// variance.</summary>
    public static double StandardErrors(double difference, double variance) => difference == 0 ? 0 : difference / Math.Sqrt(variance);

    private static Agreement OfStandardErrors(double errors) =>
        new(double.IsFinite(errors) ? $"{Tenths(errors, Math.Ceiling)} standard errors" : "differs", errors <= MostStandardErrors
            ? Verdict.Agrees : Verdict.Misses);

    // Rounded to the worse side: what falls short by little is not to look as if it did not.
    private static string Tenths(double value, Func<double, double> round) =>
        (round(10 * value) / 10).ToString("F1", CultureInfo.InvariantCulture);
}
