using LargeSteps.Models.Deep;
using static TorchSharp.torch;

namespace LargeSteps.Tests.Models.Deep;

/// <summary>Batch normalisation and its first and second derivatives against libtorch's.</summary>
public class BatchNormFunctionTests
{
    [Theory]
    [InlineData(4, 3, 5, 2, 1)]
    [InlineData(1, 1, 2, 2, 1)]
    [InlineData(6, 8, 3, 3, 1e-3)]
    public void Values_and_both_derivatives_are_libtorchs(int samples, int channels, int height, int width, double spread)
    {
        using var scope = SmallNets.Scope();
        using var generator = new Generator(3);
        Tensor Normal(params long[] shape) => randn(shape, generator: generator, dtype: ScalarType.Float64);
        // With σ² below ε, where the derivative of s by x counts ε too.
        var x = Normal(samples, channels, height, width) * spread + 0.5;
        var (scale, shift) = (Normal(channels) + 1, Normal(channels));
        var vectors = new[] { Normal(samples, channels, height, width), Normal(channels), Normal(channels),
            Normal(samples, channels, height, width) };
        var expected = Derivatives((x, scale, shift) =>
            nn.functional.batch_norm(x, zeros(channels, float64), ones(channels, float64), scale, shift, true, 0.1, 1e-5));
        var found = Derivatives((x, scale, shift) => BatchNormFunction.Apply(x, scale, shift, new()));
        Assert.All(expected.Zip(found), pair =>
            Assert.InRange(SmallNets.Distance(SmallNets.Doubles(pair.First), SmallNets.Doubles(pair.Second)), 0, 1e-8));

        // y, its derivatives along dy = vectors[3] y², and the derivatives of ⟨those, vectors⟩ by x and γ.
        Tensor[] Derivatives(Func<Tensor, Tensor, Tensor, Tensor> norm)
        {
            Tensor[] at = [.. new[] { x, scale, shift }.Select(t => t.detach().requires_grad_())];
            var y = norm(at[0], at[1], at[2]);
            var first = autograd.grad([(vectors[3] * y * y * y).sum()], at, null, retain_graph: true, create_graph: true,
                allow_unused: false);
            var along = first.Zip(vectors, (f, v) => (f * v).sum()).Aggregate((a, b) => a + b);
            return [y.detach(), .. first.Select(f => f.detach()),
                .. autograd.grad([along], at, null, retain_graph: false, create_graph: false, allow_unused: false)];
        }
    }
}
