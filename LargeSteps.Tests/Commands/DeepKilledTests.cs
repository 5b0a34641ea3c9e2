using LargeSteps.Experiments;

namespace LargeSteps.Tests.Commands;

/// <summary>The program killed while it trains a deep network, and continued.</summary>
public class DeepKilledTests
{
    private const string Config = """
        name: deep
        dataset:   { kind: images, source: shapes, samples: 64, test_samples: 32, augment: true }
        model:     { kind: deep_network, architecture: resnet_tiny, width: 2, seed: 0 }
        schedule:  { kind: constant, rate: 0.05 }
        optimizer: { kind: sgd, batch_size: 16, steps: 60, seed: 0, sampling: shuffled, momentum: 0.5, label_noise: 0.1, averaging: 0.9 }
        probes:    { at: { every: 11, end: true }, measure: [{ losses: { averaged: true } }, parameter_norm, bounce] }
        checkpoints: { every: 2, keep: 2, best: test_loss }
        runs:
          - { label: a }

        """;

    [Fact]
    public void Killed_at_any_moment_and_continued_it_gives_the_bytes_of_an_undisturbed_run() => Kill(6);

    // Takes longer than other tests may.
    [Fact(Explicit = true)]
    public void Killed_twenty_times_it_gives_the_bytes_of_an_undisturbed_run() => Kill(20);

    private static void Kill(int times) => Cli.InFolder(folder =>
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The signals are those of POSIX.");
        var config = Path.Combine(folder, "deep.yaml");
        File.WriteAllText(config, Config);
        string[] killed = [config, "--output", Path.Combine(folder, "killed"), "--resume", "--quiet"];
        var random = new Random(3);
        var moved = 0;
        for (var i = 0; i < times; i++)
        {
            using var process = Program.Start(killed);
            // One of four times anywhere, also before it has begun; else after it has come further than the time before, however slow the
            // machine.
            var latest = Latest(folder);
            while (i % 4 != 0 && !process.HasExited && Latest(folder) == latest) Thread.Sleep(1);
            process.WaitForExit(random.Next(i % 4 == 0 ? 1500 : 150));
            process.Kill();
            process.WaitForExit();
            if (Latest(folder) > latest) moved++;
            DiagonalCases.Note($"kill {i}: step {Latest(folder)}");
        }
        Assert.InRange(moved, times / 2, times);
        Assert.InRange(Latest(folder), 2, 60);
        var last = Program.Run(killed);
        Assert.True(last.Code == ExitCode.Done, last.Error);
        var undisturbed = Program.Run(config, "--output", folder, "--quiet");
        Assert.True(undisturbed.Code == ExitCode.Done, undisturbed.Error);
        foreach (var file in (string[])["metrics.csv", "metrics.arrow", "summary.csv"])
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(folder, "deep", file)),
                File.ReadAllBytes(Path.Combine(folder, "killed", "deep", file)));
        }

        Assert.Equal(Checkpoints(folder), Checkpoints(Path.Combine(folder, "killed")));
        Assert.Empty(Directory.EnumerateFiles(folder, "*.tmp", SearchOption.AllDirectories));
    });

    // The names and, of those without measurements and their times, the bytes.
    private static string[] Checkpoints(string output) =>
        [.. Directory.GetFiles(Path.Combine(output, "deep", "checkpoints"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(file => Path.GetFileName(file) + (file.EndsWith(".arrow", StringComparison.Ordinal)
            ? "" : Convert.ToHexString(File.ReadAllBytes(file))))];

    private static int Latest(string folder)
    {
        var checkpoints = Path.Combine(folder, "killed", "deep", "checkpoints");
        return !Directory.Exists(checkpoints) ? -1 : Directory.EnumerateFiles(checkpoints, "step-*.json", SearchOption.AllDirectories)
            .Select(file => int.Parse(Path.GetFileNameWithoutExtension(file)["step-".Length..],
            System.Globalization.CultureInfo.InvariantCulture)).DefaultIfEmpty(-1).Max();
    }
}
