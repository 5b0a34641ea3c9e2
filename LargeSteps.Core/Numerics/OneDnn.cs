using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace LargeSteps.Numerics;

/// <summary>
/// oneDNN, by which libtorch makes convolutions on the CPU. On some processors (seen with 3.7.1 on AMD of family 26, with AVX2 and with
/// AVX-512) the gradient by the input of a convolution with fewer output channels than a vector has numbers depends on what lay in memory.
/// There it is done without. On others it is tried when libtorch is loaded, which finds it out where memory was not empty by chance.
/// </summary>
internal static class OneDnn
{
    private const double Tolerance = 1e-3;

    // Zen 5.
    private const int WrongFamily = 26;

    // Fewer channels than a vector of any kind, as many as one of 256 bits, and as one of 512.
    private static readonly int[] Channels = [2, 4, 8, 16];

    private static bool _foundWrong;

    /// <summary>Whether libtorch makes convolutions without it.</summary>
    public static bool IsOff { get; private set; }

    /// <summary>Whether it is wrong on this processor, where libtorch cannot be told either: networks then make convolutions of their own.
    /// Of processors that are not known by name it is found out when libtorch is loaded.</summary>
    public static bool IsWrongHere => _foundWrong || IsKnownToBeWrong;

    /// <summary>Tries it, and makes libtorch do without it, and without NNPACK, which would take some of its places, where the gradient by
    /// the input of some small convolution is another one than in double precision.</summary>
    /// <param name="libtorch">The name of the library, which is loaded.</param>
    /// <returns>What is to be told; null: it is right.</returns>
    public static string? TurnOffWhereWrong(string libtorch)
    {
        const string wrong = "on this processor oneDNN gives wrong gradients of convolutions";
        var switches = Switches.Of(libtorch);
        // NNPACK complains where it does not know the processor.
        switches?.Nnpack(false);
        if (!IsKnownToBeWrong && !Channels.Any(IsWrong))
        {
            switches?.Nnpack(true);
            return null;
        }
        _foundWrong = true;
        if (switches is null) return $"{wrong}: those with few channels are not to be trusted";
        switches.OneDnn(false);
        IsOff = true;
        return $"{wrong}, so that libtorch makes them without it";
    }

    // Known by name, so that it does not depend on chance whether a run is made by it.
    private static bool IsKnownToBeWrong => ProcessorKind.AmdFamily is WrongFamily;

    private static bool IsWrong(int channels)
    {
        const int images = 16, side = 8, kernel = 3;
        using var scope = NewDisposeScope();
        using var _ = enable_grad();
        // No number is drawn: the streams of libtorch are left as they are.
        var x = Waves(images, channels, side, side);
        var weights = Waves(channels, channels, kernel, kernel);
        var slopes = Waves(images, channels, side, side);
        // Memory that a kernel leaves unwritten shows as NaN.
        foreach (var block in Enumerable.Range(0, 64).Select(i => full([1024 * (1 + i)], double.NaN, dtype: ScalarType.Float32)).ToArray())
            block.Dispose();
        var (single, twice) = (GradientOf(ScalarType.Float32).to(ScalarType.Float64), GradientOf(ScalarType.Float64));
        return !((single - twice).abs().max().item<double>() <= Tolerance * twice.abs().max().item<double>());

        Tensor GradientOf(ScalarType type)
        {
            var input = x.to(type).requires_grad_();
            var output = nn.functional.conv2d(input, weights.to(type), padding: [kernel / 2, kernel / 2]);
            return autograd.grad([output], [input], [slopes.to(type)])[0];
        }
    }

    private static Tensor Waves(params long[] shape) =>
        arange(shape.Aggregate(1L, (all, length) => all * length), dtype: ScalarType.Float64).sin().view(shape);

    /// <summary>What libtorch is told to use, at the addresses of its functions in C++.</summary>
    internal sealed unsafe record Switches(nint Context, nint OneDnnAddress, nint NnpackAddress)
    {
        public void OneDnn(bool isOn) => Set(OneDnnAddress, isOn);

        public void Nnpack(bool isOn) => Set(NnpackAddress, isOn);

        /// <summary>Those of a library; null where it has none of these names, as on other systems.</summary>
        public static Switches? Of(string libtorch)
        {
            return NativeLibrary.TryLoad(libtorch, out var library)
                && NativeLibrary.TryGetExport(library, "_ZN2at13globalContextEv", out var contextOf)
                && NativeLibrary.TryGetExport(library, "_ZN2at7Context20setUserEnabledMkldnnEb", out var oneDnn)
                && NativeLibrary.TryGetExport(library, "_ZN2at7Context20setUserEnabledNNPACKEb", out var nnpack)
                ? new(((delegate* unmanaged<nint>)contextOf)(), oneDnn, nnpack) : null;
        }

        private void Set(nint address, bool isOn) => ((delegate* unmanaged<nint, byte, void>)address)(Context, isOn ? (byte)1 : (byte)0);
    }
}
