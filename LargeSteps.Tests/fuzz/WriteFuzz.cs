using System.Globalization;
using LargeSteps.Experiments;
using LargeSteps.Experiments.Results;
using LargeSteps.Formats;
using LargeSteps.Running;

namespace LargeSteps.Fuzz;

/// <summary>Disks that are full or fail, and power that is cut, at each step in which a file is written.</summary>
internal sealed class WriteFuzz
{
    // ENOSPC and EIO.
    private static readonly (string Message, int Error)[] Failures = [("No space left on device", 28), ("Input/output error", 5)];

    // Of no process: after a cut, none of those that wrote is there.
    private const string Gone = "999999999";

    private readonly (string Name, string Text, Dictionary<string, byte[]> Tables, int Steps)[] _subjects;

    /// <summary>Runs the experiments undisturbed, and counts the steps of their files.</summary>
    /// <param name="folder">A folder to write in.</param>
    public WriteFuzz(string folder) => _subjects = [.. ((string[])[Subjects.Small, Subjects.Deep]).Select(text =>
    {
        var steps = 0;
        using var watch = WholeFile.Watch((_, _) => Interlocked.Increment(ref steps));
        var results = Subjects.Run(folder, text);
        return (Path.GetFileName(results), text, Subjects.Read(results), steps);
    })];

