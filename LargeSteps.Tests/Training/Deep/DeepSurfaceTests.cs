using LargeSteps.Configuration;
using LargeSteps.Datasets;
using LargeSteps.Datasets.Images;
using LargeSteps.Figures;
using LargeSteps.Models;
using LargeSteps.Models.Deep;
using LargeSteps.Numerics;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Training;
using LargeSteps.Values;
using static TorchSharp.torch;

namespace LargeSteps.Tests.Training.Deep;

/// <summary>Loss surfaces of deep networks.</summary>
public class DeepSurfaceTests
{
    private static readonly Pipeline Tiny = Kept(TinyDeep.Pipeline(6));

    private static readonly Lazy<ImageSet> Images = new(() => DatasetFactory.Load(TinyDeep.Images, "").Images);

    private static Pipeline Kept(Pipeline pipeline) => pipeline.WithProbes(pipeline.Probes.WithSnapshots(SnapshotSpec.All));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void At_the_weights_of_a_snapshot_lies_the_loss_of_the_first_images_in_one_batch(bool channelsLast)
    {
        var model = TinyDeep.Network with { ChannelsLast = channelsLast };
        var snapshots = Runner.Run(Tiny.WithModel(model)).Snapshots;
        Assert.Equal(3, snapshots.Count);
        var plane = WeightPlane.Through(snapshots[0].Weights, snapshots[1].Weights, snapshots[2].Weights)!;
        for (var s = 0; s < 3; s++)
        {
            var (x, y) = plane.Project(snapshots[s].Weights.AsSpan());
            // The snapshot is a corner of its grid.
            var surface = Evaluated(model, Images.Value, plane, new(new(x, x + 1), new(y, y + 1), 2), samples: 48);
            var (train, test) = (Loss(model, snapshots[s].Weights, Images.Value.Train.First(48)), Loss(model, snapshots[s].Weights,
                Images.Value.Test));
            Assert.Equal(train, surface.Train[0], 1e-5);
            Assert.Equal(test, surface.Test[0], 1e-5);
            Assert.True(surface.Train.Any(loss => Math.Abs(loss - surface.Train[0]) > 1e-3), "The loss is flat.");
            if (s == 0) Assert.Equal((train, test), (surface.Train[0], surface.Test[0]));
        }
    }

    // The layers' own initial weights, not the vector that a surface takes: the order of the vector is part of what is tested.
    [Fact]
    public void At_the_initial_weights_lies_the_loss_of_the_network_as_it_was_drawn()
    {
        var plane = WeightPlane.Random(Runner.InitialWeights(Tiny), 1)!;
        var surface = Evaluated(TinyDeep.Network, Images.Value, plane, new(new(0, 1), new(0, 1), 2));
        using var network = FlatNetwork.Of(TinyDeep.Network, TinyDeep.Images.Shape, TinyDeep.Images.Source.Classes);
        using var scope = NewDisposeScope();
        Assert.Equal((Loss(network, network.Initial(1), Images.Value.Train), Loss(network, network.Initial(1), Images.Value.Test)),
            (surface.Train[0], surface.Test[0]));
    }

    [Fact]
    public void A_value_depends_on_its_own_place_alone_bit_for_bit()
    {
        var plane = WeightPlane.Random(Runner.InitialWeights(Tiny), 1, WeightFilters.Of(TinyDeep.Network, TinyDeep.Images))!;
        List<int> rows = [];
        LossSurface Of(int points) => Evaluated(TinyDeep.Network, Images.Value, plane, new(new(-1, 1), new(-0.5, 2), points), samples: 32,
            rows: new Told<int>(rows.Add));
        var whole = Of(5);
        Assert.Equal([1, 2, 3, 4, 5], rows);
        Assert.Equal(whole, Of(5));
        Assert.Equal((5, 5, 25, 25), (whole.X.Count, whole.Y.Count, whole.Train.Count, whole.Test.Count));
        Assert.Equal(25, whole.Train.Distinct().Count());
        var corners = Of(2);
        Assert.Equal([whole.Train[0], whole.Train[4], whole.Train[20], whole.Train[24]], corners.Train);
        Assert.Equal([whole.Test[0], whole.Test[4], whole.Test[20], whole.Test[24]], corners.Test);
    }

    [Fact]
    public void There_is_no_test_loss_without_test_images_and_no_more_samples_than_images()
    {
        var plane = WeightPlane.Random(Runner.InitialWeights(Tiny), 1)!;
        var grid = new SurfaceGrid(new(-1, 1), new(-1, 1), 2);
        var few = Images.Value with { Test = Images.Value.Test.First(0) };
        var surface = Evaluated(TinyDeep.Network, few, plane, grid, samples: 1000);
        Assert.All(surface.Test, loss => Assert.True(double.IsNaN(loss)));
        Assert.Equal(Evaluated(TinyDeep.Network, few, plane, grid, samples: 64).Train, surface.Train);
        Assert.NotEqual(Evaluated(TinyDeep.Network, few, plane, grid, samples: 63).Train, surface.Train);
    }

