using System.Globalization;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Cluster;

/// <summary>How the units of an experiment are divided among tasks: those whose place in the list is I modulo <paramref name="Parts"/> are
/// part I.</summary>
/// <param name="Parts">How many parts there are.</param>
/// <param name="Left">The parts in which something is left to do, ascending.</param>
/// <param name="Units">How many units are left in all.</param>
internal sealed record TaskPlan(int Parts, Items<int> Left, int Units)
{
    /// <summary>Divides units.</summary>
    /// <param name="isDone">Of each unit whether it is done.</param>
    /// <param name="perTask">How many units a task has, at least 1.</param>
    public static TaskPlan Of(IReadOnlyList<bool> isDone, int perTask)
    {
        var parts = Math.Max(1, (isDone.Count + perTask - 1) / perTask);
        var left = isDone.Index().Where(unit => !unit.Item).Select(unit => unit.Index % parts).ToArray();
        return new(parts, Items.From(left.Distinct().Order()), left.Length);
    }

    /// <summary>The parts as Slurm writes them: <c>0-3,7,9-12</c>.</summary>
    public string Array
    {
        get
        {
            var ranges = new List<(int From, int To)>();
            foreach (var part in Left)
            {
                if (ranges.Count > 0 && ranges[^1].To == part - 1) ranges[^1] = (ranges[^1].From, part);
                else ranges.Add((part, part));
            }
            return string.Join(',', ranges.Select(range => range.From == range.To ? range.From.ToString(CultureInfo.InvariantCulture)
                : FormattableString.Invariant($"{range.From}-{range.To}")));
        }
    }

    /// <summary>How many units make a task of some minutes, of units that take so long, so many at a time.</summary>
    public static int PerTask(double seconds, int workers) =>
        double.IsFinite(seconds) ? (int)Math.Clamp(Minutes * 60 * workers / Math.Max(seconds, 1e-3), 1, 10_000) : 1;

    private const double Minutes = 5;
}
