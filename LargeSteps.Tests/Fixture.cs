using System.Globalization;
using System.Text.Json;

namespace LargeSteps.Tests;

/// <summary>Files of the folder Fixtures, from the tests' output folder.</summary>
internal static class Fixture
{
    public static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, "Fixtures", name);

    public static JsonElement Json(string name) =>
        JsonDocument.Parse(File.ReadAllBytes(PathOf(name))).RootElement;

    /// <summary>The rows of a table of numbers, by the names of the columns.</summary>
    public static IReadOnlyList<IReadOnlyDictionary<string, double>> Table(string name)
    {
        var lines = File.ReadAllLines(PathOf(name));
        var columns = lines[0].Split(',');
        return [.. lines.Skip(1).Select(line => columns
            .Zip(line.Split(','), (column, text) => (column, double.Parse(text, CultureInfo.InvariantCulture))).ToDictionary())];
    }
}
