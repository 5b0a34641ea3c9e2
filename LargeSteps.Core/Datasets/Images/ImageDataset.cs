using LargeSteps.Models;

namespace LargeSteps.Datasets.Images;

/// <summary>
/// Images with classes: a published dataset, of which training takes pixel/255 without mean subtraction, or one that is generated from a
/// seed.
/// </summary>
/// <param name="Source">Which images.</param>
/// <param name="Options">How many of them, and what is done with them once.</param>
/// <param name="Augment">A random crop with a padding of 4 and a random horizontal flip in training, where the source has them.</param>
public sealed record ImageDataset(ImageSource Source, ImageOptions Options, bool Augment = false) : DatasetSpec
{
    private protected override void Close() { }

    /// <summary>How many training images there are, without those that are held out.</summary>
    public int TrainingImages => Kept - ValidationImages;

    /// <summary>How many images are held out of the training images for validation.</summary>
    public int ValidationImages => Options.HeldOut(Kept);

    /// <summary>How many test images there are.</summary>
    public int TestImages => Options.TestImages ?? Source.TestImages;

    private int Kept => (int)Math.Round(Options.Fraction * (Options.TrainingImages ?? Source.TrainingImages));

    /// <summary>How many classes the images have.</summary>
    internal int Classes => Options.Classes?.Count ?? Source.Classes;

    /// <summary>The shape of an image.</summary>
    internal ImageShape Shape => Options.Grey ? Source.Shape with { Channels = 1 } : Source.Shape;

    /// <summary>The same with other options.</summary>
    public ImageDataset WithOptions(ImageOptions options) => this with { Options = options };

    /// <summary>The same with or without augmentation.</summary>
    public ImageDataset WithAugmentation(bool augment) => this with { Augment = augment };
}
