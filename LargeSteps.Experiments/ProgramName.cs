namespace LargeSteps.Experiments;

/// <summary>How the program is called, so that what it shows can be typed again.</summary>
internal static class ProgramName
{
    /// <summary>The name of the command that its package installs.</summary>
    public const string Tool = "largesteps";

    /// <summary>That of this process: <c>largesteps</c> as an installed tool, <c>dotnet FILE.dll</c>, or the path of its own
    /// file.</summary>
    public static string OfProcess() => Of(Environment.ProcessPath ?? "dotnet", typeof(ProgramName).Assembly.Location,
        Directory.GetCurrentDirectory(), Environment.GetEnvironmentVariable("PATH") ?? "");

    /// <summary>That of a process.</summary>
    /// <param name="process">The file of the process.</param>
    /// <param name="assembly">The program's file.</param>
    /// <param name="here">The current folder.</param>
    /// <param name="path">The folders in which a shell looks for commands.</param>
    internal static string Of(string process, string assembly, string here, string path)
    {
        var name = Path.GetFileNameWithoutExtension(process);
        if (name.Equals("dotnet", StringComparison.OrdinalIgnoreCase)) return $"dotnet {Quoted(Shorter(assembly, here))}";
        // A shell finds it by its name; a tool in a folder of its own is called by its path.
        if (path.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Any(folder =>
            Path.TrimEndingDirectorySeparator(folder) == Path.GetDirectoryName(process)))
        {
            return name;
        }
        var shorter = Shorter(process, here);
        return Quoted(shorter.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal) ? shorter
            : $".{Path.DirectorySeparatorChar}{shorter}");
    }

    /// <summary>A word as shells take it.</summary>
    public static string Quoted(string word) => word.Contains(' ', StringComparison.Ordinal) ? $"\"{word}\"" : word;

    private static string Shorter(string file, string here) => Path.GetRelativePath(here, file) is var relative
        && relative.Length < file.Length ? relative : file;
}
