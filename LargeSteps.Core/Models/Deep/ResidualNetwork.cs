using LargeSteps.Values;
using static LargeSteps.Models.Deep.NetworkBuilder;
using static TorchSharp.torch;

namespace LargeSteps.Models.Deep;

/// <summary>A residual network for small images: a 3 × 3 stem of stride 1, no max-pooling, stages of w, 2w, 4w and 8w channels.</summary>
/// <remarks>Source: He et al., "Deep residual learning" and "Identity mappings" (2016); Zagoruyko and Komodakis, "Wide residual networks"
/// (2016).</remarks>
internal abstract record ResidualNetwork(string Name) : Architecture(Name)
{
    // Each stage doubles the channels; the first block of each but the first halves the image.
    private protected static (Layer[] Stages, int Channels) Stages(Items<int> blocks, int stem, int width,
        Func<string, int, int, int, Layer> block,
        Func<int, int, string>? name = null)
    {
        name ??= (stage, place) => $"layer{stage}.{place}";
        var (stages, from) = (new Layer[blocks.Count], stem);
        for (var s = 0; s < blocks.Count; s++)
        {
            var layers = new Layer[blocks[s]];
            for (var i = 0; i < layers.Length; i++)
            {
                layers[i] = Scoped(block(name(s + 1, i), from, width << s, i == 0 && s > 0 ? 2 : 1));
                from = width << s;
            }
            stages[s] = Chain(layers);
        }
        return (stages, from);
    }

    // Where the shape changes the shortcut is a convolution of the activated input.
    private protected static Layer PreActivated(NetworkBuilder b, Func<string, int, Layer> norm, string name, int from, int to, int stride,
        string shortcut = "shortcut.0")
    {
        var activation = Chain(norm($"{name}.bn1", from), Relu);
        var first = b.Convolution($"{name}.conv1", from, to, stride: stride);
        var main = Chain(first, norm($"{name}.bn2", to), Relu, b.Convolution($"{name}.conv2", to, to));
        if (stride == 1 && from == to) return Sum(Chain(activation, main), Identity);
        return Chain(activation, Sum(main, b.Convolution($"{name}.{shortcut}", from, to, kernel: 1, stride: stride)));
    }

    private protected static Tensor Identity(Pass pass, Tensor x) => x;
}
