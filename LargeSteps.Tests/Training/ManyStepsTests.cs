using CsCheck;
using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Optimizers;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Training;
using LargeSteps.Training.Diagonal;

namespace LargeSteps.Tests.Training;

/// <summary>Steps that an engine makes in one go, against the same steps one by one: to the bit.</summary>
public class ManyStepsTests
{
    [Fact]
    public void Steps_in_one_go_have_the_bits_of_steps_one_by_one() => Gen.Select(Gen.Int[1, 70], Gen.Int[1, 9], Gen.Int[1, 40],
        Gen.UInt[0, 99], Gen.Double[0.05, 50]).Sample((dimensions, samples, count, seed, rate) =>
    {
        var data = DatasetFactory.Create(DatasetSpec.SparseRegression(samples, dimensions, 1));
        double At(long k) => rate / (1 + k);
        DiagonalEngine New() => new(DiagonalWeights.Create(new DiagonalLinear(0.5, 0.1), dimensions), data,
            OptimizerSpec.Sgd(count, seed: seed));
        using var one = New();
        using var many = New();
        var ended = (long)count;
        for (var k = 0L; k < count; k++)
        {
            if (double.IsFinite(one.Step(At(k)))) continue;
            ended = k;
            break;
        }
        var split = count / 3;
        var first = split == 0 ? 0 : many.MakeSteps(0, split, At);
        var last = first < split ? first : many.MakeSteps(split, count, At);
        return last == ended && (ended < count || one.Save().Weights.SequenceEqual(many.Save().Weights)
            && one.Save().Samples == many.Save().Samples);
    });

    // What looks at the run between two steps is there at the same iterations: measurements, kept iterates, progress. Of fewer steps the
    // progress of each is told.
    [Theory]
    [InlineData(331)]
    [InlineData(5003)]
    public void A_run_measures_and_tells_the_same_wherever_it_stops(int every)
    {
        var pipeline = DiagonalCases.Sgd(DatasetSpec.SparseRegression(20, 30, 3), Schedule.Constant(0.1),
            ProbePlan.Of(Cadence.Every(every), new Losses(), new Bounce()), steps: 250_000);
        var told = new List<long>();
        var result = Runner.Run(pipeline, RunContext.Default.WithProgress(new Told<RunProgress>(progress => told.Add(progress.Iteration))));
        Assert.Equal(Enumerable.Range(0, 20).Select(k => (long)k), told.Take(20).Distinct());
        Assert.Equal([.. Cadence.Every(every).Iterations(pipeline.Horizon)], result.Measurements.Map(m => m.Iteration));
        using var slow = TrainingRun.Create(pipeline, new LoadedData(DatasetFactory.Create(pipeline.Dataset), null), "cpu");
        var (row, k) = (new double[slow.Metrics.Count], 0L);
        foreach (var measured in result.Measurements)
        {
            for (; k < measured.Iteration; k++) slow.Step(slow.Rate(slow.Horizon.Progress(k)));
            slow.TryMeasure(row);
            Assert.Equal(row, measured.Values);
        }
    }

    [Fact]
    public void A_run_ends_where_it_is_to_and_a_fork_goes_on_from_where_it_begins()
    {
        var pipeline = DiagonalCases.Sgd(DatasetSpec.SparseRegression(20, 30, 3), Schedule.Constant(0.1),
            ProbePlan.Of(Cadence.Every(10_007), new Losses(), new Bounce()), steps: 150_000);
        var whole = Runner.Run(pipeline);
        var until = Runner.Run(pipeline, RunContext.Default with { Until = 40_003 });
        Assert.Equal((RunEnd.Stopped(40_003), 40_003), (until.End, until.LastIteration));
        var fork = Runner.Run(pipeline.WithStart(new(pipeline, 40_003)));
        Assert.Equal(whole.Measurements.Where(m => m.Iteration >= 40_003), fork.Measurements);
        using var stop = new CancellationTokenSource();
        var stopped = Runner.Run(pipeline, RunContext.Default.WithCancellation(stop.Token).WithProgress(new Told<RunProgress>(progress =>
        {
            if (progress.Iteration >= 60_000) stop.Cancel();
        })));
        Assert.InRange(stopped.LastIteration, 60_000, 60_300);
    }
}
