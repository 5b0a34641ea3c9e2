using LargeSteps.Values;

namespace LargeSteps.Datasets.Images;

public abstract partial record ImageSource
{
    /// <summary>CIFAR-100: 32×32 photographs of 100 classes, the fine ones (Krizhevsky 2009).</summary>
    public static ImageSource Cifar100 { get; } = new Cifar100Images();
}

internal sealed record Cifar100Images() : CifarImages("cifar100", 100)
{
    private static readonly Items<CifarLayout> Both =
    [
        new(new("cifar-100-binary.tar.gz", 168_513_733, "03b5dce01913d631647c71ecec9e9cb8"), "cifar-100-binary",
            [new("train.bin", 50_000)], [new("test.bin", 10_000)], 3074,
            (stream, file, records, partial) => CifarBinary.Read(stream, file, 2, 100, records, partial)),
        new(new("cifar-100-python.tar.gz", 169_001_437, "eb9058c3a382ffc7106e4002c42a8d85"), "cifar-100-python",
            [new("train", 50_000, "16019d7e3df5f24257cddd939b257f8d")], [new("test", 10_000, "f0ef6b0ae62326f3e7ffdfab6717acfc")], 0,
            (stream, file, records, partial) => CifarPython.Read(stream, file, "fine_labels", 100, records, partial)),
    ];

    internal override Items<CifarLayout> Layouts => Both;

    internal override Items<string> Folders => ["cifar-100-binary", "cifar100/cifar-100-binary", "cifar100", "cifar-100-python",
        "cifar100/cifar-100-python", ".", "cifar-100-exact"];
}
