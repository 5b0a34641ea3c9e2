using LargeSteps.Values;

namespace LargeSteps.Formats;

/// <summary>A file is not what its format asks for. It never leaves the readers, who make a diagnostic of it.</summary>
internal sealed class BadFileException(string code, string message) : Exception(message)
{
    /// <summary>The code of the diagnostic.</summary>
    public string Code { get; } = code;

    /// <summary>The file is cut off, damaged or of another format.</summary>
    public static BadFileException Damaged(FormattableString message) => new("LS0702", FormattableString.Invariant(message));

    /// <summary>The file is whole, but has something in it that is not read.</summary>
    public static BadFileException Unread(FormattableString message) => new("LS0703", FormattableString.Invariant(message));
}

/// <summary>Reading of binary files that may be anything.</summary>
internal static class BinaryFile
{
    /// <summary>What is read from a file, or why it is not.</summary>
    public static Outcome<T> Read<T>(string path, Func<FileStream, T> read)
    {
        // Names and numbers in a file can be of any length.
        const int longest = 400;
        Outcome<T> Failure(string code, string message) => Outcome.Failure<T>(new Diagnostic(code,
            message.Length <= longest ? message : message[..(longest - 1)] + "…", path));
        FileStream stream;
        try
        {
            if (Directory.Exists(path)) return Failure("LS0701", "this is a folder, not a file");
            if (FileKind.IsSpecial(path)) return Failure("LS0701", "this is a device or a pipe, not a file");
            stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return Failure("LS0701", e switch
            {
                FileNotFoundException or DirectoryNotFoundException => "there is no such file",
                UnauthorizedAccessException => "the file may not be read by this user",
                _ => "the file cannot be read: " + e.Message,
            });
        }
        using (stream)
        {
            try
            {
                return Outcome.Success(read(stream));
            }
            catch (BadFileException e)
            {
                return Failure(e.Code, e.Message);
            }
            catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
            {
                return Failure("LS0702", "the file is damaged: " + e.Message);
            }
            catch (IOException e)
            {
                return Failure("LS0701", "the file cannot be read: " + e.Message);
            }
        }
    }

    /// <summary>The next bytes of a stream.</summary>
    /// <param name="stream">The stream, which knows its length.</param>
    /// <param name="count">How many; they are allocated only where the stream has them.</param>
    /// <param name="what">What they are, for the message.</param>
    public static byte[] Bytes(Stream stream, long count, string what)
    {
        var left = stream.Length - stream.Position;
        if (count < 0 || count > left) throw BadFileException.Damaged($"{what} should have {count} bytes, but {left} are left in the file");
        if (count > Array.MaxLength) throw BadFileException.Unread($"{what} has {count} bytes; at most {Array.MaxLength} are read");
        var bytes = new byte[count];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
