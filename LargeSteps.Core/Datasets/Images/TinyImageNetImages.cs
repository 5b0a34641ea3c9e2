using System.IO.Compression;
using LargeSteps.Values;

namespace LargeSteps.Datasets.Images;

public abstract partial record ImageSource
{
    /// <summary>Tiny ImageNet: 64×64 photographs of 200 classes; the test images are its validation set, the labels the order of the
    /// classes' names.</summary>
    public static ImageSource TinyImageNet { get; } = new TinyImageNetImages();
}

/// <summary>
/// Tiny ImageNet: <c>train/CLASS/images/*.JPEG</c>, and <c>val/images/*.JPEG</c> with the classes in <c>val/val_annotations.txt</c>,
/// unpacked or in the published archive. Many sort the validation images into folders too, <c>val/CLASS/images/*.JPEG</c> or
/// <c>val/CLASS/*.JPEG</c>: where there are such, they count. The classes are numbered in the order of their names; they take turns, see
/// <see cref="ClassOrder"/>.
/// </summary>
internal sealed record TinyImageNetImages() : PublishedImages("tiny_imagenet", new(3, Side, Side), 200, 100_000, 10_000)
{
    private const int Side = 64, PerClass = 500;

    // A picture of 64×64 pixels has at most 24 KB before it is compressed, and the published annotations have half a megabyte.
    private const int MostBytes = 1 << 18, MostAnnotations = 1 << 21;

    private const string Annotations = "val/val_annotations.txt";

    internal override Uri Url { get; } = new("http://cs231n.stanford.edu/");

    internal override Items<PublishedFile> Files { get; } =
        [new("tiny-imagenet-200.zip", 248_100_043, "90528d7ca1a48142e341f4ef8d21d0de")];

    internal override bool Crops => true;

    public override bool Flips => true;

    internal override string FetchedInto => "tiny_imagenet";

    internal override Items<string> Folders => ["tiny-imagenet-200", "tiny_imagenet/tiny-imagenet-200", "tiny_imagenet", "."];

    internal override Items<string> FileNames => [$"train/ beside {Annotations} or val/CLASS/", Files[0].Name];

    internal override string? Place(string directory) => Find(directory)?.Path;

    internal override Outcome<ImageSet>? Read(string directory, bool allowPartial) => Find(directory) is not var (path, isArchive) ? null
        : ImageFiles.Try(path, () => isArchive ? ReadArchive(path, allowPartial) : ReadFolder(path, allowPartial));

    internal override bool AreIn(string directory) => Find(directory) is var (path, isArchive) && (!isArchive || ImageFiles.HasLength(path,
        Files[0].Bytes));

    /// <summary>The files of a folder or an archive: their paths with slashes below tiny-imagenet-200, and their content, of at most so
    /// many bytes, with whether that is all.</summary>
    private sealed record Tree(string Root, IReadOnlyList<string> Paths, Func<string, int, (byte[] Bytes, bool IsAll)> Content);

    private (string Path, bool IsArchive)? Find(string directory)
    {
        foreach (var folder in Places(directory))
        {
            if (Directory.Exists(Path.Combine(folder, "train")) && (ImageFiles.Exists(Path.Combine(folder, Annotations))
                || Directory.Exists(Path.Combine(folder, "val"))))
            {
                return (folder, false);
            }

            if (Path.Combine(folder, Files[0].Name) is var archive && ImageFiles.Exists(archive)) return (archive, true);
        }
        return null;
    }

    private Outcome<ImageSet> ReadFolder(string folder, bool allowPartial) => Read(
        new Tree(folder,
            [.. ((string[])["train", "val"]).SelectMany(part => Directory.EnumerateFiles(Path.Combine(folder, part), "*",
                SearchOption.AllDirectories))
                .Select(path => Path.GetRelativePath(folder, path).Replace('\\', '/'))],
            (path, most) => Start(File.OpenRead(Path.Combine(folder, path)), most)),
        allowPartial);

    private Outcome<ImageSet> ReadArchive(string archive, bool allowPartial)
    {
        if (!allowPartial && ImageFiles.Check(archive, Files[0])
            .ToArray() is { Length: > 0 } problems)
        {
            return Outcome.Failure<ImageSet>(problems);
        }

        using var zip = ZipFile.OpenRead(archive);
        const string Inner = "tiny-imagenet-200/";
        var entries = new Dictionary<string, ZipArchiveEntry>();
        foreach (var entry in zip.Entries.Where(entry => entry.FullName.StartsWith(Inner, StringComparison.Ordinal)))
        {
            if (!entries.TryAdd(entry.FullName[Inner.Length..], entry))
                return Outcome.Failure<ImageSet>(ImageProblems.Malformed(archive, $"has two entries '{entry.FullName}'"));
        }

        return Read(new Tree(archive, [.. entries.Keys], (path, most) => Start(entries[path].Open(), most)), allowPartial);
    }

