using static LargeSteps.Models.Deep.NetworkBuilder;
using static TorchSharp.torch;

namespace LargeSteps.Models.Deep;

public abstract partial record Architecture
{
    /// <summary>DenseNet-BC of depth 100; the width is its growth rate, by default 12; 769,162 parameters.</summary>
    public static Architecture DenseNet100 { get; } = new DenseNet();
}

/// <summary>
/// DenseNet-BC of depth 100: three dense blocks of 16 bottlenecks (1 × 1 to four times the growth rate, 3 × 3 to the growth rate), between
/// them a 1 × 1 convolution to half the channels and average pooling. The last norm and ReLU belong to the features of the last block.
/// </summary>
/// <remarks>Source: Huang et al., "Densely connected convolutional networks" (2017).</remarks>
internal sealed record DenseNet : Architecture
{
    public DenseNet() : base("densenet100") => (DefaultWidth, FeatureBlocks) = (12, 4);

    internal override Layer Build(NetworkBuilder b)
    {
        var (growth, channels) = (b.Width, 2 * b.Width);
        var layers = new List<Layer> { Scoped(b.Convolution("conv1", b.Input.Channels, channels)) };
        for (var block = 1; block <= 3; block++)
        {
            var bottlenecks = new List<Layer>();
            for (var i = 0; i < 16; i++, channels += growth)
            {
                var name = $"dense{block}.{i}";
                var grown = Chain(
                    b.BatchNorm($"{name}.bn1", channels), Relu, b.Convolution($"{name}.conv1", channels, 4 * growth, kernel: 1),
                    b.BatchNorm($"{name}.bn2", 4 * growth), Relu, b.Convolution($"{name}.conv2", 4 * growth, growth));
                bottlenecks.Add(Scoped((pass, x) => cat([grown(pass, x), x], 1)));
            }
            if (block == 3)
            {
                layers.Add(Block(Chain([.. bottlenecks, b.BatchNorm("bn", channels), Relu])));
                continue;
            }
            layers.Add(Block(Chain([.. bottlenecks])));
            layers.Add(Scoped(Chain(
                b.BatchNorm($"trans{block}.bn", channels), Relu, b.Convolution($"trans{block}.conv", channels, channels / 2, kernel: 1),
                (_, x) => nn.functional.avg_pool2d(x, 2))));
            channels /= 2;
        }
        return Chain([.. layers, Block(Pool), b.Linear("linear", channels, b.Classes)]);
    }
}
