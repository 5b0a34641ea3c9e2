namespace LargeSteps.Optimizers;

/// <summary>What the strength of label noise is asked of.</summary>
internal interface IResiduals
{
    /// <summary>The mean of (h − y)² over all training samples, at the current iterate.</summary>
    double MeanSquare();
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
}
