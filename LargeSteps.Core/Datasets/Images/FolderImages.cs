using LargeSteps.Values;

namespace LargeSteps.Datasets.Images;

public abstract partial record ImageSource
{
    /// <summary>
    /// JPEG and PNG files in a folder for each class: <c>train/CLASS/*.png</c> and <c>test/CLASS/*.png</c>, or <c>CLASS/*.png</c> without
    /// test images, whose metrics are then not numbers. The classes are numbered in the order of their names. All pictures are as large as
    /// the first; grey ones have three equal channels. Names that begin with a point and files with other endings are passed over.
    /// </summary>
    /// <param name="path">The folder.</param>
    /// <param name="flips">Whether a mirrored image is one of its class still, so that augmentation may flip it.</param>
    /// <returns>
    /// The source, or what is wrong: LS0601 there is no such folder, LS0602 it cannot be read, LS0605 it has no classes, only one, none of
    /// the training images of a test image, a class without pictures, too many files, or a first picture that is none. That the others are
    /// pictures, and as large, is seen when they are read.
    /// </returns>
    public static Outcome<ImageSource> OfFolder(string path, bool flips = false) => ImageFiles.Try(path, () => FolderImages.HeadOf(path)
        .Map<ImageSource>(head => new FolderImages(path, head) { Mirrored = flips }));
}

/// <summary>Pictures in a folder for each class.</summary>
internal sealed record FolderImages(string Location, ImagesHead Head) : OwnFiles("folder", Location, Head)
{
    /// <summary>The most files and folders, pictures or not.</summary>
    public const int MostFiles = 1_000_000;

    // What a picture may have beside its pixels: a profile of its colours, a smaller picture of itself.
    private const int MostBeside = 1 << 20, BytesOfAPixel = 8, MostFirst = 1 << 26, MostPixelBytes = 1 << 29;

    // A block of 8×8 pixels of a JPEG file takes a bit at least.
    private const long MostJpegPixelsOfAByte = 8 * 8 * 8;

    private const int MostTold = 10;

    private static readonly string[] Endings = [".png", ".jpg", ".jpeg"];

    private sealed record Tree(Picture[] Train, Picture[] Test, int Classes);

    /// <summary>What a look at a folder gives.</summary>
    public static Outcome<ImagesHead> HeadOf(string path, int mostFiles = MostFiles) =>
        TreeOf(path, mostFiles).Bind(tree => HeadOf(path, tree));

    private protected override Outcome<(ImagesHead Head, Func<Outcome<ImageSet>> Read)> Look() => TreeOf(Location).Bind(tree =>
        HeadOf(Location, tree).Map(head => (head, (Func<Outcome<ImageSet>>)(() =>
            ImageFiles.Both(Decode(tree.Train), Decode(tree.Test), head.Classes)))));

    internal override IEnumerable<FileInfo> Listed(string directory) => ImageFiles.Try(Location, () => TreeOf(Location)).Match(
        tree => tree.Train.Concat(tree.Test).Select(picture => new FileInfo(Path.Combine(Location, picture.Path))), problems => []);

    private Outcome<LabelledImages> Decode(Picture[] pictures) => PictureFile.Decode(Location, Picture.Mixed(pictures), Shape,
        MostBeside + (int)Math.Min(MostPixelBytes, BytesOfAPixel * (long)Shape.Plane), Content(Location));

    private static Func<string, int, (byte[] Bytes, bool IsAll)> Content(string path) => (picture, most) =>
    {
        using var stream = File.OpenRead(Path.Combine(path, picture));
        return ImageFiles.Take(stream, most);
    };

