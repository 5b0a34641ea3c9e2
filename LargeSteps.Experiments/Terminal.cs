namespace LargeSteps.Experiments;

/// <summary>What the program says, and to whom: results to standard output, everything else to standard error.</summary>
/// <param name="Out">Standard output.</param>
/// <param name="Error">Standard error.</param>
/// <param name="Interactive">Whether a person watches standard error, so that a progress bar can move there.</param>
internal sealed record Terminal(TextWriter Out, TextWriter Error, bool Interactive)
{
    /// <summary>Where lines move: what is written there is in no log.</summary>
    public TextWriter Screen { get; init; } = Error;

    /// <summary>What a log keeps of it instead.</summary>
    public TextWriter Record { get; init; } = TextWriter.Null;

    /// <summary>The columns that a table may have.</summary>
    public int Width => Interactive && Console.WindowWidth > 0 ? Console.WindowWidth : 120;

    public static Terminal System { get; } = new(Console.Out, Console.Error, !Console.IsErrorRedirected && !Console.IsOutputRedirected);
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
