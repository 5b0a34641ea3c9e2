using System.Numerics;
using LargeSteps.Formats;
using LargeSteps.Values;

namespace LargeSteps.Datasets.Images;

/// <summary>
/// The Python layout of CIFAR: a pickled dictionary with the images under <c>data</c>, an array of N×3072 bytes in the order of
/// <see cref="CifarBinary"/>, and a list of their labels.
/// </summary>
internal static class CifarPython
{
    private const int ImageBytes = 3 * 32 * 32, MostOfLabelAndName = 256, MostOfTheRest = 1 << 20;

    /// <summary>The most bytes that an image takes in a batch, with its label and its name; in the published batches it has less.</summary>
    public const int RecordBytes = ImageBytes + MostOfLabelAndName;

    /// <summary>The images of a batch.</summary>
    /// <param name="stream">The batch.</param>
    /// <param name="file">Its name, for diagnostics.</param>
    /// <param name="labelKey">What the labels are called in it: <c>labels</c> or <c>fine_labels</c>.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="records">How many images it was published with.</param>
    /// <param name="allowPartial">Whether fewer images are enough; a pickle that is cut off holds none.</param>
    public static Outcome<LabelledImages> Read(Stream stream, string file, string labelKey, int classes, int records, bool allowPartial)
    {
        var most = records * RecordBytes + MostOfTheRest;
        var (bytes, isAll) = ImageFiles.TakeWhole(stream, most);
        using var pickle = new MemoryStream(bytes);
        if (!isAll)
        {
            return Outcome.Failure<LabelledImages>(ImageProblems.Malformed(file,
            FormattableString.Invariant($"has more than {most} bytes, and is no batch of CIFAR")));
        }

        try
        {
            if (Unpickler.Read(pickle, CifarFunctions.Instance) is not OrderedDictionary<string, object?> batch
                || batch.GetValueOrDefault("data") is not PickledArray { Shape: [var count, ImageBytes] } data
                || batch.GetValueOrDefault(labelKey) is not List<object?> labels
                || labels.Count != count
                || !labels.All(label => label is BigInteger number && number >= 0 && number < classes))
            {
                return Outcome.Failure<LabelledImages>(ImageProblems.Malformed(file,
                    $"is not a batch of CIFAR: a dictionary with N×3072 bytes under 'data' and N labels below {classes} under " +
                    $"'{labelKey}'"));
            }
            if (count > records || (allowPartial ? count == 0
                : count < records))
            {
                return Outcome.Failure<LabelledImages>(ImageProblems.Records(file, records, count));
            }

            return Outcome.Success(LabelledImages.Of(new(3, 32, 32), new Items<byte>(data.Bytes),
                Items.From(labels.Select(label => (int)(BigInteger)label!))));
        }
        catch (BadFileException e)
        {
            return Outcome.Failure<LabelledImages>(ImageProblems.Malformed(file, $"is no batch of CIFAR: {e.Message}"));
        }
    }
}
