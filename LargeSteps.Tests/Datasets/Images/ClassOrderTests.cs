using CsCheck;
using LargeSteps.Datasets.Images;
using LargeSteps.Numerics;
using LargeSteps.Values;
using SkiaSharp;
using static LargeSteps.Tests.Datasets.Images.ImageTestData;

namespace LargeSteps.Tests.Datasets.Images;

/// <summary>Images that lie class by class are taken in turns; those that were shuffled keep their order.</summary>
public class ClassOrderTests
{
    private static Gen<int[]> Labels { get; } = Gen.Int[0, 9].Array[1, 200];

    private static int[] Sorted(int classes, int each) => [.. Enumerable.Range(0, classes * each).Select(i => i / each)];

    [Fact]
    public void Of_the_first_n_each_class_with_images_left_has_as_many_as_any_other() => Labels.Sample(labels =>
    {
        var order = ClassOrder.Stratified([.. labels]);
        Assert.Equal(Enumerable.Range(0, labels.Length), order.Order());
        var all = labels.CountBy(label => label).ToDictionary();
        var taken = all.Keys.ToDictionary(label => label, _ => 0);
        foreach (var i in order)
        {
            taken[labels[i]]++;
            var most = taken.Values.Max();
            Assert.All(taken, label => Assert.True(label.Value >= most - 1 || label.Value == all[label.Key]));
        }
        Assert.Equal(order, ClassOrder.Stratified([.. labels]));
    }, iter: 200);

    [Fact]
    public void Classes_come_in_another_order_each_turn_and_so_do_their_images()
    {
        var labels = Sorted(20, 50);
        var order = ClassOrder.Stratified([.. labels]);
        Assert.NotEqual(order.Take(20).Select(i => labels[i]), order.Skip(20).Take(20).Select(i => labels[i]));
        var ofFirst = order.Where(i => labels[i] == 0).ToArray();
        Assert.NotEqual(ofFirst.Order(), ofFirst);
        Assert.NotEqual(ofFirst.Select(i => i % 50), order.Where(i => labels[i] == 1).Select(i => i % 50));
    }

    [Theory]
    [InlineData(200, 500, 1)]
    [InlineData(200, 2, 1)]
    [InlineData(2, 20, 1)]
    [InlineData(5, 6, 1)]
    [InlineData(10, 1000, 5)]
    public void Classes_in_one_piece_or_a_few_are_sorted(int classes, int each, int pieces) =>
        Assert.True(ClassOrder.IsSorted([.. Enumerable.Repeat(Sorted(classes, each), pieces).SelectMany(labels => labels)]));

    [Fact]
    public void A_random_order_is_not_sorted()
    {
        foreach (var seed in Enumerable.Range(0, 200))
        {
            var random = new NumpyRandom((uint)seed);
            var (classes, count) = (2 + seed % 19, 4 + seed * seed / 10);
            Assert.False(ClassOrder.IsSorted(Items.From(Enumerable.Range(0, count).Select(_ => random.NextInt(classes)))));
        }
        Assert.False(ClassOrder.IsSorted([]));
        Assert.False(ClassOrder.IsSorted([3]));
        Assert.False(ClassOrder.IsSorted([3, 3, 3, 3, 3, 3]));
        Assert.False(ClassOrder.IsSorted(Items.From(Enumerable.Range(0, 400).Select(i => i % 2))));
        // Nor are the generated images, whose numbers stay what they are.
        foreach (var source in (ImageSource[])[ImageSource.Shapes, ImageSource.GaussiansBinary])
            Assert.False(ClassOrder.IsSorted(ImageStore.Load(source, null, new(TrainingImages: 500)).OrThrow().Train.Labels));
    }

    [Fact]
    public void What_is_held_out_is_a_part_of_each_class_in_proportion() => Labels.Where(labels => labels.Length > 1)
        .SelectMany(labels => Gen.Int[0, labels.Length - 1].Select(count => (labels, count))).Sample((labels, count) =>
    {
        var (kept, held) = ClassOrder.Split([.. labels], count);
        Assert.Equal(count, held.Count);
        Assert.Equal(kept.Order(), kept);
        Assert.Equal(held.Order(), held);
        Assert.Equal(Enumerable.Range(0, labels.Length), kept.Concat(held).Order());
        foreach (var (label, all) in labels.CountBy(label => label))
            Assert.True(Math.Abs(held.Count(i => labels[i] == label) - (double)all * count / labels.Length) < 1);
    }, iter: 300);

    [Fact]
    public void Published_images_were_shuffled()
    {
        var data = RealData();
        foreach (var source in ImageSource.All.OfType<PublishedImages>().Where(source => source.Place(data) is not null))
        {
            // As the reader gives them, before anything is mixed.
            var set = source.ReadAll(data, allowPartial: true).OrThrow();
            Assert.False(ClassOrder.IsSorted(set.Train.Labels));
            Assert.False(ClassOrder.IsSorted(set.Test.Labels));
        }
    }

    // Of the real set the first 512 were 500 images of one class and 12 of the next.
    [Fact]
    public void Any_first_part_of_Tiny_ImageNet_is_of_all_classes_alike() => TemporaryFolder.In(folder =>
    {
        const int Classes = 12, Each = 9;
        // The grey of an image tells which it is.
        byte[] Jpeg(int image)
        {
            using var bitmap = new SKBitmap(64, 64);
            var grey = (byte)(2 * image);
            bitmap.Erase(new SKColor(grey, grey, grey));
            return bitmap.Encode(SKEncodedImageFormat.Jpeg, 100).ToArray();
        }
        void Put(string path, byte[] content)
        {
            var file = Path.Combine(folder, "tiny-imagenet-200", path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllBytes(file, content);
        }
        for (var i = 0; i < Classes * Each; i++) Put($"train/n{i / Each:D2}/images/n{i / Each:D2}_{i % Each}.JPEG", Jpeg(i));
        for (var i = 0; i < Classes * 3; i++) Put($"val/n{i / 3:D2}/val_{i}.JPEG", Jpeg(i));

        ImageSet Load(int? samples = null, double fraction = 1, int? test = null) =>
            ImageStore.Load(ImageSource.TinyImageNet, folder, new(AllowPartial: true, TrainingImages: samples, TestImages: test,
                Fraction: fraction)).OrThrow();
        var all = Load();
        // All images are there once, each with its label.
        Assert.Equal(Enumerable.Range(0, Classes * Each), Enumerable.Range(0, all.Train.Count)
            .Select(i => (At(all.Train, i, 0, 9, 9) + 1) / 2).Order());
        Assert.All(Enumerable.Range(0, all.Train.Count), i => Assert.Equal((At(all.Train, i, 0, 9, 9) + 1) / 2 / Each,
            all.Train.Labels[i]));
        foreach (var images in (LabelledImages[])[Load(samples: 12).Train, Load(samples: 60).Train, Load(samples: 41).Train,
            Load(fraction: 0.5).Train, Load(test: 24).Test, Load(test: 7).Test])
        {
            var counts = Histogram(images, Classes);
            Assert.InRange(counts.Max() - counts.Min(), 0, images.Count % Classes == 0 ? 0 : 1);
        }
        Assert.Equal(all.Train.First(41), Load(samples: 41).Train);
        Assert.Equal(all.Train, Load().Train);
    });
}
