using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Training.Diagonal;

namespace LargeSteps.Tests.Running;

public class RunnerTests
{
    private static readonly Probe[] Everything =
    [
        new Losses(), new L0Norm([1e-50, 1e-3]), new L1Norm(), new ParameterNorm(), new Balancedness(),
        new JacobianRank([1e-10]), new HessianEigenvalues(2),
    ];

    /// <summary>A thousand steps or fewer are reported one by one, before each step and at the end.</summary>
    private static Pipeline Small(Cadence at, long steps = 300, double rate = 0.02) => Pipeline.Of(
        DiagonalCases.Small, ModelSpec.DiagonalLinear(), Schedule.Drops(rate, Drop.AtFraction(0.5, 3)),
            OptimizerSpec.Sgd(steps, batchSize: 2), ProbePlan.Of(at, Everything));

    // From u = 0.1, v = 0 with a step size of 300: v = 30, uv = 3, and on without end.
    private static Pipeline Exploding(Cadence at) => Pipeline.Of(
        DatasetSpec.InMemory(DiagonalCases.Data([[1]], 1)), ModelSpec.DiagonalLinear(), Schedule.Constant(300),
            OptimizerSpec.GradientDescent(50), ProbePlan.Of(at, Everything));

    private static RunResult RunCancelledBefore(long step)
    {
        using var source = new CancellationTokenSource();
        // The report of iteration k comes before step k, and after the look at the token: it stops step k + 1.
        var progress = new Told<RunProgress>(p =>
        {
            if (p.Iteration == step - 1) source.Cancel();
        });
        if (step == 0) source.Cancel();
        return Runner.Run(Small(Cadence.Every(10)), RunContext.Default.WithProgress(progress).WithCancellation(source.Token));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(25, 3)]
    [InlineData(30, 3)]
    [InlineData(31, 4)]
    public void A_cancelled_run_has_stopped_before_that_step_and_keeps_its_rows(long step, int rows)
    {
        var stopped = RunCancelledBefore(step);
        Assert.Equal(RunEnd.Stopped(step), stopped.End);
        Assert.Equal(step, stopped.LastIteration);
        Assert.Equal(Runner.Run(Small(Cadence.Every(10))).Measurements.Take(rows), stopped.Measurements);
    }

