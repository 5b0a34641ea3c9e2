using LargeSteps.Values;

namespace LargeSteps.Schedules;

/// <summary>
/// The schedules of the published program for deep networks, by their published names, as compositions of the family
/// (fractions are of the whole run; published runs have 100 epochs). Each step takes the rate at its end, see
/// <see cref="EndOfStepSchedule"/>.
/// </summary>
public static class PublishedSchedules
{
    /// <summary>The published names.</summary>
    public static Items<string> Names { get; } =
        ["constant", "cyclic", "piecewise", "piecewise_10_100", "cosine", "inverted_cosine", "piecewise_01epochs", "piecewise_03epochs",
            "piecewise_05epochs"];

    /// <summary>The schedule of a published name.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="rate">η, the step size at the start (of the peak for cyclic schedules).</param>
    /// <param name="warmUpBase">
    /// b of the piecewise_0n family: above 1, growth by b each hundredth of the run; below 1, growth like 1 + (100t)^b;
    /// 1, linear growth.
    /// </param>
    /// <param name="warmUpFactor">F of the linear growth: F·η would be reached at half of the run.</param>
    /// <exception cref="ArgumentException">The name is not a published one.</exception>
    public static Schedule Create(string name, double rate, double warmUpBase = 1, double warmUpFactor = 1) => name switch
    {
        "constant" => Schedule.Constant(rate),
        "cyclic" => Schedule.Cyclic(rate).AtEndOfStep(),
        "cosine" => Schedule.Cosine(rate).AtEndOfStep(),
        "inverted_cosine" => Schedule.InvertedCosine(rate).AtEndOfStep(),
        "piecewise" or "piecewise_10_100" => Schedule.Drops(rate, Drop.AtFraction(0.5, 10), Drop.AtFraction(0.75, 10)).AtEndOfStep(),
        "piecewise_01epochs" => WarmUpThenDrops(0.1, rate, warmUpBase, warmUpFactor).AtEndOfStep(),
        "piecewise_03epochs" => WarmUpThenDrops(0.3, rate, warmUpBase, warmUpFactor).AtEndOfStep(),
        "piecewise_05epochs" => WarmUpThenDrops(0.5, rate, warmUpBase, warmUpFactor).AtEndOfStep(),
        _ => throw new ArgumentException($"'{name}' is not a published schedule.", nameof(name)),
    };

    private static Schedule WarmUpThenDrops(double at, double rate, double b, double factor)
    {
        var until = Duration.Fraction(at);
        var end = Drop.AtFraction(0.9, 10);
        return b switch
        {
            > 1 => Schedule.WarmUp(rate, Growth.Exponential(Math.Pow(b, 100)), until).DividedAt(new Drop(until, 10), end),
            < 1 => Schedule.WarmUp(rate, Growth.Power(Math.Pow(100, b), b), until).DividedAt(new Drop(until, 10), end),
            // Published as it is: the rate after the decay is not a tenth of the rate before it, unless the decay is at one half.
            _ => Schedule.WarmUp(rate, Growth.Power(2 * (factor - 1), 1), until)
                .JoinedAt(until, Schedule.Drops(at / 0.5 * factor * rate / 10, end)),
        };
    }
}
