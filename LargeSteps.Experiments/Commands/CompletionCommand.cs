namespace LargeSteps.Experiments.Commands;

/// <summary>
/// Writes scripts for shells. They define the command <c>largesteps</c>, which is this program, and complete its line by asking the
/// program:
/// <c>[suggest:CURSOR] LINE</c>, both without the name of the command.
/// </summary>
internal static class CompletionCommand
{
    private const string Bash = """
        # LargeSteps in bash: the command largesteps, and its completion.
        largesteps() { PROGRAM "$@"; }
        _largesteps() {
          local line="${COMP_LINE#"${COMP_WORDS[0]}"}" word="${COMP_WORDS[COMP_CWORD]}"
          local position=$((COMP_POINT - ${#COMP_LINE} + ${#line}))
          local IFS=$'\n'
          COMPREPLY=($(compgen -W "$(largesteps "[suggest:$position]" "$line" 2>/dev/null)" -- "$word"))
        }
        complete -o default -F _largesteps largesteps

        """;

    private const string Zsh = """
        # LargeSteps in zsh: the command largesteps, and its completion.
        largesteps() { PROGRAM "$@" }
        _largesteps() {
          local line="${BUFFER#${words[1]}}"
          local -a found=("${(@f)$(largesteps "[suggest:$((CURSOR - ${#BUFFER} + ${#line}))]" "$line" 2>/dev/null)}")
          compadd -- ${found:#} || _files
        }
        (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
        compdef _largesteps largesteps

        """;

    private const string PowerShell = """
        # LargeSteps in PowerShell: the command largesteps, and its completion.
        function largesteps { & PROGRAM @args }
        Register-ArgumentCompleter -Native -CommandName largesteps -ScriptBlock {
            param($word, $line, $position)
            $name = $line.CommandElements[0].ToString().Length
            $text = $line.ToString().Substring($name)
            largesteps "[suggest:$([Math]::Min($position - $name, $text.Length))]" $text 2>$null |
                Where-Object { $_ -like "$word*" } |
                ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
        }

        """;

    public static IReadOnlyList<string> Shells { get; } = ["bash", "zsh", "pwsh"];

    public static int Run(string shell, Terminal terminal)
    {
        terminal.Out.Write(Script(shell, [.. Program()]));
        return ExitCode.Done;
    }

    /// <summary>The script of a shell for a program with its first arguments.</summary>
    public static string Script(string shell, params string[] program) => (shell switch
    {
        "bash" => Bash,
        "zsh" => Zsh,
        _ => PowerShell,
    }).ReplaceLineEndings("\n").Replace("PROGRAM", string.Join(' ', program.Select(word => Quoted(shell, word))), StringComparison.Ordinal);

    // Within single quotes a shell takes all but them for what it is.
    private static string Quoted(string shell, string word) =>
        $"'{word.Replace("'", shell == "pwsh" ? "''" : @"'\''", StringComparison.Ordinal)}'";

    private static IEnumerable<string> Program()
    {
        var started = Environment.ProcessPath ?? "dotnet";
        yield return started;
        if (Path.GetFileNameWithoutExtension(started)
            .Equals("dotnet", StringComparison.OrdinalIgnoreCase))
        {
            yield return typeof(CompletionCommand).Assembly.Location;
        }
    }
}
