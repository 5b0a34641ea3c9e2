using LargeSteps.Values;
using static TorchSharp.torch;

namespace LargeSteps.Models.Deep;

public abstract partial record Architecture
{
    /// <summary>3 × 3 convolutions of given widths, each with an activation, batch norm where it is asked for, and a pooling of 2 × 2,
    /// and a linear layer; drawn as PyTorch draws its layers by default, weight and bias. See <see cref="LayerOptions"/>.</summary>
    public static Architecture Convolutional { get; } = new ConvolutionalNetwork();
}

/// <summary>A small convolutional network.</summary>
internal sealed record ConvolutionalNetwork() : Architecture("convolutional")
{
    private static readonly Items<int> Usual = [32, 32];

    internal override bool IsComposed => true;

    internal override bool Convolves => true;

    internal override int BlocksOf(LayerOptions options) => (options.Widths ?? Usual).Count;

    internal override Layer Build(NetworkBuilder b)
    {
        var (options, shape, layers) = (b.Options, b.Input, new List<Layer>());
        var biases = options.Biases ?? true;
        foreach (var (i, width) in (options.Widths ?? Usual).Index())
        {
            var name = FormattableString.Invariant($"conv{i + 1}");
            Layer[] block =
            [
                b.ConvolutionByOptions(name, shape.Channels, width, biases), options.Activated,
                .. options.BatchNorm == true ? [b.BatchNorm(FormattableString.Invariant($"bn{i + 1}"), width)] : Array.Empty<Layer>(),
                options.Pooling == Pooling.Average ? (_, x) => nn.functional.avg_pool2d(x, 2) : (_, x) => nn.functional.max_pool2d(x, 2),
            ];
            layers.Add(NetworkBuilder.Block(NetworkBuilder.Chain(block)));
            shape = new(width, shape.Height / 2, shape.Width / 2);
        }
        return NetworkBuilder.Chain([.. layers, b.LinearByOptions("output", shape.Length, b.Classes, biases)]);
    }
}
