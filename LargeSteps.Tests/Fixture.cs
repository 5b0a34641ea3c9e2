using System.Text.Json;

namespace LargeSteps.Tests;

/// <summary>Files of the folder Fixtures, from the tests' output folder.</summary>
internal static class Fixture
{
    public static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, "Fixtures", name);

    public static JsonElement Json(string name) =>
        JsonDocument.Parse(File.ReadAllBytes(PathOf(name))).RootElement;
}
