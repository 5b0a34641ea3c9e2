using LargeSteps.Forms;
using LargeSteps.Schedules;

namespace LargeSteps.Configuration;

/// <summary>How schedules stand in YAML.</summary>
internal static class ScheduleCodec
{
    private const string RateText = "η, the step size";

    /// <summary>The same inside of something else, where the JSON schema refers to its definition.</summary>
    public static readonly Codec<Schedule> Inner = Codecs.Later("schedule", () => Codec!);

    private static readonly Codec<Drop> DropCodec = new RecordCodec<Drop>("A decay.", f =>
    {
        var at = DurationCodec.MomentOf(f, d => d.At);
        var by = f.Required("divide_by", Codecs.Positive, d => d.DivideBy, "what the step size is divided by from then on");
        return v => new(v.Get(at), v.Get(by));
    });

    private static readonly Codec<PowerGrowth> Power = new RecordCodec<PowerGrowth>("1 + amount · t^exponent.", f =>
    {
        var amount = f.Required("amount", Codecs.NonNegative, g => g.Amount, "a in 1 + a·t^p, t the fraction of the run that is over");
        var exponent = f.Optional("exponent", Codecs.Positive, g => g.Exponent, 1.0, "p in 1 + a·t^p");
        return v => new(v.Get(amount), v.Get(exponent));
    });

    private static readonly Form<ConstantSchedule> Constant = new("constant", "The same step size throughout.", f =>
    {
        var rate = f.Required("rate", Codecs.Positive, s => s.Rate, RateText);
        return v => new(v.Get(rate));
    }, "rate: 0.25");

    private static readonly Form<WarmUpSchedule> WarmUp = new("warm_up", "Grows up to a moment, and stays where it is then.", f =>
    {
        var rate = f.Required("rate", Codecs.Positive, s => s.Rate, "η, the step size at the start");
        var growth = f.OneOf<Growth>(
            g => g.Match(p => ("power", Power.Write(p)), e => ("exponential", Codecs.Positive.Write(e.Factor))),
            s => s.Growth,
            Alternative<Growth>.Of("power", Power, p => p, "growth by 1 + a·t^p"),
            Alternative<Growth>.Of("exponential", Codecs.Positive, Growth.Exponential,
                "growth by c^t: c, the factor that it would reach at the end of the run"));
        var until = f.Required("until", DurationCodec.Moment, s => s.Until, "when the growth ends");
        return v => new(v.Get(rate), v.Get(growth), v.Get(until));
    }, "rate: 0.04, power: { amount: 5, exponent: 0.5 }, until: { fraction: 0.5 }");

    private static readonly Form<DropsSchedule> Drops = new("drops",
        "A constant step size, or another schedule, divided at given moments.", f =>
    {
        var inner = f.OneOf<Schedule>(
            s => s.ConstantRate is { } rate ? ("rate", Codecs.Positive.Write(rate)) : ("base", Inner.Write(s)),
            s => s.Base,
            Alternative<Schedule>.Of("rate", Codecs.Positive, Schedule.Constant, "η, the step size before the first decay"),
            Alternative<Schedule>.Of("base", Inner, s => s, "the schedule that is divided"));
        var at = f.Required("at", Codecs.List(DropCodec, 1), s => s.At, "the decays");
        return v => new(v.Get(inner), v.Get(at));
    }, "rate: 0.282, at: [{ fraction: 0.5, divide_by: 1.5 }]");

    private static readonly Form<CosineCurve> Cosine = OfCosine("cosine", inverted: false, "Half a cosine from the step size to 0.");

    private static readonly Form<CosineCurve> InvertedCosine = OfCosine("inverted_cosine", inverted: true,
        "Half a cosine from 0 to the step size.");

    private static readonly Form<CyclicCurve> Cyclic = new("cyclic", "Linear from 0 to the step size, then back to 0.", f =>
    {
        var rate = f.Required("rate", Codecs.Positive, s => s.Rate, "η, the step size at the peak");
        var peak = f.NullableValue("peak", Codecs.InsideUnit, s => s.Peak,
            "the fraction of the run at which the peak is; without it, as published, the end of epoch ⌊2T/5⌋ of T");
        return v => new(v.Get(rate), v.Get(peak));
    }, "rate: 0.1, peak: 0.4");

    // A function has no form that could be read again; its name lets equal pipelines have equal names.
    private static readonly Form<CustomCurve> Custom = new("custom", "A function that only a program can give.", f =>
    {
        f.Required("name", Codecs.Text, s => s.Name, "the name that stands for the function");
        return _ => throw new System.Diagnostics.UnreachableException();
    });

