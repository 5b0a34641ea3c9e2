using LargeSteps.Models.Deep;
using LargeSteps.Values;
using TorchSharp;

namespace LargeSteps.Models;

/// <summary>What learns, and from which initial weights.</summary>
public abstract record ModelSpec
{
    private protected ModelSpec() { }

    private protected abstract void Close();

    /// <summary>A diagonal linear network, see <see cref="Models.DiagonalLinear"/>.</summary>
    public static ModelSpec DiagonalLinear(double u = 0.1, double v = 0, double deviation = 0, uint seed = 0) =>
        new DiagonalLinear(u, v, deviation, seed);

    /// <summary>A ReLU network with biases in all layers, squared error and float32, see <see cref="Models.ReluNetwork"/>.</summary>
    public static ModelSpec ReluNetwork(Items<int> hidden, Initialisation initialisation, uint seed = 0) =>
        new ReluNetwork(hidden, Items.From(Enumerable.Repeat(true, hidden.Count + 1)), initialisation, seed, Loss.Squared,
            Precision.Bits32);

    /// <summary>A deep network, see <see cref="Deep.DeepNetwork"/>.</summary>
    public static ModelSpec DeepNetwork(Architecture architecture, int? width = null, uint seed = 0, LayerOptions? layers = null,
        ClassLoss loss = ClassLoss.CrossEntropy) =>
        new DeepNetwork(architecture, width, Seed: seed) { Layers = layers ?? LayerOptions.Default, Loss = loss };

    /// <summary>A module of TorchSharp, see <see cref="CustomModel"/>: it has no YAML form.</summary>
    /// <param name="name">The name that stands for the module: another module needs another name.</param>
    /// <param name="create">Makes the module from a seed, with which libtorch's default generator has been seeded just before.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="features">The activations, n × anything, whose sparsity is measured of a sample x: of the module and x. Null: it shows
    /// none.</param>
    public static ModelSpec Custom(string name, Func<uint, torch.nn.Module<torch.Tensor, torch.Tensor>> create, uint seed = 0,
        Func<torch.nn.Module<torch.Tensor, torch.Tensor>, torch.Tensor, torch.Tensor>? features = null) =>
        new CustomModel(name, create, seed) { Features = features };

    /// <summary>The same with another seed of the initial weights; a diagonal network without deviation draws none.</summary>
    public ModelSpec WithSeed(uint seed) => Match<ModelSpec>(diagonal => diagonal.Deviation == 0 ? diagonal : diagonal with { Seed = seed },
        relu => relu with { Seed = seed }, deep => deep with { Seed = seed }, custom => custom with { Seed = seed });

    /// <summary>A model that can be read from a file in place of one that only a program can give.</summary>
    internal ModelSpec Readable => Match<ModelSpec>(diagonal => diagonal, relu => relu,
        deep => deep with { Architecture = deep.Architecture.Readable }, custom => DiagonalLinear());

    /// <summary>Whether its weights are the factors u and v of a predictor.</summary>
    internal bool IsDiagonal => Match(diagonal => true, relu => false, deep => false, custom => false);

    /// <summary>The deep network, where it is one; null where it is none.</summary>
    internal DeepNetwork? AsDeep => Match<DeepNetwork?>(diagonal => null, relu => null, deep => deep, custom => null);

    /// <summary>The ReLU network; null of other models.</summary>
    internal ReluNetwork? AsRelu => Match<ReluNetwork?>(diagonal => null, relu => relu, deep => null, custom => null);

    /// <summary>Whether its initial weights come from libtorch.</summary>
    internal bool BeginsInLibtorch => Match(diagonal => false, relu => true, deep => true, custom => true);

    /// <summary>Whether its weights have filters, of which it is known where they are.</summary>
    internal bool HasFilters => Match(diagonal => false, relu => true, deep => true, custom => false);

    /// <summary>Whether its weights, on samples of one shape, are those of the other, number for number, whatever they are.</summary>
    internal bool HasShapeOf(ModelSpec other) => (this, other) switch
    {
        (Models.DiagonalLinear, Models.DiagonalLinear) => true,
        (Models.ReluNetwork a, Models.ReluNetwork b) => a.Hidden.Equals(b.Hidden) && a.Biases.Equals(b.Biases),
        (Deep.DeepNetwork a, Deep.DeepNetwork b) =>
            (a.Architecture, a.ActualWidth, a.Layers) == (b.Architecture, b.ActualWidth, b.Layers),
        (CustomModel a, CustomModel b) => a.Name == b.Name,
        _ => false,
    };

