namespace LargeSteps.Pipelines;

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

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(Func<StepCount, TResult> steps, Func<EpochCount, TResult> epochs, Func<RunFraction, TResult> fraction) => this switch
    {
        StepCount s => steps(s),
        EpochCount e => epochs(e),
        RunFraction f => fraction(f),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

/// <summary>A number of optimisation steps.</summary>
public sealed record StepCount(long Count) : Duration
{
    private protected override void Close() { }
}

/// <summary>A number of passes over the training set.</summary>
public sealed record EpochCount(double Count) : Duration
{
    private protected override void Close() { }
}

/// <summary>A fraction of the run, between 0 and 1.</summary>
public sealed record RunFraction(double Part) : Duration
{
    private protected override void Close() { }
}

/// <summary>
/// How long a run is, and how training progress is counted in it. Step k (counted from 0) of N happens at progress
/// (k + offset)/N: offset 0 where the learning rate is that of the iterate before the step (diagonal and ReLU networks),
/// 1 where it is that of the end of the step (deep networks: the published schedule at epoch e − 1 + (i + 1)/batches).
/// </summary>
/// <param name="Steps">N, the number of optimisation steps; at least 1.</param>
/// <param name="StepsPerEpoch">Steps in one pass over the training set; at least 1.</param>
/// <param name="Offset">0 or 1, see above.</param>
public sealed record Horizon(long Steps, double StepsPerEpoch, int Offset = 0)
{
    /// <summary>The training progress, in [0, 1], at which step <paramref name="step"/> happens.</summary>
    public double Progress(long step) => (double)(step + Offset) / Steps;

    /// <summary>The training progress that a moment stands for, exactly: that of a step is the progress at which it happens.</summary>
    public double Exactly(Duration moment) => moment.Match(steps => Progress(steps.Count), epochs => Progress(epochs), fraction => fraction.Part);

    /// <summary>
    /// A moment from which on something holds, as training progress. A moment in steps lies half a step before that step, so that rounding
    /// never decides whether "from step k on" includes step k.
    /// </summary>
    public double Progress(Duration moment) => moment.Match(
        steps => (steps.Count + Offset - 0.5) / Steps,
        epochs => epochs.Count * StepsPerEpoch / Steps,
        fraction => fraction.Part);
}
