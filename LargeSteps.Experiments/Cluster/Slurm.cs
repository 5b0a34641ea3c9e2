using System.ComponentModel;
using System.Diagnostics;

namespace LargeSteps.Experiments.Cluster;

/// <summary>Slurm's own commands.</summary>
internal static class Slurm
{
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
