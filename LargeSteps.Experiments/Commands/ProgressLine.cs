using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Values;
using Spectre.Console.Rendering;

namespace LargeSteps.Experiments.Commands;

/// <summary>How far one run is, or the seeds of a run, or all runs together: a line that fits a terminal. Thread-safe.</summary>
/// <param name="label">What it is about.</param>
/// <param name="units">The units.</param>
/// <param name="clock">What measures times.</param>
internal sealed class ProgressLine(string label, Items<RunUnit> units, TimeProvider clock)
{
    private const int LeastBar = 5, MostBar = 40, LeastLabel = 8, PercentWidth = 6, RateWidth = 12, LossWidth = 13, LeftWidth = 8;

    // Narrower terminals have no room for all that could be said.
    private const int WithLoss = 60, WithRate = 72;

    private readonly Lock _lock = new();
    private readonly Dictionary<RunUnit, double> _parts = [];
    private readonly Dictionary<RunUnit, long> _iterations = [];
    private long? _begun;
    private long _now;
    private double _given, _loss = double.NaN;
    private long _steps;
    private int _finished;
    private string? _end;

    /// <summary>The line in its parts, of which the bar can have a colour: what is before it, its part that is done, the rest, what is
    /// behind it, and how the run ended where that is no success.</summary>
    internal readonly record struct Shown(string Before, string Done, string Rest, string After, string? End)
    {
        public string Text => Before + Done + Rest + After;
    }

    /// <summary>What it is about.</summary>
    public string Label => label;

    /// <summary>Which seed, or how many of them are done.</summary>
    public string Seed
    {
        get
        {
            lock (_lock)
            {
                return units.Count == 1 ? FormattableString.Invariant($"seed {units[0].Seed}")
                : FormattableString.Invariant($"{_finished}/{units.Count}");
            }
        }
    }

    /// <summary>The width that <see cref="Seed"/> has at most.</summary>
    public int SeedWidth => units.Count == 1 ? Seed.Length : FormattableString.Invariant($"{units.Count}/{units.Count}").Length;

    /// <summary>The line after an event of one of its units.</summary>
    public void Report(RunEvent value)
    {
        lock (_lock)
        {
            _now = clock.GetTimestamp();
            _ = value.Match(
                started => _begun ??= _now,
                progressed => Progressed(progressed.Unit, progressed.Progress),
                finished => Finished(finished));
        }
    }

    /// <summary>The line, in at most so many columns.</summary>
    /// <param name="width">The columns.</param>
    /// <param name="labels">The columns of the longest label beside it.</param>
    /// <param name="seeds">The columns of the longest seed beside it.</param>
    public Shown In(int width, int labels, int seeds)
    {
        lock (_lock)
        {
            var part = Math.Clamp(_parts.Values.Sum() / units.Count, 0, 1);
            var after = FormattableString.Invariant($"{Math.Floor(100 * part):F0} %").PadLeft(PercentWidth)
                + (width >= WithRate ? " " + Rate().PadLeft(RateWidth) : "")
                + (width >= WithLoss ? " " + (double.IsNaN(_loss) ? "" : FormattableString.Invariant($"loss {_loss:G3}"))
                    .PadLeft(LossWidth) : "")
                + " " + Left(part).PadLeft(LeftWidth);
            var room = width - after.Length - 1 - (seeds + 1);
            var name = Math.Max(0, Math.Min(labels, Math.Max(LeastLabel, room - LeastBar - 1)));
            var bar = Math.Clamp(room - name - 1, 0, MostBar);
            var before = $"{Fitted(label, name)} {Seed.PadRight(seeds)} ";
            var done = (int)Math.Round(part * bar);
            var shown = new Shown(before, new('━', done), new('─', bar - done), after, _end);
            return shown.Text.Length <= width + label.Length - Columns(label) ? shown
                : new(Fitted(before, Math.Max(0, width - after.Length)), "", "", after[..Math.Min(after.Length, width)], _end);
        }
    }

    /// <summary>A text in lines of at most so many columns, broken between words, each filled up to overwrite what stood there.</summary>
    public static IEnumerable<string> Lines(string text, int width)
    {
        // Columns of numbers stand as they are.
        for (var rest = text; ;)
        {
            if (Columns(rest) <= width)
            {
                yield return Fitted(rest, width);
                yield break;
            }
            var cut = rest.LastIndexOf(' ', Math.Min(width, rest.Length - 1));
            if (cut <= 0) cut = Math.Min(width, rest.Length);
            yield return Fitted(rest[..cut], width);
            rest = rest[cut..].TrimStart();
        }
    }

    /// <summary>A text in exactly so many columns.</summary>
    internal static string Fitted(string text, int width)
    {
        if (Columns(text) <= width) return text + new string(' ', width - Columns(text));
        var length = Math.Min(text.Length, width);
        while (length > 0 && Columns(text[..length]) > width - 1) length--;
        return width == 0 ? "" : text[..length] + "…" + new string(' ', width - 1 - Columns(text[..length]));
    }

    /// <summary>The columns of a terminal that a text takes.</summary>
    internal static int Columns(string text) => new Segment(text).CellCount();

    private long Progressed(RunUnit unit, RunProgress progress)
    {
        _begun ??= _now;
        var part = (double)progress.Iteration / progress.Steps;
        // What a checkpoint gave was not done now.
        if (!_iterations.TryGetValue(unit, out var before)) _given += part / units.Count;
        else _steps += progress.Iteration - before;
        (_iterations[unit], _parts[unit]) = (progress.Iteration, part);
        if (progress.Measured is { } measured && measured.Metrics.AsSpan().IndexOf("train_loss") is >= 0 and var column)
        {
            _loss =
            measured.Measurement.Values[column];
        }

        return _now;
    }

    private long Finished(UnitFinished finished)
    {
        if (finished.Kept) _given += (1 - _parts.GetValueOrDefault(finished.Unit)) / units.Count;
        // A run that was stopped stays where it is.
        if (!finished.Result.End.IsStopped) _parts[finished.Unit] = 1;
        _finished++;
        if (finished.Result.Metrics.Contains("train_loss") && finished.Result.Measurements.Count > 0)
        {
            _loss =
            finished.Result.Last("train_loss");
        }

        if (!finished.Result.End.IsAlive) _end = units.Count == 1 ? finished.Result.End.Word : _end;
        return _now;
    }

    private TimeSpan Elapsed => _begun is { } begun ? clock.GetElapsedTime(begun, _finished == units.Count ? _now : clock.GetTimestamp())
        : TimeSpan.Zero;

    private string Rate()
    {
        if (_steps == 0 || Elapsed <= TimeSpan.Zero) return "";
        var rate = _steps / Elapsed.TotalSeconds;
        return rate >= 1e6 ? FormattableString.Invariant($"{rate / 1e6:F1}M steps/s") : rate >= 1e4
            ? FormattableString.Invariant($"{rate / 1e3:F0}k steps/s")
            : FormattableString.Invariant($"{(rate < 100 ? Math.Round(rate, rate < 10 ? 2 : 1) : Math.Round(rate))} steps/s");
    }

    private string Left(double part)
    {
        if (_finished == units.Count) return _end ?? "done";
        var made = part - _given;
        return made <= 0 || Elapsed <= TimeSpan.Zero ? "" : LongRunLog.Words(Elapsed / made * (1 - part));
    }
}
