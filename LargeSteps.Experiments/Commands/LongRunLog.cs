using LargeSteps.Pipelines;
using LargeSteps.Running;

namespace LargeSteps.Experiments.Commands;

/// <summary>What is said of a deep network while it trains: how long it will take, and every measurement as a row. Not
/// thread-safe.</summary>
/// <param name="device">The device that it trains on.</param>
/// <param name="clock">What measures times.</param>
/// <param name="width">The columns that a row can take; null: as many as it needs.</param>
internal sealed class LongRunLog(string device, TimeProvider clock, int? width = null)
{
    // Long enough for the first steps, which are slow, to matter little.
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Hours = TimeSpan.FromHours(2);
    private const int MostMetrics = 6;
    private const int Wide = 13, Metric = 11;
    private static readonly int[] Narrow = [9, 8, 9];

    private readonly Dictionary<RunUnit, (long Iteration, long Time)> _begun = [];
    private readonly HashSet<RunUnit> _estimated = [];
    private readonly HashSet<RunUnit> _headed = [];
    private RunUnit? _tableOf;

    /// <summary>Lines without their ends; none where there is nothing to say.</summary>
    public IEnumerable<string> Lines(UnitProgressed progressed)
    {
        var (unit, progress) = (progressed.Unit, progressed.Progress);
        if (progress.Note is { } note) yield return FormattableString.Invariant($"{unit.Label}, seed {unit.Seed}: {note}");
        if (unit.Pipeline.Model.AsDeep is null) yield break;
        if (Estimate(unit, progress) is { } estimate) yield return estimate;
        if (progress.Measured is not { } measured) yield break;
        if (_tableOf != unit)
        {
            _tableOf = unit;
            var some = Shown < measured.Metrics.Count
                ? FormattableString.Invariant(
                $" (the first {Shown} of {measured.Metrics.Count} metrics; the others are in metrics.csv)") : "";
            yield return FormattableString.Invariant($"{unit.Label}, seed {unit.Seed}{some}");
            // Rows of runs at a time take turns: the columns are named once for each.
            if (_headed.Add(unit)) yield return Row(["iteration", "epoch", width is null ? "learning_rate" : "rate", .. measured.Metrics]);
        }
        var row = measured.Measurement;
        yield return Row([
            FormattableString.Invariant($"{row.Iteration}"), FormattableString.Invariant($"{row.Epoch:F2}"),
                FormattableString.Invariant($"{row.LearningRate:G4}"),
            .. row.Values.Select(value => FormattableString.Invariant($"{value:G4}"))]);
    }

    private string? Estimate(RunUnit unit, RunProgress progress)
    {
        if (!_begun.TryGetValue(unit, out var begun))
        {
            _begun[unit] = (progress.Iteration, clock.GetTimestamp());
            return null;
        }
        var (steps, elapsed) = (progress.Iteration - begun.Iteration, clock.GetElapsedTime(begun.Time));
        if (steps < 3 || elapsed < Watched || !_estimated.Add(unit)) return null;
        var left = elapsed / steps * (progress.Steps - progress.Iteration);
        var hint = device == "cpu" && left > Hours
            ? "; configs/resnet18_cpu_large.yaml and configs/resnet18_cpu_small.yaml are made for a CPU" : "";
        return FormattableString.Invariant(
            $"{unit.Label}, seed {unit.Seed}: {elapsed.TotalSeconds / steps:G3} s a step, about {Words(left)} to go{hint}");
    }

    /// <summary>A length of time as one says it: 40 s, 12 min, 3.4 h.</summary>
    internal static string Words(TimeSpan time) =>
        time.TotalSeconds < 90 ? FormattableString.Invariant($"{time.TotalSeconds:F0} s")
        : time.TotalMinutes < 90 ? FormattableString.Invariant($"{time.TotalMinutes:F0} min")
        : FormattableString.Invariant($"{time.TotalHours:F1} h");

    // In a terminal as many metrics as have room, of names that are too long their beginning.
    private int Shown => width is { } room ? Math.Clamp((room + 1 - Narrow.Sum(column => column + 1)) / (Metric + 1), 0, MostMetrics)
        : MostMetrics;

    private string Row(string[] cells)
    {
        if (width is null) return string.Join(' ', cells.Take(Narrow.Length + MostMetrics).Select(cell => cell.PadLeft(Wide)));
        return string.Join(' ', cells.Take(Narrow.Length + Shown).Select((cell, i) => Cut(cell).PadLeft(i < Narrow.Length ? Narrow[i]
            : Metric)));

        static string Cut(string cell) => cell.Length <= Metric ? cell : cell[..(Metric - 1)] + "…";
    }
}
