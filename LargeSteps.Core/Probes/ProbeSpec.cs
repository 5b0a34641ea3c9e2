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

    /// <summary>What the hidden layers of a ReLU network compute.</summary>
    public static ProbeSpec Features(FeatureSpec of) => new FeatureProbe(of);

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(
        Func<LossesProbe, TResult> losses, Func<NormProbe, TResult> norm, Func<JacobianRankProbe, TResult> jacobianRank,
        Func<HessianEigenvaluesProbe, TResult> hessianEigenvalues, Func<PredictabilityProbe, TResult> predictability,
        Func<FeatureProbe, TResult> feature) => this switch
        {
            LossesProbe p => losses(p),
            NormProbe p => norm(p),
            JacobianRankProbe p => jacobianRank(p),
            HessianEigenvaluesProbe p => hessianEigenvalues(p),
            PredictabilityProbe p => predictability(p),
            FeatureProbe p => feature(p),
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

/// <summary>What the hidden layers of a ReLU network compute.</summary>
public sealed record FeatureProbe(FeatureSpec Of) : ProbeSpec
{
    private protected override void Close() { }
}

/// <summary>A measure of the features of a ReLU network: the activations of its hidden layers on the training samples.</summary>
public abstract record FeatureSpec
{
    private protected FeatureSpec() { }

    private protected abstract void Close();

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(
        Func<FeatureSparsity, TResult> sparsity, Func<ActivePercent, TResult> activePercent, Func<ActiveUnits, TResult> activeUnits, Func<NuclearNorm, TResult> nuclearNorm,
        Func<FeatureEntropyRank, TResult> entropyRank, Func<ActivationPatternDistance, TResult> patternDistance, Func<JacobianUnitGroups, TResult> unitGroups) => this switch
        {
            FeatureSparsity f => sparsity(f),
            ActivePercent f => activePercent(f),
            ActiveUnits f => activeUnits(f),
            NuclearNorm f => nuclearNorm(f),
            FeatureEntropyRank f => entropyRank(f),
            ActivationPatternDistance f => patternDistance(f),
            JacobianUnitGroups f => unitGroups(f),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
}

/// <summary>
/// <c>feature_sparsity</c> (with several hidden layers <c>feature_sparsity_layer1</c>, …): the fraction of nonzero activations, units counted once whose
/// activations correlate by more than the threshold.
/// </summary>
/// <param name="Threshold">The Pearson correlation above which two units are one.</param>
public sealed record FeatureSparsity(double Threshold) : FeatureSpec
{
    private protected override void Close() { }
}

/// <summary><c>active_percent</c> (with several hidden layers a column for each): the percentage of nonzero activations, with one hidden layer times the output weight.</summary>
public sealed record ActivePercent : FeatureSpec
{
    private protected override void Close() { }
}

/// <summary><c>active_units</c>: the units of the last hidden layer that are active on some training sample.</summary>
public sealed record ActiveUnits : FeatureSpec
{
    private protected override void Close() { }
}

/// <summary><c>feature_nuclear_norm</c> of ReLU(·)⊙w₂, and <c>weight_nuclear_norm</c> of w₁⊙|w₂|; one hidden layer.</summary>
public sealed record NuclearNorm : FeatureSpec
{
    private protected override void Close() { }
}

/// <summary><c>feature_entropy_rank</c>: −Σ p log p of the singular values of the normalised last features on the Jacobian's points, p = σ/Σσ.</summary>
public sealed record FeatureEntropyRank : FeatureSpec
{
    private protected override void Close() { }
}

/// <summary><c>activation_pattern_distance</c>: the mean of |1[pre-activation &gt; 0] − the same at the start|; one hidden layer.</summary>
public sealed record ActivationPatternDistance : FeatureSpec
{
    private protected override void Close() { }
}

/// <summary>
/// <c>jacobian_unit_groups</c>: per hidden unit the squared norms of the gradients of (w₁, b₁, w₂) over the training samples, units counted once that
/// correlate by more than the threshold; one hidden layer.
/// </summary>
/// <param name="Threshold">The Pearson correlation above which two units are one.</param>
public sealed record JacobianUnitGroups(double Threshold) : FeatureSpec
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
