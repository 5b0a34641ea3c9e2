using LargeSteps.Forms;
using LargeSteps.Models;
using LargeSteps.Values;

namespace LargeSteps.Configuration;

/// <summary>How models stand in YAML.</summary>
internal static class ModelCodec
{
    private static readonly Form<DiagonalLinear> Diagonal = new("diagonal_linear",
        "A diagonal linear network h(x) = ⟨u⊙v, x⟩ in float64; its loss is the mean of ½(h(x) − y)².", f =>
    {
        var u = f.Optional("u", Codecs.Number, m => m.U, 0.1, "the initial value of u in every coordinate");
        var v = f.Optional("v", Codecs.Number, m => m.V, 0.0, "the initial value of v in every coordinate");
        var deviation = f.Optional("deviation", Codecs.NonNegative, m => m.Deviation, 0.0,
            "σ: σ·N(0, 1) is added to each coordinate of u, then of v");
        var seed = f.Optional("seed", Codecs.Seed, m => m.Seed, 0u, "the seed of NumPy's stream that draws it");
        return values => new(values.Get(u), values.Get(v), values.Get(deviation), values.Get(seed));
    }, "u: 0.1, v: 0");

    private static readonly Form<DefaultInitialisation> Default = new("default", "PyTorch's default: uniform in ±1/√fan-in.",
        _ => _ => new());

    private static readonly Form<GaussianInitialisation> Gaussian = new("gaussian", "Weights scale·randn, biases by default.", f =>
    {
        var scales = f.Required("scales", Codecs.List(Codecs.NonNegative, 1), i => i.Scales,
            "a scale for each layer, the output layer last");
        return v => new(v.Get(scales));
    }, "scales: [0.5, 0]");

    private static readonly Form<BlancInitialisation> Blanc = new("blanc",
        "The published initialisation of the one-dimensional regression.", f =>
    {
        var first = f.Optional("first", Codecs.Number, i => i.First, 2.5, "the weights of the first layer are this times a random sign");
        var bias = f.Optional("bias", Codecs.Number, i => i.Bias, 2.5,
            "the biases of the first layer are this times standard normal numbers");
        var output = f.Optional("output", Codecs.Number, i => i.Output, 4.0, "the output weights are this times standard normal numbers");
        return v => new(v.Get(first), v.Get(bias), v.Get(output));
    });

    private static readonly Form<BalancedInitialisation> Balanced = new("balanced",
        "For one hidden layer: the output weight of a unit is plus or minus the norm of its input weights.", f =>
    {
        var scale = f.Optional("scale", Codecs.Positive, i => i.Scale, 1.0, "the input weights are this times standard normal numbers");
        return v => new(v.Get(scale));
    });

    private static readonly Codec<Initialisation> Initial = new NamedUnionCodec<Initialisation>(
        "initialisation", i => i.Match(Default.Write, Gaussian.Write, Blanc.Write, Balanced.Write), Default, Gaussian, Blanc, Balanced);

    private static readonly Form<SquaredLoss> Squared = new("squared", "(h − y)², without ½.", _ => _ => new());
    private static readonly Form<LogisticLoss> Logistic = new("logistic", "log(1 + exp(−y h)) for labels 1 and −1.",
        _ => _ => new());

    private static readonly Codec<Loss> Losses = new NamedUnionCodec<Loss>("loss", l => l.Match(Squared.Write, Logistic.Write), Squared,
        Logistic);

    private static readonly Form<SinglePrecision> Single = new("float32", "Numbers of 32 bits, as published.",
        _ => _ => new());
    private static readonly Form<DoublePrecision> Double = new("float64", "Numbers of 64 bits.",
        _ => _ => new());

    private static readonly Codec<Precision> Precisions = new NamedUnionCodec<Precision>("precision", p => p.Match(Single.Write,
        Double.Write), Single, Double);

    private static readonly Form<ReluNetwork> Relu = new("relu_network", "A fully connected ReLU network with one output.", f =>
    {
        var hidden = f.Required("hidden", Codecs.List(Codecs.Count(max: 100_000), 1), m => m.Hidden, "the widths of the hidden layers");
        var biases = f.Optional("biases", Codecs.List(Codecs.Flag, 2), m => m.Biases, [],
            "whether each layer has biases, the output layer last; without it all have them", inSchema: false);
        var initialisation = f.Optional("initialisation", Initial, m => m.Initialisation, Initialisation.Default, "the initial weights");
        var seed = f.Required("seed", Codecs.Seed, m => m.Seed, "the seed of libtorch's stream that draws the initial weights");
        var loss = f.Optional("loss", Losses, m => m.Loss, Loss.Squared, "what is minimised, as a mean over samples");
        var precision = f.Optional("precision", Precisions, m => m.Precision, Precision.Bits32, "the numbers that it is trained in");
        return v => new(
            v.Get(hidden), v.Get(biases) is { Count: > 0 } each ? each : Items.From(Enumerable.Repeat(true, v.Get(hidden).Count + 1)),
                v.Get(initialisation), v.Get(seed), v.Get(loss), v.Get(precision));
    }, "hidden: [20], biases: [false, false], initialisation: { gaussian: { scales: [0.5, 0] } }, seed: 0");

    // Like data in memory: the name and the seed stand for the module.
    private static readonly Form<CustomModel> Custom = new("custom", "A module that only a program can give.", f =>
    {
        f.Required("name", Codecs.Text, m => m.Name, "the name that stands for the function that creates the module");
        f.Required("seed", Codecs.Seed, m => m.Seed, "the seed of the initial weights");
        return _ => throw new System.Diagnostics.UnreachableException();
    });

    public static Codec<ModelSpec> Codec { get; } = new UnionCodec<ModelSpec>(
        "model", m => m.Match(Diagonal.Write, Relu.Write, DeepCodecs.Network.Write, Custom.Write), Diagonal, Relu, DeepCodecs.Network)
    {
        Hint = word => Hints.OfKind("model", word),
    };
}
