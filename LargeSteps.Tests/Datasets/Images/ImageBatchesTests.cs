using CsCheck;
using LargeSteps.Datasets.Images;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Values;
using TorchSharp;

namespace LargeSteps.Tests.Datasets.Images;

public class ImageBatchesTests
{
    private static readonly ImageShape Shape = new(2, 5, 6);

    /// <summary>Images of which every byte says where it is: 60 different ones, so that an augmented pixel tells its place; label i mod
    /// 3.</summary>
    private static LabelledImages Ramp(int count, ImageShape? shape = null) => LabelledImages.Of(
        shape ?? Shape, Items.From(Enumerable.Range(0, count * (shape ?? Shape).Length).Select(p => (byte)(1 + p % 251))),
            Items.From(Enumerable.Range(0, count).Select(i => i % 3)));

    private static DeviceImages On(LabelledImages images, TensorFormat? format = null) =>
        DeviceImages.On("cpu", images, 3, format ?? new());

    private static byte[] Bytes(torch.Tensor seen) =>
        [.. seen.to(torch.float32).contiguous().data<float>().ToArray().Select(x => (byte)MathF.Round(x * 255))];

    /// <summary>What batches give: all pixels and labels in order.</summary>
    private static (byte[] Pixels, long[] Labels) Take(ImageBatches batches, int count, double labelNoise = 0)
    {
        var (pixels, labels) = (new List<byte>(), new List<long>());
        for (var i = 0; i < count; i++)
        {
            using var scope = torch.NewDisposeScope();
            var batch = batches.Next(labelNoise);
            pixels.AddRange(Bytes(batch.Images));
            labels.AddRange(batch.Labels.data<long>().ToArray());
        }
        return ([.. pixels], [.. labels]);
    }

    [Fact]
    public void A_batch_is_bytes_divided_by_255_in_the_order_of_the_seed()
    {
        using var images = On(Ramp(10));
        using var batches = new ImageBatches(images, new(4, Seed: 5));
        Assert.Equal(2, batches.BatchesPerEpoch);
        var random = new NumpyRandom(5);
        var source = Ramp(10);
        for (var epoch = 0; epoch < 3; epoch++)
        {
            var order = random.Permutation(10);
            for (var b = 0; b < 2; b++)
            {
                using var scope = torch.NewDisposeScope();
                var batch = batches.Next();
                Assert.Equal(epoch, batches.Epoch);
                Assert.Equal([4, 2, 5, 6], batch.Images.shape);
                var rows = order[(4 * b)..(4 * b + 4)];
                Assert.Equal(rows.SelectMany(i => source.Bytes.AsSpan().Slice(i * 60, 60).ToArray()).Select(x => x / 255f),
                    batch.Images.data<float>().ToArray());
                Assert.Equal(rows.Select(i => (long)(i % 3)), batch.Labels.data<long>().ToArray());
            }
        }
    }

    [Fact]
    public void Windows_and_flips_are_those_of_the_stream_whatever_the_padding() =>
        Gen.Select(Gen.Int[0, 4], Gen.Bool, Gen.UInt).Sample((padding, flip, seed) =>
        {
            using var images = On(Ramp(7));
            using var batches = new ImageBatches(images, new(7, padding, flip, Seed: seed));
            var (order, random, source) = (new NumpyRandom(seed).Permutation(7), new NumpyRandom(seed ^ 0x9E3779B9), Ramp(7));
            var expected = new List<byte>();
            foreach (var image in order)
            {
                var (top, left) = (0, 0);
                if (padding > 0) (top, left) = (random.NextInt(2 * padding + 1) - padding, random.NextInt(2 * padding + 1) - padding);
                var mirrored = flip && random.NextInt(2) == 1;
                for (var c = 0; c < 2; c++)
                {
                    for (var y = 0; y < 5; y++)
                    {
                        for (var x = 0; x < 6; x++)
                        {
                            var (row, column) = (top + y, left + (mirrored ? 5 - x : x));
                            expected.Add(row is < 0 or >= 5 || column is < 0 or >= 6
                                ? (byte)0 : ImageTestData.At(source, image, c, row, column));
                        }
                    }
                }
            }
            Assert.Equal(expected, Take(batches, 1).Pixels);
        }, iter: 30);

