using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LargeSteps.Formats;
using LargeSteps.Numerics;
using LargeSteps.Pipelines;
using LargeSteps.Schedules;
using LargeSteps.Training;
using LargeSteps.Values;

namespace LargeSteps.Running;

/// <summary>Where the runs of an experiment keep their state: a folder each, of the unit's name.</summary>
/// <param name="Folder">The folder of all of them.</param>
/// <param name="Plan">When they keep it.</param>
/// <param name="Resume">Whether a run goes on from its latest checkpoint; otherwise it begins, and those that are there are
/// deleted.</param>
public sealed record Checkpoints(string Folder, CheckpointPlan Plan, bool Resume)
{
    /// <summary>The checkpoints of a run.</summary>
    internal CheckpointStore Of(UnitIdentity unit, Items<string> metrics, Horizon horizon, string processor) => new(
        Path.Combine(Folder, unit.Name), unit.Text, Plan, metrics, horizon, processor, Resume);
}

/// <summary>A run as it was before some step.</summary>
/// <param name="State">The state.</param>
/// <param name="Result">What it had measured, and the number of steps that it had made.</param>
/// <param name="Processor">The kind of processor that it was made on, see <see cref="ProcessorKind"/>.</param>
internal sealed record Checkpoint(TrainingState State, RunResult Result, string Processor);

/// <summary>
/// The checkpoints of one run. Each is three files: <c>step-N.safetensors</c> with the tensors, <c>step-N.arrow</c> with the measurements,
/// and, written last,
/// <c>step-N.json</c> with the rest and the hashes of the tensors' file and of the rest: a checkpoint without it, or with another hash,
/// counts as none.
/// <c>best.safetensors</c> and <c>best.json</c> are the iterate with the lowest value of the plan's metric, and <c>unit.yaml</c> says of
/// which unit they are.
/// Several programs can run the same unit in the same folder: one of them, which holds a lock that the system takes from a dead process,
/// keeps the steps; when it ends, the next does. The best iterate keeps whoever measures it first, and what was left is cleared away by who
/// comes while nobody else is there.
/// </summary>
internal sealed class CheckpointStore : IDisposable
{
    private const string Best = "best";

    // Whoever wrote a best iterate is done within this time, or waits for a disk.
    private static readonly TimeSpan LongestWrite = TimeSpan.FromMinutes(1);

    private readonly string _folder, _processor;
    private readonly bool _resume;
    private readonly FileStream? _present;
    private FileStream? _writer;
    private readonly CheckpointPlan _plan;
    private readonly int _best;
    private readonly Horizon _horizon;
    private readonly EveryInterval _due;

    public CheckpointStore(string folder, string unit, CheckpointPlan plan, Items<string> metrics, Horizon horizon, string processor,
        bool resume)
    {
        (_folder, _plan, _horizon, _processor, _resume) = (folder, plan, horizon, processor, resume);
        _best = plan.Best is { } best ? metrics.AsSpan().IndexOf(best) : -1;
        _due = new EveryInterval(plan.Every, End: true);
        Directory.CreateDirectory(folder);
        using (var alone = FileClaim.Alone(LockOf("present")))
            if (alone is not null) Clear();
        _present = FileClaim.Waited(() => FileClaim.Shared(LockOf("present")), LongestWrite);
        WholeFile.Write(Path.Combine(folder, CheckpointFile.UnitText), aside => File.WriteAllText(aside, unit, new UTF8Encoding(false)));
        IsWriter();
    }

    /// <summary>Whether another program makes the same run, and keeps its steps.</summary>
    public bool IsHeldByAnother => _writer is null;

    // What programs left that are there no more: all of it where the run begins, else what they had not finished.
    private void Clear()
    {
        WholeFile.DeleteAbandoned(_folder);
        // A program may have been killed before the last file of a checkpoint was written, or when some of them were deleted.
        foreach (var file in Directory.EnumerateFiles(_folder).Where(file => Path.GetExtension(file) != FileClaim.Ending))
            if (!_resume || !File.Exists(Path.ChangeExtension(file, ".json"))) File.Delete(file);
    }

    private string LockOf(string name) => Path.Combine(_folder, name + FileClaim.Ending);

