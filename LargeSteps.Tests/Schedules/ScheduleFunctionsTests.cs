using CsCheck;
using LargeSteps.Pipelines;
using LargeSteps.Schedules;

namespace LargeSteps.Tests.Schedules;

public class ScheduleFunctionsTests
{
    // Any run in which the generated moments are before the end.
    private static readonly Gen<Horizon> Horizons = Gen.Select(
        Gen.Long[1000, 1_000_000_000], Gen.Double[1, 100], (steps, stepsPerEpoch) => new Horizon(steps, stepsPerEpoch));

    private static readonly Gen<double> Progress = Gen.OneOf(Gen.Double[0, 1], Gen.OneOf(0.0, 1.0), Generators.InsideUnit);

    [Fact]
    public void A_step_size_is_finite_and_not_negative() => Gen.Select(Generators.Schedules, Horizons, Progress).Sample(
        (schedule, horizon, t) => double.IsFinite(schedule.Function(horizon)(t)) && schedule.Function(horizon)(t) >= 0);

    [Fact]
    public void A_scaled_schedule_is_the_schedule_times_the_factor() => Gen.Select(Generators.Schedules, Generators.Positive, Horizons,
        Progress).Sample(
        (schedule, factor, horizon, t) =>
            schedule.ScaledBy(factor).Function(horizon)(t) == factor * schedule.Function(horizon)(t)
            && schedule.ScaledBy(factor).Decays(horizon).Equals(schedule.Decays(horizon)));

    [Fact]
    public void Scaling_by_a_power_of_two_is_the_same_inside_and_outside_of_drops() => Gen.Select(
        Generators.Schedules, Generators.Drops.Array[1, 3], Horizons, Progress).Sample((schedule, drops, horizon, t) =>
            schedule.ScaledBy(4).DividedAt(drops).Function(horizon)(t) == schedule.DividedAt(drops).ScaledBy(4).Function(horizon)(t));

    [Fact]
    public void Drops_divide_by_the_divisors_of_the_decays_that_are_over() => Gen.Select(
        Generators.Schedules, Generators.Drops.Array[1, 4], Horizons, Progress).Sample((schedule, drops, horizon, t) =>
            schedule.DividedAt(drops).Function(horizon)(t)
            == drops.Where(drop => horizon.Progress(drop.At) <= t).Aggregate(schedule.Function(horizon)(t),
                (rate, drop) => rate / drop.DivideBy));

    [Fact]
    public void A_step_size_is_that_without_decays_divided_by_the_decay_factor() => Gen.Select(
        Generators.Positive, Generators.Drops.Array[1, 4], Generators.Drops.Array[1, 2], Horizons, Progress)
            .Sample((rate, drops, more, horizon, t) =>
        {
            var schedule = Schedule.Drops(rate, drops).ScaledBy(2).DividedAt(more);
            return Math.Abs(schedule.Function(horizon)(t) * schedule.DecayFactor(horizon)(t) / (2 * rate) - 1) < 1e-14;
        });

    [Fact]
    public void The_decay_factor_is_1_before_the_first_decay() => Gen.Select(Generators.Schedules, Horizons).Sample(
        // A decay inside the first steps is over before the first one where the schedule is that at the end of each step.
        (schedule, horizon) => schedule.Moments("").Any(moment => horizon.Progress(moment.Moment) < 4.0 / horizon.Steps)
            || schedule.DecayFactor(horizon)(0) == 1);

    [Fact]
    public void Where_a_schedule_is_joined_the_decay_is_what_the_step_size_falls_by()
    {
        var horizon = new Horizon(1000, 1);
        // Published without warm-up: 0.5 up to 30 %, then 0.3/0.5·0.5/10 = 0.03, from 90 % on a tenth of that.
        var factor = PublishedSchedules.Create("piecewise_03epochs", 0.5).DecayFactor(horizon);
        Assert.Equal([1, 1, 0.5 / 0.03, 0.5 / 0.03, 0.5 / 0.003], new[] { 0, 0.298, 0.299, 0.8, 0.95 }.Select(factor),
            (a, b) => Math.Abs(a / b - 1) < 1e-14);
        // A second schedule that has a decay behind it, and a step size that rises.
        var later = Schedule.Drops(8, Drop.AtFraction(0.1, 2), Drop.AtFraction(0.6, 3));
        Assert.Equal([1, 2, 6], new[] { 0.4, 0.5, 0.7 }.Select(Schedule.Constant(8).JoinedAt(Duration.Fraction(0.5), later)
            .DecayFactor(horizon)));
        Assert.Equal([1, 1, 3], new[] { 0.4, 0.5, 0.7 }.Select(Schedule.Constant(1).JoinedAt(Duration.Fraction(0.5), later)
            .DecayFactor(horizon)));
    }

    [Fact]
    public void A_joined_schedule_is_its_first_part_before_the_moment_and_its_second_from_it_on() => Gen.Select(
        Generators.Schedules, Generators.Moment, Generators.Schedules, Horizons, Progress).Sample((first, at, then, horizon, t) =>
        {
            var (joined, moment) = (first.JoinedAt(at, then).Function(horizon), horizon.Progress(at));
            return joined(t) == (t < moment ? first : then).Function(horizon)(t)
                && joined(moment) == then.Function(horizon)(moment)
                && joined(Math.BitDecrement(moment)) == first.Function(horizon)(Math.BitDecrement(moment));
        });

