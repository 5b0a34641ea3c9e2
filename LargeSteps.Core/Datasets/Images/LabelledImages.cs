using LargeSteps.Models;
using LargeSteps.Values;

namespace LargeSteps.Datasets.Images;

/// <summary>
/// Images of one shape with their labels. Images from files are bytes, of which a network sees the 255th part; images that are drawn from a
/// continuous distribution are numbers, which it sees as they are. Either way one array, N×C×H×W.
/// </summary>
public sealed record LabelledImages
{
    private LabelledImages(ImageShape shape, Items<byte> bytes, Items<float> values, Items<int> labels) =>
        (Shape, Bytes, Values, Labels) = (shape, bytes, values, labels);

    /// <summary>The shape of each image.</summary>
    public ImageShape Shape { get; }

    /// <summary>The images as bytes, N×C×H×W; empty where they are numbers.</summary>
    public Items<byte> Bytes { get; }

    /// <summary>The images as numbers, N×C×H×W; empty where they are bytes.</summary>
    public Items<float> Values { get; }

    /// <summary>The classes, N, counted from 0.</summary>
    public Items<int> Labels { get; private init; }

    /// <summary>N, the number of images.</summary>
    public int Count => Labels.Count;

    /// <summary>Images of bytes.</summary>
    /// <exception cref="ArgumentException">The bytes are not those of as many images as there are labels.</exception>
    public static LabelledImages Of(ImageShape shape, Items<byte> bytes, Items<int> labels)
    {
        Check(shape, bytes.Count, labels.Count);
        return new LabelledImages(shape, bytes, [], labels);
    }

    /// <summary>Images of numbers.</summary>
    /// <exception cref="ArgumentException">The numbers are not those of as many images as there are labels, or not finite.</exception>
    public static LabelledImages Of(ImageShape shape, Items<float> values, Items<int> labels)
    {
        Check(shape, values.Count, labels.Count);
        for (var i = 0; i < values.Count; i++)
        {
            if (!float.IsFinite(values[i]))
            {
                throw new ArgumentException(FormattableString.Invariant(
                    $"Image {i / shape.Length + 1} has {(float.IsNaN(values[i]) ? "no value (NaN)" : "an infinite value")}."),
                    nameof(values));
            }
        }

        return new LabelledImages(shape, [], values, labels);
    }

    /// <summary>The first images.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are not so many.</exception>
    public LabelledImages First(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Count);
        if (count == Count) return this;
        var length = count * Shape.Length;
        var labels = Items.Of(Labels.AsSpan()[..count]);
        return Values.Count == 0 ? Of(Shape, Items.Of(Bytes.AsSpan()[..length]), labels) : Of(Shape, Items.Of(Values.AsSpan()[..length]),
            labels);
    }

    /// <summary>Chosen images, in the order of the choice.</summary>
    internal LabelledImages Chosen(Items<int> images)
    {
        var labels = images.Map(i => Labels[i]);
        return Values.Count == 0 ? Of(Shape, Gather(Bytes, images.AsSpan()), labels) : Of(Shape, Gather(Values, images.AsSpan()), labels);
    }

    /// <summary>The same images, in the order of <see cref="ClassOrder.Stratified"/> where they come class by class.</summary>
    internal LabelledImages Mixed() => ClassOrder.IsSorted(Labels) ? Chosen(ClassOrder.Stratified(Labels)) : this;

    /// <summary>The images of some classes, in their order; the first of these classes becomes class 0, the next 1, and so on.</summary>
    public LabelledImages OfClasses(Items<int> classes)
    {
        int[] kept = [.. Enumerable.Range(0, Count).Where(i => classes.Contains(Labels[i]))];
        var labels = Items.From(kept.Select(i => IndexIn(classes, Labels[i])));
        return Values.Count == 0 ? Of(Shape, Gather(Bytes, kept), labels) : Of(Shape, Gather(Values, kept), labels);
    }

    /// <summary>The same images with other labels.</summary>
    /// <exception cref="ArgumentException">There are not as many labels as images.</exception>
    public LabelledImages WithLabels(Items<int> labels) => labels.Count == Count
        ? this with { Labels = labels }
        : throw new ArgumentException($"{Count} images have {labels.Count} labels.", nameof(labels));

    /// <summary>
    /// The images in grey, one channel: the arithmetic mean of red, green and blue, rounded down to a byte, as the published program has
    /// it. Images in grey stay what they are.
    /// </summary>
    /// <exception cref="InvalidOperationException">The images have neither one channel nor bytes in three.</exception>
    public LabelledImages Grey()
    {
        if (Shape.Channels == 1) return this;
        if (Shape.Channels != 3 || Values.Count > 0) throw new InvalidOperationException("Only bytes in red, green and blue have a grey.");
        var (plane, grey) = (Shape.Plane, new byte[Count * Shape.Plane]);
        Parallel.For(0, Count, i =>
        {
            var image = Bytes.AsSpan().Slice(i * Shape.Length, Shape.Length);
            var to = grey.AsSpan(i * plane, plane);
            for (var p = 0; p < plane; p++) to[p] = (byte)((image[p] + image[plane + p] + image[2 * plane + p]) / 3);
        });
        return Of(Shape with { Channels = 1 }, new Items<byte>(grey), Labels);
    }

    /// <summary>How many and of which shape; not the pixels.</summary>
    public override string ToString() => FormattableString.Invariant($"{Count} images of {Shape.Channels}×{Shape.Height}×{Shape.Width}");

    /// <summary>The images of several parts of bytes and one shape, one after the other.</summary>
    internal static LabelledImages Join(IReadOnlyList<LabelledImages> parts)
    {
        if (parts.Count == 1) return parts[0];
        var (bytes, at) = (new byte[parts.Sum(part => part.Bytes.Count)], 0);
        foreach (var part in parts)
        {
            part.Bytes.AsSpan().CopyTo(bytes.AsSpan(at));
            at += part.Bytes.Count;
        }
        return Of(parts[0].Shape, new Items<byte>(bytes), Items.From(parts.SelectMany(part => part.Labels)));
    }

    private Items<T> Gather<T>(Items<T> from, ReadOnlySpan<int> images)
    {
        var (length, to) = (Shape.Length, new T[images.Length * Shape.Length]);
        for (var i = 0; i < images.Length; i++) from.AsSpan().Slice(images[i] * length, length).CopyTo(to.AsSpan(i * length));
        return new Items<T>(to);
    }

    private static int IndexIn(Items<int> classes, int label) => classes.AsSpan().IndexOf(label);

    private static void Check(ImageShape shape, int values, int labels)
    {
        if (values != (long)labels * shape.Length)
        {
            throw new ArgumentException(
            $"{labels} labels are for {(long)labels * shape.Length} values, not {values}.", nameof(labels));
        }
    }
}

/// <summary>A classification problem.</summary>
/// <param name="Train">The training images.</param>
/// <param name="Test">The test images, of the same shape.</param>
/// <param name="Classes">The number of classes; labels are below it.</param>
/// <param name="Validation">Images that were held out of the training images; null: none.</param>
public sealed record ImageSet(LabelledImages Train, LabelledImages Test, int Classes, LabelledImages? Validation = null)
{
    /// <summary>The images of some classes, see <see cref="LabelledImages.OfClasses"/>.</summary>
    internal ImageSet OfClasses(Items<int> classes) => new(Train.OfClasses(classes), Test.OfClasses(classes), classes.Count,
        Validation?.OfClasses(classes));

    /// <summary>The same images, each part in an order in which the first of them stand for all.</summary>
    internal ImageSet Mixed() => this with { Train = Train.Mixed(), Test = Test.Mixed() };
}
