using CsCheck;
using LargeSteps.Experiments.Docs;
using LargeSteps.Values;

namespace LargeSteps.Tests.Docs;

public class AgreementTests
{
    private static readonly Gen<double> Numbers = Gen.Select(Gen.Double[1, 10], Gen.Int[-30, 30], Gen.Bool)
        .Select((m, e, negative) => (negative ? -m : m) * Math.Pow(10, e));

    [Fact]
    public void A_number_that_is_off_by_a_relative_difference_agrees_in_as_many_digits() =>
        Gen.Select(Numbers, Gen.Double[0.5, 8]).Sample((published, digits) =>
        Assert.Equal(digits, Agreement.Digits(published, published * (1 + Math.Pow(10, -digits))), 1e-5));

    [Fact]
    public void Scaling_both_numbers_changes_no_digit() =>
        Gen.Select(Numbers, Gen.Double[0.5, 8], Gen.Int[-20, 20]).Sample((published, digits, exponent) =>
    {
        var (ours, scale) = (published * (1 + Math.Pow(10, -digits)), Math.Pow(2, exponent));
        Assert.Equal(Agreement.Digits(published, ours), Agreement.Digits(scale * published, scale * ours), 1e-9);
    });

    [Fact]
    public void A_number_agrees_with_itself_in_all_digits_whatever_is_asked() =>
        Gen.Select(Numbers, Gen.Int[1, 17]).Sample((number, digits) =>
    {
        var published = new PublishedNumber(NumberText.Invariant(number));
        Assert.Equal(new Agreement("equal", Verdict.Agrees), Agreement.Of(published, number, digits));
        Assert.Equal(new Agreement("equal", Verdict.Agrees), Agreement.Exactly(published, number));
        Assert.Equal(double.PositiveInfinity, Agreement.Digits(number, number));
    });

    [Fact]
    public void A_number_agrees_with_all_that_are_written_down_like_it() =>
        Gen.Select(Gen.Int[1, 99999], Gen.Int[-9, 9], Gen.Double[-0.49, 0.49]).Sample((mantissa, exponent, part) =>
    {
        var published = new PublishedNumber(FormattableString.Invariant($"{mantissa}e{exponent}"));
        Assert.Equal(Verdict.Agrees, Agreement.Exactly(published, (mantissa + part) * Math.Pow(10, exponent)).Verdict);
        Assert.Equal(Verdict.Misses, Agreement.Exactly(published, (mantissa + 1 + part) * Math.Pow(10, exponent)).Verdict);
    });

    [Theory]
    [InlineData("0.0385", 0.00005, 3)]
    [InlineData("173", 0.5, 3)]
    [InlineData("1.4e-6", 0.5e-7, 2)]
    [InlineData("2E3", 500, 1)]
    [InlineData("-0.50", 0.005, 2)]
    [InlineData("0.00000", 0.000005, 1)]
    [InlineData(".7060", 0.00005, 4)]
    public void Digits_say_how_far_a_number_was_rounded(string text, double half, int significant)
    {
        Assert.Equal(half, new PublishedNumber(text).HalfUnit, half * 1e-12);
        Assert.Equal(significant, new PublishedNumber(text).SignificantDigits);
    }

    [Theory]
    [InlineData("1.4216162873995314e-6", 1.421616287399597e-6, "1.42162e-6", "1.421616287399597e-6", "1.42162e-6")]
    [InlineData("0.003528621943603826", 0.0035, "0.00352862", "0.0035", "0.0035")]
    [InlineData("173", 172.68, "173", "172.7", "172.7")]
    [InlineData("1.9e-4", 0.00018637, "1.9e-4", "1.86e-4", "1.86e-4")]
    [InlineData("57.0", 57.0, "57.0", "57", "57")]
    public void Ours_stands_in_the_form_of_the_published_number(string text, double ours, string shortened, string beside,
        string shortBeside)
    {
        var published = new PublishedNumber(text);
        Assert.Equal((shortened, beside, shortBeside), (published.Short, published.Beside(ours), published.ShortBeside(ours)));
    }

