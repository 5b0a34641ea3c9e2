using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace LargeSteps.Formats;

/// <summary>
/// Files that are whole whenever they are there: each is written aside, flushed to the disk and renamed, so that the program can be killed
/// and the power cut at any moment, and what has been said to be written stays.
/// </summary>
internal static partial class WholeFile
{
    // A clock of the system and the start of a process are compared: both are good to a second or so.
    private static readonly TimeSpan Doubt = TimeSpan.FromSeconds(2);

    /// <summary>The file that a path leads to: a link has a length and a time of its own.</summary>
    public static FileInfo Content(FileInfo file) => file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;

    // Of the present flow of execution: tests let steps fail that a healthy disk never does, and cut the power between them.
    private static readonly AsyncLocal<Action<Step, string>?> Watcher = new();

    /// <summary>The steps in which a file is written.</summary>
    internal enum Step
    {
        /// <summary>It is about to be written aside.</summary>
        Write,

        /// <summary>It is written, and about to be flushed to the disk.</summary>
        Flush,

        /// <summary>It is on the disk, and about to get its name.</summary>
        Rename,

        /// <summary>It has its name, which is about to be flushed to the disk.</summary>
        FlushName,

        /// <summary>All is on the disk.</summary>
        Done,
    }

    /// <summary>Tells somebody of each step with the file that it is about to change, until the result is disposed; what that one throws,
    /// the step throws.</summary>
    internal static IDisposable Watch(Action<Step, string> watcher)
    {
        Watcher.Value = watcher;
        return new Unwatched();
    }

    private sealed class Unwatched : IDisposable
    {
        public void Dispose() => Watcher.Value = null;
    }

    /// <summary>Writes a file, in place of one that may be there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes it at the path that it is given, which is in the same folder.</param>
    /// <exception cref="IOException">There is a device or a pipe, which a file would take the place of; or the disk fails.</exception>
    public static void Write(string path, Action<string> write)
    {
        if (FileKind.IsSpecial(path)) throw new IOException($"'{path}' is a device or a pipe, and no place for a file.");
        var aside = FormattableString.Invariant($"{path}.{Guid.NewGuid():N}.{Environment.ProcessId}@{Environment.MachineName}.tmp");
        try
        {
            Watcher.Value?.Invoke(Step.Write, aside);
            write(aside);
            Watcher.Value?.Invoke(Step.Flush, aside);
            using (var file = File.OpenHandle(aside, FileMode.Open, FileAccess.ReadWrite)) RandomAccess.FlushToDisk(file);
            Watcher.Value?.Invoke(Step.Rename, path);
            File.Move(aside, path, overwrite: true);
            Watcher.Value?.Invoke(Step.FlushName, path);
            FlushFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
            Watcher.Value?.Invoke(Step.Done, path);
        }
        finally
        {
            File.Delete(aside);
        }
    }

    /// <summary>
    /// Deletes what killed programs left half-written in a folder. What other programs are writing at this moment is left alone: a file
    /// names the process and the machine of its writer; where these say nothing, it is abandoned after a day.
    /// </summary>
    public static void DeleteAbandoned(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "*.tmp"))
            if (IsAbandoned(file)) File.Delete(file);
    }

    // A name is on the disk when its folder is, which .NET opens nowhere; Windows keeps names by itself. A file system that cannot do it
    // (some of networks) does as it can.
    private static void FlushFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        const int readOnly = 0;
        if (Open(folder, readOnly) is not (>= 0 and var handle)) return;
        _ = Synchronise(handle);
        _ = Close(handle);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Synchronise(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int handle);

    private static bool IsAbandoned(string file)
    {
        var written = File.GetLastWriteTimeUtc(file);
        if (DateTime.UtcNow - written > TimeSpan.FromDays(1)) return true;
        return Writer().Match(Path.GetFileName(file)) is { Success: true } writer
            && writer.Groups["machine"].Value == Environment.MachineName
            && int.TryParse(writer.Groups["process"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var process)
            && !WasRunning(process, written);
    }

    // Whether a process is there that can have written at that time, and not a later one to which the system gave the same number.
    private static bool WasRunning(int id, DateTime time)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            return process.StartTime.ToUniversalTime() <= time + Doubt;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            return false;
        }
        // It is there, but somebody else's.
        catch (System.ComponentModel.Win32Exception)
        {
            return true;
        }
    }

    [GeneratedRegex(@"\.(?<process>\d+)@(?<machine>.+)\.tmp$", RegexOptions.CultureInvariant)]
    private static partial Regex Writer();
}
