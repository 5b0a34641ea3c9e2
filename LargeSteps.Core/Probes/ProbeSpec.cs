using LargeSteps.Schedules;
using LargeSteps.Values;

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

    /// <summary>½λ‖w‖².</summary>
    public static ProbeSpec L2Term { get; } = new NormProbe(new L2Term());

    /// <summary>The rank of the Jacobian; a column for each threshold.</summary>
    public static ProbeSpec JacobianRank(params double[] thresholds) => new JacobianRankProbe(Items.From(thresholds));

    /// <summary>The largest eigenvalues of the Hessian and the smallest.</summary>
    public static ProbeSpec HessianEigenvalues(int count) => new DynamicsProbe(new HessianEigenvalues(count));

    /// <summary>How long a run can be reproduced at all, see <see cref="Probes.Predictability"/>.</summary>
    public static ProbeSpec Predictability(double perturbation = 1e-13, double tolerance = 1e-3) =>
        new DynamicsProbe(new Predictability(perturbation, tolerance));

    /// <summary>The largest eigenvalue of the Hessian of the training loss, without the Hessian, see
    /// <see cref="Probes.Sharpness"/>.</summary>
    public static ProbeSpec Sharpness(int? samples = null, double tolerance = 1e-6, int maxIterations = 100) =>
        new DynamicsProbe(new Sharpness(samples, tolerance, maxIterations));

    /// <summary>Whether the iterates bounce from one side of a valley to the other, see <see cref="Probes.Bounce"/>.</summary>
    public static ProbeSpec Bounce { get; } = new DynamicsProbe(new Bounce());

    /// <summary>The norm of the gradient of the training loss.</summary>
    public static ProbeSpec GradientNorm { get; } = new DynamicsProbe(new GradientNorm());

    /// <summary>The mean squared norm of the gradients of single samples, see <see cref="Probes.GradientNoise"/>.</summary>
    public static ProbeSpec GradientNoise(int? samples = null) => new DynamicsProbe(new GradientNoise(samples));

    /// <summary>How long the steps have taken.</summary>
    public static ProbeSpec Seconds { get; } = new DynamicsProbe(new Seconds());

    /// <summary>What the hidden layers of a ReLU network compute.</summary>
    public static ProbeSpec Features(FeatureSpec of) => new FeatureProbe(of);

    /// <summary>Any number that a function finds in what is measured, see <see cref="CustomProbe"/>: it has no YAML form.</summary>
    /// <param name="name">The name of its column, which stands for the function: another function needs another name.</param>
    /// <param name="measure">The function; NaN is a value like others.</param>
    public static ProbeSpec Custom(string name, Func<ProbeView, double> measure) => new CustomProbe(name, measure);

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(
        Func<LossesProbe, TResult> losses, Func<NormProbe, TResult> norm, Func<JacobianRankProbe, TResult> jacobianRank,
        Func<DynamicsProbe, TResult> dynamics, Func<FeatureProbe, TResult> feature, Func<CustomProbe, TResult> custom) => this switch
        {
            LossesProbe p => losses(p),
            NormProbe p => norm(p),
            JacobianRankProbe p => jacobianRank(p),
            DynamicsProbe p => dynamics(p),
            FeatureProbe p => feature(p),
            CustomProbe p => custom(p),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
}

/// <summary>
/// <c>train_loss</c>, <c>test_loss</c>: the model's loss on the training and the test samples. Of deep networks also <c>train_error</c> and
/// <c>test_error</c>, the fraction of wrong classes, all in evaluation mode and without augmentation, whatever the batch size of the run;
/// and where images are held out of training, <c>validation_loss</c> and <c>validation_error</c> on those.
/// </summary>
/// <param name="Averaged">Deep networks: the same of the averaged weights besides, under names that end in <c>_averaged</c>.</param>
/// <param name="TrainingImages">Deep networks: of how many training images, null: <see cref="DefaultTrainingImages"/>; of more than that, a
/// random choice that is the same in every run and measurement.</param>
/// <param name="TrainingBatches">
/// Deep networks: of so many shuffled training batches of the run's own size instead, drawn for the measurement and augmented as in
/// training (published: 5); null: not so.
/// </param>
/// <param name="TestImages">Deep networks: of the first so many test images (published: 10,000); null: of all.</param>
public sealed record LossesProbe(
    bool Averaged = false, int? TrainingImages = null, int? TrainingBatches = null, int? TestImages = null)
        : ProbeSpec
{
    /// <summary>Of how many training images the losses are where nothing is said: 10,000.</summary>
    public const int DefaultTrainingImages = 10_000;

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

/// <summary>How the run goes, and over what.</summary>
public sealed record DynamicsProbe(DynamicsSpec Of) : ProbeSpec
{
    private protected override void Close() { }
}

/// <summary>What the hidden layers of a ReLU network compute.</summary>
public sealed record FeatureProbe(FeatureSpec Of) : ProbeSpec
{
    private protected override void Close() { }
}

/// <summary>
/// A function that only a program can give. Its name stands for it: two with the same name are equal, whatever they compute, and so are the
/// pipelines that differ in nothing else, whose results are then shared and kept as one.
/// </summary>
/// <param name="Name">The name of its column.</param>
/// <param name="Measure">The function; called from several threads, for one run at a time from one.</param>
public sealed record CustomProbe(string Name, Func<ProbeView, double> Measure) : ProbeSpec
{
    private protected override void Close() { }

    /// <inheritdoc/>
    public bool Equals(CustomProbe? other) => other is not null && Name == other.Name;

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Name);
}

