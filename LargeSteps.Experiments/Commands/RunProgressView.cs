using System.Diagnostics;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace LargeSteps.Experiments.Commands;

/// <summary>Shows how far the runs are: a bar that moves where a person watches, plain lines elsewhere.</summary>
internal static class RunProgressView
{
    /// <summary>Does the work, which reports its events, and shows them meanwhile.</summary>
    public static TResult Show<TResult>(Terminal terminal, bool quiet, string device, Items<Unit> units, Func<IProgress<RunEvent>?, TResult> work)
    {
        if (quiet) return work(null);
        if (!terminal.Interactive) return work(new PlainLines(terminal.Error, units.Count, device));
        TResult result = default!;
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(terminal.Error) });
        console.Progress()
            .AutoClear(false)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RateColumn(), new RemainingTimeColumn())
            .Start(context => result = work(new Bars(context, console, units, device)));
        return result;
    }

    /// <summary>One line about a finished unit.</summary>
    private static string Describe(UnitFinished finished)
    {
        var (unit, result) = (finished.Unit, finished.Result);
        var what = result.End.Match(
            completed => "completed", dead => "dead, a hidden layer has no active unit", diverged => FormattableString.Invariant($"diverged at iteration {diverged.Iteration}"),
            stopped => FormattableString.Invariant($"stopped at iteration {stopped.Iteration}"), failed => $"failed: {failed.Message.Split('\n')[0].Trim()}");
        var seconds = finished.Kept ? "kept" : FormattableString.Invariant($"{result.TrainingSeconds:F2} s training, {result.ProbeSeconds:F2} s probes");
        var loss = result.Metrics.Contains("train_loss") && result.Measurements.Count > 0 ? FormattableString.Invariant($", train loss {result.Last("train_loss"):G4}") : "";
        return FormattableString.Invariant($"{unit.Label}, seed {unit.Seed}: {what}{loss} ({seconds})");
    }

    private sealed class PlainLines(TextWriter log, int total, string device) : IProgress<RunEvent>
    {
        private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

        private readonly Lock _lock = new();
        private readonly Dictionary<Unit, long> _last = [];
        private readonly LongRunLog _long = new(device, TimeProvider.System);
        private int _finished;

        public void Report(RunEvent value)
        {
            lock (_lock) log.Write(value.Match(Started, Progressed, Finished));
        }

        private string Started(UnitStarted started)
        {
            _last[started.Unit] = Stopwatch.GetTimestamp();
            return "";
        }

        // A line now and then, so that a log of a long run shows that it lives.
        private string Progressed(UnitProgressed progressed)
        {
            if (_long.Lines(progressed).ToArray() is { Length: > 0 } lines)
            {
                _last[progressed.Unit] = Stopwatch.GetTimestamp();
                return string.Concat(lines.Select(line => line + Environment.NewLine));
            }
            if (Stopwatch.GetElapsedTime(_last[progressed.Unit]) < Interval) return "";
            _last[progressed.Unit] = Stopwatch.GetTimestamp();
            var (at, of) = (progressed.Progress.Iteration, progressed.Progress.Steps);
            return FormattableString.Invariant($"{progressed.Unit.Label}, seed {progressed.Unit.Seed}: iteration {at} of {of} ({100.0 * at / of:F0} %){Environment.NewLine}");
        }

        private string Finished(UnitFinished finished) =>
            FormattableString.Invariant($"[{++_finished}/{total}] {Describe(finished)}{Environment.NewLine}");
    }

    /// <summary>A bar for each run where there are few, else one for all.</summary>
    private sealed class Bars : IProgress<RunEvent>
    {
        private const int Most = 8;

        private readonly Lock _lock = new();
        private readonly Dictionary<Unit, ProgressTask> _bars = [];
        private readonly Dictionary<Unit, double> _done = [];
        private readonly IAnsiConsole _console;
        private readonly LongRunLog _long;

        public Bars(ProgressContext context, IAnsiConsole console, Items<Unit> units, string device)
        {
            (_console, _long) = (console, new LongRunLog(device, TimeProvider.System));
            var shared = units.Count > Most ? context.AddTask(FormattableString.Invariant($"{units.Count} runs"), maxValue: units.Count) : null;
            foreach (var unit in units) _bars.TryAdd(unit, shared ?? context.AddTask(Markup.Escape(unit.Label), maxValue: 1));
        }

        public void Report(RunEvent value)
        {
            lock (_lock)
                _ = value.Match(
                    started => 0.0,
                    progressed =>
                    {
                        foreach (var line in _long.Lines(progressed)) _console.WriteLine(line);
                        return Advance(progressed.Unit, (double)progressed.Progress.Iteration / progressed.Progress.Steps);
                    },
                    finished => Finish(finished));
        }

        private double Advance(Unit unit, double part)
        {
            var before = _done.GetValueOrDefault(unit);
            _done[unit] = part;
            _bars[unit].Increment(part - before);
            return part;
        }

        private double Finish(UnitFinished finished)
        {
            if (finished.Result.End is not CompletedRun && _bars[finished.Unit].MaxValue == 1)
                _bars[finished.Unit].Description = $"{Markup.Escape(finished.Unit.Label)} [yellow]{finished.Result.End.Word}[/]";
            return Advance(finished.Unit, 1);
        }
    }

    /// <summary>Percent of the whole per second, or runs per second: what a bar's speed says.</summary>
    private sealed class RateColumn : ProgressColumn
    {
        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime)
        {
            var text = task.Speed is not { } speed ? ""
                : task.MaxValue == 1 ? FormattableString.Invariant($"{100 * speed:G3} %/s")
                : FormattableString.Invariant($"{speed:G3} runs/s");
            return new Text(text).RightJustified();
        }
    }
}
