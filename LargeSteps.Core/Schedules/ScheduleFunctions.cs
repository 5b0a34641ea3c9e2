using LargeSteps.Values;

namespace LargeSteps.Schedules;

/// <summary>Step sizes of a <see cref="Schedule"/>.</summary>
public static class ScheduleFunctions
{
    /// <summary>
    /// The step size as a function of training progress t in [0, 1], for a run of the given horizon
    /// (which gives moments in steps and epochs their place).
    /// </summary>
    public static Func<double, double> Function(this Schedule schedule, Horizon horizon) => schedule.Match(
        constant => _ => constant.Rate,
        warmUp =>
        {
            var until = horizon.Exactly(warmUp.Until);
            return warmUp.Growth.Match<Func<double, double>>(
                power => t => warmUp.Rate * (1 + power.Amount * Math.Pow(Math.Min(t, until), power.Exponent)),
                exponential => t => warmUp.Rate * Math.Pow(exponential.Factor, Math.Min(t, until)));
        },
        drops => Divided(drops.Base.Function(horizon), drops.At.Map(drop => (At: horizon.Progress(drop.At), drop.DivideBy))),
        curve => curve.Curve.Match<Func<double, double>>(
            cosine => cosine.Inverted
                ? t => cosine.Rate - cosine.Rate * (0.5 + 0.5 * Math.Cos(Math.PI * t))
                : t => cosine.Rate * (0.5 + 0.5 * Math.Cos(Math.PI * t)),
            cyclic =>
            {
                var peak = cyclic.PeakOf(horizon);
                return t => cyclic.Rate * (t < peak ? t / peak : Math.Max(0, (1 - t) / (1 - peak)));
            },
            custom => custom.Rate),
        joined =>
        {
            var (first, at, then) = (joined.First.Function(horizon), horizon.Progress(joined.At), joined.Then.Function(horizon));
            return t => t < at ? first(t) : then(t);
        },
        scaled =>
        {
            var inner = scaled.Base.Function(horizon);
            return t => scaled.Factor * inner(t);
        },
        endOfStep => AtEndOfStep(endOfStep.Base.Function(horizon), horizon));

    /// <summary>The same for the steps of a run: where a program has given a function of it, whatever is no number of at least 0 ends the
    /// run.</summary>
    /// <exception cref="RunException">By the function.</exception>
    internal static Func<double, double> StepFunction(this Schedule schedule, Horizon horizon)
    {
        var (function, names) = (schedule.Function(horizon), OwnNames(schedule));
        if (names.Length == 0) return function;
        return t => function(t) is var value && double.IsFinite(value) && value >= 0 ? value : throw new RunException(
            FormattableString.Invariant($"the schedule with {names} is {value} at t = {t}, and must be a number of at least 0"));
    }

    // At how many moments of a run what a program gives is asked for its step size before anything runs.
    private const int MomentsAsked = 1000;

    /// <summary>What is wrong with the functions in a schedule that only a program can give.</summary>
    internal static IEnumerable<string> OwnProblems(this Schedule schedule, Horizon horizon)
    {
        var names = OwnNames(schedule);
        if (names.Length == 0) yield break;
        if (schedule.OwnCurves.Any(curve => string.IsNullOrWhiteSpace(curve.Name)))
            yield return "a function has no name, which would stand for it";
        var function = schedule.StepFunction(horizon);
        foreach (var moment in Enumerable.Range(0, MomentsAsked).Select(moment => moment / (double)MomentsAsked)
            .Append(horizon.Progress(horizon.Steps - 1)))
        {
            if (WrongAt(moment) is not { } wrong) continue;
            yield return wrong;
            yield break;
        }

        string? WrongAt(double t)
        {
            try
            {
                _ = function(t);
                return null;
            }
            catch (RunException e)
            {
                return e.Message;
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                return FormattableString.Invariant($"the schedule with {names} fails at t = {t} ({e.GetType().Name}: {e.Message})");
            }
        }
    }

    private static string OwnNames(Schedule schedule) =>
        string.Join(" and ", schedule.OwnCurves.Select(curve => $"'{curve.Name}'").Distinct());

