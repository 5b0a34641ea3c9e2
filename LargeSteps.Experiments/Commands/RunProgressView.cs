using System.Diagnostics;
using System.Globalization;
using LargeSteps.Experiments.Results;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Values;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace LargeSteps.Experiments.Commands;

/// <summary>Shows how far the runs are: a bar that moves where a person watches, plain lines elsewhere.</summary>
internal static class RunProgressView
{
    /// <summary>Does the work, which reports its events, and shows them meanwhile.</summary>
    public static TResult Show<TResult>(Terminal terminal, bool quiet, string device, Items<RunUnit> units,
        Func<IProgress<RunEvent>?, TResult> work)
    {
        if (quiet) return work(null);
        if (!terminal.Interactive) return work(new PlainLines(terminal.Error, units.Count, device));
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(terminal.Screen) });
        // Where nothing can move there are lines.
        if (!console.Profile.Capabilities.Ansi) return work(new PlainLines(terminal.Error, units.Count, device));
        return Show(console, device, units, TimeProvider.System, bars => work(new Listeners([bars,
            new PlainLines(terminal.Record, units.Count, device)])));
    }

    /// <summary>The same on a terminal where lines can move.</summary>
    internal static TResult Show<TResult>(IAnsiConsole console, string device, Items<RunUnit> units, TimeProvider clock,
        Func<IProgress<RunEvent>, TResult> work)
    {
        TResult result = default!;
        var bars = new Bars(console, units, device, clock);
        console.Progress().AutoClear(false).Columns(new LineColumn(bars)).Start(context =>
        {
            bars.Begin(context);
            result = work(bars);
        });
        return result;
    }

    /// <summary>One line about a finished unit.</summary>
    private static string Describe(UnitFinished finished)
    {
        var (unit, result) = (finished.Unit, finished.Result);
        var what = result.End.Match(
            completed => "completed", dead => "dead, a hidden layer has no active unit", diverged =>
                FormattableString.Invariant($"diverged at iteration {diverged.Iteration}"),
            stopped => FormattableString.Invariant($"stopped at iteration {stopped.Iteration}"), failed =>
                $"failed: {failed.Message.Split('\n')[0].Trim()}");
        var seconds = finished.Kept ? "kept"
            : FormattableString.Invariant($"{result.TrainingSeconds:F2} s training, {result.ProbeSeconds:F2} s probes");
        var loss = result.Metrics.Contains("train_loss") && result.Measurements.Count > 0
            ? FormattableString.Invariant($", train loss {result.Last("train_loss"):G4}") : "";
        return FormattableString.Invariant($"{unit.Label}, seed {unit.Seed}: {what}{loss} ({seconds})");
    }

    private sealed class PlainLines(TextWriter log, int total, string device) : IProgress<RunEvent>
    {
        private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

        private readonly Lock _lock = new();
        private readonly Dictionary<RunUnit, long> _last = [];
        private readonly Dictionary<RunUnit, (long Iteration, long Time)> _begun = [];
        private readonly Dictionary<RunUnit, double> _losses = [];
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

        // A line now and then, so that a log of a long run shows that it lives, and 'status' how far it is.
        private string Progressed(UnitProgressed progressed)
        {
            var (unit, progress) = (progressed.Unit, progressed.Progress);
            var rows = string.Concat(_long.Lines(progressed).Select(line => line + Environment.NewLine));
            if (progress.Measured is { } measured && measured.Metrics.AsSpan().IndexOf("train_loss") is >= 0 and var column)
                _losses[unit] = measured.Measurement.Values[column];
            if (_begun.TryAdd(unit, (progress.Iteration, Stopwatch.GetTimestamp()))
                || Stopwatch.GetElapsedTime(_last[unit]) < Interval)
            {
                return rows;
            }
            _last[unit] = Stopwatch.GetTimestamp();
            var (at, of, begun) = (progress.Iteration, progress.Steps, _begun[unit]);
            var loss = _losses.TryGetValue(unit, out var last) ? FormattableString.Invariant($", train loss {last:G4}") : "";
            var left = at == begun.Iteration ? "" : $", about {LongRunLog.Words(Stopwatch.GetElapsedTime(begun.Time)
                / (at - begun.Iteration) * (of - at))} to go";
            return rows + string.Create(CultureInfo.InvariantCulture,
                $"{unit.Label}, seed {unit.Seed}: iteration {at} of {of} ({100.0 * at / of:F0} %){loss}{left}{Environment.NewLine}");
        }

        private string Finished(UnitFinished finished)
        {
            _last.Remove(finished.Unit);
            _begun.Remove(finished.Unit);
            _losses.Remove(finished.Unit);
            return FormattableString.Invariant($"[{++_finished}/{total}] {Describe(finished)}{Environment.NewLine}");
        }
    }

    /// <summary>A line for each unit where there are few, else for each run, else one for all.</summary>
    private sealed class Bars : IProgress<RunEvent>
    {
        private const int Most = 8;

        private readonly Lock _lock = new();
        private readonly Items<ProgressLine> _lines;
        private readonly Dictionary<RunUnit, ProgressLine> _lineOf = [];
        private readonly Dictionary<int, ProgressLine> _lineOfTask = [];
        private readonly IAnsiConsole _console;
        private readonly LongRunLog _long;

        public Bars(IAnsiConsole console, Items<RunUnit> units, string device, TimeProvider clock)
        {
            (_console, _long) = (console, new LongRunLog(device, clock, console.Profile.Width - 1));
            var runs = units.GroupBy(unit => unit.Label).ToArray();
            _lines = units.Count <= Most ? units.Map(unit => new ProgressLine(unit.Label, [unit], clock))
                : runs.Length <= Most ? Items.From(runs.Select(run => new ProgressLine(run.Key, Items.From(run), clock)))
                : [new ProgressLine(FormattableString.Invariant($"{units.Count} runs"), units, clock)];
            for (var i = 0; i < units.Count; i++)
            {
                _lineOf[units[i]] = units.Count <= Most ? _lines[i] : runs.Length <= Most
                    ? _lines.First(line => line.Label == units[i].Label) : _lines[0];
            }
        }

        public void Begin(ProgressContext context)
        {
            foreach (var line in _lines)
                _lineOfTask[context.AddTask(Markup.Escape(line.Label)).Id] = line;
        }

        /// <summary>The line of a task, in a width.</summary>
        public ProgressLine.Shown Line(ProgressTask task, int width) =>
            _lineOfTask[task.Id].In(width, _lines.Max(line => ProgressLine.Columns(line.Label)), _lines.Max(line => line.SeedWidth));

        public void Report(RunEvent value)
        {
            lock (_lock)
            {
                var lines = value.Match(started => [], _long.Lines, finished => []);
                foreach (var line in lines.SelectMany(line => ProgressLine.Lines(line, _console.Profile.Width - 1)))
                    _console.WriteLine(line);
                _lineOf[value.Unit].Report(value);
            }
        }
    }

    private sealed class LineColumn(Bars bars) : ProgressColumn
    {
        protected override bool NoWrap => true;

        // In the last column some terminals go on to the next line.
        public override int? GetColumnWidth(RenderOptions options) => options.ConsoleSize.Width - 1;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime)
        {
            var (before, done, rest, after, end) = bars.Line(task, options.ConsoleSize.Width - 1);
            return new Paragraph { Overflow = Overflow.Crop }
                .Append(before).Append(done, new Style(end is null ? Color.Green : Color.Yellow)).Append(rest, new Style(Color.Grey))
                    .Append(after, end is null ? Style.Plain : new Style(Color.Yellow));
        }
    }
}
