using LargeSteps.Models;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;

namespace LargeSteps.Tests.Running;

public class RunEventsTests
{
    private static readonly Experiment Experiment = LargeSteps.Pipelines.Experiment.Of("one", Pipeline.Of(
        DiagonalCases.Small, ModelSpec.DiagonalLinear(), Schedule.Constant(0.02), OptimizerSpec.Sgd(50),
            ProbePlan.Of(Cadence.Every(10), new Losses())))
        .WithSeeds(Seeds.OfSampling(0, 4));

    private sealed class Recorder : IObserver<RunEvent>
    {
        private int _inside;

        public List<RunEvent> Events { get; } = [];

        public int Completions { get; private set; }

        public bool Overlapped { get; private set; }

        public void OnNext(RunEvent value)
        {
            Overlapped |= Interlocked.Increment(ref _inside) > 1;
            Events.Add(value);
            Interlocked.Decrement(ref _inside);
        }

        public void OnCompleted() => Completions++;

        public void OnError(Exception error) => Assert.Fail("runs do not fail their events");
    }

    [Fact]
    public void Every_observer_sees_all_events_one_at_a_time_and_the_completion_once()
    {
        Recorder first = new(), second = new();
        using (var events = new RunEvents())
        {
            events.Subscribe(first);
            events.Subscribe(second);
            ExperimentRunner.Run(Experiment, RunContext.Default, events);
            Assert.Equal(0, first.Completions);
            events.Dispose();
        }
        Assert.Equal(first.Events, second.Events);
        Assert.Equal((1, 1), (first.Completions, second.Completions));
        Assert.False(first.Overlapped || second.Overlapped);
        Assert.Equal((4, 4), (first.Events.OfType<UnitStarted>().Count(), first.Events.OfType<UnitFinished>().Count()));
    }

    [Fact]
    public void A_subscription_that_has_ended_is_told_nothing_also_while_it_is_told()
    {
        using var events = new RunEvents();
        Recorder whole = new(), late = new();
        var seen = 0;
        IDisposable? once = null;
        once = events.Subscribe(_ =>
        {
            seen++;
            once!.Dispose();
        });
        using var twice = events.Subscribe(whole);
        events.Subscribe(whole).Dispose();
        ExperimentRunner.Run(Experiment, RunContext.Default, events);
        Assert.Equal(1, seen);
        Assert.Equal(4, whole.Events.OfType<UnitFinished>().Count());
        events.Dispose();
        using var none = events.Subscribe(late);
        Assert.Equal((0, 1), (late.Events.Count, late.Completions));
    }

    [Fact]
    public void An_observer_can_cancel_the_experiment()
    {
        using var source = new CancellationTokenSource();
        using var events = new RunEvents();
        using var subscription = events.Subscribe(e =>
        {
            if (e is UnitProgressed { Progress.Iteration: 20 }) source.Cancel();
        });
        var results = ExperimentRunner.Run(Experiment, RunContext.Default.WithCancellation(source.Token), events);
        Assert.Contains(results, r => r.Result.End is StoppedRun { Iteration: 21 });
    }
}
