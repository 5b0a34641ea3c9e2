using LargeSteps.Values;

namespace LargeSteps.Fuzz;

/// <summary>Files by their names below a folder.</summary>
internal sealed class InputFiles : SortedDictionary<string, byte[]>
{
    public InputFiles() : base(StringComparer.Ordinal) { }

    public InputFiles(InputFiles files) : base(files, StringComparer.Ordinal) { }
}

/// <summary>A kind of file that the program reads from outside.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Files">Undamaged files before they are packed; other ones for another number.</param>
/// <param name="Packers">How they are packed, one after the other: in a row, compressed.</param>
/// <param name="Reader">Reads them in a folder, with or without leave to be less than was published; what is wrong, or nothing.</param>
/// <param name="MostUnpacked">The bytes that zeros without end may take before somebody can know that there are too many.</param>
internal sealed record InputKind(string Name, Func<int, InputFiles> Files, Func<InputFiles, InputFiles>[] Packers,
    Func<string, bool, IReadOnlyList<Diagnostic>> Reader, long MostUnpacked = 0)
{
    /// <summary>The files before they are packed, and after each packing.</summary>
    public List<InputFiles> Levels(InputFiles files) => Packed(files, 0);

    /// <summary>The files of a level, and after each packing that follows.</summary>
    public List<InputFiles> Packed(InputFiles files, int level)
    {
        List<InputFiles> levels = [files];
        foreach (var pack in Packers[level..]) levels.Add(pack(levels[^1]));
        return levels;
    }
}
