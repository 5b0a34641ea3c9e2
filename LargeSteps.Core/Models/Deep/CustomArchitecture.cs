using System.Globalization;
using LargeSteps.Numerics;
using LargeSteps.Values;

namespace LargeSteps.Models.Deep;

public abstract partial record Architecture
{
    /// <summary>
    /// An architecture of one's own, which only a program can give: files cannot name it. Its name stands for it: two that agree in it are
    /// equal, whatever they are, and so are the pipelines that differ in nothing else, whose results are then shared and kept as one.
    /// </summary>
    /// <param name="name">The name, none of <see cref="Names"/>: another network needs another name.</param>
    /// <param name="build">All layers, from the images, n × C × H × W, to a logit for each class, n × classes. It is called once for
    /// each network, with its images, classes and width.</param>
    /// <param name="defaultWidth">The width where none is given.</param>
    /// <param name="featureBlocks">How many layers of it are a <see cref="NetworkBuilder.Block"/>: the features that probes see.</param>
    /// <exception cref="ArgumentException">The name is that of another architecture.</exception>
    public static Architecture Of(string name, Func<NetworkBuilder, Layer> build, int defaultWidth = 64, int featureBlocks = 0)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(defaultWidth, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(featureBlocks);
        if (Names.Contains(name)) throw new ArgumentException($"'{name}' is the name of another architecture.", nameof(name));
        return new CustomArchitecture(name, build, defaultWidth, featureBlocks);
    }
}

/// <summary>An architecture that only a program can give.</summary>
internal sealed record CustomArchitecture : Architecture
{
    private readonly Func<NetworkBuilder, Layer> _build;

    public CustomArchitecture(string name, Func<NetworkBuilder, Layer> build, int defaultWidth, int featureBlocks) : base(name) =>
        (_build, DefaultWidth, FeatureBlocks) = (build, defaultWidth, featureBlocks);

    internal override bool IsOwn => true;

    // Of any width, as this one is.
    internal override Architecture Readable => Linear;

    internal override Layer Build(NetworkBuilder builder)
    {
        var layers = Told("cannot be built", () => _build(builder)) ?? throw new RunException($"the network '{Name}' has no layers");
        var input = builder.Input;
        var refusal = string.Create(CultureInfo.InvariantCulture,
            $"does not take images of {input.Channels}×{input.Height}×{input.Width}");
        return (pass, images) =>
        {
            var logits = Told(refusal, () => layers(pass, images)) ?? throw new RunException($"the network '{Name}' gives no logits");
            if (logits.shape is not [var samples, var classes] || samples != images.shape[0] || classes != builder.Classes)
            {
                throw new RunException(string.Create(CultureInfo.InvariantCulture,
                    $"the network '{Name}' makes {string.Join(" × ", logits.shape)} logits, not {images.shape[0]} × {builder.Classes}"));
            }

            if (pass.Features is { } features && features.Count != FeatureBlocks)
            {
                throw new RunException(FormattableString.Invariant(
                    $"the network '{Name}' has {features.Count} blocks of features, not {FeatureBlocks}"));
            }

            return logits;
        };
    }

    // What libtorch says goes on with pages of its own functions.
    private TResult Told<TResult>(string what, Func<TResult> made)
    {
        try
        {
            return made();
        }
        catch (Exception e) when (e is not RunException && !OutOfMemory.IsToldBy(e))
        {
            throw new RunException($"the network '{Name}' {what}: {e.Message.Split('\n')[0].Trim()}", e);
        }
    }

    /// <inheritdoc/>
    public bool Equals(CustomArchitecture? other) => other is not null && Name == other.Name;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name);
}
