using System.Diagnostics;
using LargeSteps.Configuration;
using LargeSteps.Experiments.Results;
using LargeSteps.Figures;
using LargeSteps.Formats;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Commands;

/// <summary>What the command line asks for.</summary>
/// <remarks>
/// <c>Data</c> is the folder of the files of image datasets, null for LARGESTEPS_DATA or data beside the folder of the config;
/// <c>Mirror</c> is where to fetch them instead of where they were published, null for there; <c>Words</c> is the command line, for whoever
/// reads the results; <c>Exact</c> refuses to go on from checkpoints of another kind of processor; <c>Shard</c> makes a part of the units,
/// and nothing of them, in a folder that several programs share.
/// </remarks>
internal sealed record RunRequest(
    string Config, string[] Overrides, string Output, string Device, Seeds? Seeds, int Workers, bool Resume, bool Smoke, bool Quiet,
        string? Data = null, Uri? Mirror = null, bool TensorBoard = false, Items<string>? Words = null,
        bool Exact = false, Shard? Shard = null)
{
    /// <summary>How many workers the command line asks for; null: it does not say.</summary>
    public int? GivenWorkers { get; init; }
}

/// <summary>Runs an experiment and writes what it leaves behind.</summary>
internal static class RunCommand
{
    public static int Run(RunRequest request, Terminal console)
    {
        using var log = new RunLog(console);
        try
        {
            return Run(request, log);
        }
        catch (Exception e)
        {
            // Here, so that the log has it.
            return CommandLine.Tell(e, log.Terminal.Error);
        }
    }

    private static int Run(RunRequest request, RunLog log)
    {
        var (watch, provenance) = (Stopwatch.StartNew(), Provenance.Of(request.Config, request.Words ?? []));
        using var stop = new Interruption();
        var terminal = log.Terminal;
        var experiment = Prepared(Load(request.Config, request.Overrides), request);
        var units = Units.Of(experiment).OrThrow();
        CheckWeights(units);
        if (experiment.Seeds is { Count: > 1 } && units.Count == experiment.Runs.Count && !request.Quiet)
        {
            terminal.Error.WriteLine("no run draws from a stream that follows the seeds, so that each is run once; seeds has follow: " +
                "[data, initialisation, sampling]");
        }
        var data = DataFolder(request.Data, Path.GetDirectoryName(Path.GetFullPath(request.Config)) ?? ".");
        // What other programs have made of the same part, or of another one, stays.
        var (made, resume) = (request.Shard?.Of(units) ?? units, request.Resume || request.Shard is not null);
        using var runs = UnitRuns.Of(experiment, made, units.Count, new(request.Output, request.Device, data, request.Mirror,
            request.Workers, resume, request.Quiet, request.Exact), terminal, stop.Token);
        if (runs.Folder.WriteExperiment(experiment, runs.Context.Names!.Of(units), provenance.Start)
            is { } former && !request.Quiet)
        {
            terminal.Error.WriteLine($"'{experiment.Name}' was another experiment here, or read other files: " +
                $"its tables, figures and report are in {former}");
        }

        var path = request.Shard is { } part ? runs.Folder.LogOf(part.Index, part.Count) : runs.Folder.Log;
        // A task whose node was lost may still be at work while the scheduler begins it again: it makes the part, this one what is left.
        using var claim = request.Shard is null ? null : Claimed(path, terminal, stop.Token);
        log.WriteTo(path, append: resume);
        if (!request.Quiet && SurfaceFrames.Note(experiment) is { } note) terminal.Error.WriteLine(note);

        using var board = request.TensorBoard ? new TensorBoardEvents(runs.Folder.TensorBoard, units, TimeProvider.System, terminal.Error)
            : null;
        var results = runs.Run(terminal, board is null ? [] : [board]);
        if (request.Shard is { } shard) return OfShard(shard, results, runs.Folder, terminal);
        var surfaces = runs.Surfaces(results, terminal);
        var others = new OtherResults(request.Output, request.Quiet ? null : terminal.Error);
        runs.Folder.WriteResults(experiment, results, new RunInfo(
            runs.Device, runs.Workers, watch.Elapsed.TotalSeconds, RunInfo.PeakMemory(),
            provenance with { End = TimeProvider.System.GetUtcNow() }), surfaces, others);
        if (!request.Quiet) Report(experiment, results, others, runs.Folder, terminal);
        var code = Verdict(results, terminal);
        if (code != ExitCode.Done || !surfaces.Stopped) return code;
        terminal.Error.WriteLine("stopped: a loss surface or a map is not evaluated; the same command with --resume does the rest");
        return ExitCode.Stopped;
    }

