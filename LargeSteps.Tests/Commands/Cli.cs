using LargeSteps.Experiments;
using LargeSteps.Experiments.Commands;

namespace LargeSteps.Tests.Commands;

/// <summary>What a command said, and its exit code.</summary>
internal sealed record Said(int Code, string Out, string Error)
{
    /// <summary>All of it as one text that is the same on every machine.</summary>
    public string Text(string folder) =>
        $"exit code {Code}\n{Part("out", Out)}{Part("error", Error)}".ReplaceLineEndings("\n")
            .Replace(folder, "DIR", StringComparison.Ordinal).Replace('\\', '/');

    private static string Part(string name, string text) => text.Length == 0 ? "" : $"--- {name}\n{text}";
}

/// <summary>Calls the program inside the process of the tests.</summary>
internal static class Cli
{
    public const string Small = """
        # Two runs of a moment.
        # run: now and then
        # expect: nothing
        name: small
        dataset:   { kind: sparse_regression, samples: 10, dimensions: 20, support: 2, test_samples: 20, seed: 0 }
        model:     { kind: diagonal_linear, u: 0.1 }
        schedule:  { kind: constant, rate: 0.05 }
        optimizer: { kind: sgd, batch_size: 1, steps: 200, seed: 1 }
        probes:    { at: { first: 3, evenly: 5 }, measure: [losses, l1_norm] }
        seeds:     { count: 2 }
        runs:
          - { label: a }
          - { label: b, schedule: { kind: drops, rate: 0.05, at: [{ step: 100, divide_by: 2 }] } }
        figures:
          - { file: losses, panels: [train_loss] }

        """;

    public static string Configs { get; } = Path.Combine(AppContext.BaseDirectory, "configs");

    public static Said Run(params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        var code = CommandLine.Run(arguments, new Terminal(output, error, Interactive: false));
        Assert.DoesNotContain("   at LargeSteps", error.ToString(), StringComparison.Ordinal);
        return new Said(code, output.ToString(), error.ToString());
    }

    /// <summary>Runs a test in a folder of its own that has the small experiment in small.yaml.</summary>
    public static void InFolder(Action<string> test) => TemporaryFolder.In(folder =>
    {
        File.WriteAllText(Path.Combine(folder, "small.yaml"), Small);
        test(folder);
    });

    /// <summary>Runs the small experiment into a folder; the folder of its results.</summary>
    public static string RunSmall(string folder, params string[] more)
    {
        var said = Run([Path.Combine(folder, "small.yaml"), "--output", Path.Combine(folder, "results"), .. more]);
        Assert.True(said.Code == ExitCode.Done, said.Error);
        return Path.Combine(folder, "results", "small");
    }

    /// <summary>The files below a folder with their times: unchanged where nothing was written.</summary>
    public static IReadOnlyDictionary<string, DateTime> Times(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .ToDictionary(file => Path.GetRelativePath(folder, file), File.GetLastWriteTimeUtc);

    public static void Edit(string file, string old, string @new)
    {
        var text = File.ReadAllText(file);
        Assert.Contains(old, text, StringComparison.Ordinal);
        File.WriteAllText(file, text.Replace(old, @new, StringComparison.Ordinal));
    }
}
