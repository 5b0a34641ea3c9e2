namespace LargeSteps.Experiments.Commands;

/// <summary>Lists configs with the first lines of their headers: those of a folder, or those that the program carries.</summary>
internal static class ListCommand
{
    /// <summary>The folder that is meant where none is named.</summary>
    private const string Usual = "configs";

    // What a config shows, the command, how long it takes; what it expects is for those who open it.
    private const int Shown = 2;

    /// <param name="folder">The folder; null: <c>configs</c>, or where there is none, what the program carries.</param>
    /// <param name="terminal">The terminal.</param>
    public static int Run(string? folder, Terminal terminal)
    {
        if (folder is null && !Directory.Exists(Usual)) return OfCarried(terminal);
        folder ??= Usual;
        if (!Directory.Exists(folder)) throw new CommandException(ExitCode.BadInput, $"error LS0303: there is no folder '{folder}'");
        string[] files = [.. Directory.EnumerateFiles(folder, "*.yaml").Order(StringComparer.Ordinal)];
        if (files.Length == 0) throw new CommandException(ExitCode.BadInput, $"error LS0303: there is no config (*.yaml) in '{folder}'");
        foreach (var file in files)
        {
            terminal.Out.WriteLine(file);
            foreach (var line in HeaderOf(file, terminal))
                terminal.Out.WriteLine($"  {line.Replace(CarriedConfigs.Program, terminal.Program, StringComparison.Ordinal)}");
        }
        return ExitCode.Done;
    }

    private static int OfCarried(Terminal terminal)
    {
        terminal.Out.WriteLine($"There is no folder '{Usual}' here. The program carries these configs; 'new' writes one to begin with:");
        foreach (var name in CarriedConfigs.Names)
        {
            terminal.Out.WriteLine(name);
            foreach (var line in Header(CarriedConfigs.Lines(name)))
            {
                terminal.Out.WriteLine($"  {line.Replace($"run: {CarriedConfigs.Program} configs/{name}.yaml",
                    $"new: {terminal.Program} new my_experiment --from {name}", StringComparison.Ordinal)}");
            }
        }
        return ExitCode.Done;
    }

    private static string[] HeaderOf(string file, Terminal terminal)
    {
        try
        {
            return Header(File.ReadLines(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            terminal.Error.WriteLine($"{file}: {e.Message}");
            return [];
        }
    }

    private static string[] Header(IEnumerable<string> lines) => [.. lines.TakeWhile(line => line.StartsWith('#'))
        .Where(line => !line.Contains("yaml-language-server", StringComparison.Ordinal)).Select(line => line.TrimStart('#').Trim())
        .Take(Shown)];
}
