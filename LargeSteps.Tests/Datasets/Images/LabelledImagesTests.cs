using CsCheck;
using LargeSteps.Datasets.Images;
using LargeSteps.Models;
using LargeSteps.Values;

namespace LargeSteps.Tests.Datasets.Images;

public class LabelledImagesTests
{
    private static LabelledImages Small(params int[] labels) =>
        LabelledImages.Of(new(1, 1, 2), Items.From(labels.SelectMany((_, i) => (byte[])[(byte)i, (byte)(10 + i)])), Items.From(labels));

    [Fact]
    public void Chosen_classes_are_numbered_in_the_order_of_the_choice()
    {
        var chosen = Small(7, 1, 3, 7, 1).OfClasses([7, 1]);
        Assert.Equal([0, 1, 0, 1], chosen.Labels);
        Assert.Equal([0, 10, 1, 11, 3, 13, 4, 14], chosen.Bytes);
    }

    [Fact]
    public void The_first_images_keep_their_labels()
    {
        Assert.Equal(Small(7, 1), Small(7, 1, 3).First(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => Small(7).First(2));
        Assert.Throws<ArgumentException>(() => Small(7).WithLabels([1, 2]));
        Assert.Throws<ArgumentException>(() => LabelledImages.Of(new(1, 2, 2), Items.From(new byte[5]), [0]));
    }

    [Theory]
    [InlineData(float.NaN, "Image 2 has no value (NaN).")]
    [InlineData(float.NegativeInfinity, "Image 2 has an infinite value.")]
    public void Numbers_that_are_not_finite_are_refused(float value, string message) => Assert.StartsWith(
        message, Assert.Throws<ArgumentException>(() => LabelledImages.Of(new(1, 1, 2), [0f, 1f, 2f, value], [0, 1])).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Grey_of_grey_colours_is_themselves() => Gen.Byte.Array[4].Sample(plane =>
    {
        var images = LabelledImages.Of(new(3, 2, 2), Items.From((byte[])[.. plane, .. plane, .. plane]), [0]);
        Assert.Equal(plane, images.Grey().Bytes);
        Assert.Equal(new ImageShape(1, 2, 2), images.Grey().Shape);
        Assert.Equal(images.Grey(), images.Grey().Grey());
    });

    [Fact]
    public void A_source_has_its_name_its_flags_and_its_files()
    {
        Assert.Equal(
            ["cifar10", "cifar100", "tiny_imagenet", "svhn", "mnist", "mnist_binary", "cifar10_horse_car", "cifar10_dog_cat",
                "uniform_noise", "gaussians_binary", "shapes"],
            ImageSource.All.Select(source => source.Name));
        Assert.All(ImageSource.All, source => Assert.Same(source, ImageSource.Named(source.Name)));
        Assert.Null(ImageSource.Named("cifar"));
        Assert.False(ImageSource.Svhn.Flips || ImageSource.Mnist.Flips || ImageSource.Mnist.Crops || ImageSource.MnistBinary.Crops
            || ImageSource.GaussiansBinary.Flips);
        Assert.True(ImageSource.Svhn.Crops && ImageSource.Cifar10.Flips && ImageSource.Cifar10DogCat.Crops);
        Assert.Equal(ImageSource.Cifar10.Files, ImageSource.Cifar10HorseCar.Files);
        Assert.All(ImageSource.All.SelectMany(source => source.Files), file => Assert.Matches("^[0-9a-f]{32}$", file.Md5));
        Assert.Equal(["uniform_noise", "gaussians_binary", "shapes"], ImageSource.All.Where(source => !source.HasFiles)
            .Select(source => source.Name));
    }

    [Fact]
    public void Symmetric_noise_gives_its_share_of_the_labels_another_class_each_alike()
    {
        var labels = Items.From(Enumerable.Repeat(4, 10_000));
        var noisy = new StaticLabelNoise(0.3, Seed: 1).Apply(labels, ImageSource.Cifar10);
        Assert.Equal(7_000, noisy.Count(label => label == 4));
        // 3000 among nine classes: mean 333, standard deviation 17.
        for (var c = 0; c < 10; c++) Assert.InRange(noisy.Count(label => label == c), c == 4 ? 7_000 : 250, c == 4 ? 7_000 : 420);
        Assert.Equal(noisy, new StaticLabelNoise(0.3, Seed: 1).Apply(labels, ImageSource.Cifar10));
        Assert.NotEqual(noisy, new StaticLabelNoise(0.3, Seed: 2).Apply(labels, ImageSource.Cifar10));
        Assert.Equal(labels, new StaticLabelNoise(0).Apply(labels, ImageSource.Cifar10));
        Assert.DoesNotContain(4, new StaticLabelNoise(1).Apply(labels, ImageSource.Cifar10));
        // The wrong labels are anywhere, not at the beginning.
        Assert.InRange(noisy.Take(1000).Count(label => label != 4), 230, 370);
    }

    [Fact]
    public void Asymmetric_noise_confuses_what_is_alike()
    {
        Items<int> all = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
        var noise = new StaticLabelNoise(1, LabelNoiseKind.Asymmetric);
        Assert.Equal([0, 1, 0, 5, 7, 3, 6, 7, 8, 1], noise.Apply(all, ImageSource.Cifar10));
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 0], noise.Apply(all, ImageSource.Mnist));
        Assert.Equal([1, 0], noise.Apply([0, 1], ImageSource.Cifar10DogCat));
        Assert.Equal([0, 43], noise.Apply([99, 42], ImageSource.Cifar100));
    }

