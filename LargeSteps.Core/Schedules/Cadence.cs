using LargeSteps.Values;

namespace LargeSteps.Schedules;

/// <summary>The iterations at which a run is measured.</summary>
public abstract record Cadence
{
    /// <summary>The most measurements that a run can have.</summary>
    internal const long MaxMeasurements = 5_000_000;

    private protected Cadence() { }

    private protected abstract void Close();

    /// <summary>The grid of the published programs.</summary>
    public static Cadence Evenly(int first, int evenly) => new FirstAndEvenly(first, evenly);

    /// <summary>Iteration 0 and every so many steps after it; the end of the run on request.</summary>
    public static Cadence Every(long steps, bool end = false) => new EveryInterval(Duration.Steps(steps), end);

    /// <summary>Iteration 0 and every so many epochs after it; the end of the run on request.</summary>
    public static Cadence EveryEpochs(double epochs, bool end = false) => new EveryInterval(Duration.Epochs(epochs), end);

    /// <summary>The first iterations, then evenly in the logarithm.</summary>
    public static Cadence Logarithmic(int first, int points) => new FirstAndLogarithmic(first, points);

    /// <summary>
    /// Whether it is measured after the steps of these iterations and not before them: what is after step k is before step k + 1, and so
    /// each measurement is counted at k + 1; the last may be the end of the run.
    /// </summary>
    public bool After { get; init; }

    /// <summary>The same, measured after the steps or before them.</summary>
    public Cadence WithAfter(bool after) => this with { After = after };

    /// <summary>In words: <c>every 100 steps, and at the end</c>.</summary>
    public sealed override string ToString() => Match(
        grid => FormattableString.Invariant($"the first {grid.First} steps, and {grid.Points} evenly"),
        every => $"every {every.Interval}{(every.End ? ", and at the end" : "")}",
        grid => FormattableString.Invariant($"the first {grid.First} steps, and {grid.Points} evenly in the logarithm")) +
        (After ? ", after the steps" : "");

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(
        Func<FirstAndEvenly, TResult> firstAndEvenly, Func<EveryInterval, TResult> every,
            Func<FirstAndLogarithmic, TResult> firstAndLogarithmic) => this switch
            {
                FirstAndEvenly c => firstAndEvenly(c),
                EveryInterval c => every(c),
                FirstAndLogarithmic c => firstAndLogarithmic(c),
                _ => throw new System.Diagnostics.UnreachableException(),
            };

    private protected static long Multiple(long i, double interval, double shift) => (long)Math.Round(i * interval + shift);

    // How many multiples lie before the end; the quotient may be one off where a multiple is rounded up to it.
    private static long Multiples(double interval, double shift, long steps)
    {
        var count = Math.Max(0, (long)Math.Ceiling((steps - shift) / interval));
        while (count > 0 && Multiple(count - 1, interval, shift) >= steps) count--;
        return count;
    }

    /// <summary>The number of iterations at which a run is measured.</summary>
    internal long Count(Horizon horizon) => AtMost(horizon) is var bound && (this is EveryInterval || bound > MaxMeasurements)
        ? bound : Lazily(horizon).LongCount();

    /// <summary>The same, or a little more, without counting them: a run may ask for more than can be counted.</summary>
    internal long AtMost(Horizon horizon) => Match(
        c => Math.Min((long)c.First + c.Points, horizon.Steps),
        c =>
        {
            var (interval, shift) = (c.Steps(horizon), c.Shift(horizon));
            var count = Multiples(interval, shift, horizon.Steps);
            return count + (c.End && !(After && Multiple(count - 1, interval, shift) == horizon.Steps - 1) ? 1 : 0);
        },
        c => Math.Min((long)c.First + c.Points, horizon.Steps));

    /// <summary>Whether a run is measured at a step or after it.</summary>
    internal bool HasFrom(long step, Horizon horizon) => AtMost(horizon) > MaxMeasurements || Lazily(horizon).Any(at => at >= step);

