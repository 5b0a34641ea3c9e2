using System.Diagnostics;
using System.Globalization;

namespace LargeSteps.Tests.Commands;

/// <summary>The program in a process of its own, which can be killed.</summary>
internal static class Program
{
    public static string Dll { get; } = Path.Combine(AppContext.BaseDirectory, "LargeSteps.Experiments.dll");

    /// <summary>The dotnet that runs the tests, which need not be on the path.</summary>
    public static string Host { get; } = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath!
        : Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    public static Process Start(params string[] arguments) =>
        Process.Start(new ProcessStartInfo(Host, [Dll, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;

    /// <summary>Runs the program to its end.</summary>
    public static Said Run(params string[] arguments)
    {
        using var process = Start(arguments);
        return Ended(process);
    }

    public static Said Ended(Process process)
    {
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return new Said(process.ExitCode, output.GetAwaiter().GetResult(), error);
    }

    public static void Signal(Process process, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }
}
