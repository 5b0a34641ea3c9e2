using LargeSteps.Models;
using LargeSteps.Values;

namespace LargeSteps.Datasets.Images;

/// <summary>A file as it was published.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Md5">Its MD5 in lower-case hexadecimal digits.</param>
internal sealed record PublishedFile(string Name, long Bytes, string Md5);

/// <summary>
/// Where images come from: a published dataset (<see cref="All"/>), images that are generated, or one's own. What is in it is known before
/// anything is read.
/// </summary>
/// <remarks>Each family is one record in a file of its own, which also has its name here, and a line in <see cref="Known"/>.</remarks>
public abstract partial record ImageSource
{
    private protected ImageSource(string name, ImageShape shape, int classes, int trainingImages, int testImages) =>
        (Name, Shape, Classes, TrainingImages, TestImages) = (name, shape, classes, trainingImages, testImages);

    // In a class of its own: statics of one class that stand in several files are made in no order that one can rely on.
    private static class Known
    {
        public static readonly Items<ImageSource> All =
        [
            Cifar10, Cifar100, TinyImageNet, Svhn, Mnist, MnistBinary, Cifar10HorseCar, Cifar10DogCat,
            UniformNoise, GaussiansBinary, Shapes,
        ];
    }

    /// <summary>All sources that have a name in YAML.</summary>
    public static Items<ImageSource> All => Known.All;

    /// <summary>The name, such as <c>cifar10</c>.</summary>
    public string Name { get; }

    /// <summary>The shape of an image, before it may be made grey.</summary>
    public ImageShape Shape { get; }

    /// <summary>The number of classes.</summary>
    public int Classes { get; }

    /// <summary>How many training images there are; of generated images, how many unless another number is asked for.</summary>
    public int TrainingImages { get; }

    /// <summary>How many test images there are; of generated images, how many unless another number is asked for.</summary>
    public int TestImages { get; }

    /// <summary>Where the files were published; null for images that were not.</summary>
    internal virtual Uri? Url => null;

    /// <summary>The files that are fetched from there; none for images that were not published.</summary>
    internal virtual Items<PublishedFile> Files => [];

    /// <summary>Whether the images come from files.</summary>
    internal virtual bool HasFiles => false;

    /// <summary>Whether augmentation shifts the images: a random crop after padding with zeros.</summary>
    internal virtual bool Crops => false;

    /// <summary>Whether augmentation flips the images from left to right.</summary>
    public virtual bool Flips => false;

    /// <summary>Whether there are as many images as are asked for, from a seed.</summary>
    internal virtual bool IsGenerated => false;

    /// <summary>Whether the images can be made grey: they are bytes in red, green and blue.</summary>
    internal virtual bool HasGrey => Shape.Channels == 3;

    /// <summary>A source that can be read from a file in place of one that only a program can give.</summary>
    internal virtual ImageSource Readable => this;

    /// <summary>The name under which the fingerprint is kept.</summary>
    internal virtual string FingerprintName => Name;

    /// <summary>The folders of a data folder in which the files may lie, in the order in which they are looked at.</summary>
    internal virtual Items<string> Folders => [];

    /// <summary>The names of the files, of which one at least must be in one of these folders.</summary>
    internal virtual Items<string> FileNames => [];

    /// <summary>The source of a name, or null.</summary>
    public static ImageSource? Named(string name) => All.FirstOrDefault(source => source.Name == name);

    /// <summary>The name.</summary>
    public sealed override string ToString() => Name;

    /// <summary>The images that are asked for, in the order in which the first of them stand for all.</summary>
    /// <param name="directory">The data folder; null where none is named.</param>
    /// <param name="options">How many of them, and whether files with fewer than were published are enough.</param>
    internal abstract Outcome<ImageSet> Load(string? directory, ImageOptions options);

    /// <summary>Whether all images are there, by the lengths of their files in a data folder.</summary>
    internal virtual bool AreIn(string directory) => true;

    /// <summary>The folder or the archive of a data folder in which there are images; null where there are none.</summary>
    internal virtual string? Place(string directory) => null;

    /// <summary>The files that the images may lie in, whose names, lengths and times tell whether a fingerprint still holds.</summary>
    internal virtual IEnumerable<FileInfo> Listed(string directory) => [];

    /// <summary>The class with which a class is most easily confused: the next one, and the first after the last.</summary>
    internal virtual int Confused(int label) => (label + 1) % Classes;
}