    [Theory]
    // What falls short by little does not look as if it did not: 2.98 digits are not 3.
    [InlineData("0.0002085922606056556", 0.00020838, 3, "2.9 digits", "Misses")]
    [InlineData("0.0002085922606056556", 0.0002085, 3, "3.3 digits", "Agrees")]
    [InlineData("0.0002085922606056556", 0.00020838, null, "2.9 digits", "NotJudged")]
    [InlineData("0.22", 0.2217, 10, "equal in 2 digits", "Agrees")]
    [InlineData("1", 7.0, 1, "0.0 digits", "Misses")]
    [InlineData("1", double.NaN, 1, "–", "Misses")]
    [InlineData("1", double.NaN, null, "–", "NotJudged")]
    [InlineData("0.0", 0.2, 1, "0.0 digits", "Misses")]
    public void Values_agree_where_they_do_in_as_many_digits_as_are_asked(string published, double ours, int? digits, string text,
        string verdict) =>
        Assert.Equal(new Agreement(text, Enum.Parse<Verdict>(verdict)), Agreement.Of(new(published), ours, digits));

    [Fact]
    public void Means_of_equal_spread_lie_as_many_standard_errors_apart_as_by_the_formula_of_two_samples() =>
        Gen.Select(Gen.Double[-5, 5], Gen.Double[0.1, 3], Gen.Int[2, 50], Gen.Int[1, 50]).Sample((shift, scale, survivors, pairs) =>
        {
            double[] ours = [.. Enumerable.Range(0, pairs).SelectMany(_ => (double[])[shift - scale, shift + scale])];
            var deviation = Statistics.Deviation(ours);
            var expected = Math.Abs(shift) / (deviation * Math.Sqrt(1.0 / survivors + 1.0 / ours.Length));
            var published = new PublishedMean(new("0.000000000000"), new(NumberText.Invariant(deviation)));
            var agreement = Agreement.OfMeans(published, survivors, ours);
            Assert.Equal(expected <= 3 ? Verdict.Agrees : Verdict.Misses, agreement.Verdict);
            Assert.Equal(expected, double.Parse(agreement.Text.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture), 0.1001);
        });

    [Fact]
    public void A_mean_is_not_judged_where_there_is_nothing_to_judge_it_by()
    {
        Assert.Equal(Agreement.None, Agreement.OfMeans(new(new("1"), null), 10, [1, 2, 3]));
        Assert.Equal(Agreement.None, Agreement.OfMeans(new(new("1"), new("0.1")), 10, []));
        Assert.Equal(Agreement.None, Agreement.OfMeans(new(new("1"), new("0.1")), 1, [1]));
    }

    [Fact]
    public void Means_without_spread_agree_where_they_are_equal()
    {
        var published = new PublishedMean(new("200"), new("0"));
        Assert.Equal(new Agreement("0.0 standard errors", Verdict.Agrees), Agreement.OfMeans(published, 50, [200, 200]));
        Assert.Equal(new Agreement("differs", Verdict.Misses), Agreement.OfMeans(published, 50, [201, 201]));
        Assert.Equal(new Agreement("differs", Verdict.Misses), Agreement.OfMeans(published, 50, [200, double.NaN]));
    }

    [Theory]
    [InlineData(24, 50, 31, 50, "1.5 standard errors", "Agrees")]
    [InlineData(50, 50, 50, 50, "0.0 standard errors", "Agrees")]
    [InlineData(22, 400, 0, 10, "0.8 standard errors", "Agrees")]
    [InlineData(45, 50, 25, 50, "4.4 standard errors", "Misses")]
    [InlineData(50, 50, 0, 10, "7.8 standard errors", "Misses")]
    public void Survivors_are_draws_of_a_coin(int published, int of, int ours, int ofOurs, string text, string verdict) =>
        Assert.Equal(new Agreement(text, Enum.Parse<Verdict>(verdict)), Agreement.OfCounts(published, of, ours, ofOurs));

    [Fact]
    public void Counts_are_as_far_apart_from_either_side() => Gen.Select(Gen.Int[0, 20], Gen.Int[0, 30]).Sample((a, b) =>
        Assert.Equal(Agreement.OfCounts(a, 20, b, 30), Agreement.OfCounts(b, 30, a, 20)));
}
