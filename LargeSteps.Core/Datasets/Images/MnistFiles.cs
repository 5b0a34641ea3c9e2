using System.Buffers.Binary;
using System.IO.Compression;
using LargeSteps.Models;
using LargeSteps.Values;

namespace LargeSteps.Datasets.Images;

/// <summary>
/// MNIST: a file of images and one of labels for each part, in the idx format (big-endian: 0x00000803, N, rows, columns, then bytes;
/// 0x00000801, N, then bytes), compressed as published or not.
/// </summary>
internal static class MnistFiles
{
    private static readonly ImageShape Shape = new(1, 28, 28);

    /// <summary>The names of the files, in the spellings in which they go round.</summary>
    public static Items<string> Names { get; } =
        Items.From(ImageSource.Mnist.Files.Select(file => $"{Unpacked(file)} (or {WithDot(Unpacked(file))}, or either with .gz)"));

    /// <summary>The images of a data folder; null where there are none.</summary>
    public static Outcome<ImageSet>? Read(string directory, bool allowPartial)
    {
        if (Place(directory) is not { } folder) return null;
        var files = ImageSource.Mnist.Files;
        return ImageFiles.Both(Part(files[0], files[1], 60_000), Part(files[2], files[3], 10_000), 10);

        Outcome<LabelledImages> Part(PublishedFile images, PublishedFile labels, int count) =>
            ImageFiles.All([Open(images, (stream, file) => ReadImages(stream, file, count, allowPartial)),
                Open(labels, (stream, file) => ReadLabels(stream, file, count, allowPartial))])
                .Bind(both => Join(both[0], both[1], Path.Combine(folder, images.Name), allowPartial));

        Outcome<byte[]> Open(PublishedFile file, Func<Stream, string, Outcome<byte[]>> read)
        {
            if (Find(folder, file) is not { } path) return Outcome.Failure<byte[]>(ImageProblems.Missing(Path.Combine(folder, file.Name),
                $"{Unpacked(file)} or {WithDot(Unpacked(file))}, or either with .gz"));
            return ImageFiles.Try(path, () =>
            {
                var compressed = path.EndsWith(".gz", StringComparison.Ordinal);
                // Those of another name were compressed by somebody else: what is in them is checked all the same.
                if (compressed && !allowPartial && Path.GetFileName(path) == file.Name && ImageFiles.Check(path, file)
                    .ToArray() is { Length: > 0 } problems) return Outcome.Failure<byte[]>(problems);
                using var stream = File.OpenRead(path);
                if (!compressed) return read(stream, path);
                using var unpacked = new GZipStream(stream, CompressionMode.Decompress);
                return read(unpacked, path);
            });
        }
    }

    /// <summary>Whether the images of a data folder are all there, by the files' lengths where they are compressed.</summary>
    public static bool AreWhole(string directory) => Place(directory) is { } folder && ImageSource.Mnist.Files.All(file =>
        Find(folder, file) is { } path && (Path.GetFileName(path) != file.Name || ImageFiles.HasLength(path, file.Bytes)));

    /// <summary>The images of a file, one after the other.</summary>
    public static Outcome<byte[]> ReadImages(Stream stream, string file, int count, bool allowPartial) =>
        Body(stream, file, [0x803, count, Shape.Height, Shape.Width], Shape.Length, allowPartial);

    /// <summary>The labels of a file.</summary>
    public static Outcome<byte[]> ReadLabels(Stream stream, string file, int count, bool allowPartial) => Body(stream, file, [0x801, count],
        1, allowPartial).Bind(labels =>
        labels.AsSpan().IndexOfAnyExceptInRange((byte)0, (byte)9) is >= 0 and var bad
            ? Outcome.Failure<byte[]>(ImageProblems.Malformed(file,
                FormattableString.Invariant($"label {bad + 1} is {labels[bad]}, but there are 10 classes")))
            : Outcome.Success(labels));

    private static Outcome<byte[]> Body(Stream stream, string file, int[] head, int length, bool allowPartial)
    {
        var start = new byte[4 * head.Length];
        if (ImageFiles.Fill(stream, start) < start.Length) return Outcome.Failure<byte[]>(ImageProblems.Malformed(file,
            "is too short for the head of an idx file"));
        int[] found = [.. start.Chunk(4).Select(word => BinaryPrimitives.ReadInt32BigEndian(word))];
        var count = allowPartial && found[1] > 0 && found[1] < head[1] ? found[1] : head[1];
        if (!found.SequenceEqual([head[0], count, .. head[2..]]))
            return Outcome.Failure<byte[]>(ImageProblems.Malformed(file,
                FormattableString.Invariant($"has the head {string.Join(", ", found)}, not {string.Join(", ", head)}")));

        var (body, isAll) = ImageFiles.Take(stream, count * length);
        if (!isAll) return Outcome.Failure<byte[]>(ImageProblems.Longer(file, start.Length + body.Length));
        if (body.Length < (allowPartial ? length : count * length))
            return Outcome.Failure<byte[]>(ImageProblems.Length(file, start.Length + count * length, start.Length + body.Length));
        return Outcome.Success(body[..(body.Length / length * length)]);
    }

    private static Outcome<LabelledImages> Join(byte[] images, byte[] labels, string file, bool allowPartial)
    {
        var count = images.Length / Shape.Length;
        if (count != labels.Length && !allowPartial) return Outcome.Failure<LabelledImages>(ImageProblems.Records(file, labels.Length,
            count));
        count = Math.Min(count, labels.Length);
        return Outcome.Success(LabelledImages.Of(Shape, new Items<byte>(images[..(count * Shape.Length)]), Items.From(labels.Take(count)
            .Select(label => (int)label))));
    }

    /// <summary>The folder of a data folder in which there is one of the files at least, the images of the training set before others; null
    /// where there is none.</summary>
    public static string? Place(string directory)
    {
        var folders = ImageFiles.Places(ImageFamily.Mnist, directory).ToArray();
        return Array.Find(folders, folder => Find(folder, ImageSource.Mnist.Files[0]) is not null)
            ?? Array.Find(folders, folder => ImageSource.Mnist.Files.Any(file => Find(folder, file) is not null));
    }

    /// <summary>The file of a folder, compressed or not, with a hyphen or a dot before its kind.</summary>
    private static string? Find(string folder, PublishedFile file) => ((string[])[file.Name, Unpacked(file), WithDot(Unpacked(file)),
        WithDot(file.Name)])
        .Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    private static string Unpacked(PublishedFile file) => Path.GetFileNameWithoutExtension(file.Name);

    private static string WithDot(string name) => name.Replace("-idx", ".idx", StringComparison.Ordinal);
}
