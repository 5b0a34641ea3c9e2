using LargeSteps.Values;

namespace LargeSteps.Models.Deep;

/// <summary>
/// A deep network of the paper by its published name: the shape alone, without width, classes or weights. Sizes are those for 10 classes
/// and 32 × 32 × 3 images at the default width.
/// </summary>
public sealed record Architecture
{
    private Architecture(string name, Func<NetworkBuilder, Layer> build) => (Name, Build) = (name, build);

    /// <summary>Basic blocks [2, 2, 2, 2], convolution – batch norm – ReLU; 11,173,962 parameters.</summary>
    public static Architecture ResNet18Plain { get; } = new("resnet18_plain", b => ResidualNetworks.Plain(b, 2, 2, 2,
        2))
    { FeatureBlocks = 5 };

    /// <summary>Basic blocks [3, 4, 6, 3], also named resnet34_plain; 21,282,122 parameters.</summary>
    public static Architecture ResNet34 { get; } = new("resnet34", b => ResidualNetworks.Plain(b, 3, 4, 6,
        3))
    { SecondName = "resnet34_plain", FeatureBlocks = 5 };

    /// <summary>Pre-activation blocks [2, 2, 2, 2]; 11,172,170 parameters.</summary>
    public static Architecture ResNet18 { get; } = PreActivation("resnet18", groups: false, 2, 2, 2, 2);

    /// <summary>Pre-activation blocks [3, 4, 6, 3]; 21,280,330 parameters.</summary>
    public static Architecture ResNet34PreActivation { get; } = PreActivation("resnet34_preact", groups: false, 3, 4, 6, 3);

    /// <summary><see cref="ResNet18"/> with group norm; 11,172,170 parameters.</summary>
    public static Architecture ResNet18GroupNorm { get; } = PreActivation("resnet18_gn", groups: true, 2, 2, 2, 2);

    /// <summary><see cref="ResNet34PreActivation"/> with group norm; 21,280,330 parameters.</summary>
    public static Architecture ResNet34GroupNorm { get; } = PreActivation("resnet34_gn", groups: true, 3, 4, 6, 3);

    /// <summary>Pre-activation blocks [1, 1, 1, 1]; 4,901,450 parameters.</summary>
    public static Architecture ResNetTiny { get; } = PreActivation("resnet_tiny", groups: false, 1, 1, 1, 1);

    /// <summary><see cref="ResNetTiny"/> with group norm; 4,901,450 parameters.</summary>
    public static Architecture ResNetTinyGroupNorm { get; } = PreActivation("resnet_tiny_gn", groups: true, 1, 1, 1, 1);

    /// <summary>VGG-16 without norm layers; 15,245,130 parameters.</summary>
    public static Architecture Vgg16 { get; } = new("vgg16", OtherNetworks.Vgg16) { FeatureBlocks = 5, Redraws = 2 };

    /// <summary>A wide residual network of depth 28; the width is its widening factor, by default 10; 36,479,194 parameters.</summary>
    public static Architecture WideResNet28 { get; } = new("wrn28", ResidualNetworks.Wide28)
    {
        DefaultWidth = 10,
        FeatureBlocks = 4,
        Redraws = 2
    };

    /// <summary>DenseNet-BC of depth 100; the width is its growth rate, by default 12; 769,162 parameters.</summary>
    public static Architecture DenseNet100 { get; } = new("densenet100", OtherNetworks.DenseNet100)
    {
        DefaultWidth = 12,
        FeatureBlocks = 4
    };

    /// <summary>A linear classifier of the pixels without bias; it has no width.</summary>
    public static Architecture Linear { get; } = new("linear", OtherNetworks.Linear);

    /// <summary>All architectures.</summary>
    public static Items<Architecture> All { get; } =
    [
        ResNet18Plain, ResNet34, ResNet18, ResNet34PreActivation, ResNet18GroupNorm, ResNet34GroupNorm,
        ResNetTiny, ResNetTinyGroupNorm, Vgg16, WideResNet28, DenseNet100, Linear,
    ];

    /// <summary>All names, second names among them.</summary>
    public static Items<string> Names { get; } =
        Items.From(All.SelectMany(a => a.SecondName is { } second ? (string[])[a.Name, second] : [a.Name]));

    /// <summary>The published name.</summary>
    public string Name { get; }

    /// <summary>Another published name, or null.</summary>
    public string? SecondName { get; private init; }

    /// <summary>The width where none is given: channels of the first stage, the widening factor of wrn28, the growth rate of
    /// densenet100.</summary>
    public int DefaultWidth { get; private init; } = 64;

    /// <summary>Of what the width must be a multiple: 2 for group norm, whose groups are half the width, else 1.</summary>
    public int WidthMultiple { get; private init; } = 1;

    /// <summary>How many blocks of features it has: its stages, and the pooled features (those of vgg16 are its fifth stage).</summary>
    public int FeatureBlocks { get; private init; }

    /// <summary>
    /// How often the published program draws the weights of all convolutions after their defaults: once by its initialisation, and once
    /// more before that where the architecture's own constructor does.
    /// </summary>
    internal int Redraws { get; private init; } = 1;

    internal Func<NetworkBuilder, Layer> Build { get; }

    /// <summary>The architecture of a name.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <exception cref="ArgumentException">The name is not a published one.</exception>
    public static Architecture Named(string name) =>
        All.FirstOrDefault(a => a.Name == name || a.SecondName == name) ?? throw new ArgumentException($"'{name}' is not an architecture.",
            nameof(name));

    /// <summary>The name.</summary>
    public override string ToString() => Name;

    private static Architecture PreActivation(string name, bool groups, params int[] blocks) =>
        new(name, b => ResidualNetworks.PreActivation(b, groups, blocks)) { FeatureBlocks = 5, WidthMultiple = groups ? 2 : 1 };
}
