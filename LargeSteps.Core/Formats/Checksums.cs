using System.Numerics;

namespace LargeSteps.Formats;

/// <summary>The cyclic redundancy checks of the formats.</summary>
internal static class Checksums
{
    // The reflected polynomial of zip files (PKWARE's APPNOTE, 4.4.7), a byte at a time.
    private static readonly uint[] Table =
        [.. Enumerable.Range(0, 256).Select(n =>
            Enumerable.Range(0, 8).Aggregate((uint)n, (c, _) => (c & 1) != 0 ? 0xEDB88320u ^ (c >> 1) : c >> 1))];

    /// <summary>CRC-32 of zip files.</summary>
    public static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        var table = Table;
        foreach (var b in bytes) crc = table[(byte)(crc ^ b)] ^ (crc >> 8);
        return ~crc;
    }

    /// <summary>CRC-32C (Castagnoli), RFC 3720 B.4.</summary>
    public static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes) crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }

    /// <summary>CRC-32C as TensorFlow's records keep it (tensorflow/core/lib/hash/crc32c.h): rotated and shifted, so that the check of data
    /// with checks in it stays good.</summary>
    public static uint Masked(uint crc) => BitOperations.RotateRight(crc, 15) + 0xa282ead8u;
}
