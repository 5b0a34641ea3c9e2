using LargeSteps.Datasets.Images;
using LargeSteps.Numerics;

namespace LargeSteps.Tests.Datasets.Images;

public class ImageOrderTests
{
    // From PyTorch 1.13: manual_seed(3), Linear(12, 3, bias=False), and the loaders that the published program begins, with 23 samples in
    // batches of 4 and an evaluation after each 7 steps.
    private static readonly int[][] Published =
    [
        [10, 1, 21, 19, 4, 17, 16, 2, 0, 22, 5, 14, 15, 9, 18, 8, 20, 3, 7, 11],
        [22, 16, 9, 19, 18, 2, 4, 5, 21, 11, 1, 0, 15, 7, 8, 20, 13, 6, 10, 12],
        [2, 0, 21, 13, 11, 14, 4, 3, 15, 16, 7, 19, 10, 5, 9, 12, 18, 6, 20, 1],
        [8, 11, 15, 3, 10, 4, 20, 17, 16, 18, 5, 2, 6, 9, 14, 1, 22, 0, 19, 12],
    ];

    [Fact]
    public void Epochs_have_the_order_of_the_published_loader()
    {
        using var scope = SmallNets.Scope();
        using var network = SmallNets.Network("linear", new(3, 2, 2), classes: 3);
        using var random = new TorchRandom(3);
        network.Initial(random);
        var order = ImageOrder.Published(random.Words(), 5, 7, network.HasBatchNorm);
        for (var epoch = 0; epoch < Published.Length; epoch++) Assert.Equal(Published[epoch], order.Draw(order.Begin, epoch, 23)[..20]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(623)]
    [InlineData(624)]
    [InlineData(700)]
    public void The_words_of_libtorchs_generator_are_those_that_it_would_draw_next(int drawn)
    {
        using var random = new TorchRandom(7);
        // A float takes one word, of which it keeps 24 bits.
        random.Rand(drawn);
        var words = random.Words();
        Assert.Equal(random.Rand(1000), Enumerable.Range(0, 1000).Select(_ => (words.NextUInt32() & 0xFFFFFF) / 16777216f));
    }
}
