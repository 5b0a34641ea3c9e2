using LargeSteps.Values;

namespace LargeSteps.Models;

/// <summary>A fully connected ReLU network: h(x) = W_L·relu(… relu(W_1 x + b_1) …) + b_L, each bias there or not.</summary>
/// <remarks>The parameters stand in PyTorch's order: weight (outputs × inputs, row by row), bias, weight, bias, …</remarks>
internal sealed record ReluShape
{
    private readonly int[] _offsets;

    /// <summary>A shape.</summary>
    /// <param name="widths">The number of inputs, the widths of the hidden layers, the number of outputs: [1, 100, 1].</param>
    /// <param name="biases">For each layer whether it has a bias: one fewer than the widths.</param>
    /// <exception cref="ArgumentException">No layer, a width below 1, or biases of another number.</exception>
    public ReluShape(Items<int> widths, Items<bool> biases)
    {
        if (widths.Count < 2 || widths.Any(w => w < 1))
        {
            throw new ArgumentException("A network has inputs, outputs and positive widths.",
            nameof(widths));
        }

        if (biases.Count != widths.Count - 1)
        {
            throw new ArgumentException($"{widths.Count - 1} layers have {biases.Count} bias flags.",
            nameof(biases));
        }

        (Widths, Biases) = (widths, biases);
        _offsets = new int[biases.Count + 1];
        for (var l = 0; l < biases.Count; l++)
            _offsets[l + 1] = checked(_offsets[l] + widths[l] * widths[l + 1] + (biases[l] ? widths[l + 1] : 0));
    }

    /// <summary>The number of inputs, the widths of the hidden layers, the number of outputs.</summary>
    public Items<int> Widths { get; }

    /// <summary>For each layer whether it has a bias.</summary>
    public Items<bool> Biases { get; }

    /// <summary>The number of layers with weights; the hidden layers are one fewer.</summary>
    public int Layers => Biases.Count;

    /// <summary>The number of hidden layers.</summary>
    public int Hidden => Layers - 1;

    /// <summary>P, the number of parameters.</summary>
    public int Parameters => _offsets[^1];

    /// <summary>The shape of a model on data with so many features.</summary>
    public static ReluShape Of(ReluNetwork model, int features) => new([features, .. model.Hidden, 1], model.Biases);

    /// <summary>A network with biases in all layers or in none.</summary>
    public static ReluShape Of(bool biases, params int[] widths) =>
        new(Items.From(widths), Items.From(Enumerable.Repeat(biases, widths.Length - 1)));

    /// <summary>The inputs of a layer, counted from 0.</summary>
    public int Inputs(int layer) => Widths[layer];

    /// <summary>The outputs of a layer, counted from 0.</summary>
    public int Outputs(int layer) => Widths[layer + 1];

    /// <summary>Where the weight of a layer begins among the parameters.</summary>
    public int WeightOffset(int layer) => _offsets[layer];

    /// <summary>Where the bias of a layer begins among the parameters, if it has one.</summary>
    public int BiasOffset(int layer) => _offsets[layer] + Inputs(layer) * Outputs(layer);

    /// <inheritdoc/>
    public bool Equals(ReluShape? other) => other is not null && Widths.Equals(other.Widths) && Biases.Equals(other.Biases);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Widths, Biases);
}
