using System.Diagnostics;
using System.Globalization;
using LargeSteps.Experiments;
using LargeSteps.Experiments.Commands;

namespace LargeSteps.Fuzz;

/// <summary>What a command said, and its exit code.</summary>
internal sealed record Said(int Code, string Text)
{
    /// <summary>Whether it is one of those that a command may have: a bug has exit code 1 or a stack trace.</summary>
    public bool IsClean => Code != ExitCode.Bug && !Text.Contains("   at LargeSteps", StringComparison.Ordinal);
}

/// <summary>The program, in this process and in others.</summary>
internal static class Calls
{
    private static readonly string Host = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath!
        : Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "LargeSteps.Experiments.dll");

    public static Said Run(params string[] arguments)
    {
        using StringWriter all = new(CultureInfo.InvariantCulture);
        using var writer = TextWriter.Synchronized(all);
        var code = CommandLine.Run(arguments, new Terminal(writer, writer, Interactive: false));
        return new(code, all.ToString());
    }

    public static Process Start(params string[] arguments) =>
        Process.Start(new ProcessStartInfo(Host, [Program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            // What lives for a second is not worth measuring what runs often.
            Environment = { ["DOTNET_TieredPGO"] = "0" },
        })!;

    public static Said Ended(Process process)
    {
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return new(process.ExitCode, output.GetAwaiter().GetResult() + error);
    }

    /// <summary>Does something in a folder that is gone afterwards.</summary>
    public static void InFolder(Action<string> action)
    {
        var folder = Directory.CreateTempSubdirectory("largesteps-fuzz-").FullName;
        try
        {
            action(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    public static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var folder in Directory.EnumerateDirectories(from, "*",
            SearchOption.AllDirectories))
        {
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        }

        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            File.Copy(file,
            Path.Combine(to, Path.GetRelativePath(from, file)));
        }
    }
}

/// <summary>The experiments that are disturbed.</summary>
internal static class Subjects
{
    public const string Small = """
        name: small
        dataset:   { kind: sparse_regression, samples: 10, dimensions: 20, support: 2, test_samples: 20, seed: 0 }
        model:     { kind: diagonal_linear, u: 0.1 }
        schedule:  { kind: constant, rate: 0.05 }
        optimizer: { kind: sgd, batch_size: 1, steps: 200, seed: 1 }
        probes:    { at: { first: 3, evenly: 5 }, measure: [losses, l1_norm], snapshots: ends }
        seeds:     { count: 2 }
        runs:
          - { label: a }
          - { label: b, schedule: { kind: drops, rate: 0.05, at: [{ step: 100, divide_by: 2 }] } }
        figures:
          - { file: losses, panels: [train_loss] }

        """;

    public const string Deep = """
        name: deep
        dataset:     { kind: images, source: shapes, samples: 64, test_samples: 32, seed: 3 }
        model:       { kind: deep_network, architecture: linear, seed: 0 }
        schedule:    { kind: constant, rate: 0.01 }
        optimizer:   { kind: sgd, batch_size: 8, steps: 40, seed: 0, sampling: shuffled, momentum: 0.9 }
        probes:      { at: { every: 10, end: true }, measure: [losses, parameter_norm] }
        runs:        [{ label: dl }]
        seeds:       { from: 0, count: 2, follow: [initialisation, sampling] }
        checkpoints: { every: 8, keep: 2, best: test_error }
        figures:     [{ file: losses, panels: [train_loss] }]

        """;

    /// <summary>Sixteen units of some tenths of a second: there is time to be killed.</summary>
    public static string LongSmall { get; } = Small.Replace("samples: 10, dimensions: 20", "samples: 80, dimensions: 200",
        StringComparison.Ordinal)
        .Replace("support: 2,", "support: 20,", StringComparison.Ordinal).Replace("steps: 200", "steps: 400000", StringComparison.Ordinal)
        .Replace("rate: 0.05", "rate: 0.1", StringComparison.Ordinal).Replace("evenly: 5", "evenly: 50", StringComparison.Ordinal)
        .Replace("count: 2", "count: 8", StringComparison.Ordinal);

    public static string LongDeep { get; } = Deep.Replace("steps: 40", "steps: 160", StringComparison.Ordinal)
        .Replace("every: 10", "every: 20", StringComparison.Ordinal).Replace("every: 8", "every: 2", StringComparison.Ordinal);

    public static string SmallMixed { get; } = Mixed.Replace("steps: 100000", "steps: 200", StringComparison.Ordinal)
        .Replace("every: 2,", "every: 20,", StringComparison.Ordinal);

    /// <summary>Both in one experiment: units without checkpoints beside those that have some.</summary>
    public const string Mixed = """
        name: mixed
        dataset:     { kind: sparse_regression, samples: 80, dimensions: 200, support: 20, test_samples: 20, seed: 0 }
        model:       { kind: diagonal_linear, u: 0.1 }
        schedule:    { kind: constant, rate: 0.1 }
        optimizer:   { kind: sgd, batch_size: 1, steps: 100000, seed: 1 }
        probes:      { at: { first: 3, evenly: 20 }, measure: [losses] }
        checkpoints: { every: 2, keep: 2, best: test_error }
        seeds:       { count: 3 }
        runs:
          - { label: small }
          - label: dl
            dataset:   { kind: images, source: shapes, samples: 64, test_samples: 32, seed: 3 }
            model:     { kind: deep_network, architecture: linear, seed: 0 }
            schedule:  { kind: constant, rate: 0.01 }
            optimizer: { kind: sgd, batch_size: 8, steps: 60, seed: 0, sampling: shuffled, momentum: 0.9 }
          - { label: smaller, schedule: { kind: constant, rate: 0.05 } }
        figures:
          - { file: losses, panels: [train_loss] }

        """;

    /// <summary>The files that depend on the experiment alone.</summary>
    private static readonly string[] Tables = ["metrics.csv", "metrics.arrow", "summary.csv", "experiment.yaml", "figures/losses.svg"];

    /// <summary>The tables of an experiment that nothing disturbs.</summary>
    public static Dictionary<string, byte[]> Read(string results) =>
        Tables.ToDictionary(file => file, file => File.ReadAllBytes(Path.Combine(results, file)));

    /// <summary>The tables that are not as they should be.</summary>
    public static string[] Different(Dictionary<string, byte[]> expected, string results) =>
        [.. expected.Where(file => Path.Combine(results, file.Key) is var path
            && (!File.Exists(path) || !File.ReadAllBytes(path).AsSpan().SequenceEqual(file.Value))).Select(file => file.Key)];

    /// <summary>Runs an experiment undisturbed; its folder of results.</summary>
    public static string Run(string folder, string text)
    {
        var name = text["name: ".Length..text.IndexOf('\n', StringComparison.Ordinal)];
        var config = Path.Combine(folder, name + ".yaml");
        File.WriteAllText(config, text);
        var said = Calls.Run(config, "--output", Path.Combine(folder, "results"), "--quiet", "--workers", "1");
        return said.Code == ExitCode.Done ? Path.Combine(folder, "results", name) : throw new InvalidOperationException(said.Text);
    }
}
