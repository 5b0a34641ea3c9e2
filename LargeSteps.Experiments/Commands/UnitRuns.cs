using LargeSteps.Experiments.Results;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Commands;

/// <summary>How units are run, whatever the verb.</summary>
/// <param name="Output">The folder in which the experiment's results have theirs.</param>
/// <param name="Device">The device as the command line names it.</param>
/// <param name="Data">The folder of image datasets.</param>
/// <param name="Mirror">Where images are fetched from instead of where they were published; null: there.</param>
/// <param name="Workers">Runs at a time.</param>
/// <param name="Resume">Whether results and checkpoints that are kept are taken.</param>
/// <param name="Quiet">Say nothing but errors.</param>
/// <param name="Exact">Refuse to go on from checkpoints of another kind of processor.</param>
internal sealed record UnitOptions(string Output, string Device, string Data, Uri? Mirror, int Workers, bool Resume, bool Quiet,
    bool Exact = false);

/// <summary>The units of an experiment on the device that they run on, with their images there and the folder of their results
/// made.</summary>
internal sealed class UnitRuns : IDisposable
{
    private readonly Items<RunUnit> _units;
    private readonly UnitOptions _options;
    private LiveMeasurements? _live;

    private UnitRuns(Items<RunUnit> units, UnitOptions options, ResultFolder folder, RunContext context)
    {
        (_units, _options, Folder, Context) = (units, options, folder, context);
    }

    public ResultFolder Folder { get; }

    public RunContext Context { get; }

    /// <summary>How many runs there are at a time: one of a deep network on each device, since a step takes all of it.</summary>
    public int Workers => _units.All(unit => unit.Pipeline.Model.AsDeep is not null) ? Context.Workers.Count
        : _options.Workers;

    /// <summary>The devices, in words.</summary>
    public string Device => string.Join(',', Context.Workers.Map(worker => worker.Name));

    /// <summary>Makes everything ready; ends the command where the device or the images are not there, or the folder cannot be written
    /// to.</summary>
    /// <param name="experiment">The experiment.</param>
    /// <param name="units">Its units that are run.</param>
    /// <param name="all">How many it has.</param>
    /// <param name="options">How.</param>
    /// <param name="terminal">The terminal.</param>
    /// <param name="stop">Stops the fetching of images.</param>
    public static UnitRuns Of(Experiment experiment, Items<RunUnit> units, int all, UnitOptions options, Terminal terminal,
        CancellationToken stop)
    {
        var devices = Devices.Choose(options.Device, units, options.Quiet ? TextWriter.Null : terminal.Error);
        FetchImages.Ensure(units, options.Data, options.Mirror, options.Quiet, terminal, stop);
        MemoryNeeds.Ensure(units, options.Workers, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        var names = new UnitNames(options.Data);
        var folder = ResultFolder.Create(Path.Combine(options.Output, experiment.Name), all);
        var context = RunContext.Default.WithDevice(devices[0].Device).WithCancellation(stop).WithDataFolder(options.Data)
            .WithCheckpoints(new Checkpoints(folder.Checkpoints, experiment.Checkpoints ?? CheckpointPlan.Default, options.Resume));
        return new(units, options, folder, context with { Names = names, Exact = options.Exact, Workers = devices });
    }

    /// <summary>Says that no program is at work here any more, once the tables are made too, and lets go of the folder.</summary>
    public void Dispose()
    {
        _live?.Dispose();
        Folder.Dispose();
    }

    /// <summary>Runs them, with their progress on the terminal and for whoever looks on.</summary>
    /// <param name="terminal">The terminal.</param>
    /// <param name="listeners">Who else is told of every event.</param>
    public Items<UnitResult> Run(Terminal terminal, params IReadOnlyList<IProgress<RunEvent>> listeners)
    {
        var live = _live ??= new(LiveFolder.Of(Folder.Path), _units.Count, () => Folder.Units.Names(),
            pipeline => Context.Names!.Of(pipeline).Name, TimeProvider.System, terminal.Error, !_options.Resume);
        return RunProgressView.Show(terminal, _options.Quiet, Device, _units, events => ExperimentRunner.Run(_units, Context,
            _options.Workers, Folder.Units, _options.Resume, new Listeners([.. listeners, live, .. events is null ? []
                : (IProgress<RunEvent>[])[events]])));
    }

    /// <summary>The losses of the surfaces that the experiment shows.</summary>
    public SurfaceTables Surfaces(Items<UnitResult> results, Terminal terminal) => new(Folder.Surfaces, results, () => Context,
        _options.Quiet ? null : terminal.Error)
    { Workers = _options.Workers };
}
