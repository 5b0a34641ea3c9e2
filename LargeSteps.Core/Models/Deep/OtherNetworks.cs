using static LargeSteps.Models.Deep.NetworkBuilder;
using static TorchSharp.torch;

namespace LargeSteps.Models.Deep;

/// <summary>The deep networks that are not residual.</summary>
internal static class OtherNetworks
{
    private static readonly float[] ImageNetMean = [0.485f, 0.456f, 0.406f], ImageNetStd = [0.229f, 0.224f, 0.225f];

    /// <summary>
    /// VGG-16 without norm layers: stages of 2, 2, 3, 3, 3 convolutions with biases and a max-pooling each, and a classifier
    /// 8w – 8w – 8w – classes. Features are the pooled stages. Colours are normalised by ImageNet's mean and standard deviation; images of
    /// another number of channels by the mean of those.
    /// </summary>
    /// <remarks>Source: Simonyan and Zisserman (2015), configuration D.</remarks>
    public static Layer Vgg16(NetworkBuilder b)
    {
        var (from, place) = (b.Input.Channels, 0);
        var layers = new List<Layer> { Normalisation(b.Input.Channels) };
        foreach (var (convolutions, factor) in new[] { (2, 1), (2, 2), (3, 4), (3, 8), (3, 8) })
        {
            var stage = new List<Layer>();
            for (var i = 0; i < convolutions; i++)
            {
                stage.Add(Chain(b.Convolution($"features.{place}", from, factor * b.Width, bias: true), Relu));
                (from, place) = (factor * b.Width, place + 2);
            }
            // Rounding up matters only for images whose sides are no multiple of 32: the last stage still sees a pixel.
            stage.Add((_, x) => nn.functional.max_pool2d(x, 2, ceil_mode: true));
            layers.Add(Block(Chain([.. stage])));
            place++;
        }
        return Chain([
            .. layers, Pool, b.Linear("classifier.0", from, from), Relu, b.Linear("classifier.2", from, from), Relu,
            b.Linear("classifier.4", from, b.Classes)]);
    }

    /// <summary>
    /// DenseNet-BC of depth 100: three dense blocks of 16 bottlenecks (1 × 1 to four times the growth rate, 3 × 3 to the growth rate), between them
    /// a 1 × 1 convolution to half the channels and average pooling. The last norm and ReLU belong to the features of the last block.
    /// </summary>
    /// <remarks>Source: Huang et al., "Densely connected convolutional networks" (2017).</remarks>
    public static Layer DenseNet100(NetworkBuilder b)
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

    /// <summary>A linear function of the pixels.</summary>
    public static Layer Linear(NetworkBuilder b) =>
        b.Linear("linear", b.Input.Channels * b.Input.Height * b.Input.Width, b.Classes, bias: false);

    private static Layer Normalisation(int channels)
    {
        var (mean, std) = channels == 3
            ? (ImageNetMean, ImageNetStd)
            : ([.. Enumerable.Repeat(ImageNetMean.Average(), channels)], [.. Enumerable.Repeat(ImageNetStd.Average(), channels)]);
        return (_, x) => x.sub(PerChannel(mean, x)).div(PerChannel(std, x));
    }

    // A copy: a tensor in the memory of an array lies anywhere, and libtorch's rounding may depend on where.
    private static Tensor PerChannel(float[] values, Tensor like) => tensor(values, [values.Length, 1, 1], dtype: like.dtype, device: like.device).clone();
}
