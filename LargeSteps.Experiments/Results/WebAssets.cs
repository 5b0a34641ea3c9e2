namespace LargeSteps.Experiments.Results;

/// <summary>The scripts and styles of pages, which are carried inside the program.</summary>
internal static class WebAssets
{
    /// <summary>The text of one.</summary>
    public static string Text(string name)
    {
        using var stream = typeof(WebAssets).Assembly.GetManifestResourceStream(name)
            ?? throw new ArgumentException($"The program carries no '{name}'.", nameof(name));
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
