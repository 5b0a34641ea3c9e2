using System.Runtime.InteropServices;

namespace LargeSteps.Numerics;

/// <summary>Tells that memory has run out, the host's or a card's.</summary>
internal static class OutOfMemory
{
    /// <summary>Whether an exception tells it; libtorch does so in words.</summary>
    public static bool IsToldBy(Exception e) => e is OutOfMemoryException or { InnerException: OutOfMemoryException }
        || e is ExternalException
        && (e.Message.Contains("not enough memory", StringComparison.OrdinalIgnoreCase)
            || e.Message.Contains("can't allocate memory", StringComparison.OrdinalIgnoreCase)
            || e.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase));
}
