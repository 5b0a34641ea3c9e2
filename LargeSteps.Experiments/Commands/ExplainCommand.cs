using LargeSteps.Experiments.Docs;

namespace LargeSteps.Experiments.Commands;

/// <summary>Says what error codes mean and what to do, lists all codes, or writes the page of them.</summary>
internal static class ExplainCommand
{
    private const int Width = 80;

    public static int Run(IReadOnlyList<string> words, bool markdown, Terminal terminal)
    {
        if (markdown && words.Count > 0)
            throw new CommandException(ExitCode.BadInput, "error LS0300: --markdown writes the page of all codes: leave the code out");
        if (markdown) terminal.Out.Write(ErrorPage.Text());
        else if (words.Count == 0) List(terminal.Out);
        var codes = words.Select(word => ErrorCodes.Find(word) ?? throw Unknown(word)).Distinct().ToArray();
        foreach (var (i, code) in codes.Index())
        {
            if (i > 0) terminal.Out.WriteLine();
            Tell(code, terminal.Out);
        }
        return ExitCode.Done;
    }

    private static void Tell(ErrorCode code, TextWriter output)
    {
        output.WriteLine($"{code.Code}: {code.Title}");
        foreach (var text in (string[])[code.Meaning, code.Remedy])
        {
            output.WriteLine();
            foreach (var line in Lines(text.Replace('`', '\''))) output.WriteLine(line);
        }
        if (code.Example.Any()) output.WriteLine();
        foreach (var line in code.Example) output.WriteLine(line);
    }

    private static void List(TextWriter output)
    {
        foreach (var group in ErrorCodes.Groups)
        {
            output.WriteLine(group.Title);
            foreach (var code in group.Codes) output.WriteLine($"  {code.Code}  {code.Title}");
        }
    }

    private static CommandException Unknown(string word) => new(ExitCode.BadInput, $"error LS0300: there is no error code '{word}'" +
        $"{(ErrorCodes.Near(word) is { } near ? $"; did you mean '{near}'?" : ";")} 'explain' without a code lists them");

    // Words in lines that a terminal shows unbroken.
    private static IEnumerable<string> Lines(string text)
    {
        var line = "";
        foreach (var word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > Width)
            {
                yield return line;
                line = "";
            }
            line = line.Length == 0 ? word : $"{line} {word}";
        }
        yield return line;
    }
}
