using LargeSteps.Values;
using static LargeSteps.Models.Deep.NetworkBuilder;

namespace LargeSteps.Models.Deep;

public abstract partial record Architecture
{
    /// <summary>Basic blocks [2, 2, 2, 2], convolution – batch norm – ReLU; 11,173,962 parameters.</summary>
    public static Architecture ResNet18Plain { get; } = new PlainResNet("resnet18_plain", [2, 2, 2, 2]);

    /// <summary>Basic blocks [3, 4, 6, 3], also named resnet34_plain; 21,282,122 parameters.</summary>
    public static Architecture ResNet34 { get; } = new PlainResNet("resnet34", [3, 4, 6, 3], "resnet34_plain");
}

/// <summary>Basic blocks: ReLU(x + norm(conv(ReLU(norm(conv x))))), the shortcut through conv and norm where the shape changes.</summary>
internal sealed record PlainResNet : ResidualNetwork
{
    private readonly Items<int> _blocks;

    public PlainResNet(string name, Items<int> blocks, string? secondName = null) : base(name) =>
        (_blocks, SecondName, FeatureBlocks) = (blocks, secondName, 5);

    internal override Layer Build(NetworkBuilder b)
    {
        var stem = Chain(b.Convolution("conv1", b.Input.Channels, b.Width), b.BatchNorm("bn1", b.Width), Relu);
        var (stages, channels) = Stages(_blocks, b.Width, b.Width, (name, from, to, stride) => Basic(b, name, from, to, stride));
        return Chain([Scoped(stem), .. stages.Select(Block), Block(Pool), b.Linear("linear", channels, b.Classes)]);
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
}
