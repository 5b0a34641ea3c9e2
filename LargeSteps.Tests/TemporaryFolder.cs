namespace LargeSteps.Tests;

/// <summary>A folder that is gone after the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("largesteps-").FullName;

    /// <summary>Runs a test in a folder of its own.</summary>
    public static void In(Action<string> test)
    {
        using var folder = new TemporaryFolder();
        test(folder.Path);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
