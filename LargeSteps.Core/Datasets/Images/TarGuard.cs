using System.Buffers.Binary;
using System.Text;

namespace LargeSteps.Datasets.Images;

/// <summary>
/// A tar archive on its way to .NET's reader, which makes room for what a header says before it is there: names and attributes of files can
/// be of any length by one line of a small archive. Those of more than a megabyte end the reading here. Source: POSIX.1-2001, pax
/// Interchange Format; GNU tar for the types L and K and for lengths in binary.
/// </summary>
/// <param name="inner">The archive, unpacked.</param>
/// <param name="most">The most bytes that its entries may have together: what is longer by its headers is not read any further.</param>
internal sealed class TarGuard(Stream inner, long most) : Stream
{
    private const int Block = 512, NameLength = 100, SizeAt = 124, SizeLength = 12, TypeAt = 156, MostMetadata = 1 << 20;

    private readonly byte[] _header = new byte[Block];
    private int _served = Block, _filled = Block;
    private long _data, _all;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty) return 0;
        if (_served == _filled && _data == 0) NextHeader();
        if (_served < _filled)
        {
            var count = Math.Min(buffer.Length, _filled - _served);
            _header.AsSpan(_served, count).CopyTo(buffer);
            _served += count;
            return count;
        }
        var read = inner.Read(buffer[..(int)Math.Min(buffer.Length, _data)]);
        _data -= read;
        return read;
    }

    private void NextHeader()
    {
        (_served, _filled) = (0, inner.ReadAtLeast(_header, Block, throwOnEndOfStream: false));
        if (_filled < Block) return;
        var size = Size(_header.AsSpan(SizeAt, SizeLength));
        if ((char)_header[TypeAt] is 'x' or 'g' or 'X' or 'L' or 'K' && size > MostMetadata)
        {
            throw new InvalidDataException(FormattableString.Invariant(
                $"the names or attributes of '{Name()}' have {size} bytes, more than {MostMetadata}"));
        }

        _data = (size + Block - 1) / Block * Block;
        if ((_all += Block + _data) > most)
        {
            throw new InvalidDataException(FormattableString.Invariant(
            $"with '{Name()}' its entries have more than {most} bytes"));
        }
    }

    private string Name() => Encoding.ASCII.GetString(_header.AsSpan(0, NameLength)).TrimEnd('\0');

    // Octal digits, or, where the first bit is set, a number in binary. What is neither, the reader complains about.
    private static long Size(ReadOnlySpan<byte> field)
    {
        if ((field[0] & 0x80) != 0) return Math.Max(0, BinaryPrimitives.ReadInt64BigEndian(field[4..]) & (long.MaxValue >> 10));
        long size = 0;
        foreach (var digit in field)
        {
            if (digit is >= (byte)'0' and <= (byte)'7') size = 8 * size + (digit - '0');
            else if (digit is 0 or (byte)' ' && size > 0) break;
        }

        return size;
    }

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
