using LargeSteps.Optimizers.Rules;
using LargeSteps.Schedules;
using LargeSteps.Values;

namespace LargeSteps.Optimizers;

/// <summary>How steps are made, and how many.</summary>
/// <param name="Length">The length of the run.</param>
/// <param name="Rule">What is done with a gradient.</param>
public abstract record OptimizerSpec(Duration Length, UpdateRule Rule)
{
    private protected abstract void Close();

    /// <summary>Deep networks: gradients are summed over chunks of so many images, whatever the number of a step, and probes look at so
    /// many at a time, so that memory is that of a chunk. Batch norm takes the statistics of each chunk. Null: all of a step at
    /// once, of gradient descent 1,000.</summary>
    public int? Microbatch { get; init; }

    /// <summary>The same with other chunks.</summary>
    public OptimizerSpec WithMicrobatch(int? microbatch) => this with { Microbatch = microbatch };

    /// <summary>Full-batch gradient descent of a number of steps.</summary>
    public static OptimizerSpec GradientDescent(long steps) => new GradientDescent(Duration.Steps(steps), UpdateRule.Plain);

    /// <summary>The flow of the full gradient, in a number of steps whose sizes are times.</summary>
    public static OptimizerSpec GradientFlow(long steps, double maxStep = 1) =>
        new GradientDescent(Duration.Steps(steps), UpdateRule.Plain.WithFlow(new(maxStep)));

    /// <summary>Stochastic gradient descent of a number of steps; without a word on the sampling, with replacement.</summary>
    public static OptimizerSpec Sgd(long steps, int batchSize = 1, uint seed = 1, Sampling? sampling = null) =>
        new Sgd(batchSize, Duration.Steps(steps), seed, sampling ?? Sampling.WithReplacement, UpdateRule.Plain);

    /// <summary>The same with another rule.</summary>
    public OptimizerSpec WithRule(UpdateRule rule) => this with { Rule = rule };

    /// <summary>The same with another length.</summary>
    public OptimizerSpec WithLength(Duration length) => this with { Length = length };

    /// <summary>The same with another seed of the sampling and the label noise; gradient descent without label noise draws nothing and
    /// stays as it is.</summary>
    public OptimizerSpec WithSeed(uint seed) => Match<OptimizerSpec>(gd => Rule.LabelNoise is null ? gd : gd with { Seed = seed },
        sgd => sgd with { Seed = seed });

    /// <summary>Whether something of its steps is drawn from a stream.</summary>
    internal bool Draws(bool augmented) => Batch is not null || Rule.LabelNoise is not null || augmented;

    /// <summary>The number of samples of a step; null: all.</summary>
    internal int? Batch => Match<int?>(gd => null, sgd => sgd.BatchSize);

    /// <summary>The images of a deep network that are looked at together; null: those of a step, or of a measurement, at once.</summary>
    internal int? Chunk => Microbatch ?? Match<int?>(gd => UsualChunk, sgd => null);

    private const int UsualChunk = 1000;

    /// <summary>How the samples of a step are drawn; null: they are all.</summary>
    internal Sampling? Sampled => Match<Sampling?>(gd => null, sgd => sgd.Sampling);

