using System.Buffers.Binary;
using System.IO.Compression;
using LargeSteps.Models;
using LargeSteps.Values;

namespace LargeSteps.Datasets.Images;

public abstract partial record ImageSource
{
    /// <summary>MNIST: 28×28 handwritten digits in grey (LeCun et al. 1998); neither cropped nor flipped.</summary>
    public static ImageSource Mnist { get; } = new MnistImages();
}

/// <summary>
/// MNIST: a file of images and one of labels for each part, in the idx format (big-endian: 0x00000803, N, rows, columns, then bytes;
/// 0x00000801, N, then bytes), compressed as published or not.
/// </summary>
internal sealed record MnistImages() : PublishedImages("mnist", Digits, 10, 60_000, 10_000)
{
    private static readonly ImageShape Digits = new(1, 28, 28);

    internal override Uri Url { get; } = new("https://ossci-datasets.s3.amazonaws.com/mnist/");

    internal override Items<PublishedFile> Files { get; } =
    [
        new("train-images-idx3-ubyte.gz", 9_912_422, "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
        new("train-labels-idx1-ubyte.gz", 28_881, "d53e105ee54ea40749a09fcbcd1e9432"),
        new("t10k-images-idx3-ubyte.gz", 1_648_877, "9fb629c4189551a2d022fa330f9573f3"),
        new("t10k-labels-idx1-ubyte.gz", 4_542, "ec29112dd5afa0611ce80d1b7f02629c"),
    ];

    internal override string FetchedInto => "mnist";

    internal override Items<string> Folders => ["mnist", "MNIST/raw"];

    /// <summary>The names of the files, in the spellings in which they go round.</summary>
    internal override Items<string> FileNames =>
        Files.Map(file => $"{Unpacked(file)} (or {WithDot(Unpacked(file))}, or either with .gz)");

    internal override Outcome<ImageSet>? Read(string directory, bool allowPartial)
    {
        if (Place(directory) is not { } folder) return null;
        return ImageFiles.Both(Part(Files[0], Files[1], TrainingImages), Part(Files[2], Files[3], TestImages), Classes);

        Outcome<LabelledImages> Part(PublishedFile images, PublishedFile labels, int count) =>
            ImageFiles.All([Open(images, (stream, file) => ReadImages(stream, file, count, allowPartial)),
                Open(labels, (stream, file) => ReadLabels(stream, file, count, allowPartial))])
                .Bind(both => Join(both[0], both[1], Path.Combine(folder, images.Name), allowPartial));

        Outcome<byte[]> Open(PublishedFile file, Func<Stream, string, Outcome<byte[]>> read)
        {
            if (Find(folder, file) is not { } path)
            {
                return Outcome.Failure<byte[]>(ImageProblems.Missing(Path.Combine(folder, file.Name),
                $"{Unpacked(file)} or {WithDot(Unpacked(file))}, or either with .gz"));
            }

            return ImageFiles.Try(path, () =>
            {
                var compressed = path.EndsWith(".gz", StringComparison.Ordinal);
                // Those of another name were compressed by somebody else: what is in them is checked all the same.
                if (compressed && !allowPartial && Path.GetFileName(path) == file.Name && ImageFiles.Check(path, file)
                    .ToArray() is { Length: > 0 } problems)
                {
                    return Outcome.Failure<byte[]>(problems);
                }

                using var stream = File.OpenRead(path);
                if (!compressed) return read(stream, path);
                using var unpacked = new GZipStream(stream, CompressionMode.Decompress);
                return read(unpacked, path);
            });
        }
    }

    /// <summary>Whether the images of a data folder are all there, by the files' lengths where they are compressed.</summary>
    internal override bool AreIn(string directory) => Place(directory) is { } folder && Files.All(file =>
        Find(folder, file) is { } path && (Path.GetFileName(path) != file.Name || ImageFiles.HasLength(path, file.Bytes)));

    /// <summary>The images of a file, one after the other.</summary>
    public static Outcome<byte[]> ReadImages(Stream stream, string file, int count, bool allowPartial) =>
        Body(stream, file, [0x803, count, Digits.Height, Digits.Width], Digits.Length, allowPartial);

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
        if (ImageFiles.Fill(stream, start) < start.Length)
        {
            return Outcome.Failure<byte[]>(ImageProblems.Malformed(file,
            "is too short for the head of an idx file"));
        }

        int[] found = [.. start.Chunk(4).Select(word => BinaryPrimitives.ReadInt32BigEndian(word))];
        var count = allowPartial && found[1] > 0 && found[1] < head[1] ? found[1] : head[1];
        if (!found.SequenceEqual([head[0], count, .. head[2..]]))
        {
            return Outcome.Failure<byte[]>(ImageProblems.Malformed(file,
                FormattableString.Invariant($"has the head {string.Join(", ", found)}, not {string.Join(", ", head)}")));
        }

        var (body, isAll) = ImageFiles.Take(stream, count * length);
        if (!isAll) return Outcome.Failure<byte[]>(ImageProblems.Longer(file, start.Length + body.Length));
        if (body.Length < (allowPartial ? length : count * length))
            return Outcome.Failure<byte[]>(ImageProblems.Length(file, start.Length + count * length, start.Length + body.Length));
        return Outcome.Success(body[..(body.Length / length * length)]);
    }

    private static Outcome<LabelledImages> Join(byte[] images, byte[] labels, string file, bool allowPartial)
    {
        var count = images.Length / Digits.Length;
        if (count != labels.Length && !allowPartial)
        {
            return Outcome.Failure<LabelledImages>(ImageProblems.Records(file, labels.Length,
            count));
        }

        count = Math.Min(count, labels.Length);
        return Outcome.Success(LabelledImages.Of(Digits, new Items<byte>(images[..(count * Digits.Length)]), Items.From(labels.Take(count)
            .Select(label => (int)label))));
    }

    /// <summary>The folder of a data folder in which there is one of the files at least, the images of the training set before others; null
    /// where there is none.</summary>
    internal override string? Place(string directory)
    {
        var folders = Places(directory).ToArray();
        return Array.Find(folders, folder => Find(folder, Files[0]) is not null)
            ?? Array.Find(folders, folder => Files.Any(file => Find(folder, file) is not null));
    }

    /// <summary>The file of a folder, compressed or not, with a hyphen or a dot before its kind.</summary>
    private static string? Find(string folder, PublishedFile file) => ((string[])[file.Name, Unpacked(file), WithDot(Unpacked(file)),
        WithDot(file.Name)])
        .Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    private static string Unpacked(PublishedFile file) => Path.GetFileNameWithoutExtension(file.Name);

    private static string WithDot(string name) => name.Replace("-idx", ".idx", StringComparison.Ordinal);
}