    [Fact]
    public void A_fraction_is_the_first_part_and_noise_comes_after_it()
    {
        ImageSet Load(ImageOptions options) => ImageStore.Load(ImageSource.Shapes, null, options).OrThrow();
        var all = Load(new(TrainingImages: 40, TestImages: 6, Seed: 3));
        var part = Load(new(TrainingImages: 40, TestImages: 6, Seed: 3, Fraction: 0.25));
        Assert.Equal(all.Train.First(10), part.Train);
        Assert.Equal(all.Test, part.Test);
        var noisy = Load(new(TrainingImages: 40, TestImages: 6, Seed: 3, Fraction: 0.25, Grey: true, LabelNoise: new(0.5, Seed: 8)));
        Assert.Equal(5, noisy.Train.Labels.Zip(part.Train.Labels).Count(pair => pair.First != pair.Second));
        Assert.Equal((part.Train.Grey().Bytes, part.Test.Grey()), (noisy.Train.Bytes, noisy.Test));
        Assert.Throws<ArgumentOutOfRangeException>(() => Load(new(Fraction: 0)));
    }

    [Fact]
    public void Gaussians_lie_about_the_unit_vector_of_NumPys_first_draws()
    {
        var set = ImageStore.Load(ImageSource.GaussiansBinary, null, new()).OrThrow();
        Assert.Equal((1000, 1000, new ImageShape(1, 1, 100), 2), (set.Train.Count, set.Test.Count, set.Train.Shape, set.Classes));
        Assert.Equal([0, 1, 0, 1], set.Train.Labels.Take(4));
        // NumPy: v = randn(100) / norm, x = 0.1·randn(3, 100); x[0] − v, x[1] + v, x[2] − v.
        float[] expected = [0.01359677f, -0.17440896f, -0.22398634f, 0.13780011f, 0.01569514f, 0.2069038f, 0.04544067465f];
        Assert.All(expected.Zip([.. set.Train.Values.Take(3), .. set.Train.Values.Skip(100).Take(3), set.Train.Values[299]]),
            pair => Assert.Equal(pair.First, pair.Second, 1e-7f));
        // Every seed has the same centres: the mean of the second class is v to within 0.1/√500.
        var other = ImageStore.Load(ImageSource.GaussiansBinary, null, new(Seed: 5)).OrThrow().Train;
        var mean = Enumerable.Range(0, 500).Average(i => other.Values[(2 * i + 1) * 100]);
        Assert.Equal(0.17471829, mean, 0.02);
        Assert.NotEqual(other.Values[0], set.Train.Values[0]);
    }

