using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using LargeSteps.Models.Deep;
using LargeSteps.Numerics;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Values;
using TorchSharp;

namespace LargeSteps.Experiments.Results;

/// <summary>What is known of a run of the program, besides its results.</summary>
/// <param name="Device">The device of the autograd engine; null: other programs have made the runs.</param>
/// <param name="Workers">Runs at a time; null likewise.</param>
/// <param name="WallSeconds">From the start of the command until the results were there.</param>
/// <param name="PeakMemoryBytes">The most memory that the program had; 0: not known.</param>
/// <param name="Provenance">When, by which command and from which config; null: not known.</param>
internal sealed record RunInfo(string? Device, int? Workers, double WallSeconds, long PeakMemoryBytes = 0, Provenance? Provenance = null)
{
    private static readonly JsonSerializerOptions Options = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping
    };

    /// <summary>The line of run.json below which each unit stands, at its end: there may be a million of them.</summary>
    private const string RunsLine = "  \"runs\": [", BeginOfRun = "    {";

    // Of more the head is enough for the eye.
    private const int MostShown = 200;

    /// <summary>Writes run.json.</summary>
    public void Write(Stream file, Items<UnitResult> results)
    {
        using var json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true, Encoder = Options.Encoder });
        json.WriteStartObject();
        foreach (var (name, value) in Head(results))
        {
            json.WritePropertyName(name);
            if (value is null) json.WriteNullValue();
            else value.WriteTo(json, Options);
        }
        json.WriteStartArray("runs");
        foreach (var r in results)
        {
            RunOf(r).WriteTo(json, Options);
            json.Flush();
        }
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        file.WriteByte((byte)'\n');
    }

    /// <summary>What a run.json says, for the eye: each unit where there are few.</summary>
    public static string Shown(string path)
    {
        var (lines, runs) = (new List<string>(), -1);
        foreach (var line in File.ReadLines(path))
        {
            if (line == RunsLine) runs = 0;
            if (runs >= 0 && line == BeginOfRun && ++runs > MostShown)
                return string.Join('\n', lines.TakeWhile(each => each != RunsLine)) + $"\n{RunsLine}\u2026]\n}}\n";
            lines.Add(line);
        }
        return string.Join('\n', lines) + "\n";
    }

    /// <summary>What a run.json says before it comes to the units, which may be many; null where there is none, or it is damaged.</summary>
    public static JsonObject? HeadOf(string path)
    {
        try
        {
            return JsonNode.Parse(string.Join('\n', File.ReadLines(path).TakeWhile(line => line != RunsLine)
                .Append($"{RunsLine}]}}"))) as JsonObject;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    private JsonObject Head(Items<UnitResult> results) => new()
    {
        ["versions"] = new JsonObject
        {
            ["largesteps"] = VersionOf(typeof(Experiment).Assembly),
            ["torchsharp"] = VersionOf(typeof(torch).Assembly),
            // Asking libtorch for its version would load it, for runs that need none of it.
            ["libtorch"] = NativeLibraries.IsLoaded ? torch.__version__ : null,
            ["dotnet"] = Environment.Version.ToString(),
        },
        ["numerics"] = NumericsVersion.Current,
        ["started"] = Provenance is null ? null : Text(Provenance.Start),
        ["ended"] = Provenance is null ? null : Text(Provenance.End),
        ["command"] = Provenance is null ? null : new JsonArray([.. Provenance.Command.Select(word => JsonValue.Create(word))]),
        ["config"] = Provenance?.Config,
        ["repository"] = Provenance?.Commit is { } commit
            ? new JsonObject { ["commit"] = commit, ["dirty"] = Provenance.IsDirty } : null,
        ["device"] = Device,
        ["graphics_card"] = Cards() switch { [] => null, [var card] => card, var cards => new JsonArray([.. cards]) },
        ["host"] = new JsonObject
        {
            ["name"] = Environment.MachineName,
            ["system"] = RuntimeInformation.OSDescription,
            ["architecture"] = RuntimeInformation.ProcessArchitecture.ToString(),
            ["processors"] = Environment.ProcessorCount,
            ["processor"] = Machine.Processor(),
        },
        ["threads"] = Workers,
        ["torch_threads"] = NativeLibraries.IsLoaded ? torch.get_num_threads() : null,
        // Where a CUDA device multiplies with 10 bits of mantissa.
        ["tf32"] = Tf32Of(results) switch { [] => null, [var where] => where, var all => new JsonArray([.. all]) },
        ["convolutions"] = ConvolutionsOf(results) switch { [] => null, [var way] => way, var ways => new JsonArray([.. ways]) },
        ["peak_memory_bytes"] = PeakMemoryBytes,
        ["wall_seconds"] = Math.Round(WallSeconds, 3),
        ["survival"] = new JsonArray([.. results.GroupBy(r => r.Unit.Label, r => r.AtEnd).Select(run => (run.Key, Seeds: Survival.Of(run)))
            .Select(run => new JsonObject
        {
            ["run"] = run.Key,
            ["seeds"] = run.Seeds.Total,
            ["alive"] = run.Seeds.Alive,
            ["dead"] = run.Seeds.Dead,
            ["diverged"] = run.Seeds.Diverged,
            ["stopped"] = run.Seeds.Stopped,
            ["failed"] = run.Seeds.Failed,
        })]),
    };

    private JsonNode[] ConvolutionsOf(Items<UnitResult> results) => [.. results.Select(result =>
            result.Unit.Pipeline.Model.AsDeep?.MadeHere(Device?.Contains("cpu", StringComparison.Ordinal) != false))
        .OfType<Convolutions>().Distinct().Order().Select(way => (JsonNode)way.ToString().ToLowerInvariant())];

    private JsonNode[] Tf32Of(Items<UnitResult> results) => Device?.Contains("cuda", StringComparison.Ordinal) != true ? []
        : [.. results.Select(result => result.Unit.Pipeline.Model.AsDeep?.Tf32Words).OfType<string>().Distinct()
            .Order(StringComparer.Ordinal).Select(where => (JsonNode)where)];

    private JsonNode[] Cards() => [.. (Device ?? "").Split(',').Select(Machine.GraphicsCard).OfType<JsonNode>()];

    private static JsonObject RunOf(UnitResult r) => new()
    {
        ["run"] = r.Unit.Label,
        ["seed"] = r.Unit.Seed,
        ["unit"] = r.Name,
        ["device"] = r.AtEnd.Device,
        ["outcome"] = r.AtEnd.End.Word,
        ["last_iteration"] = r.AtEnd.LastIteration,
        ["training_seconds"] = Math.Round(r.AtEnd.TrainingSeconds, 4),
        ["probe_seconds"] = Math.Round(r.AtEnd.ProbeSeconds, 4),
        ["images_per_second"] = ImagesPerSecond(r),
    };

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'",
        System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The most memory that this program has had.</summary>
    public static long PeakMemory()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }

    // Of what was trained in this and earlier goes alike.
    private static double? ImagesPerSecond(UnitResult r) =>
        r.Unit.Pipeline is { Model.AsDeep: not null, Optimizer.Batch: { } batch } && r.AtEnd.TrainingSeconds > 0
        ? Math.Round(r.AtEnd.LastIteration * batch / r.AtEnd.TrainingSeconds, 1) : null;

    /// <summary>The version of the program.</summary>
    public static string ProgramVersion => VersionOf(typeof(Experiment).Assembly);

    private static string VersionOf(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0]
            ?? assembly.GetName().Version?.ToString() ?? "unknown";
}