    /// <summary>The folder of the files of image datasets: the one asked for, or what LARGESTEPS_DATA says, or data beside the folder of
    /// the configs or of the pages.</summary>
    internal static string DataFolder(string? asked, string beside)
    {
        if (asked is not null) return asked;
        if (Environment.GetEnvironmentVariable("LARGESTEPS_DATA") is { Length: > 0 } variable) return variable;
        var folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(beside));
        return Path.Combine(Path.GetDirectoryName(folder) ?? folder, "data");
    }

    /// <summary>The experiment in a file; ends the command with all diagnostics where there is none.</summary>
    public static Experiment Load(string path, params string[] overrides) => Loaded(ExperimentYaml.Load(path, overrides));

    /// <summary>The experiment in a folder of results; ends the command with all diagnostics where there is none.</summary>
    public static Experiment LoadWritten(string folder) =>
        Loaded(ExperimentYaml.LoadWritten(Path.Combine(folder, ResultFolder.ExperimentFile)));

    /// <summary>What was read of a file; ends the command with all diagnostics where there is nothing.</summary>
    public static T Loaded<T>(Outcome<T> outcome) => outcome.Match(
        value => value, diagnostics => throw new CommandException(ExitCode.BadInput, string.Join(Environment.NewLine, diagnostics)));

    internal static void CheckWeights(Items<RunUnit> units)
    {
        if (InitialWeights.Problems(units).ToArray() is { Length: > 0 } problems)
            throw new CommandException(ExitCode.BadInput, string.Join(Environment.NewLine, problems));
    }

    internal static Experiment Prepared(Experiment experiment, RunRequest request)
    {
        if (request.Seeds is { } seeds)
            experiment = Loaded(experiment.WithSeeds(experiment.Seeds is { } own ? seeds with { Follow = own.Follow } : seeds).Checked());
        // In a folder of its own, so that a moment's look takes nothing from results.
        return request.Smoke ? Smoke.Shrink(experiment).WithName($"{experiment.Name}-smoke") : experiment;
    }

    private static FileStream? Claimed(string log, Terminal terminal, CancellationToken stop)
    {
        var path = log + FileClaim.Ending;
        if (FileClaim.Alone(path) is { } free) return free;
        terminal.Error.WriteLine("another program makes this part: waiting until it has ended");
        while (!stop.WaitHandle.WaitOne(TimeSpan.FromSeconds(1)))
            if (FileClaim.Alone(path) is { } held) return held;
        return null;
    }

    private static int OfShard(Shard shard, Items<UnitResult> results, ResultFolder folder, Terminal terminal)
    {
        var code = Verdict(results, terminal);
        if (code == ExitCode.Done)
        {
            terminal.Out.WriteLine(FormattableString.Invariant(
                $"part {shard}: {results.Count} units are done; 'gather {folder.Path}' makes tables and figures of all parts"));
        }
        return code;
    }

    private static void Report(Experiment experiment, Items<UnitResult> results, OtherResults others, ResultFolder folder,
        Terminal terminal)
    {
        terminal.Out.Write(ConsoleTable.Of(results, terminal.Width));
        foreach (var table in experiment.Figures.OfType<TableFigure>()
            .Select(table => new ComparisonTable(table, Comparison.Of(table, others.For(table, experiment, results)))))
        {
            terminal.Out.Write($"{table.File}: {table.Legend}\n{ConsoleTable.Aligned([table.Header, .. table.Rows])}");
        }

        terminal.Out.WriteLine($"results in {folder.Path}");
    }

    /// <summary>Tells what failed or is left to do; the exit code.</summary>
    internal static int Verdict(Items<UnitResult> results, Terminal terminal)
    {
        var failures = results.Where(r => r.AtEnd.End.Failure is not null).ToArray();
        foreach (var failure in failures)
        {
            terminal.Error.WriteLine(FormattableString.Invariant(
                $"error LS0305: '{failure.Unit.Label}', seed {failure.Unit.Seed}, failed: {failure.AtEnd.End.Failure}"));
        }

        if (failures.Length > 0) return ExitCode.Bug;
        var stopped = results.Count(r => r.AtEnd.End.IsStopped);
        if (stopped == 0) return ExitCode.Done;
        terminal.Error.WriteLine(FormattableString.Invariant(
            $"stopped: {results.Count - stopped} of {results.Count} runs are done; the same command with --resume does the rest"));
        return ExitCode.Stopped;
    }
}
