using LargeSteps.Pipelines;

namespace LargeSteps.Models;

/// <summary>What learns, and from which initial weights.</summary>
public abstract record ModelSpec
{
    private protected ModelSpec() { }

    private protected abstract void Close();

    /// <summary>A diagonal linear network, see <see cref="Models.DiagonalLinear"/>.</summary>
    public static ModelSpec DiagonalLinear(double u = 0.1, double v = 0) => new DiagonalLinear(u, v);

    /// <summary>A ReLU network with biases in all layers, see <see cref="Models.ReluNetwork"/>.</summary>
    public static ModelSpec ReluNetwork(Items<int> hidden, Initialisation initialisation, uint seed = 0) =>
        new ReluNetwork(hidden, Items.From(Enumerable.Repeat(true, hidden.Count + 1)), initialisation, seed);

    /// <summary>The same with another seed of the initial weights; a diagonal network draws none.</summary>
    public ModelSpec WithSeed(uint seed) => Match<ModelSpec>(diagonal => diagonal, relu => relu with { Seed = seed });

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(Func<DiagonalLinear, TResult> diagonalLinear, Func<ReluNetwork, TResult> reluNetwork) => this switch
    {
        DiagonalLinear d => diagonalLinear(d),
        ReluNetwork r => reluNetwork(r),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

/// <summary>
/// A diagonal linear network h(x) = ⟨u⊙v, x⟩ in float64 with loss ‖X(u⊙v) − y‖²/(2n);
/// initially u = <paramref name="U"/> and v = <paramref name="V"/> in every coordinate.
/// </summary>
public sealed record DiagonalLinear(double U, double V) : ModelSpec
{
    private protected override void Close() { }
}

/// <summary>
/// A fully connected ReLU network with one output, in float32, with the mean of the squared errors (without ½) as loss.
/// </summary>
/// <param name="Hidden">The widths of the hidden layers; at least one.</param>
/// <param name="Biases">Whether each layer has biases, the output layer last.</param>
/// <param name="Initialisation">The initial weights.</param>
/// <param name="Seed">The seed of libtorch's stream that draws them.</param>
public sealed record ReluNetwork(Items<int> Hidden, Items<bool> Biases, Initialisation Initialisation, uint Seed) : ModelSpec
{
    private protected override void Close() { }

    /// <summary>The same with other biases.</summary>
    public ReluNetwork WithBiases(Items<bool> biases) => this with { Biases = biases };
}

/// <summary>The initial weights of a ReLU network. Every layer is drawn as PyTorch draws it by default, weight then bias, before anything else is drawn.</summary>
public abstract record Initialisation
{
    private protected Initialisation() { }

    private protected abstract void Close();

    /// <summary>PyTorch's default.</summary>
    public static Initialisation Default { get; } = new DefaultInitialisation();

    /// <summary>Weights scale·randn, a scale for each layer.</summary>
    public static Initialisation Gaussian(params double[] scales) => new GaussianInitialisation(Items.From(scales));

    /// <summary>The published initialisation of the one-dimensional regression.</summary>
    public static Initialisation Blanc(double first = 2.5, double bias = 2.5, double output = 4) => new BlancInitialisation(first, bias, output);

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(Func<DefaultInitialisation, TResult> @default, Func<GaussianInitialisation, TResult> gaussian, Func<BlancInitialisation, TResult> blanc) => this switch
    {
        DefaultInitialisation d => @default(d),
        GaussianInitialisation g => gaussian(g),
        BlancInitialisation b => blanc(b),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

/// <summary>Uniform in ±1/√fan-in, weights and biases.</summary>
public sealed record DefaultInitialisation : Initialisation
{
    private protected override void Close() { }
}

/// <summary>Weights scale·randn, layer by layer; biases stay as they were drawn by default.</summary>
/// <param name="Scales">A scale for each layer, the output layer last.</param>
public sealed record GaussianInitialisation(Items<double> Scales) : Initialisation
{
    private protected override void Close() { }
}

/// <summary>For one hidden layer: w₁ = First·(−1 + 2·round(rand)), b₁ = Bias·randn, w₂ = Output·randn, in this order.</summary>
public sealed record BlancInitialisation(double First, double Bias, double Output) : Initialisation
{
    private protected override void Close() { }
}