    [Fact]
    public void An_evaluation_can_be_cancelled()
    {
        using var stop = new CancellationTokenSource();
        var plane = WeightPlane.Random(Runner.InitialWeights(Tiny), 1)!;
        List<int> rows = [];
        Assert.Throws<OperationCanceledException>(() => LossSurface.Of(
            TinyDeep.Network, Images.Value, plane, new(new(-1, 1), new(-1, 1), 3), samples: 8, cancellation: stop.Token,
                rows: new Told<int>(row =>
            {
                rows.Add(row);
                stop.Cancel();
            })));
        Assert.Equal([1], rows);
    }

    [Fact]
    public void A_plane_of_another_number_of_weights_is_refused() => Assert.Throws<ArgumentException>(() =>
        Evaluated(TinyDeep.Network, Images.Value, WeightPlane.Random([0, 0, 0], 1)!, new(new(0, 1), new(0, 1), 2)));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_vector_of_weights_is_the_flat_tensor_in_the_order_of_the_state_dict(bool channelsLast)
    {
        using var network = FlatNetwork.Of(TinyDeep.Network with { ChannelsLast = channelsLast }, TinyDeep.Images.Shape,
            TinyDeep.Images.Source.Classes);
        using var scope = NewDisposeScope();
        var weights = network.Initial(3);
        var vector = network.ToVector(weights);
        Assert.Equal(weights.data<float>().ToArray(), network.FromVector(vector.AsSpan(), CPU).data<float>().ToArray());
        var first = network.Named(weights)[0];
        Assert.Equal(first.View[1, 0, 2, 1].item<float>(), (float)vector[(int)(first.Shape[1] * 9 + 2 * 3 + 1)]);
        Assert.Equal(vector, Runner.InitialWeights(Tiny.WithModel(TinyDeep.Network with { ChannelsLast = !channelsLast, Seed = 3 })));
    }

    [Fact]
    public void Initial_weights_are_those_of_the_first_snapshot() => Assert.Equal(Runner.Run(Tiny).Snapshots[0].Weights,
        Runner.InitialWeights(Tiny));

    [Fact]
    public void Filter_normalised_directions_have_the_norms_of_the_filters_of_a_deep_network_and_nothing_in_its_norm_layers()
    {
        var origin = Runner.InitialWeights(Tiny);
        var plane = WeightPlane.Random(origin, 4, WeightFilters.Of(TinyDeep.Network, TinyDeep.Images))!;
        var (offset, filters) = (0, 0);
        using var network = FlatNetwork.Of(TinyDeep.Network, TinyDeep.Images.Shape, TinyDeep.Images.Source.Classes);
        Assert.Contains(network.Parameters, slot => slot.OfNorm);
        foreach (var slot in network.Parameters)
        {
            // A filter is what makes one output.
            var rows = slot.Shape.Length == 1 ? 1 : (int)slot.Shape[0];
            var length = (int)slot.Count / rows;
            for (var row = 0; row < rows; row++, offset += length)
            {
                foreach (var direction in (Items<double>[])[plane.First, plane.Second])
                {
                    var expected = slot.Shape.Length == 1 ? 0 : Vectors.Norm(origin.AsSpan().Slice(offset, length));
                    Assert.Equal(expected, Vectors.Norm(direction.AsSpan().Slice(offset, length)), 1e-12);
                    if (expected > 0) filters++;
                }
            }
        }
        Assert.Equal((origin.Count, 2 * WeightFilters.Of(TinyDeep.Network, TinyDeep.Images).Count), (offset, filters));
    }

    [Fact]
    public void The_filters_of_a_relu_network_are_the_rows_of_its_weights()
    {
        var data = DatasetSpec.TeacherStudent(10, 2, [3], biases: false, unitTeacher: true, testSamples: 20);
        var relu = (ReluNetwork)ModelSpec.ReluNetwork([4, 3], Initialisation.Default);
        var shape = ReluShape.Of(relu, 2);
        var filters = WeightFilters.Of(relu, data);
        Assert.Equal(4 + 3 + 1, filters.Count);
        Assert.Equal([0..2, 2..4, 4..6, 6..8, 12..16], filters.Take(5));
        // All but the biases.
        Assert.Equal(shape.Parameters - 8, filters.Sum(filter => filter.End.Value - filter.Start.Value));
        Assert.Throws<ArgumentException>(() => WeightFilters.Of(ModelSpec.DiagonalLinear(), data));
    }

