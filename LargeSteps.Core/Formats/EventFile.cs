using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace LargeSteps.Formats;

/// <summary>
/// A TensorBoard event file: records of TensorFlow's format (length, masked CRC-32C of it, an <c>Event</c> of protocol buffers, masked
/// CRC-32C of that). Sources: tensorflow/core/lib/io/record_writer.h, tensorflow/core/util/event.proto and
/// tensorflow/core/framework/summary.proto of TensorFlow, and for the file's name tensorboard/summary/writer/event_file_writer.py of
/// TensorBoard. Each record is one write: a program that is killed leaves at most one that is cut off, at the end, where TensorBoard passes
/// over it. Not for several threads at once.
/// </summary>
internal sealed class EventFile : IDisposable
{
    private readonly FileStream _stream;

    private EventFile(FileStream stream) => _stream = stream;

    /// <summary>The file.</summary>
    public string Path => _stream.Name;

    /// <summary>A new file <c>events.out.tfevents.&lt;seconds&gt;.&lt;machine&gt;.&lt;process&gt;.&lt;number&gt;</c> in a folder, which is
    /// made where it is not there.</summary>
    /// <param name="folder">The folder of one run; TensorBoard takes the files in it for one.</param>
    /// <param name="time">The time now.</param>
    public static EventFile Create(string folder, DateTimeOffset time)
    {
        Directory.CreateDirectory(folder);
        var name = FormattableString.Invariant(
            $"events.out.tfevents.{time.ToUnixTimeSeconds():D10}.{Environment.MachineName}.{Environment.ProcessId}");
        var number = 0;
        while (File.Exists(PathOf(number))) number++;
        var file = new EventFile(new FileStream(PathOf(number), FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0));
        file.Append(new Message().Double(1, Seconds(time)).Text(3, "brain.Event:2"));
        return file;

        string PathOf(int n) => System.IO.Path.Combine(folder, FormattableString.Invariant($"{name}.{n}"));
    }

    /// <summary>Writes values of one step.</summary>
    /// <param name="time">The time now.</param>
    /// <param name="step">The step, which is TensorBoard's horizontal axis.</param>
    /// <param name="values">The values by tag. TensorBoard keeps them in single precision, and shows what is not finite as such.</param>
    public void Add(DateTimeOffset time, long step, IEnumerable<KeyValuePair<string, double>> values) =>
        Append(new Message().Double(1, Seconds(time)).Integer(2, step).Delimited(5, SummaryOf(values)));

    /// <summary>Writes an event of another file, with its time.</summary>
    internal void Add(StoredEvent stored) => Append(stored.Content);

    /// <summary>Values as the message that stands in an event.</summary>
    internal static byte[] SummaryOf(IEnumerable<KeyValuePair<string, double>> values)
    {
        var summary = new Message();
        foreach (var (tag, value) in values) summary.Nested(1, new Message().Text(1, tag).Single(2, (float)value));
        return summary.ToArray();
    }

    /// <summary>The values in a file of ours, up to where it is cut off or damaged; where it was restarted is left out.</summary>
    internal static IEnumerable<StoredEvent> Read(string path)
    {
        var file = File.ReadAllBytes(path);
        for (var at = 0; file.Length - at >= 16;)
        {
            var length = BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(at));
            if (length < 0 || length > file.Length - at - 16) yield break;
            var content = file[(at + 12)..(at + 12 + (int)length)];
            if (BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 12 + content.Length)) != Checksums.Masked(
                Checksums.Crc32C(content)))
            {
                yield break;
            }

            at += 16 + content.Length;
            if (Parsed(content) is { } stored) yield return stored;
        }
    }

    private static StoredEvent? Parsed(byte[] content)
    {
        var (step, at) = (0L, 0);
        byte[]? summary = null;
        while (at < content.Length)
        {
            var tag = Varint();
            switch (tag & 7)
            {
                case 0 when tag >> 3 == 2: step = (long)Varint(); break;
                case 0: Varint(); break;
                case 1: at += 8; break;
                case 2:
                    var length = (int)Math.Min(Varint(), int.MaxValue);
                    if (length > content.Length - at) return null;
                    if (tag >> 3 == 5) summary = content[at..(at + length)];
                    at += length;
                    break;
                case 5: at += 4; break;
                default: return null;
            }
        }
        return summary is null ? null : new(step, content, summary);

        ulong Varint()
        {
            var value = 0ul;
            for (var shift = 0; at < content.Length && shift < 64; shift += 7)
            {
                value |= (ulong)(content[at] & 0x7f) << shift;
                if (content[at++] < 0x80) break;
            }
            return value;
        }
    }

    /// <summary>Says that the run goes on from a step: TensorBoard drops what files of the folder have from that step on, which is to come
    /// again.</summary>
    /// <param name="time">The time now.</param>
    /// <param name="step">The first step that is to come.</param>
    public void AddRestart(DateTimeOffset time, long step) =>
        Append(new Message().Double(1, Seconds(time)).Integer(2, step).Nested(7, new Message().Integer(1, 1)));

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private static double Seconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).TotalSeconds;

    private void Append(Message message) => Append(message.ToArray());

    private void Append(byte[] content)
    {
        var record = new byte[12 + content.Length + 4];
        BinaryPrimitives.WriteInt64LittleEndian(record, content.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(8), Checksums.Masked(Checksums.Crc32C(record.AsSpan(0, 8))));
        content.CopyTo(record, 12);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(12 + content.Length), Checksums.Masked(Checksums.Crc32C(content)));
        _stream.Write(record);
    }

    // The encoding of protocol buffers (protobuf.dev, "Encoding"): a field is its number and the form of its value, then the value.
    private sealed class Message
    {
        private const int VarintForm = 0, Fixed64 = 1, LengthDelimited = 2, Fixed32 = 5;

        private readonly ArrayBufferWriter<byte> _bytes = new();

        public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

        public Message Integer(int field, long value) => Tag(field, VarintForm).Varint((ulong)value);

        public Message Double(int field, double value)
        {
            var bytes = new byte[8];
            BinaryPrimitives.WriteDoubleLittleEndian(bytes, value);
            return Tag(field, Fixed64).Raw(bytes);
        }

        public Message Single(int field, float value)
        {
            var bytes = new byte[4];
            BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
            return Tag(field, Fixed32).Raw(bytes);
        }

        public Message Text(int field, string value) => Delimited(field, Encoding.UTF8.GetBytes(value));

        public Message Nested(int field, Message value) => Delimited(field, value.ToArray());

        public Message Delimited(int field, byte[] value) => Tag(field, LengthDelimited).Varint((ulong)value.Length).Raw(value);

        private Message Tag(int field, int form) => Varint((ulong)(field << 3 | form));

        private Message Varint(ulong value)
        {
            for (; value >= 0x80; value >>= 7) _bytes.Write([(byte)(value | 0x80)]);
            _bytes.Write([(byte)value]);
            return this;
        }

        private Message Raw(byte[] value)
        {
            _bytes.Write(value);
            return this;
        }
    }
}

/// <summary>The values of one step as they lie in a file.</summary>
/// <param name="Step">The step.</param>
/// <param name="Content">The whole event, with its time.</param>
/// <param name="Summary">The values.</param>
internal sealed record StoredEvent(long Step, byte[] Content, byte[] Summary);
