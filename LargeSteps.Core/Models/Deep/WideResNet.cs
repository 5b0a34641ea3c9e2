using static LargeSteps.Models.Deep.NetworkBuilder;

namespace LargeSteps.Models.Deep;

public abstract partial record Architecture
{
    /// <summary>A wide residual network of depth 28; the width is its widening factor, by default 10; 36,479,194 parameters.</summary>
    public static Architecture WideResNet28 { get; } = new WideResNet();
}

/// <summary>Depth 28: three stages of four pre-activation blocks; the stem has 16 channels, the stages 16, 32 and 64 times the widening
/// factor.</summary>
/// <remarks>Its parts have names of their own in the published program: <c>block1.layer.0.convShortcut</c>, <c>bn1</c> after the last
/// stage, <c>fc</c>.</remarks>
internal sealed record WideResNet : ResidualNetwork
{
    public WideResNet() : base("wrn28") => (DefaultWidth, FeatureBlocks, Redraws) = (10, 4, 2);

    internal override Layer Build(NetworkBuilder b)
    {
        var stem = b.Convolution("conv1", b.Input.Channels, 16);
        var (stages, channels) = Stages([4, 4, 4], 16, 16 * b.Width,
            (name, from, to, stride) => PreActivated(b, b.BatchNorm, name, from, to, stride, "convShortcut"), (stage, block) =>
                $"block{stage}.layer.{block}");
        stages[^1] = Chain(stages[^1], b.BatchNorm("bn1", channels), Relu);
        return Chain([Scoped(stem), .. stages.Select(Block), Block(Pool), b.Linear("fc", channels, b.Classes)]);
    }
}
