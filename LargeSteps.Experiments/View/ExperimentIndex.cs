using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using LargeSteps.Configuration;
using LargeSteps.Experiments.Results;
using LargeSteps.Running;

namespace LargeSteps.Experiments.View;

/// <summary>The folders of results below a folder. What has not changed since it was looked at is not read again.</summary>
/// <param name="root">The folder.</param>
/// <param name="clock">What says how long a program has been at work.</param>
internal sealed class ExperimentIndex(string root, TimeProvider clock)
{
    // Results lie in results/NAME, or in a folder for each of several machines or dates; deeper is something else.
    private const int Deepest = 4;

    private readonly string _root = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(root));
    private readonly ConcurrentDictionary<string, (string Stamp, ExperimentEntry Entry)> _known = new();
    private readonly ConcurrentDictionary<string, (DateTime Written, bool CanBeRead)> _checked = new();
    private int _checking;

    /// <summary>The folder.</summary>
    public string Root => _root;

    /// <summary>All folders of results, those that began last first.</summary>
    public IReadOnlyList<ExperimentEntry> All()
    {
        string[] folders = [.. Folders(_root, 0)];
        ExperimentEntry[] all = [.. folders.AsParallel().Select(EntryOf).OfType<ExperimentEntry>()
            .OrderByDescending(entry => entry.Started ?? DateTimeOffset.MinValue).ThenBy(entry => entry.Path, StringComparer.Ordinal)];
        Check(folders);
        return all;
    }

    /// <summary>The folder of results at a path that a page names; null where there is none below the folder that is looked at.</summary>
    public string? Find(string? path) => path is not null && Inside(path) is { } folder && IsExperiment(folder) ? folder : null;

    /// <summary>The folder of results of a name beside another one; null where there is none.</summary>
    public string? Beside(string folder, string name) =>
        Find(System.IO.Path.Combine(System.IO.Path.GetRelativePath(_root, System.IO.Path.GetDirectoryName(folder)!), name));

    /// <summary>One of them.</summary>
    public ExperimentEntry? Entry(string folder)
    {
        _ = CanBeRead(folder, Written(folder));
        return EntryOf(folder);
    }

    // To read hundreds of experiments takes longer than a list may: what cannot be read is said from the next look on.
    private void Check(string[] folders)
    {
        if (Interlocked.Exchange(ref _checking, 1) == 1) return;
        _ = Task.Run(() =>
        {
            try
            {
                foreach (var folder in folders) _ = CanBeRead(folder, Written(folder));
            }
            finally
            {
                Volatile.Write(ref _checking, 0);
            }
        });
    }

    private bool CanBeRead(string folder, DateTime written)
    {
        if (_checked.TryGetValue(folder, out var known) && known.Written == written) return known.CanBeRead;
        var read = ExperimentYaml.LoadWritten(System.IO.Path.Combine(folder, ResultFolder.ExperimentFile)).Match(_ => true, _ => false);
        _checked[folder] = (written, read);
        return read;
    }

    private static DateTime Written(string folder) => File.GetLastWriteTimeUtc(System.IO.Path.Combine(folder, ResultFolder.ExperimentFile));

    private ExperimentEntry? EntryOf(string folder) => KnownEntryOf(folder) is not { } entry ? null
        : _checked.TryGetValue(folder, out var known) && !known.CanBeRead && known.Written == Written(folder)
            ? entry with { State = ExperimentState.Unreadable } : entry;

    /// <summary>A file of a folder of results that a page names; null where there is none, or it lies elsewhere.</summary>
    public string? FileIn(string folder, string? name)
    {
        if (name is null || name.Length == 0) return null;
        var relative = System.IO.Path.GetRelativePath(_root, folder);
        return Inside(System.IO.Path.Combine(relative, name)) is { } file && file.StartsWith(folder + System.IO.Path.DirectorySeparatorChar,
            StringComparison.Ordinal) && File.Exists(file) ? file : null;
    }

    // The full path of what a relative one leads to, below the root: neither dots nor links lead out.
    private string? Inside(string relative)
    {
        if (System.IO.Path.IsPathRooted(relative) || relative.Contains('\0', StringComparison.Ordinal)
            || relative.Split('/', '\\').Contains(".."))
        {
            return null;
        }

        var full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(System.IO.Path.Combine(_root, relative)));
        if (full == _root) return full;
        if (!full.StartsWith(_root + System.IO.Path.DirectorySeparatorChar, StringComparison.Ordinal)) return null;
        for (var at = full; at.Length > _root.Length; at = System.IO.Path.GetDirectoryName(at)!)
            if (IsLink(at)) return null;
        return full;
    }

    private static bool IsLink(string path) => new FileInfo(path).LinkTarget is not null || new DirectoryInfo(path).LinkTarget is not null;

    private static bool IsExperiment(string folder) => File.Exists(System.IO.Path.Combine(folder, ResultFolder.ExperimentFile));

    private static IEnumerable<string> Folders(string folder, int depth)
    {
        if (IsExperiment(folder)) return [folder];
        if (depth >= Deepest) return [];
        try
        {
            return [.. new DirectoryInfo(folder).EnumerateDirectories()
                .Where(each => each.LinkTarget is null && !each.Name.StartsWith('.'))
                .SelectMany(each => Folders(each.FullName, depth + 1))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private ExperimentEntry? KnownEntryOf(string folder)
    {
        try
        {
            // Where a program is at work something changes all the time.
            if (Directory.Exists(LiveFolder.Of(folder))) return Read(folder);
            var stamp = StampOf(folder);
            if (_known.TryGetValue(folder, out var known) && known.Stamp == stamp) return known.Entry;
            var entry = Read(folder);
            _known[folder] = (stamp, entry);
            return entry;
        }
        // It is being moved or deleted at this moment.
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
        // One folder must not take the others with it, whatever is in its files.
        catch (Exception e) when (e is InvalidOperationException or FormatException or OverflowException or ArgumentException)
        {
            return new(PathOf(folder), System.IO.Path.GetFileName(folder), ExperimentState.Unreadable, 0, null, null, null, null, null,
                Notes.None);
        }
    }

    private static string StampOf(string folder) => string.Join(',', ((string[])[ResultFolder.RunFile,
        ResultFolder.NamesFile, Notes.FileName, ResultFolder.ExperimentFile])
        .Select(name => File.GetLastWriteTimeUtc(System.IO.Path.Combine(folder, name)))
        .Append(Directory.GetLastWriteTimeUtc(ResultFolder.UnitsOf(folder)))
        .Select(time => time.Ticks.ToString(CultureInfo.InvariantCulture)));

    private string PathOf(string folder) => folder.Length == _root.Length ? ""
        : System.IO.Path.GetRelativePath(_root, folder).Replace('\\', '/');

    private ExperimentEntry Read(string folder)
    {
        var (now, notes) = (clock.GetUtcNow(), Notes.Of(folder));
        var programs = LiveFolder.Programs(folder, now).ToArray();
        var head = RunInfo.HeadOf(System.IO.Path.Combine(folder, ResultFolder.RunFile));
        var survival = head?["survival"] is JsonArray all ? all.OfType<JsonObject>().ToArray() : null;
        int? shown = survival is null ? null : Sum("seeds");
        string[] names = [.. ResultFolder.NamesIn(folder)];
        int? units = names.Length > 0 ? names.Length : shown;
        // Where the tables say that all is there, the units need not be counted.
        var whole = shown == units && shown is not null && Sum("stopped") == 0 && Sum("failed") == 0;
        // What is made again is not there yet, though its files are.
        var again = programs.Where(program => program.Again).Select(program => (DateTimeOffset?)program.Began).Min();
        var there = whole && again is null ? units!.Value : Count(folder, names, again);
        DateTimeOffset? started = programs.Length > 0 ? programs.Min(program => program.Began)
            : DateTimeOffset.TryParse((string?)head?["started"], CultureInfo.InvariantCulture, out var time) ? time
            : new DateTimeOffset(File.GetLastWriteTimeUtc(System.IO.Path.Combine(folder, ResultFolder.ExperimentFile)));
        var state = programs.Length > 0 ? ExperimentState.Running : whole ? ExperimentState.Done
            : survival is not null && Sum("failed") > 0 ? ExperimentState.Failed : ExperimentState.Stopped;
        return new(
            PathOf(folder),
            System.IO.Path.GetFileName(folder), state, there, units, started,
            programs.Length > 0 ? now - started : head?["wall_seconds"] is JsonValue wall ? TimeSpan.FromSeconds((double)wall) : null,
            programs.Max(program => program.Remaining(now)), survival is null || programs.Length > 0 ? null : Sum("alive"),
            notes.Match(read => read, _ => Notes.None))
        {
            IsRunUnreadable = head is null && File.Exists(System.IO.Path.Combine(folder, ResultFolder.RunFile)),
            NotesProblem = notes.Match(_ => (string?)null, problems => string.Join('\n', problems.Map(problem => problem.ToString()))),
        };

        int Sum(string key) => survival!.Sum(run => (int?)run[key] ?? 0);
    }

    private static int Count(string folder, string[] names, DateTimeOffset? since)
    {
        var there = UnitStore.ToRead(ResultFolder.UnitsOf(folder)).Names(since);
        return names.Length == 0 ? there.Count : names.Count(there.Contains);
    }
}
