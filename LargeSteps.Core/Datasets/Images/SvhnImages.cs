using LargeSteps.Values;

namespace LargeSteps.Datasets.Images;

public abstract partial record ImageSource
{
    /// <summary>Street View House Numbers: 32×32 cuts around digits (Netzer et al. 2011). A mirrored digit is none, so it is not
    /// flipped.</summary>
    public static ImageSource Svhn { get; } = new SvhnImages();
}

/// <summary>Street View House Numbers: a MATLAB file for each part, with the images in X, 32×32×3×N bytes, column by column, and the
/// labels in y, where 10 stands for 0.</summary>
internal sealed record SvhnImages() : PublishedImages("svhn", new(3, Side, Side), 10, 73_257, 26_032)
{
    private const int Side = 32, Length = 3 * Side * Side;

    internal override Uri Url { get; } = new("http://ufldl.stanford.edu/housenumbers/");

    internal override Items<PublishedFile> Files { get; } =
    [
        new("train_32x32.mat", 182_040_794, "e26dedcc434d2e4c54c9b2d4a06d8373"),
        new("test_32x32.mat", 64_275_384, "eb5a983be6a315427106f1b164d9cef3"),
    ];

    internal override bool Crops => true;

    internal override string FetchedInto => "svhn";

    internal override Items<string> Folders => ["svhn", "."];

    internal override Items<string> FileNames => Files.Map(file => file.Name);

    internal override Outcome<ImageSet>? Read(string directory, bool allowPartial) => Place(directory) is not { } folder ? null
        : ImageFiles.Both(Part(folder, Files[0], TrainingImages, allowPartial), Part(folder, Files[1], TestImages, allowPartial), Classes);

    internal override bool AreIn(string directory) => Place(directory) is { } folder
        && Files.All(file => ImageFiles.HasLength(Path.Combine(folder, file.Name), file.Bytes));

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
            // The labels may be doubles; beside the numbers stand names and sizes.
            const int beside = 4096;
            var variables = MatlabFile.Read(stream, ["X", "y"], records * (long)(Length + sizeof(double)) + beside);
            if (variables.GetValueOrDefault("X") is not { Dimensions: [Side, Side, 3, var count] } x
                || variables.GetValueOrDefault("y") is not { } y || y.Values.Length != count
                || y.Values.Span.ContainsAnyExceptInRange((byte)1, (byte)10))
            {
                return Outcome.Failure<LabelledImages>(ImageProblems.Malformed(file,
                    "does not hold 32×32×3×N bytes in X and N labels of 1 to 10 in y"));
            }
            if (count > records || (allowPartial ? count == 0
                : count < records))
            {
                return Outcome.Failure<LabelledImages>(ImageProblems.Records(file, records, count));
            }

            var pixels = new byte[count * Length];
            // The first index, the row, runs fastest.
            Parallel.For(0, count, i =>
            {
                var from = x.Values.Span.Slice(i * Length, Length);
                var to = pixels.AsSpan(i * Length, Length);
                for (var plane = 0; plane < Length; plane += Side * Side)
                {
                    for (var row = 0; row < Side; row++)
                    {
                        for (var column = 0; column < Side; column++)
                            to[plane + row * Side + column] = from[plane + column * Side + row];
                    }
                }
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
    internal override string? Place(string directory) => FileNames.Select(name => Places(directory)
        .FirstOrDefault(folder => ImageFiles.Exists(Path.Combine(folder, name))))
        .FirstOrDefault(folder => folder is not null);

    private static Outcome<LabelledImages> Part(string folder, PublishedFile file, int records, bool allowPartial)
    {
        var path = Path.Combine(folder, file.Name);
        return ImageFiles.Try(path, () =>
        {
            if (!allowPartial && ImageFiles.Check(path, file)
                .ToArray() is { Length: > 0 } problems)
            {
                return Outcome.Failure<LabelledImages>(problems);
            }

            using var stream = File.OpenRead(path);
            return Read(stream, path, records, allowPartial);
        });
    }
}
