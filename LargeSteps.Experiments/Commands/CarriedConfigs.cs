using System.Text;

namespace LargeSteps.Experiments.Commands;

/// <summary>The published configs, which the program carries, so that whoever has installed it alone has them too.</summary>
internal static class CarriedConfigs
{
    // As the project file names them.
    private const string Prefix = "configs/", Ending = ".yaml";

    /// <summary>How the first lines of a config call the program.</summary>
    public const string Program = "dotnet LargeSteps.Experiments.dll";

    /// <summary>Their names, without ending, in order.</summary>
    public static IReadOnlyList<string> Names => [.. typeof(CarriedConfigs).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal) && name.EndsWith(Ending, StringComparison.Ordinal))
        .Select(name => name[Prefix.Length..^Ending.Length]).Order(StringComparer.Ordinal)];

    /// <summary>The lines of one.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    public static string[] Lines(string name)
    {
        using var stream = typeof(CarriedConfigs).Assembly.GetManifestResourceStream(Prefix + name + Ending)
            ?? throw new ArgumentException($"There is no config '{name}'.", nameof(name));
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd().ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
    }
}
