using System.Text.Json;
using System.Text.Json.Nodes;
using LargeSteps.Formats;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Cluster;

/// <summary>A job array that was submitted, and the job that gathers after it, by their numbers.</summary>
internal sealed record SubmittedJob(string Array, string Gather, int Parts, string Tasks);

/// <summary>The jobs of a folder of results, in its <c>slurm/jobs.json</c>.</summary>
internal static class SubmittedJobs
{
    private const string JobsFile = "jobs.json";

    /// <summary>The folder of the jobs' files.</summary>
    public static string FolderOf(string results) => Path.Combine(Path.GetFullPath(results), "slurm");

    /// <summary>All jobs, in the order in which they were submitted; none where there is no such file, or none that can be read.</summary>
    public static Items<SubmittedJob> Read(string results)
    {
        try
        {
            var file = Path.Combine(FolderOf(results), JobsFile);
            return !File.Exists(file) ? [] : Items.From(JsonSerializer.Deserialize<SubmittedJob[]>(File.ReadAllText(file)) ?? []);
        }
        catch (JsonException)
        {
            return [];
        }
    }

    /// <summary>Adds a job.</summary>
    public static void Add(string results, SubmittedJob job)
    {
        var all = JsonSerializer.SerializeToNode(Read(results).Append(job).ToArray()) ?? new JsonArray();
        WholeFile.Write(Path.Combine(FolderOf(results), JobsFile), aside => File.WriteAllText(aside,
            all.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n"));
    }
}