    [Fact]
    public void A_window_of_a_constant_image_is_constant_but_for_zeros_in_whole_rows_and_columns_at_its_edges()
    {
        var shape = new ImageShape(1, 32, 32);
        var constant = LabelledImages.Of(shape, Items.From(Enumerable.Repeat((byte)200, 500 * shape.Length)),
            Items.From(Enumerable.Repeat(0, 500)));
        using var images = On(constant);
        using var batches = new ImageBatches(images, new ImageBatchOptions(500, Seed: 1).Augmented(ImageSource.Cifar10));
        var pixels = Take(batches, 1).Pixels;
        var offsets = new int[9, 9];
        foreach (var image in pixels.Chunk(1024))
        {
            Assert.All(image, x => Assert.True(x is 0 or 200));
            var (rows, columns) = (Covered(image, 32, 1), Covered(image, 1, 32));
            Assert.Equal(rows.Count * columns.Count, image.Count(x => x == 200));
            offsets[Offset(rows), Offset(columns)]++;
        }
        // A window that is not at the middle shows on which side it is: 9 positions each way, all alike. With 500 in 81 cells χ² has mean
        // 80 and standard deviation 12.6.
        var chiSquare = offsets.Cast<int>().Sum(found => (found - 500 / 81.0) * (found - 500 / 81.0) / (500 / 81.0));
        Assert.InRange(chiSquare, 30, 150);

        static List<int> Covered(byte[] image, int step, int along) =>
            [.. Enumerable.Range(0, 32).Where(i => Enumerable.Range(0, 32).Any(j => image[i * step + j * along] == 200))];
        static int Offset(List<int> covered) => covered[0] > 0 ? 4 - covered[0] : 4 + 31 - covered[^1];
    }

    [Fact]
    public void A_flip_of_a_flipped_image_is_the_image_and_half_are_flipped()
    {
        var source = Ramp(400);
        using var images = On(source);
        using var batches = new ImageBatches(images, new(400, Flip: true, Seed: 3));
        var order = new NumpyRandom(3).Permutation(400);
        var once = Take(batches, 1).Pixels.Chunk(60).Zip(order).ToDictionary(pair => pair.Second, pair => pair.First);
        var flipped = Enumerable.Range(0, 400).Where(i => !once[i].SequenceEqual(source.Bytes.AsSpan().Slice(60 * i, 60).ToArray()))
            .ToArray();
        // A binomial count of mean 200 and standard deviation 10.
        Assert.InRange(flipped.Length, 150, 250);
        Assert.All(flipped, i => Assert.Equal(source.Bytes.AsSpan().Slice(60 * i, 60).ToArray(),
            once[i].Chunk(6).SelectMany(row => row.Reverse())));
    }

    [Fact]
    public void The_order_stays_when_augmentation_and_label_noise_are_switched_on()
    {
        using var images = On(Ramp(12));
        using var plain = new ImageBatches(images, new(4, Seed: 9));
        using var noisy = new ImageBatches(images, new(4, 2, true, LabelNoise: true, Seed: 9));
        Assert.Equal(Take(plain, 7).Labels, Take(noisy, 7).Labels);
    }

    [Fact]
    public void Batches_go_on_from_a_state_bit_for_bit() => Gen.Select(Gen.Int[0, 9], Gen.UInt, Gen.Bool).Sample((before, seed, same) =>
    {
        var options = new ImageBatchOptions(4, 2, true, LabelNoise: true, Seed: seed);
        using var images = On(Ramp(14));
        using var batches = new ImageBatches(images, options);
        Take(batches, before, 0.5);
        var state = batches.State;
        Assert.Equal(state, batches.State);
        var expected = Take(batches, 8, 0.5);
        using var other = new ImageBatches(images, options with { Seed = 77 });
        var restored = same ? batches : other;
        restored.State = state;
        Assert.Equal(state, restored.State);
        var found = Take(restored, 8, 0.5);
        Assert.Equal(expected.Pixels, found.Pixels);
        Assert.Equal(expected.Labels, found.Labels);
        Assert.Equal((before + 7) / 3, restored.Epoch);
    }, iter: 20);

