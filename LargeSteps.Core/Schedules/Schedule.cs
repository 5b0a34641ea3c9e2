using LargeSteps.Values;

namespace LargeSteps.Schedules;

/// <summary>
/// The step size over training progress: a pure function, built by combinators. <see cref="ScheduleFunctions.Function"/> is that function.
/// </summary>
public abstract record Schedule
{
    private protected Schedule() { }

    private protected abstract void Close();

    /// <summary>The same rate throughout.</summary>
    public static Schedule Constant(double rate) => new ConstantSchedule(rate);

    /// <summary>A constant rate, divided at given moments.</summary>
    public static Schedule Drops(double rate, params Drop[] at) => new DropsSchedule(new ConstantSchedule(rate), Items.From(at));

    /// <summary>Growth up to a moment, see <see cref="WarmUpSchedule"/>.</summary>
    public static Schedule WarmUp(double rate, Growth growth, Duration until) => new WarmUpSchedule(rate, growth, until);

    /// <summary>Half a cosine from the rate to 0.</summary>
    public static Schedule Cosine(double rate) => new CurveSchedule(new CosineCurve(rate, Inverted: false));

    /// <summary>Half a cosine from 0 to the rate.</summary>
    public static Schedule InvertedCosine(double rate) => new CurveSchedule(new CosineCurve(rate, Inverted: true));

    /// <summary>From 0 to the rate and back, see <see cref="CyclicCurve"/>.</summary>
    public static Schedule Cyclic(double rate, double? peak = null) => new CurveSchedule(new CyclicCurve(rate, peak));

    /// <summary>Any function of training progress, see <see cref="CustomCurve"/>: it has no YAML form.</summary>
    /// <param name="name">The name that stands for the function: another function needs another name.</param>
    /// <param name="rate">The step size at the fraction t in [0, 1] of the run.</param>
    public static Schedule Of(string name, Func<double, double> rate) => new CurveSchedule(new CustomCurve(name, rate));

    /// <summary>This schedule, divided at given moments.</summary>
    public Schedule DividedAt(params Drop[] at) => new DropsSchedule(this, Items.From(at));

    /// <summary>This schedule up to a moment, from then on another.</summary>
    public Schedule JoinedAt(Duration at, Schedule then) => new JoinedSchedule(this, at, then);

    /// <summary>This schedule times a factor.</summary>
    public Schedule ScaledBy(double factor) => new ScaledSchedule(this, factor);

    /// <summary>This schedule as it is at the end of each step, see <see cref="EndOfStepSchedule"/>.</summary>
    public Schedule AtEndOfStep() => new EndOfStepSchedule(this);

    /// <summary>The same with other moments in place of those that it names.</summary>
    internal Schedule WithMoments(Func<Duration, Duration> moved) => Match<Schedule>(
        constant => constant,
        warmUp => warmUp with { Until = moved(warmUp.Until) },
        drops => new DropsSchedule(drops.Base.WithMoments(moved), drops.At.Map(drop => drop with { At = moved(drop.At) })),
        curve => curve,
        joined => new JoinedSchedule(joined.First.WithMoments(moved), moved(joined.At), joined.Then.WithMoments(moved)),
        scaled => scaled with { Base = scaled.Base.WithMoments(moved) },
        endOfStep => new EndOfStepSchedule(endOfStep.Base.WithMoments(moved)));

    /// <summary>The functions in it that only a program can give.</summary>
    internal IEnumerable<CustomCurve> OwnCurves => Match<IEnumerable<CustomCurve>>(
        constant => [], warmUp => [], drops => drops.Base.OwnCurves,
        curve => curve.Curve.Match<IEnumerable<CustomCurve>>(cosine => [], cyclic => [], custom => [custom]),
        joined => joined.First.OwnCurves.Concat(joined.Then.OwnCurves), scaled => scaled.Base.OwnCurves,
        endOfStep => endOfStep.Base.OwnCurves);

    /// <summary>η of a schedule that is constant; null of the others.</summary>
    internal double? ConstantRate => Match<double?>(constant => constant.Rate, warmUp => null, drops => null, curve => null,
        joined => null, scaled => null, endOfStep => null);

