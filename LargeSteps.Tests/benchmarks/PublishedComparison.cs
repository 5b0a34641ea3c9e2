using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using LargeSteps.Optimizers;
using LargeSteps.Training.Diagonal;

namespace LargeSteps.Benchmarks;

/// <summary>
/// Times our steps beside the same steps in NumPy and PyTorch (python3 with numpy and torch must be installed), in turn, so that both see
/// the same machine. PyTorch has one thread and two in turn, and the better counts.
/// </summary>
internal static class PublishedComparison
{
    private const int DiagonalSteps = 100_001;

    // The processor time of a process comes in hundredths of a second, and some of our runs take two.
    private const int Repeats = 20;

    private readonly record struct Seconds(double Wall, double Processor);

    public static int Run(int rounds)
    {
        Diagonal("sgd", DiagonalWork.Sgd, 0.25, rounds);
        Diagonal("gd", DiagonalWork.Gd, 2, rounds);
        foreach (var work in ReluWork.All)
        {
            Compare(work.Name, work.Steps, "PyTorch", rounds,
                () => Ours([.. Enumerable.Range(0, Repeats).Select(_ => work.ClosedForm())], engine =>
                    ReluWork.Run(engine, work.Steps, work.Rate)),
                () => Better(Python("dense_steps.py", work.Name, Number(work.Steps), "1"),
                    Python("dense_steps.py", work.Name, Number(work.Steps), "2")));
        }

        return 0;
    }

    private static void Diagonal(string name, Func<IEngine<DiagonalWeights>> create, double rate, int rounds) => Compare(
        name, DiagonalSteps, "NumPy", rounds,
        () => Ours([.. Enumerable.Range(0, Repeats).Select(_ => create())], engine => DiagonalWork.Run(engine, DiagonalSteps, rate)),
        () => Python("diagonal_steps.py", name, Number(DiagonalSteps)));

    private static void Compare(string name, int steps, string other, int rounds, Func<Seconds> ours, Func<Seconds> theirs)
    {
        ours();
        var pairs = Enumerable.Range(0, rounds).Select(_ => (Ours: ours(), Theirs: theirs())).ToArray();
        Console.WriteLine(FormattableString.Invariant(
            $"{name}, {steps} steps: {other} {Median(pairs.Select(p => p.Theirs.Wall)):F3} s, ours {Median(pairs.Select(p => p.Ours.Wall)):F5} s (medians of {rounds}), ratio {Median(pairs.Select(p => p.Theirs.Wall / p.Ours.Wall)):F1}; processor time {Median(pairs.Select(p => p.Theirs.Processor)):F3} s and {Median(pairs.Select(p => p.Ours.Processor)):F5} s, ratio {Median(pairs.Select(p => p.Theirs.Processor / p.Ours.Processor)):F1}"));
    }

    // The engines are made outside the clock, as the data are on the other side.
    private static Seconds Ours<T>(IReadOnlyList<T> engines, Action<T> run) where T : IDisposable
    {
        using var self = Process.GetCurrentProcess();
        var (processor, watch) = (self.TotalProcessorTime, Stopwatch.StartNew());
        foreach (var engine in engines) run(engine);
        var wall = watch.Elapsed;
        self.Refresh();
        var spent = self.TotalProcessorTime - processor;
        foreach (var engine in engines) engine.Dispose();
        return new(wall.TotalSeconds / engines.Count, spent.TotalSeconds / engines.Count);
    }

    private static Seconds Better(Seconds a, Seconds b) => new(Math.Min(a.Wall, b.Wall), Math.Min(a.Processor, b.Processor));

    private static Seconds Python(string script, params string[] arguments)
    {
        var start = new ProcessStartInfo("python3", [Path.Combine(Folder(), script), .. arguments]) { RedirectStandardOutput = true };
        using var python = Process.Start(start) ?? throw new InvalidOperationException("python3 does not start.");
        var output = python.StandardOutput.ReadToEnd().Split(' ');
        python.WaitForExit();
        if (python.ExitCode != 0) throw new InvalidOperationException($"{script} failed; are numpy and torch installed?");
        return new(double.Parse(output[0], CultureInfo.InvariantCulture), double.Parse(output[1], CultureInfo.InvariantCulture));
    }

    private static string Folder([CallerFilePath] string here = "") => Path.GetDirectoryName(here)!;

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
