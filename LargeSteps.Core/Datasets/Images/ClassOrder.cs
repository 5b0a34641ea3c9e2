using LargeSteps.Numerics;
using LargeSteps.Values;

namespace LargeSteps.Datasets.Images;

/// <summary>
/// The order of images by their classes. Published training sets are shuffled, so that their first images stand for all of them; files
/// that lie in a folder for each class come class by class, and their first images are of one class.
/// </summary>
internal static class ClassOrder
{
    // A stream of its own: NumPy's with this seed draws nothing else.
    private const uint Seed = 20_221_011;

    /// <summary>
    /// Whether the classes come one after the other, in one piece each or in several: neighbours differ less often than in a random order
    /// of the same labels. There they differ (n − 1)·p times in the mean, p = 1 − Σ n_c(n_c − 1)/(n(n − 1)), with a variance of about
    /// (n − 1)·p(1 − p); here it is less than three quarters of that (neighbours in SVHN are digits of one house number, and may be a
    /// little alike), and by more than chance does in a small set.
    /// </summary>
    public static bool IsSorted(Items<int> labels)
    {
        if (labels.Count < 2) return false;
        var changes = 0;
        for (var i = 1; i < labels.Count; i++)
            if (labels[i] != labels[i - 1]) changes++;
        double n = labels.Count;
        var p = 1 - labels.CountBy(label => label).Sum(label => label.Value * (label.Value - 1.0)) / (n * (n - 1));
        var mean = (n - 1) * p;
        const double alike = 0.75, deviationsOfChance = 4;
        return changes < alike * mean && changes < mean - deviationsOfChance * Math.Sqrt(mean * (1 - p));
    }

    /// <summary>
    /// A fixed random order in which the classes take turns: of the first n images, for every n, each class has as many as any other to
    /// within one, as long as it has images left. In each turn the classes come in another order, and so do the images of a class.
    /// </summary>
    /// <returns>The places of the images in that order.</returns>
    public static Items<int> Stratified(Items<int> labels)
    {
        var random = new NumpyRandom(Seed);
        int[][] byClass = [.. ByClass(random, labels)];
        var order = new List<int>(labels.Count);
        for (var turn = 0; order.Count < labels.Count; turn++)
            order.AddRange(Shuffled(random, [.. byClass.Where(images => turn < images.Length).Select(images => images[turn])]));
        return Items.From(order);
    }

    /// <summary>
    /// Holds images out of others: of n_c images of a class n_c·m/n to within one, drawn by a fixed stream; the classes with the largest
    /// remainders have the one more. Both parts keep the order.
    /// </summary>
    /// <param name="labels">The labels of the n images.</param>
    /// <param name="count">m, how many are held out.</param>
    /// <returns>The places of the images that are kept, and of those that are held out.</returns>
    /// <exception cref="ArgumentOutOfRangeException">No image would be kept.</exception>
    public static (Items<int> Kept, Items<int> Held) Split(Items<int> labels, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(count, labels.Count);
        var random = new NumpyRandom(Seed);
        var classes = ByClass(random, labels).Select(images => (Images: images, Share: (long)images.Length * count)).ToArray();
        var left = (int)(count - classes.Sum(one => one.Share / labels.Count));
        // A stable sort: of equal remainders those of the first classes.
        var held = classes.OrderByDescending(one => one.Share % labels.Count)
            .SelectMany((one, rank) => one.Images.Take((int)(one.Share / labels.Count) + (rank < left ? 1 : 0))).ToHashSet();
        return (Items.From(Enumerable.Range(0, labels.Count).Where(i => !held.Contains(i))), Items.From(held.Order()));
    }

    private static IEnumerable<int[]> ByClass(NumpyRandom random, Items<int> labels) =>
        Enumerable.Range(0, labels.Count).GroupBy(i => labels[i]).OrderBy(same => same.Key).Select(same => Shuffled(random, [.. same]));

    private static int[] Shuffled(NumpyRandom random, int[] values) => [.. random.Permutation(values.Length).Select(i => values[i])];
}
