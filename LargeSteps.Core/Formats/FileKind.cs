using System.Runtime.InteropServices;

namespace LargeSteps.Formats;

/// <summary>What stands at a path.</summary>
internal static partial class FileKind
{
    // Of statx of Linux, which has the same places on every processor: stx_mode, and the kinds in it.
    private const int CurrentFolder = -100, OfType = 1, Mode = 28, Kinds = 0xF000, Regular = 0x8000, Folder = 0x4000;

    /// <summary>Whether there is, at the end of links, a device, a pipe or a socket: what is written to it is gone, what is read of it may
    /// never end, and a file that takes its name takes its place. Elsewhere than on Linux nobody is asked.</summary>
    public static bool IsSpecial(string path)
    {
        if (!OperatingSystem.IsLinux()) return false;
        Span<byte> found = stackalloc byte[256];
        if (Stat(CurrentFolder, path, 0, OfType, found) != 0) return false;
        return (BitConverter.ToUInt16(found[Mode..]) & Kinds) is not (Regular or Folder);
    }

    /// <summary>The file that a path leads to, through all links; null where it leads to none.</summary>
    public static string? EndOf(string path)
    {
        try
        {
            if (!File.Exists(path)) return null;
            return File.ResolveLinkTarget(path, returnFinalTarget: true) is not { } end ? Path.GetFullPath(path)
                : end.Exists ? end.FullName : null;
        }
        // Links that lead in a circle.
        catch (IOException)
        {
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Stat(int folder, string path, int flags, uint mask, Span<byte> found);
}
