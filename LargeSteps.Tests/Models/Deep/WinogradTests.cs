using LargeSteps.Models.Deep;
using LargeSteps.Numerics;
using LargeSteps.Training.Deep;
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
        var (exactY, exactDx, exactDw) = Exact(x, w, dy);
        Assert.Equal(exactY.shape, y.shape);
        Assert.Equal(exactDx.shape, dx.shape);
        Assert.Equal(exactDw.shape, dw.shape);
        Assert.InRange(Error(exactY, y), 0, 1e-5);
        Assert.InRange(Error(exactDx, dx), 0, 1e-5);
        Assert.InRange(Error(exactDw, dw), 0, 1e-5);
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Sixteen_bits_are_the_rounded_results(int images, int height, int width, int from, int to)
    {
        using var scope = NewDisposeScope();
        var (x, w, dy) = Random(images, height, width, from, to);
        (x, w, dy) = (x.to(bfloat16), w.to(bfloat16), dy.to(bfloat16));
        var (y, dx, dw) = Ours(x, w, dy);
        var (exactY, exactDx, exactDw) = Exact(x, w, dy);
        Assert.Equal((ScalarType.BFloat16, ScalarType.BFloat16, ScalarType.BFloat16), (y.dtype, dx.dtype, dw.dtype));
        // Eight bits: a rounding is at most 2⁻⁸ of the number, and before it there is the error of float32.
        foreach (var (exact, found) in (IEnumerable<(Tensor, Tensor)>)[(exactY, y), (exactDx, dx), (exactDw, dw)])
        {
            var excess = (exact - found.to(float64)).abs() - exact.abs() / 256 - exact.abs().max() * 2e-5;
            Assert.True(excess.max().item<double>() <= 0);
        }
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
    public unsafe void Threads_change_no_bit_but_of_the_sum_over_tiles()
    {
        using var scope = NewDisposeScope();
        var (x, w, dy) = Random(6, 10, 14, 32, 16);
        var (y, dx, dw) = With(1);
        foreach (var threads in (int[])[2, 3, 5])
        {
            var (otherY, otherDx, otherDw) = With(threads);
            Assert.Equal(y, otherY);
            Assert.Equal(dx, otherDx);
            Assert.InRange(Error(tensor(dw).to(float64), tensor(otherDw)), 0, 1e-6);
            Assert.Equal(otherDw, With(threads).Dw);
        }

        (float[] Y, float[] Dx, float[] Dw) With(int threads)
        {
            var convolution = new WinogradConvolution<Float32Element>(6, 10, 14, threads, Winograd.IsWide);
            var (ours, gradient, kernels) = (new float[6 * 10 * 14 * 16], new float[6 * 10 * 14 * 32], new float[16 * 9 * 32]);
            fixed (float* px = Last(x), pw = Last(w), pdy = Last(dy), py = ours, pdx = gradient, pdw = kernels)
            {
                convolution.Forward((Float32Element*)px, 32, (Float32Element*)pw, 16, (Float32Element*)py);
                convolution.InputGradient((Float32Element*)pdy, 16, (Float32Element*)pw, 32, (Float32Element*)pdx);
                convolution.WeightGradient((Float32Element*)px, 32, (Float32Element*)pdy, 16, (Float32Element*)pdw);
            }
            return (ours, gradient, kernels);
        }
    }

    [Fact]
    public unsafe void Vectors_of_512_bits_make_the_same_bits()
    {
        Assert.SkipUnless(Winograd.IsWide, "this processor has no vectors of 512 bits");
        using var scope = NewDisposeScope();
        // Tiles that fill no block, and more than one block; one panel of channels and several.
        foreach (var (images, side, from, to) in (ReadOnlySpan<(int, int, int, int)>)[(1, 5, 16, 16), (6, 14, 48, 32), (9, 32, 16, 64)])
        {
            var (x, w, dy) = Random(images, side, side, from, to);
            Assert.Equal(With(wide: false), With(wide: true));

            float[] With(bool wide)
            {
                var convolution = new WinogradConvolution<Float32Element>(images, side, side, 2, wide);
                var (y, dx, dw) = (new float[images * side * side * to], new float[images * side * side * from], new float[to * 9 * from]);
                fixed (float* px = Last(x), pw = Last(w), pdy = Last(dy), py = y, pdx = dx, pdw = dw)
                {
                    convolution.Forward((Float32Element*)px, from, (Float32Element*)pw, to, (Float32Element*)py);
                    convolution.InputGradient((Float32Element*)pdy, to, (Float32Element*)pw, from, (Float32Element*)pdx);
                    convolution.WeightGradient((Float32Element*)px, from, (Float32Element*)pdy, to, (Float32Element*)pdw);
                }
                return [.. y, .. dx, .. dw];
            }
        }
    }

    // The network's two ways differ, and the direct one is that of libtorch whatever the layout.
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
        var (errs, differs) = (Error(usual.to(float64), direct), Error(usual.to(float64), winograd));
        // Batch norm over few pixels makes the most of rounding.
        Assert.InRange(errs, 0, 3e-5);
        if (Winograd.IsSupported) Assert.InRange(differs, 1.5 * errs, 1e-3);
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

        Assert.Equal(WinogradFunction.Apply(x, w, new()).sum().item<float>(), expected.Y.sum().item<float>());
    }

    [Fact]
    public void Second_derivatives_are_those_of_the_direct_convolution()
    {
        using var scope = NewDisposeScope();
        var (x, w, dy) = Random(2, 6, 5, 16, 32);
        var (vx, vw) = (randn_like(x), randn_like(w));
        var found = Products(x, w, dy, vx, vw, (x, w) => WinogradFunction.Apply(x, w, new()));
        var exact = Products(x.to(float64), w.to(float64), dy.to(float64), vx.to(float64), vw.to(float64), (x, w) =>
            nn.functional.conv2d(x, w, null, [1, 1], [1, 1]));
        Assert.All(exact.Zip(found), pair => Assert.InRange(Error(pair.First, pair.Second), 0, 2e-5));

        // The Hessian of Σ dy y³ by images and kernels, times a vector.
        static Tensor[] Products(Tensor x, Tensor w, Tensor dy, Tensor vx, Tensor vw, Func<Tensor, Tensor, Tensor> convolution)
        {
            (x, w) = (x.detach().requires_grad_(), w.detach().requires_grad_());
            var y = convolution(x, w);
            var gradient = autograd.grad([(dy * y * y * y).sum()], [x, w], null, retain_graph: true, create_graph: true,
                allow_unused: false);
            return [.. autograd.grad([(gradient[0] * vx).sum() + (gradient[1] * vw).sum()], [x, w])];
        }
    }

    [Theory]
    [InlineData("resnet18_plain")]
    [InlineData("vgg16")]
    [InlineData("wrn28")]
    public void A_network_gives_the_loss_gradient_and_curvature_of_libtorchs_convolutions(string name)
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
            using var network = SmallNets.Network(name, new(3, side, side), width: name == "wrn28" ? 1 : 16, channelsLast: channelsLast);
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

    private static (Tensor X, Tensor W, Tensor Dy) Random(int images, int height, int width, int from, int to)
    {
        using var generator = new Generator(7);
        Tensor Normal(params long[] shape) => randn(shape, generator: generator).permute(0, 3, 1, 2);
        return (Normal(images, height, width, from), Normal(to, 3, 3, from), Normal(images, height, width, to));
    }

    private static (Tensor Y, Tensor Dx, Tensor Dw) Ours(Tensor x, Tensor w, Tensor dy)
    {
        (x, w) = (x.detach().requires_grad_(), w.detach().requires_grad_());
        var y = WinogradFunction.Apply(x, w, new());
        var gradients = autograd.grad([y], [x, w], [dy]);
        return (y.detach(), gradients[0], gradients[1]);
    }

    private static (Tensor Y, Tensor Dx, Tensor Dw) Exact(Tensor x, Tensor w, Tensor dy)
    {
        (x, w) = (x.to(float64).detach().requires_grad_(), w.to(float64).detach().requires_grad_());
        var y = nn.functional.conv2d(x, w, null, [1, 1], [1, 1]);
        var gradients = autograd.grad([y], [x, w], [dy.to(float64)]);
        return (y.detach(), gradients[0], gradients[1]);
    }

    // The norm of the difference over that of the exact values.
    private static double Error(Tensor exact, Tensor found) => ((exact - found.to(float64)).norm() / exact.norm()).item<double>();

    private static float[] Last(Tensor tensor) => tensor.permute(0, 2, 3, 1).contiguous().data<float>().ToArray();
}