    [Fact]
    public void A_state_that_is_none_is_refused()
    {
        using var images = On(Ramp(12));
        using var batches = new ImageBatches(images, new(4));
        Assert.Throws<ArgumentException>(() => batches.State = batches.State with { Batch = 4 });
        Assert.Throws<ArgumentException>(() => batches.State = batches.State with { Order = batches.State.Order with { Position = 700 } });
        Assert.Throws<ArgumentException>(() => batches.Next(0.1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ImageBatches(images, new(13)));
    }

    [Fact]
    public void Label_noise_replaces_its_share_of_the_labels_by_uniform_ones()
    {
        var (count, classes) = (3000, 3);
        var labels = Items.From(Enumerable.Repeat(0, count));
        using var images = On(LabelledImages.Of(new(1, 1, 1), Items.From(new byte[count]), labels));
        using var batches = new ImageBatches(images, new(100, LabelNoise: true, Seed: 2));
        Assert.All(Take(batches, 30).Labels, label => Assert.Equal(0, label));
        var counts = Enumerable.Range(0, 30).Select(_ => Take(batches, 1, 0.6).Labels.Count(label => label != 0)).ToArray();
        // Binomial(100, 0.6·2/3): mean 40, standard deviation 4.9; the mean of 30 within 0.9.
        Assert.InRange(counts.Average(), 36.4, 43.6);
        Assert.InRange(Math.Sqrt(counts.Average(n => (n - 40.0) * (n - 40.0))), 2.5, 7.5);
        var all = Take(batches, 30, 1.0).Labels;
        for (var c = 0; c < classes; c++) Assert.InRange(all.Count(label => label == c), 870, 1130);
    }

    [Fact]
    public void Formats_change_the_type_and_the_memory_and_not_the_values()
    {
        using var plain = On(Ramp(8));
        using var other = On(Ramp(8), new(BFloat16: true, ChannelsLast: true));
        using var scope = torch.NewDisposeScope();
        var (expected, found) = (plain.Slice(2, 5).Images, other.Slice(2, 5).Images);
        Assert.Equal(torch.bfloat16, found.dtype);
        Assert.Equal([60, 1, 12, 2], found.stride());
        Assert.Equal([60, 30, 6, 1], expected.stride());
        Assert.All(expected.data<float>().ToArray().Zip(found.to(torch.float32).contiguous().data<float>().ToArray()), pair =>
            Assert.Equal(pair.First, pair.Second, pair.First / 256));
        var chosen = plain.Select([7, 0, 7]);
        Assert.Equal([1, 0, 1], chosen.Labels.data<long>().ToArray());
        Assert.Equal(Bytes(plain.Slice(7, 1).Images), Bytes(chosen.Images)[^60..]);
        Assert.Throws<ArgumentOutOfRangeException>(() => plain.Slice(4, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => plain.Select([8]));
    }

    [Fact]
    public void Numbers_are_seen_as_they_are()
    {
        var points = ImageStore.Load(ImageSource.GaussiansBinary, null, new(TrainingImages: 6, TestImages: 2)).OrThrow().Train;
        using var images = DeviceImages.On("cpu", points, 2, new());
        using var batches = new ImageBatches(images, new ImageBatchOptions(6).Augmented(ImageSource.GaussiansBinary));
        using var scope = torch.NewDisposeScope();
        Assert.Equal(points.Values, images.Slice(0, 6).Images.data<float>().ToArray());
        Assert.Equal(points.Values.Order(), batches.Next().Images.data<float>().ToArray().Order());
        // A slice is the caller's own.
        images.Slice(0, 6).Images.zero_();
        Assert.Equal(points.Values, images.Slice(0, 6).Images.data<float>().ToArray());
    }
}

/// <summary>Alone in the process: the number of tensors is one for all threads.</summary>
[CollectionDefinition(nameof(ImageMemoryTests), DisableParallelization = true)]
[Collection(nameof(ImageMemoryTests))]
public class ImageMemoryTests
{
    [Fact]
    public void Batches_of_many_epochs_leave_no_tensor_behind()
    {
        var set = ImageStore.Load(ImageSource.Shapes, null, new(TrainingImages: 20, TestImages: 1)).OrThrow();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var before = torch.Tensor.TotalCount;
        using (var images = DeviceImages.On("cpu", set.Train, 10, new(BFloat16: true, ChannelsLast: true)))
        using (var batches = new ImageBatches(images, new ImageBatchOptions(5, LabelNoise: true).Augmented(ImageSource.Shapes)))
        {
            for (var step = 0; step < 500; step++)
            {
                using var scope = torch.NewDisposeScope();
                batches.Next(0.1);
                if (step % 100 == 0) batches.State = batches.State;
                images.Slice(0, 3);
            }
            // Pixels, labels, places; rows, windows, flips, thresholds, classes.
            Assert.Equal(before + 8, torch.Tensor.TotalCount);
        }
        Assert.Equal(before, torch.Tensor.TotalCount);
    }
}
