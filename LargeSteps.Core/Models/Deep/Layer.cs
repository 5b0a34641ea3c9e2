using TorchSharp;
using static TorchSharp.torch;

namespace LargeSteps.Models.Deep;

/// <summary>A layer, or several, as a function of its input; what it has learnt is in the pass.</summary>
/// <param name="pass">The forward pass, which a layer hands on to those that it is made of.</param>
/// <param name="x">The input: n × C × H × W, or n × features behind a pooling. It may be overwritten by a layer whose input no other
/// one reads.</param>
public delegate Tensor Layer(Pass pass, Tensor x);

/// <summary>One forward pass: what the layers take from it beside their input.</summary>
public sealed class Pass
{
    internal Pass(Tensor[] parameters, Tensor[] means, Tensor[] variances, double? momentum, Scalar one, List<Tensor>? features,
        bool winograd, bool direct, int derivatives, bool widened, bool channelNorm, Constants constants) =>
        (Parameters, Means, Variances, Momentum, One, Features, Winograd, Direct, Derivatives, Widened, ChannelNorm, Constants) =
        (parameters, means, variances, momentum, one, features, winograd, direct, derivatives, widened, channelNorm, constants);

    /// <summary>In the order of the slots, in the precision of the pass.</summary>
    internal Tensor[] Parameters { get; }

    /// <summary>The running means of the batch norm layers; <see cref="Variances"/> likewise.</summary>
    internal Tensor[] Means { get; }

    /// <summary>See <see cref="Means"/>.</summary>
    internal Tensor[] Variances { get; }

    /// <summary>The share of the batch in the running statistics; null: they are used, not updated.</summary>
    internal double? Momentum { get; }

    /// <summary>A scalar that outlives the pass.</summary>
    internal Scalar One { get; }

    /// <summary>Where the features of the blocks go; null: they are not wanted.</summary>
    internal List<Tensor>? Features { get; }

    /// <summary>For functions of our own.</summary>
    internal HandedOver HandedOver { get; } = new();

    /// <summary>Whether convolutions are made by Winograd's transform where it is one for them.</summary>
    internal bool Winograd { get; }

    /// <summary>Whether the others are our own; else they are libtorch's.</summary>
    internal bool Direct { get; }

    /// <summary>How often the loss is to be differentiated, 1 to 3; more than once in training mode, the running statistics are left
    /// alone.</summary>
    internal int Derivatives { get; }

    /// <summary>Whether libtorch's convolutions are made in float32 whatever the precision.</summary>
    internal bool Widened { get; }

    /// <summary>Whether batch norm by the batch's own statistics is our own where it is differentiated once.</summary>
    internal bool ChannelNorm { get; }

    /// <summary>Tensors that are the same in each pass.</summary>
    internal Constants Constants { get; }
}

/// <summary>Tensors of a network that no pass changes, made once for each device and precision.</summary>
internal sealed class Constants : IDisposable
{
    private readonly Dictionary<(float[] Values, ScalarType Type, string Device), Tensor> _made = [];

    /// <summary>A number for each channel, C × 1 × 1, in the precision and on the device of a tensor.</summary>
    /// <param name="values">The numbers; the array stands for itself.</param>
    /// <param name="like">The tensor.</param>
    public Tensor PerChannel(float[] values, Tensor like)
    {
        var key = (values, like.dtype, like.device.ToString());
        if (_made.TryGetValue(key, out var made)) return made;
        using var scope = NewDisposeScope();
        // A copy: a tensor in the memory of an array lies anywhere, and libtorch's rounding may depend on where.
        var copy = tensor(values, [values.Length, 1, 1], dtype: like.dtype, device: like.device).clone();
        return _made[key] = copy.DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in _made.Values) tensor.Dispose();
    }
}
