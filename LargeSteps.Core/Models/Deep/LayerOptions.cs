using LargeSteps.Values;
using static TorchSharp.torch;

namespace LargeSteps.Models.Deep;

/// <summary>What stands between the layers of a network that is composed of them.</summary>
public enum Activation
{
    /// <summary>max(0, x).</summary>
    Relu,

    /// <summary>tanh x.</summary>
    Tanh,

    /// <summary>x where it is positive, eˣ − 1 elsewhere.</summary>
    Elu,

    /// <summary>x·Φ(x), Φ the normal distribution.</summary>
    Gelu,

    /// <summary>x/(1 + e⁻ˣ).</summary>
    Silu,

    /// <summary>x between −1 and 1, and these beyond.</summary>
    Hardtanh,

    /// <summary>log(1 + eˣ).</summary>
    Softplus,

    /// <summary>x: a deep linear network.</summary>
    Identity,
}

/// <summary>What a convolutional network makes of four neighbouring pixels.</summary>
public enum Pooling
{
    /// <summary>The largest.</summary>
    Max,

    /// <summary>The mean.</summary>
    Average,
}

/// <summary>How the weights of a network that is composed of layers are drawn; its biases are then 0.</summary>
public enum NormalInitialisation
{
    /// <summary>Normal with variance 2/in, in the inputs of an output (He et al. 2015).</summary>
    He,

    /// <summary>Normal with variance 2/(in + out) (Glorot and Bengio 2010).</summary>
    Xavier,
}

/// <summary>The layers of <see cref="Architecture.FullyConnected"/> and <see cref="Architecture.Convolutional"/>.</summary>
/// <param name="Widths">The units, or channels, of the hidden layers; null: 200 and 200, or 32 and 32.</param>
/// <param name="Activation">What follows each of them; null: ReLU.</param>
/// <param name="Biases">Whether layers have biases; null: they have.</param>
/// <param name="Pooling">What follows the activation of a convolution; null: the largest of 2 × 2.</param>
/// <param name="BatchNorm">Whether batch norm follows the activation; null: it does not.</param>
/// <param name="Initialisation">How weights are drawn, layer by layer; null: as PyTorch draws them by default, biases too.</param>
/// <param name="InitialScale">By what they are multiplied then; null: 1.</param>
public sealed record LayerOptions(Items<int>? Widths = null, Activation? Activation = null, bool? Biases = null, Pooling? Pooling = null,
    bool? BatchNorm = null, NormalInitialisation? Initialisation = null, double? InitialScale = null)
{
    /// <summary>Nothing is said.</summary>
    public static LayerOptions Default { get; } = new();

    /// <summary>The activation as a layer.</summary>
    internal Layer Activated => Activation switch
    {
        Deep.Activation.Tanh => (_, x) => x.tanh(),
        Deep.Activation.Elu => (_, x) => nn.functional.elu(x, 1),
        Deep.Activation.Gelu => (_, x) => nn.functional.gelu(x),
        Deep.Activation.Silu => (_, x) => nn.functional.silu(x),
        Deep.Activation.Hardtanh => (_, x) => nn.functional.hardtanh(x),
        Deep.Activation.Softplus => (_, x) => nn.functional.softplus(x, 1, 20),
        Deep.Activation.Identity => (_, x) => x,
        _ => (_, x) => x.relu(),
    };
}
