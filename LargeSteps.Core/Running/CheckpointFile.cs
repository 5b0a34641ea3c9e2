using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LargeSteps.Configuration;
using LargeSteps.Formats;
using LargeSteps.Pipelines;
using LargeSteps.Training;
using LargeSteps.Values;

namespace LargeSteps.Running;

/// <summary>What a checkpoint has.</summary>
/// <param name="State">The state of the run.</param>
/// <param name="Step">How many steps it had made.</param>
/// <param name="Processor">The kind of processor that it was made on.</param>
internal sealed record KeptState(TrainingState State, long Step, string Processor);

/// <summary>The files of one checkpoint, wherever they lie: <c>step-N.json</c> with the hashes of itself and of <c>step-N.safetensors</c>,
/// in the folder of the unit, whose <c>unit.yaml</c> says which run it is.</summary>
internal static class CheckpointFile
{
    /// <summary>The key of the kind of processor in the state.</summary>
    public const string Processor = "processor";

    /// <summary>The file that says what a unit depends on, see <see cref="UnitIdentity.Text"/>.</summary>
    public const string UnitText = "unit.yaml";

    /// <summary>The state in a checkpoint, given without the ending of its files or with it; a failure where a file is not there (LS0701)
    /// or damaged (LS0709).</summary>
    public static Outcome<KeptState> Read(string path)
    {
        var (json, tensors) = Files(path);
        try
        {
            if (JsonNode.Parse(File.ReadAllText(json)) is not JsonObject kept || kept["state"] is not JsonObject written
                || CheckpointHash.TextOf(kept["format"]) != CheckpointHash.Format
                || kept["step"] is not JsonValue number || !number.TryGetValue<long>(out var step))
            {
                return Damaged("it is no checkpoint, or not whole");
            }
            if (CheckpointHash.TextOf(kept["tensors_sha256"]) != CheckpointHash.Of(tensors))
                return Damaged("its tensors have another hash");
            if (CheckpointHash.TextOf(kept["state_sha256"]) != HashOf(written)) return Damaged("its state has another hash");
            var texts = new Dictionary<string, string>();
            foreach (var (key, value) in written)
            {
                if (CheckpointHash.TextOf(value) is { } text) texts[key] = text;
                else return Damaged($"'{key}' of its state is no text");
            }
            return SafetensorsFile.Read(tensors).Bind(file => new TrainingState(file.Tensors, texts) is var state && IsFinite(state)
                && texts.Remove(Processor, out var processor) ? Outcome.Success(new KeptState(state, step, processor))
                : Damaged("its numbers are not finite, or it is of an older build"));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Outcome.Failure<KeptState>(new Diagnostic("LS0701", "there is no such checkpoint", path));
        }
        // The last two are how JsonNode tells of a key that stands twice, and of a text that is no Unicode.
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or ArgumentException
            or InvalidOperationException)
        {
            return Damaged(e.Message.Split('\n')[0]);
        }

        Outcome<KeptState> Damaged(string why) =>
            Outcome.Failure<KeptState>(new Diagnostic("LS0709", $"the checkpoint is damaged: {why}", path));
    }

    /// <summary>The pipeline of a run that begins with a checkpoint, as the fork of the run that has left it; of others as it is. The
    /// parents too are of that kind then.</summary>
    public static Outcome<Pipeline> Origin(Pipeline pipeline)
    {
        if (pipeline.Start is { } start)
            return Origin(start.Parent).Map(parent => pipeline.WithStart(start with { Parent = parent }));
        if (pipeline.Checkpoint is not { } path) return Outcome.Success(pipeline);
        var unit = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, UnitText);
        return Read(path).Bind(kept => ReadText(unit).Bind(text => ExperimentYaml.ParsePipeline(text, unit)).Bind(Origin)
            .Map(parent => pipeline.WithCheckpoint(null).WithStart(new(parent, kept.Step))));
    }

    /// <summary>What is wrong with the checkpoints that a run, or one of its parents, begins with; nothing where there are none.</summary>
    public static Items<Diagnostic> Problems(Pipeline pipeline)
    {
        if (!Begins(pipeline)) return [];
        return Origin(pipeline).Match(whole =>
        {
            var problems = new List<Diagnostic>();
            for (var each = whole; each.Start is { } start; each = start.Parent)
            {
                problems.AddRange(ForkChecks.Problems(each).Select(problem => new Diagnostic(problem.Code,
                    problem.Message, FileOf(pipeline))));
            }
            return Items.From(problems);
        }, problems => problems);

        static string FileOf(Pipeline pipeline) => pipeline.Checkpoint ?? FileOf(pipeline.Start!.Parent);
    }

    /// <summary>The SHA-256 of what stands beside the tensors.</summary>
    public static string HashOf(JsonNode texts) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(texts.ToJsonString())));

    /// <summary>Whether the tensors of a state are numbers. A run that has diverged is told so a little later; what it went on with until
    /// then is nothing to go on from.</summary>
    public static bool IsFinite(TrainingState state) => state.Tensors.All(tensor => !tensor.Type.IsFloatingPoint || tensor.ToFloats()
        .All(float.IsFinite));

    /// <summary>The file with the hashes, which stands for a checkpoint.</summary>
    public static string Head(string path) => Files(path).Json;

    private static bool Begins(Pipeline pipeline) =>
        pipeline.Checkpoint is not null || (pipeline.Start is { } start && Begins(start.Parent));

    private static (string Json, string Tensors) Files(string path)
    {
        var bare = path.EndsWith(".json", StringComparison.Ordinal) || path.EndsWith(".safetensors", StringComparison.Ordinal)
            ? Path.ChangeExtension(path, null) : path;
        return (bare + ".json", bare + ".safetensors");
    }

    private static Outcome<string> ReadText(string path)
    {
        try
        {
            return Outcome.Success(File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Outcome.Failure<string>(new Diagnostic("LS0709",
                "which run has left the checkpoint stands in this file beside it, and it cannot be read", path));
        }
    }
}
