using LargeSteps.Datasets;
using LargeSteps.Datasets.Images;
using LargeSteps.Figures;
using LargeSteps.Models;
using LargeSteps.Models.Deep;
using LargeSteps.Numerics;
using LargeSteps.Training.Diagonal;
using LargeSteps.Training.Relu;
using LargeSteps.Values;
using TorchSharp;
using static TorchSharp.torch;

namespace LargeSteps.Training;

/// <summary>The loss on a grid over a plane of weights.</summary>
/// <param name="X">The values of the first coordinate, ascending.</param>
/// <param name="Y">The values of the second coordinate, ascending.</param>
/// <param name="Train">The training loss at (X_i, Y_j), at place j · X.Count + i.</param>
/// <param name="Test">The test loss at the same places; NaN where there are no test samples.</param>
public sealed record LossSurface(Items<double> X, Items<double> Y, Items<double> Train, Items<double> Test)
{
    /// <summary>Of how many images the losses of a deep network are the mean, where nobody says.</summary>
    internal const int DefaultSamples = 512;

    /// <summary>
    /// Evaluates the losses of a model on a table, those that the probe <c>losses</c> measures, in double precision (a module: in its own).
    /// Rows of the grid are evaluated side by side; how many of them at once changes no bit.
    /// </summary>
    /// <exception cref="ArgumentException">The model has another number of weights on these data, or is a deep network.</exception>
    public static LossSurface Of(ModelSpec model, RegressionData data, WeightPlane plane, SurfaceGrid grid) => model.Match(
        diagonal =>
        {
            Expect(2 * data.Dimensions, plane);
            return SideBySide(plane, grid, () =>
            {
                return w =>
                {
                    var weights = new DiagonalWeights(w[..data.Dimensions], w[data.Dimensions..]);
                    return (DiagonalScores.Of(data.Features, data.Labels, weights), DiagonalScores.OfTest(data, weights));
                };
            });
        },
        relu =>
        {
            var shape = ReluShape.Of(relu, data.Dimensions);
            Expect(shape.Parameters, plane);
            var loss = relu.Loss.Match(squared => ReluLoss.Squared, logistic => ReluLoss.Logistic);
            return SideBySide(plane, grid, () =>
            {
                var scores = new ReluScores<double>(shape, data, loss);
                return w =>
                {
                    var weights = new ReluWeights<double>(shape, w);
                    return (scores.Train(weights), scores.Test(weights));
                };
            });
        },
        deep => throw new ArgumentException("A deep network is one of images.", nameof(model)),
        custom => OfModule(custom, data, plane, grid));

