using LargeSteps.Experiments;

namespace LargeSteps.Fuzz;

/// <summary>Results on a small disk that becomes full, and has room again afterwards.</summary>
internal sealed class DiskFuzz
{
    // Some other disk would be filled.
    private const long Largest = 64 << 20;
    private const int Block = 4096;

    private readonly string _disk, _folder;
    private readonly (string Name, string Text, Dictionary<string, byte[]> Tables, long Bytes)[] _subjects;

    /// <summary>Runs the experiments undisturbed.</summary>
    /// <param name="disk">An empty folder that is a small file system.</param>
    /// <param name="folder">A folder to write in, elsewhere.</param>
    public DiskFuzz(string disk, string folder)
    {
        if (!Directory.Exists(disk) || Directory.EnumerateFileSystemEntries(disk).Any() || new DriveInfo(disk).TotalSize > Largest)
        {
            throw new ArgumentException(
                FormattableString.Invariant($"'{disk}' is no empty folder on a disk of at most {Largest >> 20} MB"), nameof(disk));
        }

        (_disk, _folder) = (disk, folder);
        _subjects = [.. ((string[])[Subjects.Small, Subjects.Deep, Subjects.SmallMixed]).Select(text =>
        {
            var results = Subjects.Run(folder, text);
            var bytes = new DirectoryInfo(results).EnumerateFiles("*", SearchOption.AllDirectories)
                .Sum(file => (file.Length + Block) / Block * Block);
            return (Path.GetFileName(results), text, Subjects.Read(results), bytes);
        })];
    }

    /// <summary>A case.</summary>
    /// <param name="seed">Of how much room there is.</param>
    /// <param name="tally">Is told what came of it.</param>
    public void Check(int seed, Tally tally)
    {
        var (name, text, tables, bytes) = _subjects[(uint)seed % (uint)_subjects.Length];
        var config = Path.Combine(_folder, name + ".yaml");
        var (output, ballast) = (Path.Combine(_disk, "results"), Path.Combine(_disk, "ballast"));
        File.WriteAllText(config, text);
        try
        {
            Fill(ballast, new Random(seed).NextInt64(bytes));
            var said = Calls.Run(config, "--output", output, "--quiet", "--workers", "2", "--resume");
            tally.Count(said.Code == ExitCode.Done ? "had room enough" : "full disks");
            if (!said.IsClean || (said.Code != ExitCode.Done && said.Text.Length == 0))
                tally.Found(Fault.Exception, seed, $"{name}: exit code {said.Code}: {said.Text}");
            File.Delete(ballast);
            var resumed = Calls.Run(config, "--output", output, "--quiet", "--workers", "2", "--resume");
            var results = Path.Combine(output, name);
            if (!resumed.IsClean) tally.Found(Fault.Exception, seed, $"{name}: {resumed.Text}");
            else if (resumed.Code != ExitCode.Done) tally.Found(Fault.ByHand, seed, $"{name}: {resumed.Text}");
            else if (Subjects.Different(tables, results) is { Length: > 0 } different)
                tally.Found(Fault.Wrong, seed, $"{name}: other bytes of {string.Join(", ", different)}");
            if (Directory.GetFiles(output, "*.tmp", SearchOption.AllDirectories) is { Length: > 0 } left)
                tally.Found(Fault.ByHand, seed, $"{name}: half-written files are left, like {Path.GetFileName(left[0])}");
        }
        finally
        {
            File.Delete(ballast);
            if (Directory.Exists(output)) Directory.Delete(output, recursive: true);
        }
    }

    // So that no more than this is free.
    private void Fill(string ballast, long room)
    {
        using var file = new FileStream(ballast, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        while (new DriveInfo(_disk).AvailableFreeSpace is var free && free > room) file.Write(new byte[Math.Min(free - room, Block)]);
    }
}
