namespace LargeSteps.Optimizers;

/// <summary>Computes gradients and makes steps: in closed form or by autograd. Owns the weights of one run.</summary>
/// <typeparam name="TIterate">The weights as the probes see them, on the host.</typeparam>
internal interface IEngine<out TIterate> : IDisposable
{
    /// <summary>Makes one step of size <paramref name="rate"/>, with the label noise of the rule.</summary>
    /// <returns>The loss of the batch before the step, on the labels with their noise.</returns>
    double Step(double rate);

    /// <summary>The same with another standard deviation of the label noise; 0: none, and nothing is drawn for it.</summary>
    double Step(double rate, double noise);

    /// <summary>The current weights; valid until the next step.</summary>
    TIterate Current { get; }

    /// <summary>The averaged weights; valid until the next step. The current ones where the rule does not average.</summary>
    TIterate Averaged { get; }
}