    /// <summary>In words: <c>SGD, batches of 1, 5000 steps, momentum</c>; what its rules are set to stands in <see cref="Rule"/>.</summary>
    public sealed override string ToString() => string.Join(", ", [
        Match(descent => Rule.Flow is null ? "gradient descent" : "gradient flow",
            sgd => FormattableString.Invariant($"SGD, batches of {sgd.BatchSize}")),
        Length.ToString(), .. Rule.Names]);

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(Func<GradientDescent, TResult> gradientDescent, Func<Sgd, TResult> sgd) => this switch
    {
        GradientDescent g => gradientDescent(g),
        Sgd s => sgd(s),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

/// <summary>Full-batch gradient descent; the label noise, if any, is drawn from <c>numpy(Seed)</c>.</summary>
public sealed record GradientDescent(Duration Length, UpdateRule Rule, uint Seed = 0) : OptimizerSpec(Length, Rule)
{
    private protected override void Close() { }
}

/// <summary>
/// Stochastic gradient descent: the gradient is the mean over BatchSize samples drawn from <c>numpy(Seed)</c>, see
/// <see cref="Optimizers.Sampling"/>.
/// </summary>
public sealed record Sgd(int BatchSize, Duration Length, uint Seed, Sampling Sampling, UpdateRule Rule) : OptimizerSpec(Length, Rule)
{
    /// <summary>The same with so many samples a step.</summary>
    public Sgd WithBatchSize(int batchSize) => this with { BatchSize = batchSize };

    /// <summary>The same with samples drawn in another way.</summary>
    public Sgd WithSampling(Sampling sampling) => this with { Sampling = sampling };

    private protected override void Close() { }
}

/// <summary>
/// What is done with a gradient g at step size η; of a diagonal network g = (g_u, g_v). Its rules make a chain, see <see cref="Chain"/>.
/// </summary>
/// <param name="WeightDecay">
/// λ ≥ 0: g + λw in place of g; with AdamW w ← (1 − ηλ)w before the step. Of diagonal networks, as published, w ← w − ηg −
/// λw: neither times the step size nor decayed with it.
/// </param>
/// <param name="Balancing">
/// b in [0, 1), diagonal networks: u ← u − ηg_u − b·u·(2·[|u| &gt; |v|] − 1), likewise v with [|v| &gt; |u|], with the weights
/// before the step; at a tie both grow.
/// </param>
/// <param name="Normalized">The gradient is divided by its norm; of diagonal networks each of the two gradients by its own, where both
/// norms are above 0.</param>
/// <param name="Averaging">a in [0, 1): the averaged iterate is ū ← aū + (1 − a)u after each step, from the initial weights; null:
/// none.</param>
/// <param name="Sharpness">The gradient is taken at a perturbed point (SAM); null: at the iterate.</param>
/// <param name="WarmStart">Gradient descent before the run, without label noise; null: none.</param>
/// <param name="LabelNoise">Noise on the labels of each step, see <see cref="Optimizers.LabelNoise"/>; null: none.</param>
/// <param name="Momentum">μ in [0, 1): the step is along m ← μm + g, m = g in the first one (PyTorch's form).</param>
/// <param name="Nesterov">Nesterov's momentum: the step is along g + μm.</param>
/// <param name="Adam">Steps of Adam or AdamW; null: none.</param>
public sealed record UpdateRule(
    double WeightDecay = 0, double Balancing = 0, bool Normalized = false, double? Averaging = null,
    SharpnessAware? Sharpness = null, WarmStart? WarmStart = null, LabelNoise? LabelNoise = null, double Momentum = 0,
    bool Nesterov = false, Adam? Adam = null)
{
    /// <summary>w ← w − ηg and nothing else.</summary>
    public static UpdateRule Plain { get; } = new();

    /// <summary>Rules of a program's own, which come after the others and have no form in YAML.</summary>
    public Items<StepRule> Own { get; init; } = [];

    /// <summary>Factors of the step size, one for each layer of a ReLU network, the output layer last, or for u and v of a diagonal
    /// network; empty: one step size for all.</summary>
    public Items<double> LayerRates { get; init; } = [];

    /// <summary>The flow of the gradient in place of steps, which goes with no other rule; null: steps.</summary>
    public GradientFlow? Flow { get; init; }

    /// <summary>Whether nothing is in it but the parts that an engine takes from it: a rule that the engine does not know of, as one that
    /// is new, is a part that it has not taken. What is outside of the steps, and decay and balancing, every engine knows.</summary>
    /// <param name="known">The parts that the engine knows, put into a plain rule.</param>
    internal bool IsMadeOf(Func<UpdateRule, UpdateRule> known) => this == known(Plain with
    {
        WeightDecay = WeightDecay,
        Balancing = Balancing,
        WarmStart = WarmStart,
        LabelNoise = LabelNoise,
    });

    /// <summary>The rules, in their order: what changes the gradient, what makes the direction of it, what stands beside the
    /// step.</summary>
    /// <param name="ofFactors">Whether they are those of a diagonal network: gradients of u and v are normalised each by itself, and λw is
    /// taken off beside the step whatever its size.</param>
    /// <param name="layers">How many parameters each layer has.</param>
    internal Items<StepRule> Chain(bool ofFactors, Items<int> layers)
    {
        var decays = WeightDecay != 0;
        return
        [
            .. If(Normalized, new Normalisation(ofFactors)),
            .. If(decays && !ofFactors && Adam is not { Decoupled: true }, new L2Decay(WeightDecay)),
            .. If(Momentum != 0, new Momentum(Momentum, Nesterov)),
            .. Adam is { } adam ? [new AdamRule(adam)] : Array.Empty<StepRule>(),
            .. Own,
            .. If(LayerRates.Count > 0, new LayerRates(LayerRates, layers)),
            .. If(Balancing != 0, new Balancing(Balancing)),
            .. If(decays && (ofFactors || Adam is { Decoupled: true }), new DecayBeside(WeightDecay, TimesRate: !ofFactors)),
            .. Averaging is { } average ? [new Averaging(average)] : Array.Empty<StepRule>(),
        ];

        static StepRule[] If(bool wanted, StepRule rule) => wanted ? [rule] : [];
    }

    /// <summary>The keys of what makes it another than <see cref="Plain"/>.</summary>
    internal IEnumerable<string> Names =>
    [
        .. Sharpness is null ? [] : new[] { "sam" }, .. Chain(ofFactors: false, []).Select(rule => rule.Key),
        .. LabelNoise is null ? [] : new[] { "label_noise" }, .. WarmStart is null ? [] : new[] { "warm_start" },
    ];

    /// <summary>The same with L2 weight decay λ.</summary>
    public UpdateRule WithWeightDecay(double weightDecay) => this with { WeightDecay = weightDecay };

    /// <summary>The same with a balancing penalty.</summary>
    public UpdateRule WithBalancing(double balancing) => this with { Balancing = balancing };

    /// <summary>The same with normalised gradients.</summary>
    public UpdateRule WithNormalized(bool normalized) => this with { Normalized = normalized };

    /// <summary>The same with averaged iterates.</summary>
    public UpdateRule WithAveraging(double? averaging) => this with { Averaging = averaging };

    /// <summary>The same with sharpness-aware gradients.</summary>
    public UpdateRule WithSharpness(SharpnessAware? sharpness) => this with { Sharpness = sharpness };

    /// <summary>The same with momentum μ, Polyak's or Nesterov's.</summary>
    public UpdateRule WithMomentum(double momentum, bool nesterov = false) => this with { Momentum = momentum, Nesterov = nesterov };

    /// <summary>The same with steps of Adam.</summary>
    public UpdateRule WithAdam(Adam? adam) => this with { Adam = adam };

    /// <summary>The same with a warm start.</summary>
    public UpdateRule WithWarmStart(WarmStart? warmStart) => this with { WarmStart = warmStart };

    /// <summary>The same with other label noise; null: with none.</summary>
    public UpdateRule WithLabelNoise(LabelNoise? labelNoise) => this with { LabelNoise = labelNoise };

    /// <summary>The same with the flow of the gradient in place of steps.</summary>
    public UpdateRule WithFlow(GradientFlow? flow) => this with { Flow = flow };

    /// <summary>The same with a factor of the step size for each layer.</summary>
    public UpdateRule WithLayerRates(params double[] factors) => this with { LayerRates = Items.From(factors) };

    /// <summary>The same with rules of the program's own.</summary>
    public UpdateRule WithOwn(params StepRule[] own) => this with { Own = Items.From(own) };
}

/// <summary>Adam, see <see cref="AdamRule"/>; PyTorch's defaults.</summary>
/// <param name="Beta1">β₁ in [0, 1).</param>
/// <param name="Beta2">β₂ in [0, 1).</param>
/// <param name="Epsilon">ε > 0.</param>
/// <param name="Decoupled">AdamW: weight decay stands beside the step.</param>
public sealed record Adam(double Beta1 = 0.9, double Beta2 = 0.999, double Epsilon = 1e-8, bool Decoupled = false);

/// <summary>
/// Sharpness-aware minimisation: the gradient is taken at a perturbed point.
/// n-SAM (<paramref name="PerSample"/> false): one perturbation ρ∇L for the batch. 1-SAM, diagonal networks: for each sample k its own,
/// 2ρ r_k x_k⊙v for u and 2ρ r_k x_k⊙u for v, r_k the residual.
/// </summary>
/// <param name="Radius">ρ ≥ 0.</param>
/// <param name="PerSample">1-SAM in place of n-SAM.</param>
/// <param name="OuterDerivative">1-SAM only: differentiate through the perturbation instead of taking it as a constant.</param>
/// <param name="LossDerivativeOnly">1-SAM only: the error alone is that of the perturbed point, and the derivative of the output that of
/// the iterate: r̃_k v⊙x_k for u.</param>
/// <param name="Normalized">n-SAM only: the perturbation is ρ∇L/‖∇L‖ (Foret et al., arXiv 2010.01412).</param>
public sealed record SharpnessAware(
    double Radius, bool PerSample = false, bool OuterDerivative = false, bool LossDerivativeOnly = false, bool Normalized = false);

/// <summary>Plain gradient descent before the run; its steps count as no iterations.</summary>
public sealed record WarmStart(long Steps, double Rate = 0.01);
