using LargeSteps.Datasets;
using LargeSteps.Numerics;
using LargeSteps.Values;

namespace LargeSteps.Training.Diagonal;

/// <summary>The loss of diagonal networks.</summary>
internal static class DiagonalScores
{
    /// <summary>‖X(u⊙v) − y‖²/(2n).</summary>
    public static double Of(Matrix x, Items<double> y, DiagonalWeights weights)
    {
        var predictor = new double[weights.Dimensions];
        for (var j = 0; j < predictor.Length; j++) predictor[j] = weights.U[j] * weights.V[j];
        double squares = 0;
        for (var i = 0; i < x.Rows; i++)
        {
            var e = Vectors.Dot(x.Row(i), predictor) - y[i];
            squares += e * e;
        }
        return squares / (2.0 * x.Rows);
    }

    /// <summary>The same on the test samples; NaN where there are none.</summary>
    public static double OfTest(RegressionData data, DiagonalWeights weights) =>
        data.TestFeatures.Rows == 0 ? double.NaN : Of(data.TestFeatures, data.TestLabels, weights);
}
