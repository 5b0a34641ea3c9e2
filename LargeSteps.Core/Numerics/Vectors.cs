using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace LargeSteps.Numerics;

/// <summary>
/// Vector kernels over spans of doubles. The order of every reduction is fixed and each product is fused
/// into its sum, on every processor: the same input gives the same bits everywhere. (<c>Vector256</c> has
/// four lanes whatever the hardware; <c>Vector&lt;T&gt;</c> has not, and would sum in another order.)
/// </summary>
internal static class Vectors
{
    private const int Lanes = 4;

    /// <summary>A number below this, most often a square, is so near to underflow that its last digits are lost.</summary>
    public const double EdgeOfUnderflow = 1e-290;

    /// <summary>Σ xᵢ yᵢ.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        CheckLengths(x.Length, y.Length);
        ref var a = ref MemoryMarshal.GetReference(x);
        ref var b = ref MemoryMarshal.GetReference(y);
        // Four accumulators hide the latency of the fused multiply-add.
        var s0 = Vector256<double>.Zero;
        var s1 = s0;
        var s2 = s0;
        var s3 = s0;
        nuint i = 0, n = (nuint)x.Length;
        for (; i + 4 * Lanes <= n; i += 4 * Lanes)
        {
            s0 = Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref a, i), Vector256.LoadUnsafe(ref b, i), s0);
            s1 = Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref a, i + Lanes), Vector256.LoadUnsafe(ref b, i + Lanes), s1);
            s2 = Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref a, i + 2 * Lanes), Vector256.LoadUnsafe(ref b, i + 2 * Lanes), s2);
            s3 = Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref a, i + 3 * Lanes), Vector256.LoadUnsafe(ref b, i + 3 * Lanes), s3);
        }
        for (; i + Lanes <= n; i += Lanes)
            s0 = Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref a, i), Vector256.LoadUnsafe(ref b, i), s0);
        var sum = Sum((s0 + s1) + (s2 + s3));
        for (var j = (int)i; j < x.Length; j++) sum = Math.FusedMultiplyAdd(x[j], y[j], sum);
        return sum;
    }

    /// <summary>y ← y + a x. With y = x it scales in place.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void AddScaled(Span<double> y, double a, ReadOnlySpan<double> x)
    {
        CheckLengths(x.Length, y.Length);
        ref var source = ref MemoryMarshal.GetReference(x);
        ref var target = ref MemoryMarshal.GetReference(y);
        var factor = Vector256.Create(a);
        nuint i = 0, n = (nuint)x.Length;
        for (; i + Lanes <= n; i += Lanes)
        {
            Vector256.FusedMultiplyAdd(factor, Vector256.LoadUnsafe(ref source, i), Vector256.LoadUnsafe(ref target, i))
                .StoreUnsafe(ref target, i);
        }

        for (var j = (int)i; j < x.Length; j++) y[j] = Math.FusedMultiplyAdd(a, x[j], y[j]);
    }

    /// <summary>x ← a x.</summary>
    public static void Scale(Span<double> x, double a)
    {
        ref var target = ref MemoryMarshal.GetReference(x);
        var factor = Vector256.Create(a);
        nuint i = 0, n = (nuint)x.Length;
        for (; i + Lanes <= n; i += Lanes)
            (factor * Vector256.LoadUnsafe(ref target, i)).StoreUnsafe(ref target, i);
        for (var j = (int)i; j < x.Length; j++) x[j] *= a;
    }

    /// <summary>zᵢ ← xᵢ yᵢ. The target may be one of the sources.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Multiply(ReadOnlySpan<double> x, ReadOnlySpan<double> y, Span<double> z)
    {
        CheckLengths(x.Length, y.Length);
        CheckLengths(x.Length, z.Length);
        ref var a = ref MemoryMarshal.GetReference(x);
        ref var b = ref MemoryMarshal.GetReference(y);
        ref var target = ref MemoryMarshal.GetReference(z);
        nuint i = 0, n = (nuint)x.Length;
        for (; i + Lanes <= n; i += Lanes)
            (Vector256.LoadUnsafe(ref a, i) * Vector256.LoadUnsafe(ref b, i)).StoreUnsafe(ref target, i);
        for (var j = (int)i; j < x.Length; j++) z[j] = x[j] * y[j];
    }

    /// <summary>(x, y) ← (c x − s y, s x + c y): a plane rotation.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Rotate(Span<double> x, Span<double> y, double c, double s)
    {
        CheckLengths(x.Length, y.Length);
        ref var a = ref MemoryMarshal.GetReference(x);
        ref var b = ref MemoryMarshal.GetReference(y);
        var cosine = Vector256.Create(c);
        var sine = Vector256.Create(s);
        nuint i = 0, n = (nuint)x.Length;
        for (; i + Lanes <= n; i += Lanes)
        {
            var p = Vector256.LoadUnsafe(ref a, i);
            var q = Vector256.LoadUnsafe(ref b, i);
            Vector256.FusedMultiplyAdd(-sine, q, cosine * p).StoreUnsafe(ref a, i);
            Vector256.FusedMultiplyAdd(sine, p, cosine * q).StoreUnsafe(ref b, i);
        }
        for (var j = (int)i; j < x.Length; j++)
        {
            var (p, q) = (x[j], y[j]);
            x[j] = Math.FusedMultiplyAdd(-s, q, c * p);
            y[j] = Math.FusedMultiplyAdd(s, p, c * q);
        }
    }

    /// <summary>The Euclidean norm ‖x‖, without overflow or underflow on the way.</summary>
    public static double Norm(ReadOnlySpan<double> x)
    {
        var square = Dot(x, x);
        // In this range no square that matters has been lost.
        const double least = 1e-280, most = 1e300;
        if (square is > least and < most) return Math.Sqrt(square);
        var largest = MaxAbs(x);
        if (largest == 0 || !double.IsFinite(largest)) return largest;
        var sum = 0.0;
        foreach (var value in x)
        {
            var ratio = value / largest;
            sum = Math.FusedMultiplyAdd(ratio, ratio, sum);
        }
        return largest * Math.Sqrt(sum);
    }

    /// <summary>max |xᵢ|; 0 for an empty vector, NaN if there is a NaN.</summary>
    public static double MaxAbs(ReadOnlySpan<double> x)
    {
        var largest = 0.0;
        foreach (var value in x) largest = Math.Max(largest, Math.Abs(value));
        return largest;
    }

    /// <summary>The sum of the four lanes in a fixed order: (v₀ + v₂) + (v₁ + v₃).</summary>
    internal static double Sum(Vector256<double> v)
    {
        var pair = v.GetLower() + v.GetUpper();
        return pair.ToScalar() + pair.GetElement(1);
    }

    private static void CheckLengths(int x, int y)
    {
        if (x != y) throw new ArgumentException($"Vectors of {x} and {y} entries.");
    }
}
