using System.ComponentModel;
using System.Diagnostics;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Cluster;

/// <summary>Slurm's own commands.</summary>
internal static class Slurm
{
    /// <summary>The tasks of a job that wait or run: number, state, node, time, and what is left of it; none of a job that has
    /// ended.</summary>
    public static Items<string[]> Queue(string job)
    {
        try
        {
            return Items.From(Call("squeue", "-h", "-r", "-j", job, "-o", "%i|%T|%N|%M|%L").Split('\n',
                StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('|')).Where(fields => fields.Length == 5));
        }
        // So it says of a job that has ended some time ago.
        catch (CommandException e) when (e.Message.Contains("Invalid job id", StringComparison.Ordinal))
        {
            return [];
        }
    }

    /// <summary>What a command prints; ends ours where it is not there (LS0311), or fails (LS0312).</summary>
    public static string Call(string command, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true
            }) ?? throw new InvalidOperationException($"{command} was not started");
            var (said, wrong) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            process.WaitForExit();
            return process.ExitCode == 0 ? said.Result.TrimEnd() : throw new CommandException(ExitCode.NotAvailable,
                $"error LS0312: {command} {string.Join(' ', arguments)}: {wrong.Result.Trim()}");
        }
        catch (Win32Exception)
        {
            throw new CommandException(ExitCode.NotAvailable,
                $"error LS0311: there is no '{command}': Slurm's commands are not on this machine. --engine local runs the parts here");
        }
    }
}
