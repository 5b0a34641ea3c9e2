using LargeSteps.Numerics;
using LargeSteps.Values;

namespace LargeSteps.Models;

/// <summary>
/// The initial weights by name, drawn from <c>torch(seed)</c> in float32. Each begins with the default draw of every layer, as a program
/// does that makes its layers first and then fills them again: so the streams, and with them the numbers, are those of the published
/// programs.
/// </summary>
internal static class ReluInitialisers
{
    /// <summary>What PyTorch's linear layers draw: weight and bias uniform within ±1/√inputs, layer by layer.</summary>
    public static ReluWeights<float> Default(ReluShape shape, TorchRandom random)
    {
        var weights = ReluWeights<float>.Zero(shape);
        for (var l = 0; l < shape.Layers; l++)
        {
            var (weight, bias) = random.LinearDefault(shape.Inputs(l), shape.Outputs(l), shape.Biases[l]);
            weight.CopyTo(weights.Weight(l));
            bias.CopyTo(weights.Bias(l));
        }
        return weights;
    }

    /// <summary>The weights of layer l are scales[l]·randn; the biases stay at their default draw.</summary>
    public static ReluWeights<float> Gaussian(ReluShape shape, Items<double> scales, TorchRandom random)
    {
        if (scales.Count != shape.Layers) throw new ArgumentException($"{shape.Layers} layers have {scales.Count} scales.", nameof(scales));
        var weights = Default(shape, random);
        for (var l = 0; l < shape.Layers; l++)
        {
            var weight = weights.Weight(l);
            random.Normal(weight.Length, scales[l]).CopyTo(weight);
        }
        return weights;
    }

    /// <summary>
    /// The initialisation of one-dimensional regression, after Blanc et al., for one hidden layer: w₁ = ±sign, b₁ = bias·randn,
    /// w₂ = output·randn; published: 2.5, 2.5, 4.
    /// </summary>
    public static ReluWeights<float> Blanc(ReluShape shape, double sign, double bias, double output, TorchRandom random)
    {
        CheckOneHidden(shape);
        var weights = Default(shape, random);
        var hidden = weights.Weight(0);
        var uniform = random.Rand(hidden.Length);
        for (var i = 0; i < hidden.Length; i++) hidden[i] = (float)sign * (-1 + 2 * MathF.Round(uniform[i]));
        if (shape.Biases[0]) random.Normal(shape.Outputs(0), bias).CopyTo(weights.Bias(0));
        random.Normal(weights.Weight(1).Length, output).CopyTo(weights.Weight(1));
        return weights;
    }

    /// <summary>Balanced, for one hidden layer and one output: w₁ = scale·randn, w₂ = ±‖w₁‖ of each unit with the sign of a normal
    /// draw.</summary>
    public static ReluWeights<float> Balanced(ReluShape shape, double scale, TorchRandom random)
    {
        CheckOneHidden(shape);
        if (shape.Outputs(1) != 1) throw new ArgumentException("A balanced network has one output.", nameof(shape));
        var weights = Gaussian(shape, [scale, 1], random);
        var hidden = weights.Weight(0);
        var output = weights.Weight(1);
        var inputs = shape.Inputs(0);
        for (var j = 0; j < output.Length; j++)
        {
            double squares = 0;
            foreach (var w in hidden.Slice(j * inputs, inputs)) squares += (double)w * w;
            output[j] = (float)Math.CopySign(Math.Sqrt(squares), output[j]);
        }
        return weights;
    }

    private static void CheckOneHidden(ReluShape shape)
    {
        if (shape.Hidden != 1)
        {
            throw new ArgumentException($"This initialisation is for one hidden layer, not for {shape.Hidden}.",
            nameof(shape));
        }
    }
}
