using System.Globalization;
using LargeSteps.Experiments.Results;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Values;

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
        var experiment = RunCommand.LoadWritten(path);
        var folder = ResultFolder.Create(path);
        var units = Units.Of(experiment).OrThrow();
        var found = Items.From(units.Zip(folder.Units.Latest(units.Map(unit => unit.Pipeline), ofThisBuild: false,
            ResultFolder.UnitsShownIn(path)), (unit, kept) => (Unit: unit, kept?.Result, kept?.Name)));
        var missing = found.Where(f => f.Result is null).ToArray();
        if (missing is [var first, ..])
        {
            var what = string.Create(CultureInfo.InvariantCulture,
                $"{missing.Length} of {units.Count} results are not in '{path}', like that of run '{first.Unit.Label}', seed " +
                $"{first.Unit.Seed}; run the experiment with --resume");
            if (missing.Length == units.Count) throw new CommandException(ExitCode.BadInput, $"error LS0304: {what}");
            terminal.Error.WriteLine($"warning LS0304: {what}. The charts show the others.");
        }
        // As after a run that was stopped before it came to them.
        var results = found.Map(f => new UnitResult(f.Unit, f.Result ?? new RunResult([], [], RunEnd.Stopped(0), 0, 0,
            0))
        { Name = f.Name });
        if (SurfaceFrames.Note(experiment) is { } note) terminal.Error.WriteLine(note);
        var surfaces = new SurfaceTables(folder.Surfaces, results, Context, terminal.Error);
        try
        {
            foreach (var file in folder.WriteFigures(experiment, results, surfaces)) terminal.Out.WriteLine(file);
        }
        finally
        {
            if (stop.IsValueCreated) stop.Value.Dispose();
        }
        if (!surfaces.Stopped) return ExitCode.Done;
        terminal.Error.WriteLine("stopped: a loss surface or a map is not evaluated; the same command does the rest");
        return ExitCode.Stopped;

        RunContext Context() => RunContext.Default.WithDevice(Devices.Choose("auto", units, terminal.Error))
            .WithDataFolder(RunCommand.DataFolder(data, "configs")).WithCancellation(stop.Value.Token);
    }
}
