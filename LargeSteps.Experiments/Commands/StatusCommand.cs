using System.Globalization;
using LargeSteps.Experiments.Cluster;
using LargeSteps.Experiments.Results;
using LargeSteps.Pipelines;

namespace LargeSteps.Experiments.Commands;

/// <summary>Tells how far the jobs of a folder of results are, and cancels them.</summary>
internal static class StatusCommand
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(5);

    public static int Run(string path, bool watch, Terminal terminal)
    {
        using var stop = new Interruption();
        do
        {
            var text = Status(path);
            if (watch && terminal.Interactive) terminal.Out.Write("\u001b[2J\u001b[H");
            terminal.Out.Write(text);
            if (!watch || !text.Contains(Slurm, StringComparison.Ordinal)) return ExitCode.Done;
        }
        while (!stop.Token.WaitHandle.WaitOne(Between));
        return ExitCode.Stopped;
    }

    /// <summary>Cancels all jobs of a folder that have not ended.</summary>
    public static int Cancel(string path, Terminal terminal)
    {
        CheckFolder(path);
        var jobs = SubmittedJobs.Read(path).SelectMany(job => job.Numbers).ToArray();
        if (jobs.Length == 0) throw new CommandException(ExitCode.BadInput, $"error LS0303: no job was submitted of '{path}'");
        Cluster.Slurm.Call("scancel", jobs);
        terminal.Out.WriteLine($"cancelled: {string.Join(", ", jobs)}; what is done is kept, and 'submit' does the rest");
        return ExitCode.Done;
    }

    // The heading of what Slurm has of the jobs.
    private const string Slurm = "task";

    private static string Status(string path)
    {
        CheckFolder(path);
        var experiment = RunCommand.LoadWritten(path);
        using var folder = ResultFolder.Create(path);
        var (done, all) = Done(folder, experiment);
        var text = FormattableString.Invariant($"{experiment.Name}: {done} of {all} units are done\n");
        var jobs = SubmittedJobs.Read(path);
        if (jobs.Count == 0) return text;
        var tasks = jobs.SelectMany(job => Tasks(job.Array, job.Parts).Concat(job.Gather is { } last ? Tasks(last, 0) : [])).ToArray();
        return tasks.Length == 0 ? text + "no job is waiting or running\n"
            : text + ConsoleTable.Aligned([[Slurm, "state", "node", "time", "left", "last"], .. tasks]);

        IEnumerable<string[]> Tasks(string job, int parts) => Cluster.Slurm.Queue(job).Select(fields => (string[])[fields[0],
            fields[1].ToLowerInvariant(), fields[2], fields[3], fields[4],
            parts == 0 ? "gathers" : Last(folder, fields[0].Split('_')[^1], parts)]);
    }

    // By their names, where a program has written them down: a hundred thousand are told in a moment.
    private static (int Done, int All) Done(ResultFolder folder, Experiment experiment)
    {
        if (folder.NamesOf(experiment) is { } names)
        {
            var there = folder.Units.Names();
            return (names.Count(there.Contains), names.Count);
        }
        var found = FoundUnits.In(folder, experiment);
        return (found.Results.Count - found.Missing.Count, found.Results.Count);
    }

    // What a part said last.
    private static string Last(ResultFolder folder, string task, int parts) =>
        int.TryParse(task, NumberStyles.None, CultureInfo.InvariantCulture, out var part) && folder.LogOf(part, parts) is var log
            && File.Exists(log) ? File.ReadLines(log).LastOrDefault(line => line.Trim().Length > 0)?.Trim() ?? "" : "";

    private static void CheckFolder(string path)
    {
        if (!Directory.Exists(path)) throw new CommandException(ExitCode.BadInput, $"error LS0303: there is no folder '{path}'");
    }
}
