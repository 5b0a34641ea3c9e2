using System.Security.Cryptography;
using System.Text;
using LargeSteps.Formats;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Results;

/// <summary>
/// Event files for TensorBoard: a folder for each label, below it one for each seed, with one file that has every measurement once. A run
/// writes its measurements as they come; where one goes on, or was kept, or shares the result of another label, the file is made whole when
/// it ends.
/// </summary>
/// <param name="folder">The folder.</param>
/// <param name="units">The units.</param>
/// <param name="clock">What says when.</param>
/// <param name="error">Told where the files cannot be written; the runs go on without them.</param>
internal sealed class TensorBoardEvents(string folder, Items<RunUnit> units, TimeProvider clock, TextWriter error)
    : IProgress<RunEvent>, IDisposable
{
    private const int MostBytes = 150;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, string> _folders = FoldersOf(units.Select(unit => unit.Label));
    private readonly Dictionary<(string Label, uint Seed), EventFile> _open = [];
    private bool _failed;

    /// <inheritdoc/>
    public void Report(RunEvent value)
    {
        lock (_lock)
            if (!_failed) Try(() => value.Match<object?>(started => null, Progressed, Finished));
    }

    public void Dispose()
    {
        foreach (var file in _open.Values) Try(file.Dispose);
    }

    /// <summary>
    /// A folder name for each label that every system takes, and that no other label has, however it is spelt. It is the label itself where
    /// that can be; of several that would get one name, all but one have a hash of their label behind it.
    /// </summary>
    internal static Dictionary<string, string> FoldersOf(IEnumerable<string> labels) => labels.Distinct()
        .Select(label => (Label: label, Name: Safe(label)))
        .GroupBy(each => each.Name, StringComparer.OrdinalIgnoreCase)
        // The same whatever the order of the runs is, so that a folder stays that of its run.
        .SelectMany(same => same.OrderBy(each => each.Label != each.Name).ThenBy(each => each.Label, StringComparer.Ordinal)
            .Select((each, i) => (each.Label, Name: i == 0 ? each.Name : $"{each.Name} {Hash(each.Label)}")))
        .ToDictionary(each => each.Label, each => each.Name);

    private static string Hash(string label) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(label)))[..8];

    private static string Safe(string label)
    {
        var name = new StringBuilder();
        var bytes = 0;
        foreach (var rune in label.EnumerateRunes())
        {
            if ((bytes += rune.Utf8SequenceLength) > MostBytes) break;
            name.Append(Rune.IsControl(rune) || rune.IsBmp && Path.GetInvalidFileNameChars().Contains((char)rune.Value) ? "_"
                : rune.ToString());
        }
        // Windows takes neither blanks nor points at the end, nor the names of its devices; '.' and '..' lead elsewhere.
        var safe = name.ToString().TrimEnd(' ', '.');
        var stem = safe.Split('.')[0].Trim().ToUpperInvariant();
        var device = stem is "CON" or "PRN" or "AUX" or "NUL" || stem.Length == 4 && stem[..3] is "COM" or "LPT" && char.IsDigit(stem[3]);
        return safe.Length == 0 || device ? $"_{safe}" : safe;
    }

    private void Try(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (!_failed) error.WriteLine($"warning LS0309: the files for TensorBoard cannot be written: {e.Message}");
            _failed = true;
        }
    }

    private object? Progressed(UnitProgressed value)
    {
        if (value.Progress.Measured is not { } measured) return null;
        var (row, key) = (measured.Measurement, KeyOf(value.Unit));
        // A run that goes on from a checkpoint measures again what came after it.
        if (!_open.TryGetValue(key, out var file))
            _open[key] = file = Replace(FolderOf(value.Unit), stored => [.. stored.Where(e => e.Step < row.Iteration)]);
        file.Add(clock.GetUtcNow(), row.Iteration, ValuesOf(measured.Metrics, row));
        return null;
    }

    private object? Finished(UnitFinished value)
    {
        if (_open.Remove(KeyOf(value.Unit), out var open)) open.Dispose();
        var (place, result) = (FolderOf(value.Unit), value.Result);
        if (result.Measurements.Count == 0) return null;
        var expected = result.Measurements.Map(row => (row.Iteration, Summary: EventFile.SummaryOf(ValuesOf(result.Metrics, row))));
        var stored = Stored(place);
        if (stored.Length == expected.Count
            && stored.Zip(expected, (there, row) => there.Step == row.Iteration && there.Summary.AsSpan().SequenceEqual(row.Summary))
                .All(same => same))
        {
            return null;
        }

        using var file = Replace(place, _ => []);
        foreach (var row in result.Measurements) file.Add(clock.GetUtcNow(), row.Iteration, ValuesOf(result.Metrics, row));
        return null;
    }

    /// <summary>A new file in place of all that are there, with some of their events.</summary>
    private EventFile Replace(string place, Func<StoredEvent[], StoredEvent[]> kept)
    {
        var (former, events, now) = (FilesIn(place), kept(Stored(place)), clock.GetUtcNow());
        var file = EventFile.Create(place, now);
        // A TensorBoard that looks on forgets what it has read of the former files.
        file.AddRestart(now, 0);
        foreach (var stored in events) file.Add(stored);
        foreach (var path in former) File.Delete(path);
        return file;
    }

    // Killed between making a file and deleting the former, a program leaves two.
    private static StoredEvent[] Stored(string place) =>
        [.. FilesIn(place).SelectMany(EventFile.Read).GroupBy(e => e.Step).Select(same => same.Last()).OrderBy(e => e.Step)];

    private static string[] FilesIn(string place) =>
        Directory.Exists(place) ? [.. Directory.GetFiles(place, "events.out.tfevents.*").Order(StringComparer.Ordinal)] : [];

    private static IEnumerable<KeyValuePair<string, double>> ValuesOf(Items<string> metrics, Measurement row) =>
        metrics.Zip(row.Values, KeyValuePair.Create).Prepend(KeyValuePair.Create("learning_rate", row.LearningRate));

    private static (string Label, uint Seed) KeyOf(RunUnit unit) => (unit.Label, unit.Seed);

    private string FolderOf(RunUnit unit) => Path.Combine(folder, _folders[unit.Label], FormattableString.Invariant($"seed {unit.Seed}"));
}
