using LargeSteps.Configuration;
using LargeSteps.Experiments;
using LargeSteps.Experiments.Results;
using LargeSteps.Formats;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Training.Deep;
using LargeSteps.Values;

namespace LargeSteps.Fuzz;

/// <summary>Files of results that a disk has damaged: each counts as none, gives a diagnostic, or is read as it was written.</summary>
internal sealed class FileFuzz
{
    // Many times what reading any of the undamaged files takes.
    private const long MostBytes = 64_000_000;

    private const int ResumeEvery = 50;

    /// <summary>A file of results.</summary>
    /// <param name="Kind">What it is.</param>
    /// <param name="Path">Where it lies.</param>
    /// <param name="Bytes">As it was written.</param>
    private sealed record Kept(string Kind, string Path, byte[] Bytes);

    /// <summary>The results of an experiment.</summary>
    private sealed class Results
    {
        public Results(string folder, string text)
        {
            Folder = Subjects.Run(folder, text);
            Config = Path.Combine(folder, Path.GetFileName(Folder) + ".yaml");
            Tables = Subjects.Read(Folder);
            var experiment = ExperimentYaml.Parse(text, "subject.yaml").OrThrow();
            Pipelines = Units.Of(experiment).OrThrow().Map(unit => unit.Pipeline);
            Plan = experiment.Checkpoints ?? CheckpointPlan.Default;
            Latest = new UnitStore(ResultFolder.UnitsOf(Folder)).Latest(Pipelines, ofThisBuild: true);
        }

        public string Folder { get; }

        public string Config { get; }

        public Dictionary<string, byte[]> Tables { get; }

        public Items<Pipeline> Pipelines { get; }

        public CheckpointPlan Plan { get; }

        public Items<(string Name, RunResult Result)?> Latest { get; }
    }

    private readonly string _folder;
    private readonly Results _small, _deep;
    private readonly ILookup<string, Kept> _files;
    private readonly Dictionary<string, Checkpoint> _checkpoints = [];
    private readonly Dictionary<string, (Items<NamedTensor> Tensors, bool OwnStatistics)> _weights = [];

    /// <summary>Makes the results.</summary>
    /// <param name="folder">A folder to write in.</param>
    public FileFuzz(string folder)
    {
        _folder = folder;
        (_small, _deep) = (new(folder, Subjects.Small), new(folder, Subjects.Deep));
        var exported = Path.Combine(folder, "exported.pth");
        var weights = Directory.GetFiles(_deep.Folder, "best.safetensors", SearchOption.AllDirectories)[0];
        if (Calls.Run("export", weights, exported) is { Code: not ExitCode.Done } said) throw new InvalidOperationException(said.Text);
        _files = new[] { _small.Folder, _deep.Folder }.SelectMany(each => Directory.EnumerateFiles(each, "*", SearchOption.AllDirectories))
            .Append(exported)
            .Order(StringComparer.Ordinal).Select(file => new Kept(KindOf(file), file, File.ReadAllBytes(file)))
            .Where(file => file.Kind.Length > 0).ToLookup(file => file.Kind);
        foreach (var file in _files["tensors"]) _weights[file.Path] = DeepWeights.Read(file.Path).OrThrow();
        foreach (var run in Directory.GetDirectories(Path.Combine(_deep.Folder, "checkpoints")))
        {
            foreach (var step in Directory.GetFiles(run, "step-*.json").OrderDescending(StringComparer.Ordinal))
            {
                _checkpoints[Path.ChangeExtension(step, null)] = Latest(run)
                    ?? throw new InvalidOperationException($"no checkpoint in {run}");
                File.Delete(step);
            }
        }

        foreach (var file in _files.SelectMany(kind => kind)) Restore(file);
    }

    private static string KindOf(string file)
    {
        var checkpoint = file.Contains("checkpoints", StringComparison.Ordinal);
        return (Path.GetFileName(file), Path.GetExtension(file)) switch
        {
            (ResultFolder.RunFile, _) => "run.json",
            (ResultFolder.ExperimentFile, _) => "experiment",
            ("unit.yaml", _) => "unit of checkpoints",
            (_, ".safetensors") => "tensors",
            (_, ".json") => "checkpoint",
            (_, ".pth") => "exported weights",
            ("metrics.arrow", _) => "",
            (_, ".arrow") => checkpoint ? "measurements of a checkpoint" : "unit",
            (_, ".yaml") => "inputs of a unit",
            _ => "",
        };
    }

