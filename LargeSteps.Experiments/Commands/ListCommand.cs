namespace LargeSteps.Experiments.Commands;

/// <summary>Lists the configs of a folder with the first lines of their headers.</summary>
internal static class ListCommand
{
    public static int Run(string folder, Terminal terminal)
    {
        if (!Directory.Exists(folder)) throw new CommandException(ExitCode.BadInput, $"error LS0303: there is no folder '{folder}'");
        string[] files = [.. Directory.EnumerateFiles(folder, "*.yaml").Order(StringComparer.Ordinal)];
        if (files.Length == 0) throw new CommandException(ExitCode.BadInput, $"error LS0303: there is no config (*.yaml) in '{folder}'");
        foreach (var file in files)
        {
            terminal.Out.WriteLine(file);
            foreach (var line in Header(file, terminal)) terminal.Out.WriteLine($"  {line}");
        }
        return ExitCode.Done;
    }

    // The header of a config: what it shows, the command, how long it takes; what it expects is for those who open it.
    private static string[] Header(string file, Terminal terminal)
    {
        try
        {
            return [.. File.ReadLines(file)
                .TakeWhile(line => line.StartsWith('#'))
                .Where(line => !line.Contains("yaml-language-server", StringComparison.Ordinal))
                .Select(line => line.TrimStart('#').Trim())
                .Take(2)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            terminal.Error.WriteLine($"{file}: {e.Message}");
            return [];
        }
    }
}
