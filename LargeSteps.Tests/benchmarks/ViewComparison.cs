using System.Diagnostics;
using System.Globalization;
using LargeSteps.Experiments;

namespace LargeSteps.Benchmarks;

/// <summary>How long the pages of a folder of many experiments take, in a program of its own, and the memory that this has.</summary>
internal static class ViewComparison
{
    private const string Text = """
        name: many
        dataset:   { kind: sparse_regression, samples: 20, dimensions: 30, support: 3, seed: 0 }
        model:     { kind: diagonal_linear, u: 0.1, v: 0.0 }
        schedule:  { kind: drops, rate: 0.25, at: [{ fraction: 0.5, divide_by: 4 }] }
        optimizer: { kind: sgd, batch_size: 1, steps: 2001, seed: 1 }
        probes:    { at: { evenly: 100 }, measure: [losses, { l0_norm: { threshold: 1e-3 } }, l1_norm] }
        seeds:     { from: 0, count: SEEDS, follow: [sampling] }
        sweep:
          schedule.rate: { linear: [0.05, 0.35, 4] }
        figures:
          - { file: overview, panels: [train_loss, l0_norm, survival], log_y: [train_loss] }
          - { kind: sweep, file: swept, x: schedule.rate, panels: [train_loss, l0_norm], log_y: [train_loss] }
        """;

    // Address and token are printed.
    private const string Begin = "http://";

    public static int Run(string program, int experiments, int units, int rounds)
    {
        var folder = Directory.CreateTempSubdirectory("largesteps-view-").FullName;
        try
        {
            Fill(folder, experiments, units);
            using var view = Process.Start(new ProcessStartInfo("dotnet", [program, "view", folder, "--port", "0"])
            {
                RedirectStandardOutput = true,
            })!;
            try
            {
                Measure(view, folder, rounds);
            }
            finally
            {
                view.Kill();
                view.WaitForExit();
            }
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Measure(Process view, string folder, int rounds)
    {
        var address = "";
        while (address.Length == 0)
        {
            var line = view.StandardOutput.ReadLine() ?? throw new InvalidOperationException("The view has ended.");
            if (line.IndexOf(Begin, StringComparison.Ordinal) is >= 0 and var at) address = line[at..].Split(' ')[0].TrimEnd('/');
        }
        using var client = new HttpClient();
        string[] names = [.. Directory.EnumerateDirectories(folder).Select(each => Path.GetFileName(each)).Order(StringComparer.Ordinal)];
        Tell("first page, first", client, view, address + "/");
        Tell("an experiment, first", client, view, $"{address}/experiment?path={names[0]}");
        Tell("its numbers, first", client, view, $"{address}/data?path={names[0]}");
        for (var i = 1; i <= rounds; i++)
        {
            Tell("first page", client, view, address + "/");
            Tell("an experiment", client, view, $"{address}/experiment?path={names[i % names.Length]}");
            Tell("its numbers", client, view, $"{address}/data?path={names[i % names.Length]}");
        }
        // Looked at by somebody who does not stop.
        for (var i = 0; i < 20 * rounds; i++) _ = client.GetStringAsync($"{address}/data?path={names[i % names.Length]}").Result;
        Tell("first page, after many", client, view, address + "/");
    }

    private static void Tell(string what, HttpClient client, Process view, string address)
    {
        var watch = Stopwatch.StartNew();
        var length = client.GetStringAsync(address).Result.Length;
        var seconds = watch.Elapsed.TotalSeconds;
        view.Refresh();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{what,-24} {seconds,7:F3} s {length / 1024,7} KB   memory {view.WorkingSet64 >> 20} MB, at most {view.PeakWorkingSet64 >> 20} MB"));
    }

    private static void Fill(string folder, int experiments, int units)
    {
        var config = Path.Combine(folder, "many.yaml");
        File.WriteAllText(config, Text.Replace("SEEDS", (units / 4).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
        var terminal = new Terminal(TextWriter.Null, Console.Error, Interactive: false);
        if (Experiments.Commands.CommandLine.Run([config, "--output", folder, "--quiet"], terminal) != 0)
            throw new InvalidOperationException("The experiment was not run.");
        var first = Path.Combine(folder, "many");
        for (var i = 1; i < experiments; i++)
        {
            var other = Path.Combine(folder, FormattableString.Invariant($"many_{i:D3}"));
            foreach (var file in Directory.EnumerateFiles(first, "*", SearchOption.AllDirectories))
            {
                var to = Path.Combine(other, Path.GetRelativePath(first, file));
                Directory.CreateDirectory(Path.GetDirectoryName(to)!);
                File.Copy(file, to);
            }
        }
    }
}
