using System.Security.Cryptography;
using System.Text;
using LargeSteps.Models;
using LargeSteps.Values;

namespace LargeSteps.Datasets.Images;

/// <summary>Images that nobody published under a name: somebody's own.</summary>
internal abstract record OwnImages(string Name, ImageShape Shape, int Classes, int TrainingImages, int TestImages)
    : ImageSource(Name, Shape, Classes, TrainingImages, TestImages)
{
    internal sealed override bool Crops => true;

    public sealed override bool Flips => Mirrored;

    /// <summary>Whether an image that is mirrored is one of its class still.</summary>
    internal bool Mirrored { get; init; }

    /// <summary>The key under which they stand in YAML, and what stands there.</summary>
    internal abstract (string Key, string Text) Written { get; }
}

/// <summary>Images in files of one's own, of which the head is known.</summary>
/// <param name="Kind">The key in YAML.</param>
/// <param name="Location">Their folder or file.</param>
/// <param name="Head">What a look at the files gave.</param>
internal abstract record OwnFiles(string Kind, string Location, ImagesHead Head)
    : OwnImages(Location, Head.Shape, Head.Classes, Head.TrainingImages, Head.TestImages)
{
    internal sealed override bool HasFiles => true;

    internal sealed override (string Key, string Text) Written => (Kind, Location);

    // One data folder keeps the fingerprints of many.
    internal sealed override string FingerprintName =>
        $"{Kind}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFullPath(Location))))[..16]}";

    /// <summary>The images with the head that they have now.</summary>
    private protected abstract Outcome<(ImagesHead Head, Func<Outcome<ImageSet>> Read)> Look();

    internal sealed override Outcome<ImageSet> Load(string? directory, ImageOptions options) =>
        ImageFiles.Try(Location, () => Look().Bind(now => now.Head == Head
            ? now.Read().Bind(set => ImageStore.Taken(this, set, options, Location))
            : Outcome.Failure<ImageSet>(ImageProblems.Malformed(Location,
                $"has {now.Head} now, but had {Head} when the experiment was read"))));
}

/// <summary>What is known of images before they are read.</summary>
internal sealed record ImagesHead(ImageShape Shape, int Classes, int TrainingImages, int TestImages)
{
    /// <summary>In words.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"{TrainingImages} training and {TestImages} test images of {Shape.Channels}×{Shape.Height}×{Shape.Width} in {Classes} classes");

    /// <summary>What is wrong with so many images of this size; null: nothing.</summary>
    public Diagnostic? TooLarge(string place) => Math.Max(TrainingImages, TestImages) * (long)Shape.Length <= Array.MaxLength ? null
        : ImageProblems.Malformed(place, FormattableString.Invariant(
            $"has more than {Array.MaxLength} bytes in the images of one part, which is more than an array holds"));
}
