using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace LargeSteps.Models.Deep;

/// <summary>
/// Products of matrices in panels of 16 columns, as convolutions need them. Each number is a chain of fused multiply-adds over
/// the same terms in the same order with vectors of 256 bits as with those of 512, so that both give the same bits.
/// </summary>
internal static unsafe class PanelProducts
{
    /// <summary>Rows of a product, as many as there are registers for.</summary>
    public const int Rows = 6, WideRows = 12;

    /// <summary>Columns of a transposed product by vectors of 256 bits.</summary>
    public const int TransposedColumns = 4;

    private const int Panel = PanelMatrices.Panel;

    /// <summary>Six rows of a matrix, given by its first panel and the way to the next, times a panel of another.</summary>
    /// <param name="a">The rows.</param>
    /// <param name="panelStride">The way.</param>
    /// <param name="b">The panel.</param>
    /// <param name="panels">The columns of the rows, in panels.</param>
    /// <param name="c">What is written.</param>
    /// <param name="add">Whether to what is there.</param>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Product(float* a, int panelStride, float* b, int panels, float* c, bool add)
    {
        Vector256<float> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default;
        Vector256<float> c30 = default, c31 = default, c40 = default, c41 = default, c50 = default, c51 = default;
        for (; panels > 0; panels--, a += panelStride)
        {
            for (var p = a; p < a + Panel; p++, b += Panel)
            {
                var (b0, b1) = (Vector256.LoadAligned(b), Vector256.LoadAligned(b + 8));
                var x = Vector256.Create(p[0]);
                (c00, c01) = (Vector256.FusedMultiplyAdd(x, b0, c00), Vector256.FusedMultiplyAdd(x, b1, c01));
                x = Vector256.Create(p[Panel]);
                (c10, c11) = (Vector256.FusedMultiplyAdd(x, b0, c10), Vector256.FusedMultiplyAdd(x, b1, c11));
                x = Vector256.Create(p[2 * Panel]);
                (c20, c21) = (Vector256.FusedMultiplyAdd(x, b0, c20), Vector256.FusedMultiplyAdd(x, b1, c21));
                x = Vector256.Create(p[3 * Panel]);
                (c30, c31) = (Vector256.FusedMultiplyAdd(x, b0, c30), Vector256.FusedMultiplyAdd(x, b1, c31));
                x = Vector256.Create(p[4 * Panel]);
                (c40, c41) = (Vector256.FusedMultiplyAdd(x, b0, c40), Vector256.FusedMultiplyAdd(x, b1, c41));
                x = Vector256.Create(p[5 * Panel]);
                (c50, c51) = (Vector256.FusedMultiplyAdd(x, b0, c50), Vector256.FusedMultiplyAdd(x, b1, c51));
            }
        }
        Sum(c, c00, c01, add);
        Sum(c + Panel, c10, c11, add);
        Sum(c + 2 * Panel, c20, c21, add);
        Sum(c + 3 * Panel, c30, c31, add);
        Sum(c + 4 * Panel, c40, c41, add);
        Sum(c + 5 * Panel, c50, c51, add);
    }

    /// <summary>Twelve rows, by vectors of 512 bits.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void WideProduct(float* a, int panelStride, float* b, int panels, float* c, bool add)
    {
        Vector512<float> c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default, c6 = default, c7 = default;
        Vector512<float> c8 = default, c9 = default, c10 = default, c11 = default;
        for (; panels > 0; panels--, a += panelStride)
        {
            for (var p = a; p < a + Panel; p++, b += Panel)
            {
                var b0 = Vector512.LoadAligned(b);
                c0 = Vector512.FusedMultiplyAdd(Vector512.Create(p[0]), b0, c0);
                c1 = Vector512.FusedMultiplyAdd(Vector512.Create(p[Panel]), b0, c1);
                c2 = Vector512.FusedMultiplyAdd(Vector512.Create(p[2 * Panel]), b0, c2);
                c3 = Vector512.FusedMultiplyAdd(Vector512.Create(p[3 * Panel]), b0, c3);
                c4 = Vector512.FusedMultiplyAdd(Vector512.Create(p[4 * Panel]), b0, c4);
                c5 = Vector512.FusedMultiplyAdd(Vector512.Create(p[5 * Panel]), b0, c5);
                c6 = Vector512.FusedMultiplyAdd(Vector512.Create(p[6 * Panel]), b0, c6);
                c7 = Vector512.FusedMultiplyAdd(Vector512.Create(p[7 * Panel]), b0, c7);
                c8 = Vector512.FusedMultiplyAdd(Vector512.Create(p[8 * Panel]), b0, c8);
                c9 = Vector512.FusedMultiplyAdd(Vector512.Create(p[9 * Panel]), b0, c9);
                c10 = Vector512.FusedMultiplyAdd(Vector512.Create(p[10 * Panel]), b0, c10);
                c11 = Vector512.FusedMultiplyAdd(Vector512.Create(p[11 * Panel]), b0, c11);
            }
        }
        Sum(c, c0, add);
        Sum(c + Panel, c1, add);
        Sum(c + 2 * Panel, c2, add);
        Sum(c + 3 * Panel, c3, add);
        Sum(c + 4 * Panel, c4, add);
        Sum(c + 5 * Panel, c5, add);
        Sum(c + 6 * Panel, c6, add);
        Sum(c + 7 * Panel, c7, add);
        Sum(c + 8 * Panel, c8, add);
        Sum(c + 9 * Panel, c9, add);
        Sum(c + 10 * Panel, c10, add);
        Sum(c + 11 * Panel, c11, add);
    }

