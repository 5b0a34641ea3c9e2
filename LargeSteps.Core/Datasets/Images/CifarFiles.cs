using System.Formats.Tar;
using System.IO.Compression;
using LargeSteps.Values;

namespace LargeSteps.Datasets.Images;

/// <summary>CIFAR-10 and CIFAR-100: as folder or as archive, in the binary or in the Python layout, whichever is there.</summary>
internal static class CifarFiles
{
    /// <summary>A file with images.</summary>
    private sealed record Batch(string Name, int Records, string? Md5 = null);

    /// <summary>A layout of the files.</summary>
    /// <param name="Archive">The archive as it was published.</param>
    /// <param name="Folder">The folder in it.</param>
    /// <param name="Train">The files with the training images.</param>
    /// <param name="Test">The files with the test images.</param>
    /// <param name="RecordBytes">The bytes that an image takes; 0: that depends.</param>
    /// <param name="Read">Reads a file: its content, its name, how many images it was published with, whether fewer are enough.</param>
    private sealed record Layout(
        PublishedFile Archive, string Folder, Items<Batch> Train, Items<Batch> Test, int RecordBytes,
            Func<Stream, string, int, bool, Outcome<LabelledImages>> Read)
    {
        public IEnumerable<Batch> All => Train.Concat(Test);
    }

    private static readonly Layout[] Cifar10 =
    [
        new(ImageSource.Cifar10.Files[0], "cifar-10-batches-bin", Items.From(Enumerable.Range(1, 5)
            .Select(i => new Batch(FormattableString.Invariant($"data_batch_{i}.bin"), 10_000))),
            [new("test_batch.bin", 10_000)], 3073, (stream, file, records, partial) => CifarBinary.Read(stream, file, 1, 10, records,
                partial)),
        new(new("cifar-10-python.tar.gz", 170_498_071, "c58f30108f718f92721af3b95e74349a"), "cifar-10-batches-py",
            [
                new("data_batch_1", 10_000, "c99cafc152244af753f735de768cd75f"), new("data_batch_2", 10_000,
                    "d4bba439e000b95fd0a9bffe97cbabec"),
                new("data_batch_3", 10_000, "54ebc095f3ab1f0389bbae665268c751"), new("data_batch_4", 10_000,
                    "634d18415352ddfa80567beed471001a"),
                new("data_batch_5", 10_000, "482c414d41f54cd18b22e5b47cb7c3cb"),
            ],
            [new("test_batch", 10_000, "40351d587109b95175f43aff81a1287e")], 0, (stream, file, records, partial) =>
                CifarPython.Read(stream, file, "labels", 10, records, partial)),
    ];

    private static readonly Layout[] Cifar100 =
    [
        new(ImageSource.Cifar100.Files[0], "cifar-100-binary", [new("train.bin", 50_000)], [new("test.bin", 10_000)], 3074,
            (stream, file, records, partial) => CifarBinary.Read(stream, file, 2, 100, records, partial)),
        new(new("cifar-100-python.tar.gz", 169_001_437, "eb9058c3a382ffc7106e4002c42a8d85"), "cifar-100-python",
            [new("train", 50_000, "16019d7e3df5f24257cddd939b257f8d")], [new("test", 10_000, "f0ef6b0ae62326f3e7ffdfab6717acfc")], 0,
            (stream, file, records, partial) => CifarPython.Read(stream, file, "fine_labels", 100, records, partial)),
    ];

    /// <summary>The names of the first file and of the archive of each layout.</summary>
    public static Items<string> Names(ImageFamily family) =>
        Items.From(Layouts(family).SelectMany(layout => (string[])[layout.Train[0].Name, layout.Archive.Name]));

    /// <summary>The folder or the archive of a data folder in which there are images; null where there is none.</summary>
    public static string? Place(ImageFamily family, string directory) => Find(family, directory)?.Path;

    /// <summary>The images of a data folder; null where there are none.</summary>
    public static Outcome<ImageSet>? Read(ImageFamily family, string directory, bool allowPartial)
    {
        var classes = family == ImageFamily.Cifar10 ? 10 : 100;
        return Find(family, directory) is not var (layout, path, isArchive) ? null
            : isArchive ? ReadArchive(layout, path, classes, allowPartial)
            : ReadFolder(layout, path, classes, allowPartial);
    }

    /// <summary>Whether the images of a data folder are all there, by the files' lengths.</summary>
    public static bool AreWhole(ImageFamily family, string directory) => Find(family, directory) is var (layout, path, isArchive)
        && (isArchive
        ? ImageFiles.HasLength(path, layout.Archive.Bytes)
        : layout.All.All(batch => Path.Combine(path, batch.Name) is var file
            && (layout.RecordBytes == 0 ? File.Exists(file) : ImageFiles.HasLength(file, (long)batch.Records * layout.RecordBytes))));

    private static Layout[] Layouts(ImageFamily family) => family == ImageFamily.Cifar10 ? Cifar10 : Cifar100;

