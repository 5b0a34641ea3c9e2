using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Models.Dense;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;

namespace LargeSteps.Probes;

/// <summary>The loss on a grid over a plane of weights.</summary>
/// <param name="X">The values of the first coordinate, ascending.</param>
/// <param name="Y">The values of the second coordinate, ascending.</param>
/// <param name="Train">The training loss at (X_i, Y_j), at place j · X.Count + i.</param>
/// <param name="Test">The test loss at the same places; NaN where there are no test samples.</param>
public sealed record LossSurface(Items<double> X, Items<double> Y, Items<double> Train, Items<double> Test)
{
    /// <summary>
    /// Evaluates the losses of a model, those that the probe <c>losses</c> measures, in double precision. Rows of the grid are evaluated side by side; how many
    /// of them at once changes no bit.
    /// </summary>
    /// <exception cref="ArgumentException">The model has another number of weights on these data, or is a deep network.</exception>
    public static LossSurface Of(ModelSpec model, RegressionData data, WeightPlane plane, SurfaceGrid grid)
    {
        double[] x = grid.Values(grid.X), y = grid.Values(grid.Y);
        double[] train = new double[x.Length * y.Length], test = new double[train.Length];
        var measure = Losses(model, data, plane.Origin.Count);
        Parallel.For(0, y.Length, measure, (j, _, losses) =>
        {
            Span<double> row = stackalloc double[2];
            for (var i = 0; i < x.Length; i++)
            {
                losses(plane.At(x[i], y[j]), row);
                (train[j * x.Length + i], test[j * x.Length + i]) = (row[0], row[1]);
            }
            return losses;
        }, _ => { });
        return new(Items.From(x), Items.From(y), Items.From(train), Items.From(test));
    }

    // What measures the losses of flat weights, one for each thread: it has memory of its own.
    private static Func<Measure<double[]>> Losses(ModelSpec model, RegressionData data, int weights) => model.Match<Func<Measure<double[]>>>(
        diagonal =>
        {
            Expect(2 * data.Dimensions, weights);
            return () =>
            {
                var losses = DiagonalInstruments.Create(ProbeSpec.Losses, data).Measure;
                return (w, row) => losses(new(w[..data.Dimensions], w[data.Dimensions..]), row);
            };
        },
        relu =>
        {
            var shape = DenseShape.Of(relu, data.Dimensions);
            Expect(shape.Parameters, weights);
            var loss = relu.Loss.Match(squared => DenseLoss.Squared, logistic => DenseLoss.Logistic);
            return () =>
            {
                var losses = DenseInstruments<double>.Losses(shape, data, loss).Measure;
                return (w, row) => losses(new(shape, w), row);
            };
        },
        deep => throw new ArgumentException("The loss of a deep network is not evaluated on a grid.", nameof(model)),
        custom => throw new ArgumentException("The loss of a module is not evaluated on a grid.", nameof(model)));

    private static void Expect(int count, int weights)
    {
        if (count != weights) throw new ArgumentException($"The model has {count} weights on these data, and the plane is one of {weights}.");
    }
}
