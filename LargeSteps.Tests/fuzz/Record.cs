using System.Text.Json;
using LargeSteps.Experiments.Results;
using LargeSteps.Formats;

namespace LargeSteps.Fuzz;

/// <summary>A verb that was run: what the record keeps of it.</summary>
/// <param name="Verb">What was tried.</param>
/// <param name="Seed">The first seed.</param>
/// <param name="Date">The day on which it ended.</param>
/// <param name="Processor">The processor.</param>
/// <param name="Cores">Its cores.</param>
/// <param name="Seconds">How long it took; null where it was not timed by itself.</param>
/// <param name="Longest">The longest case, in seconds; 0 where it is not measured.</param>
/// <param name="Counts">What was counted.</param>
/// <param name="Findings">What was found.</param>
internal sealed record Trial(string Verb, int Seed, DateOnly Date, string Processor, int Cores, double? Seconds, double Longest,
    SortedDictionary<string, long> Counts, IReadOnlyList<Finding> Findings)
{
    /// <summary>The cases of the verb among what was counted.</summary>
    public long Cases => Counts.Where(count => Verb switch
    {
        "configs" => count.Key == "texts",
        "files" or "inputs" => count.Key.StartsWith("damaged: ", StringComparison.Ordinal) || count.Key == "with zeros without end",
        "disk" => count.Key is "full disks" or "had room enough",
        "writes" => count.Key is "power cuts" || count.Key.Contains("fail", StringComparison.Ordinal),
        _ => count.Key.StartsWith("kills, ", StringComparison.Ordinal),
    }).Sum(count => count.Value);
}

/// <summary>All that was tried, run after run, in a file.</summary>
internal static class Record
{
    private static readonly JsonSerializerOptions Options = new()
    { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What is recorded; of a file that is not there nothing.</summary>
    public static IReadOnlyList<Trial> Read(string file) =>
        File.Exists(file) ? JsonSerializer.Deserialize<Trial[]>(File.ReadAllText(file), Options)! : [];

    /// <summary>Adds what came of a verb.</summary>
    public static void Add(string file, Tally tally, int seed)
    {
        var trial = new Trial(tally.Verb, seed, DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime),
            (string?)Machine.Processor()["name"] ?? "unknown", Environment.ProcessorCount, Math.Round(tally.Elapsed.TotalSeconds, 1),
            Math.Round(tally.Longest.TotalSeconds, 1), new(tally.Counts.ToDictionary(), StringComparer.Ordinal), tally.Findings);
        WholeFile.Write(file, aside => File.WriteAllText(aside, JsonSerializer.Serialize((Trial[])[.. Read(file), trial], Options) + "\n"));
    }
}
