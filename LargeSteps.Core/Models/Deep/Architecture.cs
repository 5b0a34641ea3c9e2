using LargeSteps.Values;

namespace LargeSteps.Models.Deep;

/// <summary>
/// A deep network by its name: the shape alone, without width, classes or weights. Sizes are those for 10 classes and 32 × 32 × 3
/// images at the default width.
/// </summary>
/// <remarks>Each family is a file of its own, which also has its names here, and a line in <see cref="Known"/>.</remarks>
public abstract partial record Architecture
{
    private protected Architecture(string name) => Name = name;

    // In a class of its own: statics of one class that stand in several files are made in no order that one can rely on.
    private static class Known
    {
        public static readonly Items<Architecture> All =
        [
            ResNet18Plain, ResNet34, ResNet18, ResNet34PreActivation, ResNet18GroupNorm, ResNet34GroupNorm,
            ResNetTiny, ResNetTinyGroupNorm, Vgg16, WideResNet28, DenseNet100, Linear, FullyConnected, Convolutional,
        ];

        public static readonly Items<string> Names =
            Items.From(All.SelectMany(a => a.SecondName is { } second ? (string[])[a.Name, second] : [a.Name]));
    }

    /// <summary>All architectures that have a name in YAML.</summary>
    public static Items<Architecture> All => Known.All;

    /// <summary>All their names, second names among them.</summary>
    internal static Items<string> Names => Known.Names;

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>Another published name, or null.</summary>
    internal string? SecondName { get; private protected init; }

    /// <summary>The width where none is given: channels of the first stage, the widening factor of wrn28, the growth rate of
    /// densenet100.</summary>
    public int DefaultWidth { get; private protected init; } = 64;

    /// <summary>Of what the width must be a multiple: 2 for group norm, whose groups are half the width, else 1.</summary>
    internal int WidthMultiple { get; private protected init; } = 1;

    /// <summary>How many blocks of features it has: its stages, and the pooled features (those of vgg16 are its fifth stage).</summary>
    internal int FeatureBlocks { get; private protected init; }

    /// <summary>
    /// How often the published program draws the weights of all convolutions after their defaults: once by its initialisation, and once
    /// more before that where the architecture's own constructor does.
    /// </summary>
    internal int Redraws { get; private protected init; } = 1;

    /// <summary>Whether it is composed of layers that <see cref="LayerOptions"/> describe.</summary>
    internal virtual bool IsComposed => false;

    /// <summary>Whether such layers are convolutions.</summary>
    internal virtual bool Convolves => false;

    /// <summary>How many blocks of features it has with such layers.</summary>
    internal virtual int BlocksOf(LayerOptions options) => FeatureBlocks;

    /// <summary>An architecture that can be read from a file in place of one that only a program can give.</summary>
    internal virtual Architecture Readable => this;

    /// <summary>Whether only a program can give it, and nobody has tried it before.</summary>
    internal virtual bool IsOwn => false;

    /// <summary>The architecture of a name.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <exception cref="ArgumentException">The name is not a published one.</exception>
    public static Architecture Named(string name) =>
        All.FirstOrDefault(a => a.Name == name || a.SecondName == name) ?? throw new ArgumentException($"'{name}' is not an architecture.",
            nameof(name));

    /// <summary>The name.</summary>
    public sealed override string ToString() => Name;

    /// <summary>All layers, from the images to a logit for each class.</summary>
    internal abstract Layer Build(NetworkBuilder builder);
}
