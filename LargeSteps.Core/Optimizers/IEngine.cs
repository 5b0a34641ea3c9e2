namespace LargeSteps.Optimizers;

/// <summary>What the strength of label noise is asked of.</summary>
internal interface IResiduals
{
    /// <summary>The mean of (h − y)² over all training samples, at the current iterate.</summary>
    double MeanSquare();
}

/// <summary>An engine of steps so short that what is between them counts.</summary>
internal interface IManySteps
{
    /// <summary>Makes steps as <see cref="IEngine{TIterate}.Step"/> does one after the other without noise, to the same bits, faster;
    /// returns the first whose loss is not finite, which may or may not have been made, or <paramref name="end"/>.</summary>
    /// <param name="first">The first step.</param>
    /// <param name="end">The step behind the last.</param>
    /// <param name="rate">The step size of each.</param>
    long MakeSteps(long first, long end, Func<long, double> rate);

    /// <summary>Whether its steps are of that kind.</summary>
    bool MakesMany { get; }
}

/// <summary>Computes gradients and makes steps: in closed form or by autograd. Owns the weights of one run.</summary>
/// <typeparam name="TIterate">The weights as the probes see them, on the host.</typeparam>
internal interface IEngine<out TIterate> : IResiduals, IDisposable
{
    /// <summary>Makes one step of size <paramref name="rate"/>.</summary>
    /// <param name="rate">The step size.</param>
    /// <param name="noise">The standard deviation of the label noise; 0: none, and nothing is drawn for it.</param>
    /// <returns>The loss of the batch before the step, on the labels with their noise.</returns>
    double Step(double rate, double noise = 0);

    /// <summary>The current weights; valid until the next step.</summary>
    TIterate Current { get; }

    /// <summary>The averaged weights; valid until the next step. The current ones where the rule does not average.</summary>
    TIterate Averaged { get; }

    /// <summary>Where it stands between two steps.</summary>
    EngineState Save();

    /// <summary>Goes on from where another engine of the same model stood: takes over what that has under the same name; what it has not
    /// begins, at its weights.</summary>
    void Continue(EngineState state);
}

/// <summary>Where an engine stands between two steps, on the host.</summary>
/// <param name="Weights">Its weights, in the order of a snapshot.</param>
/// <param name="Kept">What its rules keep, and what its model has beside the weights, by name.</param>
/// <param name="Steps">How many steps a chain of rules has made.</param>
/// <param name="Samples">Where the samples of its steps stand.</param>
internal sealed record EngineState(double[] Weights, IReadOnlyDictionary<string, double[]> Kept, long Steps, SamplerState Samples)
{
    /// <summary>Where an engine stands that keeps an average at most.</summary>
    public static EngineState Of(IEnumerable<double> weights, IEnumerable<double>? averaged, SamplerState samples) =>
        new([.. weights], averaged is null ? new Dictionary<string, double[]>() : new() { [Chain.AveragedName] = [.. averaged] }, 0,
            samples);

    /// <summary>The average that was kept; the weights where none was.</summary>
    public double[] Averaged => Kept.GetValueOrDefault(Chain.AveragedName) ?? Weights;
}
