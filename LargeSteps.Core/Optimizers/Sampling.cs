namespace LargeSteps.Optimizers;

/// <summary>How the samples of a step of stochastic gradient descent are drawn from n.</summary>
public abstract record Sampling
{
    private protected Sampling() { }

    private protected abstract void Close();

    /// <summary>Each sample of its own: <c>randint(n)</c> of NumPy's stream.</summary>
    public static Sampling WithReplacement { get; } = new SamplingWithReplacement();

    /// <summary>Different samples in a step: <c>choice(n, size=b, replace=False)</c>, which is another stream even for one sample.</summary>
    public static Sampling WithoutReplacement { get; } = new SamplingWithoutReplacement();

    /// <summary>All samples in a new order each epoch, cut into batches; the incomplete last one is dropped, so that an epoch has ⌊n / b⌋ steps.</summary>
    public static Sampling Shuffled { get; } = new SamplingShuffled();

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(
        Func<SamplingWithReplacement, TResult> withReplacement, Func<SamplingWithoutReplacement, TResult> withoutReplacement, Func<SamplingShuffled, TResult> shuffled) => this switch
        {
            SamplingWithReplacement w => withReplacement(w),
            SamplingWithoutReplacement w => withoutReplacement(w),
            SamplingShuffled s => shuffled(s),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
}

/// <summary>Each sample of a step is drawn from all.</summary>
public sealed record SamplingWithReplacement : Sampling
{
    private protected override void Close() { }
}

/// <summary>The samples of a step are different ones.</summary>
public sealed record SamplingWithoutReplacement : Sampling
{
    private protected override void Close() { }
}

/// <summary>The samples are shuffled each epoch.</summary>
public sealed record SamplingShuffled : Sampling
{
    private protected override void Close() { }
}
