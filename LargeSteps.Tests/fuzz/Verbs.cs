using System.Diagnostics;

namespace LargeSteps.Fuzz;

/// <summary>What the command line asks for.</summary>
internal static class Verbs
{
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

    public static Tally Kills(int count, int seed, int programs) =>
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

    public static Tally Disk(string disk, int count, int seed) => Timed(new Tally("disk"), tally => Calls.InFolder(folder =>
    {
        var fuzz = new DiskFuzz(disk, folder);
        tally.Each(count, seed, each => fuzz.Check(each, tally), Console.Error);
    }));

    /// <summary>All of them, and the page of what came of it.</summary>
    /// <param name="count">How many cases of what is cheap.</param>
    /// <param name="seed">The first seed.</param>
    /// <param name="disk">A small file system; null: none is filled.</param>
    public static int All(int count, int seed, string? disk = null)
    {
        int Part(int of10000) => Math.Max(1, (int)((long)count * of10000 / 10_000));
        Func<Tally>[] parts =
        [
            () => Configs(count, seed), () => Files(count, seed), () => Inputs(count, seed),
            () => Kills(Part(200), seed, 1), () => Kills(Part(100), seed, 2),
            () => Kills(Part(100), seed, 4), () => Kills(Part(100), seed, 8),
            () => Writes(Part(400), seed), .. disk is null ? (Func<Tally>[])[] : [() => Disk(disk, Part(100), seed)],
        ];
        var code = 0;
        var all = parts.Select(part =>
        {
            var tally = part();
            code = Math.Max(code, Told(tally));
            return tally;
        }).ToArray();
        for (var folder = new DirectoryInfo(Environment.CurrentDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "LargeSteps.sln")))
                File.WriteAllText(Path.Combine(folder.FullName, "docs", "reliability.md"), ReliabilityPage.Of(all, count, seed, disk));
        }

        return code;
    }

    /// <summary>Says what came of it; the exit code.</summary>
    public static int Told(Tally tally)
    {
        Console.WriteLine($"{tally.Verb}: {string.Join(", ", tally.Counts.Select(count => $"{count.Key} {count.Value}"))}; longest {tally.Longest.TotalSeconds:F1} s, all {tally.Elapsed.TotalSeconds:F0} s");
        foreach (var fault in tally.Findings.GroupBy(finding => finding.Fault))
            Console.WriteLine($"  {fault.Key}: {fault.Count()}, seeds {string.Join(", ", fault.Select(finding => finding.Seed).Distinct())}");
        return tally.Findings.Count == 0 ? 0 : 1;
    }

    private static Tally Timed(Tally tally, Action<Tally> action)
    {
        var watch = Stopwatch.StartNew();
        action(tally);
        tally.Elapsed = watch.Elapsed;
        return tally;
    }
}
