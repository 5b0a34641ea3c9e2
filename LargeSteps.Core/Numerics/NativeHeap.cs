using System.Runtime.InteropServices;

namespace LargeSteps.Numerics;

/// <summary>How the C library of this process handles memory. The library leaves it as it is; programs that train deep networks ask for it,
/// before libtorch is loaded.</summary>
internal static class NativeHeap
{
    // malloc.h
    private const int TrimThreshold = -1;
    private const int MostMapped = -4;
    private const int MostArenas = -8;

    /// <summary>
    /// Lets glibc keep large blocks for the next step instead of giving them back to the system after each: a step of a deep network
    /// allocates the same activations again and again, and the system would hand out each page anew, filled with zeros. What the process
    /// once needed it keeps. All threads take from one arena: those of others than the main thread give back what is free whatever one
    /// says.
    /// </summary>
    /// <returns>Whether it is so from now on; false where there is no glibc.</returns>
    public static bool KeepLargeBlocks() =>
        OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libc.so.6", out var library)
            && NativeLibrary.TryGetExport(library, "mallopt", out _)
        && SetOption(MostArenas, 1) == 1 && SetOption(MostMapped, 0) == 1 && SetOption(TrimThreshold, int.MaxValue) == 1;

    [DllImport("libc.so.6", EntryPoint = "mallopt")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetOption(int option, int value);
}
