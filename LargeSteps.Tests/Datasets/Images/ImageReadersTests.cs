using System.Buffers.Binary;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using CsCheck;
using LargeSteps.Datasets.Images;
using LargeSteps.Models;
using LargeSteps.Values;
using SkiaSharp;
using static LargeSteps.Tests.Datasets.Images.ImageTestData;

namespace LargeSteps.Tests.Datasets.Images;

public sealed class ImageReadersTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("largesteps-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Write(string name, byte[] content)
    {
        var path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }

    [Fact]
    public void A_binary_batch_has_a_label_before_its_pixels()
    {
        var images = CifarBinary.Read(new MemoryStream(Records(1, 3, 9)), "batch", 1, 10, 2, allowPartial: false).OrThrow();
        Assert.Equal(new ImageShape(3, 32, 32), images.Shape);
        Assert.Equal([3, 9], images.Labels);
        Assert.Equal(Pixels(0).Concat(Pixels(1)), images.Bytes);
    }

    [Fact]
    public void The_fine_label_of_CIFAR_100_counts()
    {
        byte[] batch = [11, 57, .. Pixels(4)];
        Assert.Equal([57], CifarBinary.Read(new MemoryStream(batch), "batch", 2, 100, 1, allowPartial: false).OrThrow().Labels);
    }

    [Fact]
    public void A_batch_that_is_cut_off_is_told_with_both_lengths()
    {
        var batch = Records(1, 3, 9)[..5000];
        AssertProblem("LS0603", "batch: error LS0603: has 5000 bytes, not 6146", CifarBinary.Read(new MemoryStream(batch), "batch", 1, 10,
            2, allowPartial: false));
        AssertProblem("LS0603", "has more than 6146 bytes: it is another file",
            CifarBinary.Read(new MemoryStream([.. Records(1, 3, 9), 0, 0, 0, 0]), "batch", 1, 10, 2, allowPartial: true));
        AssertProblem("LS0605", "record 2 has label 10", CifarBinary.Read(new MemoryStream(Records(1, 3, 10)), "batch", 1, 10, 2,
            allowPartial: false));
    }

    [Fact]
    public void Of_a_batch_that_is_cut_off_the_whole_records_count_where_that_is_allowed() => Gen.Int[0, 3 * 3073].Sample(length =>
    {
        var read = CifarBinary.Read(new MemoryStream(Records(1, 1, 2, 3)[..length]), "batch", 1, 10, 3, allowPartial: true);
        if (length < 3073) AssertProblem("LS0603", "batch", read);
        else Assert.Equal(length / 3073, read.OrThrow().Count);
    }, iter: 20);

    [Fact]
    public void A_pickled_batch_of_Python_2_is_read()
    {
        var images = CifarPython.Read(new MemoryStream(Unzipped(BatchOfPython2)), "data_batch_1", "labels", 10, 3, allowPartial: false)
            .OrThrow();
        Assert.Equal([6, 9, 0], images.Labels);
        Assert.Equal(Enumerable.Range(0, 3 * 3072).Select(p => (byte)(p / 3072 * 50 + p / 64 % 7)), images.Bytes);
    }

    [Fact]
    public void A_pickled_batch_of_Python_3_is_read()
    {
        var images = CifarPython.Read(new MemoryStream(Unzipped(BatchOfPython3)), "train", "fine_labels", 100, 2, allowPartial: false)
            .OrThrow();
        Assert.Equal([99, 3], images.Labels);
        Assert.Equal(Enumerable.Range(0, 2 * 3072).Select(p => (byte)(p / 3072 * 50 + p / 64 % 7)), images.Bytes);
    }

    [Theory]
    [InlineData("\u0080\u0002cos\nsystem\nU\u0004echo\u0085R.", "asks for 'os.system'; only arrays")]
    [InlineData("\u0080\u0002cbuiltins\neval\nU\u00011\u0085R.", "asks for 'builtins.eval'")]
    [InlineData("\u0080\u0002}U\u0004dataT\u00ff\u00ff\u00ff\u007f", "should have 2147483647 bytes, but 0 are left")]
    [InlineData("\u0080\u0004.", "takes values that are not there")]
    [InlineData("", "ends too early")]
    [InlineData(".", "takes values that are not there")]
    [InlineData("ios\nsystem\n", "instruction 0x69, which no batch of images needs")]
    [InlineData("\u0080\u0002h\u0001.", "recalls value 1")]
    [InlineData("\u0080\u0002}.", "is not a batch of CIFAR")]
    [InlineData("\u0080\u0002K\u0001.", "is not a batch of CIFAR")]
    [InlineData("\u0080\u0002cnumpy\ndtype\nU\u0002f8\u0085R.", "calls numpy.dtype with arguments that do not fit")]
    [InlineData("\u0080\u0002cnumpy\ndtype\n)R.", "calls numpy.dtype with arguments that do not fit")]
    [InlineData("\u0080\u0002cnumpy\ndtype\nK\u0001R.", "something else where arguments should be")]
    [InlineData("\u0080\u0002cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n\u0085RNb.", "a state that does not fit its value")]
    [InlineData("\u0080\u0002]Nb.", "a state that does not fit its value")]
    [InlineData("\u0080\u0002(]NQ.", "something else where a persistent identifier should be")]
    [InlineData("\u0080\u0002)Q.", "something other than the storage of a tensor")]
    [InlineData("\u0080\u0002}(U\u0001\u00ffNu.", "a text that is not UTF-8")]
    [InlineData("\u0080\u0002}(cnumpy\nndarray\nNu.", "a key that is no text")]
    public void A_pickle_that_is_no_batch_runs_nothing_and_is_told(string pickle, string reason) =>
        AssertProblem("LS0605", reason, CifarPython.Read(new MemoryStream(Encoding.Latin1.GetBytes(pickle)), "data_batch_1", "labels", 10,
            3, allowPartial: false));

    [Fact]
    public void A_pickle_in_which_any_byte_is_wrong_or_the_last_ones_are_missing_never_throws()
    {
        var pickle = Unzipped(BatchOfPython2);
        Gen.Select(Gen.Int[0, pickle.Length - 1], Gen.Byte, Gen.Bool).Sample((at, value, cut) =>
        {
            byte[] changed = [.. pickle];
            // The pixels are most of it: aim at what is around them as often.
            at = at % 2 == 0 ? at : at % 270;
            changed[at] = value;
            _ = CifarPython.Read(new MemoryStream(cut ? changed[..at] : changed), "batch", "labels", 10, 3, allowPartial: false)
                .Match(_ => 0, problems => problems.Count);
        }, iter: 1000);
    }

    [Theory]
    [InlineData(BatchOfPython2, "labels", 3)]
    [InlineData(BatchOfPython3, "fine_labels", 2)]
    public void A_batch_cut_off_anywhere_is_told(string batch, string labels, int images)
    {
        var whole = Unzipped(batch);
        for (var length = 0; length < whole.Length; length += length < 512 || length > whole.Length - 512 ? 1 : 97)
        {
            AssertProblem("LS0605", "is no batch of CIFAR", CifarPython.Read(new MemoryStream(whole[..length]), "batch", labels, 100,
                images, allowPartial: true));
        }
    }

    [Fact]
    public void Fewer_images_in_a_pickle_are_told_unless_allowed()
    {
        var pickle = Unzipped(BatchOfPython2);
        AssertProblem("LS0603", "has 3 images, not 4", CifarPython.Read(new MemoryStream(pickle), "data_batch_1", "labels", 10, 4,
            allowPartial: false));
        Assert.Equal(3, CifarPython.Read(new MemoryStream(pickle), "data_batch_1", "labels", 10, 4, allowPartial: true).OrThrow().Count);
        AssertProblem("LS0603", "has 3 images, not 2", CifarPython.Read(new MemoryStream(pickle), "data_batch_1", "labels", 10, 2,
            allowPartial: true));
    }

    [Fact]
    public void An_idx_file_is_read()
    {
        byte[] pixels = [.. Enumerable.Range(0, 2 * 784).Select(p => (byte)(p / 5))];
        Assert.Equal(pixels, MnistImages.ReadImages(new MemoryStream([.. Head(0x803, 2, 28, 28), .. pixels]), "images", 2,
            allowPartial: false).OrThrow());
        Assert.Equal([7, 9], MnistImages.ReadLabels(new MemoryStream([.. Head(0x801, 2), 7, 9]), "labels", 2, allowPartial: false)
            .OrThrow());
    }

    [Fact]
    public void An_idx_file_with_another_head_or_length_is_told()
    {
        AssertProblem("LS0605", "has the head 2049, 2, not 2049, 3", MnistImages.ReadLabels(new MemoryStream([.. Head(0x801, 2), 7, 9]),
            "labels", 3, allowPartial: false));
        AssertProblem("LS0605", "2051, 2, 28, 27", MnistImages.ReadImages(new MemoryStream(Head(0x803, 2, 28, 27)), "images", 2,
            allowPartial: false));
        AssertProblem("LS0605", "too short", MnistImages.ReadLabels(new MemoryStream([0, 0, 8]), "labels", 3, allowPartial: false));
        AssertProblem("LS0603", "has 9 bytes, not 10", MnistImages.ReadLabels(new MemoryStream([.. Head(0x801, 2), 7]), "labels", 2,
            allowPartial: false));
        AssertProblem("LS0603", "has more than 10 bytes",
            MnistImages.ReadLabels(new MemoryStream([.. Head(0x801, 2), 7, 1, 1]), "labels", 2,
            allowPartial: false));
        AssertProblem("LS0605", "label 2 is 10", MnistImages.ReadLabels(new MemoryStream([.. Head(0x801, 2), 7, 10]), "labels", 2,
            allowPartial: false));
        Assert.Equal([7], MnistImages.ReadLabels(new MemoryStream([.. Head(0x801, 2), 7]), "labels", 5, allowPartial: true).OrThrow());
    }

    [Fact]
    public void A_MNIST_that_is_cut_off_gives_the_pairs_that_are_there()
    {
        byte[] images = [.. Head(0x803, 60_000, 28, 28), .. Enumerable.Range(0, 5 * 784 + 100).Select(p => (byte)(p / 784))];
        // Compressed, the files break off in the middle of a block.
        Write("mnist/train-images-idx3-ubyte.gz", Zipped(images)[..^12]);
        Write("mnist/train-labels-idx1-ubyte", [.. Head(0x801, 60_000), 4, 3, 2]);
        Write("mnist/t10k-images-idx3-ubyte", images[..(16 + 784)].Select((b, i) => i is >= 4 and < 8 ? Head(10_000)[i - 4] : b).ToArray());
        Write("mnist/t10k-labels-idx1-ubyte", [.. Head(0x801, 10_000), 1]);
        var set = ImageStore.Load(ImageSource.Mnist, _folder, new(AllowPartial: true)).OrThrow();
        Assert.Equal([4, 3, 2], set.Train.Labels);
        Assert.Equal([0, 1, 2], Enumerable.Range(0, 3).Select(i => (int)At(set.Train, i, 0, 13, 13)));
        Assert.Equal(1, set.Test.Count);
        Assert.Contains(Problems(ImageStore.Load(ImageSource.Mnist, _folder, new())), problem => problem is { Code: "LS0603" }
            && problem.Message.Contains("not 9912422", StringComparison.Ordinal));
        Assert.False(ImageStore.Holds(ImageSource.Mnist, _folder));
    }

    [Fact]
    public void The_files_of_MNIST_may_have_a_dot_in_their_names()
    {
        byte[] images = [.. Head(0x803, 2, 28, 28), .. Enumerable.Range(0, 2 * 784).Select(p => (byte)(p / 784))];
        Write("mnist/train-images.idx3-ubyte", images);
        Write("mnist/train-labels.idx1-ubyte", [.. Head(0x801, 2), 4, 3]);
        Write("mnist/t10k-images.idx3-ubyte.gz", Zipped(images));
        Write("mnist/t10k-labels.idx1-ubyte.gz", Zipped([.. Head(0x801, 2), 7, 8]));
        var set = ImageStore.Load(ImageSource.Mnist, _folder, new(AllowPartial: true)).OrThrow();
        Assert.Equal([4, 3], set.Train.Labels);
        Assert.Equal([7, 8], set.Test.Labels);
        Assert.Equal(1, At(set.Test, 1, 0, 3, 3));
        Assert.Equal(Path.Combine(_folder, "mnist"), ImageStore.Place(ImageSource.MnistBinary, _folder));
        AssertAllOf("LS0605", 4, ImageStore.Load(ImageSource.Mnist, _folder, new()));
        // Any of the files makes a place, so that the missing ones are told.
        File.Delete(Path.Combine(_folder, "mnist", "train-images.idx3-ubyte"));
        Assert.Contains(Problems(ImageStore.Load(ImageSource.Mnist, _folder, new(AllowPartial: true))), problem => problem.Code == "LS0602"
            && problem.File!.Contains("train-images", StringComparison.Ordinal));
        foreach (var file in Directory.GetFiles(Path.Combine(_folder, "mnist"))) File.Delete(file);
        AssertProblem("LS0601", "looked in mnist, MNIST/raw for train-images-idx3-ubyte (or train-images.idx3-ubyte, or either with .gz), "
            +
            "train-labels", ImageStore.Load(ImageSource.Mnist, _folder, new()));
    }

    [Fact]
    public void A_link_to_a_file_is_the_file()
    {
        foreach (var name in Enumerable.Range(1, 5).Select(i => $"data_batch_{i}.bin").Append("test_batch.bin"))
        {
            var file = Write($"elsewhere/{name}", Records(1, 4));
            Directory.CreateDirectory(Path.Combine(_folder, "cifar10"));
            File.CreateSymbolicLink(Path.Combine(_folder, "cifar10", name), file);
        }
        Assert.Equal([4, 4, 4, 4, 4], ImageStore.Load(ImageSource.Cifar10, _folder, new(AllowPartial: true)).OrThrow().Train.Labels);
        var archive = Write("elsewhere/train_32x32.mat", new byte[1000]);
        var link = Path.Combine(_folder, "train_32x32.mat");
        File.CreateSymbolicLink(link, archive);
        Assert.Equal([ImageProblems.Length(link, 2000, 1000)], ImageFiles.Check(link, new("", 2000, "")));
        Assert.True(ImageFiles.HasLength(link, 1000));
        Assert.False(ImageFiles.HasLength(link + "x", 1000));
        // A link to nowhere, and links in a circle.
        foreach (var (from, to) in new[] { ("nowhere", "none"), ("round", "about"), ("about", "round") })
            File.CreateSymbolicLink($"{link}.{from}", $"{link}.{to}");
        foreach (var from in (string[])["nowhere", "round"]) Assert.False(ImageFiles.Exists($"{link}.{from}"));
    }

    [Fact]
    public void A_MATLAB_file_is_read_column_by_column_and_its_10_is_0()
    {
        var images = SvhnImages.Read(new MemoryStream(Convert.FromBase64String(DigitsOfMatlab)), "train_32x32.mat", 3, allowPartial: false)
            .OrThrow();
        Assert.Equal([1, 0, 9], images.Labels);
        Assert.Equal((200, 9), (At(images, 2, 1, 5, 7), At(images, 0, 0, 0, 1)));
        Assert.Equal(209, Sum(images.Bytes.AsSpan()));
    }

    [Fact]
    public void A_MATLAB_file_of_other_images_or_a_damaged_one_is_told()
    {
        var file = Convert.FromBase64String(DigitsOfMatlab);
        AssertProblem("LS0603", "has 3 images, not 4", SvhnImages.Read(new MemoryStream(file), "train_32x32.mat", 4, allowPartial: false));
        Assert.Equal(3, SvhnImages.Read(new MemoryStream(file), "train_32x32.mat", 4, allowPartial: true).OrThrow().Count);
        AssertProblem("LS0605", "bytes, more than", SvhnImages.Read(new MemoryStream(file), "train_32x32.mat", 1, allowPartial: false));
        AssertProblem("LS0605", "breaks off", SvhnImages.Read(new MemoryStream(file[..200]), "train_32x32.mat", 3, allowPartial: true));
        AssertProblem("LS0605", "MATLAB 5.0", SvhnImages.Read(new MemoryStream(new byte[300]), "train_32x32.mat", 3, allowPartial: false));
        Outcome<LabelledImages> With(int at, byte value) => SvhnImages.Read(
            new MemoryStream([.. file[..at], value, .. file[(at + 1)..]]), "train_32x32.mat", 3, allowPartial: false);
        // A stream of zlib that asks for a dictionary.
        AssertProblem("LS0605", "cannot be unpacked", With(137, 249));
        Gen.Select(Gen.Int[0, file.Length - 1], Gen.Byte).Sample((at, value) =>
            _ = With(at, value).Match(_ => 0, problems => problems.Count));
    }

    [Fact]
    public void An_archive_is_read_without_unpacking()
    {
        var files = Enumerable.Range(1, 5).Select(i => ($"cifar-10-batches-bin/data_batch_{i}.bin", Records(1, (byte)i)))
            .Append(("cifar-10-batches-bin/test_batch.bin", Records(1, 9, 8)))
            .Append(("cifar-10-batches-bin/readme.html", new byte[5])).Reverse().ToArray();
        var set = new Cifar10Images().ReadEntries(TarGz(files), "a.tar.gz", allowPartial: true).OrThrow();
        Assert.Equal([1, 2, 3, 4, 5], set.Train.Labels);
        Assert.Equal([9, 8], set.Test.Labels);
        AssertAllOf("LS0603", 6, new Cifar10Images().ReadEntries(TarGz(files), "a.tar.gz", allowPartial: false));
        AssertProblem("LS0605", "a.tar.gz: error LS0605: has no entry 'cifar-10-batches-bin/test_batch.bin'",
            new Cifar10Images().ReadEntries(TarGz(files[2..]), "a.tar.gz", allowPartial: true));
    }

    [Theory]
    [InlineData("../cifar-10-batches-bin/data_batch_1.bin")]
    [InlineData("cifar-10-batches-bin/../../escape.bin")]
    [InlineData("/etc/escape.bin")]
    [InlineData("..\\escape.bin")]
    public void An_archive_with_a_path_that_leads_out_of_it_is_refused(string name)
    {
        AssertProblem("LS0606", $"entry '{name}' leads out of the archive", new Cifar10Images().ReadEntries(
            TarGz((name, Records(1, 1))), "a.tar.gz", allowPartial: true));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Theory]
    [InlineData(TarEntryType.SymbolicLink)]
    [InlineData(TarEntryType.HardLink)]
    public void An_archive_with_a_link_is_refused(TarEntryType type)
    {
        var link = new UstarTarEntry(type, "cifar-100-binary/train.bin") { LinkName = "/etc/passwd" };
        AssertProblem("LS0606", "is a link", new Cifar100Images().ReadEntries(TarGz([link]), "a.tar.gz", allowPartial: true));
    }

    [Fact]
    public void An_archive_that_is_cut_off_or_none_is_told()
    {
        var whole = TarGz(("cifar-100-binary/train.bin", [.. Enumerable.Range(0, 200_000).Select(i => (byte)(i * i >> 3))])).ToArray();
        Assert.All(Problems(new Cifar100Images().ReadEntries(new MemoryStream(whole[..(whole.Length / 2)]), "a.tar.gz",
            allowPartial: false)), problem => Assert.Matches("LS060[35]", problem.Code));
        AssertProblem("LS0605", "damaged", new Cifar100Images().ReadEntries(new MemoryStream([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
            12, 13, 14, 15, 16, 17, 18]), "a.tar.gz", allowPartial: true));
    }

    [Fact]
    public void A_published_archive_is_checked_by_length_then_by_checksum()
    {
        var path = Write("cifar10/cifar-10-binary.tar.gz", TarGz(("cifar-10-batches-bin/data_batch_1.bin", Records(1, 1))).ToArray());
        AssertProblem("LS0603", $"{path}: error LS0603: has ", ImageStore.Load(ImageSource.Cifar10, _folder, new()));
        var wrong = Write("mnist/t10k-labels-idx1-ubyte.gz", new byte[4542]);
        Assert.Equal([], ImageFiles.Check(wrong, new("", 4542, "fb3b0c8a2a4b01e0c6ac30e2a2d10f5d"))
            .Where(problem => problem.Code != "LS0604"));
        Assert.Single(ImageFiles.Check(wrong, ImageSource.Mnist.Files[3]));
    }

    [Fact]
    public void What_is_whole_is_taken_before_a_part()
    {
        void Batches(string folder, byte label)
        {
            foreach (var name in Enumerable.Range(1, 5).Select(i => $"data_batch_{i}.bin")
                .Append("test_batch.bin"))
            {
                Write($"{folder}/{name}", Records(1, label));
            }
        }
        int First() => ImageStore.Load(ImageSource.Cifar10, _folder, new(AllowPartial: true)).OrThrow().Train.Labels[0];

        AssertProblem("LS0601", "cifar-10-binary.tar.gz", ImageStore.Load(ImageSource.Cifar10, _folder, new()));
        AssertProblem("LS0601", "no data folder is named", ImageStore.Load(ImageSource.Cifar10, null, new()));
        Batches("cifar-10-exact", 1);
        Assert.Equal(1, First());
        Batches("cifar10", 2);
        Assert.Equal(2, First());
        Batches("cifar-10-batches-bin", 3);
        Assert.Equal(3, First());
        Assert.Equal(3, ImageStore.Load(ImageSource.Cifar10, Path.GetRelativePath(Directory.GetCurrentDirectory(), _folder),
            new(AllowPartial: true)).OrThrow().Train.Labels[0]);
        // All that is wrong at once.
        File.Delete(Path.Combine(_folder, "cifar-10-batches-bin", "data_batch_3.bin"));
        Assert.Equal(
            ["LS0603", "LS0603", "LS0602", "LS0603", "LS0603", "LS0603"], Problems(ImageStore.Load(ImageSource.Cifar10, _folder, new()))
                .Select(problem => problem.Code));
    }

    [Fact]
    public void An_unpacked_Python_batch_is_checked_by_its_checksum()
    {
        foreach (var name in Enumerable.Range(1, 5).Select(i => $"data_batch_{i}")
            .Append("test_batch"))
        {
            Write($"cifar-10-batches-py/{name}", Unzipped(BatchOfPython2));
        }

        AssertAllOf("LS0604", 6, ImageStore.Load(ImageSource.Cifar10, _folder, new()));
        Assert.Equal(15, ImageStore.Load(ImageSource.Cifar10, _folder, new(AllowPartial: true)).OrThrow().Train.Count);
    }

    [Fact]
    public void Tiny_ImageNet_is_read_from_its_folder_and_from_its_archive()
    {
        void Put(string path, byte[] content) => Write($"tiny-imagenet-200/{path}", content);
        Put("train/n02/images/n02_0.JPEG", Jpeg(SKColors.Red));
        Put("train/n01/images/n01_1.JPEG", Jpeg(SKColors.Lime));
        Put("train/n01/images/n01_0.JPEG", Jpeg(SKColors.Blue));
        Put("train/n01/n01_boxes.txt", [1]);
        Put("val/images/val_0.JPEG", Jpeg(SKColors.Gray));
        Put("val/val_annotations.txt", "val_0.JPEG\tn02\t0\t0\t9\t9\n"u8.ToArray());
        AssertColours(ImageStore.Load(ImageSource.TinyImageNet, _folder, new(AllowPartial: true)).OrThrow());
        AssertProblem("LS0605", "has 2 classes, not 200", ImageStore.Load(ImageSource.TinyImageNet, _folder, new()));

        using var elsewhere = new TemporaryFolder();
        ZipFile.CreateFromDirectory(Path.Combine(_folder, "tiny-imagenet-200"), Path.Combine(elsewhere.Path, "tiny-imagenet-200.zip"),
            CompressionLevel.Fastest, includeBaseDirectory: true);
        AssertColours(ImageStore.Load(ImageSource.TinyImageNet, elsewhere.Path, new(AllowPartial: true)).OrThrow());
        AssertProblem("LS0603", "not 248100043", ImageStore.Load(ImageSource.TinyImageNet, elsewhere.Path, new()));

        Put("train/n02/images/n02_0.JPEG", [1, 2, 3]);
        AssertProblem("LS0605", "n02_0.JPEG: error LS0605: is no JPEG", ImageStore.Load(ImageSource.TinyImageNet, _folder,
            new(AllowPartial: true)));
        Put("val/val_annotations.txt", "val_0.JPEG\tn03\t0\t0\t9\t9\n"u8.ToArray());
        AssertProblem("LS0605", "n03", ImageStore.Load(ImageSource.TinyImageNet, _folder, new(AllowPartial: true)));
    }

    [Theory]
    [InlineData("val/n02/images/val_0.JPEG")]
    [InlineData("val/n02/val_0.JPEG")]
    public void The_validation_images_of_Tiny_ImageNet_may_lie_in_a_folder_for_each_class(string path)
    {
        void Put(string path, byte[] content) => Write($"tiny-imagenet-200/{path}", content);
        Put("train/n02/images/n02_0.JPEG", Jpeg(SKColors.Red));
        Put("train/n01/images/n01_1.JPEG", Jpeg(SKColors.Lime));
        Put("train/n01/images/n01_0.JPEG", Jpeg(SKColors.Blue));
        // What macOS keeps beside files is no image.
        Put("train/n01/images/._n01_0.JPEG", [0, 5, 22, 7]);
        Put("val/n02/._val_0.JPEG", [0, 5, 22, 7]);
        AssertProblem("LS0605", "has neither val/val_annotations.txt nor images in val/CLASS or val/CLASS/images",
            ImageStore.Load(ImageSource.TinyImageNet, _folder, new(AllowPartial: true)));
        Put(path, Jpeg(SKColors.Gray));
        AssertColours(ImageStore.Load(ImageSource.TinyImageNet, _folder, new(AllowPartial: true)).OrThrow());
        // The annotations of images that were moved may still be there.
        Put("val/val_annotations.txt", "val_0.JPEG\tn02\t0\t0\t9\t9\n"u8.ToArray());
        AssertColours(ImageStore.Load(ImageSource.TinyImageNet, _folder, new(AllowPartial: true)).OrThrow());
        Put("val/n03/val_1.JPEG", Jpeg(SKColors.Gray));
        AssertProblem("LS0605", "has validation images of a class without training images: 'val/n03/val_1.JPEG'",
            ImageStore.Load(ImageSource.TinyImageNet, _folder, new(AllowPartial: true)));
    }

    private static void AssertColours(ImageSet set)
    {
        Assert.Equal((new ImageShape(3, 64, 64), 200), (set.Train.Shape, set.Classes));
        Assert.Equal([0, 0, 1], set.Train.Labels);
        Assert.Equal([1], set.Test.Labels);
        Assert.Equal([(0, 0, 255), (0, 255, 0), (255, 0, 0)], Enumerable.Range(0, 3).Select(i => Colour(set.Train, i)));
        Assert.Equal((128, 128, 128), Colour(set.Test, 0));

        // JPEG keeps a flat colour to within a step or two.
        static (int, int, int) Colour(LabelledImages images, int i) => (Near(At(images, i, 0, 40, 9)), Near(At(images, i, 1, 40, 9)),
            Near(At(images, i, 2, 40, 9)));
        static int Near(int value) => ((int[])[0, 128, 255]).MinBy(colour => Math.Abs(colour - value)) is var near
            && Math.Abs(near - value) <= 3 ? near : value;
    }

    private static byte[] Jpeg(SKColor colour)
    {
        using var bitmap = new SKBitmap(64, 64);
        bitmap.Erase(colour);
        return bitmap.Encode(SKEncodedImageFormat.Jpeg, 95).ToArray();
    }

    private static void AssertAllOf<T>(string code, int count, Outcome<T> outcome)
    {
        var problems = Problems(outcome);
        Assert.Equal(count, problems.Count);
        Assert.All(problems, problem => Assert.Equal(code, problem.Code));
    }

    private static byte[] Head(params int[] words) => [.. words.SelectMany(word =>
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, word);
        return bytes;
    })];
}