    /// <summary>In words: <c>0.2, ÷4 at 0.5 of the run</c>.</summary>
    public sealed override string ToString() => Match(
        constant => NumberText.Invariant(constant.Rate),
        warmUp => $"{NumberText.Invariant(warmUp.Rate)} · ({warmUp.Growth}) until {warmUp.Until}",
        drops => $"{drops.Base}{string.Concat(drops.At.Select(drop => $", {drop}"))}",
        curve => curve.Curve.ToString(),
        joined => $"{joined.First}, from {joined.At} on {joined.Then}",
        scaled => $"{NumberText.Invariant(scaled.Factor)} · ({scaled.Base})",
        endOfStep => $"({endOfStep.Base}) at the end of each step");

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(
        Func<ConstantSchedule, TResult> constant, Func<WarmUpSchedule, TResult> warmUp, Func<DropsSchedule, TResult> drops,
            Func<CurveSchedule, TResult> curve,
        Func<JoinedSchedule, TResult> joined, Func<ScaledSchedule, TResult> scaled,
            Func<EndOfStepSchedule, TResult> endOfStep) => this switch
            {
                ConstantSchedule s => constant(s),
                WarmUpSchedule s => warmUp(s),
                DropsSchedule s => drops(s),
                CurveSchedule s => curve(s),
                JoinedSchedule s => joined(s),
                ScaledSchedule s => scaled(s),
                EndOfStepSchedule s => endOfStep(s),
                _ => throw new System.Diagnostics.UnreachableException(),
            };
}

/// <summary>The same rate throughout: <c>η(t) = Rate</c>.</summary>
public sealed record ConstantSchedule(double Rate) : Schedule { private protected override void Close() { } }

/// <summary>
/// Grows from Rate by a law of growth up to a moment, and keeps the rate it has then:
/// <c>η(t) = Rate · growth(min(t, Until))</c>, t the fraction of the whole run.
/// </summary>
public sealed record WarmUpSchedule(double Rate, Growth Growth, Duration Until) : Schedule { private protected override void Close() { } }

/// <summary>Divides another schedule at given moments: at 0.5 of a run, <c>Drops(Constant(0.75), [½ ÷10])</c> is 0.075.</summary>
public sealed record DropsSchedule(Schedule Base, Items<Drop> At) : Schedule { private protected override void Close() { } }

/// <summary>A smooth curve over the whole run.</summary>
public sealed record CurveSchedule(ScheduleCurve Curve) : Schedule { private protected override void Close() { } }

/// <summary>One schedule up to a moment, from then on another (which sees the progress of the whole run).</summary>
public sealed record JoinedSchedule(Schedule First, Duration At, Schedule Then) : Schedule { private protected override void Close() { } }

/// <summary>Another schedule times a factor.</summary>
public sealed record ScaledSchedule(Schedule Base, double Factor) : Schedule { private protected override void Close() { } }

/// <summary>
/// Another schedule, of which each step takes the rate at its end: <c>η = Base((k + 1)/N)</c> at step k of N. So the published program for
/// deep networks takes its schedules; their decays come a step earlier than those of the same schedule by itself.
/// </summary>
public sealed record EndOfStepSchedule(Schedule Base) : Schedule { private protected override void Close() { } }

/// <summary>A curve of step sizes over the fraction t of the run.</summary>
public abstract record ScheduleCurve
{
    private protected ScheduleCurve() { }

    private protected abstract void Close();

