using System.Diagnostics;

namespace LargeSteps.Fuzz;

/// <summary>What the command line asks for.</summary>
internal static class Verbs
{
    // So many cases are lost at most where a long trial is stopped.
    private const int Part = 250;

    public static Tally Configs(int count, int seed) => Timed(new Tally("configs"), tally => Calls.InFolder(folder =>
    {
        var fuzz = new ConfigFuzz();
        tally.Each(count, seed, each => fuzz.Check(each, tally, folder, mayRun: true), Console.Error);
    }));

    public static Tally Files(int count, int seed) => Timed(new Tally("files"), tally => Calls.InFolder(folder =>
    {
        var fuzz = new FileFuzz(folder);
        tally.Each(count, seed, each => fuzz.Check(each, tally, mayRun: true), Console.Error);
    }));

    public static Tally Inputs(int count, int seed) => Timed(new Tally("inputs"), tally => Calls.InFolder(folder =>
    {
        var fuzz = new InputFuzz(folder);
        tally.Each(count, seed, each => fuzz.Check(each, tally), Console.Error);
    }));

    public static Func<int, int, Tally> Kills(int programs) => (count, seed) =>
        Timed(new Tally(programs == 1 ? "kills" : FormattableString.Invariant($"kills with {programs} programs")), tally =>
        Calls.InFolder(folder =>
        {
            var fuzz = new KillFuzz(folder);
            for (var (left, round) = (count, seed); left > 0; round++)
            {
                tally.Each(1, round, each =>
                left -= Math.Max(1, fuzz.Round(each, programs, left, tally)), Console.Error);
            }
        }));

    public static Tally Writes(int count, int seed) => Timed(new Tally("writes"), tally => Calls.InFolder(folder =>
    {
        var fuzz = new WriteFuzz(folder);
        tally.Each(count, seed, each => fuzz.Check(each, tally), Console.Error);
    }));

    public static Func<int, int, Tally> Disk(string disk) => (count, seed) => Timed(new Tally("disk"), tally => Calls.InFolder(folder =>
    {
        var fuzz = new DiskFuzz(disk, folder);
        tally.Each(count, seed, each => fuzz.Check(each, tally), Console.Error);
    }));

    /// <summary>All of them.</summary>
    /// <param name="count">How many cases of what is cheap.</param>
    /// <param name="seed">The first seed.</param>
    /// <param name="disk">A small file system; null: none is filled.</param>
    /// <param name="record">The file to which what came of it is added; null: none.</param>
    public static int All(int count, int seed, string? disk, string? record)
    {
        (Func<int, int, Tally> Verb, int Of10000)[] parts =
        [
            (Configs, 10_000), (Files, 10_000), (Inputs, 10_000), (Kills(1), 200), (Kills(2), 100), (Kills(4), 100), (Kills(8), 100),
            (Writes, 400), .. disk is null ? ((Func<int, int, Tally>, int)[])[] : [(Disk(disk), 100)],
        ];
        return parts.Select(part => Told(part.Verb, Math.Max(1, (int)((long)count * part.Of10000 / 10_000)), seed, record)).ToArray().Max();
    }

    /// <summary>Runs a verb, and says what came of it; the exit code.</summary>
    /// <param name="verb">What is tried with a number of seeds from a first one on.</param>
    /// <param name="count">How many cases.</param>
    /// <param name="seed">The first seed.</param>
    /// <param name="record">The file to which what came of it is added, part after part; null: none.</param>
    public static int Told(Func<int, int, Tally> verb, int count, int seed, string? record)
    {
        var (part, code) = (record is null ? count : Part, 0);
        for (var done = 0; done < count; done += part)
        {
            var tally = verb(Math.Min(part, count - done), seed + done);
            if (record is not null) Record.Add(record, tally, seed + done);
            Console.WriteLine($"{tally.Verb}: {string.Join(", ", tally.Counts.Select(each => $"{each.Key} {each.Value}"))}; longest {tally.Longest.TotalSeconds:F1} s, all {tally.Elapsed.TotalSeconds:F0} s");
            foreach (var fault in tally.Findings.GroupBy(finding => finding.Fault))
                Console.WriteLine($"  {fault.Key}: {fault.Count()}, seeds {string.Join(", ", fault.Select(finding => finding.Seed).Distinct())}");
            if (tally.Findings.Count > 0) code = 1;
        }
        return code;
    }

    private static Tally Timed(Tally tally, Action<Tally> action)
    {
        var watch = Stopwatch.StartNew();
        action(tally);
        tally.Elapsed = watch.Elapsed;
        return tally;
    }
}
