using LargeSteps.Numerics;
using static TorchSharp.torch;

namespace LargeSteps.Tests.Numerics;

/// <summary>Convolutions of libtorch on this processor.</summary>
public class OneDnnTests
{
    [Theory]
    [InlineData(3, 2, 3, 32)]
    [InlineData(2, 2, 3, 8)]
    [InlineData(4, 4, 3, 16)]
    [InlineData(3, 8, 3, 32)]
    [InlineData(8, 8, 3, 8)]
    [InlineData(16, 16, 3, 4)]
    [InlineData(3, 64, 3, 16)]
    [InlineData(4, 8, 5, 16)]
    public void The_gradients_of_a_convolution_are_those_in_double_precision(int from, int to, int kernel, int side)
    {
        NativeLibraries.EnsureLoaded();
        using var scope = NewDisposeScope();
        using var drawn = new Generator(1);
        var (x, weights) = (randn([16, from, side, side], generator: drawn), randn([to, from, kernel, kernel], generator: drawn));
        var slopes = randn([16, to, side, side], generator: drawn);
        foreach (var (single, twice) in Gradients(ScalarType.Float32).Zip(Gradients(ScalarType.Float64)))
        {
            var far = (single.to(ScalarType.Float64) - twice).abs().max().item<double>();
            Assert.InRange(far / twice.abs().max().item<double>(), 0, 1e-4);
        }

        Tensor[] Gradients(ScalarType type)
        {
            var (input, by) = (x.to(type).detach().requires_grad_(), weights.to(type).detach().requires_grad_());
            // Memory that a kernel leaves unwritten shows as NaN.
            full([1 << 20], double.NaN, dtype: ScalarType.Float32).Dispose();
            var output = nn.functional.conv2d(input, by, padding: [kernel / 2, kernel / 2]);
            return [output, .. autograd.grad([output], [input, by], [slopes.to(type)])];
        }
    }

    [Fact]
    public void What_is_done_without_is_told_and_part_of_the_kind_of_processor()
    {
        NativeLibraries.EnsureLoaded();
        Assert.Equal(OneDnn.IsOff, NativeLibraries.Notice?.Contains("without it", StringComparison.Ordinal) == true);
        Assert.Equal(OneDnn.IsOff, ProcessorKind.Of("cpu").Split(' ').Contains("no_onednn"));
    }
}