    /// <summary>P, the number of weights on samples of so many features; null where it is known only once the model is built.</summary>
    internal long? Parameters(long features) => Match<long?>(
        diagonal => 2 * features,
        relu =>
        {
            long[] widths = [features, .. relu.Hidden.Select(width => (long)width), 1];
            return Enumerable.Range(0, widths.Length - 1).Sum(l => widths[l] * widths[l + 1]
                + (l < relu.Biases.Count && relu.Biases[l] ? widths[l + 1] : 0));
        },
        deep => null,
        custom => null);

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(Func<DiagonalLinear, TResult> diagonalLinear, Func<ReluNetwork, TResult> reluNetwork,
        Func<DeepNetwork, TResult> deepNetwork,
        Func<CustomModel, TResult> custom) => this switch
        {
            DiagonalLinear d => diagonalLinear(d),
            ReluNetwork r => reluNetwork(r),
            DeepNetwork d => deepNetwork(d),
            CustomModel c => custom(c),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
}

/// <summary>
/// A diagonal linear network h(x) = ⟨u⊙v, x⟩ in float64 with loss ‖X(u⊙v) − y‖²/(2n).
/// </summary>
/// <param name="U">What u is initially in every coordinate.</param>
/// <param name="V">What v is initially in every coordinate.</param>
/// <param name="Deviation">σ ≥ 0: σ·N(0, 1) is added to each coordinate, first of u and then of v; 0: none, as published.</param>
/// <param name="Seed">The seed of NumPy's stream that draws it.</param>
public sealed record DiagonalLinear(double U, double V, double Deviation = 0, uint Seed = 0) : ModelSpec
{
    private protected override void Close() { }
}

/// <summary>
/// A fully connected ReLU network with one output.
/// </summary>
/// <param name="Hidden">The widths of the hidden layers; at least one.</param>
/// <param name="Biases">Whether each layer has biases, the output layer last.</param>
/// <param name="Initialisation">The initial weights.</param>
/// <param name="Seed">The seed of libtorch's stream that draws them.</param>
/// <param name="Loss">What is minimised, a mean over samples.</param>
/// <param name="Precision">The numbers that it is trained in; the initial weights are drawn in float32 all the same.</param>
public sealed record ReluNetwork(Items<int> Hidden, Items<bool> Biases, Initialisation Initialisation, uint Seed, Loss Loss,
    Precision Precision) : ModelSpec
{
    private protected override void Close() { }

    /// <summary>The same with other biases.</summary>
    public ReluNetwork WithBiases(Items<bool> biases) => this with { Biases = biases };

    /// <summary>The same with another loss.</summary>
    public ReluNetwork WithLoss(Loss loss) => this with { Loss = loss };

    /// <summary>The same in another precision.</summary>
    public ReluNetwork WithPrecision(Precision precision) => this with { Precision = precision };
}

/// <summary>
/// A module of TorchSharp that only a program can give, by autograd, in the numbers of its parameters. On a table it is a regression with
/// one output (n × d → n × 1), and its loss the mean of (h − y)², without ½; on images a classifier (n × channels × height ×
/// width → n × classes), and its loss the mean cross-entropy. Steps see it in training mode, measurements in evaluation mode.
/// Its name and its seed stand for it: two that agree in them are equal, whatever they are, and so are the pipelines that differ in nothing
/// else, whose results are then shared and kept as one.
/// </summary>
/// <param name="Name">The name.</param>
/// <param name="Create">Makes the module from the seed; libtorch's default generator has been seeded with it, and nothing else draws from
/// it meanwhile.</param>
/// <param name="Seed">The seed of the initial weights.</param>
public sealed record CustomModel(string Name, Func<uint, torch.nn.Module<torch.Tensor, torch.Tensor>> Create, uint Seed) : ModelSpec
{
    /// <summary>Its features on samples, n × anything; null: it shows none.</summary>
    public Func<torch.nn.Module<torch.Tensor, torch.Tensor>, torch.Tensor, torch.Tensor>? Features { get; init; }

    private protected override void Close() { }

    /// <inheritdoc/>
    public bool Equals(CustomModel? other) => other is not null && (Name, Seed) == (other.Name, other.Seed);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Seed);
}

