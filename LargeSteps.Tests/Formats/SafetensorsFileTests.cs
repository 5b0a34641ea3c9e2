using System.Buffers.Binary;
using System.Text;
using CsCheck;
using LargeSteps.Formats;
using LargeSteps.Values;

namespace LargeSteps.Tests.Formats;

public class SafetensorsFileTests
{
    [Fact]
    public void What_is_written_is_read() => TemporaryFolder.In(folder =>
    {
        var file = Path.Combine(folder, "a.safetensors");
        Gen.Select(Tensors.Several, Gen.Select(Tensors.Name, Tensors.Name).Array[0, 3]).Sample((tensors, texts) =>
        {
            var metadata = texts.DistinctBy(text => text.Item1).Select(text => KeyValuePair.Create(text.Item1, text.Item2)).ToArray();
            SafetensorsFile.Write(file, tensors, metadata);
            Assert.Equal(new TensorFile(Items.From(tensors), Items.From(metadata)), SafetensorsFile.Read(file).OrThrow());
        }, iter: 200, threads: 1);
    });

    // The example of the documentation of the reference reader (safetensors/src/tensor.rs).
    [Fact]
    public void The_published_example_is_read() => TemporaryFolder.In(folder =>
    {
        var file = Put(folder, """{"test":{"dtype":"I32","shape":[2,2],"data_offsets":[0,16]}}""", new byte[16]);
        Assert.Equal([NamedTensor.Of<int>("test", [2, 2], new int[4])], SafetensorsFile.Read(file).OrThrow().Tensors);
    });

    [Fact]
    public void A_small_file_has_these_bytes() => TemporaryFolder.In(folder =>
    {
        var file = Path.Combine(folder, "a.safetensors");
        SafetensorsFile.Write(file, [NamedTensor.Of<bool>("b", [1], [true]), NamedTensor.Of<float>("w", [1, 2], [1, -2])],
            [KeyValuePair.Create("format", "pt")]);
        var header = """{"__metadata__":{"format":"pt"},"b":{"dtype":"BOOL","shape":[1],"data_offsets":[8,9]},"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}""";
        var padded = header.PadRight((header.Length + 7) / 8 * 8);
        Assert.Equal([(byte)padded.Length, 0, 0, 0, 0, 0, 0, 0, .. Encoding.ASCII.GetBytes(padded), 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 1],
            File.ReadAllBytes(file));
        var read = SafetensorsFile.Read(file).OrThrow();
        Assert.Equal(("pt", null), (read.FindText("format"), read.FindText("epoch")));
        Assert.Equal([1, -2], read.Find("w")!.ToFloats());
        Assert.Null(read.Find("v"));
    });

    [Fact]
    public void Names_that_a_file_cannot_have_are_refused()
    {
        var tensor = NamedTensor.Of<int>("w", [], [1]);
        Assert.Throws<ArgumentException>(() => SafetensorsFile.Write("unused", [tensor, tensor]));
        Assert.Throws<ArgumentException>(() => SafetensorsFile.Write("unused", [tensor.WithName("__metadata__")]));
        Assert.Throws<ArgumentException>(() => SafetensorsFile.Write("unused", [tensor], [new("a", "1"), new("a", "2")]));
        Assert.False(File.Exists("unused"));
    }

