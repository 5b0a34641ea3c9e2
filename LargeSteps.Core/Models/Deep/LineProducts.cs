using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace LargeSteps.Models.Deep;

/// <summary>
/// Products of kernels with windows that lie in padded lines of images, read where they lie. Each number is a chain of fused multiply-adds
/// over the same terms in the same order with vectors of 256 bits as with those of 512, so that both give the same bits.
/// </summary>
internal static unsafe class LineProducts
{
    /// <summary>Windows of a product, as many as there are registers for.</summary>
    public const int Windows = 6, WideWindows = 12;

    /// <summary>Outputs of a transposed product by vectors of 512 bits, and the panels of columns that it makes at once.</summary>
    public const int WideOutputs = 8, WidePanels = 2;

    private const int Panel = PanelMatrices.Panel;

    /// <summary>Six windows that lie a pixel apart, times a panel of 16 kernels.</summary>
    /// <param name="a">The first window.</param>
    /// <param name="pixel">From a pixel to the next one.</param>
    /// <param name="line">From a line to the next one.</param>
    /// <param name="rows">The lines of a window.</param>
    /// <param name="length">The numbers of a window in a line.</param>
    /// <param name="b">The kernels: the 16 numbers for each of a window.</param>
    /// <param name="c">What is written: 16 for each window.</param>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Product(float* a, nint pixel, nint line, int rows, int length, float* b, float* c)
    {
        Vector256<float> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default;
        Vector256<float> c30 = default, c31 = default, c40 = default, c41 = default, c50 = default, c51 = default;
        for (; rows > 0; rows--, a += line)
        {
            float* p = a, q = a + 3 * pixel;
            for (var end = a + length; p < end; p++, q++, b += Panel)
            {
                var (b0, b1) = (Vector256.LoadAligned(b), Vector256.LoadAligned(b + 8));
                var x = Vector256.Create(*p);
                (c00, c01) = (Vector256.FusedMultiplyAdd(x, b0, c00), Vector256.FusedMultiplyAdd(x, b1, c01));
                x = Vector256.Create(p[pixel]);
                (c10, c11) = (Vector256.FusedMultiplyAdd(x, b0, c10), Vector256.FusedMultiplyAdd(x, b1, c11));
                x = Vector256.Create(p[2 * pixel]);
                (c20, c21) = (Vector256.FusedMultiplyAdd(x, b0, c20), Vector256.FusedMultiplyAdd(x, b1, c21));
                x = Vector256.Create(*q);
                (c30, c31) = (Vector256.FusedMultiplyAdd(x, b0, c30), Vector256.FusedMultiplyAdd(x, b1, c31));
                x = Vector256.Create(q[pixel]);
                (c40, c41) = (Vector256.FusedMultiplyAdd(x, b0, c40), Vector256.FusedMultiplyAdd(x, b1, c41));
                x = Vector256.Create(q[2 * pixel]);
                (c50, c51) = (Vector256.FusedMultiplyAdd(x, b0, c50), Vector256.FusedMultiplyAdd(x, b1, c51));
            }
        }
        PanelProducts.Store(c, c00, c01);
        PanelProducts.Store(c + Panel, c10, c11);
        PanelProducts.Store(c + 2 * Panel, c20, c21);
        PanelProducts.Store(c + 3 * Panel, c30, c31);
        PanelProducts.Store(c + 4 * Panel, c40, c41);
        PanelProducts.Store(c + 5 * Panel, c50, c51);
    }

    /// <summary>Twelve windows, by vectors of 512 bits.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void WideProduct(float* a, nint pixel, nint line, int rows, int length, float* b, float* c)
    {
        Vector512<float> c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default, c6 = default, c7 = default;
        Vector512<float> c8 = default, c9 = default, c10 = default, c11 = default;
        for (; rows > 0; rows--, a += line)
        {
            float* p = a, q = a + 3 * pixel, r = a + 6 * pixel, s = a + 9 * pixel;
            for (var end = a + length; p < end; p++, q++, r++, s++, b += Panel)
            {
                var b0 = Vector512.LoadAligned(b);
                c0 = Vector512.FusedMultiplyAdd(Vector512.Create(*p), b0, c0);
                c1 = Vector512.FusedMultiplyAdd(Vector512.Create(p[pixel]), b0, c1);
                c2 = Vector512.FusedMultiplyAdd(Vector512.Create(p[2 * pixel]), b0, c2);
                c3 = Vector512.FusedMultiplyAdd(Vector512.Create(*q), b0, c3);
                c4 = Vector512.FusedMultiplyAdd(Vector512.Create(q[pixel]), b0, c4);
                c5 = Vector512.FusedMultiplyAdd(Vector512.Create(q[2 * pixel]), b0, c5);
                c6 = Vector512.FusedMultiplyAdd(Vector512.Create(*r), b0, c6);
                c7 = Vector512.FusedMultiplyAdd(Vector512.Create(r[pixel]), b0, c7);
                c8 = Vector512.FusedMultiplyAdd(Vector512.Create(r[2 * pixel]), b0, c8);
                c9 = Vector512.FusedMultiplyAdd(Vector512.Create(*s), b0, c9);
                c10 = Vector512.FusedMultiplyAdd(Vector512.Create(s[pixel]), b0, c10);
                c11 = Vector512.FusedMultiplyAdd(Vector512.Create(s[2 * pixel]), b0, c11);
            }
        }
        c0.StoreAligned(c);
        c1.StoreAligned(c + Panel);
        c2.StoreAligned(c + 2 * Panel);
        c3.StoreAligned(c + 3 * Panel);
        c4.StoreAligned(c + 4 * Panel);
        c5.StoreAligned(c + 5 * Panel);
        c6.StoreAligned(c + 6 * Panel);
        c7.StoreAligned(c + 7 * Panel);
        c8.StoreAligned(c + 8 * Panel);
        c9.StoreAligned(c + 9 * Panel);
        c10.StoreAligned(c + 10 * Panel);
        c11.StoreAligned(c + 11 * Panel);
    }

