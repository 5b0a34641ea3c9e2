using System.Text.RegularExpressions;

namespace LargeSteps.Numerics;

/// <summary>A folder with a libtorch.</summary>
internal static partial class LibTorchPlace
{
    /// <summary>The version of the libtorch in a folder, as far as what lies beside it says it: version.py of a PyTorch, build-version of
    /// an archive of libtorch, the number behind the name of a system's library; null: nothing does.</summary>
    public static string? VersionOf(string folder)
    {
        try
        {
            var (python, archive) = (Path.Combine(folder, "..", "version.py"), Path.Combine(folder, "..", "build-version"));
            if (File.Exists(python))
                return VersionInPython().Match(File.ReadAllText(python)) is { Success: true } said ? said.Groups[1].Value : null;
            if (File.Exists(archive) && File.ReadAllText(archive).Trim() is { Length: > 0 } version) return version;
            var library = Path.Combine(folder, NativeLibraries.FileName("torch_cpu"));
            var name = File.ResolveLinkTarget(library, returnFinalTarget: true)?.Name ?? "";
            return VersionInName().Match(name) is { Success: true } named ? named.Groups[1].Value : null;
        }
        // What cannot be read says nothing; the library itself is loaded next.
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [GeneratedRegex("""^__version__ *= *['"]([^'"]+)['"]""", RegexOptions.Multiline)]
    private static partial Regex VersionInPython();

    [GeneratedRegex(@"\.so\.(\d+\.\d+\.\d+)$")]
    private static partial Regex VersionInName();
}
