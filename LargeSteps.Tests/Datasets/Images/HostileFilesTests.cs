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
    public void An_entry_that_unpacks_to_more_than_any_picture_has_is_not_unpacked_further()
    {
        TinyImageNet(new byte[40_000_000]);
        AssertFirst("has more than 262144 bytes", ImageStore.Load(ImageSource.TinyImageNet, _folder.Path, new(AllowPartial: true)));
        Assert.Equal(101, ImageFiles.Start(new MemoryStream(new byte[1000]), 100).Length);
        Assert.Equal(100, ImageFiles.Start(new MemoryStream(new byte[100]), 100).Length);
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

    [Theory]
    [InlineData('x')]
    [InlineData('g')]
    [InlineData('L')]
    [InlineData('K')]
    public void Names_and_attributes_of_any_length_are_not_waited_for(char type)
    {
        // The first header says that a gigabyte and a half of them follow.
        var header = new byte[512];
        "cifar-10-batches-bin/x"u8.CopyTo(header);
        "0000644\00000000\00000000\013560000000\000000000000\0"u8.CopyTo(header.AsSpan(100));
        header.AsSpan(148, 8).Fill((byte)' ');
        header[156] = (byte)type;
        "ustar\000"u8.CopyTo(header.AsSpan(257));
        Encoding.ASCII.GetBytes(Convert.ToString(header.Sum(b => b), 8).PadLeft(6, '0') + "\0 ").CopyTo(header, 148);
        using (var file = File.Create(Path.Combine(_folder.Path, "cifar-10-binary.tar.gz")))
        using (var packed = new GZipStream(file, CompressionLevel.Fastest))
            packed.Write([.. header, .. new byte[10_240]]);
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
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(end + offset), (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(
                bytes.AsSpan(end + offset)) + 3));
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
