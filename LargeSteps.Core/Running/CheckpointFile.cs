using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LargeSteps.Configuration;
using LargeSteps.Formats;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Training;
using LargeSteps.Values;

namespace LargeSteps.Running;

/// <summary>What a checkpoint has.</summary>
/// <param name="State">The state of the run.</param>
/// <param name="Step">How many steps it had made.</param>
/// <param name="Processor">The kind of processor that it was made on.</param>
internal sealed record KeptState(TrainingState State, long Step, string Processor);

/// <summary>The files of one checkpoint, wherever they lie: <c>step-N.json</c> with the hashes of the state in it and of
/// <c>step-N.safetensors</c>, in the folder of the unit, whose <c>unit.yaml</c> says which run it is.</summary>
internal static class CheckpointFile
{
    /// <summary>The key of the kind of processor in the state.</summary>
    public const string Processor = "processor";

    /// <summary>The file that says what a unit depends on, see <see cref="UnitIdentity.Text"/>.</summary>
    public const string UnitText = "unit.yaml";

    /// <summary>The state in a checkpoint, given without the ending of its files or with it; a failure where a file is not there (LS0701)
    /// or is damaged (LS0709).</summary>
    /// <exception cref="UnauthorizedAccessException">A file may not be read: that it is there is known, and what it has is not.</exception>
    public static Outcome<KeptState> Read(string path) => Guarded(path, () => HeadOf(path).Bind(head =>
    {
        var (json, tensors) = Files(path);
        if (head.Tensors != CheckpointHash.Of(tensors)) return Damaged<KeptState>(json, "its tensors have another hash");
        var texts = new Dictionary<string, string>();
        foreach (var (key, value) in head.State)
        {
            if (CheckpointHash.TextOf(value) is { } text) texts[key] = text;
            else return Damaged<KeptState>(json, $"'{key}' of its state is no text");
        }
        return SafetensorsFile.Read(tensors).Bind(file => new TrainingState(file.Tensors, texts) is var state && IsFinite(state)
            && texts.Remove(Processor, out var processor) ? Outcome.Success(new KeptState(state, head.Step, processor))
            : Damaged<KeptState>(json, "its numbers are not finite, or it is of an older build"));
    }));

    /// <summary>The pipeline of a run that begins with a checkpoint, as the fork of the run that has left it; of others as it is. The
    /// parents too are of that kind then, and those that it looks at. The tensors are not read for it.</summary>
    public static Outcome<Pipeline> Origin(Pipeline pipeline) => Origin(pipeline, 0);

    /// <summary>What is to be known of a run before it begins, of one that begins with a checkpoint with what the run before it was, as far
    /// as that is still there.</summary>
    public static ProbeTarget TargetOf(Pipeline pipeline) => Origin(pipeline).Match(whole => whole.Target, _ => pipeline.Target);

    /// <summary>What is wrong with the checkpoints that a run, one of its parents, or one that it looks at begins with, but for their
    /// tensors; nothing where there are none.</summary>
    public static Items<Diagnostic> Problems(Pipeline pipeline)
    {
        if (Paths(pipeline).FirstOrDefault() is not { } first) return [];
        return Origin(pipeline).Match(whole =>
        {
            var problems = new List<Problem>();
            for (var each = whole; each is not null; each = each.Start?.Parent)
            {
                var fork = each;
                problems.AddRange(ForkChecks.Problems(fork)
                    .Select(problem => problem with { Message = problem.Message + Apart(fork, problem) }));
            }
            foreach (var of in whole.Probes.Others) problems.AddRange(OtherRun.Problems(whole, of, ""));
            return Items.From(problems.Select(problem => new Diagnostic(problem.Code, problem.Message, Head(first))));
        }, problems => problems);
    }

    // Where a fork asks for another network or other data than its parent has.
    private static string Apart(Pipeline fork, Problem problem) => problem.Path is not ("model" or "dataset") ? ""
        : string.Concat(NodeDifferences.Of(ExperimentYaml.Write(fork.WithStart(null)), ExperimentYaml.Write(fork.Start!.Parent
            .WithStart(null))).Where(apart => apart.Path.StartsWith(problem.Path, StringComparison.Ordinal))
            .Take(MostNamed).Select(apart => $"; {apart.Path} is {apart.First ?? "not said"} here and {apart.Second ?? "not said"} there"));

    private const int MostNamed = 3;

    /// <summary>The checkpoints that a run, one of its parents, or one that it looks at begins with.</summary>
    public static IEnumerable<string> Paths(Pipeline pipeline)
    {
        for (var each = pipeline; each is not null; each = each.Start?.Parent)
        {
            if (each.Checkpoint is { } path) yield return path;
            foreach (var other in each.Others.SelectMany(other => Paths(other.Pipeline))) yield return other;
        }
    }