    [Fact]
    public void Directions_that_are_not_orthogonal_give_the_coordinates_of_their_points()
    {
        var plane = WeightPlane.Random([3, -1, 0.5, 2, 1], 5, [0..2, 2..4])!;
        Assert.NotEqual(0, Vectors.Dot(plane.First.AsSpan(), plane.Second.AsSpan()), 1e-3);
        var (x, y) = plane.Project(plane.At(0.75, -1.5));
        Assert.Equal(0.75, x, 1e-12);
        Assert.Equal(-1.5, y, 1e-12);
        // A single weight each: both directions are ± the same.
        Assert.Null(WeightPlane.Random([3], 5, [0..1]));
        Assert.Null(WeightPlane.Random([0, 0, 0], 5, [0..3]));
        Assert.Null(WeightPlane.Random([double.NaN, 1], 5, [0..2]));
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void The_directions_are_normalised_in_deep_networks_unless_they_are_not_to_be(bool? asked, bool deep)
    {
        var plane = (RandomPlane)SurfacePlane.Random(PlanePoint.Initial, 1, asked);
        Assert.Equal((deep, asked ?? false), (plane.IsNormalised(TinyDeep.Network), plane.IsNormalised(ModelSpec.DiagonalLinear())));
    }

    [Fact]
    public void A_surface_that_runs_of_deep_networks_cannot_give_is_told()
    {
        string[] Told(Func<SurfaceFigure, SurfaceFigure> change, params Pipeline[] pipelines)
        {
            var figure = (SurfaceFigure)FigureSpec.Surface("f", SurfacePlane.Through(PlanePoint.Initial, PlanePoint.Measurement("a", 1),
                PlanePoint.End("a")), new(new(-1, 1), new(-1, 1)), "a");
            var experiment = Experiment.Of("e", pipelines[0])
                .WithRuns([.. pipelines.Select((pipeline, i) => Run.Of(i == 0 ? "a" : "b", Stages.Of(pipeline)))])
                .WithFigures(change(figure));
            return experiment.Checked().Match<string[]>(_ => [], problems => [.. problems.Select(problem => problem.Code)]);
        }
        Assert.Empty(Told(figure => figure.WithSamples(16), Tiny));
        Assert.Empty(Told(figure => figure with { Plane = SurfacePlane.Principal("a") }, Tiny));
        Assert.Empty(Told(figure => figure with { Plane = SurfacePlane.Random(PlanePoint.End("a"), 1, true) }, Tiny));
        Assert.Empty(Told(figure => figure with { Paths = ["a", "b"] }, Tiny, Tiny.WithModel(TinyDeep.Network with
        {
            Seed = 2,
            BFloat16 = true
        })));
        Assert.Equal(["LS0226"], Told(figure => figure with { Paths = ["a", "b"] }, Tiny,
            Tiny.WithModel(TinyDeep.Network with { Width = 3 })));
        Assert.Equal(["LS0226"], Told(figure => figure with { Paths = ["a", "b"] }, Tiny,
            Tiny.WithDataset(TinyDeep.Images with { Source = ImageSource.Mnist })));
        Assert.Equal(["LS0226"], Told(figure => figure with { Reflected = ["a"] }, Tiny));
        Assert.Equal(["LS0226"], Told(figure => figure with { Paths = [] },
            Tiny.WithProbes(Tiny.Probes.WithSnapshots(SnapshotSpec.Measurements(1)))));
    }

    private static LossSurface Evaluated(DeepNetwork model, ImageSet images, WeightPlane plane, SurfaceGrid grid,
        int samples = LossSurface.DefaultSamples, IProgress<int>? rows = null) =>
        LossSurface.Of(model, images, plane, grid, samples, rows: rows, cancellation: TestContext.Current.CancellationToken);

    private static double Loss(DeepNetwork model, Items<double> weights, LabelledImages images)
    {
        using var network = FlatNetwork.Of(model, TinyDeep.Images.Shape, TinyDeep.Images.Source.Classes);
        using var scope = NewDisposeScope();
        return Loss(network, network.FromVector(weights.AsSpan(), CPU), images);
    }

    // As the probes of the curvature take it.
    private static double Loss(FlatNetwork network, Tensor weights, LabelledImages images)
    {
        using var noGradient = no_grad();
        using var statistics = network.NewStatistics(CPU);
        using var there = DeviceImages.On("cpu", images, 10, new TensorFormat());
        var batch = there.Slice(0, there.Count);
        return network.Loss(weights, statistics, batch.Images, batch.Labels, training: true).item<float>();
    }
}
