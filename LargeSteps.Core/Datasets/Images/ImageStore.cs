using LargeSteps.Numerics;
using LargeSteps.Values;

namespace LargeSteps.Datasets.Images;

/// <summary>What is asked of a source beside its name.</summary>
/// <param name="Grey">Whether the images are made grey, one channel (the published names with <c>_gs</c>).</param>
/// <param name="AllowPartial">
/// Whether files with fewer images than were published are enough, of which the last may be cut off. Lengths below the published ones and
/// checksums are then not held against a file; whatever else is wrong with it is.
/// </param>
/// <param name="Fraction">The fraction of the training images that is kept, above 0 to 1: the first round(Fraction·n), but at least one, as
/// the published programs do.</param>
/// <param name="TrainingImages">How many training images: the first of those from files, before the fraction; null: all, or as many as the
/// source makes.</param>
/// <param name="TestImages">How many test images; null: all, or as many as the source makes.</param>
/// <param name="LabelNoise">Wrong labels among the training images that are kept; null: none.</param>
/// <param name="Seed">The seed of images that are made; nothing is drawn for those from files.</param>
/// <param name="Validation">
/// What is held out of the training images that are kept, before any label is made wrong: below 1 a fraction of them, else how many; null:
/// nothing. They are drawn once and for all, whatever the seeds, and of each class in proportion, to within one.
/// </param>
public sealed record ImageOptions(
    bool Grey = false,
    bool AllowPartial = false,
    double Fraction = 1,
    int? TrainingImages = null,
    int? TestImages = null,
    StaticLabelNoise? LabelNoise = null,
    uint Seed = 0,
    double? Validation = null)
{
    /// <summary>What is done with the values of the images.</summary>
    public Standardisation Standardise { get; init; }

    /// <summary>The classes whose images there are: the first of them becomes class 0, the next 1, and so on; null: all.</summary>
    public Items<int>? Classes { get; init; }

    /// <summary>The same with the images of some classes alone.</summary>
    public ImageOptions WithClasses(Items<int>? classes) => this with { Classes = classes };

    /// <summary>The same with images that are standardised, or not.</summary>
    public ImageOptions WithStandardisation(Standardisation standardise) => this with { Standardise = standardise };

    /// <summary>How many of so many training images are held out.</summary>
    internal int HeldOut(int images) => Validation is not { } held ? 0 : (int)Math.Round(held < 1 ? held * images : held);
}

