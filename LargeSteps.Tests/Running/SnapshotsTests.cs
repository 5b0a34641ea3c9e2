using LargeSteps.Configuration;
using LargeSteps.Datasets;
using LargeSteps.Figures;
using LargeSteps.Models;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Training;
using LargeSteps.Values;

namespace LargeSteps.Tests.Running;

/// <summary>The weights that measurements keep.</summary>
public class SnapshotsTests
{
    private static readonly Pipeline OfDiagonal = DiagonalCases.Sgd(
        DiagonalCases.Small, Schedule.Constant(0.02), ProbePlan.Of(Cadence.Evenly(3, 5), new Losses(), new ParameterNorm())
            .WithSnapshots(SnapshotSpec.All), steps: 200);

    private static readonly Pipeline OfRelu = Pipeline.Of(
        DatasetSpec.TeacherStudent(10, 2, [3], biases: false, unitTeacher: true, testSamples: 20),
        ModelSpec.ReluNetwork([5, 4], Initialisation.Default, seed: 3), Schedule.Constant(0.02),
        OptimizerSpec.Sgd(200, sampling: Sampling.WithoutReplacement), ProbePlan.Of(Cadence.Evenly(3, 5), new Losses())
            .WithSnapshots(SnapshotSpec.All));

    public static TheoryData<string> DiagonalRuns => ["plain", "averaged", "valley", "autograd"];

