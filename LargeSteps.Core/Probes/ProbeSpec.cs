using LargeSteps.Pipelines;

namespace LargeSteps.Probes;

/// <summary>What is measured of an iterate.</summary>
public abstract record ProbeSpec
{
    private protected ProbeSpec() { }

    private protected abstract void Close();

    /// <summary>Train and test loss.</summary>
    public static ProbeSpec Losses { get; } = new LossesProbe();

    /// <summary>The number of coordinates of the predictor above a threshold; a column for each threshold.</summary>
    public static ProbeSpec L0Norm(params double[] thresholds) => new NormProbe(new L0Norm(Items.From(thresholds)));

    /// <summary>‖u⊙v‖₁.</summary>
    public static ProbeSpec L1Norm { get; } = new NormProbe(new L1Norm());

    /// <summary>√(‖u‖² + ‖v‖²).</summary>
    public static ProbeSpec ParameterNorm { get; } = new NormProbe(new ParameterNorm());

    /// <summary>‖|u| − |v|‖₂.</summary>
    public static ProbeSpec Balancedness { get; } = new NormProbe(new Balancedness());

    /// <summary>The rank of the Jacobian; a column for each threshold.</summary>
    public static ProbeSpec JacobianRank(params double[] thresholds) => new JacobianRankProbe(Items.From(thresholds));

    /// <summary>The largest eigenvalues of the Hessian and the smallest.</summary>
    public static ProbeSpec HessianEigenvalues(int count) => new HessianEigenvaluesProbe(count);

    /// <summary>How long a run can be reproduced at all, see <see cref="PredictabilityProbe"/>.</summary>
    public static ProbeSpec Predictability(double perturbation = 1e-13, double tolerance = 1e-3) => new PredictabilityProbe(perturbation, tolerance);

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(
        Func<LossesProbe, TResult> losses, Func<NormProbe, TResult> norm, Func<JacobianRankProbe, TResult> jacobianRank,
        Func<HessianEigenvaluesProbe, TResult> hessianEigenvalues, Func<PredictabilityProbe, TResult> predictability) => this switch
        {
            LossesProbe p => losses(p),
            NormProbe p => norm(p),
            JacobianRankProbe p => jacobianRank(p),
            HessianEigenvaluesProbe p => hessianEigenvalues(p),
            PredictabilityProbe p => predictability(p),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
}

/// <summary><c>train_loss</c>, <c>test_loss</c>: the model's loss on all training and all test samples.</summary>
public sealed record LossesProbe : ProbeSpec
{
    private protected override void Close() { }
}

/// <summary>A norm of the weights.</summary>
public sealed record NormProbe(NormSpec Of) : ProbeSpec
{
    private protected override void Close() { }
}

/// <summary>
/// <c>jacobian_rank</c>: the number of singular values of the Jacobian of the test outputs that exceed the
/// threshold times the largest; one column for each threshold.
/// </summary>
public sealed record JacobianRankProbe(Items<double> Thresholds) : ProbeSpec
{
    private protected override void Close() { }
}

/// <summary>
/// <c>hessian_eigenvalue_1</c> … the Count largest eigenvalues of the Hessian of the training loss,
/// descending, and <c>hessian_eigenvalue_min</c>, the smallest.
/// </summary>
public sealed record HessianEigenvaluesProbe(int Count) : ProbeSpec
{
    private protected override void Close() { }
}

/// <summary>
/// A twin run beside the run, on the same samples, from initial weights (1 + Perturbation)·w: <c>twin_distance</c> is
/// ‖w − w'‖/‖w‖, <c>twin_loss_difference</c> is |L − L'|/L of the training losses, and <c>predictability_horizon</c> the first measured
/// iteration at which that exceeded Tolerance (NaN before): no reproduction can be expected to agree for longer.
/// </summary>
/// <param name="Perturbation">The relative change of the initial weights, like 1e-13: a few roundings.</param>
/// <param name="Tolerance">The relative difference of the training losses that ends the agreement.</param>
public sealed record PredictabilityProbe(double Perturbation, double Tolerance) : ProbeSpec
{
    private protected override void Close() { }
}

/// <summary>A norm of the weights of a diagonal network.</summary>
public abstract record NormSpec
{
    private protected NormSpec() { }

    private protected abstract void Close();

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(Func<L0Norm, TResult> l0, Func<L1Norm, TResult> l1, Func<ParameterNorm, TResult> parameters, Func<Balancedness, TResult> balancedness) => this switch
    {
        L0Norm n => l0(n),
        L1Norm n => l1(n),
        ParameterNorm n => parameters(n),
        Balancedness n => balancedness(n),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

/// <summary><c>l0_norm</c>: #{j : |u_j v_j| > threshold}; one column for each threshold.</summary>
public sealed record L0Norm(Items<double> Thresholds) : NormSpec
{
    private protected override void Close() { }
}

/// <summary><c>l1_norm</c>: ‖u⊙v‖₁.</summary>
public sealed record L1Norm : NormSpec
{
    private protected override void Close() { }
}

/// <summary><c>parameter_norm</c>: √(‖u‖² + ‖v‖²).</summary>
public sealed record ParameterNorm : NormSpec
{
    private protected override void Close() { }
}

/// <summary><c>balancedness</c>: ‖|u| − |v|‖₂.</summary>
public sealed record Balancedness : NormSpec
{
    private protected override void Close() { }
}

/// <summary>What is measured, of which iterate, and when.</summary>
/// <param name="At">The iterations; an iterate is measured before the step of that iteration.</param>
/// <param name="Measure">The probes, in the order of their columns.</param>
/// <param name="Averaged">Measure the averaged iterate in place of the current one; the optimizer must average.</param>
/// <param name="Valley">Measure what a descent into the valley makes of the iterate, in place of the iterate; null: the iterate itself.</param>
public sealed record ProbePlan(Cadence At, Items<ProbeSpec> Measure, bool Averaged = false, ValleyProjection? Valley = null)
{
    /// <summary>Probes at a cadence.</summary>
    public static ProbePlan Of(Cadence at, params ProbeSpec[] measure) => new(at, Items.From(measure));

    /// <summary>The same, measuring the averaged iterate.</summary>
    public ProbePlan WithAveraged(bool averaged) => this with { Averaged = averaged };

    /// <summary>The same, measuring after a descent into the valley.</summary>
    public ProbePlan WithValley(ValleyProjection? valley) => this with { Valley = valley };
}

/// <summary>Gradient descent on the training loss from a copy of the iterate, before it is measured.</summary>
/// <param name="Steps">The number of steps; published: 2,000.</param>
/// <param name="Rate">Their step size; published: 0.5.</param>
public sealed record ValleyProjection(int Steps = 2000, double Rate = 0.5);
