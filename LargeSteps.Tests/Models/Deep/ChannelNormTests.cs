using CsCheck;
using LargeSteps.Models.Deep;
using LargeSteps.Numerics;
using static TorchSharp.torch;

namespace LargeSteps.Tests.Models.Deep;

/// <summary>Batch norm of channels-last tensors, against libtorch's in float64.</summary>
public class ChannelNormTests
{
    public ChannelNormTests()
    {
        NativeLibraries.EnsureLoaded();
        Assert.SkipUnless(ChannelNorm<Float32Element>.IsSupported, "This processor has no AVX2.");
    }

    // One part of the images and several, a mean far from 0, a variance below ε.
    [Theory]
    [InlineData(4, 8, 5, 2, 1, 0.5)]
    [InlineData(3, 16, 1, 1, 1, 0)]
    [InlineData(64, 24, 16, 16, 3, 100)]
    [InlineData(6, 64, 3, 3, 1e-3, 0)]
    public void Values_derivatives_and_running_statistics_are_those_of_float64(int images, int channels, int height, int width,
        double spread, double middle)
    {
        using var scope = SmallNets.Scope();
        using var generator = new Generator(3);
        Tensor Normal(params long[] shape) => randn(shape, generator: generator);
        Tensor Images() => Normal(images, height, width, channels).permute(0, 3, 1, 2);
        var (x, scale, shift, dy) = (Images() * spread + middle, Normal(channels) + 1, Normal(channels), Images());
        var exact = Made(float64, (x, scale, shift, means, variances) =>
            nn.functional.batch_norm(x, means, variances, scale, shift, true, 0.1, 1e-5));
        var found = Made(float32, (x, scale, shift, means, variances) =>
            ChannelNormFunction.Apply(x, scale, shift, means, variances, 0.1, new()));
        // A mean that is a hundred times the deviation takes two digits.
        var tolerance = 5e-7 * Math.Max(1, middle / spread);
        Assert.All(exact.Zip(found), pair => Assert.InRange(Error(pair.First, pair.Second), 0, tolerance));

        Tensor[] Made(ScalarType type, Func<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> norm)
        {
            Tensor[] at = [.. new[] { x, scale, shift }.Select(t => t.to(type).detach().requires_grad_())];
            var (means, variances) = (zeros(channels, type), ones(channels, type));
            var y = norm(at[0], at[1], at[2], means, variances);
            return [y.detach(), means, variances, .. autograd.grad([y], at, [dy.to(type)])];
        }
    }

    [Fact]
    public void Sixteen_bits_are_the_rounded_values()
    {
        using var scope = SmallNets.Scope();
        using var generator = new Generator(5);
        var x = randn([4, 6, 6, 16], generator: generator).permute(0, 3, 1, 2).to(bfloat16);
        var y = ChannelNormFunction.Apply(x, ones(16), zeros(16), zeros(16), ones(16), 0.1, new());
        var exact = nn.functional.batch_norm(x.to(float64), zeros(16, float64), ones(16, float64), ones(16, float64), zeros(16, float64),
            true, 0.1, 1e-5);
        Assert.Equal(ScalarType.BFloat16, y.dtype);
        Assert.True(((y.to(float64) - exact).abs() - exact.abs() / 256 - 1e-6).max().item<double>() <= 0);
    }

    [Fact]
    public unsafe void Any_number_of_threads_makes_the_same_bits() => Gen.Select(Gen.Long[1, 9_000], Gen.Int[1, 5]).Sample((positions,
        eights) =>
    {
        var channels = 8 * eights;
        var random = new Random(1);
        using var x = new Workspace<float>(positions * channels);
        for (var i = 0L; i < positions * channels; i++) x.Data[i] = (float)random.NextDouble();
        var all = new[] { 1, 2, 5 }.Select(threads => new ChannelNorm<Float32Element>(positions, channels, threads)
            .Statistics((Float32Element*)x.Data)).ToArray();
        return all.All(each => each.Means.SequenceEqual(all[0].Means) && each.Variances.SequenceEqual(all[0].Variances));
    }, iter: 50);

    // libtorch's batch norm with the channels last misses this by a hundred.
    [Fact]
    public void The_gradient_of_a_network_is_as_near_to_the_usual_layouts_as_that_is_to_float64()
    {
        using var scope = SmallNets.Scope();
        using var generator = new Generator(1);
        var (images, labels) = (randn([64, 3, 8, 8], generator: generator), randint(0, 10, [64], ScalarType.Int64, generator: generator));
        // Without ReLUs that are on in one and off in the other.
        double[] Of(bool channelsLast) => Gradient(Architecture.Of("norms", b => NetworkBuilder.Chain(
            b.Convolution("a", 3, 8), b.BatchNorm("n", 8), b.Convolution("b", 8, 8, stride: 2), b.BatchNorm("m", 8),
            NetworkBuilder.Pool, b.Linear("c", 8, 10))), channelsLast, images, labels);
        Assert.InRange(SmallNets.Distance(Of(false), Of(true)), 0, 2e-6);
    }

    // Of features there are no positions.
    [Fact]
    public void Features_behind_a_pooling_are_normalised_too()
    {
        using var scope = SmallNets.Scope();
        using var generator = new Generator(1);
        var (images, labels) = (randn([16, 3, 8, 8], generator: generator), randint(0, 10, [16], ScalarType.Int64, generator: generator));
        double[] Of(bool channelsLast) => Gradient(Architecture.Of("features", b => NetworkBuilder.Chain(b.Convolution("a", 3, 8),
            NetworkBuilder.Pool, b.BatchNorm("n", 8), b.Linear("c", 8, 10))), channelsLast, images, labels);
        Assert.InRange(SmallNets.Distance(Of(false), Of(true)), 0, 1e-5);
    }

    private static double[] Gradient(Architecture architecture, bool channelsLast, Tensor images, Tensor labels)
    {
        using var network = new FlatNetwork(architecture, new(3, 8, 8), 10, channelsLast: channelsLast);
        using var statistics = network.NewStatistics(CPU);
        var weights = network.Initial(0).requires_grad_();
        return [.. network.ToVector(autograd.grad([network.Loss(weights, statistics, images, labels, training: true)], [weights])[0])];
    }

    private static double Error(Tensor exact, Tensor found) => ((found.to(float64) - exact).norm() / (exact.norm() + 1e-30)).item<double>();
}