    [Theory]
    [MemberData(nameof(DiagonalRuns))]
    public void The_weights_of_a_diagonal_network_give_the_losses_that_were_measured(string kind)
    {
        var pipeline = kind switch
        {
            "averaged" => OfDiagonal.WithOptimizer(OfDiagonal.Optimizer.WithRule(UpdateRule.Plain.WithAveraging(0.9)))
                .WithProbes(OfDiagonal.Probes.WithAveraged(true)),
            "valley" => OfDiagonal.WithProbes(OfDiagonal.Probes.WithValley(new ValleyProjection(20, 0.1))),
            "autograd" => OfDiagonal.WithEngine(Engine.Autograd),
            _ => OfDiagonal,
        };
        var result = Runner.Run(pipeline);
        var data = DatasetFactory.Create(pipeline.Dataset);
        Assert.Equal(result.Measurements.Map(m => m.Iteration), result.Snapshots.Map(s => s.Iteration));
        Assert.All(result.Snapshots.Zip(result.Measurements), pair =>
        {
            var outputs = ModelFunction.Outputs(pipeline.Model, pair.First.Weights, data.Features);
            var loss = outputs.Zip(data.Labels, (output, label) => (output - label) * (output - label)).Sum() / (2 * data.Samples);
            Assert.Equal(pair.Second.Values[0], loss, 1e-12 * loss);
            Assert.Equal(pair.Second.Values[2], Math.Sqrt(pair.First.Weights.Sum(w => w * w)), 1e-12);
        });
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void The_weights_of_a_relu_network_give_the_losses_that_were_measured_bit_for_bit(bool averaged, bool autograd)
    {
        var pipeline = averaged ? OfRelu.WithOptimizer(OfRelu.Optimizer.WithRule(UpdateRule.Plain.WithAveraging(0.9)))
            .WithProbes(OfRelu.Probes.WithAveraged(true)) : OfRelu;
        var result = Runner.Run(autograd ? pipeline.WithEngine(Engine.Autograd) : pipeline);
        var shape = ReluShape.Of((ReluNetwork)pipeline.Model, 2);
        var losses = ReluInstruments<float>.Losses(shape, DatasetFactory.Create(pipeline.Dataset));
        Assert.Equal(result.Measurements.Map(m => m.Iteration), result.Snapshots.Map(s => s.Iteration));
        Assert.Equal(result.Measurements.Map(m => m.Values), result.Snapshots.Map(snapshot =>
        {
            var row = new double[2];
            losses.Measure(new ReluWeights<float>(shape, [.. snapshot.Weights.Select(w => (float)w)]), row);
            return Items.Of<double>(row);
        }));
        Assert.NotEqual(result.Snapshots[0].Weights, result.Snapshots[^1].Weights);
    }

    [Fact]
    public void A_network_of_published_weights_begins_as_it_is_drawn()
    {
        var pipeline = OfRelu.WithDataset(DatasetSpec.RegressionPoints)
            .WithModel(((ReluNetwork)ModelSpec.ReluNetwork([100], Initialisation.Blanc(), seed: 3)).WithBiases([true, false]));
        var first = Runner.Run(pipeline).Snapshots[0];
        Assert.Equal((0, Items.From(ReluCases.Regression.Start.Values.Select(w => (double)w))), (first.Iteration, first.Weights));
    }

    [Fact]
    public void What_is_kept_changes_nothing_that_is_measured()
    {
        var with = Runner.Run(OfDiagonal);
        var without = Runner.Run(OfDiagonal.WithProbes(OfDiagonal.Probes.WithSnapshots(null)));
        Assert.Equal(without.Measurements, with.Measurements);
        Assert.Empty(without.Snapshots);
    }

    [Fact]
    public void The_measurements_that_keep_their_weights_are_counted_from_0()
    {
        Items<long> Kept(SnapshotSpec snapshots) =>
            Runner.Run(OfDiagonal.WithProbes(OfDiagonal.Probes.WithSnapshots(snapshots))).Snapshots.Map(s => s.Iteration);
        Assert.Equal([0, 1, 2, 50, 100, 150], Kept(SnapshotSpec.All));
        Assert.Equal([0, 150], Kept(SnapshotSpec.Ends));
        Assert.Equal([1, 50, 150], Kept(SnapshotSpec.Measurements(5, 1, 3)));
    }

    [Fact]
    public void A_run_that_ends_early_keeps_what_it_had()
    {
        var diverging = Runner.Run(OfDiagonal.WithSchedule(Schedule.Constant(0.02).JoinedAt(Duration.Steps(60), Schedule.Constant(1e6))));
        Assert.IsType<DivergedRun>(diverging.End);
        Assert.Equal([0, 1, 2, 50], diverging.Snapshots.Map(s => s.Iteration));
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.Empty(Runner.Run(OfDiagonal, RunContext.Default.WithCancellation(stop.Token)).Snapshots);
    }

    [Fact]
    public void A_number_after_the_last_measurement_is_told()
    {
        var problem = Assert.Single(PipelineChecks.Problems(
            OfDiagonal.WithProbes(OfDiagonal.Probes.WithSnapshots(SnapshotSpec.Measurements(5, 6)))));
        Assert.Equal(("probes.snapshots.measurements[1]", "LS0225"), (problem.Path, problem.Code));
        Assert.Contains("6", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_picture_that_a_run_cannot_give_is_told()
    {
        string[] Told(FigureSpec figure, Pipeline pipeline) =>
            Experiment.Of("e", pipeline).WithFigures(figure).Checked().Match(_ => [], problems => problems.Select(p => p.Code).ToArray());
        var oneLayer = OfRelu.WithModel(ModelSpec.ReluNetwork([4], Initialisation.Default));
        Assert.Empty(Told(FigureSpec.Neurons("f"), oneLayer));
        Assert.Empty(Told(FigureSpec.Function("f"), oneLayer.WithDataset(DatasetSpec.RegressionPoints)));
        Assert.Equal(["LS0226"], Told(FigureSpec.Neurons("f"), OfRelu));
        Assert.Equal(["LS0226"], Told(FigureSpec.Neurons("f"), oneLayer.WithDataset(DatasetSpec.RegressionPoints)));
        Assert.Equal(["LS0226"], Told(FigureSpec.Neurons("f"), oneLayer.WithProbes(oneLayer.Probes.WithSnapshots(null))));
        Assert.Equal(["LS0226"], Told(FigureSpec.Function("f"), OfDiagonal));
    }
}
