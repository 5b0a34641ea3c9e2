namespace LargeSteps.Probes;

/// <summary>
/// A measure of the dynamics: how curved the training loss is where a run is, how its steps go, and how long they can be reproduced. The
/// training loss is that of all training samples without label noise or weight decay, in double precision whatever the network trains in.
/// Of deep networks it is in float32, on images that are not augmented, and batch norm takes the statistics of these samples.
/// </summary>
public abstract record DynamicsSpec
{
    private protected DynamicsSpec() { }

    private protected abstract void Close();

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(
        Func<HessianEigenvalues, TResult> hessianEigenvalues, Func<Predictability, TResult> predictability,
            Func<Sharpness, TResult> sharpness,
        Func<Bounce, TResult> bounce, Func<GradientNorm, TResult> gradientNorm, Func<GradientNoise, TResult> gradientNoise,
            Func<Seconds, TResult> seconds) => this switch
            {
                HessianEigenvalues d => hessianEigenvalues(d),
                Predictability d => predictability(d),
                Sharpness d => sharpness(d),
                Bounce d => bounce(d),
                GradientNorm d => gradientNorm(d),
                GradientNoise d => gradientNoise(d),
                Seconds d => seconds(d),
                _ => throw new System.Diagnostics.UnreachableException(),
            };
}

/// <summary>
/// <c>hessian_eigenvalue_1</c> … the Count largest eigenvalues of the Hessian of the training loss,
/// descending, and <c>hessian_eigenvalue_min</c>, the smallest. They are those of the whole matrix, P × P; <see cref="Sharpness"/> needs
/// none.
/// </summary>
public sealed record HessianEigenvalues(int Count) : DynamicsSpec
{
    private protected override void Close() { }
}

/// <summary>
/// A twin run beside the run, on the same samples, from initial weights (1 + Perturbation)·w: <c>twin_distance</c> is
/// ‖w − w'‖/‖w‖, <c>twin_loss_difference</c> is |L − L'|/L of the training losses, and <c>predictability_horizon</c> the first measured
/// iteration at which that exceeded Tolerance (NaN before): no reproduction can be expected to agree for longer.
/// </summary>
/// <param name="Perturbation">The relative change of the initial weights: a few roundings, like 1e-13 in float64 and 1e-7 in
/// float32.</param>
/// <param name="Tolerance">The relative difference of the training losses that ends the agreement.</param>
public sealed record Predictability(double Perturbation, double Tolerance) : DynamicsSpec
{
    private protected override void Close() { }
}

/// <summary>
/// <c>sharpness</c>: the largest eigenvalue λ of the Hessian H of the training loss, by the Lanczos iteration on products H·v; and
/// <c>sharpness_residual</c>: ‖Hv − λv‖/|λ| for the unit eigenvector v found, so that an eigenvalue of H lies within that part of λ.
/// Gradient descent on a quadratic with curvature above 2/η diverges. A ReLU counts with its piecewise-linear derivative: its kinks have no
/// curvature.
/// </summary>
/// <param name="Samples">The Hessian of the loss of the first so many training samples; null: of all, of a deep network of the first
/// 512.</param>
/// <param name="Tolerance">The residual at which the iteration ends.</param>
/// <param name="MaxIterations">The most products of one measurement; the residual then says how far it came.</param>
public sealed record Sharpness(int? Samples = null, double Tolerance = 1e-6, int MaxIterations = 100) : DynamicsSpec
{
    private protected override void Close() { }
}

/// <summary>
/// How the last two steps before the measured iterate w_k go together; NaN for k &lt; 2. <c>bounce_cosine</c>: the cosine of the angle
/// between w_{k−1} − w_{k−2} and w_k − w_{k−1}; 1 where the run goes straight on, −1 where it bounces from one side of a valley to the
/// other.
/// <c>bounce_midpoint_gap</c>: L((w_{k−1} + w_k)/2) − (L(w_{k−1}) + L(w_k))/2, the training loss half-way less its mean at the ends of the
/// last step. On a quadratic it is −sᵀHs/8 for the step s, so it is negative wherever L is convex along the step; with the iterates on
/// opposite slopes its size is the depth of the valley between them.
/// </summary>
/// <param name="Samples">The loss of the first so many training samples; null: of all, of a deep network of the first 512.</param>
public sealed record Bounce(int? Samples = null) : DynamicsSpec
{
    private protected override void Close() { }
}

/// <summary><c>gradient_norm</c>: the Euclidean norm of the gradient of the training loss, of all samples, by all parameters.</summary>
/// <param name="Samples">The loss of the first so many training samples; null: of all, of a deep network of the first 512.</param>
public sealed record GradientNorm(int? Samples = null) : DynamicsSpec
{
    private protected override void Close() { }
}

/// <summary>
/// <c>gradient_noise_trace</c>: the mean over single samples of the squared norm of their gradient, (1/n) Σ ‖∇ℓ_i‖². Less the squared
/// <see cref="GradientNorm"/> it is the trace of the covariance of the gradients of SGD with one sample. Of deep networks batch norm takes
/// its running statistics, since one image has none.
/// </summary>
/// <param name="Samples">The first so many training samples; null: all, of a deep network the first 512.</param>
public sealed record GradientNoise(int? Samples = null) : DynamicsSpec
{
    private protected override void Close() { }
}

/// <summary>
/// <c>seconds</c>: how long the steps up to a measurement have taken, without the probes. It belongs to the machine: no two runs have the
/// same, so a table with it is not made again byte for byte.
/// </summary>
public sealed record Seconds : DynamicsSpec
{
    private protected override void Close() { }
}
