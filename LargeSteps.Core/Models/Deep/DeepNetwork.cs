namespace LargeSteps.Models.Deep;

/// <summary>A deep network that classifies images.</summary>
/// <param name="Architecture">The architecture.</param>
/// <param name="Width">w: the stages of a residual network have w, 2w, 4w and 8w channels; null: the published width of the
/// architecture.</param>
/// <param name="BFloat16">Whether the forward and backward pass are in bfloat16; weights, normalisation and loss are in float32
/// always.</param>
/// <param name="ChannelsLast">Whether images lie in memory channel by channel of a pixel (NHWC), which is faster on most machines and
/// rounds otherwise.</param>
/// <param name="Weights">A file to take the initial weights from: a checkpoint or a .pth; null: they are drawn.</param>
/// <param name="Seed">The seed of libtorch's stream that draws the initial weights.</param>
/// <param name="WeightsAt">
/// Where in that file: the keys that lead to a state_dict with <c>/</c> between them, <c>.</c> for what lies in nothing else,
/// <c>averaged</c> for the averaged weights of a checkpoint; null: the weights of a checkpoint, or the one state_dict that fits.
/// </param>
public sealed record DeepNetwork(
    Architecture Architecture, int? Width = null, bool BFloat16 = false, bool ChannelsLast = true, string? Weights = null, uint Seed = 0,
    string? WeightsAt = null) : ModelSpec
{
    private protected override void Close() { }

    /// <summary>The layers of an architecture that is composed of them.</summary>
    public LayerOptions Layers { get; init; } = LayerOptions.Default;

    /// <summary>What is minimised.</summary>
    public ClassLoss Loss { get; init; }

    /// <summary>How its convolutions are made on this machine: where there is no Winograd, directly.</summary>
    /// <param name="host">Whether it runs on the CPU.</param>
    internal Convolutions MadeHere(bool host) => host && ChannelsLast && Winograd.IsSupported
        && !(BFloat16 && BFloat16Element.IsAccelerated) ? Convolutions : Convolutions.Direct;

    /// <summary>How its convolutions are made.</summary>
    public Convolutions Convolutions { get; init; }

    /// <summary>Whether a CUDA device may round float32 numbers to TF32, of 10 bits, before it multiplies them; null: in steps and losses,
    /// not where gradients and curvature are measured.</summary>
    public bool? Tf32 { get; init; }

    /// <summary>Whether it may where gradients and curvature are measured, or else in steps and losses.</summary>
    internal bool AllowsTf32(bool ofCurvature) => Tf32 ?? !ofCurvature;

    /// <summary>Where it may.</summary>
    internal string Tf32Words => Tf32 switch { null => "in steps", true => "everywhere", false => "nowhere" };

    /// <summary>Whether its layers have widths of their own, see <see cref="Layers"/>.</summary>
    internal bool IsComposed => Architecture.IsComposed;

    /// <summary>How many blocks of features it has.</summary>
    internal int FeatureBlocks => Architecture.BlocksOf(Layers);

    /// <summary>The width that the network has.</summary>
    public int ActualWidth => Width ?? Architecture.DefaultWidth;

    /// <summary>The same with another width; null: the published one.</summary>
    public DeepNetwork WithWidth(int? width) => this with { Width = width };

    /// <summary>The same with other layers.</summary>
    public DeepNetwork WithLayers(LayerOptions layers) => this with { Layers = layers };

    /// <summary>The same with another loss.</summary>
    public DeepNetwork WithLoss(ClassLoss loss) => this with { Loss = loss };

    /// <summary>The same with convolutions that are made otherwise.</summary>
    public DeepNetwork WithConvolutions(Convolutions convolutions) => this with { Convolutions = convolutions };

    /// <summary>The same with TF32, or without.</summary>
    public DeepNetwork WithTf32(bool? tf32) => this with { Tf32 = tf32 };

    /// <summary>The same from the weights in a file.</summary>
    /// <param name="weights">The file; null: they are drawn.</param>
    /// <param name="at">Where in the file.</param>
    public DeepNetwork WithWeights(string? weights, string? at = null) => this with { Weights = weights, WeightsAt = at };
}
