using System.Text;
using CsCheck;
using LargeSteps.Datasets.Images;
using LargeSteps.Formats;

namespace LargeSteps.Tests.Formats;

/// <summary>Pickles that make no sense: the files that do are those of <see cref="TorchFileTests"/> and of the readers of images.</summary>
public class UnpicklerTests
{
    // Instructions, whole values and names that the readers know, so that programs of them come far.
    private static readonly string[] Pieces =
    [
        "(", ")", "]", "}", "N", "\u0088", "\u0089", "K\u0001", "K\u0002", "M\u0001\u0001", "J\u00ff\u00ff\u00ff\u00ff",
            "\u008a\u0001\u0005", "\u008a\0", "G\u003f\u00f0\0\0\0\0\0\0",
        "U\u0002u1", "U\u0001\u00ff", "T\u0002\0\0\0ab", "X\u0006\0\0\0latin1", "X\u0007\0\0\0storage", "\u008c\u0003cpu", "\u0085",
            "\u0086", "\u0087", "t", "a", "e", "s", "u", "q\0", "r\u0001\0\0\0",
        "\u0094", "h\0", "j\u0001\0\0\0", "Q", "R", "b", ".", "\u0093", "ccollections\nOrderedDict\n", "ctorch\nFloatStorage\n",
            "ctorch\nSize\n", "ctorch._utils\n_rebuild_tensor_v2\n",
        "\u008b\u0001\0\0\0\u0005", "\u008d\u0001\0\0\0\0\0\0\0a", "C\u0001\u00ff", "B\u0001\0\0\0\u00ff",
            "\u008e\u0001\0\0\0\0\0\0\0\u00ff", "\u008f", "\u0090", "\u0091", "\u0081", "\u0092", "0", "1", "2",
        "ctorch._utils\n_rebuild_parameter\n", "ctorch._tensor\n_rebuild_from_type_v2\n", "cnumpy.core.multiarray\n_reconstruct\n",
            "cnumpy\nndarray\n", "cnumpy\ndtype\n", "c_codecs\nencode\n", "cos\nsystem\n", "\u0080\u0002", "\u0095\0\0\0\0\0\0\0\0",
    ];

    private static PickleFunctions[] All => [new TorchFunctions(), CifarFunctions.Instance];

    [Fact]
    public void A_program_of_any_instructions_is_read_or_refused()
    {
        var read = 0;
        Gen.Select(Gen.Int[0, Pieces.Length - 1].Select(i => Pieces[i]).Array[0, 12], Gen.Bool.Select(cifar => All[cifar ? 1 : 0]))
            .Sample((pieces, functions) =>
        {
            if (IsRead(Encoding.Latin1.GetBytes(string.Concat(pieces) + "."), functions)) Interlocked.Increment(ref read);
        }, iter: 20_000);
        Assert.InRange(read, 1000, 19_000);
    }

    [Fact]
    public void Any_bytes_are_read_or_refused() =>
        Gen.Select(Gen.Byte.Array[0, 40], Gen.Bool.Select(cifar => All[cifar ? 1 : 0]))
            .Sample((bytes, functions) => { IsRead(bytes, functions); }, iter: 20_000);

    [Fact]
    public void What_one_kind_of_file_may_name_another_may_not()
    {
        Assert.IsType<PickleFunction>(Unpickler.Read(new MemoryStream("cnumpy\ndtype\n."u8.ToArray()), CifarFunctions.Instance));
        Assert.Equal(new PickleOpaque("numpy.dtype"), Unpickler.Read(new MemoryStream("cnumpy\ndtype\n."u8.ToArray()),
            new TorchFunctions()));
        Assert.True(IsRead("ctorch\nSize\n."u8, new TorchFunctions()));
        Assert.False(IsRead("ctorch\nSize\n."u8, CifarFunctions.Instance));
        Assert.False(IsRead("C\u0001a."u8, CifarFunctions.Instance));
    }

    [Fact]
    public void Two_keys_that_are_written_alike_are_refused()
    {
        Assert.True(IsRead("}(K\u0000NU\u00011Nu."u8, new TorchFunctions()));
        Assert.Equal("a dictionary has two keys that are written '0'",
            Assert.Throws<BadFileException>(() => Unpickler.Read(new MemoryStream("}(K\u0000NU\u00010Nu."u8.ToArray()),
            new TorchFunctions())).Message);
    }

    [Theory]
    [InlineData((byte)'N')]
    [InlineData((byte)'(')]
    public void Values_without_end_are_refused(byte instruction)
    {
        var pickle = new byte[10_000_002];
        pickle.AsSpan().Fill(instruction);
        Assert.Equal("the pickle has more than 4000000 values",
            Assert.Throws<BadFileException>(() => Unpickler.Read(new MemoryStream(pickle), new TorchFunctions())).Message);
    }

    // Whatever else is thrown fails the test.
    private static bool IsRead(ReadOnlySpan<byte> pickle, PickleFunctions functions)
    {
        try
        {
            _ = Unpickler.Read(new MemoryStream(pickle.ToArray()), functions);
            return true;
        }
        catch (BadFileException)
        {
            return false;
        }
    }
}
