using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace LargeSteps.Datasets.Images;

/// <summary>A variable whose values are whole numbers of 0 to 255.</summary>
/// <param name="Dimensions">The lengths of its axes.</param>
/// <param name="Values">Its values; the first index runs fastest.</param>
internal sealed record MatlabArray(int[] Dimensions, ReadOnlyMemory<byte> Values);

/// <summary>
/// MATLAB's files of level 5 as far as images need them: numeric arrays of bytes, or of doubles that are whole numbers of 0 to 255,
/// compressed or not. Source: MathWorks, "MAT-File Format", level 5.
/// </summary>
internal static class MatlabFile
{
    private const int HeadBytes = 128;

    // The types of elements that occur.
    private const int Int8 = 1, UInt8 = 2, Int32 = 5, UInt32 = 6, Double = 9, Matrix = 14, Compressed = 15;

    /// <summary>Variables of a file by their names; once all of them are there, what follows is not read.</summary>
    /// <param name="stream">The file.</param>
    /// <param name="names">Their names.</param>
    /// <param name="mostBytes">The most bytes that all variables of the file may have together, unpacked.</param>
    /// <exception cref="InvalidDataException">It is no such file, breaks off, or holds another kind of variable.</exception>
    public static IReadOnlyDictionary<string, MatlabArray> Read(Stream stream, string[] names, long mostBytes)
    {
        var head = new byte[HeadBytes];
        Fill(stream, head);
        if (!head.AsSpan(0, 10).SequenceEqual("MATLAB 5.0"u8) || head[126] != 'I'
            || head[127] != 'M')
        {
            throw new InvalidDataException("it does not begin as a little-endian MATLAB 5.0 file");
        }

        var variables = new Dictionary<string, MatlabArray>();
        while (!names.All(variables.ContainsKey) && NextTag(stream) is var (type, length) && type != 0)
        {
            var body = Body(stream, length, mostBytes);
            if (type == Compressed)
            {
                try
                {
                    using var unpacked = new ZLibStream(new MemoryStream(body), CompressionMode.Decompress);
                    (type, length) = NextTag(unpacked);
                    body = Body(unpacked, length, mostBytes);
                }
                // What zlib says of a damaged stream is not always that it is one: it may ask for a dictionary. There is no file in it.
                catch (IOException e)
                {
                    throw new InvalidDataException($"an array of it cannot be unpacked: {e.Message}", e);
                }
            }
            if (type != Matrix)
            {
                throw new InvalidDataException(
                FormattableString.Invariant($"it holds an element of type {type}, not an array"));
            }

            mostBytes -= body.Length;
            var (name, array) = ArrayOf(body);
            if (names.Contains(name)) variables[name] = array;
        }
        return variables;
    }

    private static (string Name, MatlabArray Array) ArrayOf(ReadOnlyMemory<byte> body)
    {
        // Flags, dimensions, name, real part.
        var (flags, dimensions, name, values) = (Element(ref body), Element(ref body), Element(ref body), Element(ref body));
        if (flags.Type != UInt32 || dimensions.Type != Int32
            || name.Type != Int8)
        {
            throw new InvalidDataException("an array of it has parts of other types than an array of numbers has");
        }

        var lengths = Numbers<int>(dimensions.Data).ToArray();
        var numbers = values.Type switch
        {
            UInt8 => values.Data,
            Double => Array.ConvertAll(Numbers<double>(values.Data).ToArray(), Whole),
            _ => throw new InvalidDataException(
                FormattableString.Invariant($"an array of it has values of type {values.Type}, neither bytes nor doubles")),
        };
        if (lengths.Any(length => length < 0) || lengths.Aggregate(1.0, (product, length) => product * length) != numbers.Length)
            throw new InvalidDataException("an array of it has another length than its dimensions say");
        return (Encoding.ASCII.GetString(name.Data.Span), new MatlabArray(lengths, numbers));

        static byte Whole(double value) => value is >= 0 and <= 255 && value == Math.Floor(value) ? (byte)value
            : throw new InvalidDataException("an array of it has values that are no bytes");
    }

    // Little-endian, as the head says and as all of .NET's processors but one are.
    private static ReadOnlySpan<T> Numbers<T>(ReadOnlyMemory<byte> data) where T : unmanaged => data.Length % Unsafe.SizeOf<T>() == 0
        ? MemoryMarshal.Cast<byte, T>(data.Span) : throw new InvalidDataException("an array of it has a part of a number");

    /// <summary>The next part of an array: a tag of 8 bytes and its data, padded to 8 bytes; up to 4 bytes of data can stand in the tag
    /// itself.</summary>
    private static (int Type, ReadOnlyMemory<byte> Data) Element(ref ReadOnlyMemory<byte> body)
    {
        if (body.Length < 8) throw new InvalidDataException("an array of it breaks off");
        var (type, length) = (BinaryPrimitives.ReadInt32LittleEndian(body.Span), BinaryPrimitives.ReadInt32LittleEndian(body.Span[4..]));
        var small = type >> 16;
        var (data, whole) = small != 0 ? (body.Slice(4, Math.Clamp(small, 0, 4)), 8)
            : length >= 0 && length <= body.Length - 8 ? (body.Slice(8, length), (int)Math.Min(body.Length, 8 + (length + 7L) / 8 * 8))
            : throw new InvalidDataException("an array of it breaks off");
        body = body[whole..];
        return (type & 0xffff, data);
    }

    private static (int Type, int Length) NextTag(Stream stream)
    {
        var tag = new byte[8];
        var read = ImageFiles.Fill(stream, tag);
        return read == 0 ? (0, 0)
            : read == 8 ? (BinaryPrimitives.ReadInt32LittleEndian(tag), BinaryPrimitives.ReadInt32LittleEndian(tag.AsSpan(4)))
            : throw new InvalidDataException("it breaks off");
    }

    private static byte[] Body(Stream stream, int length, long most)
    {
        if (length < 0 || length > most)
        {
            throw new InvalidDataException(
            FormattableString.Invariant($"it holds an element of {(uint)length} bytes, more than {most}"));
        }

        var body = ImageFiles.UpTo(stream, length);
        return body.Length == length ? body : throw new InvalidDataException("it breaks off");
    }

    private static void Fill(Stream stream, byte[] buffer)
    {
        if (ImageFiles.Fill(stream, buffer) < buffer.Length) throw new InvalidDataException("it breaks off");
    }
}
