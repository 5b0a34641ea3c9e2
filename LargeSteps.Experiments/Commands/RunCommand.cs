using System.Diagnostics;
using System.Runtime.InteropServices;
using LargeSteps.Configuration;
using LargeSteps.Experiments.Results;
using LargeSteps.Pipelines;
using LargeSteps.Running;

namespace LargeSteps.Experiments.Commands;

/// <summary>What the command line asks for.</summary>
internal sealed record RunRequest(string Config, string[] Overrides, string Output, string Device, Seeds? Seeds, int Workers, bool Resume, bool Smoke, bool Quiet);

/// <summary>Runs an experiment and writes what it leaves behind.</summary>
internal static class RunCommand
{
    public static int Run(RunRequest request, Terminal terminal)
    {
        var watch = Stopwatch.StartNew();
        using var stop = new CancellationTokenSource();
        using var interrupt = OnSignal(PosixSignal.SIGINT, stop);
        using var terminate = OnSignal(PosixSignal.SIGTERM, stop);
        var experiment = Prepared(Load(request.Config, request.Overrides), request);
        var units = Units.Of(experiment).OrThrow();
        var device = Devices.Choose(request.Device, units, request.Quiet ? TextWriter.Null : terminal.Error);
        var folder = ResultFolder.Create(Path.Combine(request.Output, experiment.Name));
        folder.WriteExperiment(experiment);

        var context = RunContext.Default.WithDevice(device).WithCancellation(stop.Token);
        var results = RunProgressView.Show(
            terminal, request.Quiet, units,
            events => ExperimentRunner.Run(units, context, request.Workers, folder.Units, request.Resume, events));

        folder.WriteResults(experiment, results, new RunInfo(device, request.Workers, watch.Elapsed.TotalSeconds));
        if (!request.Quiet) Report(results, folder, terminal);
        return Verdict(results, terminal);
    }

    /// <summary>The experiment in a file; ends the command with all diagnostics where there is none.</summary>
    public static Experiment Load(string path, params string[] overrides) => ExperimentYaml.Load(path, overrides).Match(
        experiment => experiment,
        diagnostics => throw new CommandException(ExitCode.BadInput, string.Join(Environment.NewLine, diagnostics)));

    private static Experiment Prepared(Experiment experiment, RunRequest request)
    {
        if (request.Seeds is { } seeds)
            experiment = experiment.WithSeeds(experiment.Seeds is { } own ? seeds with { Follow = own.Follow } : seeds);
        return request.Smoke ? Smoke.Shrink(experiment) : experiment;
    }

    private static PosixSignalRegistration OnSignal(PosixSignal signal, CancellationTokenSource stop) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            // The first asks the runs to stop between two steps; a second one ends the program at once.
            context.Cancel = !stop.IsCancellationRequested;
            stop.Cancel();
        });

    private static void Report(Items<UnitResult> results, ResultFolder folder, Terminal terminal)
    {
        terminal.Out.Write(ConsoleTable.Of(results));
        terminal.Out.WriteLine($"results in {folder.Path}");
    }

    /// <summary>Tells what failed or is left to do; the exit code.</summary>
    internal static int Verdict(Items<UnitResult> results, Terminal terminal)
    {
        var failures = results.Where(r => r.Result.End is FailedRun).ToArray();
        foreach (var failure in failures)
            terminal.Error.WriteLine(FormattableString.Invariant($"error LS0305: '{failure.Unit.Label}', seed {failure.Unit.Seed}, failed: {((FailedRun)failure.Result.End).Message}"));
        if (failures.Length > 0) return ExitCode.Bug;
        var stopped = results.Count(r => r.Result.End is StoppedRun);
        if (stopped == 0) return ExitCode.Done;
        terminal.Error.WriteLine(FormattableString.Invariant($"stopped: {results.Count - stopped} of {results.Count} runs are done; the same command with --resume does the rest"));
        return ExitCode.Stopped;
    }
}
