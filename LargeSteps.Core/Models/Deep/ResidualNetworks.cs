using static LargeSteps.Models.Deep.NetworkBuilder;
using static TorchSharp.torch;

namespace LargeSteps.Models.Deep;

/// <summary>Residual networks for small images: a 3 × 3 stem of stride 1, no max-pooling, stages of w, 2w, 4w and 8w channels.</summary>
/// <remarks>Source: He et al., "Deep residual learning" and "Identity mappings" (2016); Zagoruyko and Komodakis, "Wide residual networks"
/// (2016).</remarks>
internal static class ResidualNetworks
{
    /// <summary>Basic blocks: ReLU(x + norm(conv(ReLU(norm(conv x))))), the shortcut through conv and norm where the shape
    /// changes.</summary>
    public static Layer Plain(NetworkBuilder b, params int[] blocks)
    {
        var stem = Chain(b.Convolution("conv1", b.Input.Channels, b.Width), b.BatchNorm("bn1", b.Width), Relu);
        var (stages, channels) = Stages(blocks, b.Width, b.Width, (name, from, to, stride) => Basic(b, name, from, to, stride));
        return Chain([Scoped(stem), .. stages.Select(Block), Block(Pool), b.Linear("linear", channels, b.Classes)]);
    }

    /// <summary>
    /// Pre-activation blocks, a last norm and ReLU before the pooling, which belong to the features of the last stage. With two classes
    /// there is one logit, of class 1, against 0.
    /// </summary>
    public static Layer PreActivation(NetworkBuilder b, bool groups, params int[] blocks)
    {
        if (groups && b.Width % 2 != 0) throw new ArgumentException($"Group norm has half as many groups as the width, {b.Width}.",
            nameof(b));
        Layer Norm(string name, int channels) => groups ? b.GroupNorm(name, channels, b.Width / 2) : b.BatchNorm(name, channels);
        var stem = b.Convolution("conv1", b.Input.Channels, b.Width);
        var (stages, channels) = Stages(blocks, b.Width, b.Width,
            (name, from, to, stride) => PreActivated(b, Norm, name, from, to, stride));
        stages[^1] = Chain(stages[^1], Norm("bn", channels), Relu);
        var logits = b.Linear("linear", channels, b.Classes == 2 ? 1 : b.Classes);
        return Chain([Scoped(stem), .. stages.Select(Block), Block(Pool), b.Classes == 2 ? Chain(logits, AgainstZero) : logits]);
    }

    /// <summary>Depth 28: three stages of four pre-activation blocks; the stem has 16 channels, the stages 16, 32 and 64 times the widening
    /// factor.</summary>
    /// <remarks>Its parts have names of their own in the published program: <c>block1.layer.0.convShortcut</c>, <c>bn1</c> after the last
    /// stage, <c>fc</c>.</remarks>
    public static Layer Wide28(NetworkBuilder b)
    {
        var stem = b.Convolution("conv1", b.Input.Channels, 16);
        var (stages, channels) = Stages([4, 4, 4], 16, 16 * b.Width,
            (name, from, to, stride) => PreActivated(b, b.BatchNorm, name, from, to, stride, "convShortcut"), (stage, block) =>
                $"block{stage}.layer.{block}");
        stages[^1] = Chain(stages[^1], b.BatchNorm("bn1", channels), Relu);
        return Chain([Scoped(stem), .. stages.Select(Block), Block(Pool), b.Linear("fc", channels, b.Classes)]);
    }

    // Each stage doubles the channels; the first block of each but the first halves the image.
    private static (Layer[] Stages, int Channels) Stages(int[] blocks, int stem, int width, Func<string, int, int, int, Layer> block,
        Func<int, int, string>? name = null)
    {
        name ??= (stage, place) => $"layer{stage}.{place}";
        var (stages, from) = (new Layer[blocks.Length], stem);
        for (var s = 0; s < blocks.Length; s++)
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

    private static Layer Basic(NetworkBuilder b, string name, int from, int to, int stride)
    {
        var main = Chain(
            b.Convolution($"{name}.conv1", from, to, stride: stride), b.BatchNorm($"{name}.bn1", to), Relu,
            b.Convolution($"{name}.conv2", to, to), b.BatchNorm($"{name}.bn2", to));
        var shortcut = stride == 1 && from == to
            ? Identity
            : Chain(b.Convolution($"{name}.shortcut.0", from, to, kernel: 1, stride: stride), b.BatchNorm($"{name}.shortcut.1", to));
        return Chain(Sum(main, shortcut), Relu);
    }

    // Where the shape changes the shortcut is a convolution of the activated input.
    private static Layer PreActivated(NetworkBuilder b, Func<string, int, Layer> norm, string name, int from, int to, int stride,
        string shortcut = "shortcut.0")
    {
        var activation = Chain(norm($"{name}.bn1", from), Relu);
        var first = b.Convolution($"{name}.conv1", from, to, stride: stride);
        var main = Chain(first, norm($"{name}.bn2", to), Relu, b.Convolution($"{name}.conv2", to, to));
        if (stride == 1 && from == to) return Sum(Chain(activation, main), Identity);
        return Chain(activation, Sum(main, b.Convolution($"{name}.{shortcut}", from, to, kernel: 1, stride: stride)));
    }

    private static Tensor Identity(Pass pass, Tensor x) => x;

    private static Tensor AgainstZero(Pass pass, Tensor logit) =>
        cat([zeros_like(logit), logit], 1);
}