    /// <summary>
    /// The iterations before whose step a run is measured, ascending, each in [0, steps); steps itself, which is the iterate after the last
    /// step, where the end is asked for, or where it is measured after the steps and the last iteration is among them.
    /// </summary>
    public Items<long> Iterations(Horizon horizon) => Items.From(Lazily(horizon));

    private IEnumerable<long> Lazily(Horizon horizon)
    {
        var (steps, last) = (horizon.Steps, -1L);
        // Each part ascends, and the second begins where the first ends.
        var points = Match(
            c => Range(Math.Min(c.First, steps)).Concat(Spaced(c.Points, steps).Where(i => i >= c.First)),
            c => Range(Multiples(c.Steps(horizon), c.Shift(horizon), steps)).Select(i => Multiple(i, c.Steps(horizon), c.Shift(horizon)))
                .Where(i => i >= 0),
            c => Range(Math.Min(c.First, steps)).Concat(Logarithmically(c.Points, steps).Where(i => i >= c.First)));
        var before = points.Where(i => i < steps).Select(i => After ? i + 1 : i);
        foreach (var iteration in this is EveryInterval { End: true } ? before.Append(steps) : before)
            if (iteration > last) yield return last = iteration;

        static IEnumerable<long> Range(long count)
        {
            for (long i = 0; i < count; i++) yield return i;
        }

        // NumPy's linspace(0, N, m) multiplies i by the rounded spacing, and its round is half to even.
        static IEnumerable<long> Spaced(int count, long steps)
        {
            var spacing = steps / (double)(count - 1);
            return Range(count - 1).Select(i => (long)Math.Round(i * spacing, MidpointRounding.ToEven));
        }

        static IEnumerable<long> Logarithmically(int count, long steps)
        {
            var spacing = Math.Log10(Math.Max(1, steps - 1)) / (count - 1);
            return Range(count).Select(i => (long)Math.Pow(10, i * spacing));
        }
    }
}

/// <summary>
/// The first <paramref name="First"/> iterations, and <paramref name="Points"/> points evenly spaced over the run,
/// rounded half to even, without the end: the grid of the published programs, whose last measurement is not the end.
/// </summary>
public sealed record FirstAndEvenly(int First, int Points) : Cadence { private protected override void Close() { } }

/// <summary>
/// Iteration 0 and every multiple of <paramref name="Interval"/> after it, in epochs rounded to a step; with <paramref name="End"/> the
/// iterate after the last step as well.
/// </summary>
public sealed record EveryInterval(Duration Interval, bool End) : Cadence
{
    /// <summary>The interval in steps, at least one.</summary>
    internal double Steps(Horizon horizon) =>
        Math.Max(1, Interval.Match(steps => steps.Count, epochs => epochs.Count * horizon.StepsPerEpoch, fraction =>
            fraction.Part * horizon.Steps));

    /// <summary>Where it is counted from, in steps: see <see cref="Horizon.EpochShift"/>.</summary>
    internal double Shift(Horizon horizon) => Interval.Match(steps => 0, epochs => horizon.EpochShift, fraction => 0);

    /// <summary>Whether an iteration is one of them, without a list of all.</summary>
    internal bool Has(long iteration, Horizon horizon)
    {
        if (iteration >= horizon.Steps) return End && iteration == horizon.Steps;
        var (interval, shift) = (Steps(horizon), Shift(horizon));
        var near = (long)Math.Round((iteration - shift) / interval);
        return Enumerable.Range(-1, 3).Any(i => near + i >= 0 && Multiple(near + i, interval, shift) == iteration);
    }

    private protected override void Close() { }
}

/// <summary>
/// The first <paramref name="First"/> iterations, and the integer parts of <paramref name="Points"/> points
/// evenly spaced in log₁₀ from 1 to the end.
/// </summary>
public sealed record FirstAndLogarithmic(int First, int Points) : Cadence { private protected override void Close() { } }
