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

    /// <summary>Writes G·v, G the Gauss–Newton matrix at the point.</summary>
    void GaussNewtonProduct(ReadOnlySpan<double> vector, Span<double> product);

    /// <summary>The derivative of each sample's loss in a direction.</summary>
    double[] Slopes(ReadOnlySpan<double> direction);

    /// <summary>Writes ∇(uᵀHu) at the point, which it may leave.</summary>
    void CurvatureGradient(ReadOnlySpan<double> direction, Span<double> gradient);
}

/// <summary>Derivatives by differences, of losses that are smooth.</summary>
internal static class Differences
{
    // Of the third derivative: its error is of the order of the square of this, and rounding is divided by it.
    private const double Step = 1e-4;

    /// <summary>∇(uᵀHu) as (H(w + εu)u − H(w − εu)u)/2ε; exact where H is quadratic in w.</summary>
    /// <param name="loss">The loss; it is moved.</param>
    /// <param name="point">w.</param>
    /// <param name="direction">u.</param>
    /// <param name="gradient">Where it is written.</param>
    public static void CurvatureGradient(ITrainingLoss loss, double[] point, ReadOnlySpan<double> direction, Span<double> gradient)
    {
        var (moved, before) = (new double[point.Length], new double[point.Length]);
        foreach (var sign in (double[])[-1, 1])
        {
            point.CopyTo(moved, 0);
            Numerics.Vectors.AddScaled(moved, sign * Step, direction);
            loss.MoveTo(moved);
            loss.HessianProduct(direction, gradient);
            if (sign < 0) gradient.CopyTo(before);
        }
        for (var j = 0; j < before.Length; j++) gradient[j] = (gradient[j] - before[j]) / (2 * Step);
    }
}
