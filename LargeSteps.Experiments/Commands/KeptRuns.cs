using LargeSteps.Experiments.Results;
using LargeSteps.Models.Deep;
using LargeSteps.Pipelines;
using LargeSteps.Running;

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
    public Items<UnitResult>? Find(Experiment experiment, Items<Unit> units)
    {
        var folder = ResultFolder.UnitsOf(FolderOf(experiment));
        if (!Directory.Exists(folder)) return null;
        var store = new UnitStore(folder);
        var found = units.Select(unit => store.Find(unit.Pipeline) is { } result ? new UnitResult(unit, result) : null).TakeWhile(result => result is not null).ToArray();
        return found.Length == units.Count ? Items.From(found.Select(result => result!)) : null;
    }

    /// <summary>The results of units, kept ones and those that are run for it; ends the command where it is stopped meanwhile.</summary>
    public Items<UnitResult> Run(Experiment experiment, Items<Unit> units, Terminal terminal, CancellationToken stop)
    {
        var log = Quiet ? TextWriter.Null : terminal.Error;
        log.WriteLine(FormattableString.Invariant($"{experiment.Name}: {units.Count} runs"));
        var folder = ResultFolder.Create(FolderOf(experiment));
        var device = Devices.Choose("auto", units, log);
        FetchImages.Ensure(units, Data, mirror: null, Quiet, terminal, stop);
        var context = RunContext.Default.WithDevice(device).WithCancellation(stop).WithDataFolder(Data)
            .WithCheckpoints(new Checkpoints(folder.Checkpoints, experiment.Checkpoints ?? CheckpointPlan.Default, !Fresh));
        // A step of a deep network takes all cores.
        var workers = units.Any(unit => unit.Pipeline.Model is DeepNetwork) ? 1 : Workers;
        var results = RunProgressView.Show(terminal, Quiet, device, units, events => ExperimentRunner.Run(units, context, workers, folder.Units, resume: !Fresh, events));
        return stop.IsCancellationRequested
            ? throw new CommandException(ExitCode.Stopped, $"stopped: what has been run is kept, and the same command{(Fresh ? " without --fresh" : "")} does the rest") : results;
    }

    private string FolderOf(Experiment experiment) => Path.Combine(Output, experiment.Name);
}