    /// <summary>Whether it is this program that keeps the steps of the run, which it is from the moment on in which no other
    /// does.</summary>
    private bool IsWriter()
    {
        if (_writer is not null) return true;
        if ((_writer = FileClaim.Alone(LockOf("writer"))) is null) return false;
        // What the writer before had not finished; a best iterate may be in writing at this moment.
        WholeFile.DeleteAbandoned(_folder);
        foreach (var file in Directory.EnumerateFiles(_folder, "step-*"))
            if (!File.Exists(Path.ChangeExtension(file, ".json"))) File.Delete(file);
        return true;
    }

    /// <summary>Lets another program keep the checkpoints.</summary>
    public void Dispose()
    {
        _writer?.Dispose();
        _present?.Dispose();
    }

    /// <summary>Whether the state before this step is to be kept.</summary>
    public bool IsDue(long iteration) => _due.Has(iteration, _horizon);

    /// <summary>The latest whole checkpoint; null where there is none.</summary>
    public Checkpoint? Latest() => !_resume ? null : Steps().Select(TryRead).FirstOrDefault(c => c is not null);

    /// <summary>Keeps a checkpoint, and deletes those that are too many.</summary>
    /// <param name="state">The state.</param>
    /// <param name="result">The result so far.</param>
    public void Keep(TrainingState state, RunResult result)
    {
        if (!CheckpointFile.IsFinite(state) || !IsWriter()) return;
        var path = PathOf(result.LastIteration);
        WholeFile.Write(path + ".arrow", aside => UnitFile.Write(aside, result, Path.GetFileName(_folder)));
        WriteState(path, state, result, metric: null);
        foreach (var step in Steps().Skip(_plan.Keep))
            foreach (var ending in (string[])[".json", ".safetensors", ".arrow"]) File.Delete(PathOf(step) + ending);
    }

    /// <summary>Keeps the iterate that has just been measured where no earlier one has so low a value of the plan's metric.</summary>
    public void KeepBest(Func<TrainingState> save, Func<RunResult> result)
    {
        if (_best < 0) return;
        var now = result();
        var value = now.Measurements[^1].Values[_best];
        if (!double.IsFinite(value) || now.Measurements.SkipLast(1).Any(m => m.Values[_best] <= value)) return;
        using var held = FileClaim.Waited(() => FileClaim.Alone(LockOf(Best)), LongestWrite);
        // Another program may be further with the same run.
        if (BestThere() is { } there && there <= value || save() is var state && !CheckpointFile.IsFinite(state)) return;
        WriteState(Path.Combine(_folder, Best), state, now, (_plan.Best!, value));
    }

    // The value of the best iterate that is kept; null where none is, or it is damaged.
    private double? BestThere()
    {
        var path = Path.Combine(_folder, Best);
        try
        {
            return File.Exists(path + ".json") && File.Exists(path + ".safetensors")
                && CheckpointHash.Problem(path + ".safetensors") is null
                && JsonNode.Parse(File.ReadAllText(path + ".json"))?[_plan.Best!] is JsonValue json
                && json.TryGetValue<double>(out var value) ? value : null;
        }
        catch (Exception e) when (e is IOException or JsonException or ArgumentException or InvalidOperationException)
        {
            return null;
        }
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
        // Under the hash of the state with the rest.
        var texts = new JsonObject(state.Texts.Append(KeyValuePair.Create(CheckpointFile.Processor, _processor))
            .Select(text => KeyValuePair.Create(text.Key, (JsonNode?)text.Value)));
        var json = new JsonObject
        {
            ["format"] = CheckpointHash.Format,
            ["unit"] = Path.GetFileName(_folder),
            ["step"] = result.LastIteration,
            ["epoch"] = _horizon.EpochsAt(result.LastIteration),
            ["tensors_sha256"] = CheckpointHash.Of(path + ".safetensors"),
            ["state_sha256"] = CheckpointFile.HashOf(texts),
            ["state"] = texts,
        };
        if (metric is { } best) json[best.Name] = best.Value;
        WholeFile.Write(path + ".json", aside => File.WriteAllText(aside,
            json.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n"));
    }

    // A damaged checkpoint counts as none: the run goes on from the one before it, or begins.
    private Checkpoint? TryRead(long step)
    {
        var path = PathOf(step);
        return CheckpointFile.Read(path).Match(kept => kept.Step == step
            && UnitFile.TryRead(path + ".arrow", Path.GetFileName(_folder), stopped: true) is { } result && result.LastIteration == step
            ? new Checkpoint(kept.State, result, kept.Processor) : null, _ => null);
    }
}
