using LargeSteps.Experiments.Results;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Commands;

/// <summary>Where and how <c>reproduce</c> and <c>docs</c> run what they show.</summary>
/// <param name="Output">The folder of the results: those of <c>run</c> are taken from there, and what is run is kept there.</param>
/// <param name="Data">The folder of image datasets.</param>
/// <param name="Workers">Runs at a time.</param>
/// <param name="Fresh">Run again what is kept.</param>
/// <param name="Quiet">Say nothing but errors and results.</param>
internal sealed record KeptRuns(string Output, string Data, int Workers, bool Fresh, bool Quiet)
{
    /// <summary>The results of units where all of them are kept; else null.</summary>
    public Items<UnitResult>? Find(Experiment experiment, Items<RunUnit> units)
    {
        var folder = ResultFolder.UnitsOf(FolderOf(experiment));
        if (!Directory.Exists(folder)) return null;
        var found = new UnitStore(folder).Latest(units.Map(unit => unit.Pipeline), ofThisBuild: true,
            ResultFolder.UnitsShownIn(FolderOf(experiment)));
        return found.Contains(null) ? null : Items.From(units.Zip(found, (unit, kept) => new UnitResult(unit,
            kept!.Value.Result)
        { Name = kept.Value.Name }));
    }

    /// <summary>The results of units, kept ones and those that are run for it; ends the command where it is stopped meanwhile.</summary>
    public Items<UnitResult> Run(Experiment experiment, Items<RunUnit> units, Terminal terminal, CancellationToken stop)
    {
        if (!Quiet) terminal.Error.WriteLine(FormattableString.Invariant($"{experiment.Name}: {units.Count} runs"));
        using var runs = UnitsOf(experiment, units, terminal, stop);
        var results = runs.Run(terminal);
        return stop.IsCancellationRequested ? throw Stopped : results;
    }

    /// <summary>The losses of an experiment's surfaces, and its maps.</summary>
    public SurfaceTables Surfaces(Experiment experiment, Items<UnitResult> results, Terminal terminal, CancellationToken stop) =>
        // Small models need neither images nor a device for it, nor do tables that are kept.
        new(Path.Combine(FolderOf(experiment), ResultFolder.SurfaceFolder), results, () =>
            UnitsOf(experiment, results.Map(result => result.Unit), terminal, stop).Context, Quiet ? null : terminal.Error)
        { Workers = Workers };

    /// <summary>What ends a command that was stopped.</summary>
    public CommandException Stopped =>
        new(ExitCode.Stopped, $"stopped: what has been run is kept, and the same command{(Fresh ? " without --fresh" : "")} does the rest");

    private UnitRuns UnitsOf(Experiment experiment, Items<RunUnit> units, Terminal terminal, CancellationToken stop) =>
        UnitRuns.Of(experiment, units, units.Count, new(Output, "auto", Data, null, Workers, !Fresh, Quiet), terminal, stop);

    private string FolderOf(Experiment experiment) => Path.Combine(Output, experiment.Name);
}
