using System.Diagnostics;
using LargeSteps.Experiments;
using LargeSteps.Experiments.Commands;

namespace LargeSteps.Tests.Commands;

public class CompletionTests
{
    [Theory]
    [InlineData("", "run validate plot compare new list reproduce docs schema explain completion --help --resume")]
    [InlineData("va", "validate")]
    [InlineData("run --", "--device --output --quiet --resume --seeds --set --smoke --workers --help")]
    [InlineData("run --dev", "--device")]
    [InlineData("reproduce --", "--quick --only --docs --output --data --workers --fresh --quiet --help")]
    [InlineData("docs --", "--only --long --docs --output --data --workers --fresh --quiet --help")]
    [InlineData("configs/a.yaml --re", "--resume")]
    [InlineData("run --device ", "auto cpu cuda")]
    [InlineData("new a --from diagonal_s", "diagonal_sgd diagonal_step_size_sweep")]
    [InlineData("compare --", "--output --metrics --log-y --x --help")]
    [InlineData("explain LS07", "LS0701 LS0711")]
    [InlineData("completion ", "bash pwsh zsh")]
    public void The_suggest_directive_names_what_can_come_next(string line, string expected)
    {
        var said = Cli.Run($"[suggest:{line.Length}]", line);
        Assert.Equal((ExitCode.Done, ""), (said.Code, said.Error));
        Assert.Superset(expected.Split(' ').ToHashSet(), said.Out.Split('\n', StringSplitOptions.TrimEntries).ToHashSet());
    }

    [Fact]
    public void The_scripts_are_stored() => Snapshot.Matches(
        "completion", string.Join("\n",
            CompletionCommand.Shells.Select(shell =>
                CompletionCommand.Script(shell, "/usr/bin/dotnet", "/home/o'neill/LargeSteps.Experiments.dll"))));

    [Fact]
    public void The_script_is_written_for_this_program()
    {
        var said = Cli.Run("completion", "bash");
        Assert.Equal((ExitCode.Done, ""), (said.Code, said.Error));
        Assert.Contains($"largesteps() {{ '{Environment.ProcessPath}'", said.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Bash_completes_by_the_script()
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "There is no bash.");
        string Completed(string line, params string[] words)
        {
            var start = new ProcessStartInfo("/bin/bash") { RedirectStandardInput = true, RedirectStandardOutput = true };
            using var bash = Process.Start(start)!;
            bash.StandardInput.Write(CompletionCommand.Script("bash", Program.Host, Program.Dll));
            bash.StandardInput.Write($"COMP_LINE='{line}'; COMP_POINT={line.Length}; COMP_WORDS=({string.Join(' ', words.Select(word => $"'{word}'"))}); COMP_CWORD={words.Length - 1}\n");
            bash.StandardInput.Write("_largesteps; echo \"${COMPREPLY[*]}\"\n");
            bash.StandardInput.Close();
            var text = bash.StandardOutput.ReadToEnd();
            bash.WaitForExit();
            return text.TrimEnd();
        }
        Assert.Equal("validate", Completed("largesteps va", "largesteps", "va"));
        Assert.Equal("--seeds --set", Completed("largesteps run a.yaml --se", "largesteps", "run", "a.yaml", "--se"));
        Assert.Equal("", Completed("largesteps validate conf", "largesteps", "validate", "conf"));
    }
}
