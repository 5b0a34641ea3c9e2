namespace LargeSteps.Training;

/// <summary>
/// The training loss as a function of all parameters, which stand in one vector, in double precision: what the probes of the dynamics ask.
/// It is at one point at a time; not thread-safe.
/// </summary>
internal interface ITrainingLoss : IDisposable
{
    /// <summary>P, the number of parameters.</summary>
    int Parameters { get; }

    /// <summary>Goes to a point, before anything else is asked; returns the loss there.</summary>
    double MoveTo(ReadOnlySpan<double> point);

    /// <summary>Writes the gradient at the point.</summary>
    void Gradient(Span<double> gradient);

    /// <summary>Writes H·v, H the Hessian at the point.</summary>
    void HessianProduct(ReadOnlySpan<double> vector, Span<double> product);
}
