using LargeSteps.Numerics;

namespace LargeSteps.Datasets.Images;

/// <summary>How the order of the images of each epoch is drawn from a stream.</summary>
/// <param name="Begin">The stream at the beginning of the run.</param>
/// <param name="Draw">The order of an epoch: from the stream, which it moves on, the number of the epoch, counted from 0, and the number of
/// images.</param>
internal sealed record ImageOrder(NumpyRandom Begin, Func<NumpyRandom, long, int, int[]> Draw)
{
    /// <summary><c>permutation(n)</c> of <c>numpy(seed)</c>.</summary>
    public static ImageOrder Shuffled(uint seed) => new(new NumpyRandom(seed), (random, _, images) => random.Permutation(images));

    /// <summary>That of the published program, see <see cref="Optimizers.SamplingPublished"/>.</summary>
    /// <param name="words">The stream of libtorch's generator once the model is built.</param>
    /// <param name="batchesPerEpoch">The steps of an epoch.</param>
    /// <param name="evaluatedEvery">The steps from one evaluation to the next.</param>
    /// <param name="batchNorm">Whether the network has batch norm, whose statistics an evaluation makes again.</param>
    public static ImageOrder Published(NumpyRandom words, int batchesPerEpoch, int evaluatedEvery, bool batchNorm) =>
        new(words, (random, epoch, images) =>
    {
        // The epoch that only looks at a batch, and its evaluation; later the evaluations of the epoch that is over.
        var evaluations = epoch == 0 ? 1 : epoch * batchesPerEpoch / evaluatedEvery - (epoch - 1) * batchesPerEpoch / evaluatedEvery;
        var skipped = (epoch == 0 ? 2 : 0) + evaluations * (2 * (batchNorm ? 6 : 5) + 5);
        for (var i = 0L; i < 2 * skipped; i++) random.NextUInt32();
        // The seed of the loader's workers, which nothing here asks for, then that of the order, of whose 64 bits the generator takes the
        // lower half.
        for (var i = 0; i < 3; i++) random.NextUInt32();
        return RandomPermutation(new NumpyRandom(random.NextUInt32()), images);
    });

    // randperm: libtorch fills from the front.
    private static int[] RandomPermutation(NumpyRandom random, int count)
    {
        int[] order = [.. Enumerable.Range(0, count)];
        for (var i = 0; i < count - 1; i++)
        {
            var z = i + (int)(random.NextUInt32() % (uint)(count - i));
            (order[i], order[z]) = (order[z], order[i]);
        }
        return order;
    }
}
