using LargeSteps.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace LargeSteps.Training;

/// <summary>A small model in libtorch's operations, with its graph.</summary>
/// <param name="Outputs">The outputs on samples, one a row, with parameters that stand in one vector.</param>
/// <param name="OfOutputs">The mean loss of outputs and labels.</param>
internal sealed record AutogradModel(Func<Tensor, Tensor, Tensor> Outputs, Func<Tensor, Tensor, Tensor> OfOutputs)
{
    /// <summary>The mean loss of samples.</summary>
    /// <param name="x">The samples, one a row.</param>
    /// <param name="y">Their labels.</param>
    /// <param name="weights">The parameters.</param>
    public Tensor Loss(Tensor x, Tensor y, Tensor weights) => OfOutputs(Outputs(x, weights), y);
}

/// <summary>The losses of the small models in libtorch's operations.</summary>
internal static class AutogradLosses
{
    /// <summary>½ of the mean square of a diagonal network, its parameters (u, v).</summary>
    public static AutogradModel OfDiagonal { get; } = new(
        (x, weights) => x.matmul(weights.narrow(0, 0, x.shape[1]).mul(weights.narrow(0, x.shape[1], x.shape[1]))),
        (outputs, y) =>
        {
            // Held, not made in passing: see DiagonalAutogradEngine.
            using Scalar half = 0.5;
            var e = outputs.sub(y);
            return e.mul(e).mean().mul(half);
        });

    /// <summary>The loss of a fully connected network.</summary>
    public static AutogradModel OfRelu(ReluShape shape, ReluLoss loss) => new((x, weights) =>
    {
        var output = x;
        for (var l = 0; l < shape.Layers; l++)
        {
            var (inputs, outputs) = (shape.Inputs(l), shape.Outputs(l));
            var weight = weights.narrow(0, shape.WeightOffset(l), inputs * outputs).reshape(outputs, inputs);
            output = nn.functional.linear(output, weight, shape.Biases[l] ? weights.narrow(0, shape.BiasOffset(l), outputs) : null);
            if (l < shape.Hidden) output = nn.functional.relu(output);
        }
        return output.squeeze(1);
    }, (output, y) =>
    {
        // Not softplus, which cuts its tail off at 20.
        if (loss == ReluLoss.Logistic) return nn.functional.logsigmoid(y.mul(output)).mean().neg();
        var e = output.sub(y);
        return e.mul(e).mean();
    });
}
