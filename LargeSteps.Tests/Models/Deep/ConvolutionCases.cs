using LargeSteps.Models.Deep;
using static TorchSharp.torch;

namespace LargeSteps.Tests.Models.Deep;

/// <summary>Convolutions of our own beside libtorch's in float64.</summary>
internal static class ConvolutionCases
{
    /// <summary>Images, kernels and a derivative by the outputs, channels last.</summary>
    public static (Tensor X, Tensor W, Tensor Dy) Random(int images, int from, int to, ConvolutionPlan plan)
    {
        using var generator = new Generator(7);
        Tensor Normal(params long[] shape) => randn(shape, generator: generator).permute(0, 3, 1, 2);
        return (Normal(images, plan.Height, plan.Width, from), Normal(to, plan.Kernel, plan.Kernel, from),
            Normal(images, plan.Rows, plan.Columns, to));
    }

    /// <summary>The outputs and both derivatives.</summary>
    public static (Tensor Y, Tensor Dx, Tensor Dw) All(Tensor x, Tensor w, Tensor dy, Func<Tensor, Tensor, Tensor> convolution)
    {
        (x, w) = (x.detach().requires_grad_(), w.detach().requires_grad_());
        var y = convolution(x, w);
        var gradients = autograd.grad([y], [x, w], [dy]);
        return (y.detach(), gradients[0], gradients[1]);
    }

    /// <summary>Those by libtorch in float64.</summary>
    public static (Tensor Y, Tensor Dx, Tensor Dw) Exact(Tensor x, Tensor w, Tensor dy, ConvolutionPlan plan) =>
        All(x.to(float64), w.to(float64), dy.to(float64), Libtorch(plan));

    /// <summary>The norm of the difference over that of the exact values.</summary>
    public static double Error(Tensor exact, Tensor found) => ((exact - found.to(float64)).norm() / exact.norm()).item<double>();

    /// <summary>Asserts that 16 bits are float32 rounded.</summary>
    public static void IsRounded(Tensor exact, Tensor found)
    {
        Assert.Equal(ScalarType.BFloat16, found.dtype);
        // Eight bits: a rounding is at most 2⁻⁸ of the number, and before it there is the error of float32.
        var excess = (exact - found.to(float64)).abs() - exact.abs() / 256 - exact.abs().max() * 2e-5;
        Assert.True(excess.max().item<double>() <= 0);
    }

    /// <summary>The outputs and both derivatives without autograd.</summary>
    public static unsafe float[][] Kernels(IConvolution<Float32Element> convolution, Tensor x, Tensor w, Tensor dy)
    {
        var (from, to) = ((int)w.shape[1], (int)w.shape[0]);
        // What is not written shows.
        var (y, dx, dw) = (Unwritten(dy), Unwritten(x), Unwritten(w));
        fixed (float* px = Last(x), pw = Last(w), pdy = Last(dy), py = y, pdx = dx, pdw = dw)
        {
            convolution.Forward((Float32Element*)px, from, (Float32Element*)pw, to, (Float32Element*)py);
            convolution.InputGradient((Float32Element*)pdy, to, (Float32Element*)pw, from, (Float32Element*)pdx);
            convolution.WeightGradient((Float32Element*)px, from, (Float32Element*)pdy, to, (Float32Element*)pdw);
        }
        return [y, dx, dw];
    }

    /// <summary>Asserts that products of second and third derivatives with vectors are libtorch's.</summary>
    public static void HigherDerivativesAre(Tensor x, Tensor w, Tensor dy, ConvolutionPlan plan)
    {
        using var generator = new Generator(8);
        var (vx, vw) = (randn(x.shape, generator: generator), randn(w.shape, generator: generator));
        var found = Products(x, w, dy, vx, vw, (x, w) => ConvolutionFunction.Apply(x, w, plan, new()));
        var exact = Products(x.to(float64), w.to(float64), dy.to(float64), vx.to(float64), vw.to(float64), Libtorch(plan));
        Assert.All(exact.Zip(found), pair => Assert.InRange(Error(pair.First, pair.Second), 0, 5e-5));

        // The second and the third derivative of Σ dy y³ by images and kernels, along a direction.
        static Tensor[] Products(Tensor x, Tensor w, Tensor dy, Tensor vx, Tensor vw, Func<Tensor, Tensor, Tensor> convolution)
        {
            (x, w) = (x.detach().requires_grad_(), w.detach().requires_grad_());
            var y = convolution(x, w);
            var first = Of((dy * y * y * y).sum());
            var second = Of(Along(first));
            return [.. second.Select(each => each.detach()), .. autograd.grad([Along(second)], [x, w])];

            Tensor[] Of(Tensor value) => [.. autograd.grad([value], [x, w], null, retain_graph: true, create_graph: true,
                allow_unused: false)];

            Tensor Along(Tensor[] derivative) => (derivative[0] * vx).sum() + (derivative[1] * vw).sum();
        }
    }

    private static float[] Last(Tensor tensor) => tensor.permute(0, 2, 3, 1).contiguous().data<float>().ToArray();

    private static float[] Unwritten(Tensor like) => [.. Enumerable.Repeat(float.NaN, (int)like.numel())];

    private static Func<Tensor, Tensor, Tensor> Libtorch(ConvolutionPlan plan) => (x, w) =>
        nn.functional.conv2d(x, w, null, [plan.Stride, plan.Stride], [plan.Padding, plan.Padding]);
}
