using System.Runtime.InteropServices;

namespace LargeSteps.Numerics;

/// <summary>What libtorch says where the CPU cannot do what a graphics card may.</summary>
internal static class CpuAlone
{
    private static readonly string[] Words = ["not implemented for", "the 'CPU' backend", "on CPU", "same device", "cuda"];

    /// <summary>Whether an exception tells it.</summary>
    public static bool IsToldBy(Exception e) =>
        e is ExternalException && Words.Any(words => e.Message.Split('\n')[0].Contains(words, StringComparison.OrdinalIgnoreCase));
}
