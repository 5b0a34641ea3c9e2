using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Tests.Results;
using LargeSteps.Values;

namespace LargeSteps.Tests.Running;

public class DeviceWorkerTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    [Fact]
    public void Work_is_done_once_each_and_by_all_workers_at_a_time()
    {
        // Each piece waits for that of the other worker.
        using var both = new Barrier(2);
        var done = new List<(int Piece, string Worker)>();
        DeviceWorker.Share(Enumerable.Range(0, 6), [new("cpu", 1), new("cpu", 2)], (piece, worker) =>
        {
            Assert.True(both.SignalAndWait(Long));
            lock (done) done.Add((piece, worker.Name));
        });
        Assert.Equal(Enumerable.Range(0, 6), done.Select(one => one.Piece).Order());
        Assert.Equal((3, 3), (done.Count(one => one.Worker == "cpu:1"), done.Count(one => one.Worker == "cpu:2")));
    }

    [Fact]
    public void What_the_work_of_one_throws_ends_the_others_and_is_thrown()
    {
        var begun = 0;
        var thrown = Assert.Throws<InvalidDataException>(() => DeviceWorker.Share(Enumerable.Range(0, 1000), [new("cpu"), new("cpu")],
            (piece, _) =>
            {
                Interlocked.Increment(ref begun);
                if (piece == 1) throw new InvalidDataException("this one");
                Thread.Sleep(1);
            }));
        Assert.Equal("this one", thrown.Message);
        Assert.InRange(begun, 2, 999);
    }

    [Fact]
    public void Each_worker_has_its_own_number_of_threads_and_nobody_else_has()
    {
        LargeSteps.Numerics.NativeLibraries.EnsureLoaded();
        var before = TorchSharp.torch.get_num_threads();
        using var all = new Barrier(3);
        var threads = new System.Collections.Concurrent.ConcurrentDictionary<string, int>();
        DeviceWorker.Share(Enumerable.Range(0, 3), [new("a", 1), new("b", 3), new("c")], (_, worker) =>
        {
            Assert.True(all.SignalAndWait(Long));
            threads[worker.Name] = TorchSharp.torch.get_num_threads();
            // One that libtorch has not seen yet, as those of the pool on which small networks are made.
            var other = new Thread(() => threads["beside " + worker.Name] = TorchSharp.torch.get_num_threads());
            other.Start();
            other.Join();
        });
        Assert.Equal(
            [("a:1", 1), ("b:3", 3), ("beside a:1", before), ("beside b:3", before), ("beside c", before), ("c", before)],
            threads.Select(pair => (pair.Key, pair.Value)).OrderBy(pair => pair.Key, StringComparer.Ordinal));
        Assert.Equal(before, TorchSharp.torch.get_num_threads());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_worker_has_a_thread(int threads)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new DeviceWorker("cpu", threads));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DeviceWorker("cpu") with { Threads = threads });
    }

    [Fact]
    public void A_run_that_ends_the_program_ends_the_others_too() => TemporaryFolder.In(folder =>
    {
        // The units of the small run cannot be kept: its file would be a folder.
        var deep = TinyDeep.Pipeline(1_000_000);
        Items<RunUnit> units = [new("deep", 0, deep), new("small", 0, SeedResults.Pipeline)];
        var store = new UnitStore(folder);
        Directory.CreateDirectory(Path.Combine(folder, UnitNamed.Of(SeedResults.Pipeline) + ".yaml"));
        Assert.ThrowsAny<Exception>(() => ExperimentRunner.Run(units, RunContext.Default, 1, store, false, null));
    });

    [Fact]
    public void Without_work_no_worker_is_begun() => DeviceWorker.Share<int>([], [new("none")], (_, _) => Assert.Fail());

    [Fact]
    public void Deep_networks_are_spread_over_the_workers_and_come_to_the_same()
    {
        var units = Units.Of(Experiment.Of("spread", TinyDeep.Pipeline(4)).WithSeeds(Seeds.OfSampling(0, 4)).WithRuns(
            Run.Of("a", Stages.None))).Match(found => found, problems => throw new InvalidOperationException($"{problems}"));
        var one = Made([new("cpu", 1)]);
        var two = Made([new("cpu", 1), new("cpu", 1)]);
        for (var i = 0; i < units.Count; i++) TinyDeep.AssertSame(one[i].Result, two[i].Result);
        Assert.Equal(Enumerable.Repeat("cpu:1", 4), two.Select(r => r.Result.Device));

        Items<UnitResult> Made(DeviceWorker[] workers) => ExperimentRunner.Run(units, RunContext.Default.WithWorkers(workers), 1, null,
            false, null);
    }
}