    // The first picture is decoded whole, so that room is made for others of a size that a picture has.
    private static Outcome<ImagesHead> HeadOf(string path, Tree tree)
    {
        var first = tree.Train[0].Path;
        var (bytes, isAll) = Content(path)(first, MostFirst);
        var (size, problem) = isAll ? PictureFile.Size(bytes) : (null, FormattableString.Invariant($"has more than {MostFirst} bytes"));
        if (size is not var (width, height)) return Outcome.Failure<ImagesHead>(ImageProblems.Malformed($"{path}/{first}", problem!));
        // The pixels of a PNG file have been counted.
        if (3L * width * height > Array.MaxLength
            || (PictureFile.IsJpeg(bytes) && width * (long)height > MostJpegPixelsOfAByte * bytes.Length))
        {
            return Outcome.Failure<ImagesHead>(ImageProblems.Malformed($"{path}/{first}", FormattableString.Invariant(
                $"has {bytes.Length} bytes for {width}×{height} pixels")));
        }

        var head = new ImagesHead(new(3, height, width), tree.Classes, tree.Train.Length, tree.Test.Length);
        if (head.TooLarge(path) is { } tooLarge) return Outcome.Failure<ImagesHead>(tooLarge);
        return PictureFile.Decode(bytes, head.Shape, new byte[head.Shape.Length]) is { } reason
            ? Outcome.Failure<ImagesHead>(ImageProblems.Malformed($"{path}/{first}", reason)) : Outcome.Success(head);
    }

    private static Outcome<Tree> TreeOf(string path, int mostFiles = MostFiles)
    {
        if (!Directory.Exists(path)) return Failure(ImageProblems.NoFolder(path));
        var (hasTrain, hasTest) = (Directory.Exists(Path.Combine(path, "train")), Directory.Exists(Path.Combine(path, "test")));
        if (hasTest && !hasTrain) return Failure(ImageProblems.Malformed(path, "has a folder test, but no folder train"));
        var left = mostFiles;
        var train = Part(hasTrain ? "train" : "");
        var test = hasTest ? Part("test") : [];
        if (left < 0)
        {
            return Failure(ImageProblems.Malformed(path,
            FormattableString.Invariant($"has more than {mostFiles} files and folders")));
        }

        string[] classes = [.. train.Select(one => one.Class)];
        var labels = classes.Index().ToDictionary(one => one.Item, one => one.Index);
        List<Diagnostic> problems = [];
        if (classes.Length < 2)
        {
            problems.Add(ImageProblems.Malformed(path, classes.Length == 0
            ? $"has no folders with the pictures of a class, {(hasTrain ? "train/CLASS" : "train/CLASS or CLASS")}"
            : $"has one class only, '{ImageProblems.Short(classes[0])}'"));
        }

        problems.AddRange(train.Where(one => one.Pictures.Length == 0).Take(MostTold).Select(one => ImageProblems.Malformed(
            Path.Combine(path, one.Folder), $"has no pictures: files that end in {string.Join(", ", Endings)}")));
        problems.AddRange(test.Where(one => one.Pictures.Length > 0 && !labels.ContainsKey(one.Class)).Take(MostTold).Select(one =>
            ImageProblems.Malformed(Path.Combine(path, one.Folder), "has test images of a class without training images")));
        return problems.Count > 0 ? Failure([.. problems]) : Outcome.Success(new Tree(Labelled(train), Labelled(test), classes.Length));

        static Outcome<Tree> Failure(params Diagnostic[] problems) => Outcome.Failure<Tree>(problems);

        Picture[] Labelled((string Class, string Folder, string[] Pictures)[] part) =>
            [.. part.SelectMany(one => one.Pictures.Select(name => new Picture($"{one.Folder}/{name}", labels[one.Class])))];

        (string Class, string Folder, string[] Pictures)[] Part(string name) =>
            [.. new DirectoryInfo(Path.Combine(path, name)).EnumerateDirectories().TakeWhile(_ => --left >= 0)
                .Select(folder => folder.Name).Where(folder => folder[0] != '.').Order(StringComparer.Ordinal)
                .Select(folder => (folder, name.Length > 0 ? $"{name}/{folder}" : folder, Pictures(Path.Combine(path, name, folder))))];

        string[] Pictures(string folder) => [.. Directory.EnumerateFiles(folder).TakeWhile(_ => --left >= 0)
            .Select(file => Path.GetFileName(file))
            .Where(file => file[0] != '.' && Endings.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase))
            .Order(StringComparer.Ordinal)];
    }
}
