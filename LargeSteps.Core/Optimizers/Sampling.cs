namespace LargeSteps.Optimizers;

/// <summary>How the samples of a step of stochastic gradient descent are drawn from n.</summary>
public abstract record Sampling
{
    private protected Sampling() { }

    private protected abstract void Close();

    /// <summary>Each sample of its own: <c>randint(n)</c> of NumPy's stream.</summary>
    public static Sampling WithReplacement { get; } = new SamplingWithReplacement();

    /// <summary>Different samples in a step: <c>choice(n, size=b, replace=False)</c>, which is another stream even for one
    /// sample.</summary>
    public static Sampling WithoutReplacement { get; } = new SamplingWithoutReplacement();

    /// <summary>All samples in a new order each epoch, cut into batches; the incomplete last one is dropped, so that an epoch has ⌊n / b⌋
    /// steps.</summary>
    public static Sampling Shuffled { get; } = new SamplingShuffled();

    /// <summary>Shuffled epochs in the order of the published program for deep networks, see <see cref="SamplingPublished"/>.</summary>
    public static Sampling Published(int evaluatedEvery = 200) => new SamplingPublished(evaluatedEvery);

    /// <summary>Whether an epoch takes each sample once, so that it has a whole number of steps.</summary>
    internal bool IsByEpoch => Match(withReplacement => false, withoutReplacement => false, shuffled => true, published => true);

    /// <summary>Whether each sample of a step is drawn from all.</summary>
    internal bool IsWithReplacement => Match(withReplacement => true, withoutReplacement => false, shuffled => false, published => false);

    /// <summary>After how many steps the published program evaluates its network, where its order is taken; null where it is not.</summary>
    internal int? PublishedEvery => Match<int?>(withReplacement => null, withoutReplacement => null, shuffled => null,
        published => published.EvaluatedEvery);

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(
        Func<SamplingWithReplacement, TResult> withReplacement, Func<SamplingWithoutReplacement, TResult> withoutReplacement,
            Func<SamplingShuffled, TResult> shuffled,
        Func<SamplingPublished, TResult> published) => this switch
        {
            SamplingWithReplacement w => withReplacement(w),
            SamplingWithoutReplacement w => withoutReplacement(w),
            SamplingShuffled s => shuffled(s),
            SamplingPublished p => published(p),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
}

/// <summary>Each sample of a step is drawn from all.</summary>
public sealed record SamplingWithReplacement : Sampling { private protected override void Close() { } }

/// <summary>The samples of a step are different ones.</summary>
public sealed record SamplingWithoutReplacement : Sampling { private protected override void Close() { } }

/// <summary>The samples are shuffled each epoch.</summary>
public sealed record SamplingShuffled : Sampling { private protected override void Close() { } }

/// <summary>
/// The samples are shuffled each epoch as PyTorch's loader does in the published program for deep networks: from <c>torch(seed)</c>, after
/// it has drawn the network's initial weights, come two numbers of 64 bits each time that a shuffled loader is begun, the second of which
/// seeds a <c>randperm</c>, and one where an ordered one is. The program looks at one batch before it trains; each evaluation begins six
/// shuffled loaders (five without batch norm) and five ordered ones.
/// </summary>
/// <param name="EvaluatedEvery">After how many steps, at least 1, that program evaluates its network: at the start, and then at each
/// multiple.</param>
public sealed record SamplingPublished(int EvaluatedEvery) : Sampling { private protected override void Close() { } }
