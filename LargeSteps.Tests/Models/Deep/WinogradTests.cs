using LargeSteps.Models.Deep;
using LargeSteps.Numerics;
using LargeSteps.Training.Deep;
using LargeSteps.Values;
using TorchSharp;
using static TorchSharp.torch;

namespace LargeSteps.Tests.Models.Deep;

/// <summary>Convolutions by Winograd's transform against libtorch's in float64.</summary>
public class WinogradTests
{
    public WinogradTests()
    {
        NativeLibraries.EnsureLoaded();
        Assert.SkipUnless(Winograd.IsSupported, "This processor has no AVX2.");
    }

    // One tile, several, tiles that stick out on either side, an image smaller than a tile, more channels than a block of the cache, few
    // tiles and many channels.
    public static TheoryData<int, int, int, int, int> Sizes => new()
    {
        { 1, 4, 4, 16, 16 }, { 3, 8, 12, 16, 32 }, { 2, 7, 5, 32, 16 }, { 5, 1, 1, 16, 16 }, { 1, 3, 9, 48, 16 }, { 9, 13, 13, 16, 48 },
        { 2, 4, 4, 208, 96 },
    };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Outputs_and_derivatives_are_those_of_the_direct_convolution(int images, int height, int width, int from, int to)
    {
        using var scope = NewDisposeScope();
        var (x, w, dy) = Random(images, height, width, from, to);
        var (y, dx, dw) = Ours(x, w, dy);
        var (exactY, exactDx, exactDw) = ConvolutionCases.Exact(x, w, dy, Plan(height, width));
        Assert.Equal(exactY.shape, y.shape);
        Assert.Equal(exactDx.shape, dx.shape);
        Assert.Equal(exactDw.shape, dw.shape);
        Assert.InRange(ConvolutionCases.Error(exactY, y), 0, 1e-5);
        Assert.InRange(ConvolutionCases.Error(exactDx, dx), 0, 1e-5);
        Assert.InRange(ConvolutionCases.Error(exactDw, dw), 0, 1e-5);
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Sixteen_bits_are_the_rounded_results(int images, int height, int width, int from, int to)
    {
        using var scope = NewDisposeScope();
        var (x, w, dy) = Random(images, height, width, from, to);
        (x, w, dy) = (x.to(bfloat16), w.to(bfloat16), dy.to(bfloat16));
        var (y, dx, dw) = Ours(x, w, dy);
        var (exactY, exactDx, exactDw) = ConvolutionCases.Exact(x, w, dy, Plan(height, width));
        foreach (var (exact, found) in (IEnumerable<(Tensor, Tensor)>)[(exactY, y), (exactDx, dx), (exactDw, dw)])
            ConvolutionCases.IsRounded(exact, found);
    }

    [Fact]
    public unsafe void Sixteen_bits_are_rounded_as_libtorch_rounds()
    {
        using var scope = NewDisposeScope();
        float[] values = [1, 1 + 1 / 256f, 1 + 3 / 256f, 1 + 1 / 255f, -1 - 1 / 256f, float.MaxValue, float.NegativeInfinity, float.NaN, 0,
            -0f, 1e-40f, -3.3e-39f, 65535, 0.1f, -2e38f, float.Epsilon];
        var expected = tensor(values).to(bfloat16).to(float32).data<float>().ToArray();
        var found = new float[values.Length];
        var between = stackalloc BFloat16Element[8];
        fixed (float* source = values, target = found)
        {
            for (var i = 0; i < values.Length; i += 8)
            {
                BFloat16Element.Store(between, Float32Element.Load((Float32Element*)(source + i)));
                Float32Element.Store((Float32Element*)(target + i), BFloat16Element.Load(between));
            }
        }
        Assert.Equal(expected, found);
    }

    [Fact]
    public void Threads_change_no_bit_but_of_the_sum_over_tiles()
    {
        using var scope = NewDisposeScope();
        var (x, w, dy) = Random(6, 10, 14, 32, 16);
        var found = With(1);
        foreach (var threads in (int[])[2, 3, 5])
        {
            var others = With(threads);
            Assert.Equal(found[..2], others[..2]);
            Assert.InRange(ConvolutionCases.Error(tensor(found[2]).to(float64), tensor(others[2])), 0, 1e-6);
            Assert.Equal(others, With(threads));
        }

        float[][] With(int threads) =>
            ConvolutionCases.Kernels(new WinogradConvolution<Float32Element>(6, 10, 14, threads, Winograd.IsWide), x, w, dy);
    }

    [Fact]
    public void Vectors_of_512_bits_make_the_same_bits()
    {
        Assert.SkipUnless(Winograd.IsWide, "this processor has no vectors of 512 bits");
        using var scope = NewDisposeScope();
        // Tiles that fill no block, and more than one block; one panel of channels and several.
        foreach (var (images, side, from, to) in (ReadOnlySpan<(int, int, int, int)>)[(1, 5, 16, 16), (6, 14, 48, 32), (9, 32, 16, 64)])
        {
            var (x, w, dy) = Random(images, side, side, from, to);
            Assert.Equal(With(wide: false), With(wide: true));

            float[][] With(bool wide) =>
                ConvolutionCases.Kernels(new WinogradConvolution<Float32Element>(images, side, side, 2, wide), x, w, dy);
        }
    }

    // The network's two ways differ, and the direct one differs from libtorch's in the usual layout by rounding.
    [Fact]
    public void Convolutions_are_made_as_the_model_says()
    {
        using var scope = NewDisposeScope();
        random.manual_seed(0);
        var images = rand(4, 3, 8, 8);
        Tensor Logits(Convolutions ways, bool channelsLast)
        {
            using var network = new FlatNetwork(Architecture.ResNet18Plain, new(3, 8, 8), 10, 16, channelsLast: channelsLast,
                convolutions: ways);
            using var statistics = network.NewStatistics(CPU);
            return network.Forward(network.Initial(0), statistics, images, training: true).Logits;
        }

        var (usual, direct, winograd) = (Logits(Convolutions.Direct, channelsLast: false), Logits(Convolutions.Direct, channelsLast: true),
            Logits(Convolutions.Winograd, channelsLast: true));
        var (errs, differs) = (ConvolutionCases.Error(usual.to(float64), direct), ConvolutionCases.Error(usual.to(float64), winograd));
        // Batch norm over few pixels makes the most of rounding.
        Assert.InRange(errs, 0, 3e-5);
        Assert.InRange(differs, 1.5 * errs, 1e-3);
    }

    // Kernels of our own would read past their ends.
    [Fact]
    public void Images_of_other_channels_than_a_convolution_was_made_for_are_told()
    {
        using var scope = NewDisposeScope();
        var wrong = Architecture.Of("wrong", b => NetworkBuilder.Chain(b.Convolution("a", 3, 16),
            (_, x) => cat([x, x], 1), b.Convolution("b", 16, 16), NetworkBuilder.Pool, b.Linear("c", 16, 10)));
        using var network = new FlatNetwork(wrong, new(3, 8, 8), 10, channelsLast: true);
        using var statistics = network.NewStatistics(CPU);
        var error = Assert.Throws<RunException>(() =>
            network.Forward(network.Initial(0), statistics, rand(2, 3, 8, 8), training: true));
        Assert.Equal("the convolution 'b' takes images of 16 channels, not a tensor of the shape [2, 32, 8, 8]", error.Message);
    }

    [Fact]
    public void An_input_in_any_layout_will_do()
    {
        using var scope = NewDisposeScope();
        var (x, w, dy) = Random(2, 6, 6, 16, 16);
        var expected = Ours(x, w, dy);
        var found = Ours(x.contiguous(), w.contiguous(), dy.contiguous());
        foreach (var (one, other) in (IEnumerable<(Tensor, Tensor)>)[(expected.Y, found.Y), (expected.Dx, found.Dx),
            (expected.Dw, found.Dw)])
        {
            Assert.True(one.eq(other).all().item<bool>());
        }

        Assert.Equal(ByWinograd(x, w).sum().item<float>(), expected.Y.sum().item<float>());
    }

    [Fact]
    public void Second_and_third_derivatives_are_those_of_the_direct_convolution()
    {
        using var scope = NewDisposeScope();
        var (x, w, dy) = Random(2, 6, 5, 16, 32);
        ConvolutionCases.HigherDerivativesAre(x, w, dy, Plan(6, 5));
    }

    [Theory]
    [InlineData("resnet18_plain", false)]
    [InlineData("vgg16", false)]
    [InlineData("wrn28", false)]
    [InlineData("resnet18_plain", true)]
    [InlineData("vgg16", true)]
    [InlineData("wrn28", true)]
    [InlineData("densenet100", true)]
    public void A_network_gives_the_loss_gradient_and_curvature_of_libtorchs_convolutions(string name, bool allOwn)
    {
        using var scope = SmallNets.Scope();
        // Channels first, all convolutions are libtorch's.
        var (loss, gradient, product) = Evaluate(channelsLast: true);
        var (expectedLoss, expectedGradient, expectedProduct) = Evaluate(channelsLast: false);
        Assert.Equal(expectedLoss, loss, 1e-4 * Math.Abs(expectedLoss));
        Assert.InRange(SmallNets.Distance(expectedGradient, gradient), 1e-9, 2e-3);
        Assert.InRange(SmallNets.Distance(expectedProduct, product), 1e-9, 2e-2);

        (float Loss, double[] Gradient, double[] Product) Evaluate(bool channelsLast)
        {
            var side = name == "vgg16" ? 32 : 16;
            using var network = SmallNets.Network(name, new(3, side, side),
                width: name switch { "wrn28" => 1, "densenet100" => 3, _ => 16 },
                channelsLast: channelsLast, ownConvolutions: allOwn);
            using var statistics = network.NewStatistics(CPU);
            var (weights, batch) = (network.Initial(1).requires_grad_(), SmallNets.Batch(network));
            var value = network.Loss(weights, statistics, batch.Images, batch.Labels, training: true);
            var along = network.FromVector(new TorchRandom(5).Normal((int)network.ParameterCount, 1).Select(v => (double)v).ToArray(), CPU);
            using var curvature = new LossCurvature(network, weights, batch);
            return (value.item<float>(), [.. network.ToVector(autograd.grad([value], [weights])[0])],
                [.. network.ToVector(curvature.Times(along))]);
        }
    }

    [Fact]
    public void Steps_and_products_with_the_Hessian_leave_no_tensor_behind()
    {
        using var scope = SmallNets.Scope();
        using var network = SmallNets.Network("resnet_tiny", width: 16, channelsLast: true);
        using var statistics = network.NewStatistics(CPU);
        var (weights, batch) = (network.Initial(1).requires_grad_(), SmallNets.Batch(network));
        Pass();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (var i = 0; i < 5; i++) Pass();
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);

        void Pass()
        {
            using var inner = NewDisposeScope();
            autograd.grad([network.Loss(weights, statistics, batch.Images, batch.Labels, training: true)], [weights]);
            using var curvature = new LossCurvature(network, weights, batch);
            curvature.Times(ones_like(weights));
        }
    }

    private static Tensor ByWinograd(Tensor x, Tensor w) =>
        ConvolutionFunction.Apply(x, w, Plan((int)x.shape[2], (int)x.shape[3]), new());

    private static (Tensor X, Tensor W, Tensor Dy) Random(int images, int height, int width, int from, int to) =>
        ConvolutionCases.Random(images, from, to, Plan(height, width));

    private static (Tensor Y, Tensor Dx, Tensor Dw) Ours(Tensor x, Tensor w, Tensor dy) => ConvolutionCases.All(x, w, dy, ByWinograd);

    private static ConvolutionPlan Plan(int height, int width) => new(3, 1, height, width, Winograd: true);
}