    private static (Layout Layout, string Path, bool IsArchive)? Find(ImageFamily family, string directory)
    {
        var layouts = Layouts(family);
        foreach (var folder in ImageFiles.Places(family, directory))
        {
            foreach (var layout in layouts)
            {
                if (File.Exists(Path.Combine(folder, layout.Train[0].Name))) return (layout, folder, false);
            }
            foreach (var layout in layouts)
            {
                if (Path.Combine(folder, layout.Archive.Name) is var archive && File.Exists(archive)) return (layout, archive, true);
            }
        }
        // The first file may be the one that is missing. In the data folder itself a file named 'test' may be anything.
        foreach (var folder in ImageFiles.Places(family, directory).Where(folder => folder != directory))
        {
            foreach (var layout in layouts)
            {
                if (layout.All.Any(batch => File.Exists(Path.Combine(folder, batch.Name)))) return (layout, folder, false);
            }
        }
        return null;
    }

    /// <summary>The images of an archive, whose entries are read where they stand: nothing is written, so nothing can be written where it
    /// should not.</summary>
    internal static Outcome<ImageSet> ReadEntries(ImageFamily family, Stream tarGz, string archive, bool allowPartial) =>
        family == ImageFamily.Cifar10
        ? ReadEntries(Cifar10[0], tarGz, archive, 10, allowPartial)
        : ReadEntries(Cifar100[0], tarGz, archive, 100, allowPartial);

    private static Outcome<ImageSet> ReadFolder(Layout layout, string folder, int classes, bool allowPartial)
    {
        return ImageFiles.Both(Part(layout.Train), Part(layout.Test), classes);

        Outcome<LabelledImages> Part(Items<Batch> batches) => ImageFiles.All(batches.Select(ReadOne)).Map(LabelledImages.Join);

        Outcome<LabelledImages> ReadOne(Batch batch)
        {
            var path = Path.Combine(folder, batch.Name);
            return ImageFiles.Try(path, () =>
            {
                if (!allowPartial && batch.Md5 is not null && ImageFiles.CheckMd5(path, batch.Md5)
                    .ToArray() is { Length: > 0 } problems) return Outcome.Failure<LabelledImages>(problems);
                using var stream = File.OpenRead(path);
                return layout.Read(stream, path, batch.Records, allowPartial);
            });
        }
    }

    private static Outcome<ImageSet> ReadArchive(Layout layout, string archive, int classes, bool allowPartial) =>
        ImageFiles.Try(archive, () =>
    {
        if (!allowPartial && ImageFiles.Check(archive, layout.Archive)
            .ToArray() is { Length: > 0 } problems) return Outcome.Failure<ImageSet>(problems);
        using var file = File.OpenRead(archive);
        return ReadEntries(layout, file, archive, classes, allowPartial);
    });

    private static Outcome<ImageSet> ReadEntries(Layout layout, Stream tarGz, string archive, int classes, bool allowPartial)
    {
        var found = new Dictionary<string, Outcome<LabelledImages>>();
        // The batches, and what lies beside them, which is not much.
        var recordBytes = layout.RecordBytes == 0 ? CifarPython.RecordBytes : layout.RecordBytes;
        var most = layout.All.Sum(batch => (long)batch.Records * recordBytes) + (1 << 24);
        using var tar = new TarReader(new TarGuard(new GZipStream(tarGz, CompressionMode.Decompress), most));
        try
        {
            while (NextEntry(tar) is { } entry)
            {
                if (Suspicion(entry) is { } reason) return Outcome.Failure<ImageSet>(ImageProblems.Unsafe(archive, entry.Name, reason));
                if (layout.All.FirstOrDefault(batch => $"{layout.Folder}/{batch.Name}" == entry.Name) is { } wanted
                    && entry.DataStream is { } data)
                    found[wanted.Name] = layout.Read(data, $"{archive}:{entry.Name}", wanted.Records, allowPartial);
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException)
        {
            return Outcome.Failure<ImageSet>(ImageProblems.Malformed(archive, $"breaks off or is damaged: {e.Message}"));
        }
        return ImageFiles.Both(Part(layout.Train), Part(layout.Test), classes);

        Outcome<LabelledImages> Part(Items<Batch> batches) => ImageFiles.All(batches.Select(batch => found.GetValueOrDefault(
            batch.Name, Outcome.Failure<LabelledImages>(ImageProblems.Malformed(archive, $"has no entry '{layout.Folder}/{batch.Name}'")))))
                .Map(LabelledImages.Join);
    }

    // .NET's reader throws other exceptions where a number of a header, such as a time, is larger than it can be.
    private static TarEntry? NextEntry(TarReader tar)
    {
        try
        {
            return tar.GetNextEntry();
        }
        catch (Exception e) when (e is OverflowException or ArgumentException)
        {
            throw new InvalidDataException(e.Message, e);
        }
    }

    /// <summary>What no archive of images has: links, devices, paths that lead out of it.</summary>
    private static string? Suspicion(TarEntry entry) =>
        entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.Directory
            or TarEntryType.GlobalExtendedAttributes) ? "is a link or a device"
        : entry.Name.StartsWith('/') || entry.Name.Contains('\\') || entry.Name.Split('/').Contains("..") ? "leads out of the archive"
        : null;
}
