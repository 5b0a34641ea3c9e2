using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using System.Text;

namespace LargeSteps.Numerics;

/// <summary>What decides the last bits of a deep network's numbers besides the program: libraries choose their kernels, and we ours, by the
/// maker of the processor and by what it can.</summary>
internal static class ProcessorKind
{
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
            var (_, b, c, d) = X86Base.CpuId(0, 0);
            yield return Encoding.ASCII.GetString([.. BitConverter.GetBytes(b), .. BitConverter.GetBytes(d), .. BitConverter.GetBytes(c)]);
            var (extended, more) = (X86Base.CpuId(7, 0), X86Base.CpuId(7, 1));
            yield return Avx2.IsSupported ? "avx2" : null;
            yield return Fma.IsSupported ? "fma" : null;
            yield return Avx512F.IsSupported ? "avx512f" : null;
            yield return (more.Eax >> 5 & 1) != 0 ? "avx512_bf16" : null;
            yield return (extended.Edx >> 22 & 1) != 0 ? "amx_bf16" : null;
        }
        yield return AdvSimd.IsSupported ? "asimd" : null;
        // What tells libtorch to use less than there is.
        yield return Environment.GetEnvironmentVariable("ATEN_CPU_CAPABILITY");
    }
}
