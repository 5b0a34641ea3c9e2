using System.Globalization;
using LargeSteps.Running;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Results;

/// <summary>The end of every run with its spread, as reports have it: what became of its seeds, and median and quartiles over the survivors
/// of its last metrics.</summary>
internal static class EndsTable
{
    /// <summary>What stands at the end of a run.</summary>
    public const string Legend = "median [quartiles] of the survivors at the end of the runs (of how many, where some have no value)";

    /// <summary>A row for each run, a column for each metric that any has.</summary>
    public static TextTable Of(Items<UnitResult> results)
    {
        var metrics = ResultFrames.MetricsOf(results);
        return new("ends", ["run", "survived", .. metrics], [.. results.GroupBy(r => r.Unit.Label).Select(run => (string[])
        [
            run.Key,
            Survival.Of(run.Select(r => r.AtEnd)).Text,
            .. metrics.Select(metric => Cell(ResultFrames.LastValues(run, metric), run)),
        ])], Legend);
    }

    private static string Cell(double[] values, IEnumerable<UnitResult> run)
    {
        return values switch
        {
            [] => "–",
            [_] => At(0.5) + ConsoleTable.NumberOf(values, run),
            _ => $"{At(0.5)} [{At(0.25)}, {At(0.75)}]{ConsoleTable.NumberOf(values, run)}",
        };

        string At(double q) => Ensemble.Quantile(values, q).ToString("G3", CultureInfo.InvariantCulture);
    }
}
