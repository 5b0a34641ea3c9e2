using System.Diagnostics;
using LargeSteps.Experiments.Results;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Cluster;

/// <summary>The parts of an experiment as processes on this machine.</summary>
internal static class LocalTasks
{
    /// <summary>Runs them, some at a time, each with its words in a file of its own; their exit codes, in the order of the parts. Where
    /// they are stopped each is told, and those that have not begun do not.</summary>
    /// <param name="plan">The parts.</param>
    /// <param name="limit">The most at a time.</param>
    /// <param name="program">The words of the command line of a part.</param>
    /// <param name="folder">Where their words go.</param>
    /// <param name="stop">Stops them.</param>
    public static Items<int> Run(TaskPlan plan, int limit, Func<int, Items<string>> program, string folder, CancellationToken stop)
    {
        var codes = new int[plan.Left.Count];
        Parallel.For(0, codes.Length, new ParallelOptions { MaxDegreeOfParallelism = limit }, i =>
        {
            codes[i] = stop.IsCancellationRequested ? ExitCode.Stopped : Run(program(plan.Left[i]),
                LogOf(folder, plan.Left[i]), stop);
        });
        return Items.From(codes);
    }

    /// <summary>Where the words of a part go.</summary>
    public static string LogOf(string folder, int part) => Path.Combine(folder, FormattableString.Invariant($"part-{part}.log"));

    private static int Run(Items<string> words, string log, CancellationToken stop)
    {
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(words[0], words.Skip(1))
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true
            },
        };
        using var file = TextWriter.Synchronized(new StreamWriter(log, append: true));
        process.OutputDataReceived += (_, line) => Say(line.Data);
        process.ErrorDataReceived += (_, line) => Say(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        // A process that may keep its state first: it ends by itself.
        using var told = stop.Register(() => Machine.Output("kill", "-TERM",
            process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        process.WaitForExit();
        return process.ExitCode;

        void Say(string? line)
        {
            if (line is not null) file.WriteLine(line);
        }
    }
}
