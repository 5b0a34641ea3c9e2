using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace LargeSteps.Numerics;

/// <summary>
/// Elimination in a symmetric matrix whose signs are known beforehand: a negative definite block, then one whose
/// Schur complement is positive definite. No pivoting is needed for such a matrix, whose leading part is
/// quasi-definite, while both blocks are well conditioned.
/// </summary>
/// <remarks>Source: Vanderbei, SIAM J. Optim. 5 (1995) 100; Gill, Saunders and Shinnerl, SIAM J. Matrix Anal. Appl. 17 (1996) 35.</remarks>
internal static class QuasiDefinite
{
    /// <summary>
    /// Eliminates the first rows and columns, and leaves the Schur complement of the rest in the upper triangle
    /// of the rows and columns from <paramref name="negative"/> + <paramref name="positive"/> on.
    /// </summary>
    /// <param name="matrix">Rows of <paramref name="stride"/> entries, all finite; the upper triangle is used, the lower one
    /// spoilt.</param>
    /// <param name="stride">Distance of two rows, a multiple of 4, at least the order.</param>
    /// <param name="order">The order of the matrix.</param>
    /// <param name="negative">Number of pivots, from the first on, that must be negative.</param>
    /// <param name="positive">Number of pivots after those that must be positive.</param>
    /// <returns>Whether all pivots have their sign; if not, the elimination has stopped half-way.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool Eliminate(Span<double> matrix, int stride, int order, int negative, int positive)
    {
        if (stride % 4 != 0 || stride < order
            || matrix.Length < stride * order)
        {
            throw new ArgumentException("The matrix does not fit its stride.", nameof(stride));
        }

        var pivots = negative + positive;
        Span<double> inverse = stackalloc double[4];
        ref var start = ref MemoryMarshal.GetReference(matrix);
        for (var k = 0; k < pivots; k += 4)
        {
            // A panel of up to four pivot rows, then their joint update of the rows below. A panel that is
            // not full has coefficients 0 for the rows that it lacks.
            var panel = Math.Min(4, pivots - k);
            inverse.Clear();
            for (var p = 0; p < panel; p++)
            {
                var row = matrix.Slice((k + p) * stride + k, stride - k);
                for (var q = 0; q < p; q++)
                {
                    var other = matrix.Slice((k + q) * stride + k, stride - k);
                    Vectors.AddScaled(row, -other[p] * inverse[q], other);
                }
                var pivot = row[p];
                // NaN fails both.
                if (k + p < negative ? !(pivot < 0) : !(pivot > 0)) return false;
                inverse[p] = 1 / pivot;
            }

            ref var panel0 = ref Unsafe.Add(ref start, k * stride);
            ref var panel1 = ref panel > 1 ? ref Unsafe.Add(ref panel0, stride) : ref panel0;
            ref var panel2 = ref panel > 2 ? ref Unsafe.Add(ref panel0, 2 * stride) : ref panel0;
            ref var panel3 = ref panel > 3 ? ref Unsafe.Add(ref panel0, 3 * stride) : ref panel0;
            var i = k + panel;
            for (; i + 1 < order; i += 2)
            {
                ref var row0 = ref Unsafe.Add(ref start, i * stride);
                ref var row1 = ref Unsafe.Add(ref row0, stride);
                var a0 = Vector256.Create(-Unsafe.Add(ref panel0, i) * inverse[0]);
                var a1 = Vector256.Create(-Unsafe.Add(ref panel1, i) * inverse[1]);
                var a2 = Vector256.Create(-Unsafe.Add(ref panel2, i) * inverse[2]);
                var a3 = Vector256.Create(-Unsafe.Add(ref panel3, i) * inverse[3]);
                var b0 = Vector256.Create(-Unsafe.Add(ref panel0, i + 1) * inverse[0]);
                var b1 = Vector256.Create(-Unsafe.Add(ref panel1, i + 1) * inverse[1]);
                var b2 = Vector256.Create(-Unsafe.Add(ref panel2, i + 1) * inverse[2]);
                var b3 = Vector256.Create(-Unsafe.Add(ref panel3, i + 1) * inverse[3]);
                for (var j = (nuint)(i & ~3); j < (nuint)stride; j += 4)
                {
                    var x = Vector256.LoadUnsafe(ref row0, j);
                    var y = Vector256.LoadUnsafe(ref row1, j);
                    var u = Vector256.LoadUnsafe(ref panel0, j);
                    x = Vector256.FusedMultiplyAdd(a0, u, x);
                    y = Vector256.FusedMultiplyAdd(b0, u, y);
                    u = Vector256.LoadUnsafe(ref panel1, j);
                    x = Vector256.FusedMultiplyAdd(a1, u, x);
                    y = Vector256.FusedMultiplyAdd(b1, u, y);
                    u = Vector256.LoadUnsafe(ref panel2, j);
                    x = Vector256.FusedMultiplyAdd(a2, u, x);
                    y = Vector256.FusedMultiplyAdd(b2, u, y);
                    u = Vector256.LoadUnsafe(ref panel3, j);
                    x = Vector256.FusedMultiplyAdd(a3, u, x);
                    y = Vector256.FusedMultiplyAdd(b3, u, y);
                    x.StoreUnsafe(ref row0, j);
                    y.StoreUnsafe(ref row1, j);
                }
            }
            if (i < order)
            {
                var row = matrix.Slice(i * stride + k, stride - k);
                for (var q = 0; q < panel; q++)
                {
                    var other = matrix.Slice((k + q) * stride + k, stride - k);
                    Vectors.AddScaled(row, -other[i - k] * inverse[q], other);
                }
            }
        }
        return true;
    }
}
