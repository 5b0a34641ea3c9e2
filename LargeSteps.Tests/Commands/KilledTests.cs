using System.Globalization;
using LargeSteps.Experiments;

namespace LargeSteps.Tests.Commands;

/// <summary>The program killed and stopped from outside, and continued.</summary>
public class KilledTests
{
    // Sixteen units of some tenths of a second.
    private const string Config = """
        name: killed
        dataset:   { kind: sparse_regression, samples: 80, dimensions: 200, support: 20, test_samples: 100, seed: 0 }
        model:     { kind: diagonal_linear, u: 0.1 }
        schedule:  { kind: constant, rate: 0.1 }
        optimizer: { kind: sgd, batch_size: 1, steps: 400000, seed: 1 }
        probes:    { at: { first: 3, evenly: 50 }, measure: [losses, l1_norm] }
        seeds:     { count: 8 }
        runs:
          - { label: a }
          - { label: b, schedule: { kind: constant, rate: 0.2 } }
        figures:
          - { file: losses, panels: [train_loss] }

        """;

    [Fact]
    public void Killed_at_ten_moments_and_continued_it_gives_the_bytes_of_an_undisturbed_run() => InFolder((config, folder) =>
    {
        string[] killed = [config, "--output", Path.Combine(folder, "killed"), "--workers", "2", "--resume"];
        var random = new Random(7);
        for (var i = 0; i < 10; i++)
        {
            using var process = Program.Start(killed);
            // Half of the times anywhere, also before it has begun; half of them after it has come further than the time before, however
            // slow the machine.
            var units = Units(folder, "killed").Length;
            while (i % 2 == 1 && !process.HasExited && Units(folder, "killed").Length == units) Thread.Sleep(5);
            process.WaitForExit(random.Next(i % 2 == 1 ? 200 : 700));
            process.Kill();
            process.WaitForExit();
            // Whatever is there is whole.
            var metrics = Path.Combine(folder, "killed", "killed", "metrics.csv");
            if (File.Exists(metrics)) Assert.Equal(1 + 16 * 51, File.ReadAllLines(metrics).Length);
            DiagonalCases.Note($"kill {i}: {Units(folder, "killed").Length} units");
        }
        var last = Program.Run(killed);
        Assert.True(last.Code == ExitCode.Done, last.Error);
        Assert.Contains("(kept)", last.Error, StringComparison.Ordinal);
        AssertSame(folder, "killed");
    });

    [Theory]
    [InlineData("INT", 2)]
    [InlineData("TERM", 15)]
    public void Stopped_by_a_signal_it_has_exit_code_3_a_whole_table_of_what_is_done_and_can_be_continued(string signal, int number) =>
        InFolder((config, folder) =>
    {
        Assert.SkipWhen(IsIgnored(number), "The tests were started with this signal ignored, as in the background of a shell.");
        string[] stopped = [config, "--output", Path.Combine(folder, "stopped"), "--workers", "1"];
        using var process = Program.Start(stopped);
        while (!process.HasExited && Units(folder, "stopped").Length < 3) Thread.Sleep(10);
        Program.Signal(process, signal);
        var said = Program.Ended(process);
        Assert.True(said.Code == ExitCode.Stopped, said.Error);
        Assert.Matches(@"stopped: \d+ of 16 runs are done; the same command with --resume does the rest", said.Error);
        var done = Units(folder, "stopped").Length;
        Assert.InRange(done, 3, 15);
        var rows = File.ReadAllLines(Path.Combine(folder, "stopped", "killed", "metrics.csv"));
        Assert.InRange(rows.Length, 1 + done * 51, 16 * 51);
        Assert.All(rows, row => Assert.Equal(rows[0].Count(c => c == ','), row.Count(c => c == ',')));

        var rest = Program.Run([.. stopped, "--resume"]);
        Assert.True(rest.Code == ExitCode.Done, rest.Error);
        Assert.Equal(done, rest.Error.Split('\n').Count(line => line.Contains("(kept)", StringComparison.Ordinal)));
        AssertSame(folder, "stopped");
    });

    /// <summary>The files of a run that nothing disturbs.</summary>
    private static readonly Lazy<Dictionary<string, byte[]>> Undisturbed = new(() =>
    {
        var files = new Dictionary<string, byte[]>();
        InFolder((config, folder) =>
        {
            Assert.Equal(new Said(ExitCode.Done, "", ""), Cli.Run(config, "--output", folder, "--quiet"));
            foreach (var file in (string[])["metrics.csv", "metrics.arrow", "summary.csv", "experiment.yaml", "figures/losses.svg"])
                files[file] = File.ReadAllBytes(Path.Combine(folder, "killed", file));
        });
        return files;
    });

    private static void AssertSame(string folder, string output)
    {
        foreach (var (file, bytes) in Undisturbed.Value)
        {
            Assert.Equal(bytes,
            File.ReadAllBytes(Path.Combine(folder, output, "killed", file)));
        }

        Assert.Equal(16, Units(folder, output).Length);
        string[] others = [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(file => file.EndsWith(".tmp", StringComparison.Ordinal) || Path.GetFileName(file) is ['.', ..] and not ".lock")];
        Assert.Empty(others);
    }

    private static string[] Units(string folder, string output)
    {
        var units = Path.Combine(folder, output, "killed", "units");
        return Directory.Exists(units) ? Directory.GetFiles(units, "*.arrow") : [];
    }

    private static void InFolder(Action<string, string> test)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The signals are those of POSIX.");
        Cli.InFolder(folder =>
        {
            var config = Path.Combine(folder, "killed.yaml");
            File.WriteAllText(config, Config);
            test(config, folder);
        });
    }

    // A process passes on to its children which signals it ignores.
    private static bool IsIgnored(int signal)
    {
        const string status = "/proc/self/status";
        var line = File.Exists(status) ? File.ReadLines(status).FirstOrDefault(l => l.StartsWith("SigIgn:", StringComparison.Ordinal))
            : null;
        return line is not null && (ulong.Parse(line["SigIgn:".Length..].Trim(), NumberStyles.HexNumber,
            CultureInfo.InvariantCulture) >> (signal - 1) & 1) == 1;
    }
}
