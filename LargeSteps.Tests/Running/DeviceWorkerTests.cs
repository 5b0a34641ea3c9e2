using LargeSteps.Pipelines;
using LargeSteps.Running;
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
    public void Without_work_no_worker_is_begun() => DeviceWorker.Share<int>([], [new("none", -1)], (_, _) => Assert.Fail());

    [Fact]
    public void Deep_networks_are_spread_over_the_workers_and_come_to_the_same()
    {
        var units = Units.Of(Experiment.Of("spread", TinyDeep.Pipeline(4)).WithSeeds(Seeds.OfSampling(0, 4)).WithRuns(
            Run.Of("a", Stages.None))).Match(found => found, problems => throw new InvalidOperationException($"{problems}"));
        var one = Made([new("cpu", 1)]);
        var two = Made([new("cpu", 1), new("cpu", 1)]);
        for (var i = 0; i < units.Count; i++) TinyDeep.AssertSame(one[i].Result, two[i].Result);
        Assert.Equal(Enumerable.Repeat("cpu:1", 4), two.Select(r => r.Result.Device));

        Items<UnitResult> Made(Items<DeviceWorker> workers) => ExperimentRunner.Run(units, RunContext.Default with { Workers = workers }, 1,
            null, false, null);
    }
}