    [Fact]
    public void A_run_that_is_not_cancelled_completes_all_steps_and_reports_each()
    {
        var reported = new List<RunProgress>();
        var result = Runner.Run(Small(Cadence.Every(10)), RunContext.Default.WithProgress(new Told<RunProgress>(reported.Add)));
        Assert.Equal(RunEnd.Completed, result.End);
        Assert.Equal(300, result.LastIteration);
        Assert.Equal(Enumerable.Range(0, 301).Select(k => new RunProgress(k, 300)), reported.Select(r => r with { Measured = null }));
        Assert.Equal(result.Measurements, reported.Select(r => r.Measured?.Measurement).OfType<Measurement>());
        Assert.Equal(Enumerable.Range(0, 30).Select(i => 10L * i), result.Measurements.Select(m => m.Iteration));
        Assert.All(result.Measurements, m =>
            Assert.Equal((m.Iteration / 7.0, m.Iteration < 150 ? 0.02 : 0.02 / 3), (m.Epoch, m.LearningRate)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(50)]
    public void A_diverged_run_has_finite_rows_up_to_the_first_loss_that_is_not_finite(long every)
    {
        // The same steps by hand.
        var (u, v, first) = (0.1, 0.0, 0L);
        for (; double.IsFinite((u * v - 1) * (u * v - 1)); first++) (u, v) = (u - 300 * (u * v - 1) * v, v - 300 * (u * v - 1) * u);
        Assert.InRange(first, 4, 20);

        var result = Runner.Run(Exploding(Cadence.Every(every)));
        Assert.Equal(RunEnd.Diverged(first), result.End);
        Assert.Equal(first, result.LastIteration);
        Assert.Equal((first + every - 1) / every, result.Measurements.Count);
        Assert.All(result.Measurements, m => Assert.True(double.IsFinite(m.Values[0])));
    }

    /// <summary>Unmeasured, only the loss of the batch is seen: it overflows a little after that of all samples. The rows are the
    /// same.</summary>
    [Theory]
    [InlineData(16)]
    [InlineData(32)]
    [InlineData(39)]
    [InlineData(45)]
    public void A_run_diverges_within_a_few_steps_of_the_same_iteration_however_it_is_measured(int seed)
    {
        long At(Cadence at) => Assert.IsType<DivergedRun>(Runner.Run(
            DiagonalCases.Sgd(DiagonalCases.SgdData, Schedule.Constant(0.282), ProbePlan.Of(at, new Losses()), (uint)seed,
                steps: 200)).End).Iteration;
        var dense = At(Cadence.Every(1));
        Assert.InRange(At(Cadence.Every(1000)), dense, dense + 3);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Measuring_does_not_change_the_run(bool valley)
    {
        Pipeline Measured(Cadence at)
        {
            var pipeline = Small(at);
            var averaging = pipeline.WithOptimizer(pipeline.Optimizer.WithRule(UpdateRule.Plain.WithAveraging(0.9)));
            return valley ? averaging.WithProbes(pipeline.Probes.WithAveraged(true).WithValley(new ValleyProjection(50, 0.05))) : pipeline;
        }
        var dense = Runner.Run(Measured(Cadence.Every(1)));
        var sparse = Runner.Run(Measured(Cadence.Every(60)));
        Assert.Equal(5, sparse.Measurements.Count);
        Assert.Equal(dense.Measurements.Where(m => m.Iteration % 60 == 0), sparse.Measurements);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_same_pipeline_has_the_same_result_bit_for_bit_also_on_two_threads_at_once(bool autograd)
    {
        var pipeline = Small(Cadence.Every(7)).WithEngine(autograd ? Engine.Autograd : Engine.ClosedForm);
        var alone = Runner.Run(pipeline);
        var others = new RunResult[4];
        Parallel.For(0, others.Length, new ParallelOptions { MaxDegreeOfParallelism = 2 }, i => others[i] = Runner.Run(pipeline));
        Assert.All(others, other => Assert.Equal((alone.Metrics, alone.Measurements, alone.End),
            (other.Metrics, other.Measurements, other.End)));
    }

    /// <summary>Published: the iterate is measured after a descent into the valley from a copy of it.</summary>
    [Fact]
    public void The_valley_projection_is_gradient_descent_made_by_hand_from_the_iterate()
    {
        var data = DatasetFactory.Create(DiagonalCases.Small);
        var valley = new ValleyProjection(30, 0.05);
        var pipeline = Small(Cadence.Every(20), steps: 100);
        var result = Runner.Run(pipeline.WithProbes(pipeline.Probes.WithValley(valley)));
        using var engine = DiagonalCases.Create(Engine.ClosedForm, pipeline.Model, data, pipeline.Optimizer);
        foreach (var row in result.Measurements)
        {
            var projected = DescendByHand(engine.Current.Copy(), data, valley);
            DiagonalCases.Note($"{row.Iteration}: {row.Values[0]:R}");
            var losses = DiagonalCases.Measure(new Losses(), data, projected);
            Assert.InRange(DiagonalCases.RelativeError(losses[0], row.Values[0]), 0, 1e-12);
            Assert.InRange(DiagonalCases.RelativeError(losses[1], row.Values[1]), 0, 1e-12);
            Assert.True(row.Values[0] < DiagonalCases.Measure(new Losses(), data, engine.Current)[0],
                "a descent into the valley lowers the loss");
            for (var k = 0; k < 20; k++) engine.Step(row.Iteration + k < 50 ? 0.02 : 0.02 / 3);
        }
    }

    [Fact]
    public void A_descent_of_one_step_is_the_step_made_by_hand_and_leaves_its_start_alone()
    {
        // As in UpdateRuleTests: e = 1, (1, 2) − ⅛(2, 1).
        var start = new DiagonalWeights([1], [2]);
        var end = DiagonalEngine.Descend(start, DiagonalCases.Data([[1]], 1), new ValleyProjection(1, 0.125));
        Assert.Equal((0.75, 1.875), (end.U[0], end.V[0]));
        Assert.Equal((1, 2), (start.U[0], start.V[0]));
    }

    private static DiagonalWeights DescendByHand(DiagonalWeights w, RegressionData data, ValleyProjection valley)
    {
        for (var k = 0; k < valley.Steps; k++)
        {
            var r = new double[w.Dimensions];
            for (var i = 0; i < data.Samples; i++)
            {
                var e = -data.Labels[i];
                for (var j = 0; j < r.Length; j++) e += data.Features[i, j] * w.U[j] * w.V[j];
                for (var j = 0; j < r.Length; j++) r[j] += e * data.Features[i, j] / data.Samples;
            }
            for (var j = 0; j < r.Length; j++)
                (w.U[j], w.V[j]) = (w.U[j] - valley.Rate * r[j] * w.V[j], w.V[j] - valley.Rate * r[j] * w.U[j]);
        }
        return w;
    }
}
