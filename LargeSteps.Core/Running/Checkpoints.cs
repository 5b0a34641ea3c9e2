using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LargeSteps.Pipelines;
using LargeSteps.Running.Formats;

namespace LargeSteps.Running;

/// <summary>Where the runs of an experiment keep their state: a folder each, of the unit's name, see <see cref="UnitNames"/>.</summary>
/// <param name="Folder">The folder of all of them.</param>
/// <param name="Plan">When they keep it.</param>
/// <param name="Resume">Whether a run goes on from its latest checkpoint; otherwise it begins, and those that are there are
/// deleted.</param>
public sealed record Checkpoints(string Folder, CheckpointPlan Plan, bool Resume)
{
    /// <summary>The checkpoints of a run.</summary>
    internal CheckpointStore Of(UnitIdentity unit, Items<string> metrics, Horizon horizon) => new(Path.Combine(Folder, unit.Name),
        unit.Text, Plan, metrics, horizon, Resume);
}

/// <summary>A run as it was before some step.</summary>
/// <param name="State">The state.</param>
/// <param name="Result">What it had measured, and the number of steps that it had made.</param>
internal sealed record Checkpoint(TrainingState State, RunResult Result);

/// <summary>
/// The checkpoints of one run. Each is three files: <c>step-N.safetensors</c> with the tensors, <c>step-N.arrow</c> with the measurements,
/// and, written last,
/// <c>step-N.json</c> with the rest and the hashes of the tensors' file and of the rest: a checkpoint without it, or with another hash,
/// counts as none.
/// <c>best.safetensors</c> and <c>best.json</c> are the iterate with the lowest value of the plan's metric, and <c>unit.yaml</c> says of
/// which unit they are.
/// </summary>
internal sealed class CheckpointStore
{
    /// <summary>The file that says what the unit depends on, see <see cref="UnitIdentity.Text"/>.</summary>
    public const string UnitText = "unit.yaml";

    private const string Format = "largesteps-checkpoint-1";

    private readonly string _folder;
    private readonly CheckpointPlan _plan;
    private readonly int _best;
    private readonly Horizon _horizon;
    private readonly EveryInterval _due;

    public CheckpointStore(string folder, string unit, CheckpointPlan plan, Items<string> metrics, Horizon horizon, bool resume)
    {
        (_folder, _plan, _horizon) = (folder, plan, horizon);
        _best = plan.Best is { } best ? metrics.AsSpan().IndexOf(best) : -1;
        _due = new EveryInterval(plan.Every, End: true);
        Directory.CreateDirectory(folder);
        WholeFile.DeleteAbandoned(folder);
        // The program may have been killed before the last file of a checkpoint was written, or when some of them were deleted.
        foreach (var file in Directory.EnumerateFiles(folder))
            if (!resume || !File.Exists(Path.ChangeExtension(file, ".json"))) File.Delete(file);
        WholeFile.Write(Path.Combine(folder, UnitText), aside => File.WriteAllText(aside, unit, new UTF8Encoding(false)));
    }

    /// <summary>Whether the state before this step is to be kept.</summary>
    public bool IsDue(long iteration) => _due.Has(iteration, _horizon);

    /// <summary>The latest whole checkpoint; null where there is none.</summary>
    public Checkpoint? Latest() => Steps().Select(TryRead).FirstOrDefault(c => c is not null);

    /// <summary>Keeps a checkpoint, and deletes those that are too many.</summary>
    /// <param name="state">The state; null: the run has none to keep.</param>
    /// <param name="result">The result so far.</param>
    public void Keep(TrainingState? state, RunResult result)
    {
        if (state is null || !IsFinite(state)) return;
        var path = PathOf(result.LastIteration);
        WholeFile.Write(path + ".arrow", aside => UnitFile.Write(aside, result));
        WriteState(path, state, result, metric: null);
        foreach (var step in Steps().Skip(_plan.Keep))
            foreach (var ending in (string[])[".json", ".safetensors", ".arrow"]) File.Delete(PathOf(step) + ending);
    }

    /// <summary>Keeps the iterate that has just been measured where no earlier one has so low a value of the plan's metric.</summary>
    public void KeepBest(Func<TrainingState?> save, Func<RunResult> result)
    {
        if (_best < 0) return;
        var now = result();
        var value = now.Measurements[^1].Values[_best];
        if (!double.IsFinite(value) || now.Measurements.SkipLast(1).Any(m => m.Values[_best] <= value) || save() is not { } state
            || !IsFinite(state)) return;
        WriteState(Path.Combine(_folder, "best"), state, now, (_plan.Best!, value));
    }

    // The newest first.
    private long[] Steps() =>
        [.. Directory.EnumerateFiles(_folder, "step-*.json")
            .Select(file => long.TryParse(Path.GetFileNameWithoutExtension(file)["step-".Length..], NumberStyles.None,
                CultureInfo.InvariantCulture, out var step) ? step : -1)
            .Where(step => step >= 0).OrderDescending()];

    private string PathOf(long step) => Path.Combine(_folder, FormattableString.Invariant($"step-{step:D10}"));

    private void WriteState(string path, TrainingState state, RunResult result, (string Name, double Value)? metric)
    {
        SafetensorsFile.Write(path + ".safetensors", state.Tensors);
        var texts = new JsonObject(state.Texts.Select(text => KeyValuePair.Create(text.Key, (JsonNode?)text.Value)));
        var json = new JsonObject
        {
            ["format"] = Format,
            ["unit"] = Path.GetFileName(_folder),
            ["step"] = result.LastIteration,
            ["epoch"] = result.LastIteration / _horizon.StepsPerEpoch,
            ["tensors_sha256"] = HashOf(path + ".safetensors"),
            ["state_sha256"] = HashOf(texts),
            ["state"] = texts,
        };
        if (metric is { } best) json[best.Name] = best.Value;
        WholeFile.Write(path + ".json", aside => File.WriteAllText(aside,
            json.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n"));
    }

    private Checkpoint? TryRead(long step)
    {
        var path = PathOf(step);
        try
        {
            if (JsonNode.Parse(File.ReadAllText(path + ".json")) is not JsonObject json || TextOf(json["format"]) != Format
                || json["state"] is not JsonObject written) return null;
            if (TextOf(json["tensors_sha256"]) != HashOf(path + ".safetensors") || UnitFile.TryRead(path + ".arrow",
                stopped: true) is not { } result) return null;
            if (TextOf(json["state_sha256"]) != HashOf(written) || result.LastIteration != step) return null;
            var texts = new Dictionary<string, string>();
            foreach (var (key, value) in written)
                if (TextOf(value) is { } text) texts[key] = text;
                else return null;
            var state = SafetensorsFile.Read(path + ".safetensors").Match<TrainingState?>(file => new(file.Tensors, texts), _ => null);
            return state is not null && IsFinite(state) ? new(state, result) : null;
        }
        // A damaged checkpoint counts as none: the run goes on from the one before it, or begins. The last two are how JsonNode tells of a
        // key that stands twice, and of a text that is no Unicode.
        catch (Exception e) when (e is IOException or JsonException or ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }

    // A run that has diverged is told so a little later; what it went on with until then is nothing to go on from.
    private static bool IsFinite(TrainingState state) => state.Tensors.All(tensor => !tensor.Type.IsFloatingPoint || tensor.ToFloats()
        .All(float.IsFinite));

    private static string? TextOf(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static string HashOf(JsonNode texts) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(texts.ToJsonString())));

    private static string HashOf(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }
}
