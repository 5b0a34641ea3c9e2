using LargeSteps.Models;
using LargeSteps.Values;

namespace LargeSteps.Datasets.Images;

/// <summary>A file as it was published.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Md5">Its MD5 in lower-case hexadecimal digits.</param>
public sealed record PublishedFile(string Name, long Bytes, string Md5);

/// <summary>In which files the images of a source lie, or how they are made.</summary>
internal enum ImageFamily
{
    Cifar10,
    Cifar100,
    Mnist,
    Svhn,
    TinyImageNet,
    UniformNoise,
    Gaussians,
    Shapes,
}

/// <summary>
/// A dataset of images by its published name: what is in it, and the files from which it comes. There are no others than <see cref="All"/>.
/// </summary>
public sealed record ImageSource
{
    private static readonly Uri Toronto = new("https://www.cs.toronto.edu/~kriz/");

    private ImageSource(string name, ImageFamily family, ImageShape shape, int classes, int trainingImages, int testImages) =>
        (Name, Family, Shape, Classes, TrainingImages, TestImages) = (name, family, shape, classes, trainingImages, testImages);

    /// <summary>CIFAR-10: 32×32 photographs of 10 classes (Krizhevsky 2009).</summary>
    public static ImageSource Cifar10 { get; } = new("cifar10", ImageFamily.Cifar10, new(3, 32, 32), 10, 50_000, 10_000)
    {
        Url = Toronto,
        Files = [new("cifar-10-binary.tar.gz", 170_052_171, "c32a1d4ab5d03f1284b67883e8d87530")],
        Crops = true,
        Flips = true,
    };

    /// <summary>CIFAR-100: the same with the 100 fine classes.</summary>
    public static ImageSource Cifar100 { get; } = new("cifar100", ImageFamily.Cifar100, new(3, 32, 32), 100, 50_000, 10_000)
    {
        Url = Toronto,
        Files = [new("cifar-100-binary.tar.gz", 168_513_733, "03b5dce01913d631647c71ecec9e9cb8")],
        Crops = true,
        Flips = true,
    };

    /// <summary>Tiny ImageNet: 64×64 photographs of 200 classes; the test images are its validation set, the labels the order of the
    /// classes' names.</summary>
    public static ImageSource TinyImageNet { get; } = new("tiny_imagenet", ImageFamily.TinyImageNet, new(3, 64, 64), 200, 100_000, 10_000)
    {
        Url = new("http://cs231n.stanford.edu/"),
        Files = [new("tiny-imagenet-200.zip", 248_100_043, "90528d7ca1a48142e341f4ef8d21d0de")],
        Crops = true,
        Flips = true,
    };

    /// <summary>Street View House Numbers: 32×32 cuts around digits (Netzer et al. 2011). A mirrored digit is none, so it is not
    /// flipped.</summary>
    public static ImageSource Svhn { get; } = new("svhn", ImageFamily.Svhn, new(3, 32, 32), 10, 73_257, 26_032)
    {
        Url = new("http://ufldl.stanford.edu/housenumbers/"),
        Files = [new("train_32x32.mat", 182_040_794, "e26dedcc434d2e4c54c9b2d4a06d8373"), new("test_32x32.mat", 64_275_384,
            "eb5a983be6a315427106f1b164d9cef3")],
        Crops = true,
    };

    /// <summary>MNIST: 28×28 handwritten digits in grey (LeCun et al. 1998); neither cropped nor flipped.</summary>
    public static ImageSource Mnist { get; } = new("mnist", ImageFamily.Mnist, new(1, 28, 28), 10, 60_000, 10_000)
    {
        Url = new("https://ossci-datasets.s3.amazonaws.com/mnist/"),
        Files =
        [
            new("train-images-idx3-ubyte.gz", 9_912_422, "f68b3c2dcbeaaa9fbdd348bbdeb94873"), new("train-labels-idx1-ubyte.gz", 28_881,
                "d53e105ee54ea40749a09fcbcd1e9432"),
            new("t10k-images-idx3-ubyte.gz", 1_648_877, "9fb629c4189551a2d022fa330f9573f3"), new("t10k-labels-idx1-ubyte.gz", 4_542,
                "ec29112dd5afa0611ce80d1b7f02629c"),
        ],
    };