/// <summary>Where results come from.</summary>
/// <param name="Start">When the command began.</param>
/// <param name="End">When the results were there.</param>
/// <param name="Command">The words of the command line, the program's name left out.</param>
/// <param name="Config">The file of the experiment.</param>
/// <param name="Commit">The commit of the repository that has the config, when the command began; null: there is none.</param>
/// <param name="IsDirty">Whether the config or any file of the repository differed from that commit; null: not known.</param>
internal sealed record Provenance(DateTimeOffset Start, DateTimeOffset End, Items<string> Command, string Config, string? Commit,
    bool? IsDirty)
{
    /// <summary>That of a command that begins now.</summary>
    public static Provenance Of(string config, Items<string> command)
    {
        var (now, file) = (TimeProvider.System.GetUtcNow(), Path.GetFullPath(config));
        var folder = Path.GetDirectoryName(file) ?? ".";
        var commit = Directory.Exists(folder) ? GitCommit.Of(folder) : null;
        return new(now, now, command, config, commit, commit is null ? null : GitCommit.IsDirty(folder, file));
    }
}

/// <summary>The commit of a git checkout, as git says it, or, where git is not installed, as its files do.</summary>
internal static class GitCommit
{
    /// <summary>Whether files that git tracks differ from that commit, or it does not track a file; null where git is not there to say
    /// so.</summary>
    public static bool? IsDirty(string folder, string file)
    {
        // Each asks for what the other leaves out: results that lie untracked in the repository make nothing dirty.
        var changes = Machine.Output("git", "-C", folder, "status", "--porcelain", "--untracked-files=no");
        var own = Machine.Output("git", "-C", folder, "status", "--porcelain", "--ignored", "--untracked-files=all", "--", file);
        return changes is null || own is null ? null : changes.Length + own.Length > 0;
    }

    /// <summary>The commit that is checked out in a folder or one above it; null where there is none.</summary>
    public static string? Of(string folder) => Machine.Output("git", "-C", folder, "rev-parse", "HEAD") ?? OfFiles(folder);

    private static string? OfFiles(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
        {
            var git = Path.Combine(at.FullName, ".git");
            var head = Path.Combine(git, "HEAD");
            if (!File.Exists(head)) continue;
            var text = File.ReadAllText(head).Trim();
            if (!text.StartsWith("ref: ", StringComparison.Ordinal)) return text;
            var reference = text["ref: ".Length..];
            var loose = Path.Combine(git, reference);
            if (File.Exists(loose)) return File.ReadAllText(loose).Trim();
            var packed = Path.Combine(git, "packed-refs");
            return File.Exists(packed)
                ? File.ReadLines(packed).FirstOrDefault(line => line.EndsWith($" {reference}", StringComparison.Ordinal))?.Split(' ')[0]
                : null;
        }
        return null;
    }
}
