using LargeSteps.Datasets.Images;
using LargeSteps.Models;
using static LargeSteps.Tests.Datasets.Images.ImageTestData;

namespace LargeSteps.Tests.Datasets.Images;

/// <summary>Published files, where there are any, against what NumPy finds in them.</summary>
public class RealImagesTests
{
    [Fact]
    public void MNIST_is_whole_and_has_its_published_checksums()
    {
        var data = RealData();
        Assert.True(ImageStore.Holds(ImageSource.Mnist, data));
        var set = ImageStore.Load(ImageSource.Mnist, data, new()).OrThrow();
        Assert.Equal((60_000, 10_000, new ImageShape(1, 28, 28)), (set.Train.Count, set.Test.Count, set.Train.Shape));
        Assert.Equal([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949], Histogram(set.Train, 10));
        Assert.Equal([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009], Histogram(set.Test, 10));
        Assert.Equal((1567298545, 264923200), (Sum(set.Train.Bytes.AsSpan()), Sum(set.Test.Bytes.AsSpan())));
        var binary = ImageStore.Load(ImageSource.MnistBinary, data, new()).OrThrow();
        Assert.Equal((13_007, 2_163, 2), (binary.Train.Count, binary.Test.Count, binary.Classes));
        Assert.Equal((ImageSource.MnistBinary.TrainingImages, ImageSource.MnistBinary.TestImages), (binary.Train.Count, binary.Test.Count));
        Assert.Equal([6742, 6265], Histogram(binary.Train, 2));
        Assert.Equal([0, 0, 0, 0, 1, 0, 0, 1, 1, 0, 1, 1], binary.Train.Labels.Take(12));
        Assert.Equal((245881383, 41026678), (Sum(binary.Train.Bytes.AsSpan()), Sum(binary.Test.Bytes.AsSpan())));
    }

    [Fact]
    public void The_first_images_of_CIFAR_10_are_read_where_a_part_is_allowed()
    {
        var data = RealData();
        var set = ImageStore.Load(ImageSource.Cifar10, data, new(AllowPartial: true)).OrThrow();
        Assert.Equal((8336, 1017), (set.Train.Count, set.Test.Count));
        Assert.Equal([6, 9, 9, 4, 1], set.Train.Labels.Take(5));
        Assert.Equal([830, 807, 835, 807, 879, 821, 833, 823, 870, 831], Histogram(set.Train, 10));
        Assert.Equal([105, 93, 100, 104, 92, 87, 114, 102, 110, 110], Histogram(set.Test, 10));
        Assert.Equal((3098393333, 380676608), (Sum(set.Train.Bytes.AsSpan()), Sum(set.Test.Bytes.AsSpan())));
        Assert.Equal((317790L, 355278L, (byte)241), (Sum(set.Train.Bytes.AsSpan()[..3072]), Sum(set.Train.Bytes.AsSpan()[^3072..]),
            At(set.Train, 1000, 1, 7, 20)));

        var grey = ImageStore.Load(ImageSource.Cifar10, data, new(AllowPartial: true, Grey: true)).OrThrow();
        // NumPy's data.mean(3).astype(np.uint8), as the published program makes it.
        Assert.Equal((1030044895, 126556391), (Sum(grey.Train.Bytes.AsSpan()), Sum(grey.Test.Bytes.AsSpan())));
        Assert.Equal((105589, 110660), (Sum(grey.Train.Bytes.AsSpan()[..1024]), Sum(grey.Test.Bytes.AsSpan()[..1024])));

        var pets = ImageStore.Load(ImageSource.Cifar10DogCat, data, new(AllowPartial: true)).OrThrow();
        Assert.Equal([821, 807], Histogram(pets.Train, 2));
        var vehicles = ImageStore.Load(ImageSource.Cifar10HorseCar, data, new(AllowPartial: true, TestImages: 100)).OrThrow();
        Assert.Equal([823, 807], Histogram(vehicles.Train, 2));
        Assert.Equal(100, vehicles.Test.Count);
    }

    [Fact]
    public void A_part_of_CIFAR_10_is_told_where_it_is_not_allowed()
    {
        var data = RealData();
        Assert.SkipWhen(ImageStore.Holds(ImageSource.Cifar10, data), "CIFAR-10 is whole.");
        var problems = ImageStore.Load(ImageSource.Cifar10, data, new()).Match(_ => throw new InvalidOperationException(),
            problems => problems);
        Assert.Equal(6, problems.Count);
        Assert.Contains(problems, problem => problem.Code == "LS0603" && problem.Message.StartsWith("has 12292000 bytes, not 30730000",
            StringComparison.Ordinal)
            && problem.File!.EndsWith("data_batch_1.bin", StringComparison.Ordinal));
    }

    [Fact]
    public void The_first_images_of_CIFAR_100_are_read_where_a_part_is_allowed()
    {
        var set = ImageStore.Load(ImageSource.Cifar100, RealData(), new(AllowPartial: true)).OrThrow();
        Assert.Equal((1117, 916, 100), (set.Train.Count, set.Test.Count, set.Classes));
        Assert.Equal([19, 29, 0, 11, 1], set.Train.Labels.Take(5));
        Assert.Equal([49, 33, 72, 51, 71], set.Test.Labels.Take(5));
        Assert.Equal([12, 9, 8, 10, 13, 15, 7, 13, 13, 7, 8, 22], Histogram(set.Train, 100).Take(12));
        Assert.Equal((425604918, 342235025), (Sum(set.Train.Bytes.AsSpan()), Sum(set.Test.Bytes.AsSpan())));
        Assert.Equal(((byte)123, (byte)154), (At(set.Train, 1000, 1, 7, 20), At(set.Test, 900, 1, 7, 20)));
    }
}