    /// <summary>The digits 1 (class 0) and 7 (class 1) of MNIST.</summary>
    public static ImageSource MnistBinary { get; } = Mnist.Part("mnist_binary", [1, 7], 13_007, 2_163);

    /// <summary>The horses (class 0) and cars (class 1) of CIFAR-10.</summary>
    public static ImageSource Cifar10HorseCar { get; } = Cifar10.Part("cifar10_horse_car", [7, 1], 10_000, 2_000);

    /// <summary>The dogs (class 0) and cats (class 1) of CIFAR-10.</summary>
    public static ImageSource Cifar10DogCat { get; } = Cifar10.Part("cifar10_dog_cat", [5, 3], 10_000, 2_000);

    /// <summary>28×28 grey images of numbers drawn uniformly from [0, 1); the label is the first digit behind the point of the first pixel,
    /// ⌊10·x⌋, which can be learnt.</summary>
    public static ImageSource UniformNoise { get; } = new("uniform_noise", ImageFamily.UniformNoise, new(1, 28, 28), 10, 1_000, 1_000);

    /// <summary>Two Gaussians in 100 dimensions with standard deviation 0.1 about −v (class 0) and v (class 1), as 1×1×100 images of
    /// numbers.</summary>
    public static ImageSource GaussiansBinary { get; } = new("gaussians_binary", ImageFamily.Gaussians, new(1, 1, 100), 2, 1_000, 1_000);

    /// <summary>Ten drawn figures of any place, size and pair of colours under noise, 32×32: needs no file, and takes a network to
    /// learn.</summary>
    public static ImageSource Shapes { get; } = new("shapes", ImageFamily.Shapes, new(3, 32, 32), 10, 10_000, 2_000)
    {
        Crops = true,
        Flips = true
    };

    /// <summary>All sources.</summary>
    public static Items<ImageSource> All { get; } =
        [Cifar10, Cifar100, TinyImageNet, Svhn, Mnist, MnistBinary, Cifar10HorseCar, Cifar10DogCat, UniformNoise, GaussiansBinary, Shapes];

    /// <summary>The published name, such as <c>cifar10</c>.</summary>
    public string Name { get; private init; }

    /// <summary>The shape of an image, before it may be made grey.</summary>
    public ImageShape Shape { get; }

    /// <summary>The number of classes.</summary>
    public int Classes { get; private init; }

    /// <summary>How many training images there are; of made images, how many unless another number is asked for.</summary>
    public int TrainingImages { get; private init; }

    /// <summary>How many test images there are; of made images, how many unless another number is asked for.</summary>
    public int TestImages { get; private init; }

    /// <summary>Where the files were published; null for images that are made.</summary>
    public Uri? Url { get; private init; }

    /// <summary>The files that are fetched from there; none for images that are made.</summary>
    public Items<PublishedFile> Files { get; private init; } = [];

    /// <summary>Whether the images come from files.</summary>
    public bool HasFiles => Files.Count > 0;

    /// <summary>Whether augmentation shifts the images: a random crop after padding with zeros.</summary>
    public bool Crops { get; private init; }

    /// <summary>Whether augmentation flips the images from left to right.</summary>
    public bool Flips { get; private init; }

    internal ImageFamily Family { get; }

    /// <summary>The classes of the family that are this source's classes 0, 1, …; none: all as they are.</summary>
    internal Items<int> Kept { get; private init; } = [];

    /// <summary>The source of a name, or null.</summary>
    public static ImageSource? Named(string name) => All.FirstOrDefault(source => source.Name == name);

    /// <inheritdoc/>
    public override string ToString() => Name;

    private ImageSource Part(string name, Items<int> classes, int trainingImages, int testImages) =>
        this with { Name = name, Kept = classes, Classes = classes.Count, TrainingImages = trainingImages, TestImages = testImages };
}