/// <summary>The loss of one sample with output h and label y.</summary>
public abstract record Loss
{
    private protected Loss() { }

    private protected abstract void Close();

    /// <summary>(h − y)², without ½.</summary>
    public static Loss Squared { get; } = new SquaredLoss();

    /// <summary>log(1 + exp(−y h)) for labels ±1.</summary>
    public static Loss Logistic { get; } = new LogisticLoss();

    /// <summary>Whether it is that of two classes.</summary>
    internal bool IsLogistic => Match(squared => false, logistic => true);

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(Func<SquaredLoss, TResult> squared, Func<LogisticLoss, TResult> logistic) => this switch
    {
        SquaredLoss s => squared(s),
        LogisticLoss l => logistic(l),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

/// <summary>(h − y)², without ½.</summary>
public sealed record SquaredLoss : Loss { private protected override void Close() { } }

/// <summary>log(1 + exp(−y h)) for labels ±1.</summary>
public sealed record LogisticLoss : Loss { private protected override void Close() { } }

/// <summary>The numbers that a network is trained in.</summary>
public abstract record Precision
{
    private protected Precision() { }

    private protected abstract void Close();

    /// <summary>Numbers of 32 bits, as published.</summary>
    public static Precision Bits32 { get; } = new SinglePrecision();

    /// <summary>Numbers of 64 bits.</summary>
    public static Precision Bits64 { get; } = new DoublePrecision();

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(Func<SinglePrecision, TResult> bits32, Func<DoublePrecision, TResult> bits64) => this switch
    {
        SinglePrecision s => bits32(s),
        DoublePrecision d => bits64(d),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

/// <summary>Numbers of 32 bits.</summary>
public sealed record SinglePrecision : Precision { private protected override void Close() { } }

/// <summary>Numbers of 64 bits.</summary>
public sealed record DoublePrecision : Precision { private protected override void Close() { } }

/// <summary>The initial weights of a ReLU network. Every layer is drawn as PyTorch draws it by default, weight then bias, before anything
/// else is drawn.</summary>
public abstract record Initialisation
{
    private protected Initialisation() { }

    private protected abstract void Close();

    /// <summary>PyTorch's default.</summary>
    public static Initialisation Default { get; } = new DefaultInitialisation();

    /// <summary>Weights scale·randn, a scale for each layer.</summary>
    public static Initialisation Gaussian(params double[] scales) => new GaussianInitialisation(Items.From(scales));

    /// <summary>The published initialisation of the one-dimensional regression.</summary>
    public static Initialisation Blanc(double first = 2.5, double bias = 2.5, double output = 4) => new BlancInitialisation(first, bias,
        output);

    /// <summary>Balanced layers, see <see cref="BalancedInitialisation"/>.</summary>
    public static Initialisation Balanced(double scale = 1) => new BalancedInitialisation(scale);

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(
        Func<DefaultInitialisation, TResult> @default, Func<GaussianInitialisation, TResult> gaussian,
            Func<BlancInitialisation, TResult> blanc,
        Func<BalancedInitialisation, TResult> balanced) => this switch
        {
            DefaultInitialisation d => @default(d),
            GaussianInitialisation g => gaussian(g),
            BlancInitialisation b => blanc(b),
            BalancedInitialisation b => balanced(b),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
}

/// <summary>Uniform in ±1/√fan-in, weights and biases.</summary>
public sealed record DefaultInitialisation : Initialisation { private protected override void Close() { } }

/// <summary>Weights scale·randn, layer by layer; biases stay as they were drawn by default.</summary>
/// <param name="Scales">A scale for each layer, the output layer last.</param>
public sealed record GaussianInitialisation(Items<double> Scales) : Initialisation { private protected override void Close() { } }

/// <summary>For one hidden layer: w₁ = First·(−1 + 2·round(rand)), b₁ = Bias·randn, w₂ = Output·randn, in this order.</summary>
public sealed record BlancInitialisation(double First, double Bias, double Output) : Initialisation
{
    private protected override void Close() { }
}

/// <summary>For one hidden layer: w₁ = Scale·randn, and w₂ = ±‖w₁‖ of each unit, with the sign of a normal draw. A bias stays
/// as it was drawn by default.</summary>
public sealed record BalancedInitialisation(double Scale) : Initialisation { private protected override void Close() { } }
