using System.Globalization;
using ScottPlot;

namespace LargeSteps.Experiments.Charts;

/// <summary>The ticks of an axis and their labels.</summary>
internal static class AxisTicks
{
    private static readonly int[] DecadeSteps = [1, 2, 3, 4, 5, 10, 20, 25, 50, 100];

    /// <summary>The ticks of an axis.</summary>
    /// <param name="range">Its range, in places.</param>
    /// <param name="log">Whether it is logarithmic.</param>
    /// <param name="integers">Whether all values are integers, so that ticks in between make no sense.</param>
    /// <param name="most">How many labels have room.</param>
    /// <param name="percent">Whether the values are fractions, and their labels percents.</param>
    public static Tick[] Of(AxisRange range, bool log, bool integers, int most, bool percent = false) =>
        !percent ? (log ? Logarithmic(range, most) : Linear(range, integers, most))
        : log ? [.. Logarithmic(new(range.Min + 2, range.Max + 2), most).Select(tick => InPercent(tick, tick.Position - 2))]
        : [.. Linear(new(100 * range.Min, 100 * range.Max), integers, most).Select(tick => InPercent(tick, tick.Position / 100))];

    private static Tick InPercent(Tick tick, double place) => tick.IsMajor ? Tick.Major(place, tick.Label + " %") : Tick.Minor(place);

    private static Tick[] Linear(AxisRange range, bool integers, int most)
    {
        var step = Step.Nice(range, integers, most);
        var values = step.Multiples(range);
        var label = Labels(values, step);
        return [.. values.Select(value => Tick.Major(value, label(value)))];
    }

    private static Tick[] Logarithmic(AxisRange range, int most)
    {
        var (first, last) = ((int)Math.Ceiling(range.Min), (int)Math.Floor(range.Max));
        return last - first >= 1 ? Decades(range, first, last, most)
            : range.Span > 0.6 ? Labelled(range, [1, 2, 5], [3, 4, 6, 7, 8, 9])
            : WithinDecade(range, most);
    }

    private static Tick[] Decades(AxisRange range, int first, int last, int most)
    {
        var step = DecadeSteps.First(s => (last - first) / s < most || s == DecadeSteps[^1]);
        var ticks = new List<Tick>();
        for (var decade = first - 1; decade <= last; decade++)
        {
            if (decade >= first)
            {
                if (decade % step == 0) ticks.Add(Tick.Major(decade, $"10{Superscript(decade)}"));
                else if (step <= 10) ticks.Add(Tick.Minor(decade));
            }
            // With more decades the marks in between are a smear.
            if (last - first > 8) continue;
            for (var digit = 2; digit < 10; digit++)
                if (Inside(range, decade + Math.Log10(digit))) ticks.Add(Tick.Minor(decade + Math.Log10(digit)));
        }
        return [.. ticks];
    }

    private static Tick[] Labelled(AxisRange range, int[] labelled, int[] marked)
    {
        var ticks = new List<Tick>();
        for (var decade = (int)Math.Floor(range.Min); decade <= Math.Floor(range.Max); decade++)
        {
            foreach (var digit in labelled)
            {
                var place = decade + Math.Log10(digit);
                var value = new Step(digit, decade).Times(1);
                if (Inside(range, place)) ticks.Add(Tick.Major(place, Labels([value], new(1, decade))(value)));
            }
            foreach (var digit in marked)
                if (Inside(range, decade + Math.Log10(digit))) ticks.Add(Tick.Minor(decade + Math.Log10(digit)));
        }
        return [.. ticks];
    }

    // Little of a decade is almost linear.
    private static Tick[] WithinDecade(AxisRange range, int most)
    {
        var values = new AxisRange(Math.Pow(10, range.Min), Math.Pow(10, range.Max));
        return [.. Linear(values, integers: false, most).Where(t => t.Position > 0).Select(t => Tick.Major(Math.Log10(t.Position),
            t.Label))];
    }

    private static bool Inside(AxisRange range, double place) => place >= range.Min && place <= range.Max;

    /// <summary>One way of writing for all labels of an axis: plain, in thousands or millions, or with a power of ten.</summary>
    private static Func<double, string> Labels(double[] values, Step step)
    {
        var largest = values.Select(Math.Abs).DefaultIfEmpty(0).Max();
        var exponent = largest == 0 ? 0 : (int)Math.Floor(Math.Log10(largest) + 1e-9);
        return (largest, step.Exponent) switch
        {
            ( >= 1e9, _) or ( < 0.000999, _) => value => Plain(value / Math.Pow(10, exponent), exponent - step.Exponent,
                $"×10{Superscript(exponent)}"),
            ( >= 1e6, >= 4) => value => Plain(value / 1e6, 6 - step.Exponent, "M"),
            ( >= 1e4, >= 2) => value => Plain(value / 1e3, 3 - step.Exponent, "k"),
            _ => value => Plain(value, -step.Exponent, ""),
        };
    }

    private static string Plain(double value, int decimals, string suffix) =>
        value == 0 ? "0" : value.ToString($"F{Math.Max(0, decimals)}", CultureInfo.InvariantCulture).Replace('-', '−') + suffix;

    /// <summary>An integer in superscript digits.</summary>
    internal static string Superscript(int value) => string.Concat(
        value.ToString(CultureInfo.InvariantCulture).Select(c => c == '-' ? '⁻' : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c - '0']));

    /// <summary>The distance of two ticks: digits times a power of ten.</summary>
    private readonly record struct Step(int Digits, int Exponent)
    {
        /// <summary>The smallest of 1, 2, 2.5, 5, 10, … that gives no more ticks than have room.</summary>
        public static Step Nice(AxisRange range, bool integers, int most)
        {
            for (var exponent = Math.Max(-300, (int)Math.Floor(Math.Log10(range.Span / most))); ; exponent++)
            {
                foreach (var step in new Step[] { new(1, exponent), new(2, exponent), new(25, exponent - 1), new(5, exponent) })
                    if (range.Span / step.Times(1) <= most && (!integers || step.Exponent >= 0)) return step;
            }
        }

        /// <summary>A multiple. By division below 1: 3 / 10 is 0.3, and 3 * 0.1 is not.</summary>
        public double Times(double factor) =>
            Exponent < 0 ? factor * Digits / Math.Pow(10, -Exponent) : factor * Digits * Math.Pow(10, Exponent);

        /// <summary>The multiples inside a range.</summary>
        public double[] Multiples(AxisRange range)
        {
            var step = this;
            var (first, last) = (Math.Ceiling(range.Min / Times(1)), Math.Floor(range.Max / Times(1)));
            return [.. Enumerable.Range(0, (int)(last - first) + 1).Select(i => step.Times(first + i))];
        }
    }
}
