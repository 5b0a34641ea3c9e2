using System.Diagnostics;

namespace LargeSteps.Fuzz;

/// <summary>Files from outside, damaged: each is read as what stands in it, or told, in little time and with little memory.</summary>
internal sealed class InputFuzz
{
    private const int BombEvery = 12, PublishedEvery = 8, MegaByte = 1 << 20, LongestDiagnostic = 800;

    // What a reading may make on the heap: so many times what the undamaged file takes and what the damaged one has, packed and unpacked,
    // and what any reading may take.
    private const int TimesWhole = 2, TimesContent = 16, Room = 16 * MegaByte;

    private static readonly TimeSpan LongestReading = TimeSpan.FromSeconds(10);

    private readonly (InputKind Kind, string Folder, List<InputFiles> Levels, List<InputFiles> Others, long Made)[] _kinds;

    /// <summary>Makes the undamaged files and reads them.</summary>
    /// <param name="folder">A folder to write in.</param>
    public InputFuzz(string folder) => _kinds = [.. Inputs.All.Select((kind, number) =>
    {
        var place = Path.Combine(folder, FormattableString.Invariant($"input-{number}"));
        var (levels, others) = (kind.Levels(kind.Files(1)), kind.Levels(kind.Files(2)));
        foreach (var (name, bytes) in levels[^1]) Put(place, name, bytes);
        // The first reading makes what every later one has.
        for (var i = 0; i < 2; i++)
            if (kind.Reader(place, true) is [var problem, ..]) throw new InvalidOperationException($"{kind.Name}: {problem}");
        var before = GC.GetTotalAllocatedBytes(precise: true);
        kind.Reader(place, true);
        return (kind, place, levels, others, GC.GetTotalAllocatedBytes(precise: true) - before);
    })];

    /// <summary>A case.</summary>
    /// <param name="seed">Of which damage.</param>
    /// <param name="tally">Is told what came of it.</param>
    public void Check(int seed, Tally tally)
    {
        var random = new Random(seed);
        var (kind, folder, levels, others, whole) = _kinds[random.Next(_kinds.Length)];
        var level = random.Next(levels.Count);
        var files = new InputFiles(levels[level]);
        var name = files.Keys.ElementAt(random.Next(files.Count));
        var bomb = random.Next(BombEvery) == 0;
        // Zeros behind what there is take no room once they are packed.
        var zeros = bomb ? random.Next(1, 33) * MegaByte : 0;
        files[name] = bomb ? [.. files[name], .. new byte[zeros]]
            : Mutations.OfFile(files[name], others[level].GetValueOrDefault(name, []), random);
        tally.Count(bomb ? "with zeros without end" : $"damaged: {kind.Name}");
        var packed = kind.Packed(files, level);
        long Bytes(InputFiles each) => each.Values.Sum(file => (long)file.Length);
        // What lies on the disk counts whatever it is; what it unpacks to counts where it is no bomb.
        var content = Math.Max(packed.Max(Bytes) - zeros, Bytes(packed[^1]));
        bool IsAsBefore(string file) => levels[^1].TryGetValue(file, out var bytes) && bytes.AsSpan().SequenceEqual(packed[^1][file]);
        string[] changed = [.. packed[^1].Keys.Where(file => !IsAsBefore(file))];
        try
        {
            foreach (var file in changed) Put(folder, file, packed[^1][file]);
            var allowPartial = random.Next(PublishedEvery) > 0;
            var (watch, before) = (Stopwatch.StartNew(), GC.GetTotalAllocatedBytes(precise: true));
            var reading = Task.Run(() => kind.Reader(folder, allowPartial));
            // One that hangs is left behind: the next cases say whether there are more.
            if (Task.WhenAny(reading, Task.Delay(LongestReading)).GetAwaiter().GetResult() != reading)
            {
                tally.Found(Fault.Slow, seed, $"{kind.Name}: reading {name} takes more than {LongestReading}");
                return;
            }
            var problems = reading.GetAwaiter().GetResult();
            tally.Took(watch.Elapsed);
            tally.Count(problems.Count == 0 ? "values" : "told");
            var made = GC.GetTotalAllocatedBytes(precise: true) - before;
            var most = TimesWhole * whole + TimesContent * content + Room + (bomb ? kind.MostUnpacked : 0);
            if (made > most)
            {
                tally.Found(Fault.Memory, seed,
                    $"{kind.Name}: reading {name}, all of {content} bytes, makes {made} bytes on the heap, more than {most}");
            }

            foreach (var problem in problems)
            {
                if (problem.Message.Length > LongestDiagnostic || problem.ToString().Any(char.IsControl))
                    tally.Found(Fault.Exception, seed, $"{kind.Name}: a diagnostic that is none: {problem}");
            }
        }
        catch (WrongValueException e)
        {
            tally.Found(Fault.Wrong, seed, $"{kind.Name}: {name}: {e.Message}");
        }
        finally
        {
            foreach (var file in changed)
            {
                if (levels[^1].TryGetValue(file, out var bytes)) Put(folder, file, bytes);
                else File.Delete(Path.Combine(folder, file));
            }
        }
    }

    private static void Put(string folder, string name, byte[] bytes)
    {
        var path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
    }
}

/// <summary>A reader gave something that does not stand in the file.</summary>
internal sealed class WrongValueException(string message) : Exception(message);
