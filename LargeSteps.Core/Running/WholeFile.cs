using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace LargeSteps.Running;

/// <summary>Files that are whole whenever they are there: each is written aside and renamed, so that the program can be killed at any moment.</summary>
public static partial class WholeFile
{
    // A clock of the system and the start of a process are compared: both are good to a second or so.
    private static readonly TimeSpan Doubt = TimeSpan.FromSeconds(2);

    /// <summary>The file that a path leads to: a link has a length and a time of its own.</summary>
    public static FileInfo Content(FileInfo file) => file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;

    /// <summary>Writes a file, in place of one that may be there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes it at the path that it is given, which is in the same folder.</param>
    public static void Write(string path, Action<string> write)
    {
        var aside = FormattableString.Invariant($"{path}.{Guid.NewGuid():N}.{Environment.ProcessId}@{Environment.MachineName}.tmp");
        try
        {
            write(aside);
            File.Move(aside, path, overwrite: true);
        }
        finally
        {
            File.Delete(aside);
        }
    }

    /// <summary>
    /// Deletes what killed programs left half-written in a folder. What other programs are writing at this moment is left alone: a file names the
    /// process and the machine of its writer; where these say nothing, it is abandoned after a day.
    /// </summary>
    public static void DeleteAbandoned(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "*.tmp"))
            if (IsAbandoned(file)) File.Delete(file);
    }

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
