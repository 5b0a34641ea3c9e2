using System.Runtime.Intrinsics;

namespace LargeSteps.Models.Deep;

/// <summary>
/// 3 × 3 convolutions of stride 1 and padding 1 in the memory of channels-last tensors, and their derivatives, by <see cref="Winograd"/>:
/// a third of the time of libtorch's direct ones, which are at the processor's peak. Images are n × height × width × channels, kernels
/// out × 3 × 3 × in; both numbers of channels are multiples of 16.
/// </summary>
/// <remarks>
/// Tiles of 4 × 4 outputs go through in blocks: transformed into 36 matrices, multiplied by those of the weights, transformed back, all
/// within a core's cache. The same numbers come out for any number of threads, except by the weights, whose sum over tiles is made in as
/// many parts as there are threads.
/// </remarks>
/// <typeparam name="T">The numbers of images and kernels. All between is float32.</typeparam>
/// <param name="images">n.</param>
/// <param name="height">The rows of an image.</param>
/// <param name="width">The columns of an image.</param>
/// <param name="threads">How many at a time.</param>
/// <param name="wide">Whether products are made by vectors of 512 bits, where the processor has them: each number is made in the same order
/// by both, and has the same bits.</param>
internal sealed unsafe class WinogradConvolution<T>(int images, int height, int width, int threads, bool wide) : IConvolution<T>
    where T : unmanaged, IElement<T>
{
    private const int Panel = PanelMatrices.Panel;

    // Tiles of a block: a multiple of the rows of a product; the matrices of 64 channels stay within half a megabyte.
    private const int Block = 24;

    // The same for the derivative by the weights, whose matrices are read and written once a block.
    private const int GradientBlock = 192;

    private readonly int _down = (height + Winograd.Tile - 1) / Winograd.Tile, _across = (width + Winograd.Tile - 1) / Winograd.Tile;

    private int Tiles => images * _down * _across;

    /// <inheritdoc/>
    public void Forward(T* x, int from, T* w, int to, T* y)
    {
        using var memory = new Workspace<float>(PanelMatrices.Length(from, to));
        var weights = new PanelMatrices(memory.Data, from, to);
        Run(to / Panel, panel =>
        {
            // Kernels lie one after the other, the columns of a row side by side: eight by eight they are transposed.
            const int Square = 64;
            var part = stackalloc float[Winograd.Points * Square];
            for (var k = panel * Panel; k < (panel + 1) * Panel; k += 8)
            {
                for (var c = 0; c < from; c += 8)
                {
                    for (var i = 0; i < 8; i++) Winograd.OfKernel(w + (k + i) * 9L * from + c, from, rotated: false, part + 8 * i, Square);
                    for (var point = 0; point < Winograd.Points; point++)
                        PanelProducts.Transpose(part + point * Square, weights.At(point, c, k), Panel);
                }
            }
        });
        Convolve(x, from, weights, y);
    }

    /// <inheritdoc/>
    public void InputGradient(T* dy, int to, T* w, int from, T* dx)
    {
        using var memory = new Workspace<float>(PanelMatrices.Length(to, from));
        var weights = new PanelMatrices(memory.Data, to, from);
        Run(to / Panel, panel =>
        {
            for (var k = panel * Panel; k < (panel + 1) * Panel; k++)
            {
                for (var c = 0; c < from; c += 8)
                {
                    Winograd.OfKernel(w + k * 9L * from + c, from, rotated: true, weights.At(0, k, c),
                    weights.PointStride);
                }
            }
        });
        Convolve(dy, to, weights, dx);
    }

    /// <inheritdoc/>
    public void WeightGradient(T* x, int from, T* dy, int to, T* dw)
    {
        // Threads divide the tiles between them, each with a sum of its own; where these sums are more than the tiles, they divide the
        // input channels.
        var byTiles = Tiles >= 4 * from;
        var parts = byTiles ? Math.Min(threads, Tiles) : 1;
        var panels = from / Panel;
        var groups = byTiles ? 1 : Math.Min(threads, panels);
        var length = PanelMatrices.Length(to, from);
        using var memory = new Workspace<float>(parts * length);
        var sums = memory.Data;
        var blockSize = Math.Min(GradientBlock, Tiles);
        Run(parts * groups, task =>
        {
            var (part, group) = (task / groups, task % groups);
            var (firstPanel, lastPanel) = (panels * group / groups, panels * (group + 1) / groups);
            var columns = (lastPanel - firstPanel) * Panel;
            var sum = new PanelMatrices(sums + part * length, to, from);
            using var inputs = new Workspace<float>(PanelMatrices.Length(blockSize, columns));
            using var outputs = new Workspace<float>(PanelMatrices.Length(blockSize, to));
            using var zeros = new Workspace<T>(Math.Max(from, to));
            zeros.Clear();
            var (v, m) = (new PanelMatrices(inputs.Data, blockSize, columns), new PanelMatrices(outputs.Data, blockSize, to));
            var pixels = stackalloc T*[Winograd.Points];
            var (first, end) = ((int)((long)Tiles * part / parts), (int)((long)Tiles * (part + 1) / parts));
            for (var start = first; start < end; start += blockSize)
            {
                var tiles = Math.Min(blockSize, end - start);
                for (var t = 0; t < tiles; t++)
                {
                    Pixels(x + firstPanel * Panel, from, start + t, before: 1, Winograd.Window, zeros.Data, pixels);
                    Winograd.OfInput(pixels, v, t);
                    Pixels(dy, to, start + t, before: 0, Winograd.Tile, zeros.Data, pixels);
                    Winograd.OfOutputGradient(pixels, m, t);
                }
                for (var point = 0; point < Winograd.Points; point++)
                {
                    for (var c = 0; c < columns; c += Panel)
                    {
                        for (var k = 0; k < to; k += wide ? Panel : PanelProducts.TransposedColumns)
                        {
                            float* a = m.At(point, 0, k), b = v.At(point, 0, c), s = sum.At(point, k, firstPanel * Panel + c);
                            if (wide) PanelProducts.WideTransposedProduct(a, b, tiles, s, add: start > first);
                            else PanelProducts.TransposedProduct(a, b, Panel, tiles, s, add: start > first);
                        }
                    }
                }
            }
        });
        Run(to / Panel, panel =>
        {
            var total = new PanelMatrices(sums, to, from);
            for (var k = panel * Panel; k < (panel + 1) * Panel; k++)
            {
                for (var c = 0; c < from; c += 8)
                {
                    for (var part = 1; part < parts; part++)
                    {
                        for (var point = 0; point < Winograd.Points; point++)
                        {
                            var at = total.At(point, k, c);
                            (Vector256.Load(at) + Vector256.Load(at + part * length)).Store(at);
                        }
                    }
                    Winograd.ToKernelGradient(total.At(0, k, c), total.PointStride, dw + k * 9L * from + c, from);
                }
            }
        });
    }

    // Outputs from images and transformed weights, in × out.
    private void Convolve(T* x, int from, PanelMatrices weights, T* y)
    {
        var (to, blocks) = (weights.Columns, (Tiles + Block - 1) / Block);
        var next = 0;
        Run(Math.Min(threads, blocks), _ =>
        {
            using var inputs = new Workspace<float>(PanelMatrices.Length(Block, from));
            using var outputs = new Workspace<float>(PanelMatrices.Length(Block, to));
            using var zeros = new Workspace<T>(from);
            using var outside = new Workspace<T>(to);
            zeros.Clear();
            var (v, m) = (new PanelMatrices(inputs.Data, Block, from), new PanelMatrices(outputs.Data, Block, to));
            var pixels = stackalloc T*[Winograd.Points];
            while (Interlocked.Increment(ref next) - 1 is var block && block < blocks)
            {
                var (start, tiles) = (block * Block, Math.Min(Block, Tiles - block * Block));
                for (var t = 0; t < tiles; t++)
                {
                    Pixels(x, from, start + t, before: 1, Winograd.Window, zeros.Data, pixels);
                    Winograd.OfInput(pixels, v, t);
                }
                // Rows beyond the last tile are products of what lay there, and read by nobody.
                for (var point = 0; point < Winograd.Points; point++)
                {
                    for (var k = 0; k < to; k += Panel)
                    {
                        for (var t = 0; t < tiles; t += wide ? PanelProducts.WideRows : PanelProducts.Rows)
                        {
                            float* a = v.At(point, t, 0), b = weights.At(point, 0, k), c = m.At(point, t, k);
                            if (wide) PanelProducts.WideProduct(a, Block * Panel, b, from / Panel, c, add: false);
                            else PanelProducts.Product(a, Block * Panel, b, from / Panel, c, add: false);
                        }
                    }
                }
                for (var t = 0; t < tiles; t++)
                {
                    Pixels(y, to, start + t, before: 0, Winograd.Tile, outside.Data, pixels);
                    Winograd.ToOutput(m, t, pixels);
                }
            }
        });
    }

    // Where the pixels of a square lie; those outside of the image are at `outside`.
    private void Pixels(T* images, int channels, int tile, int before, int side, T* outside, T** pixels)
    {
        var (image, rest) = Math.DivRem(tile, _down * _across);
        var (top, left) = (rest / _across * Winograd.Tile - before, rest % _across * Winograd.Tile - before);
        for (var row = top; row < top + side; row++)
        {
            var line = images + ((long)image * height + row) * width * channels;
            for (var column = left; column < left + side; column++)
                *pixels++ = (uint)row < (uint)height && (uint)column < (uint)width ? line + (long)column * channels : outside;
        }
    }

    private void Run(int count, Action<int> task) => Threads.Run(threads, count, task);
}
