namespace LargeSteps.Formats;

/// <summary>A file that programs hold to know of one another, several of them or one alone; the system takes it from a dead
/// process.</summary>
internal static class FileClaim
{
    /// <summary>The ending of such files.</summary>
    public const string Ending = ".lock";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Holds it beside others that do the same.</summary>
    /// <returns>What lets go of it; null where one alone holds it.</returns>
    public static FileStream? Shared(string path) => Held(path, FileAccess.Read, FileShare.Read);

    /// <summary>Holds it alone.</summary>
    /// <returns>What lets go of it; null where any other holds it.</returns>
    public static FileStream? Alone(string path) => Held(path, FileAccess.ReadWrite, FileShare.None);

    /// <summary>Tries again for a time: for what others hold for moments.</summary>
    /// <param name="claim">Tries.</param>
    /// <param name="most">The time.</param>
    /// <returns>What lets go of it; null where the time is over.</returns>
    public static FileStream? Waited(Func<FileStream?> claim, TimeSpan most)
    {
        for (var waited = TimeSpan.Zero; ; waited += Pause)
        {
            if (claim() is { } held) return held;
            if (waited >= most) return null;
            Thread.Sleep(Pause);
        }
    }

    private static FileStream? Held(string path, FileAccess access, FileShare share)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, access, share);
        }
        // EWOULDBLOCK of Linux and of macOS, and a sharing violation of Windows.
        catch (IOException e) when (e.HResult is 11 or 35 or unchecked((int)0x80070020))
        {
            return null;
        }
    }
}
