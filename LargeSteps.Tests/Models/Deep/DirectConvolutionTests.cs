using LargeSteps.Models.Deep;
using LargeSteps.Numerics;
using static TorchSharp.torch;

namespace LargeSteps.Tests.Models.Deep;

/// <summary>Direct convolutions of our own against libtorch's in float64.</summary>
public class DirectConvolutionTests
{
    public DirectConvolutionTests()
    {
        NativeLibraries.EnsureLoaded();
        Assert.SkipUnless(Winograd.IsSupported, "This processor has no AVX2.");
    }

    // Images, height, width, channels in and out, kernel, stride: three channels as of images; strides that leave pixels over, that are
    // wider than the kernel, whose last windows stick out; even kernels; numbers of channels that are no multiples of eight or sixteen;
    // images smaller than the kernel; kernels of more rows than a part of a window.
    public static TheoryData<int, int, int, int, int, int, int> Sizes => new()
    {
        { 2, 8, 8, 3, 8, 3, 1 }, { 3, 7, 9, 8, 8, 3, 1 }, { 2, 8, 6, 16, 24, 3, 2 }, { 2, 7, 9, 12, 20, 3, 2 }, { 3, 9, 8, 8, 16, 1, 2 },
        { 1, 5, 5, 36, 12, 1, 1 }, { 2, 11, 8, 3, 7, 5, 3 }, { 1, 2, 1, 5, 3, 5, 1 }, { 2, 6, 7, 4, 5, 2, 1 }, { 2, 7, 6, 4, 6, 4, 2 },
        { 1, 4, 4, 200, 40, 3, 1 }, { 2, 4, 4, 232, 17, 3, 2 }, { 7, 13, 13, 1, 1, 3, 1 }, { 1, 1, 1, 16, 16, 3, 2 },
        { 5, 16, 16, 9, 33, 3, 1 },
        // More pixels than a block, of the outputs and of the sum over them.
        { 3, 13, 13, 12, 20, 1, 1 }, { 9, 17, 15, 9, 33, 3, 2 },
        // In lines, of images that are a band, and several.
        { 3, 40, 24, 33, 48, 3, 1 }, { 2, 9, 4, 2, 25, 5, 1 }, { 1, 50, 37, 64, 71, 3, 1 }, { 2, 3, 3, 1, 13, 7, 1 },
    };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Outputs_and_derivatives_are_libtorchs(int images, int height, int width, int from, int to, int kernel, int stride)
    {
        using var scope = NewDisposeScope();
        var plan = new ConvolutionPlan(kernel, stride, height, width, Winograd: false);
        var (x, w, dy) = ConvolutionCases.Random(images, from, to, plan);
        var (y, dx, dw) = ConvolutionCases.All(x, w, dy, (x, w) => ConvolutionFunction.Apply(x, w, plan, new()));
        var (exactY, exactDx, exactDw) = ConvolutionCases.Exact(x, w, dy, plan);
        Assert.Equal(exactY.shape, y.shape);
        Assert.Equal(exactDx.shape, dx.shape);
        Assert.Equal(exactDw.shape, dw.shape);
        Assert.InRange(ConvolutionCases.Error(exactY, y), 0, 1e-6);
        Assert.InRange(ConvolutionCases.Error(exactDx, dx), 0, 1e-6);
        Assert.InRange(ConvolutionCases.Error(exactDw, dw), 0, 1e-6);
    }