    /// <summary>A case.</summary>
    /// <param name="seed">Of which failure.</param>
    /// <param name="tally">Is told what came of it.</param>
    public void Check(int seed, Tally tally) => Calls.InFolder(folder =>
    {
        var random = new Random(seed);
        var (name, text, tables, steps) = _subjects[(uint)seed % (uint)_subjects.Length];
        var config = Path.Combine(folder, name + ".yaml");
        File.WriteAllText(config, text);
        var (output, cut) = (Path.Combine(folder, "results"), Path.Combine(folder, "cut"));
        var (kind, at, failure, made) = (random.Next(5), random.Next(steps), Failures[random.Next(Failures.Length)], -1);
        var kept = new HashSet<string>();
        // Several at once: tables are written beside one another.
        var (writing, old) = (new HashSet<string>(), (byte[]?)null);
        using (WholeFile.Watch((step, file) =>
        {
            made++;
            if (step == WholeFile.Step.Write) writing.Add(file);
            if (step == WholeFile.Step.Rename) old = File.Exists(file) ? File.ReadAllBytes(file) : null;
            if (kind >= 3 && made == at) TryCut(step, file);
            var fails = kind switch { 0 => made == at, 1 or 3 or 4 => made >= at, _ => made % (at % 20 + 2) == 0 };
            if (step == WholeFile.Step.FlushName) writing.RemoveWhere(aside => IsOf(aside, file));
            // What it throws once all is on the disk nobody meets, except as a kill.
            if (fails) throw new IOException(failure.Message, failure.Error);
            if (step == WholeFile.Step.Done && Path.GetExtension(file) == ".arrow"
                && Path.GetDirectoryName(file) == ResultFolder.UnitsOf(Path.Combine(output, name)))
            {
                kept.Add(Path.GetFileName(file));
            }
        }))
        {
            var said = Calls.Run(config, "--output", output, "--quiet", "--workers", "1", "--resume");
            tally.Count(kind switch
            {
                0 => "one write fails",
                1 => "all writes fail from some step on",
                2 => "every k-th write fails",
                _ =>
                "power cuts"
            });
            tally.Count(said.Code == ExitCode.Done ? "done in spite of it" : "ended with a diagnostic");
            if (!said.IsClean) tally.Found(Fault.Exception, seed, said.Text);
        }
        if (kind >= 3) output = cut;
        if (!Directory.Exists(output)) return;
        var results = Path.Combine(output, name);
        if (Directory.Exists(ResultFolder.UnitsOf(results)))
        {
            foreach (var unit in Directory.GetFiles(ResultFolder.UnitsOf(results), "*.arrow"))
            {
                kept.Remove(Path.GetFileName(unit));
                if (UnitFile.TryRead(unit, Path.GetFileNameWithoutExtension(unit)) is null)
                {
                    tally.Found(Fault.Wrong, seed,
                    $"{name}: a unit is there and not whole");
                }
            }
        }

        if (kept.Count > 0) tally.Found(Fault.Lost, seed, $"{name}: {kept.Count} units that were kept are not there");
        var resumed = Calls.Run(config, "--output", output, "--quiet", "--workers", "1", "--resume");
        if (!resumed.IsClean)
        {
            tally.Found(Fault.Exception, seed, resumed.Text);
        }
        else if (resumed.Code != ExitCode.Done)
        {
            tally.Found(Fault.ByHand, seed, resumed.Text);
        }
        else if (Subjects.Different(tables, results) is { Length: > 0 } different)
        {
            tally.Found(Fault.Wrong, seed,
            $"{name}: other bytes of {string.Join(", ", different)}");
        }

        if (Directory.GetFiles(output, "*.tmp", SearchOption.AllDirectories) is { Length: > 0 } left)
        {
            tally.Found(Fault.ByHand, seed,
            $"{name}: half-written files are left, like {Path.GetFileName(left[0])}");
        }

        // The program would take what goes wrong here for the disk's.
        void TryCut(WholeFile.Step step, string file)
        {
            try
            {
                Cut(step, file);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                tally.Found(Fault.Exception, seed, $"{name}: the cut itself: {e.Message}");
            }
        }

        // What a disk has after the power is cut before a step: of the files in writing any beginning, of its name the old or the new; and
        // of the log, which is no whole file, any beginning.
        void Cut(WholeFile.Step step, string file)
        {
            if (!Directory.Exists(output)) return;
            Directory.CreateDirectory(cut);
            foreach (var each in Directory.EnumerateFiles(output, "*", SearchOption.AllDirectories))
            {
                var to = Path.Combine(cut, Path.GetRelativePath(output, each));
                Directory.CreateDirectory(Path.GetDirectoryName(to)!);
                // What is still being written has some bytes that nobody wrote.
                File.WriteAllBytes(to, Path.GetExtension(each) == ".lock" ? []
                    : writing.Any(aside => aside == each && !IsAbout(step, file, aside)) ? new byte[random.Next(100)] : Shared(each));
            }
            foreach (var log in Directory.EnumerateFiles(cut, "*.txt", SearchOption.AllDirectories))
            {
                File.WriteAllBytes(log,
                Beginning(File.ReadAllBytes(log)));
            }

            string Copied(string path) => Path.Combine(cut, Path.GetRelativePath(output, path));
            string There(string aside) => Copied(aside).Replace(FormattableString.Invariant($".{Environment.ProcessId}@"), $".{Gone}@",
                StringComparison.Ordinal);
            foreach (var aside in writing.Where(aside => File.Exists(Copied(aside))))
            {
                File.Move(Copied(aside), There(aside));
                if (step == WholeFile.Step.Flush) File.WriteAllBytes(There(aside), Beginning(File.ReadAllBytes(There(aside))));
            }
            if (step == WholeFile.Step.FlushName && random.Next(2) == 0)
            {
                File.Move(Copied(file), FormattableString.Invariant($"{Copied(file)}.0.{Gone}@{Environment.MachineName}.tmp"));
                if (old is not null) File.WriteAllBytes(Copied(file), old);
            }
        }

        static bool IsAbout(WholeFile.Step step, string file, string aside) =>
            step is WholeFile.Step.Write or WholeFile.Step.Flush ? aside == file : IsOf(aside, file);

        static bool IsOf(string aside, string file) => aside.StartsWith(file + ".", StringComparison.Ordinal);

        byte[] Beginning(byte[] bytes) => bytes[..random.Next(bytes.Length + 1)];
    });

    private static byte[] Shared(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>The numbers of steps that are disturbed.</summary>
    public string Steps => string.Join(", ",
        _subjects.Select(subject => string.Create(CultureInfo.InvariantCulture, $"{subject.Name} {subject.Steps}")));
}
