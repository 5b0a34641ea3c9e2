using System.Buffers.Binary;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using LargeSteps.Datasets.Images;
using LargeSteps.Formats;
using LargeSteps.Values;
using static LargeSteps.Tests.Datasets.Images.ImageTestData;

namespace LargeSteps.Tests.Datasets.Images;

/// <summary>Small files that would be large in memory, and servers that lead elsewhere or never end.</summary>
public sealed class HostileFilesTests : IDisposable
{
    private static readonly PublishedFile Published = new("images.bin", 300_000, "00000000000000000000000000000000");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>The head of a JPEG file of any size, with nothing behind it.</summary>
    private static byte[] JpegHead(ushort width, ushort height)
    {
        byte[] frame = [0xff, 0xc0, 0, 11, 8, 0, 0, 0, 0, 1, 1, 0x11, 0];
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(5), height);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(7), width);
        return [0xff, 0xd8, 0xff, 0xdb, 0, 67, 0, .. Enumerable.Repeat((byte)1, 64), .. frame, 0xff, 0xd9];
    }

    private void TinyImageNet(byte[] picture, string annotations = "v.JPEG\tn01\n")
    {
        using var zip = ZipFile.Open(Path.Combine(_folder.Path, "tiny-imagenet-200.zip"), ZipArchiveMode.Create);
        foreach (var (name, content) in ((string, byte[])[])[("train/n01/images/a.JPEG", picture), ("val/images/v.JPEG", picture),
            ("val/val_annotations.txt", Encoding.UTF8.GetBytes(annotations))])
        {
            using var entry = zip.CreateEntry("tiny-imagenet-200/" + name).Open();
            entry.Write(content);
        }
    }

    private static void AssertFirst(string part, Outcome<ImageSet> outcome)
    {
        var first = Problems(outcome)[0];
        Assert.Equal("LS0605", first.Code);
        Assert.Contains(part, first.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(60_000, 60_000)]
    [InlineData(1, 65_535)]
    [InlineData(65, 64)]
    public void A_picture_of_another_size_is_refused_by_its_head(ushort width, ushort height)
    {
        TinyImageNet(JpegHead(width, height));
        AssertFirst($"has {width}×{height} pixels, not 64×64", ImageStore.Load(ImageSource.TinyImageNet, _folder.Path,
            new(AllowPartial: true)));
    }

    [Fact]
    public void A_length_that_leads_beyond_the_end_of_a_picture_ends_it()
    {
        TinyImageNet([0xff, 0xd8, 0xff, 0xe1, 0xff, 0xff, 1, 2, 3]);
        AssertFirst("is no JPEG file or a damaged one", ImageStore.Load(ImageSource.TinyImageNet, _folder.Path, new(AllowPartial: true)));
    }

    [Fact]
    public void Nothing_but_a_JPEG_file_is_a_picture()
    {
        TinyImageNet([0x89, .. "PNG\r\n\u001a\n"u8, 1, 2, 3]);
        AssertFirst("is no JPEG file: it does not begin with FF D8",
            ImageStore.Load(ImageSource.TinyImageNet, _folder.Path, new(AllowPartial: true)));
    }

    [Fact]
    public void Annotations_that_name_a_picture_again_and_again_make_no_more_pictures_than_were_published()
    {
        TinyImageNet(JpegHead(64, 64), string.Concat(Enumerable.Repeat("v.JPEG\tn01\n", 10_001)));
        AssertProblem("LS0603", "has 10001 images, not 10000",
            ImageStore.Load(ImageSource.TinyImageNet, _folder.Path, new(AllowPartial: true)));
    }

    [Fact]
    public void Two_entries_of_one_name_are_refused()
    {
        TinyImageNet(JpegHead(64, 64));
        using (var zip = ZipFile.Open(Path.Combine(_folder.Path, "tiny-imagenet-200.zip"), ZipArchiveMode.Update))
            zip.CreateEntry("tiny-imagenet-200/train/n01/images/a.JPEG");
        AssertFirst("has two entries 'tiny-imagenet-200/train/n01/images/a.JPEG'",
            ImageStore.Load(ImageSource.TinyImageNet, _folder.Path, new(AllowPartial: true)));
    }

    [Fact]
    public void What_is_longer_than_was_published_is_read_no_further()
    {
        // Each of them goes on for ever.
        static Endless After(params byte[] begin) => new(begin);
        AssertProblem("LS0603", "has more than 10 bytes: it is another file",
            MnistImages.ReadLabels(After(0, 0, 8, 1, 0, 0, 0, 2), "labels", 2, allowPartial: false));
        AssertProblem("LS0603", "has more than 6146 bytes: it is another file",
            CifarBinary.Read(After(), "batch", 1, 10, 2, allowPartial: true));
        Assert.Equal(100, After().TakenBy(stream => ImageFiles.UpTo(stream, 100)));
        Assert.Equal(101, After().TakenBy(stream => ImageFiles.Take(stream, 100)));
        var (bytes, isAll) = ImageFiles.TakeWhole(new MemoryStream(new byte[100]), 100);
        Assert.Equal((100, true), (bytes.Length, isAll));
    }

    /// <summary>Some bytes, then zeros without end.</summary>
    private sealed class Endless(byte[] begin) : MemoryStream
    {
        private int _taken;

        public int TakenBy(Action<Stream> reader)
        {
            reader(this);
            return _taken;
        }

        public override int Read(Span<byte> buffer)
        {
            buffer.Clear();
            for (var i = 0; i < buffer.Length && _taken + i < begin.Length; i++) buffer[i] = begin[_taken + i];
            _taken += buffer.Length;
            return buffer.Length;
        }
    }

    [Fact]
    public void Room_is_made_for_what_a_file_has_not_for_what_it_says_that_it_has()
    {
        byte[] digits = [.. "MATLAB 5.0 MAT-file".PadRight(124).Select(c => (byte)c), 0, 1, (byte)'I', (byte)'M', 14, 0, 0, 0, 0, 0, 0, 13];
        foreach (Action read in (Action[])[
            () => AssertProblem("LS0605", "breaks off",
                SvhnImages.Read(new MemoryStream(digits), "train_32x32.mat", 73_257, allowPartial: true)),
            () => AssertProblem("LS0603", "has 9 bytes, not 60008",
                MnistImages.ReadLabels(new MemoryStream([0, 0, 8, 1, 0, 0, 0xea, 0x60, 1]), "labels", 60_000, allowPartial: false)),
            () => AssertProblem("LS0603", "has 9 bytes, not 153700000",
                CifarBinary.Read(new MemoryStream(new byte[9]), "batch", 2, 100, 50_000, allowPartial: false))])
        {
            read();
            var before = GC.GetAllocatedBytesForCurrentThread();
            read();
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        }
    }

    [Fact]
    public void An_entry_that_is_longer_than_all_batches_by_its_header_is_not_unpacked()
    {
        Archive(header => Encoding.ASCII.GetBytes("77777777777").CopyTo(header, 124));
        AssertProblem("LS0605", "with 'cifar-10-batches-bin/x' its entries have more than 201157216 bytes",
            ImageStore.Load(ImageSource.Cifar10, _folder.Path, new(AllowPartial: true)));
    }

    [Fact]
    public void A_time_that_no_clock_has_is_told()
    {
        Archive(header => header.AsSpan(136, 12).Fill(0x8f));
        Assert.Equal("LS0605", Assert.Single(Problems(ImageStore.Load(ImageSource.Cifar10, _folder.Path, new(AllowPartial: true)))).Code);
    }

    [Fact]
    public void An_entry_that_unpacks_to_more_than_any_picture_has_is_not_unpacked_further()
    {
        TinyImageNet(new byte[40_000_000]);
        AssertFirst("has more than 262144 bytes", ImageStore.Load(ImageSource.TinyImageNet, _folder.Path, new(AllowPartial: true)));
    }

    [Fact]
    public void A_batch_of_zeros_is_not_unpacked_further_than_any_batch_goes()
    {
        using var stream = TarGz([new UstarTarEntry(TarEntryType.RegularFile, "cifar-10-batches-py/data_batch_1")
        {
            DataStream = new MemoryStream(new byte[60_000_000]),
        }]);
        File.WriteAllBytes(Path.Combine(_folder.Path, "cifar-10-python.tar.gz"), stream.ToArray());
        AssertFirst("has more than 34328576 bytes", ImageStore.Load(ImageSource.Cifar10, _folder.Path, new(AllowPartial: true)));
    }

    // An entry whose header says that a gigabyte and a half follow, or something else.
    private void Archive(Action<byte[]> change)
    {
        var header = new byte[512];
        "cifar-10-batches-bin/x"u8.CopyTo(header);
        "0000644\00000000\00000000\013560000000\000000000000\0"u8.CopyTo(header.AsSpan(100));
        header.AsSpan(148, 8).Fill((byte)' ');
        header[156] = (byte)'0';
        "ustar\000"u8.CopyTo(header.AsSpan(257));
        change(header);
        Encoding.ASCII.GetBytes(Convert.ToString(header.Sum(b => b), 8).PadLeft(6, '0') + "\0 ").CopyTo(header, 148);
        using var file = File.Create(Path.Combine(_folder.Path, "cifar-10-binary.tar.gz"));
        using var packed = new GZipStream(file, CompressionLevel.Fastest);
        packed.Write([.. header, .. new byte[10_240]]);
    }

    [Theory]
    [InlineData('x')]
    [InlineData('g')]
    [InlineData('L')]
    [InlineData('K')]
    public void Names_and_attributes_of_any_length_are_not_waited_for(char type)
    {
        // The first header says that a gigabyte and a half of them follow.
        Archive(header => header[156] = (byte)type);
        AssertProblem("LS0605", "the names or attributes of 'cifar-10-batches-bin/x' have 1572864000 bytes, more than 1048576",
            ImageStore.Load(ImageSource.Cifar10, _folder.Path, new(AllowPartial: true)));
    }

    [Fact]
    public void Entries_of_a_zip_file_that_overlap_are_refused()
    {
        var file = Path.Combine(_folder.Path, "x.pth");
        TorchFile.WriteStateDict(file, [new NamedTensor("a", ElementType.Float32, [1000], new byte[4000])]);
        Assert.Single(TorchFile.ReadStateDict(file).OrThrow());
        // The list of entries has the storage under three more names, each of the same length: the same bytes again.
        var bytes = File.ReadAllBytes(file);
        var end = bytes.Length - 22;
        var (start, length) = (BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(end + 16)), BinaryPrimitives.ReadInt32LittleEndian(bytes
            .AsSpan(end + 12)));
        var list = bytes[start..(start + length)];
        var at = list.AsSpan().IndexOf("archive/data/0"u8) - 46;
        var entry = list[at..(at + 46 + "archive/data/0".Length)];
        byte[] more = [.. Enumerable.Range(1, 3).SelectMany(i => (byte[])[.. entry[..^1], (byte)('0' + i)])];
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(end + 12), length + more.Length);
        foreach (var offset in (int[])[8, 10])
        {
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(end + offset), (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(
                bytes.AsSpan(end + offset)) + 3));
        }

        File.WriteAllBytes(file, [.. bytes[..end], .. more, .. bytes[end..]]);
        AssertProblem("LS0702", "the entries of the zip file overlap", TorchFile.Read(file));
    }

    [Theory]
    [InlineData("c")]
    [InlineData("cos\n")]
    public void A_name_without_end_is_refused(string begin)
    {
        var pickle = new MemoryStream(Encoding.ASCII.GetBytes(begin + new string('a', 3_000_000) + "\nb\n."));
        Assert.Equal("the pickle has a name of a module or a class of more than 1000 bytes",
            Assert.Throws<BadFileException>(() => Unpickler.Read(pickle, new TorchFunctions())).Message);
    }

    [Theory]
    [InlineData("file:///etc/passwd", "file:///etc/passwd")]
    [InlineData("ftp://127.0.0.1/images.bin", "ftp://127.0.0.1/images.bin")]
    public async Task A_server_leads_nowhere_but_to_the_web(string location, string told)
    {
        using var server = new TinyServer((path, from) => new("302 Found", [], $"Location: {location}\r\n"));
        AssertProblem("LS0607", $"answers that the file is at '{told}', where it is not fetched from", await Fetch(server.Address));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_server_that_leads_in_a_circle_is_left()
    {
        using var server = new TinyServer((path, from) => new("302 Found", [], $"Location: {path}\r\n"));
        AssertProblem("LS0607", "answers more than 10 times that the file is elsewhere", await Fetch(server.Address));
    }

    [Fact]
    public async Task A_file_is_fetched_from_where_the_server_says_that_it_is()
    {
        var content = new byte[] { 1, 2, 3 };
        // The checksum of these bytes.
        var published = new PublishedFile("images.bin", 3, "5289df737df57326fcdd22597afb1fac");
        using var server = new TinyServer((path, from) => path == "/data/images.bin" ? new("301 Moved Permanently", [],
            "Location: /elsewhere\r\n") : new("200 OK", content));
        Assert.Single((await Fetch(server.Address, published)).OrThrow());
        Assert.Equal(["/data/images.bin", "/elsewhere"], server.Requests.Select(request => request.Path));
    }

    [Fact]
    public async Task A_server_that_sends_a_byte_a_second_is_left_and_what_has_come_stays()
    {
        using var server = new TinyServer((path, from) => new("200 OK", new byte[300_000], CutAfter: 5));
        using var client = Downloads.CreateClient();
        var fetched = await new Downloads(client, new Hurried()).Fetch([Published], server.Address, _folder.Path, null,
            TestContext.Current.CancellationToken);
        AssertProblem("LS0608", "bytes in a minute, at least 60000 are waited for; what has come is kept", fetched);
        Assert.Single(server.Requests);
    }

    private async Task<Outcome<Items<string>>> Fetch(Uri address, PublishedFile? file = null)
    {
        using var client = Downloads.CreateClient();
        return await new Downloads(client, new NoWaiting()).Fetch([file ?? Published], address, _folder.Path, null,
            TestContext.Current.CancellationToken);
    }

    /// <summary>A clock on which a minute is over at each look.</summary>
    private sealed class Hurried : TimeProvider
    {
        private long _looks;

        public override long GetTimestamp() => 61 * TimestampFrequency * ++_looks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            System.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }
}
