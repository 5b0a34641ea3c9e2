using static LargeSteps.Models.Deep.NetworkBuilder;
using static TorchSharp.torch;

namespace LargeSteps.Models.Deep;

public abstract partial record Architecture
{
    /// <summary>VGG-16 without norm layers; 15,245,130 parameters.</summary>
    public static Architecture Vgg16 { get; } = new Vgg16Network();
}

/// <summary>
/// VGG-16 without norm layers: stages of 2, 2, 3, 3, 3 convolutions with biases and a max-pooling each, and a classifier
/// 8w – 8w – 8w – classes. Features are the pooled stages. Colours are normalised by ImageNet's mean and standard deviation; images
/// of another number of channels by the mean of those.
/// </summary>
/// <remarks>Source: Simonyan and Zisserman (2015), configuration D.</remarks>
internal sealed record Vgg16Network : Architecture
{
    private static readonly float[] ImageNetMean = [0.485f, 0.456f, 0.406f], ImageNetStd = [0.229f, 0.224f, 0.225f];

    public Vgg16Network() : base("vgg16") => (FeatureBlocks, Redraws) = (5, 2);

    internal override Layer Build(NetworkBuilder b)
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

    private static Layer Normalisation(int channels)
    {
        var (mean, std) = channels == 3
            ? (ImageNetMean, ImageNetStd)
            : ([.. Enumerable.Repeat(ImageNetMean.Average(), channels)], [.. Enumerable.Repeat(ImageNetStd.Average(), channels)]);
        return (pass, x) => x.sub(pass.Constants.PerChannel(mean, x)).div(pass.Constants.PerChannel(std, x));
    }
}
