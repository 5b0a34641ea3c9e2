using System.Formats.Tar;
using System.IO.Compression;
using LargeSteps.Values;

namespace LargeSteps.Datasets.Images;

/// <summary>A file with images.</summary>
internal sealed record CifarBatch(string Name, int Records, string? Md5 = null);

/// <summary>A layout of the files.</summary>
/// <param name="Archive">The archive as it was published.</param>
/// <param name="Folder">The folder in it.</param>
/// <param name="Train">The files with the training images.</param>
/// <param name="Test">The files with the test images.</param>
/// <param name="RecordBytes">The bytes that an image takes; 0: that depends.</param>
/// <param name="Read">Reads a file: its content, its name, how many images it was published with, whether fewer are enough.</param>
internal sealed record CifarLayout(PublishedFile Archive, string Folder, Items<CifarBatch> Train, Items<CifarBatch> Test, int RecordBytes,
    Func<Stream, string, int, bool, Outcome<LabelledImages>> Read)
{
    public IEnumerable<CifarBatch> All => Train.Concat(Test);
}

/// <summary>CIFAR-10 or CIFAR-100: as folder or as archive, in one of the layouts in which it was published, whichever is there.</summary>
internal abstract record CifarImages(string Name, int Classes) : PublishedImages(Name, new(3, 32, 32), Classes, 50_000, 10_000)
{
    internal override Uri Url { get; } = new("https://www.cs.toronto.edu/~kriz/");

    internal override Items<PublishedFile> Files => [Layouts[0].Archive];

    internal override bool Crops => true;

    public override bool Flips => true;

    /// <summary>The layouts; the first is fetched.</summary>
    internal abstract Items<CifarLayout> Layouts { get; }

    internal override string FetchedInto => Name;

    /// <summary>The names of the first file and of the archive of each layout.</summary>
    internal override Items<string> FileNames =>
        Items.From(Layouts.SelectMany(layout => (string[])[layout.Train[0].Name, layout.Archive.Name]));

    internal override string? Place(string directory) => Find(directory)?.Path;

    internal override Outcome<ImageSet>? Read(string directory, bool allowPartial) =>
        Find(directory) is not var (layout, path, isArchive) ? null
            : isArchive ? ReadArchive(layout, path, allowPartial)
            : ReadFolder(layout, path, allowPartial);

    internal override bool AreIn(string directory) => Find(directory) is var (layout, path, isArchive)
        && (isArchive
        ? ImageFiles.HasLength(path, layout.Archive.Bytes)
        : layout.All.All(batch => Path.Combine(path, batch.Name) is var file
            && (layout.RecordBytes == 0 ? ImageFiles.Exists(file) : ImageFiles.HasLength(file, (long)batch.Records * layout.RecordBytes))));

    private (CifarLayout Layout, string Path, bool IsArchive)? Find(string directory)
    {
        foreach (var folder in Places(directory))
        {
            foreach (var layout in Layouts)
            {
                if (ImageFiles.Exists(Path.Combine(folder, layout.Train[0].Name))) return (layout, folder, false);
            }
            foreach (var layout in Layouts)
            {
                if (Path.Combine(folder, layout.Archive.Name) is var archive && ImageFiles.Exists(archive)) return (layout, archive, true);
            }
        }
        // The first file may be the one that is missing. In the data folder itself a file named 'test' may be anything.
        foreach (var folder in Places(directory).Where(folder => folder != directory))
        {
            foreach (var layout in Layouts)
            {
                if (layout.All.Any(batch => ImageFiles.Exists(Path.Combine(folder, batch.Name)))) return (layout, folder, false);
            }
        }
        return null;
    }

    /// <summary>The images of an archive, whose entries are read where they stand: nothing is written, so nothing can be written where it
    /// should not.</summary>
    internal Outcome<ImageSet> ReadEntries(Stream tarGz, string archive, bool allowPartial) =>
        ReadEntries(Layouts[0], tarGz, archive, allowPartial);

    private Outcome<ImageSet> ReadFolder(CifarLayout layout, string folder, bool allowPartial)
    {
        return ImageFiles.Both(Part(layout.Train), Part(layout.Test), Classes);

        Outcome<LabelledImages> Part(Items<CifarBatch> batches) => ImageFiles.All(batches.Select(ReadOne)).Map(LabelledImages.Join);

        Outcome<LabelledImages> ReadOne(CifarBatch batch)
        {
            var path = Path.Combine(folder, batch.Name);
            return ImageFiles.Try(path, () =>
            {
                if (!allowPartial && batch.Md5 is not null && ImageFiles.CheckMd5(path, batch.Md5)
                    .ToArray() is { Length: > 0 } problems)
                {
                    return Outcome.Failure<LabelledImages>(problems);
                }

                using var stream = File.OpenRead(path);
                return layout.Read(stream, path, batch.Records, allowPartial);
            });
        }
    }

    private Outcome<ImageSet> ReadArchive(CifarLayout layout, string archive, bool allowPartial) =>
        ImageFiles.Try(archive, () =>
    {
        if (!allowPartial && ImageFiles.Check(archive, layout.Archive)
            .ToArray() is { Length: > 0 } problems)
        {
            return Outcome.Failure<ImageSet>(problems);
        }

        using var file = File.OpenRead(archive);
        return ReadEntries(layout, file, archive, allowPartial);
    });

    private Outcome<ImageSet> ReadEntries(CifarLayout layout, Stream tarGz, string archive, bool allowPartial)
    {
        var found = new Dictionary<string, Outcome<LabelledImages>>();
        // The batches, and what lies beside them: names of classes, a page for readers.
        const int beside = 1 << 24;
        var recordBytes = layout.RecordBytes == 0 ? CifarPython.RecordBytes : layout.RecordBytes;
        var most = layout.All.Sum(batch => (long)batch.Records * recordBytes) + beside;
        using var tar = new TarReader(new TarGuard(new GZipStream(tarGz, CompressionMode.Decompress), most));
        try
        {
            while (NextEntry(tar) is { } entry)
            {
                if (Suspicion(entry) is { } reason) return Outcome.Failure<ImageSet>(ImageProblems.Unsafe(archive, entry.Name, reason));
                if (layout.All.FirstOrDefault(batch => $"{layout.Folder}/{batch.Name}" == entry.Name) is { } wanted
                    && entry.DataStream is { } data)
                {
                    found[wanted.Name] = layout.Read(data, $"{archive}:{entry.Name}", wanted.Records, allowPartial);
                }
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException)
        {
            return Outcome.Failure<ImageSet>(ImageProblems.Malformed(archive, $"breaks off or is damaged: {e.Message}"));
        }
        return ImageFiles.Both(Part(layout.Train), Part(layout.Test), Classes);

        Outcome<LabelledImages> Part(Items<CifarBatch> batches) => ImageFiles.All(batches.Select(batch => found.GetValueOrDefault(
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
