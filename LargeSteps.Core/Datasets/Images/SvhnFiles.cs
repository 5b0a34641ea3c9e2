using LargeSteps.Values;

namespace LargeSteps.Datasets.Images;

/// <summary>Street View House Numbers: a MATLAB file for each part, with the images in X, 32×32×3×N bytes, column by column, and the labels
/// in y, where 10 stands for 0.</summary>
internal static class SvhnFiles
{
    private const int Side = 32, Length = 3 * Side * Side;

    /// <summary>The names of the files.</summary>
    public static Items<string> Names { get; } = ImageSource.Svhn.Files.Map(file => file.Name);

    /// <summary>The images of a data folder; null where there are none.</summary>
    public static Outcome<ImageSet>? Read(string directory, bool allowPartial)
    {
        var source = ImageSource.Svhn;
        return Place(directory) is not { } folder ? null
            : ImageFiles.Both(Part(folder, source.Files[0], source.TrainingImages, allowPartial), Part(folder, source.Files[1],
                source.TestImages, allowPartial), source.Classes);
    }

    /// <summary>Whether the images of a data folder are all there, by the files' lengths.</summary>
    public static bool AreWhole(string directory) => Place(directory) is { } folder
        && ImageSource.Svhn.Files.All(file => ImageFiles.HasLength(Path.Combine(folder, file.Name), file.Bytes));

    /// <summary>The images of a file.</summary>
    /// <param name="stream">The file.</param>
    /// <param name="file">Its name, for diagnostics.</param>
    /// <param name="records">How many images it was published with.</param>
    /// <param name="allowPartial">Whether a whole file with fewer images is enough; in one that is cut off the labels, which come last, are
    /// missing.</param>
    public static Outcome<LabelledImages> Read(Stream stream, string file, int records, bool allowPartial)
    {
        try
        {
            // The labels may be doubles; beside the numbers stands little.
            var variables = MatlabFile.Read(stream, ["X", "y"], records * (Length + 8L) + 4096);
            if (variables.GetValueOrDefault("X") is not { Dimensions: [Side, Side, 3, var count] } x
                || variables.GetValueOrDefault("y") is not { } y || y.Values.Length != count
                || y.Values.Span.ContainsAnyExceptInRange((byte)1, (byte)10))
            {
                return Outcome.Failure<LabelledImages>(ImageProblems.Malformed(file,
                    "does not hold 32×32×3×N bytes in X and N labels of 1 to 10 in y"));
            }
            if (count > records || (allowPartial ? count == 0
                : count < records)) return Outcome.Failure<LabelledImages>(ImageProblems.Records(file, records, count));
            var pixels = new byte[count * Length];
            // The first index, the row, runs fastest.
            Parallel.For(0, count, i =>
            {
                var from = x.Values.Span.Slice(i * Length, Length);
                var to = pixels.AsSpan(i * Length, Length);
                for (var plane = 0; plane < Length; plane += Side * Side)
                    for (var row = 0; row < Side; row++)
                        for (var column = 0; column < Side; column++)
                            to[plane + row * Side + column] = from[plane + column * Side + row];
            });
            return Outcome.Success(LabelledImages.Of(new(3, Side, Side), new Items<byte>(pixels),
                Items.From(y.Values.ToArray().Select(label => label % 10))));
        }
        catch (InvalidDataException e)
        {
            return Outcome.Failure<LabelledImages>(ImageProblems.Malformed(file,
                $"is no MATLAB file of images or a damaged one: {e.Message}"));
        }
    }

    /// <summary>The folder of a data folder in which there is one of the files, that of the training set before the other; null where there
    /// is none.</summary>
    public static string? Place(string directory) => Names.Select(name => ImageFiles.Places(ImageFamily.Svhn, directory)
        .FirstOrDefault(folder => File.Exists(Path.Combine(folder, name))))
        .FirstOrDefault(folder => folder is not null);

    private static Outcome<LabelledImages> Part(string folder, PublishedFile file, int records, bool allowPartial)
    {
        var path = Path.Combine(folder, file.Name);
        return ImageFiles.Try(path, () =>
        {
            if (!allowPartial && ImageFiles.Check(path, file)
                .ToArray() is { Length: > 0 } problems) return Outcome.Failure<LabelledImages>(problems);
            using var stream = File.OpenRead(path);
            return Read(stream, path, records, allowPartial);
        });
    }
}