    [Fact]
    public void Outputs_and_derivatives_are_libtorchs_for_random_shapes()
    {
        const int shapes = 400, kernels = 6, strides = 4, sides = 14, most = 70;
        var random = new Random(5);
        for (var i = 0; i < shapes; i++)
        {
            using var scope = NewDisposeScope();
            var plan = new ConvolutionPlan(
                random.Next(1, kernels), random.Next(1, strides), random.Next(1, sides), random.Next(1, sides), Winograd: false);
            var (images, from, to) = (random.Next(1, 5), random.Next(1, random.Next(2, most)), random.Next(1, random.Next(2, most)));
            var (x, w, dy) = ConvolutionCases.Random(images, from, to, plan);
            var (y, dx, dw) = ConvolutionCases.All(x, w, dy, (x, w) => ConvolutionFunction.Apply(x, w, plan, new()));
            var (exactY, exactDx, exactDw) = ConvolutionCases.Exact(x, w, dy, plan);
            foreach (var (exact, found) in (IEnumerable<(Tensor, Tensor)>)[(exactY, y), (exactDx, dx), (exactDw, dw)])
                Assert.True(ConvolutionCases.Error(exact, found) < 1e-6, $"{plan}, {images} images, {from} to {to} channels");
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Sixteen_bits_are_the_rounded_results(int images, int height, int width, int from, int to, int kernel, int stride)
    {
        using var scope = NewDisposeScope();
        var plan = new ConvolutionPlan(kernel, stride, height, width, Winograd: false);
        var (x, w, dy) = ConvolutionCases.Random(images, from, to, plan);
        (x, w, dy) = (x.to(bfloat16), w.to(bfloat16), dy.to(bfloat16));
        var (y, dx, dw) = ConvolutionCases.All(x, w, dy, (x, w) => ConvolutionFunction.Apply(x, w, plan, new()));
        var (exactY, exactDx, exactDw) = ConvolutionCases.Exact(x, w, dy, plan);
        foreach (var (exact, found) in (IEnumerable<(Tensor, Tensor)>)[(exactY, y), (exactDx, dx), (exactDw, dw)])
            ConvolutionCases.IsRounded(exact, found);
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Threads_change_no_bit_but_of_the_sum_over_pixels_and_vectors_none(
        int images, int height, int width, int from, int to, int kernel, int stride)
    {
        using var scope = NewDisposeScope();
        var plan = new ConvolutionPlan(kernel, stride, height, width, Winograd: false);
        var (x, w, dy) = ConvolutionCases.Random(images, from, to, plan);
        var found = With(1, wide: false);
        Assert.All(found, numbers => Assert.DoesNotContain(float.NaN, numbers));
        foreach (var threads in (int[])[2, 3, 5])
        {
            var others = With(threads, wide: false);
            Assert.Equal(found[..2], others[..2]);
            Assert.InRange(ConvolutionCases.Error(tensor(found[2]).to(float64), tensor(others[2])), 0, 1e-6);
            if (Winograd.IsWide) Assert.Equal(others, With(threads, wide: true));
        }

        float[][] With(int threads, bool wide) =>
            ConvolutionCases.Kernels(plan.Of<Float32Element>(images, from, to, threads, wide), x, w, dy);
    }

    [Fact]
    public void Second_and_third_derivatives_are_libtorchs()
    {
        using var scope = NewDisposeScope();
        foreach (var plan in (ConvolutionPlan[])[new(3, 1, 6, 5, Winograd: false), new(3, 2, 7, 6, false), new(1, 2, 5, 4, false)])
        {
            var (x, w, dy) = ConvolutionCases.Random(2, 6, 9, plan);
            ConvolutionCases.HigherDerivativesAre(x, w, dy, plan);
        }
    }

    // The images of a dataset have no derivative.
    [Fact]
    public void A_convolution_of_images_has_a_derivative_by_its_kernels_alone()
    {
        using var scope = NewDisposeScope();
        var plan = new ConvolutionPlan(3, 1, 6, 6, Winograd: false);
        var (x, w, dy) = ConvolutionCases.Random(2, 3, 8, plan);
        var exact = ConvolutionCases.Exact(x, w, dy, plan).Dw;
        w.requires_grad_();
        Assert.InRange(ConvolutionCases.Error(exact, autograd.grad([ConvolutionFunction.Apply(x, w, plan, new())], [w], [dy])[0]), 0, 1e-6);
    }
}