    private static readonly Form<JoinedSchedule> Joined = new("joined", "One schedule up to a moment, from then on another.", f =>
    {
        var first = f.Required("first", Inner, s => s.First, "the schedule before the moment");
        var at = f.Required("at", DurationCodec.Moment, s => s.At, "when the second begins");
        var then = f.Required("then", Inner, s => s.Then, "the schedule from the moment on; it sees the progress of the whole run");
        return v => new(v.Get(first), v.Get(at), v.Get(then));
    }, "first: { kind: constant, rate: 0.3 }, at: { fraction: 0.5 }, then: { kind: cosine, rate: 0.1 }");

    private static readonly Form<ScaledSchedule> Scaled = new("scaled", "Another schedule times a factor.", f =>
    {
        var inner = f.Required("base", Inner, s => s.Base, "the other schedule");
        var factor = f.Required("factor", Codecs.Positive, s => s.Factor, "the factor");
        return v => new(v.Get(inner), v.Get(factor));
    }, "base: { kind: cosine, rate: 0.1 }, factor: 2");

    private static readonly Form<EndOfStepSchedule> EndOfStep = new("end_of_step",
        "Another schedule, of which step k of N takes the rate at (k + 1)/N: so the published program for deep networks takes its " +
        "schedules.", f =>
    {
        var inner = f.Required("base", Inner, s => s.Base, "the other schedule; a decay of it comes a step earlier");
        return v => new(v.Get(inner));
    }, "base: { kind: cosine, rate: 0.1 }");

    // The numbers of a preset are multiplied: those of the schedules that it stands for are finite and above 0 as well.
    private static readonly Codec<double> PresetRate = Codecs.Number.Where(x => x is >= 1e-100 and <= 1e100,
        "must be between 1e-100 and 1e100", new() { ["minimum"] = 1e-100, ["maximum"] = 1e100 });

    /// <summary>The published names that are no case of the family: read as the composition that they stand for.</summary>
    private static readonly IForm<Schedule>[] Presets =
        [.. PublishedSchedules.Names.Where(name => name.StartsWith("piecewise", StringComparison.Ordinal)).Select(Preset)];

    public static Codec<Schedule> Codec { get; } = new UnionCodec<Schedule>(
        "schedule",
        s => s.Match(
            Constant.Write, WarmUp.Write, Drops.Write, curve => curve.Curve.Match(c => (c.Inverted ? InvertedCosine : Cosine).Write(c),
                Cyclic.Write, Custom.Write), Joined.Write, Scaled.Write, EndOfStep.Write),
        [Constant, Drops, WarmUp, Of(Cosine), Of(InvertedCosine), Of(Cyclic), Joined, Scaled, EndOfStep, .. Presets])
    {
        Hint = word => Hints.OfKind("schedule", word),
    };

    private static Nested<TCurve, Schedule> Of<TCurve>(Form<TCurve> curve) where TCurve : ScheduleCurve =>
        new(curve, c => new CurveSchedule(c));

    private static Form<CosineCurve> OfCosine(string name, bool inverted, string description) => new(name, description, f =>
    {
        var rate = f.Required("rate", Codecs.Positive, s => s.Rate, "η, the largest step size");
        return v => new(v.Get(rate), inverted);
    }, "rate: 0.1");

    private static Form<Schedule> Preset(string name) => new(name, PresetText(name), f =>
    {
        var rate = f.Required("rate", PresetRate, Never<double>, "η, the step size at the start");
        if (!name.EndsWith("epochs", StringComparison.Ordinal)) return v => PublishedSchedules.Create(name, v.Get(rate));
        var b = f.Optional("warmup_base", Codecs.Number.Where(x => x is > 0 and <= 1000, "must be above 0 and at most 1000",
            new() { ["exclusiveMinimum"] = 0, ["maximum"] = 1000 }), Never<double>, 1.0,
            "b: growth by the factor b each hundredth of the run (b > 1), by 1 + (100t)^b (b < 1), or linear (b = 1), t the fraction of " +
            "the run that is over");
        var factor = f.Optional("warmup_factor", Codecs.Number.Where(x => x is >= 1 and <= 1e100,
            "must be between 1 and 1e100", new() { ["minimum"] = 1, ["maximum"] = 1e100 }),
            Never<double>, 1.0, "F of the linear growth (b = 1), which would reach F·η at half of the run; a decay at a fraction f of " +
                "the " +
            "run then leads to 2f·F·η/10");
        return v => PublishedSchedules.Create(name, v.Get(rate), v.Get(b), v.Get(factor));
    }, name.EndsWith("epochs", StringComparison.Ordinal) ? "rate: 0.05, warmup_base: 1.05" : "rate: 0.1");

    private static string PresetText(string name) => name.EndsWith("epochs", StringComparison.Ordinal)
        ? $"As published: grows up to {name["piecewise_".Length..^"epochs".Length].TrimStart('0')}0 % of the run, is then divided by 10, " +
            "and at 90 % again."
        : "As published: divided by 10 at half and at three quarters of the run.";

    private static T Never<T>(Schedule schedule) => throw new System.Diagnostics.UnreachableException();
}