    [Fact]
    public void Uniform_noise_is_NumPys_and_its_label_the_first_digit_of_its_first_pixel()
    {
        var set = ImageStore.Load(ImageSource.UniformNoise, null, new()).OrThrow();
        Assert.Equal((1000, 1000, new ImageShape(1, 28, 28), 10), (set.Train.Count, set.Test.Count, set.Train.Shape, set.Classes));
        // NumPy: r = RandomState(0); x = r.rand(1000, 1, 28, 28).astype(float32); y = floor(10 * x[:, 0, 0, 0]); and once more for the test
        // images.
        Assert.Equal([0.5488135f, 0.71518934f, 0.60276335f, 0.17595868f], [.. set.Train.Values.Take(3), set.Train.Values[^1]]);
        Assert.Equal(392232.80674559594, set.Train.Values.Sum(x => (double)x), 1e-6);
        Assert.Equal([5, 1, 3, 4, 6, 2, 6, 3, 0, 6, 4, 0], set.Train.Labels.Take(12));
        Assert.Equal([99, 87, 120, 117, 100, 106, 87, 103, 91, 90], ImageTestData.Histogram(set.Train, 10));
        Assert.Equal(0.59974414f, set.Test.Values[0]);
        Assert.Equal(392101.6118031008, set.Test.Values.Sum(x => (double)x), 1e-6);
        Assert.Equal([5, 4, 2, 8, 9], set.Test.Labels.Take(5));
    }

    [Fact]
    public void Images_are_held_out_of_the_training_images_of_each_class_in_proportion_and_keep_their_labels()
    {
        ImageSet Load(double? validation, StaticLabelNoise? noise = null, bool grey = false, double fraction = 1) =>
            ImageStore.Load(ImageSource.Shapes, null, new(grey, Fraction: fraction, TrainingImages: 400, TestImages: 6, LabelNoise: noise,
                Seed: 3, Validation: validation)).OrThrow();
        var all = Load(null);
        Assert.Null(all.Validation);
        var set = Load(0.1);
        Assert.Equal((360, 40, 6), (set.Train.Count, set.Validation!.Count, set.Test.Count));
        Assert.Equal(Images(all.Train).Order(), Images(set.Train).Concat(Images(set.Validation)).Order());
        Assert.All(ImageTestData.Histogram(all.Train, 10).Zip(ImageTestData.Histogram(set.Validation, 10)),
            pair => Assert.InRange(pair.Second, pair.First / 10.0 - 1, pair.First / 10.0 + 1));
        Assert.Equal(set, Load(40));
        // What is kept stays in its order.
        Assert.Equal(Images(set.Train), Images(all.Train).Where(Images(set.Train).ToHashSet().Contains));
        Assert.Equal((180, 20), (Load(0.1, fraction: 0.5).Train.Count, Load(0.1, fraction: 0.5).Validation!.Count));
        var noisy = Load(0.1, new(0.5, Seed: 8), grey: true);
        Assert.Equal(set.Validation.Grey(), noisy.Validation);
        Assert.Equal(180, noisy.Train.Labels.Zip(set.Train.Labels).Count(pair => pair.First != pair.Second));
        Assert.Throws<ArgumentOutOfRangeException>(() => Load(400));
        var dataset = new ImageDataset(ImageSource.Shapes, new(TrainingImages: 400, Fraction: 0.5, Validation: 0.1));
        Assert.Equal((180, 20, 180), (dataset.TrainingImages, dataset.ValidationImages, dataset.TrainingSamples));

        static string[] Images(LabelledImages images) =>
            [.. Enumerable.Range(0, images.Count).Select(i => images.Labels[i] + Convert.ToBase64String(images.Bytes.AsSpan()
                .Slice(i * images.Shape.Length, 60)))];
    }

