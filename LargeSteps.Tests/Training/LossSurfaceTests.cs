using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Training;

namespace LargeSteps.Tests.Training;

public class LossSurfaceTests
{
    private static readonly Pipeline OfDiagonal =
        DiagonalCases.Gd(DiagonalCases.Small, Schedule.Constant(0.1), ProbePlan.Of(Cadence.Every(50), new Losses())
            .WithSnapshots(SnapshotSpec.All), steps: 101);

    private static readonly Pipeline OfRelu = Pipeline.Of(
        DatasetSpec.TeacherStudent(10, 2, [3], biases: false, unitTeacher: true, testSamples: 20),
        ((ReluNetwork)ModelSpec.ReluNetwork([5, 4], Initialisation.Default, seed: 3)) with { Precision = Precision.Bits64 },
        Schedule.Constant(0.02), OptimizerSpec.GradientDescent(101), ProbePlan.Of(Cadence.Every(50), new Losses())
            .WithSnapshots(SnapshotSpec.All));

    public static TheoryData<string> Kinds => ["diagonal", "relu"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void At_the_weights_of_a_snapshot_lies_the_loss_that_was_measured(string kind)
    {
        var pipeline = kind == "relu" ? OfRelu : OfDiagonal;
        var result = Runner.Run(pipeline);
        var plane = WeightPlane.Through(result.Snapshots[0].Weights, result.Snapshots[1].Weights, result.Snapshots[2].Weights)!;
        for (var s = 0; s < 3; s++)
        {
            var (x, y) = plane.Project(result.Snapshots[s].Weights.AsSpan());
            // The snapshot is a corner of its grid.
            var surface = LossSurface.Of(pipeline.Model, DatasetFactory.Create(pipeline.Dataset), plane,
                new(new(x, x + 1), new(y, y + 1), 2));
            Assert.Equal(result.Measurements[s].Values[0], surface.Train[0], 1e-12);
            Assert.Equal(result.Measurements[s].Values[1], surface.Test[0], 1e-12);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_value_depends_on_its_own_place_alone_bit_for_bit(string kind)
    {
        var pipeline = kind == "relu" ? OfRelu : OfDiagonal;
        var data = DatasetFactory.Create(pipeline.Dataset);
        var plane = WeightPlane.Random(Runner.InitialWeights(pipeline), 1)!;
        var whole = LossSurface.Of(pipeline.Model, data, plane, new(new(-1, 1), new(-2, 2), 21));
        Assert.Equal(whole, LossSurface.Of(pipeline.Model, data, plane, new(new(-1, 1), new(-2, 2), 21)));
        Assert.Equal((21, 21, 441), (whole.X.Count, whole.Y.Count, whole.Train.Count));
        var corner = LossSurface.Of(pipeline.Model, data, plane, new(new(-1, 1), new(-2, 2), 2));
        Assert.Equal([whole.Train[0], whole.Train[20], whole.Train[420], whole.Train[440]], corner.Train);
        Assert.Equal([whole.Test[0], whole.Test[20], whole.Test[420], whole.Test[440]], corner.Test);
    }

    [Fact]
    public void The_loss_of_a_module_on_a_plane_is_the_one_that_was_measured()
    {
        var pipeline = OfRelu.WithModel(ModelSpec.Custom("line", _ => TorchSharp.torch.nn.Linear(2, 1, dtype: TorchSharp.torch.float64), 7))
            .WithEngine(Engine.Autograd);
        var result = Runner.Run(pipeline);
        var (data, start) = (DatasetFactory.Create(pipeline.Dataset), result.Snapshots[0].Weights);
        Assert.Equal(start, Runner.InitialWeights(pipeline));
        var surface = LossSurface.Of(pipeline.Model, data, WeightPlane.Along(start, [1, 0, 0], [0, 1, 0])!, new(new(0, 1), new(0, 1), 2));
        Assert.Equal(result.Measurements[0].Values[0], surface.Train[0], 1e-12);
        Assert.Equal(result.Measurements[0].Values[1], surface.Test[0], 1e-12);
        Assert.Equal(4, surface.Train.Distinct().Count());
        Assert.Throws<ArgumentException>(() =>
            LossSurface.Of(pipeline.Model, data, WeightPlane.Random([0, 0], 1)!, new(new(0, 1), new(0, 1), 2)));
    }

    [Fact]
    public void Initial_weights_are_those_of_the_first_snapshot()
    {
        foreach (var pipeline in new[] { OfDiagonal, OfRelu })
        {
            Assert.Equal(Runner.Run(pipeline).Snapshots[0].Weights,
            Runner.InitialWeights(pipeline));
        }
    }

    [Fact]
    public void A_plane_of_another_number_of_weights_is_refused() => Assert.Throws<ArgumentException>(() =>
        LossSurface.Of(OfDiagonal.Model, DatasetFactory.Create(OfDiagonal.Dataset), WeightPlane.Random([0, 0, 0], 1)!,
            new(new(0, 1), new(0, 1), 2)));
}
