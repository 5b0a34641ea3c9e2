using LargeSteps.Configuration;
using LargeSteps.Running;
using LargeSteps.Tests.Commands;
using LargeSteps.Values;

namespace LargeSteps.Tests.Docs;

/// <summary>A small project: docs/ with published numbers and figures, and the configs that they are of.</summary>
internal static class DocsFolder
{
    public const string Config = """
        name: small
        dataset:   { kind: sparse_regression, samples: 10, dimensions: 20, support: 2, test_samples: 20, seed: 0 }
        model:     { kind: diagonal_linear, u: 0.1 }
        schedule:  { kind: constant, rate: 0.05 }
        optimizer: { kind: sgd, batch_size: 1, steps: 200, seed: 1 }
        probes:    { at: { first: 3, evenly: 5 }, measure: [losses, { l0_norm: { threshold: 1e-3 } }, l1_norm] }
        runs:
          - { label: a }
          - { label: b, schedule: { kind: drops, rate: 0.05, at: [{ step: 100, divide_by: 2 }] } }
        figures:
          - { file: losses, panels: [train_loss] }
          - { kind: table, file: ends, metrics: [train_loss] }

        """;

    public const string Surface = """
        name: plane
        dataset:   { kind: sparse_regression, samples: 10, dimensions: 20, support: 2, test_samples: 20, seed: 0 }
        model:     { kind: diagonal_linear, u: 0.1 }
        schedule:  { kind: constant, rate: 0.05 }
        optimizer: { kind: gd, steps: 200 }
        probes:    { at: { first: 3, evenly: 5 }, measure: [losses], snapshots: all }
        runs:      [{ label: flow }]
        figures:
          - kind: surface
            file: surface
            panels: [train_loss]
            plane: { points: { origin: initial, first: optimum, second: { end: { run: flow } } } }
            grid: { x: { from: -1, to: 1 }, y: { from: -1, to: 1 }, points: 5 }
            paths: [flow]
            animation: { frames: [3], seconds: 0.5 }

        """;

    // Of no deep network anything is run here.
    public const string Deep = """
        name: deep
        dataset:   { kind: images, source: cifar10 }
        model:     { kind: deep_network, architecture: resnet18, width: 4, seed: 0 }
        schedule:  { kind: constant, rate: 0.1 }
        optimizer: { kind: sgd, batch_size: 100, epochs: 1, seed: 0, sampling: shuffled }
        probes:    { at: { every_epochs: 1, end: true }, measure: [losses] }
        runs:      [{ label: large }]
        figures:
          - { file: losses, panels: [train_loss] }

        """;

    public const string Published = """
        text: |
          Made up, with `code` and <b>.

          A second paragraph.
        experiments:
          - config: small
            text: Of no paper.
            runs:
              - run: a
                class: { reproduces: { digits: 4 } }
                values: { train_loss: TRAIN_LOSS, l1_norm: L1_NORM }
                exact: { l0_norm: L0_NORM }
                seeds: { count: 12, alive: 12, dead: 0, means: { train_loss: 1e3, l1_norm: L1_NORM ± 100 } }
              - run: b
                class: chaotic
                values: { train_loss: 0.1 }
          - config: plane
            text: With a plane.
            runs: [{ run: flow, class: { mildly_chaotic: { digits: 3 } }, values: { train_loss: 1e-9 } }]
            surfaces: [{ figure: surface, class: chaotic, values: { train_loss mean: 0.1, w* y: 0.00 } }]
          - config: deep
            text: Not for this machine.
            runs: [{ run: large, class: chaotic, values: { test_error: 0.12 } }]

        """;

    public const string Figures = """
        figures:
          - { file: small_losses, config: small, figure: losses, seeds: 3 }
          - { file: single, config: small, figure: losses, set: "runs[0].label=c" }
          - { file: plane, config: plane, figure: surface }
          - { file: moving, config: plane, figure: surface, animation: true }
          - { file: later, config: deep, figure: losses, long: true }

        """;

    /// <summary>What is told of a file in docs after each edit, under its old and its new text.</summary>
    public static string ProblemsOf<T>(IEnumerable<(string Old, string New)> edits, string file, Func<Outcome<T>> load)
    {
        var (good, folder) = (File.ReadAllText(file), Path.GetDirectoryName(Path.GetDirectoryName(file))!);
        return string.Join("\n", edits.Select(edit =>
        {
            Assert.Contains(edit.Old, good, StringComparison.Ordinal);
            File.WriteAllText(file, good.Replace(edit.Old, edit.New, StringComparison.Ordinal));
            var problems = load().Match(_ => [], problems => problems);
            Assert.NotEmpty(problems);
            return $"{edit.Old} → {edit.New}\n{string.Concat(problems.Select(p => $"  {p.ToString().Replace(folder, "DIR", StringComparison.Ordinal).Replace('\\', '/')}\n"))}";
        }));
    }

    /// <summary>Runs a test on a folder of its own with that project.</summary>
    public static void In(Action<string> test) => Cli.InFolder(folder =>
    {
        foreach (var (file, text) in ((string, string)[])[("small", Config), ("plane", Surface), ("deep", Deep)])
        {
            Directory.CreateDirectory(Path.Combine(folder, "configs"));
            File.WriteAllText(Path.Combine(folder, "configs", $"{file}.yaml"), text);
        }
        Directory.CreateDirectory(Path.Combine(folder, "docs"));
        File.WriteAllText(Path.Combine(folder, "docs", "figures.yaml"), Figures);
        Publish(folder, 1);
        test(folder);
    });

    /// <summary>Writes the published numbers: of run a those that it has, but for a factor of its training loss.</summary>
    public static void Publish(string folder, double factor)
    {
        var result = Runner.Run(ExperimentYaml.Parse(Config, "small.yaml").OrThrow().Resolve().OrThrow()[0].Pipeline);
        File.WriteAllText(Path.Combine(folder, "docs", "published.yaml"), Published
            .Replace("TRAIN_LOSS", NumberText.Invariant(factor * result.Last("train_loss")), StringComparison.Ordinal)
            .Replace("L1_NORM", NumberText.Invariant(result.Last("l1_norm")), StringComparison.Ordinal)
            .Replace("L0_NORM", NumberText.Invariant(result.Last("l0_norm")), StringComparison.Ordinal));
    }

    /// <summary>A verb on the project in a folder, whose images are nowhere.</summary>
    public static Said Run(string folder, string verb, params string[] more) => Cli.Run(
        [verb, "--docs", Path.Combine(folder, "docs"), "--output", Path.Combine(folder, "results"), "--data", Path.Combine(folder, "data"),
            .. more]);
}