/// <summary>Images from a data folder, or made.</summary>
/// <remarks>
/// The files may be unpacked or not: the folders of a data folder in which they are looked for are, in this order (a folder stands for the
/// files in it, and for the published archive in it),
/// <list type="table">
/// <item><term>cifar10</term><description>cifar-10-batches-bin, cifar10/cifar-10-batches-bin, cifar10, cifar-10-batches-py,
/// cifar10/cifar-10-batches-py, the data folder, cifar-10-exact</description></item>
/// <item><term>cifar100</term><description>cifar-100-binary, cifar100/cifar-100-binary, cifar100, cifar-100-python,
/// cifar100/cifar-100-python, the data folder, cifar-100-exact</description></item>
/// <item><term>mnist</term><description>mnist, MNIST/raw; each file compressed or not, and named train-images-idx3-ubyte or
/// train-images.idx3-ubyte</description></item>
/// <item><term>svhn</term><description>svhn, the data folder</description></item>
/// <item><term>tiny_imagenet</term><description>tiny-imagenet-200, tiny_imagenet/tiny-imagenet-200, tiny_imagenet, the data folder; the
/// validation set with val_annotations.txt or in a folder a class</description></item>
/// </list>
/// The sources that are a part of another lie where that one does.
/// <para>
/// The images come in the order of the files, which was shuffled when CIFAR, MNIST and SVHN were published, so that the first of them stand
/// for all. Those of Tiny ImageNet lie in a folder for each class: images that come class by class are put into a fixed random order in
/// which the classes take turns, so that of the first n images each class has as many as any other, to within one.
/// </para>
/// </remarks>
public static class ImageStore
{
    /// <summary>The images of a source.</summary>
    /// <param name="source">The source.</param>
    /// <param name="directory">The data folder; null where none is named, which is enough for images that are made.</param>
    /// <param name="options">What is asked of it.</param>
    /// <returns>
    /// The images, or what is wrong: LS0601 there are none, LS0602 a file cannot be read, LS0603 a file or a part of it has another length,
    /// LS0604 another checksum, LS0605 its content is not what it should be, LS0606 an archive has links or paths that lead out of it,
    /// LS0610 more images are asked for than there are.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is not within 0 to 1, or no training image would be left.</exception>
    public static Outcome<ImageSet> Load(ImageSource source, string? directory, ImageOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.Fraction);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Fraction, 1);
        var (perPixel, classes) = (options.Standardise == Standardisation.PerPixel, options.Classes);
        if (!perPixel && classes is null) return source.Load(directory, options).Map(set => Shaped(source, set, options));
        // The means are those of all training images that are there, whatever is asked for.
        return source.Load(directory, options with { TrainingImages = null, TestImages = classes is null ? options.TestImages : null })
            .Bind(all => Taken(source, classes is null ? all : all.OfClasses(classes), options,
                directory is null ? null : Place(source, directory)).Map(set => Shaped(source, set, options,
                perPixel ? PixelStandard.Of(options.Grey ? all.Train.Grey() : all.Train) : null)));
    }

    /// <summary>Whether a data folder holds all images of a source, by the lengths of its files; true for images that are in none of its
    /// files.</summary>
    public static bool Holds(ImageSource source, string directory) => source.AreIn(directory);

    /// <summary>The folder or the archive of a data folder in which there is something of a source; null where there is nothing.</summary>
    internal static string? Place(ImageSource source, string directory) => source.Place(directory);

    /// <summary>
    /// Fetches the published files of a source into a data folder, unless it holds them (<see cref="Holds"/>): CIFAR-10 into
    /// <c>cifar10/</c>, and so on. They come into the user's cache folder and are put into the data folder once all of them are there and
    /// right; a file that breaks off goes on, in this call or a later one.
    /// </summary>
    /// <param name="source">The source; for images that are made there is nothing to fetch.</param>
    /// <param name="directory">The data folder; it is made where it is not there.</param>
    /// <param name="mirror">Where the files are asked for instead of where they were published; null: there.</param>
    /// <param name="progress">Is told how far each file has come; null: nobody.</param>
    /// <param name="cancel">Ends it early; what has come stays for later.</param>
    /// <returns>
    /// The paths of the files that were fetched, or what is wrong: LS0603 the server's file has another length, LS0604 another checksum,
    /// LS0607 the server refuses, LS0608 it cannot be reached or breaks off again and again, LS0609 a file cannot be written.
    /// </returns>
    /// <exception cref="OperationCanceledException">It was ended early.</exception>
    public static async Task<Outcome<Items<string>>> Fetch(
        ImageSource source, string directory, Uri? mirror = null, IProgress<FetchProgress>? progress = null, CancellationToken cancel =
            default)
    {
        using var client = Downloads.CreateClient();
        return await Fetch(new Downloads(client, TimeProvider.System, staging: Staging(source)), source, directory, mirror, progress,
            cancel).ConfigureAwait(false);
    }

    internal static Task<Outcome<Items<string>>> Fetch(
        Downloads downloads, ImageSource source, string directory, Uri? mirror, IProgress<FetchProgress>? progress,
            CancellationToken cancel) => source is not PublishedImages published || Holds(source, directory)
        ? Task.FromResult(Outcome.Success(Items<string>.Empty))
        : downloads.Fetch(source.Files, Base(mirror ?? source.Url!), Path.Combine(directory, published.FetchedInto), progress, cancel);

    // Named by what is fetched: another call goes on with the same bytes. Where no cache can be written to, the data folder serves.
    private static string? Staging(ImageSource source) => NativeLibraries.CacheFolders().Select(cache => Path.Combine(cache, "fetched"))
        .FirstOrDefault(CanBeMade) is { } fetched ? Path.Combine(fetched, string.Join('-', source.Files.Select(file => file.Md5[..8])))
        : null;

    private static bool CanBeMade(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    // Without the slash the last part of the address would be replaced by the file's name.
    private static Uri Base(Uri address) => address.AbsoluteUri.EndsWith('/') ? address : new Uri(address.AbsoluteUri + "/");

    /// <summary>The first images of a set, as many as are asked for.</summary>
    /// <param name="source">Where they are from.</param>
    /// <param name="set">The images.</param>
    /// <param name="options">How many.</param>
    /// <param name="place">The folder or file that they lie in, for diagnostics.</param>
    internal static Outcome<ImageSet> Taken(ImageSource source, ImageSet set, ImageOptions options, string? place)
    {
        var problems = new List<Diagnostic>();
        if (options.TrainingImages > set.Train.Count)
        {
            problems.Add(ImageProblems.TooFew(source, "training", options.TrainingImages.Value,
            set.Train.Count, place));
        }

        if (options.TestImages > set.Test.Count)
        {
            problems.Add(ImageProblems.TooFew(source, "test", options.TestImages.Value, set.Test.Count,
            place));
        }

        return problems.Count > 0
            ? Outcome.Failure<ImageSet>([.. problems])
            : Outcome.Success(set with
            {
                Train = set.Train.First(options.TrainingImages ?? set.Train.Count),
                Test = set.Test.First(options.TestImages ?? set.Test.Count)
            });
    }

    private static ImageSet Shaped(ImageSource source, ImageSet set, ImageOptions options, PixelStandard? standard = null)
    {
        var train = set.Train.First(Math.Min(set.Train.Count, Math.Max(1, (int)Math.Round(options.Fraction * set.Train.Count))));
        var validation = (LabelledImages?)null;
        if (options.HeldOut(train.Count) is > 0 and var held)
        {
            var (kept, apart) = ClassOrder.Split(train.Labels, held);
            (train, validation) = (train.Chosen(kept), train.Chosen(apart));
        }
        if (options.LabelNoise is not null) train = train.WithLabels(options.LabelNoise.Apply(train.Labels, source, set.Classes));
        set = set with { Train = train, Validation = validation };
        if (options.Grey) set = set with { Train = train.Grey(), Test = set.Test.Grey(), Validation = validation?.Grey() };
        if (options.Standardise == Standardisation.PerChannel) standard = PixelStandard.OfChannels(set.Train.Shape);
        return standard is null ? set : set with
        {
            Train = standard.Applied(set.Train),
            Test = standard.Applied(set.Test),
            Validation = set.Validation is { } images ? standard.Applied(images) : null,
        };
    }
}
