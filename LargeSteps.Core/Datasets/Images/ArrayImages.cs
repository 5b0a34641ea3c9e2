using System.IO.Compression;
using LargeSteps.Formats;
using LargeSteps.Models;
using LargeSteps.Values;

namespace LargeSteps.Datasets.Images;

public abstract partial record ImageSource
{
    /// <summary>
    /// Arrays of NumPy in a file .npz, or in files .npy of a folder, named as those of Keras: <c>x_train</c>, n × h × w or
    /// n × h × w × c of uint8, <c>y_train</c>, n whole numbers, and, where there are test images, <c>x_test</c> and <c>y_test</c>. The
    /// labels are 0, 1, … up to the number of classes less one.
    /// </summary>
    /// <param name="path">The file or the folder.</param>
    /// <param name="flips">Whether a mirrored image is one of its class still, so that augmentation may flip it.</param>
    /// <returns>The source, or what is wrong: LS0601 there is no such file, LS0602 it cannot be read, LS0605 it is damaged, or its arrays
    /// are not these.</returns>
    public static Outcome<ImageSource> OfArrays(string path, bool flips = false) => ImageFiles.Try(path, () => ArrayImages.HeadOf(path)
        .Map<ImageSource>(head => new ArrayImages(path, head) { Mirrored = flips }));
}

/// <summary>Images and labels in arrays of NumPy.</summary>
internal sealed record ArrayImages(string Location, ImagesHead Head) : OwnFiles("arrays", Location, Head)
{
    private const int MostImages = 10_000_000;

    // Red, green, blue and opacity.
    private const int MostChannels = 4;

    private static readonly string[] Names = ["x_train", "y_train", "x_test", "y_test"];

    private sealed record Part(string Name, ImageShape Shape, int Count, int[] Labels);

    private sealed record Parts(ImagesHead Head, Part Train, Part? Test);

    /// <summary>What a look at the arrays gives: the heads of the images, and all labels.</summary>
    public static Outcome<ImagesHead> HeadOf(string path) => With(path, open => PartsOf(path, open).Map(parts => parts.Head));

    private protected override Outcome<(ImagesHead Head, Func<Outcome<ImageSet>> Read)> Look() =>
        With(Location, open => PartsOf(Location, open)).Map(parts => (parts.Head, (Func<Outcome<ImageSet>>)(() => With(Location, open =>
            ImageFiles.Both(Images(open, parts.Train), parts.Test is { } test ? Images(open, test)
                : Outcome.Success(LabelledImages.Of(Shape, Items<byte>.Empty, [])), Classes).Map(set => set.Mixed())))));

    internal override IEnumerable<FileInfo> Listed(string directory) => Directory.Exists(Location)
        ? Names.Select(name => new FileInfo(Path.Combine(Location, name + ".npy"))).Where(file => file.Exists) : [new(Location)];

    /// <summary>The arrays by their names, null where there is none, for as long as they are read.</summary>
    private static Outcome<T> With<T>(string path, Func<Func<string, Stream?>, Outcome<T>> read)
    {
        try
        {
            if (Directory.Exists(path))
            {
                return read(name => Path.Combine(path, name + ".npy") is var file && ImageFiles.Exists(file)
                ? File.OpenRead(file) : null);
            }

            if (!ImageFiles.Exists(path)) return Outcome.Failure<T>(ImageProblems.NoArrays(path));
            using var zip = ZipFile.OpenRead(path);
            return Array.Find(Names, name => zip.Entries.Count(entry => entry.FullName == name + ".npy") > 1) is { } twice
                ? Outcome.Failure<T>(ImageProblems.Malformed(path, $"has two arrays {twice}"))
                : read(name => zip.GetEntry(name + ".npy")?.Open());
        }
        catch (Exception e) when (e is BadFileException or EndOfStreamException or InvalidDataException or NotSupportedException)
        {
            return Outcome.Failure<T>(ImageProblems.Malformed(path, $"is damaged or has other arrays: {e.Message}"));
        }
    }

