using System.Diagnostics;
using CsCheck;
using LargeSteps.Formats;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Values;

namespace LargeSteps.Tests.Running;

public class UnitStoreTests
{
    private static readonly Pipeline Unit = DiagonalCases.Sgd(DiagonalCases.Small, Schedule.Constant(0.02), ProbePlan.Of(Cadence.Every(20),
        new Losses(), new L1Norm()), steps: 200);

    private static readonly RunResult Result = Runner.Run(Unit);

    [Fact]
    public void What_is_kept_is_found_bit_for_bit() => InStore((store, _) =>
    {
        Assert.Null(store.Find(Unit));
        foreach (var end in (RunEnd[])[RunEnd.Completed, RunEnd.Dead, RunEnd.Diverged(17)])
        {
            var result = Result with
            {
                End = end,
                Measurements = [.. Result.Measurements, new Measurement(201, double.NaN, 0.1,
                [double.NaN, double.Epsilon, -0.0])]
            };
            store.Keep(Unit, result);
            Assert.Equal(result, store.Find(Unit));
        }
        Assert.Null(store.Find(Unit.WithSchedule(Schedule.Constant(0.03))));
    });

    [Fact]
    public void A_result_under_the_name_of_another_unit_is_none() => InStore((store, file) =>
    {
        var other = Unit.WithSchedule(Schedule.Constant(0.03));
        store.Keep(Unit, Result);
        store.Keep(other, Result);
        var path = Path.Combine(Path.GetDirectoryName(file)!, UnitNamed.Of(other));
        File.Copy(file, path + ".arrow", overwrite: true);
        Assert.Null(store.Find(other));
        Assert.Equal(Result, store.Find(Unit));
        // Nor is what a text says that is not its own.
        File.Copy(path + ".yaml", Path.ChangeExtension(file, ".yaml"), overwrite: true);
        Assert.Equal([null], store.Latest([Unit], ofThisBuild: false).Map(found => found?.Name));
        Assert.Equal([null], store.Latest([other], ofThisBuild: false).Map(found => found?.Name));
    });

    [Fact]
    public void A_unit_without_measurements_is_found() => InStore((store, _) =>
    {
        store.Keep(Unit, Result with { Measurements = [] });
        Assert.Equal(Result with { Measurements = [] }, store.Find(Unit));
    });

    [Fact]
    public void Weights_that_were_kept_are_found_bit_for_bit_and_take_room_only_where_there_are_any() => InStore((store, file) =>
    {
        store.Keep(Unit, Result);
        var bare = new FileInfo(file).Length;
        var weights = Items.From(Enumerable.Range(0, 1000).Select(i => i % 3 == 0 ? double.NaN : -i / 7.0));
        foreach (var snapshots in (Items<LargeSteps.Running.Snapshot>[])[[new(0, weights)], [new(20, weights), new(180, [])],
            Result.Measurements.Map(m => new LargeSteps.Running.Snapshot(m.Iteration, weights))])
        {
            var result = Result with { Snapshots = snapshots };
            store.Keep(Unit, result);
            Assert.Equal(result, store.Find(Unit));
            Assert.Equal(Result.Metrics, store.Find(Unit)!.Metrics);
            Assert.InRange(new FileInfo(file).Length, bare + 8000 * snapshots.Count(s => s.Weights.Count > 0),
                bare + 9000 * snapshots.Count);
        }
        store.Keep(Unit, Result);
        Assert.Equal(bare, new FileInfo(file).Length);
    });

    [Fact]
    public void A_file_that_was_cut_off_anywhere_is_not_found() => InStore((store, file) =>
    {
        store.Keep(Unit, Result);
        var whole = File.ReadAllBytes(file);
        for (var length = 0; length < whole.Length; length += length < 64 || length > whole.Length - 64 ? 1 : 13)
        {
            File.WriteAllBytes(file, whole[..length]);
            Assert.Null(store.Find(Unit));
        }
        File.WriteAllBytes(file, whole);
        Assert.Equal(Result, store.Find(Unit));
    });