    /// <summary>
    /// The product of the factors of the decays that are over, as a function of training progress: what the label noise is divided by. 1
    /// before the first decay; where one schedule is joined to another, the decay is what the step size falls by there.
    /// </summary>
    internal static Func<double, double> DecayFactor(this Schedule schedule, Horizon horizon) => schedule.Match<Func<double, double>>(
        constant => _ => 1,
        warmUp => _ => 1,
        drops =>
        {
            var (inner, at) = (drops.Base.DecayFactor(horizon), drops.At.Map(drop => (At: horizon.Progress(drop.At), drop.DivideBy)));
            return t =>
            {
                var factor = inner(t);
                foreach (var drop in at.AsSpan())
                    if (t >= drop.At) factor *= drop.DivideBy;
                return factor;
            };
        },
        curve => _ => 1,
        joined =>
        {
            var at = horizon.Progress(joined.At);
            var (first, then) = (joined.First.DecayFactor(horizon), joined.Then.DecayFactor(horizon));
            var (before, after) = (joined.First.Function(horizon)(at), joined.Then.Function(horizon)(at));
            // What the second schedule has behind it at the moment is in its step size there.
            var passed = first(at) * (after > 0 ? Math.Max(1, before / after) : 1) / then(at);
            return t => t < at ? first(t) : passed * then(t);
        },
        scaled => scaled.Base.DecayFactor(horizon),
        endOfStep => AtEndOfStep(endOfStep.Base.DecayFactor(horizon), horizon));

    /// <summary>The training progress of each decay inside the run, ascending: where a chart draws a dashed line.</summary>
    internal static Items<double> Decays(this Schedule schedule, Horizon horizon) => Items.From(
        DecayPlaces(schedule, horizon).Where(place => place > 0).Distinct().Order());

    /// <summary>Every moment that a schedule names, with its path in the schedule's YAML form.</summary>
    internal static IEnumerable<(string Path, Duration Moment)> Moments(this Schedule schedule, string path) => schedule.Match(
        constant => [],
        warmUp => [($"{path}.until", warmUp.Until)],
        drops => drops.Base.Moments($"{path}.base").Concat(drops.At.Select((drop, i) => ($"{path}.at[{i}]", drop.At))),
        curve => [],
        joined => joined.First.Moments($"{path}.first").Append(($"{path}.at", joined.At)).Concat(joined.Then.Moments($"{path}.then")),
        scaled => scaled.Base.Moments($"{path}.base"),
        endOfStep => endOfStep.Base.Moments($"{path}.base"));

    private static IEnumerable<double> DecayPlaces(Schedule schedule, Horizon horizon) => schedule.Match<IEnumerable<double>>(
        constant => [],
        warmUp => [],
        drops => DecayPlaces(drops.Base, horizon).Concat(drops.At.Select(drop => horizon.Progress(drop.At))),
        curve => [],
        joined => DecayPlaces(joined.First, horizon).Append(horizon.Progress(joined.At)).Concat(DecayPlaces(joined.Then, horizon)),
        scaled => DecayPlaces(scaled.Base, horizon),
        endOfStep => DecayPlaces(endOfStep.Base, horizon).Select(place => place - 1.0 / horizon.Steps));

    // A progress is a number of steps, or of half steps, again, not a quotient that may be a little off.
    private static Func<double, double> AtEndOfStep(Func<double, double> inner, Horizon horizon)
    {
        var steps = (double)horizon.Steps;
        return t => inner((Math.Round(2 * t * steps) / 2 + 1) / steps);
    }

    private static Func<double, double> Divided(Func<double, double> inner, Items<(double At, double DivideBy)> drops)
    {
        // One drop is by far the most common case, and the step loop calls this at each step.
        if (drops is [var (at, divideBy)]) return t => t < at ? inner(t) : inner(t) / divideBy;
        return t =>
        {
            var rate = inner(t);
            foreach (var drop in drops.AsSpan())
                if (t >= drop.At) rate /= drop.DivideBy;
            return rate;
        };
    }
}
