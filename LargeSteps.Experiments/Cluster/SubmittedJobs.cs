using System.Text.Json;
using System.Text.Json.Nodes;
using LargeSteps.Formats;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Cluster;

/// <summary>A job array that was submitted, and the job that gathers after it, by their numbers.</summary>
/// <param name="Array">The array.</param>
/// <param name="Gather">The job that gathers; null: Slurm did not take it.</param>
/// <param name="Parts">How many parts there are.</param>
/// <param name="Tasks">Which of them the array has, as Slurm writes it.</param>
internal sealed record SubmittedJob(string Array, string? Gather, int Parts, string Tasks)
{
    /// <summary>The numbers of both.</summary>
    public Items<string> Numbers => Gather is null ? [Array] : [Array, Gather];
}

/// <summary>The jobs of a folder of results, in its <c>slurm/jobs.json</c>.</summary>
internal static class SubmittedJobs
{
    private const string JobsFile = "jobs.json";

    /// <summary>The folder of the jobs' files.</summary>
    public static string FolderOf(string results) => Path.Combine(Path.GetFullPath(results), "slurm");

    /// <summary>All jobs, in the order in which they were submitted; none where there is no such file. Ends the command
    /// where it cannot be read: what is waiting or running would be forgotten.</summary>
    public static Items<SubmittedJob> Read(string results)
    {
        var file = Path.Combine(FolderOf(results), JobsFile);
        if (!File.Exists(file)) return [];
        try
        {
            return Items.From(JsonSerializer.Deserialize<SubmittedJob[]>(File.ReadAllText(file)) ?? []);
        }
        catch (JsonException e)
        {
            throw new CommandException(ExitCode.BadInput,
                $"error LS0301: '{file}', which has the numbers of the jobs, cannot be read: {e.Message} 'squeue' lists them; " +
                "delete it then");
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
