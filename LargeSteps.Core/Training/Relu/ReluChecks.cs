using LargeSteps.Datasets;
using LargeSteps.Models;

namespace LargeSteps.Training.Relu;

/// <summary>What both engines ask of their arguments.</summary>
internal static class ReluChecks
{
    public static void Check(ReluShape shape, RegressionData data, ReluLoss loss)
    {
        if (shape.Widths[0] != data.Dimensions)
        {
            throw new ArgumentException(
            $"A network of {shape.Widths[0]} inputs for samples of {data.Dimensions} features.", nameof(shape));
        }

        if (shape.Widths[^1] != 1) throw new ArgumentException("A network for regression has one output.", nameof(shape));
        if (loss == ReluLoss.Logistic && data.Labels.Any(y => Math.Abs(y) != 1))
            throw new ArgumentException("The logistic loss takes labels 1 and −1.", nameof(data));
    }
}
