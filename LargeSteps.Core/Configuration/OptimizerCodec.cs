using System.Text.Json.Nodes;
using LargeSteps.Forms;
using LargeSteps.Optimizers;
using LargeSteps.Values;

namespace LargeSteps.Configuration;

/// <summary>How optimizers stand in YAML.</summary>
internal static class OptimizerCodec
{
    private static readonly Codec<SharpnessAware> Sam = new RecordCodec<SharpnessAware>("Gradients at a perturbed point.", f =>
    {
        var radius = f.Required("radius", Codecs.NonNegative, s => s.Radius, "ρ, the length scale of the perturbation");
        var perSample = f.Optional("per_sample", Codecs.Flag, s => s.PerSample, false,
            "a perturbation for each sample (1-SAM) instead of one for the batch (n-SAM)");
        var outer = f.Optional("outer_derivative", Codecs.Flag, s => s.OuterDerivative, false,
            "1-SAM: differentiate through the perturbation");
        var lossOnly = f.Optional("loss_derivative_only", Codecs.Flag, s => s.LossDerivativeOnly, false,
            "1-SAM: the error of the perturbed point times the derivative of the output at the iterate");
        var normalized = f.Optional("normalized", Codecs.Flag, s => s.Normalized, false,
            "n-SAM: the perturbation has the length radius, whatever the gradient's (Foret et al.)");
        return v => new(v.Get(radius), v.Get(perSample), v.Get(outer), v.Get(lossOnly), v.Get(normalized));
    });

    private static Codec<Adam> AdamOf(bool decoupled) => new RecordCodec<Adam>(
        decoupled ? "Steps of AdamW: Adam with weight decay beside the step." : "Steps of Adam.", f =>
    {
        var beta1 = f.Optional("beta1", AdamFactor, a => a.Beta1, 0.9, "β₁, of the mean of the gradients");
        var beta2 = f.Optional("beta2", AdamFactor, a => a.Beta2, 0.999, "β₂, of the mean of their squares");
        var epsilon = f.Optional("epsilon", Codecs.Positive, a => a.Epsilon, 1e-8, "ε, beside the root of the mean square");
        return v => new(v.Get(beta1), v.Get(beta2), v.Get(epsilon), decoupled);
    });

    private static Codec<double> AdamFactor => Codecs.BelowOne;

    private static readonly Codec<Adam> Adam = AdamOf(decoupled: false), AdamW = AdamOf(decoupled: true);

    // Their names stand for them.
    private sealed class OwnRules : Codec<Items<StepRule>>
    {
        internal override Items<StepRule> Read(Node node, Report report)
        {
            report.Add(node, "LS0104", "rules of a program's own cannot be read");
            return [];
        }

        internal override Node Write(Items<StepRule> value) =>
            Codecs.List(Codecs.Text).Write(value.Map(rule => OwnNames.Of(rule, rule.Key)));

        internal override JsonObject Schema() => new()
        {
            ["type"] = "array",
            ["items"] = Codecs.Text.Schema(),
            ["maxItems"] = 0,
        };
    }

    private static readonly Codec<WarmStart> Warm = new RecordCodec<WarmStart>("Gradient descent before the run.", f =>
    {
        var steps = f.Required("steps", Codecs.Whole(1, 1_000_000_000), s => s.Steps, "the number of steps");
        var rate = f.Optional("rate", Codecs.Positive, s => s.Rate, 0.01, "their step size");
        return v => new(v.Get(steps), v.Get(rate));
    });

    private static readonly Form<GradientDescent> Gd = Full("gd", "Full-batch gradient descent.");

    private static readonly Form<GradientDescent> Spelled = Full("gradient_descent", "Full-batch gradient descent: another name for gd.");

    private static Form<GradientDescent> Full(string name, string description) => new(name, description, f =>
    {
        var length = DurationCodec.LengthOf(f, o => o.Length);
        var rule = RuleOf(f, o => o.Rule);
        var chunk = Chunk(f);
        var seed = f.Optional("seed", Codecs.Seed, o => o.Seed, 0u, "the seed of NumPy's stream that draws the label noise");
        return v => new(v.Get(length), rule(v), v.Get(seed)) { Microbatch = v.Get(chunk) };
    }, "steps: 100001");

    private static readonly Form<GradientDescent> Flow = new("gradient_flow",
        "The flow of the full gradient: a step of the schedule's size is so long a time of it, by the Runge–Kutta method of fourth " +
        "order in parts of at most 1/λ₁.", f =>
    {
        var length = DurationCodec.LengthOf(f, o => o.Length);
        var longest = f.Optional("max_step", Codecs.Positive, o => o.Rule.Flow!.MaxStep, 1.0, "the longest part, in time");
        var chunk = Chunk(f);
        return v => new(v.Get(length), UpdateRule.Plain.WithFlow(new(v.Get(longest)))) { Microbatch = v.Get(chunk) };
    }, "steps: 12");

    private static Field<int?> Chunk<T>(Fields<T> f) where T : OptimizerSpec => f.NullableValue(
        "microbatch", Codecs.Count(), o => o.Microbatch,
        "deep networks: gradients are summed over chunks of so many images, and probes look at so many at a time, with batch norm by the " +
        "statistics of each chunk; without it a step at once, of gd 1000");