/// <summary>A measure of the features of a ReLU network: the activations of its hidden layers on the training samples.</summary>
public abstract record FeatureSpec
{
    private protected FeatureSpec() { }

    private protected abstract void Close();

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(
        Func<FeatureSparsity, TResult> sparsity, Func<ActivePercent, TResult> activePercent, Func<ActiveUnits, TResult> activeUnits,
            Func<NuclearNorm, TResult> nuclearNorm,
        Func<FeatureEntropyRank, TResult> entropyRank, Func<ActivationPatternDistance, TResult> patternDistance,
            Func<JacobianUnitGroups, TResult> unitGroups) => this switch
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
/// <c>feature_sparsity</c> (with several hidden layers <c>feature_sparsity_layer1</c>, …): the fraction of nonzero activations, units
/// counted once whose activations correlate by more than the threshold. Of deep networks <c>feature_sparsity_block1</c> … <c>_block5</c>:
/// the fraction of positive values of the outputs of the stages and of the pooled features, and the same with <c>_deduplicated</c>, of some
/// units only, those that go together counted once.
/// </summary>
/// <param name="Threshold">The Pearson correlation above which two units are one; published for deep networks: 0.95.</param>
/// <param name="Samples">Deep networks: the first so many training images, without augmentation; published: up to 10,752.</param>
/// <param name="Units">Deep networks: how many units of a block, drawn once, are looked at for correlations; published: 1,000.</param>
/// <param name="NormalisedRows">
/// Deep networks: correlations are those of activations divided, for each image, by the norm of the chosen units; as published they are
/// those of the activations as they are. Those of ReLU networks are always divided, as published.
/// </param>
public sealed record FeatureSparsity(double Threshold, int Samples = 10_752, int Units = 1000, bool NormalisedRows = false) : FeatureSpec
{
    private protected override void Close() { }
}

/// <summary><c>active_percent</c> (with several hidden layers a column for each): the percentage of nonzero activations, with one hidden
/// layer times the output weight.</summary>
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

/// <summary><c>feature_entropy_rank</c>: −Σ p log p of the singular values of the normalised last features on the Jacobian's points, p =
/// σ/Σσ.</summary>
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
/// <c>jacobian_unit_groups</c>: per hidden unit the squared norms of the gradients of (w₁, b₁, w₂) over the training samples, units counted
/// once that correlate by more than the threshold; one hidden layer.
/// </summary>
/// <param name="Threshold">The Pearson correlation above which two units are one.</param>
public sealed record JacobianUnitGroups(double Threshold) : FeatureSpec
{
    private protected override void Close() { }
}

/// <summary>A norm of the weights.</summary>
public abstract record NormSpec
{
    private protected NormSpec() { }

    private protected abstract void Close();

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(Func<L0Norm, TResult> l0, Func<L1Norm, TResult> l1, Func<ParameterNorm, TResult> parameters,
        Func<Balancedness, TResult> balancedness, Func<L2Term, TResult> l2Term) => this switch
        {
            L0Norm n => l0(n),
            L1Norm n => l1(n),
            ParameterNorm n => parameters(n),
            Balancedness n => balancedness(n),
            L2Term n => l2Term(n),
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

/// <summary><c>parameter_norm</c>: √(‖u‖² + ‖v‖²); of ReLU networks ‖w‖ without the biases, of deep networks with all parameters.</summary>
public sealed record ParameterNorm : NormSpec
{
    private protected override void Close() { }
}

/// <summary><c>balancedness</c>: ‖|u| − |v|‖₂.</summary>
public sealed record Balancedness : NormSpec
{
    private protected override void Close() { }
}

/// <summary><c>l2_term</c>: ½λ‖w‖², what weight decay λ adds to the loss of a deep network.</summary>
public sealed record L2Term : NormSpec
{
    private protected override void Close() { }
}

/// <summary>What is measured, of which iterate, and when.</summary>
/// <param name="At">The iterations; an iterate is measured before the step of that iteration.</param>
/// <param name="Measure">The probes, in the order of their columns.</param>
/// <param name="Averaged">Measure the averaged iterate in place of the current one; the optimizer must average.</param>
/// <param name="Valley">Measure what a descent into the valley makes of the iterate, in place of the iterate; null: the iterate
/// itself.</param>
/// <param name="Snapshots">Which measurements keep the weights that they measured; null: none does.</param>
public sealed record ProbePlan(Cadence At, Items<ProbeSpec> Measure, bool Averaged = false, ValleyProjection? Valley = null,
    SnapshotSpec? Snapshots = null)
{
    /// <summary>Probes at a cadence.</summary>
    public static ProbePlan Of(Cadence at, params ProbeSpec[] measure) => new(at, Items.From(measure));

    /// <summary>The same, measuring the averaged iterate.</summary>
    public ProbePlan WithAveraged(bool averaged) => this with { Averaged = averaged };

    /// <summary>The same, measuring after a descent into the valley.</summary>
    public ProbePlan WithValley(ValleyProjection? valley) => this with { Valley = valley };

    /// <summary>The same, keeping the weights of some measurements.</summary>
    public ProbePlan WithSnapshots(SnapshotSpec? snapshots) => this with { Snapshots = snapshots };
}

/// <summary>Gradient descent on the training loss from a copy of the iterate, before it is measured.</summary>
/// <param name="Steps">The number of steps; published: 2,000.</param>
/// <param name="Rate">Their step size; published: 0.5.</param>
public sealed record ValleyProjection(int Steps = 2000, double Rate = 0.5);
