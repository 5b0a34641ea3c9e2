using LargeSteps.Values;
using static LargeSteps.Models.Deep.NetworkBuilder;
using static TorchSharp.torch;

namespace LargeSteps.Models.Deep;

public abstract partial record Architecture
{
    /// <summary>Pre-activation blocks [2, 2, 2, 2]; 11,172,170 parameters.</summary>
    public static Architecture ResNet18 { get; } = new PreActivationResNet("resnet18", [2, 2, 2, 2]);

    /// <summary>Pre-activation blocks [3, 4, 6, 3]; 21,280,330 parameters.</summary>
    public static Architecture ResNet34PreActivation { get; } = new PreActivationResNet("resnet34_preact", [3, 4, 6, 3]);

    /// <summary><see cref="ResNet18"/> with group norm; 11,172,170 parameters.</summary>
    public static Architecture ResNet18GroupNorm { get; } = new PreActivationResNet("resnet18_gn", [2, 2, 2, 2], groups: true);

    /// <summary><see cref="ResNet34PreActivation"/> with group norm; 21,280,330 parameters.</summary>
    public static Architecture ResNet34GroupNorm { get; } = new PreActivationResNet("resnet34_gn", [3, 4, 6, 3], groups: true);

    /// <summary>Pre-activation blocks [1, 1, 1, 1]; 4,901,450 parameters.</summary>
    public static Architecture ResNetTiny { get; } = new PreActivationResNet("resnet_tiny", [1, 1, 1, 1]);

    /// <summary><see cref="ResNetTiny"/> with group norm; 4,901,450 parameters.</summary>
    public static Architecture ResNetTinyGroupNorm { get; } = new PreActivationResNet("resnet_tiny_gn", [1, 1, 1, 1], groups: true);
}

/// <summary>
/// Pre-activation blocks, a last norm and ReLU before the pooling, which belong to the features of the last stage. With two classes
/// there is one logit, of class 1, against 0.
/// </summary>
internal sealed record PreActivationResNet : ResidualNetwork
{
    private readonly Items<int> _blocks;
    private readonly bool _groups;

    public PreActivationResNet(string name, Items<int> blocks, bool groups = false) : base(name) =>
        (_blocks, _groups, FeatureBlocks, WidthMultiple) = (blocks, groups, 5, groups ? 2 : 1);

    internal override Layer Build(NetworkBuilder b)
    {
        if (_groups && b.Width % 2 != 0)
        {
            throw new ArgumentException($"Group norm has half as many groups as the width, {b.Width}.",
            nameof(b));
        }

        Layer Norm(string name, int channels) => _groups ? b.GroupNorm(name, channels, b.Width / 2) : b.BatchNorm(name, channels);
        var stem = b.Convolution("conv1", b.Input.Channels, b.Width);
        var (stages, channels) = Stages(_blocks, b.Width, b.Width,
            (name, from, to, stride) => PreActivated(b, Norm, name, from, to, stride));
        stages[^1] = Chain(stages[^1], Norm("bn", channels), Relu);
        var logits = b.Linear("linear", channels, b.Classes == 2 ? 1 : b.Classes);
        return Chain([Scoped(stem), .. stages.Select(Block), Block(Pool), b.Classes == 2 ? Chain(logits, AgainstZero) : logits]);
    }

    private static Tensor AgainstZero(Pass pass, Tensor logit) => cat([zeros_like(logit), logit], 1);
}