    [Fact]
    public void A_file_with_other_bytes_is_not_found_and_takes_no_memory() => InStore((store, file) =>
    {
        var kept = Result with { Snapshots = [new(0, [0.1, 0.2, -3]), new(40, [1, double.NaN, 0])] };
        store.Keep(Unit, kept);
        var whole = File.ReadAllBytes(file);
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte[1, 255]).Array[1, 3].Sample(flips =>
        {
            var bytes = whole.ToArray();
            foreach (var (at, bits) in flips) bytes[at] ^= bits;
            File.WriteAllBytes(file, bytes);
            // A reader that believed the lengths of such a file would take gigabytes.
            var before = GC.GetAllocatedBytesForCurrentThread();
            var found = store.Find(Unit);
            return found is null && GC.GetAllocatedBytesForCurrentThread() - before < 200_000;
        }, iter: 2000, threads: 1);
    });

    [Theory]
    [InlineData("")]
    [InlineData("no Arrow file")]
    public void A_file_of_something_else_is_not_found(string content) => InStore((store, file) =>
    {
        File.WriteAllText(file, content);
        Assert.Null(store.Find(Unit));
    });

    [Fact]
    public void Opening_a_store_leaves_alone_what_another_program_is_writing_in_it() => InStore((_, file) =>
    {
        var folder = Path.GetDirectoryName(file)!;
        using var ended = Process.Start("dotnet", "--version");
        ended.WaitForExit();
        var machine = Environment.MachineName;
        string Aside(string name, string owner, TimeSpan age)
        {
            var path = Path.Combine(folder, $"{name}.arrow.{owner}.tmp");
            File.WriteAllText(path, "half");
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow - age);
            return path;
        }
        string[] inUse =
        [
            Aside("own", $"0.{Environment.ProcessId}@{machine}", TimeSpan.Zero), Aside("elsewhere", $"0.{ended.Id}@another-machine",
                TimeSpan.Zero), Aside("unknown", "0", TimeSpan.FromHours(23)),
        ];
        string[] abandoned =
        [
            Aside("dead", $"0.{ended.Id}@{machine}", TimeSpan.Zero), Aside("old", "0", TimeSpan.FromDays(2)), Aside("old-elsewhere",
                $"0.{ended.Id}@another-machine", TimeSpan.FromDays(2)),
            // Its number was given to a process that began later, like that of these tests.
            Aside("earlier", $"0.{Environment.ProcessId}@{machine}", TimeSpan.FromHours(23)),
        ];
        _ = new UnitStore(folder);
        Assert.All(inUse, path => Assert.True(File.Exists(path), path));
        Assert.All(abandoned, path => Assert.False(File.Exists(path), path));
    });

    [Fact]
    public void A_store_that_is_opened_again_and_again_meanwhile_loses_nothing() => InStore((store, file) =>
    {
        using var done = new CancellationTokenSource();
        var opening = Task.Run(() =>
        {
            while (!done.IsCancellationRequested) _ = new UnitStore(Path.GetDirectoryName(file)!);
        }, TestContext.Current.CancellationToken);
        for (var i = 0; i < 200; i++) store.Keep(Unit, Result);
        done.Cancel();
        opening.GetAwaiter().GetResult();
        Assert.Equal([file], Directory.GetFiles(Path.GetDirectoryName(file)!)
            .Where(each => !each.EndsWith(".yaml", StringComparison.Ordinal)));
    });

    [Fact]
    public void A_write_that_fails_leaves_the_old_file_and_nothing_else() => InStore((_, file) =>
    {
        WholeFile.Write(file, path => File.WriteAllText(path, "old"));
        Assert.Throws<IOException>(() => WholeFile.Write(file, path =>
        {
            File.WriteAllText(path, "half");
            throw new IOException("disk full");
        }));
        Assert.Equal("old", File.ReadAllText(file));
        Assert.Equal([file], Directory.GetFiles(Path.GetDirectoryName(file)!)
            .Where(each => !each.EndsWith(".yaml", StringComparison.Ordinal)));
    });

    private static void InStore(Action<UnitStore, string> test)
    {
        var folder = Directory.CreateTempSubdirectory("largesteps-");
        try
        {
            test(new UnitStore(folder.FullName), Path.Combine(folder.FullName, UnitNamed.Of(Unit) + ".arrow"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
