using System.Globalization;
using LargeSteps.Experiments;
using LargeSteps.Experiments.Commands;
using LargeSteps.Numerics;
using TorchSharp;

namespace LargeSteps.Tests.Commands;

public class CommandLineTests
{
    [Theory]
    [InlineData("")]
    [InlineData("run")]
    [InlineData("validate")]
    [InlineData("plot")]
    [InlineData("compare")]
    [InlineData("new")]
    [InlineData("list")]
    [InlineData("schema")]
    [InlineData("reproduce")]
    [InlineData("docs")]
    [InlineData("explain")]
    [InlineData("completion")]
    public void Help_says_what_a_verb_does_with_examples_in_80_columns(string verb)
    {
        var said = Cli.Run(verb.Length == 0 ? ["--help"] : [verb, "--help"]);
        Assert.Equal((ExitCode.Done, ""), (said.Code, said.Error));
        Assert.All(said.Out.Split('\n'), line => Assert.InRange(line.TrimEnd('\r').Length, 0, 80));
        Snapshot.Matches($"help_{(verb.Length == 0 ? "root" : verb)}", said.Out);
    }

    [Fact]
    public void Whatever_is_wrong_with_the_line_is_told_and_has_exit_code_2() => Cli.InFolder(folder =>
    {
        var small = Path.Combine(folder, "small.yaml");
        string[][] lines =
        [
            [], ["frobnicate"], ["validte", small], ["run"], ["run", "frobnicate"], ["run", small, small], [small, "more"], ["validate"],
            ["plot"], ["schema", "more"], ["list", "a", "b"], ["compare"], ["new"], ["new", "a", "b"],
            ["completion"], ["completion", "fish"], ["reproduce", "--qiuck"], ["reproduce", "more"], ["reproduce", "--docs", folder],
            ["reproduce", "--only"], ["docs", "--logn"], ["docs", "--docs", folder], ["nowhere.yaml"], [folder],
            [small, "--sed", "0..3"], [small, "--resumee"], ["--frobnicate"], ["-x", small], [small, "--output"], [small, "--set"],
            [small, "--seeds", "x"], [small, "--seeds", "3..1"], [small, "--seeds", "-1..1"], [small, "--seeds", "0..4294967295"],
            [small, "--seeds", "0..1..2"], [small, "--seeds", " 1"], [small, "--seeds", ""],
            [small, "--workers", "0"], [small, "--workers", "two"], [small, "--workers", "1.5"], [small, "--device", "gpu"],
            [small, "--device", "cuda:x"], [small, "--device", "cuda:-1"],
        ];
        Snapshot.Matches("command_line_errors", string.Join("\n", lines.Select(line =>
        {
            var said = Cli.Run(line);
            Assert.Equal(ExitCode.BadInput, said.Code);
            Assert.Equal("", said.Out);
            return $"> {string.Join(' ', line).Replace(folder, "DIR", StringComparison.Ordinal)}\n{said.Error.Replace(folder, "DIR", StringComparison.Ordinal)}";
        })).Replace('\\', '/'));
        Assert.Equal(["small.yaml"], Directory.GetFileSystemEntries(folder).Select(Path.GetFileName));
    });

    [Fact]
    public void The_version_is_one_line()
    {
        var said = Cli.Run("--version");
        Assert.Equal((ExitCode.Done, ""), (said.Code, said.Error));
        Assert.Matches(@"^LargeSteps \d+\.\d+\.\d+\S*\r?\n$", said.Out);
    }

    [Fact]
    public void A_device_that_is_not_there_has_exit_code_4() => Cli.InFolder(folder =>
    {
        NativeLibraries.EnsureLoaded();
        Assert.SkipWhen(torch.cuda.is_available(), "There is a CUDA device.");
        var said = Cli.Run(Path.Combine(folder, "small.yaml"), "--device", "cuda", "--output", folder, "--set", "engine=autograd");
        Assert.Equal(ExitCode.NotAvailable, said.Code);
        Assert.Contains("error LS0402: device 'cuda' is not available: libtorch sees 0 CUDA devices.", said.Error,
            StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(folder, "small")));
    });

    [Fact]
    public void What_a_user_can_do_something_about_is_told_without_a_stack_trace_and_a_bug_with_one()
    {
        (Exception, int, string)[] cases =
        [
            (new CommandException(4, "error LS0402: none"), 4, "error LS0402: none"),
            (new AggregateException(new IOException("disk full")), 2, "error LS0301: disk full"),
            (new UnauthorizedAccessException("not yours"), 2, "error LS0301: not yours"),
            (new AggregateException(new NativeLibraryException("no libtorch")), 4, "error LS0401: no libtorch"),
            (new InvalidOperationException("oops"), 1,
            "error LS0399: this is a bug of the program: System.InvalidOperationException: oops"),
        ];
        foreach (var (exception, code, message) in cases)
        {
            var error = new StringWriter(CultureInfo.InvariantCulture);
            Assert.Equal(code, CommandLine.Tell(exception, error));
            Assert.Equal(message + Environment.NewLine, error.ToString());
        }
    }
}