    [Fact]
    public void Shapes_are_the_same_on_every_machine()
    {
        var shapes = ImageStore.Load(ImageSource.Shapes, null, new(TrainingImages: 2000, TestImages: 100, Seed: 1)).OrThrow();
        Assert.All(Enumerable.Range(0, 10), c => Assert.InRange(shapes.Train.Labels.Count(label => label == c), 140, 260));
        Assert.Equal(ShapesHash, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(shapes.Train.Bytes.AsSpan()))[..16]);
    }

    private const string ShapesHash = "2694093275b0d252";

    [Fact]
    public void No_weighted_sum_of_pixels_tells_shapes_apart_but_their_outlines_do()
    {
        var set = ImageStore.Load(ImageSource.Shapes, null, new(TrainingImages: 400, TestImages: 150, Seed: 2)).OrThrow();
        // The nearest mean is a linear classifier. 150 guesses of ten classes hit 15 ± 4.
        Assert.InRange(Hits(set, Pixels), 3, 40);
        // The same classifier once place, size and colours are taken out.
        Assert.InRange(Hits(set, Aligned), 60, 150);
    }

    /// <summary>How many test images are nearest to the mean of their class.</summary>
    private static int Hits(ImageSet set, Func<LabelledImages, int, double[]> features)
    {
        var train = Enumerable.Range(0, set.Train.Count).Select(i => features(set.Train, i)).ToArray();
        var means = Enumerable.Range(0, 10).Select(c => train.Where((_, i) => set.Train.Labels[i] == c).ToArray())
            .Select(own => Enumerable.Range(0, own[0].Length).Select(j => own.Average(x => x[j])).ToArray()).ToArray();
        return Enumerable.Range(0, set.Test.Count).Count(i =>
        {
            var x = features(set.Test, i);
            return Enumerable.Range(0, 10).MinBy(c => x.Zip(means[c], (own, mean) => (own - mean) * (own - mean))
                .Sum()) == set.Test.Labels[i];
        });
    }

    private static double[] Pixels(LabelledImages images, int i) => [.. images.Bytes.AsSpan().Slice(i * 3072, 3072).ToArray()
        .Where((_, p) => p % 8 == 0).Select(x => (double)x)];

    /// <summary>How far 9×9 points about the middle of the figure, a distance apart that goes with its size, are from the colour of the
    /// ground.</summary>
    private static double[] Aligned(LabelledImages images, int i)
    {
        var image = images.Bytes.AsSpan().Slice(i * 3072, 3072).ToArray();
        double[] ground = [.. Enumerable.Range(0, 3).Select(c => Enumerable.Range(0, 32)
            .Average(x => (image[c * 1024 + x] + image[c * 1024 + 992 + x]) / 2.0))];
        double[] figure = [.. Enumerable.Range(0, 1024).Select(p => Math.Max(0, Enumerable.Range(0, 3)
            .Sum(c => Math.Abs(image[c * 1024 + p] - ground[c])) - 110))];
        var mass = figure.Sum();
        var (y0, x0) = (figure.Select((f, p) => f * (p / 32)).Sum() / mass, figure.Select((f, p) => f * (p % 32)).Sum() / mass);
        var size = Math.Sqrt(figure.Select((f, p) => f * (Math.Pow(p / 32 - y0, 2) + Math.Pow(p % 32 - x0, 2))).Sum() / mass);
        double[] seen = [.. Enumerable.Range(0, 81).Select(k => ((int)Math.Round(y0 + (k / 9 - 4) * 0.4 * size),
            (int)Math.Round(x0 + (k % 9 - 4) * 0.4 * size)))
            .Select(at => at is ( >= 0 and < 32, >= 0 and < 32) ? figure[at.Item1 * 32 + at.Item2] : 0)];
        var norm = Math.Sqrt(seen.Sum(x => x * x));
        return Array.ConvertAll(seen, x => x / norm);
    }
}
