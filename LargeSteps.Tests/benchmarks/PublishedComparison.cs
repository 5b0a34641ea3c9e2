using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using LargeSteps.Models;
using LargeSteps.Optimizers;

namespace LargeSteps.Benchmarks;

/// <summary>Times our steps beside the same steps in NumPy (python3 with numpy must be installed), in turn, so that both see the same machine.</summary>
internal static class PublishedComparison
{
    private const int Steps = 100_001;

    public static int Run(int rounds)
    {
        foreach (var (name, create, rate) in new (string, Func<IEngine<DiagonalWeights>>, double)[] { ("sgd", DiagonalWork.Sgd, 0.25), ("gd", DiagonalWork.Gd, 2) })
        {
            Ours(create, rate);
            var pairs = Enumerable.Range(0, rounds).Select(_ => (Ours: Ours(create, rate), NumPy: NumPy(name))).ToArray();
            var ratio = Median(pairs.Select(p => p.NumPy / p.Ours));
            Console.WriteLine(FormattableString.Invariant(
                $"{name}, {Steps} steps: NumPy {Median(pairs.Select(p => p.NumPy)):F3} s, ours {Median(pairs.Select(p => p.Ours)):F4} s (medians of {rounds}), ratio {ratio:F1}"));
        }
        return 0;
    }

    // The engine is made outside the clock, as the data are on the other side.
    private static double Ours(Func<IEngine<DiagonalWeights>> create, double rate)
    {
        using var engine = create();
        var watch = Stopwatch.StartNew();
        DiagonalWork.Run(engine, Steps, rate);
        return watch.Elapsed.TotalSeconds;
    }

    private static double NumPy(string method, [CallerFilePath] string here = "")
    {
        var start = new ProcessStartInfo("python3", [Path.Combine(Path.GetDirectoryName(here)!, "diagonal_steps.py"), method, Steps.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true };
        using var python = Process.Start(start) ?? throw new InvalidOperationException("python3 does not start.");
        var output = python.StandardOutput.ReadToEnd();
        python.WaitForExit();
        if (python.ExitCode != 0) throw new InvalidOperationException("diagonal_steps.py failed; is numpy installed?");
        return double.Parse(output.Split(' ')[0], CultureInfo.InvariantCulture);
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