    /// <summary>In words: <c>cosine from 0.1</c>.</summary>
    public sealed override string ToString() => Match(
        cosine => $"cosine {(cosine.Inverted ? "up to" : "from")} {NumberText.Invariant(cosine.Rate)}",
        cyclic => $"up to {NumberText.Invariant(cyclic.Rate)}"
            + (cyclic.Peak is { } peak ? $" at {NumberText.Invariant(peak)} and back" : " and back"),
        custom => custom.Name);

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(Func<CosineCurve, TResult> cosine, Func<CyclicCurve, TResult> cyclic,
        Func<CustomCurve, TResult> custom) => this switch
        {
            CosineCurve c => cosine(c),
            CyclicCurve c => cyclic(c),
            CustomCurve c => custom(c),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
}

/// <summary>
/// <c>η(t) = Rate(½ + ½ cos πt)</c>, or <c>Rate</c> less that where <paramref name="Inverted"/>.
/// </summary>
public sealed record CosineCurve(double Rate, bool Inverted) : ScheduleCurve { private protected override void Close() { } }

/// <summary>Linear from 0 to Rate at the peak, then linear back to 0.</summary>
/// <param name="Rate">η, the rate at the peak.</param>
/// <param name="Peak">The fraction of the run at which it is; null: as published, at the end of epoch ⌊2T/5⌋ of T.</param>
public sealed record CyclicCurve(double Rate, double? Peak = null) : ScheduleCurve
{
    /// <summary>The fraction of a run at which the peak is.</summary>
    internal double PeakOf(Horizon horizon)
    {
        if (Peak is { } peak) return peak;
        var epochs = horizon.EpochsAt(horizon.Steps);
        // The number of epochs is a quotient: 5 of them may be a little less.
        const double rounding = 1e-12;
        return Math.Floor(2 * epochs / 5 * (1 + rounding)) / epochs;
    }

    private protected override void Close() { }
}

/// <summary>
/// A function that only a program can give. Its name stands for it: two with the same name are equal, whatever they compute, and so are the
/// pipelines that differ in nothing else, whose results are then shared and kept as one.
/// </summary>
/// <param name="Name">The name.</param>
/// <param name="Rate">The step size at the fraction t in [0, 1] of the run; called from several threads.</param>
public sealed record CustomCurve(string Name, Func<double, double> Rate) : ScheduleCurve
{
    private protected override void Close() { }

    /// <inheritdoc/>
    public bool Equals(CustomCurve? other) => other is not null && Name == other.Name;

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Name);
}

/// <summary>A decay: from <paramref name="At"/> on, the rate is divided by <paramref name="DivideBy"/>.</summary>
public sealed record Drop(Duration At, double DivideBy)
{
    /// <summary>A decay at a fraction of the run: in effect from the first step k with k/N ≥ <paramref name="fraction"/>.</summary>
    public static Drop AtFraction(double fraction, double divideBy) => new(Duration.Fraction(fraction), divideBy);

    /// <summary>A decay in effect from step <paramref name="step"/> on.</summary>
    public static Drop AtStep(long step, double divideBy) => new(Duration.Steps(step), divideBy);

    /// <summary>In words: <c>÷4 at 0.5 of the run</c>.</summary>
    public override string ToString() => $"÷{NumberText.Invariant(DivideBy)} at {At}";
}

/// <summary>How a warm-up grows over the fraction t of the run.</summary>
public abstract record Growth
{
    private protected Growth() { }

    private protected abstract void Close();

    /// <summary><c>1 + amount · t^exponent</c>.</summary>
    public static Growth Power(double amount, double exponent) => new PowerGrowth(amount, exponent);

    /// <summary><c>factor^t</c>.</summary>
    public static Growth Exponential(double factor) => new ExponentialGrowth(factor);

    /// <summary>As a formula.</summary>
    public sealed override string ToString() => Match(
        power => $"1 + {NumberText.Invariant(power.Amount)} t^{NumberText.Invariant(power.Exponent)}",
        exponential => $"{NumberText.Invariant(exponential.Factor)}^t");

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(Func<PowerGrowth, TResult> power, Func<ExponentialGrowth, TResult> exponential) => this switch
    {
        PowerGrowth p => power(p),
        ExponentialGrowth e => exponential(e),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

/// <summary><c>1 + Amount · t^Exponent</c>.</summary>
public sealed record PowerGrowth(double Amount, double Exponent) : Growth { private protected override void Close() { } }

/// <summary><c>Factor^t</c>: the factor that it would reach at the end of the run.</summary>
public sealed record ExponentialGrowth(double Factor) : Growth { private protected override void Close() { } }
