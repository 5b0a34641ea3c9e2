using LargeSteps.Values;

namespace LargeSteps.Datasets.Images;

public abstract partial record ImageSource
{
    /// <summary>CIFAR-10: 32×32 photographs of 10 classes (Krizhevsky 2009).</summary>
    public static ImageSource Cifar10 { get; } = new Cifar10Images();
}

internal sealed record Cifar10Images() : CifarImages("cifar10", 10)
{
    private static readonly Items<CifarLayout> Both =
    [
        new(new("cifar-10-binary.tar.gz", 170_052_171, "c32a1d4ab5d03f1284b67883e8d87530"), "cifar-10-batches-bin",
            Items.From(Enumerable.Range(1, 5).Select(i => new CifarBatch(FormattableString.Invariant($"data_batch_{i}.bin"), 10_000))),
            [new("test_batch.bin", 10_000)], 3073,
            (stream, file, records, partial) => CifarBinary.Read(stream, file, 1, 10, records, partial)),
        new(new("cifar-10-python.tar.gz", 170_498_071, "c58f30108f718f92721af3b95e74349a"), "cifar-10-batches-py",
            [
                new("data_batch_1", 10_000, "c99cafc152244af753f735de768cd75f"),
                new("data_batch_2", 10_000, "d4bba439e000b95fd0a9bffe97cbabec"),
                new("data_batch_3", 10_000, "54ebc095f3ab1f0389bbae665268c751"),
                new("data_batch_4", 10_000, "634d18415352ddfa80567beed471001a"),
                new("data_batch_5", 10_000, "482c414d41f54cd18b22e5b47cb7c3cb"),
            ],
            [new("test_batch", 10_000, "40351d587109b95175f43aff81a1287e")], 0,
            (stream, file, records, partial) => CifarPython.Read(stream, file, "labels", 10, records, partial)),
    ];

    internal override Items<CifarLayout> Layouts => Both;

    internal override Items<string> Folders => ["cifar-10-batches-bin", "cifar10/cifar-10-batches-bin", "cifar10", "cifar-10-batches-py",
        "cifar10/cifar-10-batches-py", ".", "cifar-10-exact"];

    // By their place: 0 plane, 1 car, 2 bird, 3 cat, 4 deer, 5 dog, 7 horse, 9 truck.
    internal override int Confused(int label) => label switch
    {
        9 => 1,
        2 => 0,
        3 => 5,
        5 => 3,
        4 => 7,
        _ => label,
    };
}
