namespace LargeSteps.Pipelines;

/// <summary>The iterations at which a run is measured.</summary>
public abstract record Cadence
{
    private protected Cadence() { }

    private protected abstract void Close();

    /// <summary>The grid of the published programs.</summary>
    public static Cadence Evenly(int first, int evenly) => new FirstAndEvenly(first, evenly);

    /// <summary>Iteration 0 and every so many after it.</summary>
    public static Cadence Every(long steps) => new EverySteps(steps);

    /// <summary>The first iterations, then evenly in the logarithm.</summary>
    public static Cadence Logarithmic(int first, int points) => new FirstAndLogarithmic(first, points);

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(
        Func<FirstAndEvenly, TResult> firstAndEvenly, Func<EverySteps, TResult> every, Func<FirstAndLogarithmic, TResult> firstAndLogarithmic) => this switch
        {
            FirstAndEvenly c => firstAndEvenly(c),
            EverySteps c => every(c),
            FirstAndLogarithmic c => firstAndLogarithmic(c),
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    /// <summary>The iterations at which a run of <paramref name="steps"/> steps is measured, ascending, each in [0, steps).</summary>
    public Items<long> Iterations(long steps)
    {
        var points = Match(
            c => Range(Math.Min(c.First, steps)).Concat(Spaced(c.Points, steps)),
            c => Range((steps - 1) / c.Steps + 1).Select(i => i * c.Steps),
            c => Range(Math.Min(c.First, steps)).Concat(Logarithmically(c.Points, steps)));
        return Items.From(points.Where(i => i < steps).Distinct().Order());

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
public sealed record FirstAndEvenly(int First, int Points) : Cadence
{
    private protected override void Close() { }
}

/// <summary>Iteration 0 and every <paramref name="Steps"/>-th after it, without the end.</summary>
public sealed record EverySteps(long Steps) : Cadence
{
    private protected override void Close() { }
}

/// <summary>
/// The first <paramref name="First"/> iterations, and the integer parts of <paramref name="Points"/> points
/// evenly spaced in log₁₀ from 1 to the end.
/// </summary>
public sealed record FirstAndLogarithmic(int First, int Points) : Cadence
{
    private protected override void Close() { }
}
