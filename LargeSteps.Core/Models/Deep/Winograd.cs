using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace LargeSteps.Models.Deep;

/// <summary>
/// A matrix of rows × columns whose columns come in panels of 16: the 16 numbers of a row lie side by side, the rows of a panel one after
/// the other. There are 36 of them, one for each point of Winograd's transform.
/// </summary>
/// <param name="data">The first number, on a boundary of 64 bytes.</param>
/// <param name="rows">The rows.</param>
/// <param name="columns">The columns, a multiple of 16.</param>
internal readonly unsafe struct PanelMatrices(float* data, int rows, int columns)
{
    /// <summary>The columns of a panel.</summary>
    public const int Panel = 16;

    /// <summary>The rows.</summary>
    public int Rows => rows;

    /// <summary>The columns.</summary>
    public int Columns => columns;

    /// <summary>From a point's matrix to the next one's. The 16 in excess keep the 36 points of an entry apart in the cache, where powers
    /// of two would meet.</summary>
    public long PointStride => Stride(rows, columns);

    /// <summary>How many numbers the matrices of all points take.</summary>
    public static long Length(int rows, int columns) => Winograd.Points * Stride(rows, columns);

    /// <summary>So many columns, filled up to whole panels, or to multiples of another number.</summary>
    public static int Filled(int columns, int unit = Panel) => (columns + unit - 1) / unit * unit;

    /// <summary>Where an entry is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* At(int point, int row, int column) =>
        data + point * PointStride + ((long)(column / Panel) * rows + row) * Panel + column % Panel;

    private static long Stride(int rows, int columns) => (long)rows * columns + Panel;
}

/// <summary>
/// Winograd's F(4×4, 3×3): a tile of 4 × 4 outputs of a 3 × 3 convolution from a window of 6 × 6 inputs,
/// Y = Aᵀ[(G w Gᵀ) ⊙ (Bᵀ X B)]A, with 36 products instead of 144 (Lavin and Gray, "Fast algorithms for
/// convolutional neural networks", 2016, section 4.3), and its derivatives. Eight channels at a time.
/// </summary>
internal static unsafe class Winograd
{
    /// <summary>Points of a transformed tile: 6 × 6.</summary>
    public const int Points = Window * Window;

    /// <summary>The side of a window of inputs.</summary>
    public const int Window = 6;

    /// <summary>The side of a tile of outputs.</summary>
    public const int Tile = 4;

    private const int Kernel = 3, Lanes = 8;

    // The points of the transform: 0, ±p, ±q and ∞. With the usual 1 and 2 it errs twice as much; of the pairs that were tried none was
    // clearly better (docs/decisions/deep.md), and these need no rounding.
    private const float P = 0.75f, Q = 1.5f, P2 = P * P, Q2 = Q * Q;

    // What G has of the points: the inverse of the product of their distances.
    private const float OfZero = 1 / (P2 * Q2), OfP = 1 / (2 * P2 * (P2 - Q2)), OfQ = 1 / (2 * Q2 * (Q2 - P2));

    /// <summary>Whether this processor has the instructions.</summary>
    public static bool IsSupported => Avx2.IsSupported && Fma.IsSupported;

    /// <summary>Whether it has vectors of 512 bits.</summary>
    public static bool IsWide => Avx512F.IsSupported;

    /// <summary>Bᵀ X B of a window, into a row of the matrices.</summary>
    /// <param name="window">The first channels of the 36 pixels, row by row.</param>
    /// <param name="to">Rows × channels.</param>
    /// <param name="row">The row.</param>
    [SkipLocalsInit]
    public static void OfInput<T>(T** window, PanelMatrices to, int row) where T : unmanaged, IElement<T>
    {
        var half = stackalloc float[Points * Lanes];
        for (var c = 0; c < to.Columns; c += Lanes)
        {
            for (var j = 0; j < Window; j++)
            {
                B(T.Load(window[j] + c), T.Load(window[6 + j] + c), T.Load(window[12 + j] + c), T.Load(window[18 + j] + c),
                T.Load(window[24 + j] + c), T.Load(window[30 + j] + c),
                    half + j * Lanes, Window * Lanes);
            }
            for (var i = 0; i < Window; i++)
            {
                var h = half + i * Window * Lanes;
                B(At(h, 0), At(h, 1), At(h, 2), At(h, 3), At(h, 4), At(h, 5), to.At(i * Window, row, c), to.PointStride);
            }
        }
    }