    private static Outcome<Parts> PartsOf(string path, Func<string, Stream?> open)
    {
        var train = PartOf("train");
        bool hasTest;
        using (var x = open("x_test"))
        using (var y = open("y_test")) hasTest = x is not null || y is not null;
        var test = hasTest ? PartOf("test") : null;
        var classes = train.Labels.Max() + 1;
        if (classes < 2) throw Bad($"all labels of y_train are 0: there are at least two classes");
        var seen = new HashSet<int>(train.Labels);
        if (seen.Count < classes)
        {
            var missing = Enumerable.Range(0, classes).First(label => !seen.Contains(label));
            throw Bad($"no label of y_train is {missing}, but one is {classes - 1}");
        }
        if (test is not null && test.Labels.Where(label => label >= classes).Append(-1).Max() is >= 0 and var unknown)
            throw Bad($"y_test has the label {unknown}, which y_train has not");
        if (test is not null && test.Shape != train.Shape)
            throw Bad($"the images of x_test are {InWords(test.Shape)}, those of x_train {InWords(train.Shape)}");
        var head = new ImagesHead(train.Shape, classes, train.Count, test?.Count ?? 0);
        return head.TooLarge(path) is { } tooLarge ? Outcome.Failure<Parts>(tooLarge) : Outcome.Success(new Parts(head, train, test));

        Part PartOf(string part)
        {
            var (count, shape) = ShapeOf($"x_{part}");
            var labels = LabelsOf($"y_{part}", count);
            return new($"x_{part}", shape, count, labels);
        }

        (int Count, ImageShape Shape) ShapeOf(string name)
        {
            using var stream = Opened(open, name);
            var head = HeadOf(name, stream);
            if (head is not { Kind: 'u', ElementBytes: 1, Shape.Length: 3 or 4 })
                throw Bad($"{name} is an array of {head.Type} with {head.Shape.Length} axes, not n × h × w or n × h × w × c of uint8");
            if (head.Shape.Any(length => length == 0) || head.Shape[0] > MostImages)
                throw Bad($"{name} is {InWords(head)}: there are 1 to {MostImages} images, and each has pixels");
            var channels = head.Shape.Length == 4 ? head.Shape[3] : 1;
            // As PyTorch has them.
            if (head.Shape.Length == 4 && channels > MostChannels && head.Shape[1] is 1 or 3 or MostChannels)
                throw Bad($"{name} is {InWords(head)}: the channels come last, n × h × w × c, and these seem to be n × c × h × w");
            if ((double)head.Shape[1] * head.Shape[2] * channels > Array.MaxLength)
                throw Bad($"{name} is {InWords(head)}: too large for an array");
            return ((int)head.Shape[0], new((int)channels, (int)head.Shape[1], (int)head.Shape[2]));
        }

        int[] LabelsOf(string name, int count)
        {
            using var stream = Opened(open, name);
            var head = HeadOf(name, stream);
            if (head is not { Kind: 'u' or 'i', ElementBytes: 1 or 2 or 4 or 8, Shape: [_] or [_, 1] })
                throw Bad($"{name} is an array of {head.Type} that is {InWords(head)}, not n whole numbers");
            if (head.Shape[0] != count) throw Bad($"{name} has {head.Shape[0]} labels, but there are {count} images");
            var bytes = BytesOf(name, stream, count * head.ElementBytes);
            var labels = new int[count];
            for (var i = 0; i < count; i++)
            {
                labels[i] = Label(bytes.AsSpan(i * head.ElementBytes, head.ElementBytes), head) is >= 0 and var label
                    ? label : throw Bad($"label {i + 1} of {name} is not 0, 1, … up to the number of classes less one");
            }

            return labels;
        }
    }

    // −1 for a number that is no label.
    private static int Label(ReadOnlySpan<byte> element, NpyHead head)
    {
        var value = 0UL;
        for (var i = 0; i < element.Length; i++) value = value << 8 | element[head.IsBigEndian ? i : element.Length - 1 - i];
        return value < MostImages && (head.Kind == 'u' || value >> (8 * element.Length - 1) == 0) ? (int)value : -1;
    }

    private static Outcome<LabelledImages> Images(Func<string, Stream?> open, Part part)
    {
        using var stream = Opened(open, part.Name);
        HeadOf(part.Name, stream);
        var (shape, bytes) = (part.Shape, BytesOf(part.Name, stream, part.Count * part.Shape.Length));
        var labels = new Items<int>(part.Labels);
        if (shape.Channels == 1) return Outcome.Success(LabelledImages.Of(shape, new Items<byte>(bytes), labels));
        // NumPy has the channels of a pixel side by side.
        var planes = new byte[bytes.Length];
        Parallel.For(0, part.Count, i =>
        {
            var from = bytes.AsSpan(i * shape.Length, shape.Length);
            var to = planes.AsSpan(i * shape.Length, shape.Length);
            for (var p = 0; p < shape.Plane; p++)
                for (var c = 0; c < shape.Channels; c++) to[c * shape.Plane + p] = from[p * shape.Channels + c];
        });
        return Outcome.Success(LabelledImages.Of(shape, new Items<byte>(planes), labels));
    }

    private static NpyHead HeadOf(string name, Stream stream) => NpyHead.Read(stream) is { ColumnsFirst: false } head ? head
        : throw Bad($"{name} lies column by column: save numpy.ascontiguousarray({name})");

    private static Stream Opened(Func<string, Stream?> open, string name) => open(name) ?? throw Bad($"it has no array {name}");

    private static byte[] BytesOf(string name, Stream stream, int count)
    {
        var (bytes, isAll) = ImageFiles.TakeWhole(stream, count);
        return bytes.Length == count && isAll ? bytes
            : throw Bad($"{name} {(isAll ? "ends before" : "goes on behind")} the {count} bytes that its shape says");
    }

    private static string InWords(NpyHead head) => string.Join(" × ", head.Shape);

    private static string InWords(ImageShape shape) => FormattableString.Invariant($"{shape.Height} × {shape.Width} × {shape.Channels}");

    private static BadFileException Bad(FormattableString message) => BadFileException.Unread(message);
}
