using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace LargeSteps.Training.Diagonal;

/// <summary>
/// Steps of diagonal linear networks on one sample x: the prediction ⟨x, u⊙v⟩, and the update u − f x⊙v, v − f x⊙u.
/// </summary>
/// <remarks>
/// Numbers come in vectors of 256 bits, whose products are summed in four sums in turn, those of vectors beyond a multiple of four in the
/// first; with vectors of 512 bits these sums lie two by two in one, so that the same bits come out on every machine.
/// </remarks>
internal static class DiagonalKernels
{
    private const int Lanes = 4, Block = 4 * Lanes;

    /// <summary>⟨x, u⊙v⟩.</summary>
    /// <param name="x">The sample.</param>
    /// <param name="u">The first factor.</param>
    /// <param name="v">The second.</param>
    /// <param name="width">How many numbers each has, a multiple of 4.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Predict(ref double x, ref double u, ref double v, int width)
    {
        nint j = 0;
        Vector256<double> sum;
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<double> a = default, b = default;
            for (; j <= width - Block; j += Block)
            {
                a = Vector512.FusedMultiplyAdd(Wide(ref x, j), Wide(ref u, j) * Wide(ref v, j), a);
                b = Vector512.FusedMultiplyAdd(Wide(ref x, j + 8), Wide(ref u, j + 8) * Wide(ref v, j + 8), b);
            }
            var first = a.GetLower();
            for (; j < width; j += Lanes) first = Vector256.FusedMultiplyAdd(At(ref x, j), At(ref u, j) * At(ref v, j), first);
            sum = first + a.GetUpper() + (b.GetLower() + b.GetUpper());
        }
        else
        {
            Vector256<double> a = default, b = default, c = default, d = default;
            for (; j <= width - Block; j += Block)
            {
                a = Vector256.FusedMultiplyAdd(At(ref x, j), At(ref u, j) * At(ref v, j), a);
                b = Vector256.FusedMultiplyAdd(At(ref x, j + 4), At(ref u, j + 4) * At(ref v, j + 4), b);
                c = Vector256.FusedMultiplyAdd(At(ref x, j + 8), At(ref u, j + 8) * At(ref v, j + 8), c);
                d = Vector256.FusedMultiplyAdd(At(ref x, j + 12), At(ref u, j + 12) * At(ref v, j + 12), d);
            }
            for (; j < width; j += Lanes) a = Vector256.FusedMultiplyAdd(At(ref x, j), At(ref u, j) * At(ref v, j), a);
            sum = a + b + (c + d);
        }
        return Vector256.Sum(sum);
    }

    /// <summary>Makes the update.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Update(ref double x, double factor, ref double u, ref double v, int width)
    {
        nint j = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            var wide = Vector512.Create(-factor);
            for (; j <= width - 2 * Lanes; j += 2 * Lanes) Updated(ref x, wide, ref u, ref v, j);
        }
        var down = Vector256.Create(-factor);
        for (; j < width; j += Lanes) Updated(ref x, down, ref u, ref v, j);
    }

    /// <summary>Makes the update by one sample and predicts the next one, <paramref name="next"/>, with what comes of it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double UpdateAndPredict(ref double x, double factor, ref double next, ref double u, ref double v, int width)
    {
        nint j = 0;
        Vector256<double> sum, down = Vector256.Create(-factor);
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<double> a = default, b = default, wide = Vector512.Create(-factor);
            for (; j <= width - Block; j += Block)
            {
                a = Vector512.FusedMultiplyAdd(Wide(ref next, j), Updated(ref x, wide, ref u, ref v, j), a);
                b = Vector512.FusedMultiplyAdd(Wide(ref next, j + 8), Updated(ref x, wide, ref u, ref v, j + 8), b);
            }
            var first = a.GetLower();
            for (; j < width; j += Lanes) first = Vector256.FusedMultiplyAdd(At(ref next, j), Updated(ref x, down, ref u, ref v, j), first);
            sum = first + a.GetUpper() + (b.GetLower() + b.GetUpper());
        }
        else
        {
            Vector256<double> a = default, b = default, c = default, d = default;
            for (; j <= width - Block; j += Block)
            {
                a = Vector256.FusedMultiplyAdd(At(ref next, j), Updated(ref x, down, ref u, ref v, j), a);
                b = Vector256.FusedMultiplyAdd(At(ref next, j + 4), Updated(ref x, down, ref u, ref v, j + 4), b);
                c = Vector256.FusedMultiplyAdd(At(ref next, j + 8), Updated(ref x, down, ref u, ref v, j + 8), c);
                d = Vector256.FusedMultiplyAdd(At(ref next, j + 12), Updated(ref x, down, ref u, ref v, j + 12), d);
            }
            for (; j < width; j += Lanes) a = Vector256.FusedMultiplyAdd(At(ref next, j), Updated(ref x, down, ref u, ref v, j), a);
            sum = a + b + (c + d);
        }
        return Vector256.Sum(sum);
    }

    // Writes a part of the new factors, and gives their product.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Updated(ref double x, Vector256<double> down, ref double u, ref double v, nint j)
    {
        Vector256<double> step = down * At(ref x, j), oldU = At(ref u, j), oldV = At(ref v, j);
        var (newU, newV) = (Vector256.FusedMultiplyAdd(step, oldV, oldU), Vector256.FusedMultiplyAdd(step, oldU, oldV));
        newU.StoreUnsafe(ref u, (nuint)j);
        newV.StoreUnsafe(ref v, (nuint)j);
        return newU * newV;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Updated(ref double x, Vector512<double> down, ref double u, ref double v, nint j)
    {
        Vector512<double> step = down * Wide(ref x, j), oldU = Wide(ref u, j), oldV = Wide(ref v, j);
        var (newU, newV) = (Vector512.FusedMultiplyAdd(step, oldV, oldU), Vector512.FusedMultiplyAdd(step, oldU, oldV));
        newU.StoreUnsafe(ref u, (nuint)j);
        newV.StoreUnsafe(ref v, (nuint)j);
        return newU * newV;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> At(ref double numbers, nint j) => Vector256.LoadUnsafe(ref numbers, (nuint)j);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Wide(ref double numbers, nint j) => Vector512.LoadUnsafe(ref numbers, (nuint)j);
}
