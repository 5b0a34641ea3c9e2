using System.Globalization;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Results;

/// <summary>The units of an experiment as a folder of results has them, without running any.</summary>
/// <param name="Results">The result of each; of one that is not there as after a run that was stopped before it came to it.</param>
/// <param name="Missing">Those that are not there.</param>
internal sealed record FoundUnits(Items<UnitResult> Results, Items<RunUnit> Missing)
{
    // So many are named.
    private const int Named = 10;

    /// <summary>Looks for the units of an experiment.</summary>
    public static FoundUnits In(ResultFolder folder, Experiment experiment)
    {
        var units = Units.Of(experiment).OrThrow();
        if (folder.NamesOf(experiment) is { } names && names.Count == units.Count)
        {
            var read = new ResultMemory().Read(units, names, folder.Units);
            return new(Items.From(units.Zip(read, (unit, kept) => kept ?? NotThere(unit))),
                Items.From(units.Zip(read).Where(each => each.Second is null).Select(each => each.First)));
        }
        var found = folder.Units.Latest(units.Map(unit => unit.Pipeline), ofThisBuild: false, ResultFolder.UnitsShownIn(folder.Path));
        return new(
            Items.From(units.Zip(found, (unit, kept) => kept is null ? NotThere(unit)
                : new UnitResult(unit, kept.Value.Result) { Name = kept.Value.Name })),
            Items.From(units.Zip(found, (unit, kept) => (unit, kept)).Where(each => each.kept is null).Select(each => each.unit)));
    }

    private static UnitResult NotThere(RunUnit unit) => new(unit, new RunResult([], [], RunEnd.Stopped(0), 0, 0, 0));

    /// <summary>How many are missing and which; what they would be made by is for the caller to add.</summary>
    public string Words(string path) => string.Create(CultureInfo.InvariantCulture,
        $"{Missing.Count} of {Results.Count} results are not in '{path}': " +
        $"{string.Join("; ", Missing.Take(Named).Select(unit => FormattableString.Invariant($"run '{unit.Label}', seed {unit.Seed}")))}" +
        $"{(Missing.Count > Named ? FormattableString.Invariant($"; and {Missing.Count - Named} more") : "")}");
}
