using System.Buffers.Binary;
using System.IO.Compression;
using LargeSteps.Datasets.Images;
using LargeSteps.Models;
using static LargeSteps.Tests.Datasets.Images.ImageTestData;
using static LargeSteps.Tests.Datasets.Images.OwnImagesData;

namespace LargeSteps.Tests.Datasets.Images;

/// <summary>Pictures in a folder for each class.</summary>
public sealed class FolderImagesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static ImageSet Load(ImageSource source, ImageOptions? options = null) =>
        ImageStore.Load(source, null, options ?? new()).OrThrow();

    [Fact]
    public void A_folder_of_classes_is_images_whose_numbers_are_known_before_they_are_read()
    {
        var source = ImageSource.OfFolder(Pets(_folder.Path)).OrThrow();
        Assert.Equal((new ImageShape(3, 4, 4), 2, 6, 2, true, false),
            (source.Shape, source.Classes, source.TrainingImages, source.TestImages, source.Crops, source.Flips));
        var set = Load(source);
        Assert.Equal((6, 2), (set.Train.Count, set.Test.Count));
        Assert.Equal([3, 3], Histogram(set.Train, 2));
        for (var i = 0; i < 6; i++)
        {
            var (red, green, blue) = (At(set.Train, i, 0, 3, 3), At(set.Train, i, 1, 0, 0), At(set.Train, i, 2, 1, 2));
            Assert.True(set.Train.Labels[i] == 0 ? red < 20 && (green, blue) == (0, 0) : red >= 200 && (green, blue) == (100, 50));
        }
        Assert.Equal([12, 200], Enumerable.Range(0, 2).OrderBy(i => set.Test.Labels[i]).Select(i => (int)At(set.Test, i, 0, 2, 2)));
    }

    [Fact]
    public void The_classes_take_turns_so_that_the_first_images_stand_for_all()
    {
        for (var i = 0; i < 40; i++)
        {
            foreach (var name in (string[])["a", "b"])
                Put(_folder.Path, FormattableString.Invariant($"{name}/{i}.png"), Picture(1, 1, (byte)i));
        }

        var set = Load(ImageSource.OfFolder(_folder.Path).OrThrow(), new(TrainingImages: 20));
        Assert.Equal([10, 10], Histogram(set.Train, 2));
        Assert.Equal(0, set.Test.Count);
    }

    [Fact]
    public void Equal_sources_have_the_same_place_and_numbers()
    {
        var source = ImageSource.OfFolder(Pets(_folder.Path)).OrThrow();
        Assert.Equal(source, ImageSource.OfFolder(_folder.Path).OrThrow());
        Assert.NotEqual(source, ImageSource.OfFolder(_folder.Path, flips: true).OrThrow());
        Put(_folder.Path, "train/a/more.jpeg", Picture(4, 4, 1, jpeg: true));
        Assert.NotEqual(source, ImageSource.OfFolder(_folder.Path).OrThrow());
        AssertProblem("LS0605", "has 7 training and 2 test images of 3×4×4 in 2 classes now, but had 6 training",
            ImageStore.Load(source, null, new()));
    }

    [Fact]
    public void What_is_no_picture_by_its_name_is_passed_over()
    {
        Pets(_folder.Path);
        Put(_folder.Path, "train/.git/x.png", [1]);
        Put(_folder.Path, "train/a/._0.png", [1]);
        Put(_folder.Path, "train/a/notes.txt", [1]);
        Put(_folder.Path, "readme.md", [1]);
        Assert.Equal((2, 6), ImageSource.OfFolder(_folder.Path).Match(source => (source.Classes, source.TrainingImages), _ => (0, 0)));
    }

    [Fact]
    public void What_is_wrong_with_a_folder_is_told()
    {
        AssertProblem("LS0601", "there is no such folder", ImageSource.OfFolder(Path.Combine(_folder.Path, "none")));
        AssertProblem("LS0601", "there is no such folder", ImageSource.OfFolder(""));
        AssertProblem("LS0605", "has no folders with the pictures of a class, train/CLASS or CLASS", ImageSource.OfFolder(_folder.Path));
        Put(_folder.Path, "only/a.png", Picture(2, 2, 1));
        AssertProblem("LS0605", "has one class only, 'only'", ImageSource.OfFolder(_folder.Path));
        Put(_folder.Path, "test/b/a.png", Picture(2, 2, 1));
        AssertProblem("LS0605", "has a folder test, but no folder train", ImageSource.OfFolder(_folder.Path));
        Put(_folder.Path, "train/a/a.png", Picture(2, 2, 1));
        Put(_folder.Path, "train/c/a.txt", [1]);
        Assert.Equal(["LS0605: has no pictures: files that end in .png, .jpg, .jpeg",
            "LS0605: has test images of a class without training images"],
            Problems(ImageSource.OfFolder(_folder.Path)).Select(problem => $"{problem.Code}: {problem.Message}"));
    }

    [Fact]
    public void Pictures_of_another_size_or_none_are_told_each()
    {
        var source = ImageSource.OfFolder(Pets(_folder.Path)).OrThrow();
        Put(_folder.Path, "train/a/2.png", Picture(5, 4, 1));
        Put(_folder.Path, "train/b/1.PNG", [1, 2, 3]);
        Put(_folder.Path, "train/b/2.PNG", Picture(4, 4, 1)[..60]);
        Assert.Equal(["a/2.png: error LS0605: has 5×4 pixels, not 4×4", "b/1.PNG: error LS0605: is neither a JPEG nor a PNG file",
            "b/2.PNG: error LS0605: is no PNG file or a damaged one: it breaks off"],
            Problems(ImageStore.Load(source, null, new())).Select(problem => problem.ToString().Split("train/")[1]).Order());
        Put(_folder.Path, "train/a/0.png", [0xff, 0xd8, 1, 2, 3]);
        AssertProblem("LS0605", "train/a/0.png: error LS0605: is no JPEG file or a damaged one", ImageSource.OfFolder(_folder.Path));
    }

    [Fact]
    public void More_files_than_anybody_has_are_not_waited_for()
    {
        // Four folders and eight pictures.
        Pets(_folder.Path);
        Assert.Equal(6, FolderImages.HeadOf(_folder.Path, mostFiles: 12).OrThrow().TrainingImages);
        AssertProblem("LS0605", "has more than 11 files and folders", FolderImages.HeadOf(_folder.Path, mostFiles: 11));
    }

    /// <summary>A PNG file with this head and these bytes, unpacked, as pixels.</summary>
    private static byte[] Png(int width, int height, byte[] pixels)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true)) zlib.Write(pixels);
        byte[] head = [0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(head, width);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(4), height);
        return [0x89, .. "PNG\r\n\u001a\n"u8, .. Chunk("IHDR", head), .. Chunk("IDAT", packed.ToArray()), .. Chunk("IEND", [])];

        static byte[] Chunk(string name, byte[] data)
        {
            var length = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(length, data.Length);
            return [.. length, .. name.Select(c => (byte)c), .. data, 0, 0, 0, 0];
        }
    }

    [Theory]
    [InlineData(2, 2, 60_000_000, "it unpacks to more than its pixels")]
    [InlineData(15_000, 15_000, 100, "it unpacks to less than its pixels")]
    [InlineData(1_000_000, 1, 100, "it has 1000000×1 pixels; a side has 1 to 16384")]
    public void A_small_picture_that_would_be_large_in_memory_is_not_unpacked(int width, int height, int bytes, string reason)
    {
        var picture = Png(width, height, new byte[bytes]);
        PictureFile.Size(picture);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal($"is no PNG file or a damaged one: {reason}", PictureFile.Size(picture).Problem);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        Put(_folder.Path, "a/0.png", picture);
        Put(_folder.Path, "b/0.png", picture);
        AssertProblem("LS0605", reason, ImageSource.OfFolder(_folder.Path));
    }

    [Fact]
    public void A_JPEG_file_of_few_bytes_with_many_pixels_is_refused_by_its_head()
    {
        var picture = Picture(8, 8, 1, jpeg: true);
        var frame = picture.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xff, 0xc0]);
        BinaryPrimitives.WriteUInt16BigEndian(picture.AsSpan(frame + 5), 20_000);
        BinaryPrimitives.WriteUInt16BigEndian(picture.AsSpan(frame + 7), 20_000);
        Put(_folder.Path, "a/0.jpg", picture);
        Put(_folder.Path, "b/0.jpg", picture);
        AssertProblem("LS0605", $"has {picture.Length} bytes for 20000×20000 pixels", ImageSource.OfFolder(_folder.Path));
    }

    [Fact]
    public void A_picture_in_which_any_byte_is_wrong_or_the_last_ones_are_missing_never_throws()
    {
        var random = new Random(1);
        foreach (var jpeg in (bool[])[false, true])
        {
            var picture = Picture(9, 7, 130, 140, 150, jpeg);
            for (var trial = 0; trial < 500; trial++)
            {
                byte[] changed = [.. picture[..(trial % 3 == 0 ? random.Next(picture.Length) : picture.Length)]];
                if (changed.Length > 0) changed[random.Next(changed.Length)] = (byte)random.Next(256);
                _ = PictureFile.Decode(changed, new(3, 7, 9), new byte[3 * 63]);
            }
        }
    }
}