    /// <summary>Sixteen columns of a matrix, transposed, times a panel of another, by vectors of 512 bits.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void WideTransposedProduct(float* a, float* b, int rows, float* c, bool add)
    {
        Vector512<float> c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default, c6 = default, c7 = default;
        Vector512<float> c8 = default, c9 = default, c10 = default, c11 = default, c12 = default, c13 = default, c14 = default,
            c15 = default;
        for (; rows > 0; rows--, a += Panel, b += Panel)
        {
            var b0 = Vector512.LoadAligned(b);
            c0 = Vector512.FusedMultiplyAdd(Vector512.Create(a[0]), b0, c0);
            c1 = Vector512.FusedMultiplyAdd(Vector512.Create(a[1]), b0, c1);
            c2 = Vector512.FusedMultiplyAdd(Vector512.Create(a[2]), b0, c2);
            c3 = Vector512.FusedMultiplyAdd(Vector512.Create(a[3]), b0, c3);
            c4 = Vector512.FusedMultiplyAdd(Vector512.Create(a[4]), b0, c4);
            c5 = Vector512.FusedMultiplyAdd(Vector512.Create(a[5]), b0, c5);
            c6 = Vector512.FusedMultiplyAdd(Vector512.Create(a[6]), b0, c6);
            c7 = Vector512.FusedMultiplyAdd(Vector512.Create(a[7]), b0, c7);
            c8 = Vector512.FusedMultiplyAdd(Vector512.Create(a[8]), b0, c8);
            c9 = Vector512.FusedMultiplyAdd(Vector512.Create(a[9]), b0, c9);
            c10 = Vector512.FusedMultiplyAdd(Vector512.Create(a[10]), b0, c10);
            c11 = Vector512.FusedMultiplyAdd(Vector512.Create(a[11]), b0, c11);
            c12 = Vector512.FusedMultiplyAdd(Vector512.Create(a[12]), b0, c12);
            c13 = Vector512.FusedMultiplyAdd(Vector512.Create(a[13]), b0, c13);
            c14 = Vector512.FusedMultiplyAdd(Vector512.Create(a[14]), b0, c14);
            c15 = Vector512.FusedMultiplyAdd(Vector512.Create(a[15]), b0, c15);
        }
        Sum(c, c0, add);
        Sum(c + Panel, c1, add);
        Sum(c + 2 * Panel, c2, add);
        Sum(c + 3 * Panel, c3, add);
        Sum(c + 4 * Panel, c4, add);
        Sum(c + 5 * Panel, c5, add);
        Sum(c + 6 * Panel, c6, add);
        Sum(c + 7 * Panel, c7, add);
        Sum(c + 8 * Panel, c8, add);
        Sum(c + 9 * Panel, c9, add);
        Sum(c + 10 * Panel, c10, add);
        Sum(c + 11 * Panel, c11, add);
        Sum(c + 12 * Panel, c12, add);
        Sum(c + 13 * Panel, c13, add);
        Sum(c + 14 * Panel, c14, add);
        Sum(c + 15 * Panel, c15, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Sum(float* to, Vector512<float> value, bool add) =>
        (add ? value + Vector512.LoadAligned(to) : value).StoreAligned(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Sum(float* to, Vector256<float> first, Vector256<float> second, bool add)
    {
        if (add) Store(to, first + Vector256.LoadAligned(to), second + Vector256.LoadAligned(to + 8));
        else Store(to, first, second);
    }

    /// <summary>Four columns of a matrix, transposed, times 16 of another: sums over rows.</summary>
    /// <param name="a">The columns, in a panel.</param>
    /// <param name="b">The first row of the other.</param>
    /// <param name="stride">From a row to the next one there.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="c">What is written: 16 for each column.</param>
    /// <param name="add">Whether to what is there.</param>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void TransposedProduct(float* a, float* b, nint stride, int rows, float* c, bool add)
    {
        Vector256<float> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default,
            c31 = default;
        for (; rows > 0; rows--, a += Panel, b += stride)
        {
            var (b0, b1) = (Vector256.Load(b), Vector256.Load(b + 8));
            var x = Vector256.Create(a[0]);
            (c00, c01) = (Vector256.FusedMultiplyAdd(x, b0, c00), Vector256.FusedMultiplyAdd(x, b1, c01));
            x = Vector256.Create(a[1]);
            (c10, c11) = (Vector256.FusedMultiplyAdd(x, b0, c10), Vector256.FusedMultiplyAdd(x, b1, c11));
            x = Vector256.Create(a[2]);
            (c20, c21) = (Vector256.FusedMultiplyAdd(x, b0, c20), Vector256.FusedMultiplyAdd(x, b1, c21));
            x = Vector256.Create(a[3]);
            (c30, c31) = (Vector256.FusedMultiplyAdd(x, b0, c30), Vector256.FusedMultiplyAdd(x, b1, c31));
        }
        Sum(c, c00, c01, add);
        Sum(c + Panel, c10, c11, add);
        Sum(c + 2 * Panel, c20, c21, add);
        Sum(c + 3 * Panel, c30, c31, add);
    }

    /// <summary>Writes 16 numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* to, Vector256<float> first, Vector256<float> second)
    {
        first.StoreAligned(to);
        second.StoreAligned(to + 8);
    }

    /// <summary>Adds to 16 numbers those of other threads, which lie so many further on.</summary>
    public static void AddShares(float* at, long length, int shares)
    {
        for (var share = 1; share < shares; share++)
        {
            for (var lane = 0; lane < Panel; lane += Vector256<float>.Count)
                (Vector256.Load(at + lane) + Vector256.Load(at + share * length + lane)).Store(at + lane);
        }
    }

    /// <summary>Eight by eight numbers, transposed.</summary>
    public static void Transpose(float* from, float* to, int stride)
    {
        var (r0, r1, r2, r3) = (Vector256.Load(from), Vector256.Load(from + 8), Vector256.Load(from + 16), Vector256.Load(from + 24));
        var (r4, r5, r6, r7) = (Vector256.Load(from + 32), Vector256.Load(from + 40), Vector256.Load(from + 48), Vector256.Load(from + 56));
        var (a0, a1, a2, a3) = (Avx.UnpackLow(r0, r1), Avx.UnpackHigh(r0, r1), Avx.UnpackLow(r2, r3), Avx.UnpackHigh(r2, r3));
        var (a4, a5, a6, a7) = (Avx.UnpackLow(r4, r5), Avx.UnpackHigh(r4, r5), Avx.UnpackLow(r6, r7), Avx.UnpackHigh(r6, r7));
        (r0, r1, r2, r3) = (Avx.Shuffle(a0, a2, 0x44), Avx.Shuffle(a0, a2, 0xee), Avx.Shuffle(a1, a3, 0x44), Avx.Shuffle(a1, a3, 0xee));
        (r4, r5, r6, r7) = (Avx.Shuffle(a4, a6, 0x44), Avx.Shuffle(a4, a6, 0xee), Avx.Shuffle(a5, a7, 0x44), Avx.Shuffle(a5, a7, 0xee));
        Avx.Permute2x128(r0, r4, 0x20).Store(to);
        Avx.Permute2x128(r1, r5, 0x20).Store(to + stride);
        Avx.Permute2x128(r2, r6, 0x20).Store(to + 2 * stride);
        Avx.Permute2x128(r3, r7, 0x20).Store(to + 3 * stride);
        Avx.Permute2x128(r0, r4, 0x31).Store(to + 4 * stride);
        Avx.Permute2x128(r1, r5, 0x31).Store(to + 5 * stride);
        Avx.Permute2x128(r2, r6, 0x31).Store(to + 6 * stride);
        Avx.Permute2x128(r3, r7, 0x31).Store(to + 7 * stride);
    }
}
