using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using System.Text;

namespace LargeSteps.Numerics;

/// <summary>What decides the last bits of a deep network's numbers besides the program: libraries choose their kernels, and we ours, by the
/// maker of the processor and by what it can.</summary>
internal static class ProcessorKind
{
    // CPUID of x64, which .NET has no names for: the leaf of extended features, its second page, and the bits there.
    private const int ExtendedFeatures = 7, SecondPage = 1, Avx512BFloat16Bit = 5, AmxBFloat16Bit = 22;

    /// <summary>Whether this is x64 with AVX512_BF16.</summary>
    public static bool HasAvx512BFloat16 { get; } =
        X86Base.IsSupported && (X86Base.CpuId(ExtendedFeatures, SecondPage).Eax >> Avx512BFloat16Bit & 1) != 0;

    /// <summary>Whether this is x64 with AMX-BF16.</summary>
    public static bool HasAmxBFloat16 { get; } =
        X86Base.IsSupported && (X86Base.CpuId(ExtendedFeatures, 0).Edx >> AmxBFloat16Bit & 1) != 0;

    /// <summary>The family of a processor of AMD; null of others.</summary>
    public static int? AmdFamily
    {
        get
        {
            if (!X86Base.IsSupported || Maker() != "AuthenticAMD") return null;
            // CPUID 1, EAX: bits 8 to 11, and where these are all set bits 20 to 27 besides.
            const int all = 15;
            var signature = X86Base.CpuId(1, 0).Eax;
            var family = signature >> 8 & all;
            return family == all ? family + (signature >> 20 & 255) : family;
        }
    }

    /// <summary>The kind of this machine and process, for the device that a run is on: <c>X64 AuthenticAMD avx2 avx512f</c>,
    /// <c>cuda</c>.</summary>
    /// <param name="device">In libtorch's words.</param>
    public static string Of(string device) => device.StartsWith("cpu", StringComparison.Ordinal)
        ? string.Join(' ', Words().OfType<string>()) : device.Split(':')[0];

    private static IEnumerable<string?> Words()
    {
        yield return RuntimeInformation.ProcessArchitecture.ToString();
        if (X86Base.IsSupported)
        {
            yield return Maker();
            yield return Avx2.IsSupported ? "avx2" : null;
            yield return Fma.IsSupported ? "fma" : null;
            yield return Avx512F.IsSupported ? "avx512f" : null;
            yield return HasAvx512BFloat16 ? "avx512_bf16" : null;
            yield return HasAmxBFloat16 ? "amx_bf16" : null;
        }
        yield return AdvSimd.IsSupported ? "asimd" : null;
        yield return OneDnn.IsOff ? "no_onednn" : null;
        // What tells libtorch to use less than there is.
        yield return Environment.GetEnvironmentVariable("ATEN_CPU_CAPABILITY");
    }

    private static string Maker()
    {
        var (_, b, c, d) = X86Base.CpuId(0, 0);
        return Encoding.ASCII.GetString([.. BitConverter.GetBytes(b), .. BitConverter.GetBytes(d), .. BitConverter.GetBytes(c)]);
    }
}
