using System.Numerics;
using LargeSteps.Datasets;
using LargeSteps.Models;

namespace LargeSteps.Training.Relu;

/// <summary>The losses of a fully connected network on all training and test samples. A workspace; not thread-safe.</summary>
/// <typeparam name="T">The precision of the network: outputs are computed in it, the mean in double.</typeparam>
internal sealed class ReluScores<T>(ReluShape shape, RegressionData data, ReluLoss loss) where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly ReluForward<T> _train = new(shape, data.Features), _test = new(shape, data.TestFeatures);
    private readonly T[] _labels = [.. data.Labels.Select(T.CreateTruncating)],
        _testLabels = [.. data.TestLabels.Select(T.CreateTruncating)];

    /// <summary>The mean over the training samples.</summary>
    public double Train(ReluWeights<T> weights) => Mean(_train, _labels, weights);

    /// <summary>The mean over the test samples; NaN where there are none.</summary>
    public double Test(ReluWeights<T> weights) => _test.Points == 0 ? double.NaN : Mean(_test, _testLabels, weights);

    private double Mean(ReluForward<T> forward, T[] labels, ReluWeights<T> weights)
    {
        forward.Evaluate(weights);
        double sum = 0;
        for (var i = 0; i < labels.Length; i++)
        {
            if (loss == ReluLoss.Squared)
            {
                var e = forward.Outputs[i] - labels[i];
                sum += double.CreateTruncating(e * e);
                continue;
            }
            var margin = double.CreateTruncating(labels[i] * forward.Outputs[i]);
            sum += double.LogP1(Math.Exp(-Math.Abs(margin))) + Math.Max(-margin, 0);
        }
        return sum / labels.Length;
    }
}
