using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace LargeSteps.Formats;

/// <summary>The head of an array in a file of NumPy; the elements follow it.</summary>
/// <param name="Kind">The kind of the elements in NumPy's letters: <c>u</c> and <c>i</c> are whole numbers, <c>f</c>
/// floating-point ones.</param>
/// <param name="ElementBytes">The bytes of an element.</param>
/// <param name="IsBigEndian">Whether the first byte of an element is the highest.</param>
/// <param name="ColumnsFirst">Whether the first index runs fastest, not the last.</param>
/// <param name="Shape">The lengths of the axes.</param>
/// <remarks>Source: NumPy Enhancement Proposal 1, and numpy.lib.format for versions 2 and 3.</remarks>
internal sealed partial record NpyHead(char Kind, int ElementBytes, bool IsBigEndian, bool ColumnsFirst, long[] Shape)
{
    private const int MostBytes = 1 << 16, MostAxes = 32;

    /// <summary>The element type in NumPy's words.</summary>
    public string Type =>
        (Kind switch { 'u' => "uint", 'i' => "int", 'f' => "float", _ => $"{Kind}" })
            + (8 * ElementBytes).ToString(CultureInfo.InvariantCulture);

    /// <summary>Reads the head, behind which the stream then stands.</summary>
    /// <exception cref="BadFileException">It is none.</exception>
    /// <exception cref="EndOfStreamException">The file ends before it does.</exception>
    public static NpyHead Read(Stream stream)
    {
        var begin = new byte[8];
        stream.ReadExactly(begin);
        if (!begin.AsSpan().StartsWith((ReadOnlySpan<byte>)[0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'])
            || begin[6] is not (1 or 2 or 3))
        {
            throw BadFileException.Damaged($"it does not begin as an array of NumPy");
        }

        var length = new byte[begin[6] == 1 ? 2 : 4];
        stream.ReadExactly(length);
        var bytes = length.Length == 2 ? BinaryPrimitives.ReadUInt16LittleEndian(length) : BinaryPrimitives.ReadUInt32LittleEndian(length);
        if (bytes > MostBytes) throw BadFileException.Damaged($"its head has {bytes} bytes, more than {MostBytes}");
        var head = new byte[bytes];
        stream.ReadExactly(head);
        var text = Encoding.Latin1.GetString(head);
        if (TypePattern().Match(text) is not { Success: true } type) throw BadFileException.Unread($"its elements are no plain numbers");
        if (ShapePattern().Match(text) is not { Success: true } shape || OrderPattern().Match(text) is not { Success: true } order)
            throw BadFileException.Damaged($"its head does not say its shape");
        return new(type.Groups[2].Value[0], int.Parse(type.Groups[3].Value, CultureInfo.InvariantCulture), type.Groups[1].Value == ">",
            order.Groups[1].Value == "True", Lengths(shape.Groups[1].Value));
    }

    private static long[] Lengths(string text)
    {
        var axes = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (axes.Length > MostAxes || !axes.All(axis => int.TryParse(axis, NumberStyles.None, CultureInfo.InvariantCulture, out _)))
            throw BadFileException.Damaged($"its shape is ({text})");
        return Array.ConvertAll(axes, axis => long.Parse(axis, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@"'descr':\s*'([<>|=])([a-z])([1-9]\d?)'")]
    private static partial Regex TypePattern();

    [GeneratedRegex(@"'fortran_order':\s*(True|False)")]
    private static partial Regex OrderPattern();

    [GeneratedRegex(@"'shape':\s*\(([^()]*)\)")]
    private static partial Regex ShapePattern();
}
