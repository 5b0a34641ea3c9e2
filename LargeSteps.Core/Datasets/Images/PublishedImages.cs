using LargeSteps.Models;
using LargeSteps.Values;

namespace LargeSteps.Datasets.Images;

/// <summary>Images in the files in which they were published, somewhere in a data folder.</summary>
internal abstract record PublishedImages(string Name, ImageShape Shape, int Classes, int TrainingImages, int TestImages)
    : ImageSource(Name, Shape, Classes, TrainingImages, TestImages)
{
    internal sealed override bool HasFiles => true;

    /// <summary>The folder of a data folder into which the files are fetched.</summary>
    internal abstract string FetchedInto { get; }

    /// <remarks>
    /// First what is whole, as it was published, then folders with a part of the images, so that a part counts only where there is nothing
    /// else.
    /// </remarks>
    internal abstract override Items<string> Folders { get; }

    internal abstract override string? Place(string directory);

    internal abstract override bool AreIn(string directory);

    /// <summary>All images of a data folder, in the order in which they lie there; null where there are none.</summary>
    internal abstract Outcome<ImageSet>? Read(string directory, bool allowPartial);

    /// <summary>The same; none at all are a problem.</summary>
    internal Outcome<ImageSet> ReadAll(string? directory, bool allowPartial) =>
        (directory is null ? null : Read(directory, allowPartial)) ?? Outcome.Failure<ImageSet>(ImageProblems.NotFound(this, directory));

    internal sealed override Outcome<ImageSet> Load(string? directory, ImageOptions options) =>
        ReadAll(directory, options.AllowPartial).Bind(set => ImageStore.Taken(this, set.Mixed(), options, Place(directory!)));

    /// <summary>The folders as paths.</summary>
    protected IEnumerable<string> Places(string directory) => Folders.Select(name =>
        name == "." ? directory : Path.Combine(directory, name));

    // Of all files that the images may lie in; more than those that were read make it no worse.
    internal sealed override IEnumerable<FileInfo> Listed(string directory) => Places(directory).Where(Directory.Exists)
        .SelectMany(place => new DirectoryInfo(place).EnumerateFiles("*", place == directory ? SearchOption.TopDirectoryOnly
            : SearchOption.AllDirectories).OrderBy(file => file.FullName, StringComparer.Ordinal));
}

/// <summary>The images of some classes of others, which become the classes 0, 1, … in their order.</summary>
internal sealed record ImagesOfClasses : PublishedImages
{
    private readonly PublishedImages _all;
    private readonly Items<int> _classes;

    public ImagesOfClasses(string name, PublishedImages all, Items<int> classes, int trainingImages, int testImages)
        : base(name, all.Shape, classes.Count, trainingImages, testImages) => (_all, _classes) = (all, classes);

    internal override Uri? Url => _all.Url;

    internal override Items<PublishedFile> Files => _all.Files;

    internal override bool Crops => _all.Crops;

    public override bool Flips => _all.Flips;

    internal override string FetchedInto => _all.FetchedInto;

    internal override Items<string> Folders => _all.Folders;

    internal override Items<string> FileNames => _all.FileNames;

    internal override string? Place(string directory) => _all.Place(directory);

    internal override bool AreIn(string directory) => _all.AreIn(directory);

    internal override Outcome<ImageSet>? Read(string directory, bool allowPartial) => _all.Read(directory, allowPartial)?.Map(set =>
        new ImageSet(set.Train.OfClasses(_classes), set.Test.OfClasses(_classes), Classes));
}
