namespace LargeSteps.Experiments;

/// <summary>What the program says, and to whom: results to standard output, everything else to standard error.</summary>
/// <param name="Out">Standard output.</param>
/// <param name="Error">Standard error.</param>
/// <param name="Interactive">Whether a person watches standard error, so that a progress bar can move there.</param>
internal sealed record Terminal(TextWriter Out, TextWriter Error, bool Interactive)
{
    /// <summary>How the program is called, to be typed again.</summary>
    public string Program { get; init; } = ProgramName.Tool;

    /// <summary>Where lines move: what is written there is in no log.</summary>
    public TextWriter Screen { get; init; } = Error;

    /// <summary>What a log keeps of it instead.</summary>
    public TextWriter Record { get; init; } = TextWriter.Null;

    /// <summary>The columns that a table may have.</summary>
    public int Width => Interactive && Console.WindowWidth > 0 ? Console.WindowWidth : 120;

    /// <summary>Does something at the terminal of the process; the exit code.</summary>
    /// <param name="command">What is done; it returns its exit code.</param>
    public static int Run(Func<Terminal, int> command)
    {
        var (output, error) = (new SteadyWriter(Console.Out), new SteadyWriter(Console.Error));
        var code = command(new Terminal(output, error, !Console.IsErrorRedirected && !Console.IsOutputRedirected)
        {
            Screen = new SteadyWriter(Console.Error, raw: true),
            Program = ProgramName.OfProcess(),
        });
        foreach (var writer in (SteadyWriter[])[output, error]) writer.Flush();
        if (error.Failure is { } silent) output.WriteLine($"standard error could not be written to: {silent}");
        if (output.Failure is not { } failure) return code;
        error.WriteLine($"error LS0309: standard output could not be written to: {failure}");
        // Files are as they should be; what was asked of the stream is not there.
        return code == ExitCode.Done ? ExitCode.BadInput : code;
    }
}

/// <summary>The exit codes.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int Bug = 1;
    public const int BadInput = 2;
    public const int Stopped = 3;
    public const int NotAvailable = 4;
    public const int Misses = 5;
}

/// <summary>Ends a command: a message for the user, without stack trace, and the exit code.</summary>
internal sealed class CommandException(int exitCode, string message) : Exception(message)
{
    public int ExitCode => exitCode;
}
