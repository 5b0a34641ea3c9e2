using System.Text;
using LargeSteps.Formats;

namespace LargeSteps.Tests.Formats;

public class EventFileTests
{
    private static readonly DateTimeOffset Time = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_250);

    [Fact]
    public void What_is_written_is_there() => TemporaryFolder.In(folder =>
    {
        string file;
        using (var events = EventFile.Create(Path.Combine(folder, "run"), Time))
        {
            file = events.Path;
            events.Add(Time.AddSeconds(1), 0, [new("train_loss", 0.5), new("test_loss η", double.NaN)]);
            events.Add(Time.AddSeconds(2), 5_000_000_000, [new("train_loss", double.PositiveInfinity)]);
            events.AddRestart(Time.AddSeconds(3), 200);
            events.Add(Time.AddSeconds(4), 200, []);
        }
        Assert.Equal($"events.out.tfevents.1700000000.{Environment.MachineName}.{Environment.ProcessId}.0", Path.GetFileName(file));
        Assert.Equal(
            [
                "1700000000.25 step 0 version brain.Event:2",
                "1700000001.25 step 0 train_loss=0.5 test_loss η=NaN",
                "1700000002.25 step 5000000000 train_loss=Infinity",
                "1700000003.25 step 200 session 1",
                "1700000004.25 step 200",
            ],
            Events(File.ReadAllBytes(file)));
    });

    [Fact]
    public void An_event_can_be_read_as_soon_as_it_is_written() => TemporaryFolder.In(folder =>
    {
        using var events = EventFile.Create(folder, Time);
        for (var step = 0; step < 3; step++)
        {
            events.Add(Time, step, [new("loss", step)]);
            using var reader = new FileStream(events.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var bytes = new byte[reader.Length];
            reader.ReadExactly(bytes);
            Assert.Equal(step + 2, Events(bytes).Count());
        }
    });

    [Fact]
    public void Two_files_of_one_second_have_two_names() => TemporaryFolder.In(folder =>
    {
        using var first = EventFile.Create(folder, Time);
        using var second = EventFile.Create(folder, Time);
        Assert.Equal([first.Path, second.Path], Directory.GetFiles(folder).Order());
        Assert.NotEqual(first.Path, second.Path);
    });

    // The bytes that tensorboard's writer is documented to make: length, its masked check, the message, its masked check.
    [Fact]
    public void The_first_record_has_these_bytes() => TemporaryFolder.In(folder =>
    {
        string file;
        using (var events = EventFile.Create(folder, DateTimeOffset.UnixEpoch)) file = events.Path;
        Assert.Equal(
            "1800000000000000A37F4B22" + "090000000000000000" + "1A0D627261696E2E4576656E743A32",
            Convert.ToHexString(File.ReadAllBytes(file))[..^8]);
    });

    // A reader of its own: records as in TensorFlow's record_reader.cc, messages by the wire format of protocol buffers.
    internal static IEnumerable<string> Events(byte[] file)
    {
        for (var at = 0; at < file.Length;)
        {
            var length = (int)BitConverter.ToInt64(file, at);
            Assert.Equal(Unmasked(BitConverter.ToUInt32(file, at + 8)), Castagnoli(file.AsSpan(at, 8)));
            var message = file.AsSpan(at + 12, length).ToArray();
            Assert.Equal(Unmasked(BitConverter.ToUInt32(file, at + 12 + length)), Castagnoli(message));
            at += 16 + length;
            yield return Event(message);
        }
    }

    private static string Event(byte[] message)
    {
        var (time, step, what) = (double.NaN, 0L, "");
        foreach (var (field, value) in Fields(message))
        {
            what += field switch
            {
                3 => " version " + Encoding.UTF8.GetString((byte[])value),
                5 => Summary((byte[])value),
                7 =>
                $" session {Fields((byte[])value).Single().Value}",
                _ => ""
            };
            if (field == 1) time = BitConverter.ToDouble((byte[])value);
            if (field == 2) step = (long)(ulong)value;
        }
        return FormattableString.Invariant($"{time} step {step}{what}");
    }

    private static string Summary(byte[] message) => string.Concat(Fields(message).Select(entry =>
    {
        Assert.Equal(1, entry.Field);
        var value = Fields((byte[])entry.Value).ToDictionary(field => field.Field, field => (byte[])field.Value);
        return FormattableString.Invariant($" {Encoding.UTF8.GetString(value[1])}={BitConverter.ToSingle(value[2])}");
    }));

    private static IEnumerable<(int Field, object Value)> Fields(byte[] message)
    {
        var at = 0;
        while (at < message.Length)
        {
            var tag = Varint();
            yield return ((int)(tag >> 3), (tag & 7) switch
            {
                0 => Varint(),
                1 => Take(8),
                2 => Take((int)Varint()),
                5 => Take(4),
                var form => throw new InvalidDataException($"form {form}"),
            });
        }
        ulong Varint()
        {
            var value = 0ul;
            for (var shift = 0; ; shift += 7)
            {
                value |= (ulong)(message[at] & 0x7f) << shift;
                if (message[at++] < 0x80) return value;
            }
        }
        byte[] Take(int count) => message[at..(at += count)];
    }

    private static uint Unmasked(uint masked)
    {
        var rotated = masked - 0xa282ead8;
        return rotated >> 17 | rotated << 15;
    }

    // Bit by bit.
    private static uint Castagnoli(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var i = 0; i < 8; i++) crc = crc >> 1 ^ ((crc & 1) * 0x82F63B78u);
        }
        return ~crc;
    }
}
