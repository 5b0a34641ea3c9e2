using System.Diagnostics;
using System.Globalization;
using LargeSteps.Configuration;
using LargeSteps.Experiments.Results;
using LargeSteps.Pipelines;
using LargeSteps.Running;

namespace LargeSteps.Benchmarks;

/// <summary>What it costs to tell of measurements while they are made: the same runs with and without it, in turn.</summary>
internal static class LiveComparison
{
    private const string Text = """
        name: live
        dataset:   { kind: sparse_regression, samples: 80, dimensions: 200, support: 20, seed: 0 }
        model:     { kind: diagonal_linear, u: 0.1 }
        optimizer: { kind: sgd, batch_size: 1, steps: STEPS, seed: 1 }
        probes:    { at: { every: 500 }, measure: [losses, l1_norm] }
        schedule:  { kind: constant, rate: 0.05 }
        """;

    public static int Run(int rounds, int steps)
    {
        var text = Text.Replace("STEPS", steps.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        var units = Units.Of(ExperimentYaml.Parse(text, "live").OrThrow()).OrThrow();
        var folder = Directory.CreateTempSubdirectory("largesteps-live-").FullName;
        try
        {
            var (with, without) = (new double[rounds], new double[rounds]);
            Seconds(live: true);
            for (var i = 0; i < rounds; i++)
            {
                (with[i], without[i]) = i % 2 == 0 ? (Seconds(live: true), Seconds(live: false))
                    : Swapped(Seconds(live: false), Seconds(live: true));
            }
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"without {Median(without):F3} s, with {Median(with):F3} s, ratio " +
                $"{Median([.. with.Zip(without, (a, b) => a / b)]):F4} (median of {rounds} pairs)"));
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        double Seconds(bool live)
        {
            using var told = new LiveMeasurements(
                Path.Combine(folder, "live"), units.Count, () => new HashSet<string>(), _ => "unit", TimeProvider.System, Console.Error);
            var watch = Stopwatch.StartNew();
            ExperimentRunner.Run(units, RunContext.Default, 1, store: null, resume: false, live ? told : null);
            return watch.Elapsed.TotalSeconds;
        }
    }

    private static (double With, double Without) Swapped(double without, double with) => (with, without);

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);
}
