using LargeSteps.Values;

namespace LargeSteps.Datasets.Images;

public abstract partial record ImageSource
{
    /// <summary>Images in memory. Two such sources are equal where their names and the images are; the classes are 0 to the highest label
    /// of the training images.</summary>
    /// <param name="name">What they are called in tables and messages.</param>
    /// <param name="train">The training images.</param>
    /// <param name="test">The test images; null: none, and the metrics of the test set are not numbers.</param>
    /// <param name="flips">Whether a mirrored image is one of its class still, so that augmentation may flip it.</param>
    /// <exception cref="ArgumentException">The name is empty or that of published images, there are no training images, less than two
    /// classes or a class without any, or a test image has another shape, another kind of numbers or another class than they.</exception>
    public static ImageSource Of(string name, LabelledImages train, LabelledImages? test = null, bool flips = false)
    {
        var (seen, classes) = (train.Labels.ToHashSet(), train.Labels.DefaultIfEmpty().Max() + 1);
        var missing = Enumerable.Range(0, Math.Max(0, classes)).Where(label => !seen.Contains(label)).Select(label => (int?)label)
            .FirstOrDefault();
        if (train.Count > 0 && missing is { } label)
        {
            throw new ArgumentException(FormattableString.Invariant(
                $"No training image has the label {label}, but one has {classes - 1}: an ImageSet says how many classes there are."),
                nameof(train));
        }
        return Of(name, new ImageSet(train, test ?? train.First(0), classes), flips);
    }

    /// <summary>The same with the number of classes.</summary>
    /// <param name="name">What they are called in tables and messages.</param>
    /// <param name="images">The images; none of them held out for validation.</param>
    /// <param name="flips">Whether a mirrored image is one of its class still, so that augmentation may flip it.</param>
    /// <exception cref="ArgumentException">As above, or a label is not below the number of classes.</exception>
    public static ImageSource Of(string name, ImageSet images, bool flips = false)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (Named(name) is not null) throw new ArgumentException($"'{name}' is the name of published images.", nameof(name));
        if (GivenImages.Problem(images) is { } problem) throw new ArgumentException(problem, nameof(images));
        return new GivenImages(name, images) { Mirrored = flips };
    }
}

/// <summary>Images in memory, for which their name and the hash of their content stand.</summary>
internal sealed record GivenImages : OwnImages
{
    private readonly ImageSet _images;

    public GivenImages(string name, ImageSet images)
        : base(name, images.Train.Shape, images.Classes, images.Train.Count, images.Test.Count) =>
        (_images, Content) = (images, ImageFingerprint.Of(images));

    /// <summary>The hash of the images.</summary>
    public string Content { get; }

    internal override bool HasGrey => base.HasGrey && _images.Train.Values.Count == 0;

    // Whatever the pipeline asks for is checked of the images themselves.
    internal override ImageSource Readable => Shapes;

    internal override (string Key, string Text) Written =>
        ("in_memory", FormattableString.Invariant($"{Name}, {Classes} classes, {Content}"));

    /// <summary>What is wrong with images; null: nothing.</summary>
    public static string? Problem(ImageSet images)
    {
        var (train, test) = (images.Train, images.Test);
        return images.Validation is not null ? "Images for validation are held out of the training images by the options of a dataset."
            : train.Count == 0 ? "There are no training images."
            : images.Classes < 2 ? FormattableString.Invariant($"There are at least 2 classes, not {images.Classes}.")
            : (LabelProblem(train, "Training", images.Classes) ?? LabelProblem(test, "Test", images.Classes)) is { } problem ? problem
            : test.Count > 0 && (test.Shape != train.Shape || test.Values.Count > 0 != train.Values.Count > 0)
                ? "Test images have the shape and the kind of numbers of the training images."
            : null;
    }

    private static string? LabelProblem(LabelledImages images, string part, int classes)
    {
        var labels = images.Labels.AsSpan();
        for (var i = 0; i < labels.Length; i++)
        {
            if (labels[i] >= 0 && labels[i] < classes) continue;
            return FormattableString.Invariant(
                $"{part} image {i}, counted from 0, has the label {labels[i]}: they are 0 to {classes - 1}.");
        }
        return null;
    }

    internal override Outcome<ImageSet> Load(string? directory, ImageOptions options) =>
        ImageStore.Taken(this, _images.Mixed(), options, null);

    /// <inheritdoc/>
    public bool Equals(GivenImages? other) => other is not null
        && (Name, Classes, Mirrored, Content) == (other.Name, other.Classes, other.Mirrored, other.Content);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Classes, Mirrored, Content);
}
