namespace LargeSteps.Values;

/// <summary>Something wrong with an input, and where.</summary>
/// <param name="Code">The stable code, <c>LSnnnn</c>.</param>
/// <param name="Message">What is wrong and what would be right, in one sentence.</param>
/// <param name="File">The file, or null where the input was no file.</param>
/// <param name="Line">The line, counted from 1; 0 where there is none.</param>
/// <param name="Column">The column, counted from 1; 0 where there is none.</param>
public sealed record Diagnostic(string Code, string Message, string? File = null, int Line = 0, int Column = 0)
{
    /// <summary>What is wrong and what would be right, in one sentence on one line: characters of inputs that a terminal acts on are spaces
    /// in it.</summary>
    public string Message { get; init; } = PlainText.OneLine(Message);

    /// <summary>The form that editors and terminals recognise: <c>file(line,column): error LSnnnn: message</c>.</summary>
    public override string ToString() =>
        File is null ? FormattableString.Invariant($"error {Code}: {Message}")
        : Line == 0 ? FormattableString.Invariant($"{PlainText.OneLine(File)}: error {Code}: {Message}")
        : FormattableString.Invariant($"{PlainText.OneLine(File)}({Line},{Column}): error {Code}: {Message}");
}
