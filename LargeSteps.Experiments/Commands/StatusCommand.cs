using System.Globalization;
using System.Text.RegularExpressions;
using LargeSteps.Experiments.Cluster;
using LargeSteps.Experiments.Results;
using LargeSteps.Pipelines;

namespace LargeSteps.Experiments.Commands;

/// <summary>Tells how far the jobs of a folder of results are, and cancels them.</summary>
internal static partial class StatusCommand
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(5);

    public static int Run(string path, bool watch, Terminal terminal)
    {
        using var stop = new Interruption();
        do
        {
            var (text, isWaiting) = Status(path);
            if (watch && terminal.Interactive) terminal.Out.Write("\u001b[2J\u001b[H");
            terminal.Out.Write(text);
            if (!watch || !isWaiting) return ExitCode.Done;
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

    private static (string Text, bool IsWaiting) Status(string path)
    {
        CheckFolder(path);
        var experiment = RunCommand.LoadWritten(path);
        using var folder = ResultFolder.Create(path);
        var done = Done(folder, experiment);
        var text = FormattableString.Invariant($"{experiment.Name}: {done.Count(unit => unit)} of {done.Length} units are done\n");
        var jobs = SubmittedJobs.Read(path);
        if (jobs.Count == 0) return (text, false);
        var queue = jobs.SelectMany(job => Tasks(job.Array, job.Parts).Concat(job.Gather is { } last ? Tasks(last, 0) : [])).ToArray();
        string[][] ended = [.. Ended(jobs[^1], folder, done, [.. queue.Select(task => task[0])])];
        if (queue.Length == 0) text += "no job is waiting or running\n";
        else text += ConsoleTable.Aligned([["task", "state", "node", "time", "left", "last"], .. queue]);
        if (ended.Length > 0) text += ConsoleTable.Aligned([["ended, not done", "last"], .. ended]);
        return (text, queue.Length > 0);

        IEnumerable<string[]> Tasks(string job, int parts) => Cluster.Slurm.Queue(job).Select(fields => (string[])[fields[0],
            fields[1].ToLowerInvariant(), fields[2], fields[3], fields[4],
            parts == 0 ? "gathers" : int.TryParse(fields[0].Split('_')[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var part)
                ? Last(folder.LogOf(part, parts)) : ""]);
    }

    // The parts of the last job that neither wait nor run, of which something is not done: cancelled, killed, failed.
    private static IEnumerable<string[]> Ended(SubmittedJob job, ResultFolder folder, bool[] done, HashSet<string> inQueue)
    {
        int[] parts = [.. done.Index().Where(unit => !unit.Item).Select(unit => unit.Index % job.Parts).Distinct().Order()
            .Where(part => !inQueue.Contains(FormattableString.Invariant($"{job.Array}_{part}")))];
        foreach (var part in parts.Take(MostEnded))
        {
            // Slurm's log has what the program said too, and why it was ended.
            string[] said = [Last(Path.Combine(SubmittedJobs.FolderOf(folder.Path), FormattableString.Invariant($"part-{part}.log"))),
                Last(folder.LogOf(part, job.Parts)), "never begun"];
            yield return [FormattableString.Invariant($"{job.Array}_{part}"), said.First(words => words.Length > 0)];
        }
        if (parts.Length > MostEnded) yield return [FormattableString.Invariant($"and {parts.Length - MostEnded} more"), ""];
    }

    // Of more, the next 'submit' tells the number.
    private const int MostEnded = 20;

    // Of each unit whether it is done: by their names, where a program has written them down, which tells a hundred thousand in a moment.
    private static bool[] Done(ResultFolder folder, Experiment experiment)
    {
        if (folder.NamesOf(experiment) is { } names && names.Count == Units.Of(experiment).OrThrow().Count)
        {
            var there = folder.Units.Names();
            return [.. names.Select(there.Contains)];
        }
        var found = FoundUnits.In(folder, experiment);
        return [.. found.Results.Select(result => result.Name is not null)];
    }

    // What a log says last: how far its runs are, where it says so, and not the numbers of a table.
    private static string Last(string log) => File.Exists(log)
        ? File.ReadLines(log).LastOrDefault(line => line.Length > 0 && !char.IsWhiteSpace(line[0]) && !Heading().IsMatch(line))?.Trim()
            ?? "" : "";

    // That of the rows of a unit.
    [GeneratedRegex(@", seed \d+( \(the first .*)?$")]
    private static partial Regex Heading();

    private static void CheckFolder(string path)
    {
        if (!Directory.Exists(path)) throw new CommandException(ExitCode.BadInput, $"error LS0303: there is no folder '{path}'");
    }
}
