using System.Diagnostics;
using LargeSteps.Experiments.Results;
using LargeSteps.Running;

namespace LargeSteps.Experiments.Commands;

/// <summary>What <c>gather</c> is asked for.</summary>
/// <param name="Path">A config, or a folder of results.</param>
/// <param name="Overrides">The changes to the config that the run had too.</param>
/// <param name="Output">Of a config: the folder of the results.</param>
/// <param name="Data">The folder of image datasets; null: as usual.</param>
/// <param name="Words">The command line, for whoever reads the results.</param>
internal sealed record GatherRequest(string Path, string[] Overrides, string Output, string? Data, Values.Items<string> Words);

/// <summary>Makes everything that a run leaves of the units that are there, whichever programs have made them: tables, figures, the
/// report; and says which are missing.</summary>
internal static class GatherCommand
{
    public static int Run(GatherRequest request, Terminal terminal)
    {
        var watch = Stopwatch.StartNew();
        var stop = new Lazy<Interruption>(() => new Interruption());
        var isFolder = Directory.Exists(request.Path);
        if (isFolder && request.Overrides.Length > 0)
        {
            throw new CommandException(ExitCode.BadInput, "error LS0300: --set belongs to a config: a folder of results has its " +
                "experiment.yaml");
        }
        var config = isFolder ? Path.Combine(request.Path, ResultFolder.ExperimentFile) : request.Path;
        var provenance = Provenance.Of(config, request.Words);
        var experiment = isFolder ? RunCommand.LoadWritten(request.Path) : RunCommand.Load(request.Path, request.Overrides);
        var path = isFolder ? request.Path : Path.Combine(request.Output, experiment.Name);
        if (!Directory.Exists(path)) throw new CommandException(ExitCode.BadInput, $"error LS0303: there is no folder '{path}'");
        using var folder = ResultFolder.Create(path);
        folder.ClaimShared();
        // Another program may have begun another one here before.
        if (isFolder) experiment = RunCommand.LoadWritten(path);
        // Else its tables would stand beside the experiment.yaml of another one.
        if (!isFolder && !folder.Has(experiment))
        {
            throw new CommandException(ExitCode.BadInput,
                $"error LS0304: the experiment in '{path}' is another one than '{request.Path}': its seeds, or what --set changed; " +
                $"'gather {path}' makes the tables of what is there");
        }
        var found = FoundUnits.In(folder, experiment);
        if (found.Missing.Count == found.Results.Count)
            throw new CommandException(ExitCode.BadInput, $"error LS0304: {found.Words(path)}. Run the experiment first");
        var surfaces = new SurfaceTables(folder.Surfaces, found.Results, Context, terminal.Error);
        try
        {
            folder.WriteResults(experiment, found.Results, new RunInfo(null, null, watch.Elapsed.TotalSeconds, RunInfo.PeakMemory(),
                provenance with { End = TimeProvider.System.GetUtcNow() }), surfaces, OtherResults.Beside(path, terminal.Error));
        }
        finally
        {
            if (stop.IsValueCreated) stop.Value.Dispose();
        }
        terminal.Out.WriteLine(FormattableString.Invariant(
            $"{found.Results.Count - found.Missing.Count} of {found.Results.Count} units are gathered in {folder.Path}"));
        if (found.Missing.Count > 0) terminal.Error.WriteLine($"warning LS0304: {found.Words(path)}");
        if (surfaces.Stopped) terminal.Error.WriteLine("stopped: a loss surface or a map is not evaluated; the same command does the rest");
        return found.Missing.Count > 0 || surfaces.Stopped ? ExitCode.Stopped : ExitCode.Done;

        RunContext Context() => RunContext.Default
            .WithDevice(Devices.First("auto", found.Results.Map(result => result.Unit), terminal.Error))
            .WithDataFolder(RunCommand.DataFolder(request.Data, isFolder ? "configs" : Path.GetDirectoryName(Path.GetFullPath(config))!))
            .WithCancellation(stop.Value.Token);
    }
}
