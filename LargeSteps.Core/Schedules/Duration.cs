using LargeSteps.Values;

namespace LargeSteps.Schedules;

/// <summary>A length of training, or a moment of it: in optimisation steps, in epochs, or as a fraction of the whole run.</summary>
public abstract record Duration
{
    private protected Duration() { }

    private protected abstract void Close();

    /// <summary>A number of optimisation steps.</summary>
    public static Duration Steps(long count) => new StepCount(count);

    /// <summary>A number of passes over the training set.</summary>
    public static Duration Epochs(double count) => new EpochCount(count);

    /// <summary>A fraction of the run, between 0 and 1.</summary>
    public static Duration Fraction(double part) => new RunFraction(part);

    /// <summary>Whether it is told as a fraction of the run.</summary>
    internal bool IsFraction => Match(steps => false, epochs => false, fraction => true);

    /// <summary>In words: <c>300 steps</c>, <c>2.5 epochs</c>, <c>0.5 of the run</c>.</summary>
    public sealed override string ToString() => Match(steps => Words.Count(steps.Count, "step"),
        epochs => $"{NumberText.Invariant(epochs.Count)} epochs", fraction => $"{NumberText.Invariant(fraction.Part)} of the run");

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(Func<StepCount, TResult> steps, Func<EpochCount, TResult> epochs, Func<RunFraction, TResult> fraction) =>
        this switch
        {
            StepCount s => steps(s),
            EpochCount e => epochs(e),
            RunFraction f => fraction(f),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
}

/// <summary>A number of optimisation steps.</summary>
public sealed record StepCount(long Count) : Duration { private protected override void Close() { } }

/// <summary>A number of passes over the training set.</summary>
public sealed record EpochCount(double Count) : Duration { private protected override void Close() { } }

/// <summary>A fraction of the run, between 0 and 1.</summary>
public sealed record RunFraction(double Part) : Duration { private protected override void Close() { } }

/// <summary>How long a run is, and how training progress is counted in it: step k (counted from 0) of N happens at progress k/N.</summary>
/// <param name="Steps">N, the number of optimisation steps; at least 1.</param>
/// <param name="StepsPerEpoch">Steps in one pass over the training set; at least 1.</param>
public sealed record Horizon(long Steps, double StepsPerEpoch)
{
    // A moment in epochs or a fraction is rounded when it is written, when it is read, and in the product: a few units in the last place.
    private const double Rounding = 16 * 1.1102230246251565e-16;

    /// <summary>At which step epoch 0 would lie if all steps were like those of this run: not at 0 where a fork goes on with batches of
    /// another size.</summary>
    internal double EpochShift { get; init; }

    /// <summary>The epochs that so many steps are, as this run counts them.</summary>
    internal double EpochsAt(long steps) => (steps - EpochShift) / StepsPerEpoch;

    /// <summary>The training progress, in [0, 1], at which step <paramref name="step"/> happens.</summary>
    public double Progress(long step) => (double)step / Steps;

    /// <summary>
    /// The first step at or after a moment: the same however the moment is written. With 100 steps an epoch, epoch 0.07 is step 7, although
    /// 0.07 · 100 rounds to more.
    /// </summary>
    public long Step(Duration moment) => (long)Math.Ceiling(Place(moment));

    /// <summary>The training progress that a moment stands for, exactly.</summary>
    public double Exactly(Duration moment) => Place(moment) / Steps;

    /// <summary>
    /// A moment from which on something holds, as training progress: half a step before its first step, so that rounding never decides
    /// whether "from step k on" includes step k.
    /// </summary>
    public double Progress(Duration moment) => (Step(moment) - 0.5) / Steps;

    // In steps.
    private double Place(Duration moment)
    {
        var place = moment.Match(steps => steps.Count, epochs => epochs.Count * StepsPerEpoch + EpochShift,
            fraction => fraction.Part * Steps);
        var nearest = Math.Round(place);
        return Math.Abs(place - nearest) <= Rounding * nearest ? nearest : place;
    }
}
