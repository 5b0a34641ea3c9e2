using LargeSteps.Models.Deep;
using LargeSteps.Numerics;
using LargeSteps.Training.Deep;
using static TorchSharp.torch;

namespace LargeSteps.Tests.Training.Deep;

public class LossCurvatureTests
{
    [Theory]
    [InlineData("resnet18_plain", 16, false)]
    [InlineData("resnet_tiny", 8, true)]
    [InlineData("resnet_tiny_gn", 8, false)]
    public void A_product_is_the_change_of_the_gradient_along_the_vector(string name, int size, bool channelsLast)
    {
        using var scope = SmallNets.Scope();
        using var network = SmallNets.Network(name, new(3, size, size), width: name == "resnet_tiny_gn"
            ? 4 : 3, channelsLast: channelsLast);
        var (batch, weights) = (SmallNets.Batch(network, 12), network.Initial(2));
        using var curvature = new LossCurvature(network, weights, batch);
        var direction = Gradient(weights);
        direction /= direction.norm();
        var product = curvature.Times(direction);
        // A difference that crosses the kink of some ReLU is no derivative, one that is too short is rounding: one in between will do.
        var errors = ((float[])[1e-3f, 1e-4f, 3e-5f, 1e-5f, 3e-6f]).Select(step =>
        {
            var difference = (Gradient(weights + direction * step) - Gradient(weights - direction * step)) / (2 * step);
            return ((product - difference).norm() / difference.norm()).item<float>();
        }).ToArray();
        DiagonalCases.Note($"{name}: {string.Join(" ", errors)} of {product.norm().item<float>():G3}");
        Assert.InRange(errors.Min(), 0, 0.05);

        Tensor Gradient(Tensor at)
        {
            using var statistics = network.NewStatistics(CPU);
            var w = at.detach().clone().requires_grad_();
            return autograd.grad([network.Loss(w, statistics, batch.Images, batch.Labels, training: true)], [w])[0];
        }
    }

    [Fact]
    public void Products_are_symmetric()
    {
        using var scope = SmallNets.Scope();
        using var network = SmallNets.Network("resnet18_plain");
        using var curvature = new LossCurvature(network, network.Initial(2), SmallNets.Batch(network));
        using var generator = new Generator(4);
        var (x, y) = (randn(network.ParameterCount, generator: generator), randn(network.ParameterCount, generator: generator));
        var (one, other) = (x.dot(curvature.Times(y)).item<float>(), y.dot(curvature.Times(x)).item<float>());
        Assert.Equal(one, other, 1e-3 * Math.Abs(one));
    }

    [Fact]
    public void The_sharpness_is_the_largest_eigenvalue_of_the_whole_matrix()
    {
        using var scope = SmallNets.Scope();
        using var network = SmallNets.Network("linear", new(1, 3, 3));
        var order = (int)network.ParameterCount;
        using var curvature = new LossCurvature(network, network.Initial(1), SmallNets.Batch(network));
        var matrix = new Matrix(order, order, [.. Enumerable.Range(0, order).SelectMany(i =>
        {
            var unit = zeros(order);
            unit[i] = 1;
            return SmallNets.Doubles(curvature.Times(unit));
        })]);
        var result = curvature.Sharpness(new Lanczos(20), 1e-5);
        Assert.Equal(SymmetricEigen.ValuesOf(matrix)[^1], result.Value, 1e-5 * result.Value);
        Assert.InRange(result.Residual, 0, 1e-5 * result.Value);
    }

    [Fact]
    public void Sixteen_bit_networks_have_the_curvature_of_float32()
    {
        using var scope = SmallNets.Scope();
        var values = ((DeepPrecision[])[DeepPrecision.Float32, DeepPrecision.BFloat16]).Select(precision =>
        {
            using var network = SmallNets.Network("resnet_tiny", precision: precision);
            using var curvature = new LossCurvature(network, network.Initial(2), SmallNets.Batch(network));
            return curvature.Sharpness(new Lanczos(5)).Value;
        }).ToArray();
        Assert.Equal(values[0], values[1], 1e-5 * values[0]);
    }
}