    /// <summary>Eight outputs of pixels, transposed, times 32 columns of their windows, by vectors of 512 bits: sums over pixels.</summary>
    /// <param name="a">The outputs, 16 for each pixel.</param>
    /// <param name="b">The first window's columns.</param>
    /// <param name="pixel">From a window to the next one.</param>
    /// <param name="count">The pixels.</param>
    /// <param name="c">What is written: the first 16 columns of each output.</param>
    /// <param name="next">From these to the other 16.</param>
    /// <param name="add">Whether to what is there.</param>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void WideTransposedProduct(float* a, float* b, nint pixel, int count, float* c, nint next, bool add)
    {
        Vector512<float> c00 = default, c10 = default, c20 = default, c30 = default, c40 = default, c50 = default, c60 = default,
            c70 = default;
        Vector512<float> c01 = default, c11 = default, c21 = default, c31 = default, c41 = default, c51 = default, c61 = default,
            c71 = default;
        for (; count > 0; count--, a += Panel, b += pixel)
        {
            var (b0, b1) = (Vector512.Load(b), Vector512.Load(b + Panel));
            var x = Vector512.Create(a[0]);
            (c00, c01) = (Vector512.FusedMultiplyAdd(x, b0, c00), Vector512.FusedMultiplyAdd(x, b1, c01));
            x = Vector512.Create(a[1]);
            (c10, c11) = (Vector512.FusedMultiplyAdd(x, b0, c10), Vector512.FusedMultiplyAdd(x, b1, c11));
            x = Vector512.Create(a[2]);
            (c20, c21) = (Vector512.FusedMultiplyAdd(x, b0, c20), Vector512.FusedMultiplyAdd(x, b1, c21));
            x = Vector512.Create(a[3]);
            (c30, c31) = (Vector512.FusedMultiplyAdd(x, b0, c30), Vector512.FusedMultiplyAdd(x, b1, c31));
            x = Vector512.Create(a[4]);
            (c40, c41) = (Vector512.FusedMultiplyAdd(x, b0, c40), Vector512.FusedMultiplyAdd(x, b1, c41));
            x = Vector512.Create(a[5]);
            (c50, c51) = (Vector512.FusedMultiplyAdd(x, b0, c50), Vector512.FusedMultiplyAdd(x, b1, c51));
            x = Vector512.Create(a[6]);
            (c60, c61) = (Vector512.FusedMultiplyAdd(x, b0, c60), Vector512.FusedMultiplyAdd(x, b1, c61));
            x = Vector512.Create(a[7]);
            (c70, c71) = (Vector512.FusedMultiplyAdd(x, b0, c70), Vector512.FusedMultiplyAdd(x, b1, c71));
        }
        Sum(c, next, c00, c01, add);
        Sum(c + Panel, next, c10, c11, add);
        Sum(c + 2 * Panel, next, c20, c21, add);
        Sum(c + 3 * Panel, next, c30, c31, add);
        Sum(c + 4 * Panel, next, c40, c41, add);
        Sum(c + 5 * Panel, next, c50, c51, add);
        Sum(c + 6 * Panel, next, c60, c61, add);
        Sum(c + 7 * Panel, next, c70, c71, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Sum(float* to, nint next, Vector512<float> first, Vector512<float> second, bool add)
    {
        (add ? first + Vector512.LoadAligned(to) : first).StoreAligned(to);
        (add ? second + Vector512.LoadAligned(to + next) : second).StoreAligned(to + next);
    }
}
