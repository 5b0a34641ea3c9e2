using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Values;

namespace LargeSteps.Tests.Running;

public class ExperimentRunnerTests
{
    private static readonly Items<RunUnit> Three = Units.Of(Experiment.Of(
        "three", DiagonalCases.Sgd(DiagonalCases.Small, Schedule.Constant(0.02), ProbePlan.Of(Cadence.Every(20), new Losses()), steps: 200))
        .WithSeeds(Seeds.OfSampling(0, 3))).OrThrow();

    /// <summary>What listens to a run runs inside it: an error there is as good as one of the run.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_run_that_fails_does_not_take_the_others_with_it(int workers) => InStore(store =>
    {
        var told = new List<UnitFinished>();
        var results = ExperimentRunner.Run(Three, RunContext.Default, workers, store, resume: false, new Listener(happened =>
        {
            if (happened is UnitProgressed { Unit.Seed: 1, Progress.Iteration: 100 }) throw new InvalidOperationException("the reason");
            if (happened is UnitFinished finished) told.Add(finished);
        }));
        Assert.Equal(Three, results.Map(r => r.Unit));
        Assert.Equal(["completed", "failed", "completed"], results.Select(r => r.Result.End.Word));
        Assert.Contains("the reason", Assert.IsType<FailedRun>(results[1].Result.End).Message, StringComparison.Ordinal);
        Assert.Equal(results.Select(r => r.Result.End), told.OrderBy(finished => finished.Unit.Seed)
            .Select(finished => finished.Result.End));
        Assert.Equal([true, false, true], Three.Select(unit => store.Find(unit.Pipeline) is not null));

        // The next time only what failed is run.
        var kept = new List<bool>();
        var again = ExperimentRunner.Run(Three, RunContext.Default, workers, store, resume: true, new Listener(happened =>
        {
            if (happened is UnitFinished finished) kept.Add(finished.Kept);
        }));
        Assert.Equal(ExperimentRunner.Run(Three, RunContext.Default, 1, null, false, null).Map(r => r.Result.Measurements),
            again.Map(r => r.Result.Measurements));
        Assert.Equal(2, kept.Count(k => k));
    });

    [Fact]
    public void A_run_on_a_device_that_fails_leaves_those_that_do_not_use_it()
    {
        var (closed, autograd) = (Three[0], Three[1] with { Pipeline = Three[1].Pipeline.WithEngine(Engine.Autograd) });
        var results = ExperimentRunner.Run([autograd, closed], RunContext.Default.WithDevice("no_such_device"), 1, null, false, null);
        Assert.Equal(["failed", "completed"], results.Select(r => r.Result.End.Word));
    }

    [Fact]
    public void Units_with_equal_pipelines_are_run_once()
    {
        var started = 0;
        var results = ExperimentRunner.Run([.. Three, Three[0] with { Label = "the same again" }], RunContext.Default, 2, null, false,
            new Listener(happened =>
        {
            if (happened is UnitStarted) started++;
        }));
        Assert.Equal(3, started);
        Assert.Same(results[0].Result, results[3].Result);
    }

    [Fact]
    public void When_it_is_stopped_what_is_not_begun_has_stopped_at_0_and_nothing_is_kept_of_what_was_cut_off() => InStore(store =>
    {
        using var stop = new CancellationTokenSource();
        var results = ExperimentRunner.Run(Three, RunContext.Default.WithCancellation(stop.Token), 1, store, false, new Listener(happened =>
        {
            if (happened is UnitProgressed { Unit.Seed: 1, Progress.Iteration: 100 }) stop.Cancel();
        }));
        Assert.Equal([RunEnd.Completed, RunEnd.Stopped(101), RunEnd.Stopped(0)], results.Map(r => r.Result.End));
        Assert.Equal(6, results[1].Result.Measurements.Count);
        Assert.Equal([true, false, false], Three.Select(unit => store.Find(unit.Pipeline) is not null));
    });

    private static void InStore(Action<UnitStore> test)
    {
        var folder = Directory.CreateTempSubdirectory("largesteps-");
        try
        {
            test(new UnitStore(folder.FullName));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // Events come from the workers' threads.
    private sealed class Listener(Action<RunEvent> listen) : IProgress<RunEvent>
    {
        private readonly Lock _lock = new();

        public void Report(RunEvent value)
        {
            lock (_lock) listen(value);
        }
    }
}
