using System.Diagnostics;
using LargeSteps.Configuration;
using LargeSteps.Datasets.Images;
using LargeSteps.Experiments;
using LargeSteps.Experiments.Commands;
using LargeSteps.Pipelines;
using LargeSteps.Values;

namespace LargeSteps.Fuzz;

/// <summary>Texts that are nearly configs: each is refused with diagnostics, or is an experiment in all respects.</summary>
internal sealed class ConfigFuzz
{
    private const int MostDiagnostics = 101, LongestDiagnostic = 400, MostWeights = 20_000, RunEvery = 3;

    private static readonly TimeSpan LongestReading = TimeSpan.FromSeconds(10);

    private readonly string[] _texts = [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "configs"), "*.yaml")
        .Order(StringComparer.Ordinal).Select(File.ReadAllText)];
    private readonly string[] _words;

    public ConfigFuzz() => _words = Mutations.Words(_texts);

    /// <summary>A case.</summary>
    /// <param name="seed">Of which mutation.</param>
    /// <param name="tally">Is told what came of it.</param>
    /// <param name="folder">A folder to write in.</param>
    /// <param name="mayRun">Whether every third case may run.</param>
    public void Check(int seed, Tally tally, string folder, bool mayRun)
    {
        var random = new Random(seed);
        var text = Mutations.OfConfig(_texts[random.Next(_texts.Length)], _texts[random.Next(_texts.Length)], _words, random);
        var file = Path.Combine(folder, "mutated.yaml");
        File.WriteAllBytes(file, text);
        tally.Count("texts");
        var watch = Stopwatch.StartNew();
        var read = ExperimentYaml.Load(file);
        tally.Took(watch.Elapsed);
        if (watch.Elapsed > LongestReading) tally.Found(Fault.Slow, seed, $"reading took {watch.Elapsed}");
        read.Match(experiment => Accepted(experiment), problems => Refused(problems));

        int Refused(Items<Diagnostic> problems)
        {
            tally.Count("refused");
            if (problems.Count is 0 or > MostDiagnostics) tally.Found(Fault.Exception, seed, $"{problems.Count} diagnostics");
            foreach (var problem in problems)
            {
                if (problem.Message.Length > LongestDiagnostic
                    || problem.ToString().Any(char.IsControl))
                {
                    tally.Found(Fault.Exception, seed, $"a diagnostic that is none: {problem}");
                }
            }

            return 0;
        }

        int Accepted(Experiment experiment)
        {
            tally.Count("accepted");
            var written = ExperimentYaml.Write(experiment);
            var again = ExperimentYaml.Parse(written, "written.yaml").Match<Experiment?>(value => value, problems => null);
            if (again is null || !again.Equals(experiment)) tally.Found(Fault.Wrong, seed, "what is written is not read as the same");
            else if (ExperimentYaml.Write(again) != written) tally.Found(Fault.Wrong, seed, "what is written twice differs");
            if (Units.Of(experiment).OrThrow().Count == 0) tally.Found(Fault.Wrong, seed, "no units");
            if (!mayRun || seed % RunEvery != 0) return 0;
            var small = Smoke.Shrink(experiment);
            if (!small.Checked().Match(_ => true, problems => false))
            {
                tally.Found(Fault.Wrong, seed,
                "what --smoke makes of it is no experiment");
            }
            else if (Units.Of(small).OrThrow() is { Count: <= 100 } units && units.All(unit => IsSmall(unit.Pipeline)))
            {
                Run();
            }
            else
            {
                tally.Count("too large to be run");
            }

            return 0;
        }

        void Run()
        {
            tally.Count("run and plotted");
            var output = Path.Combine(folder, "results");
            var said = Calls.Run(file, "--smoke", "--output", output, "--quiet", "--workers", "2");
            if (!said.IsClean)
            {
                tally.Found(Fault.Exception, seed, $"run: {said.Text}");
            }
            else if (said.Code == ExitCode.Done)
            {
                var plotted = Calls.Run("plot", Only(Directory.GetDirectories(output)));
                if (plotted.Code != ExitCode.Done) tally.Found(Fault.Exception, seed, $"plot: {plotted.Text}");
            }
            else
            {
                tally.Found(Fault.Wrong, seed, $"what validates does not run: {said.Text}");
            }

            if (Directory.Exists(output)) Directory.Delete(output, recursive: true);
        }
    }

    private static string Only(string[] folders) => folders is [var only]
        ? only : throw new InvalidOperationException($"{folders.Length} folders of results");

    // What is large as it is meant to be takes its time, and is no case of its own.
    private static bool IsSmall(Pipeline pipeline) => pipeline.Dataset is not ImageDataset && pipeline.Model.Match(
        diagonal => true, relu => relu.Hidden.Aggregate((Weights: 0.0, Width: 500.0), (all, width) =>
            (all.Weights + all.Width * width, width)).Weights < MostWeights * 10, deep => false, custom => false);
}
