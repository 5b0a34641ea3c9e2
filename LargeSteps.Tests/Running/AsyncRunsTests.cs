using LargeSteps.Datasets;
using LargeSteps.Datasets.Images;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Values;

namespace LargeSteps.Tests.Running;

/// <summary>Runs as outcomes, as tasks, and as streams of events.</summary>
public class AsyncRunsTests
{
    private static readonly Pipeline Small = DiagonalCases.Sgd(DiagonalCases.Small, Schedule.Constant(0.02),
        ProbePlan.Of(Cadence.Every(20), new Losses()), steps: 200);

    // It ends only where it is stopped.
    private static readonly Pipeline Endless = Small.WithOptimizer(OptimizerSpec.Sgd(2_000_000_000))
        .WithProbes(ProbePlan.Of(Cadence.Every(1_000_000_000), new Losses()));

    private static Pipeline Broken(string because) => Small.WithProbes(ProbePlan.Of(Cadence.Every(20),
        new CustomProbe("broken", _ => throw new InvalidOperationException(because))));

    private static Items<string> CodesOf<T>(Outcome<T> outcome) =>
        outcome.Match(_ => [], problems => problems.Map(problem => problem.Code));

    [Fact]
    public void What_can_be_expected_to_fail_is_an_outcome()
    {
        Assert.Equal(Runner.Run(Small).Measurements, Runner.TryRun(Small).OrThrow().Measurements);
        var wrong = Small.WithSchedule(Schedule.Drops(0.02, Drop.AtStep(900, 4))).WithOptimizer(OptimizerSpec.Sgd(200, batchSize: 1000));
        Assert.Equal(2, CodesOf(Runner.TryRun(wrong)).Count);
        Assert.Equal(CodesOf(Runner.TryRun(wrong)), CodesOf(ExperimentRunner.TryRun(Experiment.Of("wrong", wrong))));
    }

    [Fact]
    public void Data_that_are_not_there_are_a_diagnostic()
    {
        using var folder = new TemporaryFolder();
        var images = TinyDeep.Pipeline(8).WithDataset(new ImageDataset(ImageSource.Cifar10, TinyDeep.Options));
        var context = RunContext.Default.WithDataFolder(folder.Path);
        Assert.Equal(["LS0601"], CodesOf(Runner.TryRun(images, context)));
        Assert.Equal(["LS0601"], CodesOf(ExperimentRunner.TryRun(Experiment.Of("images", images), context)));
        Assert.Throws<DataException>(() => Runner.Run(images, context));
    }

    [Fact]
    public void A_library_that_does_not_load_is_a_diagnostic() => Assert.Equal(["LS0401"],
        CodesOf(Runner.Attempt<int>(() => throw new LargeSteps.Numerics.NativeLibraryException("there is no libtorch"))));

    [Fact]
    public void A_bug_throws() =>
        Assert.Contains("a bug", Assert.Throws<InvalidOperationException>(() => Runner.TryRun(Broken("a bug"))).Message,
            StringComparison.Ordinal);

    [Fact]
    public async Task A_task_has_the_result_of_the_run()
    {
        var cancellation = TestContext.Current.CancellationToken;
        Assert.Equal(Runner.Run(Small).Measurements, (await Runner.RunAsync(Small, cancellation)).Measurements);
#pragma warning disable xUnit1051 // That it compiles is what is tried.
        Assert.Equal(Runner.Run(Small).Measurements, (await Runner.RunAsync(Small, default)).Measurements);
#pragma warning restore xUnit1051
        var experiment = Experiment.Of("small", Small).WithSeeds(Seeds.OfSampling(0, 3));
        Assert.Equal(ExperimentRunner.Run(experiment).Map(r => r.Result.Measurements),
            (await ExperimentRunner.RunAsync(experiment, cancellation)).Map(r => r.Result.Measurements));
        var wrong = Small.WithOptimizer(OptimizerSpec.Sgd(200, batchSize: 1000));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Runner.RunAsync(wrong, cancellation));
        await Assert.ThrowsAsync<InvalidOperationException>(() => ExperimentRunner.RunAsync(Experiment.Of("wrong", wrong), cancellation));
    }

    [Fact]
    public async Task A_cancelled_run_is_a_result_of_its_task()
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        Assert.IsType<StoppedRun>((await Runner.RunAsync(Endless, stop.Token)).End);
        // Of one that is cancelled before it begins too.
        Assert.Equal(RunEnd.Stopped(0), (await Runner.RunAsync(Endless, stop.Token)).End);
        Assert.Equal(RunEnd.Stopped(0), Assert.Single(await ExperimentRunner.RunAsync(Experiment.Of("endless", Endless), stop.Token))
            .Result.End);
    }

    [Fact]
    public async Task Events_are_a_stream_that_ends_with_the_runs()
    {
        var experiment = Experiment.Of("small", Small).WithSeeds(Seeds.OfSampling(0, 3));
        var (begun, ended) = (new HashSet<uint>(), new HashSet<uint>());
        await foreach (var happened in ExperimentRunner.Events(experiment, cancellation: TestContext.Current.CancellationToken))
        {
            Assert.True(happened.Match(started => begun.Add(started.Unit.Seed),
                progressed => begun.Contains(progressed.Unit.Seed) && !ended.Contains(progressed.Unit.Seed),
                finished => ended.Add(finished.Unit.Seed) && finished.Result.End == RunEnd.Completed));
        }
        Assert.Equal([0u, 1u, 2u], ended.Order());
    }

    [Fact]
    public async Task A_cancelled_stream_ends_with_what_was_stopped()
    {
        using var stop = new CancellationTokenSource();
        var ends = new List<RunEnd>();
        await foreach (var happened in ExperimentRunner.Events(Experiment.Of("endless", Endless), cancellation: stop.Token))
        {
            if (happened is UnitProgressed { Progress.Iteration: > 0 }) await stop.CancelAsync();
            if (happened is UnitFinished finished) ends.Add(finished.Result.End);
        }
        Assert.IsType<StoppedRun>(Assert.Single(ends));
    }

    [Fact]
    public async Task A_reader_that_goes_away_stops_the_runs()
    {
        // The runs are over when the loop is left: nothing is measured any more.
        var measured = 0L;
        var probe = new CustomProbe("measured", _ => Interlocked.Increment(ref measured));
        var busy = Endless.WithProbes(ProbePlan.Of(Cadence.Every(100), probe)).WithOptimizer(OptimizerSpec.Sgd(90_000_000));
        await foreach (var happened in ExperimentRunner.Events(Experiment.Of("endless", busy), cancellation:
            TestContext.Current.CancellationToken))
        {
            if (happened is UnitProgressed) break;
        }
        var then = Interlocked.Read(ref measured);
        Assert.InRange(then, 1, 900_000);
        await Task.Delay(200, TestContext.Current.CancellationToken);
        Assert.Equal(then, Interlocked.Read(ref measured));
    }

    [Fact]
    public async Task A_stream_of_an_experiment_with_problems_throws() =>
        await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            var wrong = Experiment.Of("wrong", Small.WithOptimizer(OptimizerSpec.Sgd(200, batchSize: 1000)));
            await foreach (var happened in ExperimentRunner.Events(wrong, cancellation: TestContext.Current.CancellationToken))
                Assert.Fail(happened.ToString());
        });
}