    /// <summary>
    /// Evaluates the losses of a deep network: the mean cross-entropy of the first training images, and that of the first test images,
    /// without augmentation, each in one batch whose own statistics batch norm takes, since a vector of weights has no others. So does the
    /// loss whose <c>sharpness</c> and <c>bounce</c> are measured. In float32, one place after the other.
    /// </summary>
    /// <param name="model">The network.</param>
    /// <param name="images">The images.</param>
    /// <param name="plane">The plane, in the order of <see cref="Running.Snapshot"/>.</param>
    /// <param name="grid">The grid.</param>
    /// <param name="samples">How many images; all, where there are fewer.</param>
    /// <param name="device">The device in libtorch's words.</param>
    /// <param name="rows">Told how many rows of the grid are done; null: nobody.</param>
    /// <param name="cancellation">Ends the evaluation.</param>
    /// <exception cref="ArgumentException">The network has another number of weights.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static LossSurface Of(
        DeepNetwork model, ImageSet images, WeightPlane plane, SurfaceGrid grid, int samples = DefaultSamples, string device = "cpu",
        IProgress<int>? rows = null,
        CancellationToken cancellation = default)
    {
        double[] x = grid.Values(grid.X), y = grid.Values(grid.Y);
        float[] train = new float[x.Length * y.Length], test = new float[train.Length];
        NativeLibraries.EnsureLoaded();
        using var network = FlatNetwork.Of(model, images.Train.Shape, images.Classes);
        Expect(network.ParameterCount, plane);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var on = new Device(device);
        using var aside = network.NewStatistics(on);
        ImageBatch?[] batches = [.. new[] { images.Train, images.Test }.Select(part => First(part, images.Classes, samples, device))];
        Tensor origin = network.FromVector(plane.Origin.AsSpan(), on), first = network.FromVector(plane.First.AsSpan(), on),
            second = network.FromVector(plane.Second.AsSpan(), on);
        Tensor weights = origin.clone(), losses = full(2, x.Length, double.NaN, float32, on);
        for (var j = 0; j < y.Length; j++)
        {
            for (var i = 0; i < x.Length; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                using var place = NewDisposeScope();
                using var computing = Tf32.Enter(on.type == DeviceType.CUDA, model.AllowsTf32(ofCurvature: false));
                using Scalar a = x[i], b = y[j];
                weights.copy_(origin).add_(first, a).add_(second, b);
                for (var part = 0; part < batches.Length; part++)
                {
                    if (batches[part] is not { } batch) continue;
                    losses.select(0, part).select(0, i)
                        .copy_(network.Loss(weights, aside, batch.Images, batch.Labels, training: true, precision: DeepPrecision.Float32));
                }
            }
            // The device is waited for once a row.
            using var line = losses.cpu();
            var values = line.data<float>().ToArray();
            values.AsSpan(0, x.Length).CopyTo(train.AsSpan(j * x.Length));
            values.AsSpan(x.Length).CopyTo(test.AsSpan(j * x.Length));
            rows?.Report(j + 1);
        }
        return new(Items.From(x), Items.From(y), Items.From(train.Select(loss => (double)loss)),
            Items.From(test.Select(loss => (double)loss)));
    }

    private static ImageBatch? First(LabelledImages images, int classes, int samples, string device)
    {
        if (images.Count == 0) return null;
        using var there = DeviceImages.On(device, images.First(Math.Min(samples, images.Count)), classes, new TensorFormat());
        return there.Slice(0, there.Count);
    }

    private static LossSurface SideBySide(WeightPlane plane, SurfaceGrid grid, Func<Func<double[], (double Train, double Test)>> measure)
    {
        double[] x = grid.Values(grid.X), y = grid.Values(grid.Y);
        double[] train = new double[x.Length * y.Length], test = new double[train.Length];
        // What measures has memory of its own: one for each thread.
        Parallel.For(0, y.Length, measure, (j, _, losses) =>
        {
            for (var i = 0; i < x.Length; i++)
                (train[j * x.Length + i], test[j * x.Length + i]) = losses(plane.At(x[i], y[j]));
            return losses;
        }, _ => { });
        return new(Items.From(x), Items.From(y), Items.From(train), Items.From(test));
    }

    // One place after the other: a module is one for all threads.
    private static LossSurface OfModule(CustomModel model, RegressionData data, WeightPlane plane, SurfaceGrid grid)
    {
        using var network = ModuleNetwork.On("cpu", model);
        Expect(network.Count, plane);
        network.Try(data.Dimensions);
        Items<double> x = Items.From(grid.Values(grid.X)), y = Items.From(grid.Values(grid.Y));
        var places = y.SelectMany(b => x.Select(a => Items.From(plane.At(a, b))))
            .Select(w => (Loss(w, data.Features, data.Labels), Loss(w, data.TestFeatures, data.TestLabels))).ToArray();
        return new(x, y, Items.From(places.Select(losses => losses.Item1)), Items.From(places.Select(losses => losses.Item2)));

        double Loss(Items<double> weights, Matrix points, Items<double> labels) =>
            labels.Count == 0 ? double.NaN : network.Outputs(weights, points).Zip(labels, (h, label) => (h - label) * (h - label))
                .Average();
    }

    private static void Expect(long count, WeightPlane plane)
    {
        if (count != plane.Origin.Count)
        {
            throw new ArgumentException(
            $"The model has {count} weights on these data, and the plane is one of {plane.Origin.Count}.");
        }
    }
}