    [Theory]
    [InlineData("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 4, "LS0702",
        "the tensors should have 8 bytes in all, but 4 follow the header")]
    [InlineData("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 12, "LS0702",
        "the tensors should have 8 bytes in all, but 12 follow the header")]
    [InlineData("""{"w":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8, "LS0702",
        "tensor 'w' of float32 [3] needs 12 bytes, but has 8")]
    [InlineData("""{"w":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}""", 8, "LS0702",
        "needs too many bytes, but has 8")]
    [InlineData("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12, "LS0702",
        "tensor 'w' should begin at byte 0 after the header, but begins at 4")]
    [InlineData("""{"v":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"w":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12,
        "LS0702", "tensor 'w' should begin at byte 8 after the header, but begins at 4")]
    [InlineData("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", 8, "LS0702", "should be a begin and an end, but is [8, 0]")]
    [InlineData("""{"w":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", 8, "LS0702",
        "'shape' should be a list of whole numbers, but is [-2]")]
    [InlineData("""{"w":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}""", 8, "LS0702",
        "'shape' should be a list of whole numbers, but is [2.5]")]
    [InlineData("""{"w":{"dtype":"F32","data_offsets":[0,8]}}""", 8, "LS0702", "tensor 'w' lacks 'shape' in the header")]
    [InlineData("""{"w":7}""", 0, "LS0702", "tensor 'w' lacks 'dtype' in the header")]
    [InlineData("""{"w":{"dtype":"C64","shape":[1],"data_offsets":[0,8]}}""", 8, "LS0703",
        "tensor 'w' has elements of type \"C64\"; those that are read are F32, F64")]
    [InlineData("""{"w":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"w":{"dtype":"U8","shape":[],"data_offsets":[1,2]}}""", 2, "LS0702",
        "the header is damaged: Duplicate")]
    [InlineData("""{"__metadata__":{"epoch":3}}""", 0, "LS0702", "the metadata 'epoch' should be a text, but is 3")]
    [InlineData("""{"__metadata__":[]}""", 0, "LS0702", "the header is damaged: ")]
    [InlineData("""{"w":""", 0, "LS0702", "the header is damaged: ")]
    [InlineData("[]", 0, "LS0702", "this is no safetensors file: the header does not begin with '{'")]
    [InlineData("", 0, "LS0702", "this is no safetensors file: the header does not begin with '{'")]
    public void A_bad_header_is_told(string header, int bytes, string code, string message) => TemporaryFolder.In(folder =>
    {
        var file = Put(folder, header, new byte[bytes]);
        var problem = Tensors.Problem(SafetensorsFile.Read(file), file);
        Assert.Equal(code, problem.Code);
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
    });

    [Fact]
    public void A_header_longer_than_the_file_or_the_limit_is_told_without_reading_it() => TemporaryFolder.In(folder =>
    {
        var file = Path.Combine(folder, "a.safetensors");
        File.WriteAllBytes(file, [9, 0, 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'}']);
        Assert.Equal("the header should have 9 bytes, but 2 are left in the file",
            Tensors.Problem(SafetensorsFile.Read(file), file).Message);
        foreach (var length in (byte[][])[[1, 225, 245, 5, 0, 0, 0, 0], [.. Enumerable.Repeat((byte)0xff, 8)]])
        {
            File.WriteAllBytes(file, length);
            Assert.Contains("at most 100000000 are allowed", Tensors.Problem(SafetensorsFile.Read(file), file).Message,
                StringComparison.Ordinal);
        }
    });

    [Fact]
    public void A_file_that_is_not_there_is_told() => TemporaryFolder.In(folder =>
    {
        var file = Path.Combine(folder, "a.safetensors");
        Assert.Equal(new("LS0701", "there is no such file", file), Tensors.Problem(SafetensorsFile.Read(file), file));
        Assert.Equal(new("LS0701", "this is a folder, not a file", folder), Tensors.Problem(SafetensorsFile.Read(folder), folder));
    });

    [Fact]
    public void A_file_cut_off_anywhere_or_with_other_bytes_gives_a_diagnostic_or_tensors() => TemporaryFolder.In(folder =>
    {
        var file = Path.Combine(folder, "a.safetensors");
        SafetensorsFile.Write(file, [NamedTensor.Of<long>("n", [], [7]), NamedTensor.Of<float>("wηw", [2, 2], new float[4])],
            [new("a", "b")]);
        var whole = File.ReadAllBytes(file);
        for (var length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(file, whole[..length]);
            Assert.Equal("LS0702", Tensors.Problem(SafetensorsFile.Read(file), file).Code);
        }
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte).Array[1, 3].Sample(flips =>
        {
            var bytes = whole.ToArray();
            foreach (var (at, value) in flips) bytes[at] = value;
            File.WriteAllBytes(file, bytes);
            return SafetensorsFile.Read(file).Match(read => read.Tensors.Count <= 2, problems => problems.Count == 1);
        }, iter: 300, threads: 1);
    });

    private static string Put(string folder, string header, byte[] elements)
    {
        var file = Path.Combine(folder, "a.safetensors");
        var (text, length) = (Encoding.UTF8.GetBytes(header), new byte[8]);
        BinaryPrimitives.WriteInt64LittleEndian(length, text.Length);
        File.WriteAllBytes(file, [.. length, .. text, .. elements]);
        return file;
    }
}