    [Fact]
    public void Decays_lie_inside_the_run_and_ascend() => Gen.Select(Generators.Schedules, Horizons).Sample((schedule, horizon) =>
    {
        var decays = schedule.Decays(horizon);
        return decays.All(t => t is > 0 and < 1) && decays.Zip(decays.Skip(1)).All(pair => pair.First < pair.Second);
    });

    [Fact]
    public void A_warm_up_ends_where_it_stays() => Gen.Select(Generators.Positive, Generators.Growths, Generators.Moment, Horizons,
        Progress).Sample(
        (rate, growth, until, horizon, t) =>
        {
            var (function, end) = (Schedule.WarmUp(rate, growth, until).Function(horizon), horizon.Exactly(until));
            return t < end || function(t) == function(end);
        });

    [Theory]
    [InlineData(0.1, 10_000)]
    [InlineData(0.3, 30_000)]
    [InlineData(0.5, 50_000)]
    public void A_decay_at_a_fraction_comes_after_the_step_that_was_published(double fraction, long step)
    {
        // Published: the step size is divided after the step of iteration int(f·N).
        var horizon = new Horizon(100_001, 1);
        Assert.Equal(step, (long)(fraction * horizon.Steps));
        AssertDecay(horizon, Drop.AtFraction(fraction, 2), step + 1);
    }

    [Fact]
    public void A_decay_at_a_step_is_in_effect_from_that_step_on() => Gen.Select(
            Gen.OneOf(Gen.Long[2, 1000], Gen.Long[2, PipelineChecks.MaxSteps]), Gen.Double[1, 100])
        .SelectMany((steps, stepsPerEpoch) => Gen.Long[1, steps - 1].Select(step => (Horizon: new Horizon(steps, stepsPerEpoch),
            Step: step)))
        .Sample(run => AssertDecay(run.Horizon, Drop.AtStep(run.Step, 2), run.Step));

    [Fact]
    public void A_moment_is_the_same_step_as_step_as_epoch_and_as_fraction()
    {
        for (var length = 2; length <= 10_000; length += length < 1500 ? 1 : 97)
        {
            // An epoch of a whole number of steps, and one of a broken number: 20 samples in batches of 6.
            Horizon whole = new(length, Math.Max(1, length / 7)), broken = new(length, length / 9.0 + 1);
            for (var step = 1; step < length; step++)
            {
                if ((whole.Step(Duration.Steps(step)), whole.Step(Duration.Epochs(step / whole.StepsPerEpoch)),
                    broken.Step(Duration.Epochs(step / broken.StepsPerEpoch)),
                    whole.Step(Duration.Fraction(step / (double)length))) != (step, step, step, step))
                {
                    Assert.Fail(FormattableString.Invariant($"step {step} of {length}"));
                }
            }
        }
    }

    [Theory]
    [InlineData(0.07, 100, 7)]
    [InlineData(0.14, 100, 14)]
    [InlineData(0.55, 100, 55)]
    [InlineData(1.1, 10, 11)]
    [InlineData(2.2, 5, 11)]
    [InlineData(0.071, 100, 8)]
    [InlineData(1, 5, 5)]
    public void A_decay_in_epochs_is_in_effect_from_the_first_step_that_is_not_before_it(double epoch, int stepsPerEpoch, long step) =>
        AssertDecay(new Horizon(1000, stepsPerEpoch), new Drop(Duration.Epochs(epoch), 2), step);

    [Fact]
    public void At_the_end_of_a_step_a_schedule_is_a_step_ahead() => Gen.Select(Generators.Schedules, Gen.Long[1000, 5000],
        Gen.Long[0, 998]).Sample((schedule, steps, k) =>
    {
        var horizon = new Horizon(steps, 7);
        return schedule.AtEndOfStep().Function(horizon)(horizon.Progress(k)) == schedule.Function(horizon)(horizon.Progress(k + 1));
    });

    // Where one schedule is joined to another the first is asked half a step before the moment.
    [Fact]
    public void Half_a_step_stays_half_a_step_at_the_end_of_a_step()
    {
        var (schedule, horizon) = (Schedule.Cosine(1), new Horizon(1000, 7));
        var (ahead, plain) = (schedule.AtEndOfStep().Function(horizon), schedule.Function(horizon));
        for (var k = 1; k < 999; k++) Assert.Equal(plain((k + 0.5) / 1000), ahead((k - 0.5) / 1000), 1e-12);
    }

    [Theory]
    [InlineData(12, 1, 4)]
    [InlineData(120, 10, 40)]
    [InlineData(100, 1, 40)]
    [InlineData(7, 1, 2)]
    public void A_cyclic_schedule_has_its_peak_where_it_was_published(int steps, int stepsPerEpoch, int peak)
    {
        var horizon = new Horizon(steps, stepsPerEpoch);
        var rate = Schedule.Cyclic(3).Function(horizon);
        Assert.Equal(3, rate(horizon.Progress(peak)));
        Assert.All(Enumerable.Range(0, steps).Where(k => k != peak), k => Assert.True(rate(horizon.Progress(k)) < 3));
    }

    private static void AssertDecay(Horizon horizon, Drop drop, long first)
    {
        var rate = Schedule.Drops(1, drop).Function(horizon);
        Assert.Equal(1, rate(horizon.Progress(first - 1)));
        Assert.Equal(0.5, rate(horizon.Progress(first)));
    }
}