    /// <summary>The SHA-256 of what stands beside the tensors.</summary>
    public static string HashOf(JsonNode texts) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(texts.ToJsonString())));

    /// <summary>Whether the tensors of a state are numbers. A run that has diverged is told so a little later; what it went on with until
    /// then is nothing to go on from.</summary>
    public static bool IsFinite(TrainingState state) => state.Tensors.All(tensor => !tensor.Type.IsFloatingPoint || tensor.ToFloats()
        .All(float.IsFinite));

    /// <summary>The file with the hashes, which stands for a checkpoint.</summary>
    public static string Head(string path) => Files(path).Json;

    private static (string Json, string Tensors) Files(string path)
    {
        var bare = path.EndsWith(".json", StringComparison.Ordinal) || path.EndsWith(".safetensors", StringComparison.Ordinal)
            ? Path.ChangeExtension(path, null) : path;
        return (bare + ".json", bare + ".safetensors");
    }

    private static Outcome<Pipeline> Origin(Pipeline pipeline, int depth)
    {
        if (pipeline.Others.Count > 0)
        {
            var problems = new List<Diagnostic>();
            var others = pipeline.Others.Map(other => other with
            {
                Pipeline = Origin(other.Pipeline, depth).Match(whole => whole, told =>
                {
                    problems.AddRange(told);
                    return other.Pipeline;
                }),
            });
            if (problems.Count > 0) return Outcome.Failure<Pipeline>([.. problems]);
            pipeline = pipeline with { Others = others };
        }
        if (pipeline.Start is { } start)
            return Origin(start.Parent, depth).Map(parent => pipeline.WithStart(start with { Parent = parent }));
        if (pipeline.Checkpoint is not { } path) return Outcome.Success(pipeline);
        if (depth >= ForkChecks.MostParents)
        {
            return Outcome.Failure<Pipeline>(new Diagnostic("LS0229",
                FormattableString.Invariant($"at most {ForkChecks.MostParents} runs stand one before the other"), Head(path)));
        }
        var unit = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, UnitText);
        return HeadOf(path).Bind(head => Guarded(unit, () => Outcome.Success(File.ReadAllText(unit)))
            .Bind(text => UnitIdentity.NameOf(text) == head.Unit ? ExperimentYaml.ParsePipeline(text, unit)
                : Damaged<Pipeline>(unit, "this is not the run that has left it"))
            .Bind(parent => Origin(parent, depth + 1))
            .Map(parent => pipeline.WithCheckpoint(null).WithStart(new(parent, head.Step))));
    }

    // The file beside the tensors.
    private sealed record HeadFile(long Step, string Unit, string Tensors, JsonObject State);

    private static Outcome<HeadFile> HeadOf(string path)
    {
        var json = Head(path);
        return Guarded(json, () => ParseHead(json, File.ReadAllText(json)));
    }

    private static Outcome<HeadFile> ParseHead(string json, string text)
    {
        if (JsonNode.Parse(text) is not JsonObject kept || kept["state"] is not JsonObject written
            || CheckpointHash.TextOf(kept["format"]) != CheckpointHash.Format
            || CheckpointHash.TextOf(kept["unit"]) is not { } unit || CheckpointHash.TextOf(kept["tensors_sha256"]) is not { } tensors
            || kept["step"] is not JsonValue number || !number.TryGetValue<long>(out var step)
            || CheckpointHash.TextOf(written["iteration"]) != step.ToString(CultureInfo.InvariantCulture))
        {
            return Damaged<HeadFile>(json, "it is no checkpoint, or not whole");
        }
        return CheckpointHash.TextOf(kept["state_sha256"]) != HashOf(written) ? Damaged<HeadFile>(json, "its state has another hash")
            : Outcome.Success(new HeadFile(step, unit, tensors, written));
    }

    private static Outcome<T> Damaged<T>(string file, string why) =>
        Outcome.Failure<T>(new Diagnostic("LS0709", $"the checkpoint is damaged: {why}", file));

    private static Outcome<T> Guarded<T>(string file, Func<Outcome<T>> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Outcome.Failure<T>(new Diagnostic("LS0701", "there is no such checkpoint, or a file of it is missing", file));
        }
        catch (JsonException)
        {
            return Damaged<T>(file, "it is no JSON");
        }
        // The last two are how JsonNode tells of a key that stands twice, and of a text that is no Unicode.
        catch (Exception e) when (e is IOException or ArgumentException or InvalidOperationException)
        {
            return Damaged<T>(file, e.Message.Split('\n')[0]);
        }
    }
}
