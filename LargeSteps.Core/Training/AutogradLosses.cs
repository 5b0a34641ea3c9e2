using LargeSteps.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace LargeSteps.Training;

/// <summary>The mean loss of samples with parameters that stand in one vector, with its graph.</summary>
/// <param name="x">The samples, one a row.</param>
/// <param name="y">Their labels.</param>
/// <param name="weights">The parameters.</param>
internal delegate Tensor LossOf(Tensor x, Tensor y, Tensor weights);

/// <summary>The losses of the small models in libtorch's operations.</summary>
internal static class AutogradLosses
{
    /// <summary>½ of the mean square of a diagonal network, its parameters (u, v).</summary>
    public static Tensor OfDiagonal(Tensor x, Tensor y, Tensor weights)
    {
        // Held, not made in passing: see DiagonalAutogradEngine.
        using Scalar half = 0.5;
        var d = x.shape[1];
        var e = x.matmul(weights.narrow(0, 0, d).mul(weights.narrow(0, d, d))).sub(y);
        return e.mul(e).mean().mul(half);
    }

    /// <summary>The loss of a fully connected network.</summary>
    public static LossOf OfRelu(ReluShape shape, ReluLoss loss) => (x, y, weights) =>
    {
        var output = x;
        for (var l = 0; l < shape.Layers; l++)
        {
            var (inputs, outputs) = (shape.Inputs(l), shape.Outputs(l));
            var weight = weights.narrow(0, shape.WeightOffset(l), inputs * outputs).reshape(outputs, inputs);
            output = nn.functional.linear(output, weight, shape.Biases[l] ? weights.narrow(0, shape.BiasOffset(l), outputs) : null);
            if (l < shape.Hidden) output = nn.functional.relu(output);
        }
        output = output.squeeze(1);
        // Not softplus, which cuts its tail off at 20.
        if (loss == ReluLoss.Logistic) return nn.functional.logsigmoid(y.mul(output)).mean().neg();
        var e = output.sub(y);
        return e.mul(e).mean();
    };
}
