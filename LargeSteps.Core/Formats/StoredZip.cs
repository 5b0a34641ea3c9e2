using System.Buffers.Binary;
using System.Text;

namespace LargeSteps.Formats;

/// <summary>
/// Zip files as PyTorch writes them: nothing is compressed, and the content of each entry begins at a multiple of 64 bytes, for which an
/// extra field of its header is filled up. Sources: PKWARE's APPNOTE, sections 4.3 to 4.5; caffe2/serialize/inline_container.cc of PyTorch
/// for the extra field.
/// </summary>
internal static class StoredZip
{
    private const int Alignment = 64, LocalHeader = 30, CentralHeader = 46, EndRecord = 22, FieldHeader = 4;
    private const ushort Version = 20, Utf8Names = 0x0800, PaddingField = 0x4246;

    // The first day that the format knows: files of the same content have the same bytes.
    private const ushort Date = 1 << 5 | 1;

    /// <summary>Writes entries, in their order, to the beginning of a stream.</summary>
    /// <exception cref="ArgumentException">They need more than 4 GiB, or are more than 65,534; the format has no room for that.</exception>
    public static void Write(Stream stream, IReadOnlyCollection<(string Name, ReadOnlyMemory<byte> Content)> entries)
    {
        if (entries.Count >= ushort.MaxValue || entries.Sum(entry => entry.Content.Length + 1024L + 2L * entry.Name.Length) > uint.MaxValue)
            throw new ArgumentException("a file of this format has at most 4 GiB and 65,534 tensors; safetensors files have room for more");
        var central = new MemoryStream();
        foreach (var (name, content) in entries)
        {
            var (at, nameBytes, crc) = (stream.Position, Encoding.UTF8.GetBytes(name), Checksums.Crc32(content.Span));
            var before = at + LocalHeader + nameBytes.Length + FieldHeader;
            var padding = (int)((Alignment - before % Alignment) % Alignment);

            var local = new Fields(LocalHeader + nameBytes.Length + FieldHeader + padding).U32(0x04034b50);
            Common(local).U16(nameBytes.Length).U16(FieldHeader + padding).Raw(nameBytes).U16(PaddingField).U16(padding).Fill((byte)'Z');
            stream.Write(local.Bytes);
            stream.Write(content.Span);

            var header = new Fields(CentralHeader + nameBytes.Length).U32(0x02014b50).U16(Version);
            // No extra field, no comment, the first and only disk, no attributes.
            Common(header).U16(nameBytes.Length).U16(0).U16(0).U16(0).U16(0).U32(0).U32((uint)at).Raw(nameBytes);
            central.Write(header.Bytes);

            Fields Common(Fields fields) => fields.U16(Version).U16(Utf8Names).U16(0).U16(0).U16(Date).U32(crc).U32((uint)content.Length)
                .U32((uint)content.Length);
        }
        var start = stream.Position;
        central.WriteTo(stream);
        stream.Write(new Fields(EndRecord).U32(0x06054b50).U16(0).U16(0).U16(entries.Count).U16(entries.Count).U32((uint)central.Length)
            .U32((uint)start).U16(0).Bytes);
    }

    private sealed class Fields(int length)
    {
        private int _at;

        public byte[] Bytes { get; } = new byte[length];

        public Fields U16(int value)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(Bytes.AsSpan(_at), (ushort)value);
            _at += 2;
            return this;
        }

        public Fields U32(uint value)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(Bytes.AsSpan(_at), value);
            _at += 4;
            return this;
        }

        public Fields Raw(byte[] value)
        {
            value.CopyTo(Bytes, _at);
            _at += value.Length;
            return this;
        }

        public void Fill(byte value) => Bytes.AsSpan(_at).Fill(value);
    }
}
