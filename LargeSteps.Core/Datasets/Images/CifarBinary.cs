using LargeSteps.Values;

namespace LargeSteps.Datasets.Images;

/// <summary>
/// The binary layout of CIFAR: records of one label byte (CIFAR-10) or two (CIFAR-100: coarse, fine), then 3072 bytes, the red, the green
/// and the blue plane, row by row.
/// </summary>
internal static class CifarBinary
{
    private const int Pixels = 3 * 32 * 32;

    /// <summary>The images of a batch.</summary>
    /// <param name="stream">The batch.</param>
    /// <param name="file">Its name, for diagnostics.</param>
    /// <param name="labelBytes">1 or 2; the last of them counts.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="records">How many records it was published with.</param>
    /// <param name="allowPartial">Whether fewer records, of which the last may be cut off, are enough.</param>
    public static Outcome<LabelledImages> Read(Stream stream, string file, int labelBytes, int classes, int records, bool allowPartial)
    {
        var record = labelBytes + Pixels;
        var (batch, isAll) = ImageFiles.Take(stream, records * record);
        var count = batch.Length / record;
        if (!isAll) return Outcome.Failure<LabelledImages>(ImageProblems.Longer(file, records * record));
        if (allowPartial ? count == 0 : count < records)
            return Outcome.Failure<LabelledImages>(ImageProblems.Length(file, records * record, batch.Length));

        var (pixels, labels) = (new byte[count * Pixels], new int[count]);
        for (var i = 0; i < count; i++)
        {
            labels[i] = batch[i * record + labelBytes - 1];
            if (labels[i] >= classes)
            {
                return Outcome.Failure<LabelledImages>(ImageProblems.Malformed(file,
                    FormattableString.Invariant($"record {i + 1} has label {labels[i]}, but there are {classes} classes")));
            }

            batch.AsSpan(i * record + labelBytes, Pixels).CopyTo(pixels.AsSpan(i * Pixels));
        }
        return Outcome.Success(LabelledImages.Of(new(3, 32, 32), new Items<byte>(pixels), new Items<int>(labels)));
    }
}