    /// <summary>A case.</summary>
    /// <param name="seed">Of which damage.</param>
    /// <param name="tally">Is told what came of it.</param>
    /// <param name="mayRun">Whether every fiftieth case may go on with the command line.</param>
    public void Check(int seed, Tally tally, bool mayRun)
    {
        var random = new Random(seed);
        Kept[] files = [.. _files.ElementAt(random.Next(_files.Count))];
        var (file, other) = (files[random.Next(files.Length)], files[random.Next(files.Length)]);
        var damaged = Mutations.OfFile(file.Bytes, other.Bytes, random);
        // A whole file of another run in its place is no damage.
        if (damaged.AsSpan().SequenceEqual(other.Bytes)) return;
        tally.Count($"damaged: {file.Kind}");
        var results = file.Path.StartsWith(_small.Folder, StringComparison.Ordinal) ? _small : _deep;
        try
        {
            File.WriteAllBytes(file.Path, damaged);
            var before = GC.GetAllocatedBytesForCurrentThread();
            Read(file, results, seed, tally);
            var made = GC.GetAllocatedBytesForCurrentThread() - before;
            if (made > MostBytes) tally.Found(Fault.Memory, seed, $"{file.Kind}: {made / 1e6:F0} MB");
            if (mayRun && seed % ResumeEvery == 0) Resume(file, results, seed, tally);
        }
        finally
        {
            foreach (var each in _files.SelectMany(kind => kind)
                .Where(each => Path.GetDirectoryName(each.Path) == Path.GetDirectoryName(file.Path)))
            {
                Restore(each);
            }
        }
    }

    private void Read(Kept file, Results results, int seed, Tally tally)
    {
        void Expect(bool law, string what)
        {
            if (!law) tally.Found(Fault.Wrong, seed, $"{file.Kind} {Path.GetFileName(file.Path)}: {what}");
        }
        void Outcome(bool read) => tally.Count(read ? "read as written" : "counts as none");
        switch (file.Kind)
        {
            case "unit":
                var result = UnitFile.TryRead(file.Path, Path.GetFileNameWithoutExtension(file.Path));
                Outcome(result is not null);
                Expect(result is null || results.Latest.Any(kept => kept?.Name == Path.GetFileNameWithoutExtension(file.Path)
                    && kept.Value.Result.Equals(result)), "another result");
                break;
            case "inputs of a unit":
                var found = new UnitStore(Path.GetDirectoryName(file.Path)!).Latest(results.Pipelines, ofThisBuild: true);
                var lost = found.Zip(results.Latest).Count(pair => pair.First is null);
                Outcome(lost == 0);
                Expect(found.Zip(results.Latest).All(pair => pair.First is null || pair.First.Equals(pair.Second)),
                    "the result of another run");
                if (lost > 1) tally.Found(Fault.Lost, seed, $"{file.Kind}: {lost} results are not found");
                break;
            case "checkpoint" or "measurements of a checkpoint" or "unit of checkpoints" or "tensors":
                if (file.Kind == "tensors")
                {
                    var read = DeepWeights.Read(file.Path)
                        .Match<(Items<NamedTensor> Tensors, bool OwnStatistics)?>(value => value, problems => null);
                    Expect(read is null || Same(read.Value.Tensors, _weights[file.Path].Tensors), "other weights");
                    _ = SafetensorsFile.Read(file.Path);
                }
                var folder = Path.GetDirectoryName(file.Path)!;
                var latest = Latest(folder);
                string[] steps = [.. _checkpoints.Keys.Where(step => Path.GetDirectoryName(step) == folder)
                    .OrderDescending(StringComparer.Ordinal)];
                var undamaged = steps.First(step => step != Path.ChangeExtension(file.Path, null));
                if (latest is null)
                {
                    tally.Found(Fault.Lost, seed, $"{file.Kind}: the checkpoint that is not damaged is not found");
                }
                else
                {
                    Outcome(Same(latest, _checkpoints[steps[0]]));
                    Expect(steps.Any(step => Same(latest, _checkpoints[step])), "another state");
                    if (latest.Result.LastIteration < _checkpoints[undamaged].Result.LastIteration)
                    {
                        tally.Found(Fault.Lost, seed,
                        $"{file.Kind}: an older checkpoint than there is");
                    }
                }
                break;
            case "run.json":
                Outcome(ResultFolder.UnitsShownIn(results.Folder) is not null);
                break;
            case "experiment":
                Outcome(ExperimentYaml.LoadWritten(file.Path).Match(_ => true, problems => false));
                break;
            case "exported weights":
                Outcome(DeepWeights.Read(file.Path).Match(_ => true, problems => false));
                break;
        }
    }

