using LargeSteps.Datasets.Images;
using LargeSteps.Models;
using LargeSteps.Values;
using static LargeSteps.Tests.Datasets.Images.ImageTestData;
using static LargeSteps.Tests.Datasets.Images.OwnImagesData;

namespace LargeSteps.Tests.Datasets.Images;

/// <summary>Images in arrays of NumPy.</summary>
public sealed class ArrayImagesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Npz(params (string Name, byte[] Array)[] arrays) => Put(_folder.Path, "images.npz", OwnImagesData.Npz(arrays));

    private Outcome<ImageSource> With(string name, byte[] array) =>
        ImageSource.OfArrays(Npz([.. Digits.Select(each => each.Name == name ? (name, array) : each)]));

    [Fact]
    public void Arrays_of_a_zip_file_are_images_with_the_channels_first()
    {
        var source = ImageSource.OfArrays(Npz(Digits)).OrThrow();
        Assert.Equal((new ImageShape(3, 2, 3), 2, 3, 1), (source.Shape, source.Classes, source.TrainingImages, source.TestImages));
        var set = ImageStore.Load(source, null, new()).OrThrow();
        Assert.Equal(([1, 0, 1], [0]), (set.Train.Labels, set.Test.Labels));
        // Pixel (1, 2) of image 2: element ((2·2 + 1)·3 + 2)·3 and the two behind it.
        Assert.Equal([51, 52, 53], Enumerable.Range(0, 3).Select(c => (int)At(set.Train, 2, c, 1, 2)));
        Assert.Equal(117, At(set.Test, 0, 2, 1, 2));
        Assert.Equal(source, ImageSource.OfArrays(Path.Combine(_folder.Path, "images.npz")).OrThrow());
    }

    [Fact]
    public void Arrays_in_a_folder_are_the_same_images()
    {
        foreach (var (name, array) in Digits) Put(_folder.Path, name + ".npy", array);
        var (loose, packed) = (ImageSource.OfArrays(_folder.Path).OrThrow(), ImageSource.OfArrays(Npz(Digits)).OrThrow());
        Assert.NotEqual(loose, packed);
        Assert.Equal(ImageStore.Load(packed, null, new()).OrThrow().Train.Bytes, ImageStore.Load(loose, null, new()).OrThrow().Train.Bytes);
    }

    [Fact]
    public void Grey_images_need_no_channels_and_test_images_need_not_be_there()
    {
        var source = ImageSource.OfArrays(Npz(("x_train", Npy("|u1", [1, 2, 3, 4], 2, 1, 2)),
            ("y_train", Npy(">u2", [0, 1, 0, 0], 2)))).OrThrow();
        var set = ImageStore.Load(source, null, new()).OrThrow();
        Assert.Equal((new ImageShape(1, 1, 2), 0), (set.Train.Shape, set.Test.Count));
        Assert.Equal(([1, 2, 3, 4], [1, 0]), (set.Train.Bytes, set.Train.Labels));
    }

    public static TheoryData<string, byte[], string> Wrong => new()
    {
        { "x_train", Npy("<f4", new byte[216], 3, 2, 3, 3), "x_train is an array of float32 with 4 axes, not n × h × w or" },
        { "x_train", Npy("|u1", new byte[54], 3, 18), "x_train is an array of uint8 with 2 axes" },
        { "x_train", Npy("|u1", new byte[53], 3, 2, 3, 3), "x_train ends before the 54 bytes that its shape says" },
        { "x_train", Npy("|u1", new byte[55], 3, 2, 3, 3), "x_train goes on behind the 54 bytes that its shape says" },
        { "x_train", Npy("|u1", new byte[432], 3, 3, 6, 8), "the channels come last, n × h × w × c, and these seem to be n × c × h × w" },
        { "x_train", Npy("|u1", [], 0, 2, 3, 3), "there are 1 to 10000000 images" },
        { "x_train", Npy("|u1", [], 2_000_000_000, 2, 3, 3), "there are 1 to 10000000 images" },
        { "x_train", Npy("|u1", [], 3, 2_000_000_000, 2_000_000_000), "too large for an array" },
        { "x_test", Npy("|u1", new byte[12], 1, 2, 2, 3), "the images of x_test are 2 × 2 × 3, those of x_train 2 × 3 × 3" },
        { "y_train", Npy("<i8", new byte[16], 2), "y_train has 2 labels, but there are 3 images" },
        { "y_train", Npy("<f8", new byte[24], 3), "y_train is an array of float64 that is 3, not n whole numbers" },
        { "y_train", Npy("|u1", [0, 0, 0], 3), "all labels of y_train are 0" },
        { "y_train", Npy("|u1", [0, 3, 0], 3), "no label of y_train is 1, but one is 3" },
        { "y_train", Npy("|i1", [0, 255, 1], 3), "label 2 of y_train is not 0, 1, … up to the number of classes less one" },
        { "y_train", Npy("<u8", [.. Enumerable.Repeat((byte)255, 24)], 3), "label 1 of y_train is not 0, 1" },
        { "y_test", Npy("|u1", [2], 1), "y_test has the label 2, which y_train has not" },
        { "y_test", Npy("{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (1,), }", [0]), "its elements are no plain numbers" },
        { "y_test", Npy("{'descr': '|u1', 'fortran_order': False, 'shape': (x,), }", [0]), "its shape is (x,)" },
        { "y_test", Npy("{'descr': '|u1'}", [0]), "its head does not say its shape" },
        { "x_test", Npy("{'descr': '|u1', 'fortran_order': True, 'shape': (1, 2, 3, 3), }", []), "numpy.ascontiguousarray(x_test)" },
        { "x_test", [1, 2, 3], "is damaged or has other arrays" },
        { "x_test", [0x93, .. "NUMPY"u8, 2, 0, 255, 255, 255, 127], "its head has 2147483647 bytes, more than 65536" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_is_wrong_with_an_array_is_told(string name, byte[] array, string reason)
    {
        AssertProblem("LS0605", reason, With(name, array).Bind(source => ImageStore.Load(source, null, new())));
    }

    [Fact]
    public void More_images_than_an_array_holds_are_told_by_their_shape() => AssertProblem("LS0605", "more than an array holds",
        ImageSource.OfArrays(Npz(("x_train", Npy("|u1", [], 3, 40_000, 40_000)), ("y_train", Npy("|u1", [0, 1, 0], 3)))));

    [Fact]
    public void A_file_that_is_not_there_or_no_archive_is_told()
    {
        AssertProblem("LS0601", "there is no such file .npz", ImageSource.OfArrays(Path.Combine(_folder.Path, "none.npz")));
        AssertProblem("LS0605", "it has no array x_train", ImageSource.OfArrays(_folder.Path));
        AssertProblem("LS0605", "it has no array y_test", ImageSource.OfArrays(Npz(Digits[..3])));
        AssertProblem("LS0605", "has two arrays x_test", ImageSource.OfArrays(Npz([.. Digits, Digits[2]])));
        AssertProblem("LS0605", "is damaged", ImageSource.OfArrays(Put(_folder.Path, "x.npz", [1, 2, 3])));
    }

    [Fact]
    public void A_file_in_which_any_byte_is_wrong_or_the_last_ones_are_missing_never_throws()
    {
        var (random, whole) = (new Random(1), OwnImagesData.Npz(Digits));
        for (var trial = 0; trial < 1000; trial++)
        {
            byte[] changed = [.. whole[..(trial % 4 == 0 ? random.Next(whole.Length) : whole.Length)]];
            if (changed.Length > 0) changed[random.Next(changed.Length)] = (byte)random.Next(256);
            _ = ImageSource.OfArrays(Put(_folder.Path, "changed.npz", changed)).Bind(source => ImageStore.Load(source, null, new()))
                .Match(_ => 0, problems => problems.Count);
        }
    }

    [Fact]
    public void Labels_that_unpack_to_more_than_there_are_images_take_no_room()
    {
        var file = Npz(("x_train", Npy("|u1", [1, 2], 2, 1, 1)), ("y_train", Npy("|u1", new byte[50_000_000], 2)));
        ImageSource.OfArrays(file);
        var before = GC.GetAllocatedBytesForCurrentThread();
        AssertProblem("LS0605", "y_train goes on behind the 2 bytes", ImageSource.OfArrays(file));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }
}
