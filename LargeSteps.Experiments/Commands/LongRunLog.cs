using System.Text;
using LargeSteps.Models.Deep;
using LargeSteps.Pipelines;
using LargeSteps.Running;

namespace LargeSteps.Experiments.Commands;

/// <summary>What is said of a deep network while it trains: how long it will take, and every measurement as a row. Not thread-safe.</summary>
internal sealed class LongRunLog(string device, TimeProvider clock)
{
    // Long enough for the first steps, which are slow, to matter little.
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Hours = TimeSpan.FromHours(2);
    private const int MostMetrics = 6;
    private const int Width = 13;

    private readonly Dictionary<Unit, (long Iteration, long Time)> _begun = [];
    private readonly HashSet<Unit> _estimated = [];
    private Unit? _tableOf;

    /// <summary>Lines without their ends; none where there is nothing to say.</summary>
    public IEnumerable<string> Lines(UnitProgressed progressed)
    {
        var (unit, progress) = (progressed.Unit, progressed.Progress);
        if (unit.Pipeline.Model is not DeepNetwork) yield break;
        if (Estimate(unit, progress) is { } estimate) yield return estimate;
        if (progress.Measured is not { } measured) yield break;
        if (_tableOf != unit)
        {
            _tableOf = unit;
            yield return FormattableString.Invariant($"{unit.Label}, seed {unit.Seed}");
            yield return Row(["iteration", "epoch", "learning_rate", .. measured.Metrics.Take(MostMetrics)]);
        }
        var row = measured.Measurement;
        yield return Row([
            FormattableString.Invariant($"{row.Iteration}"), FormattableString.Invariant($"{row.Epoch:F2}"), FormattableString.Invariant($"{row.LearningRate:G4}"),
            .. row.Values.Take(MostMetrics).Select(value => FormattableString.Invariant($"{value:G4}"))]);
    }

    private string? Estimate(Unit unit, RunProgress progress)
    {
        if (!_begun.TryGetValue(unit, out var begun))
        {
            _begun[unit] = (progress.Iteration, clock.GetTimestamp());
            return null;
        }
        var (steps, elapsed) = (progress.Iteration - begun.Iteration, clock.GetElapsedTime(begun.Time));
        if (steps < 3 || elapsed < Watched || !_estimated.Add(unit)) return null;
        var left = elapsed / steps * (progress.Steps - progress.Iteration);
        var hint = device == "cpu" && left > Hours ? "; configs/resnet18_cpu_large.yaml and configs/resnet18_cpu_small.yaml are made for a CPU" : "";
        return FormattableString.Invariant($"{unit.Label}, seed {unit.Seed}: {elapsed.TotalSeconds / steps:G3} s a step, about {Words(left)} to go{hint}");
    }

    /// <summary>A length of time as one says it: 40 s, 12 min, 3.4 h.</summary>
    internal static string Words(TimeSpan time) =>
        time.TotalSeconds < 90 ? FormattableString.Invariant($"{time.TotalSeconds:F0} s")
        : time.TotalMinutes < 90 ? FormattableString.Invariant($"{time.TotalMinutes:F0} min")
        : FormattableString.Invariant($"{time.TotalHours:F1} h");

    private static string Row(IEnumerable<string> cells)
    {
        var line = new StringBuilder();
        foreach (var cell in cells) line.Append(cell.PadLeft(Width)).Append(' ');
        return line.ToString().TrimEnd();
    }
}
