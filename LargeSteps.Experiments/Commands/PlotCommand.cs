using LargeSteps.Experiments.Results;
using LargeSteps.Running;

namespace LargeSteps.Experiments.Commands;

/// <summary>
/// Draws the charts of a result folder again: from its units and the figures of its experiment.yaml, which may have been edited. Images are
/// read only where the loss surface of a deep network has no table that fits.
/// </summary>
internal static class PlotCommand
{
    public static int Run(string path, string? data, Terminal terminal)
    {
        // Made where a surface is evaluated: else there is nothing to stop, and Ctrl-C ends the program at once.
        var stop = new Lazy<Interruption>(() => new Interruption());
        if (!Directory.Exists(path)) throw new CommandException(ExitCode.BadInput, $"error LS0303: there is no folder '{path}'");
        _ = RunCommand.LoadWritten(path);
        using var folder = ResultFolder.Create(path);
        folder.ClaimShared();
        // Another program may have begun another one here before.
        var experiment = RunCommand.LoadWritten(path);
        var found = FoundUnits.In(folder, experiment);
        if (found.Missing.Count > 0)
        {
            var what = $"{found.Words(path)}. Run the experiment with --resume";
            if (found.Missing.Count == found.Results.Count) throw new CommandException(ExitCode.BadInput, $"error LS0304: {what}");
            terminal.Error.WriteLine($"warning LS0304: {what}. The charts show the others.");
        }
        var results = found.Results;
        if (SurfaceFrames.Note(experiment) is { } note) terminal.Error.WriteLine(note);
        var surfaces = new SurfaceTables(folder.Surfaces, results, Context, terminal.Error);
        try
        {
            var others = OtherResults.Beside(path, terminal.Error);
            foreach (var file in folder.WriteFigures(experiment, results, surfaces, others)) terminal.Out.WriteLine(file);
        }
        finally
        {
            if (stop.IsValueCreated) stop.Value.Dispose();
        }
        if (!surfaces.Stopped) return ExitCode.Done;
        terminal.Error.WriteLine("stopped: a loss surface or a map is not evaluated; the same command does the rest");
        return ExitCode.Stopped;

        RunContext Context() => RunContext.Default.WithDevice(Devices.First("auto", results.Map(result => result.Unit), terminal.Error))
            .WithDataFolder(RunCommand.DataFolder(data, "configs")).WithCancellation(stop.Value.Token);
    }
}