    private Outcome<ImageSet> Read(Tree tree, bool allowPartial)
    {
        var train = tree.Paths.Where(path => IsPicture(path, "train")).Order(StringComparer.Ordinal).ToArray();
        string[] classes = [.. train.Select(ClassOf).Distinct()];
        if (classes.Length > Classes || (!allowPartial && classes.Length < Classes))
        {
            return Outcome.Failure<ImageSet>(ImageProblems.Malformed(tree.Root,
                FormattableString.Invariant($"has {classes.Length} classes, not {Classes}")));
        }

        var byClass = tree.Paths.Where(path => IsPicture(path, "val") && ClassOf(path) != "images").Order(StringComparer.Ordinal).ToArray();
        return (byClass.Length > 0 ? ByClass(tree, byClass, classes) : Annotated(tree, classes, allowPartial))
            .Bind(test => Read(tree, train, classes, test, allowPartial));
    }

    private static Outcome<Picture[]> ByClass(Tree tree, string[] paths, string[] classes) =>
        Array.Find(paths, path => !classes.Contains(ClassOf(path))) is { } unknown
        ? Outcome.Failure<Picture[]>(ImageProblems.Malformed(tree.Root,
            $"has validation images of a class without training images: '{unknown}'"))
        : Outcome.Success(Array.ConvertAll(paths, path => new Picture(path, Array.IndexOf(classes, ClassOf(path)))));

    private static Outcome<Picture[]> Annotated(Tree tree, string[] classes, bool allowPartial)
    {
        if (!tree.Paths.Contains(Annotations))
        {
            return Outcome.Failure<Picture[]>(ImageProblems.Malformed(tree.Root,
                $"has neither {Annotations} nor images in val/CLASS or val/CLASS/images"));
        }
        // name, class, and the box around the object, separated by tabs.
        var (annotations, isAll) = tree.Content(Annotations, MostAnnotations);
        if (!isAll)
        {
            return Outcome.Failure<Picture[]>(ImageProblems.Malformed(tree.Root,
            FormattableString.Invariant($"has more than {MostAnnotations} bytes in {Annotations}")));
        }

        string[][] lines = [.. System.Text.Encoding.UTF8.GetString(annotations)
            .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split('\t'))];
        if (lines.FirstOrDefault(line => line.Length < 2 || !classes.Contains(line[1])) is { } unknown)
        {
            return Outcome.Failure<Picture[]>(ImageProblems.Malformed(tree.Root,
                $"has a line in {Annotations} without a class of the training images: '{string.Join(' ', unknown)}'"));
        }

        var there = tree.Paths.ToHashSet();
        Picture[] test = [.. lines.Select(line => new Picture($"val/images/{line[0]}", Array.IndexOf(classes, line[1])))
            .Where(picture => !allowPartial || there.Contains(picture.Path))];
        return test.FirstOrDefault(picture => !there.Contains(picture.Path)) is { } missing
            ? Outcome.Failure<Picture[]>(ImageProblems.Malformed(tree.Root, $"has no {missing.Path}")) : Outcome.Success(test);
    }

    private Outcome<ImageSet> Read(Tree tree, string[] train, string[] classes, Picture[] test, bool allowPartial)
    {
        if (!allowPartial && train.GroupBy(ClassOf).FirstOrDefault(images => images.Count() != PerClass) is { } odd)
            return Outcome.Failure<ImageSet>(ImageProblems.Records(tree.Root + "/train/" + odd.Key, PerClass, odd.Count()));
        if (train.Length > TrainingImages)
        {
            return Outcome.Failure<ImageSet>(ImageProblems.Records(tree.Root + "/train",
            TrainingImages, train.Length));
        }
        // The annotations can name an image any number of times.
        if (test.Length > TestImages || (!allowPartial && test.Length < TestImages))
            return Outcome.Failure<ImageSet>(ImageProblems.Records(tree.Root + "/val", TestImages, test.Length));
        if (train.Length == 0 || test.Length == 0)
        {
            return Outcome.Failure<ImageSet>(ImageProblems.Malformed(tree.Root,
            "has no training or no validation images"));
        }

        Picture[] pictures = [.. train.Select(path => new Picture(path, Array.IndexOf(classes, ClassOf(path))))];
        return ImageFiles.Both(Decode(tree, pictures), Decode(tree, test), Classes);
    }

    // Files with ._ before their name are what macOS keeps beside them.
    private static bool IsPicture(string path, string part) => path.Split('/') is [var first, _, .. var below] && first == part
        && below is (["images", _] or [_]) && below[^1] is var name && name.EndsWith(".JPEG", StringComparison.Ordinal)
            && !name.StartsWith("._", StringComparison.Ordinal);

    private static string ClassOf(string path) => path.Split('/')[1];

    private Outcome<LabelledImages> Decode(Tree tree, Picture[] pictures) => PictureFile.Decode(tree.Root, Picture.Mixed(pictures), Shape,
        MostBytes, tree.Content, file => PictureFile.IsJpeg(file) ? null : "is no JPEG file: it does not begin with FF D8");

    private static (byte[] Bytes, bool IsAll) Start(Stream stream, int most)
    {
        using (stream) return ImageFiles.TakeWhole(stream, most);
    }
}