    /// <summary>The tile of outputs Aᵀ M A of a row of the matrices.</summary>
    /// <param name="from">Rows × channels.</param>
    /// <param name="row">The row.</param>
    /// <param name="tile">The first channels of the 16 pixels, row by row.</param>
    [SkipLocalsInit]
    public static void ToOutput<T>(PanelMatrices from, int row, T** tile) where T : unmanaged, IElement<T>
    {
        var half = stackalloc float[Tile * Window * Lanes];
        var stride = from.PointStride;
        for (var k = 0; k < from.Columns; k += Lanes)
        {
            for (var j = 0; j < Window; j++)
            {
                var m = from.At(j, row, k);
                A(Vector256.Load(m), Vector256.Load(m + 6 * stride), Vector256.Load(m + 12 * stride), Vector256.Load(m + 18 * stride),
                    Vector256.Load(m + 24 * stride), Vector256.Load(m + 30 * stride),
                    out var y0, out var y1, out var y2, out var y3);
                y0.Store(half + j * Lanes);
                y1.Store(half + (Window + j) * Lanes);
                y2.Store(half + (2 * Window + j) * Lanes);
                y3.Store(half + (3 * Window + j) * Lanes);
            }
            for (var i = 0; i < Tile; i++)
            {
                var h = half + i * Window * Lanes;
                var pixels = tile + i * Tile;
                A(At(h, 0), At(h, 1), At(h, 2), At(h, 3), At(h, 4), At(h, 5), out var y0, out var y1, out var y2, out var y3);
                T.Store(pixels[0] + k, y0);
                T.Store(pixels[1] + k, y1);
                T.Store(pixels[2] + k, y2);
                T.Store(pixels[3] + k, y3);
            }
        }
    }

    /// <summary>A dY Aᵀ: the derivative by M, from that by a tile of outputs.</summary>
    /// <param name="tile">The first channels of the 16 pixels, row by row.</param>
    /// <param name="to">Rows × channels.</param>
    /// <param name="row">The row.</param>
    [SkipLocalsInit]
    public static void OfOutputGradient<T>(T** tile, PanelMatrices to, int row) where T : unmanaged, IElement<T>
    {
        var half = stackalloc float[Window * Tile * Lanes];
        for (var k = 0; k < to.Columns; k += Lanes)
        {
            for (var j = 0; j < Tile; j++)
            {
                TransposedA(T.Load(tile[j] + k), T.Load(tile[4 + j] + k), T.Load(tile[8 + j] + k), T.Load(tile[12 + j] + k),
                    half + j * Lanes, Tile * Lanes);
            }

            for (var i = 0; i < Window; i++)
            {
                var h = half + i * Tile * Lanes;
                TransposedA(At(h, 0), At(h, 1), At(h, 2), At(h, 3), to.At(i * Window, row, k), to.PointStride);
            }
        }
    }

    /// <summary>G w Gᵀ for eight input channels of a kernel.</summary>
    /// <param name="w">The kernel: 3 × 3 × channels.</param>
    /// <param name="channels">How many channels a pixel of it has.</param>
    /// <param name="rotated">Whether the kernel is turned by 180°, as the derivative by the input takes it.</param>
    /// <param name="to">Where the eight numbers of the first point go.</param>
    /// <param name="stride">From a point to the next.</param>
    [SkipLocalsInit]
    public static void OfKernel<T>(T* w, int channels, bool rotated, float* to, long stride) where T : unmanaged, IElement<T>
    {
        var half = stackalloc float[Window * Kernel * Lanes];
        for (var j = 0; j < Kernel; j++)
        {
            var column = w + (rotated ? 2 - j : j) * channels;
            var (w0, w1, w2) = (T.Load(column), T.Load(column + 3 * channels), T.Load(column + 6 * channels));
            if (rotated) (w0, w2) = (w2, w0);
            G(w0, w1, w2, half + j * Lanes, Kernel * Lanes);
        }
        for (var i = 0; i < Window; i++)
        {
            var h = half + i * Kernel * Lanes;
            G(At(h, 0), At(h, 1), At(h, 2), to + i * Window * stride, stride);
        }
    }