    private void Resume(Kept file, Results results, int seed, Tally tally)
    {
        tally.Count("run with --resume");
        var copy = Path.Combine(_folder, "copy");
        Calls.Copy(Path.GetDirectoryName(results.Folder)!, copy);
        var there = Path.Combine(copy, Path.GetFileName(results.Folder));
        try
        {
            // What was looked at may have been cleared away.
            var place = Path.GetRelativePath(results.Folder, file.Path);
            if (!place.StartsWith("..", StringComparison.Ordinal)) File.Copy(file.Path, Path.Combine(there, place), overwrite: true);
            foreach (var said in (Said[])[Calls.Run("plot", there), Calls.Run("why", results.Config, there),
                Calls.Run("prune", there, "--dry-run")])
            {
                if (!said.IsClean) tally.Found(Fault.Exception, seed, $"{file.Kind}: {said.Text}");
            }

            if (file.Kind == "tensors" && Calls.Run("export", file.Path,
                Path.Combine(copy, "x.pth")) is { IsClean: false } exported)
            {
                tally.Found(Fault.Exception, seed, exported.Text);
            }
            // So that there is something to go on with.
            if (place.Contains("checkpoints",
                StringComparison.Ordinal))
            {
                File.Delete(Path.Combine(ResultFolder.UnitsOf(there),
                    Path.GetFileName(Path.GetDirectoryName(file.Path)!) + ".arrow"));
            }

            var resumed = Calls.Run(results.Config, "--output", copy, "--resume", "--quiet", "--workers", "1");
            if (!resumed.IsClean)
            {
                tally.Found(Fault.Exception, seed, $"{file.Kind}: {resumed.Text}");
            }
            else if (resumed.Code != ExitCode.Done)
            {
                tally.Found(Fault.ByHand, seed, $"{file.Kind}: {resumed.Text}");
            }
            else if (Subjects.Different(results.Tables, there) is { Length: > 0 } different)
            {
                tally.Found(Fault.Wrong, seed,
                $"{file.Kind}: other bytes of {string.Join(", ", different)}");
            }
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }

    private Checkpoint? Latest(string folder)
    {
        using var store = new CheckpointStore(folder, "", _deep.Plan, [], _deep.Pipelines[0].Horizon, "", resume: true);
        return store.Latest();
    }

    private static void Restore(Kept file)
    {
        if (!File.Exists(file.Path) || !File.ReadAllBytes(file.Path).AsSpan()
            .SequenceEqual(file.Bytes))
        {
            File.WriteAllBytes(file.Path, file.Bytes);
        }
    }

    private static bool Same(Checkpoint first, Checkpoint second) => first.Result.Equals(second.Result)
        && first.Processor == second.Processor
        && Same(first.State.Tensors, second.State.Tensors)
        && first.State.Texts.OrderBy(text => text.Key, StringComparer.Ordinal)
        .SequenceEqual(second.State.Texts.OrderBy(text => text.Key, StringComparer.Ordinal));

    private static bool Same(Items<NamedTensor> first, Items<NamedTensor> second) =>
        first.OrderBy(tensor => tensor.Name, StringComparer.Ordinal)
            .SequenceEqual(second.OrderBy(tensor => tensor.Name, StringComparer.Ordinal));
}
