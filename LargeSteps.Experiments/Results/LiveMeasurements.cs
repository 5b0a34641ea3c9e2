using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Results;

/// <summary>
/// The measurements of units that are not done yet, for whoever looks on: <c>live/NAME.jsonl</c>, a line that says what it is, then one for
/// each measurement, taken away when the unit is done; and <c>live/HOST-PROCESS.json</c>, written every few seconds, which says that a
/// program is at work. Nothing is read of them but by <see cref="LiveFolder"/>: no result depends on them.
/// </summary>
internal sealed class LiveMeasurements : IProgress<RunEvent>, IDisposable
{
    /// <summary>What ends the names of measurements, and of programs at work.</summary>
    public const string Ending = ".jsonl", ProgramEnding = ".json";

    /// <summary>What ends the name of a file that is about to get its own.</summary>
    public const string Aside = ".aside";

    /// <summary>How often a program says that it is at work.</summary>
    public static readonly TimeSpan Beat = TimeSpan.FromSeconds(5);

    // Units that take less than this leave the disk alone.
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1);

    // More in a second cannot be seen, and would cost the run something.
    private const int MostRows = 500;

    private const long FewerAfter = 10_000;

    private static readonly JsonWriterOptions Written = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly TimeSpan Old = TimeSpan.FromDays(1);

    private readonly Lock _lock = new();
    // By the object: the hash of a unit is that of all its records.
    private readonly Dictionary<RunUnit, State> _states = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<RunUnit> _done = new(ReferenceEqualityComparer.Instance);
    private readonly string _folder, _program;
    private readonly Func<Pipeline, string> _nameOf;
    private readonly TimeProvider _clock;
    private readonly TextWriter _error;
    private readonly DateTimeOffset _begun;
    private readonly int _units;
    private readonly ITimer _timer;
    private readonly bool _again;
    private int _kept;
    private bool _failed;

    /// <param name="folder">The folder <c>live</c>.</param>
    /// <param name="units">How many units the program makes.</param>
    /// <param name="there">The names of units that are done.</param>
    /// <param name="nameOf">The name of the unit of a pipeline.</param>
    /// <param name="clock">What says when.</param>
    /// <param name="error">Told where the files cannot be written; the runs go on without them.</param>
    /// <param name="again">Whether units that are done are made again.</param>
    public LiveMeasurements(string folder, int units, Func<IReadOnlySet<string>> there, Func<Pipeline, string> nameOf, TimeProvider clock,
        TextWriter error, bool again = false)
    {
        _again = again;
        (_folder, _units, _nameOf, _clock, _error, _begun) = (folder, units, nameOf, clock, error, clock.GetUtcNow());
        _program = Path.Combine(folder, FormattableString.Invariant($"{Environment.MachineName}-{Environment.ProcessId}{ProgramEnding}"));
        Try(() => Clear(there));
        _timer = clock.CreateTimer(_ => Tell(), null, Between, Beat);
    }

    /// <inheritdoc/>
    public void Report(RunEvent value)
    {
        lock (_lock)
        {
            if (!_failed) _ = value.Match(started => Started(started.Unit), Progressed, Finished);
        }
    }

    /// <summary>Says that the program is at work no more.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        lock (_lock)
        {
            // What was stopped stays to be seen until it goes on.
            foreach (var state in _states.Values) Try(() => Flush(state));
            if (File.Exists(_program)) Try(() => File.Delete(_program));
            _failed = true;
        }
        try
        {
            if (Directory.Exists(_folder)) Directory.Delete(_folder);
        }
        // There is something in it.
        catch (IOException) { }
        catch (UnauthorizedAccessException) { }
    }

    private bool Started(RunUnit unit)
    {
        _states[unit] = new(unit, _clock.GetTimestamp());
        return true;
    }

    private bool Progressed(UnitProgressed value)
    {
        if (!_states.TryGetValue(value.Unit, out var state)) return false;
        (state.Iteration, state.Steps) = (value.Progress.Iteration, value.Progress.Steps);
        if (value.Progress.Measured is { } measured)
        {
            state.Metrics = measured.Metrics;
            state.Rows.Add(measured.Measurement);
        }
        if (state.Rows.Count > 0 && _clock.GetElapsedTime(state.Written) >= Between) Try(() => Flush(state));
        return true;
    }

    private bool Finished(UnitFinished value)
    {
        if (value.Kept) _kept++;
        else if (value.Result.End.IsOwnEnd) _done.Add(value.Unit);
        if (!_states.Remove(value.Unit, out var state)) return false;
        Try(() =>
        {
            if (!value.Result.End.IsOwnEnd) Flush(state);
            else if (state.File is not null) File.Delete(state.File);
        });
        return true;
    }

    private void Flush(State state)
    {
        state.Written = _clock.GetTimestamp();
        if (state.Rows.Count == 0) return;
        // Somebody has deleted the results: they are not made again.
        if (!Directory.Exists(Path.GetDirectoryName(_folder)))
        {
            state.Rows.Clear();
            return;
        }
        state.File ??= Path.Combine(_folder, _nameOf(state.Unit.Pipeline) + Ending);
        using var file = Opened(state.File);
        var text = new MemoryStream();
        if (state.First || file.Position == 0)
        {
            // Behind what a killed program may have left of a line.
            if (file.Position > 0) text.WriteByte((byte)'\n');
            WriteHead(text, state);
        }
        state.First = false;
        var rows = state.Rows;
        // The longer it runs the fewer: a file of a day is not much longer than one of an hour.
        var every = Math.Max(1, (int)(rows.Count * (1 + state.Lines / FewerAfter) / MostRows));
        state.Lines += 1 + rows.Count / every;
        using (var json = new Utf8JsonWriter(text, Written))
        {
            for (var i = 0; i < rows.Count; i++)
                if (i % every == 0 || i == rows.Count - 1) WriteLine(text, json, () => WriteRow(json, rows[i]));
        }
        rows.Clear();
        text.WriteTo(file);
    }

    private FileStream Opened(string path)
    {
        Directory.CreateDirectory(_folder);
        try
        {
            return Append();
        }
        // Another program was the last to write here, and has taken the folder away.
        catch (DirectoryNotFoundException)
        {
            Directory.CreateDirectory(_folder);
            return Append();
        }

        FileStream Append() => new(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
    }

    private static void WriteHead(MemoryStream text, State state) => WriteLine(text, json =>
    {
        json.WriteString("run", state.Unit.Label);
        json.WriteNumber("seed", state.Unit.Seed);
        json.WriteNumber("steps", state.Steps);
        json.WriteStartArray("metrics");
        foreach (var metric in state.Metrics) json.WriteStringValue(metric);
        json.WriteEndArray();
    });

    private static void WriteRow(Utf8JsonWriter json, Measurement row)
    {
        json.WriteNumber("iteration", row.Iteration);
        json.WriteNumber("epoch", row.Epoch);
        Write(json, "learning_rate", row.LearningRate);
        json.WriteStartArray("values");
        foreach (var value in row.Values) Write(json, null, value);
        json.WriteEndArray();
    }

    // JSON has no word for what is not finite.
    private static void Write(Utf8JsonWriter json, string? name, double value)
    {
        if (name is not null) json.WritePropertyName(name);
        if (double.IsFinite(value)) json.WriteNumberValue(value);
        else json.WriteNullValue();
    }

    private static void WriteLine(MemoryStream text, Action<Utf8JsonWriter> write)
    {
        using var json = new Utf8JsonWriter(text, Written);
        WriteLine(text, json, () => write(json));
    }

    private static void WriteLine(MemoryStream text, Utf8JsonWriter json, Action write)
    {
        json.Reset();
        json.WriteStartObject();
        write();
        json.WriteEndObject();
        json.Flush();
        text.WriteByte((byte)'\n');
    }

    // Written aside and renamed, but not flushed: it is worth nothing a minute later.
    private void Tell()
    {
        lock (_lock)
        {
            if (_failed || !Directory.Exists(Path.GetDirectoryName(_folder))) return;
            Try(() =>
            {
                Directory.CreateDirectory(_folder);
                var aside = _program + Aside;
                File.WriteAllText(aside, ProgramText(), new UTF8Encoding(false));
                File.Move(aside, _program, overwrite: true);
            });
        }
    }

    private string ProgramText()
    {
        using var text = new MemoryStream();
        WriteLine(text, json =>
        {
            json.WriteString("host", Environment.MachineName);
            json.WriteNumber("process", Environment.ProcessId);
            json.WriteString("began", _begun);
            json.WriteNumber("units", _units);
            json.WriteBoolean("again", _again);
            json.WriteNumber("kept", _kept);
            json.WriteNumber("done", _done.Count);
            json.WriteStartArray("running");
            foreach (var state in _states.Values.Where(state => state.Steps > 0))
            {
                json.WriteStartObject();
                json.WriteString("run", state.Unit.Label);
                json.WriteNumber("seed", state.Unit.Seed);
                json.WriteNumber("iteration", state.Iteration);
                json.WriteNumber("steps", state.Steps);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        });
        return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length);
    }

    // What killed programs left: measurements of units that are done, programs of this machine that are no more, and whatever is old.
    private void Clear(Func<IReadOnlySet<string>> there)
    {
        if (!Directory.Exists(_folder)) return;
        var (done, now) = (there(), _clock.GetUtcNow().UtcDateTime);
        foreach (var file in Directory.EnumerateFiles(_folder))
        {
            var isDone = Path.GetExtension(file) == Ending && done.Contains(Path.GetFileNameWithoutExtension(file));
            if (isDone || LiveFolder.HasEnded(file) || now - File.GetLastWriteTimeUtc(file) > Old) File.Delete(file);
        }
    }

    private void Try(Action write)
    {
        if (_failed) return;
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _error.WriteLine($"warning LS0309: what is measured cannot be shown while it runs: {e.Message}");
            _failed = true;
        }
    }

    private sealed class State(RunUnit unit, long begun)
    {
        public RunUnit Unit => unit;

        public Items<string> Metrics { get; set; } = [];

        public List<Measurement> Rows { get; } = [];

        public long Written { get; set; } = begun;

        public string? File { get; set; }

        public bool First { get; set; } = true;

        public long Lines { get; set; }

        public long Iteration { get; set; }

        public long Steps { get; set; }
    }
}
