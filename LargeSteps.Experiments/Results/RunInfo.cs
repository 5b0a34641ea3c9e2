using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using LargeSteps.Models.Deep;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using TorchSharp;

namespace LargeSteps.Experiments.Results;

/// <summary>What is known of a run of the program, besides its results.</summary>
/// <param name="Device">The device of the autograd engine.</param>
/// <param name="Workers">Runs at a time.</param>
/// <param name="WallSeconds">From the start of the command until the results were there.</param>
/// <param name="PeakMemoryBytes">The most memory that the program had; 0: not known.</param>
internal sealed record RunInfo(string Device, int Workers, double WallSeconds, long PeakMemoryBytes = 0)
{
    private static readonly JsonSerializerOptions Options = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The text of run.json.</summary>
    public string ToJson(Items<UnitResult> results) => new JsonObject
    {
        ["versions"] = new JsonObject
        {
            ["largesteps"] = VersionOf(typeof(Experiment).Assembly),
            ["torchsharp"] = VersionOf(typeof(torch).Assembly),
            // Asking libtorch for its version would load it, for runs that need none of it.
            ["libtorch"] = NativeLibraries.IsLoaded ? torch.__version__ : null,
            ["dotnet"] = Environment.Version.ToString(),
        },
        ["device"] = Device,
        ["host"] = new JsonObject
        {
            ["name"] = Environment.MachineName,
            ["system"] = RuntimeInformation.OSDescription,
            ["architecture"] = RuntimeInformation.ProcessArchitecture.ToString(),
            ["processors"] = Environment.ProcessorCount,
        },
        ["threads"] = Workers,
        ["torch_threads"] = NativeLibraries.IsLoaded ? torch.get_num_threads() : null,
        // Matrix products and convolutions on a CUDA device with 10 bits of mantissa.
        ["tf32"] = Device.StartsWith("cuda", StringComparison.Ordinal) ? torch.backends.cuda.matmul.allow_tf32 : null,
        ["peak_memory_bytes"] = PeakMemoryBytes,
        ["git_commit"] = GitCommit.Of(Directory.GetCurrentDirectory()),
        ["wall_seconds"] = Math.Round(WallSeconds, 3),
        ["runs"] = new JsonArray([.. results.Select(r => new JsonObject
        {
            ["run"] = r.Unit.Label,
            ["seed"] = r.Unit.Seed,
            ["outcome"] = r.Result.End.Word,
            ["last_iteration"] = r.Result.LastIteration,
            ["training_seconds"] = Math.Round(r.Result.TrainingSeconds, 4),
            ["probe_seconds"] = Math.Round(r.Result.ProbeSeconds, 4),
            ["images_per_second"] = ImagesPerSecond(r),
        })]),
        ["survival"] = new JsonArray([.. results.GroupBy(r => r.Unit.Label, r => r.Result).Select(run => (run.Key, Seeds: Survival.Of(run))).Select(run => new JsonObject
        {
            ["run"] = run.Key,
            ["seeds"] = run.Seeds.Total,
            ["alive"] = run.Seeds.Alive,
            ["dead"] = run.Seeds.Dead,
            ["diverged"] = run.Seeds.Diverged,
        })]),
    }.ToJsonString(Options) + "\n";

    /// <summary>The most memory that this program has had.</summary>
    public static long PeakMemory()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }

    // Of what was trained in this and earlier goes alike.
    private static double? ImagesPerSecond(UnitResult r) => r.Unit.Pipeline is { Model: DeepNetwork, Optimizer: Sgd sgd } && r.Result.TrainingSeconds > 0
        ? Math.Round(r.Result.LastIteration * sgd.BatchSize / r.Result.TrainingSeconds, 1) : null;

    private static string VersionOf(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? assembly.GetName().Version?.ToString() ?? "unknown";
}

/// <summary>The commit of a git checkout, read off its files: git itself may not be installed.</summary>
internal static class GitCommit
{
    /// <summary>The commit that is checked out in a folder or one above it; null where there is none.</summary>
    public static string? Of(string folder)
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