    /// <summary>Gᵀ dU G: the derivative by eight input channels of a kernel.</summary>
    /// <param name="from">The eight numbers of the first point.</param>
    /// <param name="stride">From a point to the next.</param>
    /// <param name="dw">The kernel's derivative: 3 × 3 × channels.</param>
    /// <param name="channels">How many channels a pixel of it has.</param>
    [SkipLocalsInit]
    public static void ToKernelGradient<T>(float* from, long stride, T* dw, int channels) where T : unmanaged, IElement<T>
    {
        var half = stackalloc float[Kernel * Window * Lanes];
        for (var j = 0; j < Window; j++)
        {
            TransposedG(from + j * stride, Window * stride, out var w0, out var w1, out var w2);
            w0.Store(half + j * Lanes);
            w1.Store(half + (Window + j) * Lanes);
            w2.Store(half + (2 * Window + j) * Lanes);
        }
        for (var i = 0; i < Kernel; i++)
        {
            TransposedG(half + i * Window * Lanes, Lanes, out var w0, out var w1, out var w2);
            T.Store(dw + 3 * i * channels, w0);
            T.Store(dw + (3 * i + 1) * channels, w1);
            T.Store(dw + (3 * i + 2) * channels, w2);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> At(float* vectors, int i) => Vector256.Load(vectors + i * Lanes);

    // Bᵀ x for six numbers.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void B(Vector256<float> x0, Vector256<float> x1, Vector256<float> x2, Vector256<float> x3, Vector256<float> x4,
        Vector256<float> x5, float* to, long stride)
    {
        var (product, sum) = (Vector256.Create(P2 * Q2), Vector256.Create(-P2 - Q2));
        Fused(sum, x2, Fused(product, x0, x4)).Store(to);
        Fused(sum, x3, Fused(product, x1, x5)).Store(to + 5 * stride);
        Pair(P, Fused(Vector256.Create(-Q2), x2, x4), Fused(Vector256.Create(-Q2), x1, x3), to + stride, stride);
        Pair(Q, Fused(Vector256.Create(-P2), x2, x4), Fused(Vector256.Create(-P2), x1, x3), to + 3 * stride, stride);
    }

    // even ± factor · odd: the values at a point and its negative.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pair(float factor, Vector256<float> even, Vector256<float> odd, float* to, long stride)
    {
        Fused(Vector256.Create(factor), odd, even).Store(to);
        Fused(Vector256.Create(-factor), odd, even).Store(to + stride);
    }

    // Aᵀ m for six numbers.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void A(
        Vector256<float> m0, Vector256<float> m1, Vector256<float> m2, Vector256<float> m3, Vector256<float> m4, Vector256<float> m5,
        out Vector256<float> y0, out Vector256<float> y1, out Vector256<float> y2, out Vector256<float> y3)
    {
        var (sum, difference, outerSum, outerDifference) = (m1 + m2, m1 - m2, m3 + m4, m3 - m4);
        y0 = m0 + sum + outerSum;
        y1 = Fused(Vector256.Create(P), difference, Vector256.Create(Q) * outerDifference);
        y2 = Fused(Vector256.Create(P2), sum, Vector256.Create(Q2) * outerSum);
        y3 = Fused(Vector256.Create(P * P2), difference, Fused(Vector256.Create(Q * Q2), outerDifference, m5));
    }

    // A y for four numbers.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransposedA(Vector256<float> y0, Vector256<float> y1, Vector256<float> y2, Vector256<float> y3, float* to,
        long stride)
    {
        y0.Store(to);
        Pair(P, Fused(Vector256.Create(P2), y2, y0), Fused(Vector256.Create(P2), y3, y1), to + stride, stride);
        Pair(Q, Fused(Vector256.Create(Q2), y2, y0), Fused(Vector256.Create(Q2), y3, y1), to + 3 * stride, stride);
        y3.Store(to + 5 * stride);
    }

    // G w for three numbers.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void G(Vector256<float> w0, Vector256<float> w1, Vector256<float> w2, float* to, long stride)
    {
        (w0 * Vector256.Create(OfZero)).Store(to);
        Pair(1, Fused(Vector256.Create(P2 * OfP), w2, Vector256.Create(OfP) * w0), Vector256.Create(P * OfP) * w1, to + stride, stride);
        Pair(1, Fused(Vector256.Create(Q2 * OfQ), w2, Vector256.Create(OfQ) * w0), Vector256.Create(Q * OfQ) * w1, to + 3 * stride, stride);
        w2.Store(to + 5 * stride);
    }

    // Gᵀ u for six numbers.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransposedG(float* u, long stride, out Vector256<float> w0, out Vector256<float> w1, out Vector256<float> w2)
    {
        var (u1, u2, u3, u4) = (Vector256.Load(u + stride), Vector256.Load(u + 2 * stride), Vector256.Load(u + 3 * stride),
            Vector256.Load(u + 4 * stride));
        var (sum, outerSum) = (u1 + u2, u3 + u4);
        w0 = Fused(Vector256.Create(OfZero), Vector256.Load(u), Fused(Vector256.Create(OfQ), outerSum, Vector256.Create(OfP) * sum));
        w1 = Fused(Vector256.Create(P * OfP), u1 - u2, Vector256.Create(Q * OfQ) * (u3 - u4));
        w2 = Fused(Vector256.Create(Q2 * OfQ), outerSum, Fused(Vector256.Create(P2 * OfP), sum, Vector256.Load(u + 5 * stride)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Fused(Vector256<float> a, Vector256<float> b, Vector256<float> c) =>
        Vector256.FusedMultiplyAdd(a, b, c);
}
