using System.Diagnostics;
using LargeSteps.Experiments;
using LargeSteps.Experiments.Commands;

namespace LargeSteps.Tests.Commands;

/// <summary>Streams that cannot be written to, and what is said on those that can.</summary>
public class StreamTests
{
    private sealed class Full : StringWriter
    {
        public override void Write(string? value) => throw new IOException("No space left on device");
    }

    [Fact]
    public void A_stream_that_cannot_be_written_to_ends_nothing()
    {
        using var writer = new SteadyWriter(new Full());
        writer.WriteLine("a");
        writer.Write('b');
        Assert.Equal("No space left on device", writer.Failure);
    }

    [Fact]
    public void Characters_on_which_a_terminal_acts_are_spaces()
    {
        using var screen = new StringWriter();
        using (var writer = new SteadyWriter(screen)) writer.WriteLine("a\u001b[31mb\u009bc\u202ed\u2028e\tη");
        Assert.Equal($"a [31mb c d e\tη{Environment.NewLine}", screen.ToString());
    }

    [Theory]
    [InlineData("2>/dev/full", ExitCode.Done)]
    [InlineData("2>&-", ExitCode.Done)]
    [InlineData(">/dev/full", ExitCode.BadInput)]
    [InlineData(">&-", ExitCode.BadInput)]
    public void Results_are_whole_where_a_stream_is_full_or_closed(string redirect, int code) => Cli.InFolder(folder =>
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux has a device that is full.");
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c",
            $"exec \"$0\" \"$1\" \"$2\" --output \"$3\" {redirect}", Program.Host, Program.Dll, Path.Combine(folder, "small.yaml"), folder])
        { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = Program.Ended(shell);
        Assert.Equal(code, said.Code);
        Assert.Contains(code == ExitCode.Done ? "standard error could not be written to: "
            : "error LS0309: standard output could not be written to: ",
            said.Out + said.Error, StringComparison.Ordinal);
        Assert.Equal(1 + 4 * 6, File.ReadAllLines(Path.Combine(folder, "small", "metrics.csv")).Length);
        Assert.Contains("results in ", File.ReadAllText(Path.Combine(folder, "small", "log.txt")), StringComparison.Ordinal);
    });

    [Fact]
    public void A_log_that_cannot_be_written_takes_no_result_with_it() => Cli.InFolder(folder =>
    {
        Directory.CreateDirectory(Path.Combine(folder, "results", "small", "log.txt"));
        var results = Cli.RunSmall(folder);
        Assert.True(File.Exists(Path.Combine(results, "report.html")));
    });

    [Fact]
    public async Task Signals_at_the_end_of_a_command_find_nothing_to_stop()
    {
        // What a handler does that begins before the command has ended, and comes to its turn after it.
        for (var i = 0; i < 100; i++)
        {
            var interruption = new Interruption();
            var second = Task.Run(interruption.Stop, TestContext.Current.CancellationToken);
            interruption.Dispose();
            await second;
            Assert.False(interruption.Stop());
        }
    }
}