    private static readonly Form<SamplingWithReplacement> Replaced = new("with_replacement",
        "Each sample is drawn from all: NumPy's randint(n); diagonal networks.", _ => _ => new());
    private static readonly Form<SamplingWithoutReplacement> Different = new("without_replacement",
        "The samples of a step are different: NumPy's choice(n, b, replace=False); ReLU networks.", _ => _ => new());
    private static readonly Form<SamplingShuffled> Shuffled = new("shuffled",
        "All samples in a new order each epoch, the incomplete last batch dropped; deep networks.", _ => _ => new());

    private static readonly Form<SamplingPublished> AsPublished = new("published",
        "Shuffled epochs in the order of the published program's loader, without label noise; deep networks.", f =>
    {
        var every = f.Optional("evaluated_every", Codecs.Count(), s => s.EvaluatedEvery, 200,
            "after how many steps that program evaluates its network, which draws from the same stream");
        return v => new(v.Get(every));
    });

    private static readonly Codec<Sampling> Samplings = new NamedUnionCodec<Sampling>("sampling", s => s.Match(Replaced.Write,
        Different.Write, Shuffled.Write, AsPublished.Write), Replaced, Different, Shuffled, AsPublished);

    private static readonly Form<Sgd> Stochastic = new("sgd", "Stochastic gradient descent.", f =>
    {
        var batch = f.Optional("batch_size", Codecs.Count(), o => o.BatchSize, 1, "samples in a step");
        var length = DurationCodec.LengthOf(f, o => o.Length);
        var seed = f.Required("seed", Codecs.Seed, o => o.Seed, "the seed of NumPy's stream that draws the samples");
        var sampling = f.Optional("sampling", Samplings, o => o.Sampling, Sampling.WithReplacement,
            "how the samples of a step are drawn; without it as the model takes them: with_replacement for diagonal_linear, "
            + "without_replacement for relu_network, shuffled for deep_network",
            inSchema: false);
        var rule = RuleOf(f, o => o.Rule);
        var chunk = Chunk(f);
        return v => new(v.Get(batch), v.Get(length), v.Get(seed), v.Get(sampling), rule(v)) { Microbatch = v.Get(chunk) };
    }, "batch_size: 1, steps: 100001, seed: 1");

    public static Codec<OptimizerSpec> Codec { get; } = new UnionCodec<OptimizerSpec>("optimizer", o => o.Match(
        gd => gd.Rule.Flow is null ? Gd.Write(gd) : Flow.Write(gd), Stochastic.Write), Gd, Stochastic, Spelled, Flow)
    {
        Hint = word => Hints.OfKind("optimizer", word),
    };

    private static Func<FieldValues, UpdateRule> RuleOf<T>(Fields<T> f, Func<T, UpdateRule> get)
    {
        var decay = f.Optional("weight_decay", Codecs.NonNegative, o => get(o).WeightDecay, 0.0,
            "λ: the step is along g + λw in place of the gradient g; with adamw ηλw is taken off beside the step, and of diagonal " +
            "networks, " +
            "as published, λw, whatever the step size");
        var balancing = f.Optional("balancing", Codecs.BelowOne, o => get(o).Balancing, 0.0,
            "b, diagonal networks: a step takes b·u off u where |u| > |v|, and adds it elsewhere; likewise v");
        var normalized = f.Optional("normalized", Codecs.Flag, o => get(o).Normalized, false,
            "divide the gradient by its norm; of diagonal networks the gradients of u and of v by their own, where both are above 0");
        var averaging = f.NullableValue("averaging", Codecs.BelowOne, o => get(o).Averaging,
            "a: the average of the iterates, w̄ ← aw̄ + (1 − a)w after each step, is kept for probes");
        var sam = f.Nullable("sam", Sam, o => get(o).Sharpness,
            "sharpness-aware minimisation: gradients at a perturbed point");
        var warm = f.Nullable("warm_start", Warm, o => get(o).WarmStart,
            "diagonal networks: gradient descent before the run; its steps are no iterations");
        var noise = f.Optional("label_noise", LabelNoiseCodec.Codec, o => get(o).LabelNoise, null,
            "noise on the labels of each step; 0: none");
        var momentum = f.Optional("momentum", Codecs.BelowOne, o => get(o).Momentum, 0.0, "μ: the step is along m ← μm + g");
        var nesterov = f.Optional("nesterov", Codecs.Flag, o =>
            get(o).Nesterov, false, "the momentum is Nesterov's: the step is along g + μm");
        var adam = f.Nullable("adam", Adam, o => get(o).Adam is { Decoupled: false } a ? a : null, "steps of Adam; {} for the usual ones");
        var adamW = f.Nullable("adamw", AdamW, o => get(o).Adam is { Decoupled: true } a
            ? a : null, "steps of AdamW; {} for the usual ones");
        var layers = f.Optional("layer_rates", Codecs.List(Codecs.NonNegative), o => get(o).LayerRates, [],
            "small models: a factor of the step size for each layer of relu_network, the output layer last, or for u and v of " +
            "diagonal_linear");
        var own = f.Optional("own", new OwnRules(), o =>
            get(o).Own, [], "rules that only a program can give, by name; they cannot be read");
        f.Exclusive("adam", "adamw");
        foreach (var factor in (string[])["adam", "adamw"]) f.Exclusive("momentum", factor);
        return v => new(v.Get(decay), v.Get(balancing), v.Get(normalized), v.Get(averaging), v.Get(sam), v.Get(warm), v.Get(noise),
            v.Get(momentum), v.Get(nesterov), v.Get(adam) ?? v.Get(adamW))
        { Own = v.Get(own), LayerRates = v.Get(layers) };
    }
}
