using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Training.Relu;
using LargeSteps.Values;

namespace LargeSteps.Training;

/// <summary>The function that a model is with given weights.</summary>
public static class ModelFunction
{
    /// <summary>The outputs on points, in double precision.</summary>
    /// <param name="model">The model.</param>
    /// <param name="weights">Its weights, flat, in the order of <see cref="Running.Snapshot"/>.</param>
    /// <param name="points">A point a row.</param>
    /// <exception cref="ArgumentException">The model has another number of weights, or more than one output: a deep network.</exception>
    public static Items<double> Outputs(ModelSpec model, Items<double> weights, Matrix points)
    {
        using var custom = model.Match<ModuleNetwork?>(diagonal => null, relu => null, deep => null,
            module => ModuleNetwork.On("cpu", module));
        var count = model.Match(
            diagonal => 2 * points.Columns, relu => ReluShape.Of(relu, points.Columns).Parameters,
            deep => throw NoNumber(model), _ => custom!.Count);
        if (weights.Count != count)
        {
            throw new ArgumentException(
            $"The model has {count} weights on points of {points.Columns} features, not {weights.Count}.", nameof(weights));
        }

        custom?.Try(points.Columns);
        return model.Match(
            diagonal => Items.From(Enumerable.Range(0, points.Rows).Select(i => Diagonal(weights.AsSpan(), points.Row(i)))),
            relu =>
            {
                var shape = ReluShape.Of(relu, points.Columns);
                var forward = new ReluForward<double>(shape, points);
                forward.Evaluate(new(shape, [.. weights]));
                return Items.Of(forward.Outputs);
            },
            deep => throw NoNumber(model),
            _ => custom!.Outputs(weights, points));
    }

    private static ArgumentException NoNumber(ModelSpec model) => new("A deep network has an output for each class.", nameof(model));

    private static double Diagonal(ReadOnlySpan<double> weights, ReadOnlySpan<double> point)
    {
        double sum = 0;
        for (var j = 0; j < point.Length; j++) sum += weights[j] * weights[point.Length + j] * point[j];
        return sum;
    }
}
