using System.Runtime.InteropServices;

namespace LargeSteps.Numerics;

/// <summary>
/// x ↦ Sx/√d with a fixed matrix S of d rows of random signs: E‖Sx/√d‖² = ‖x‖², with a relative standard deviation of the
/// square of at most √(2/d) (Achlioptas 2003, lemma 5.1). So d numbers of a point are enough to estimate how far it is from another one.
/// </summary>
internal static class RandomProjection
{
    /// <summary>The projection of a vector.</summary>
    /// <param name="vector">x.</param>
    /// <param name="dimension">d, at least 1.</param>
    public static double[] Of(ReadOnlySpan<double> vector, int dimension)
    {
        var sums = new double[(dimension + 63) / 64 * 64];
        for (var j = 0; j < vector.Length; j++)
        {
            // The sign of a number is its first bit.
            var x = BitConverter.DoubleToUInt64Bits(vector[j]);
            for (var block = 0; block < sums.Length / 64; block++)
            {
                var bits = Mixed(((ulong)(uint)j << 32) + (uint)block);
                var to = MemoryMarshal.CreateSpan(ref sums[block * 64], 64);
                for (var i = 0; i < to.Length; i++, bits <<= 1) to[i] += BitConverter.UInt64BitsToDouble(x ^ (bits & (1UL << 63)));
            }
        }
        var projection = sums[..dimension];
        Vectors.Scale(projection, 1 / Math.Sqrt(dimension));
        return projection;
    }

    // SplitMix64 (Steele, Lea, Flood 2014): the n-th number of its stream for each n.
    private static ulong Mixed(ulong n)
    {
        var z = (n + 1) * 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
