using System.Security.Cryptography;
using LargeSteps.Formats;
using LargeSteps.Values;

namespace LargeSteps.Datasets.Images;

/// <summary>What the readers of files share: how to check, how to read what may break off.</summary>
internal static class ImageFiles
{
    /// <summary>The length of a file; of a link, that of the file that it leads to.</summary>
    public static long Length(string path)
    {
        using var file = File.OpenHandle(path);
        return RandomAccess.GetLength(file);
    }

    /// <summary>Whether a file is there; a link that leads to none is not.</summary>
    public static bool Exists(string path) => FileKind.EndOf(path) is not null;

    /// <summary>Whether a file is there and, if so, has this length.</summary>
    public static bool HasLength(string path, long length) => Exists(path) && Length(path) == length;

    /// <summary>What is wrong with the length and the checksum of a published file; nothing where it is right.</summary>
    public static IEnumerable<Diagnostic> Check(string path, PublishedFile published)
    {
        var length = Length(path);
        if (length != published.Bytes) return [ImageProblems.Length(path, published.Bytes, length)];
        return CheckMd5(path, published.Md5);
    }

    /// <summary>What is wrong with the checksum of a file.</summary>
    public static IEnumerable<Diagnostic> CheckMd5(string path, string md5)
    {
        var found = Md5(path);
        return found == md5 ? [] : [ImageProblems.Checksum(path, md5, found)];
    }

    /// <summary>The result of a reader; a file that the system does not give is a diagnostic.</summary>
    public static Outcome<T> Try<T>(string path, Func<Outcome<T>> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Outcome.Failure<T>(ImageProblems.Unreadable(path, e.Message));
        }
        catch (InvalidDataException e)
        {
            return Outcome.Failure<T>(ImageProblems.Malformed(path, $"is no archive or a damaged one: {e.Message}"));
        }
    }

    /// <summary>All values, or all that is wrong.</summary>
    public static Outcome<IReadOnlyList<T>> All<T>(IEnumerable<Outcome<T>> outcomes)
    {
        var (values, problems) = (new List<T>(), new List<Diagnostic>());
        foreach (var outcome in outcomes)
        {
            _ = outcome.Match(value => { values.Add(value); return 0; }, diagnostics => { problems.AddRange(diagnostics); return 0; });
        }
        return problems.Count == 0 ? Outcome.Success<IReadOnlyList<T>>(values) : Outcome.Failure<IReadOnlyList<T>>([.. problems]);
    }

    /// <summary>Both parts as a set, or all that is wrong with either.</summary>
    public static Outcome<ImageSet> Both(Outcome<LabelledImages> train, Outcome<LabelledImages> test, int classes) =>
        All([train, test]).Map(both => new ImageSet(both[0], both[1], classes));

    /// <summary>Reads as many bytes as come, at most the buffer full; a compressed stream that breaks off has ended.</summary>
    public static int Fill(Stream stream, Span<byte> buffer)
    {
        var filled = 0;
        try
        {
            while (filled < buffer.Length && stream.Read(buffer[filled..]) is > 0 and var read) filled += read;
        }
        catch (InvalidDataException)
        {
            return filled;
        }
        return filled;
    }

    /// <summary>The bytes of a stream, at most so many, and whether that is all: no more than one byte beyond is read, for a small file can
    /// unpack to any length.</summary>
    /// <param name="stream">The stream; one that is compressed and breaks off has ended.</param>
    /// <param name="most">The most bytes. Room is made as they come: a small file can say that it has any number.</param>
    public static (byte[] Bytes, bool IsAll) Take(Stream stream, int most) =>
        WithRest(UpTo(stream, most), most, buffer => Fill(stream, buffer));

    /// <summary>The same of a stream that may not break off.</summary>
    /// <exception cref="InvalidDataException">It is compressed, and breaks off.</exception>
    public static (byte[] Bytes, bool IsAll) TakeWhole(Stream stream, int most)
    {
        return WithRest(UpTo(most, Whole), most, Whole);

        int Whole(Span<byte> buffer) => stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
    }

    /// <summary>The next bytes of a stream, at most so many; the stream stands behind them.</summary>
    public static byte[] UpTo(Stream stream, int most) => UpTo(most, buffer => Fill(stream, buffer));

    private static byte[] UpTo(int most, Func<Span<byte>, int> fill)
    {
        const int firstRoom = 1 << 14;
        var (bytes, filled) = (new byte[Math.Min(most, firstRoom)], 0);
        while (true)
        {
            filled += fill(bytes.AsSpan(filled));
            if (filled < bytes.Length) return bytes[..filled];
            if (filled == most) return bytes;
            Array.Resize(ref bytes, (int)Math.Min(most, 2L * bytes.Length));
        }
    }

    private static (byte[] Bytes, bool IsAll) WithRest(byte[] bytes, int most, Func<Span<byte>, int> fill) =>
        (bytes, bytes.Length < most || fill(new byte[1]) == 0);

#pragma warning disable CA5351 // MD5 for secrets: the files were published with theirs, which guard against damage, not against malice.
    private static string Md5(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(MD5.HashData(stream));
    }
#pragma warning restore CA5351
}
