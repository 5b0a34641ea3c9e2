using System.Runtime.Intrinsics;

namespace LargeSteps.Models.Deep;

/// <summary>
/// Convolutions of any kernel and stride in the memory of channels-last tensors, and their derivatives, by products of matrices: the
/// windows of a block of pixels are laid side by side, as rows of a matrix within a core's cache, and multiplied by the kernels.
/// </summary>
/// <remarks>
/// A number of the outputs or of the derivative by the input is one chain of fused multiply-adds for each part of the kernel's rows; these
/// are added. The same numbers come out for any number of threads and width of vectors, except by the weights, whose sum over pixels is
/// made in as many parts as there are threads.
/// </remarks>
/// <typeparam name="T">The numbers of images and kernels. All between is float32.</typeparam>
/// <param name="images">n.</param>
/// <param name="plan">The convolution.</param>
/// <param name="threads">How many at a time.</param>
/// <param name="wide">Whether products are made by vectors of 512 bits.</param>
internal sealed unsafe class DirectConvolution<T>(int images, ConvolutionPlan plan, int threads, bool wide) : IConvolution<T>
    where T : unmanaged, IElement<T>
{
    private const int Panel = PanelMatrices.Panel;

    // A block has as many rows as make a matrix of a quarter of a megabyte, in whole products.
    private const int BlockNumbers = 65536, MostRows = 96;

    // The same for the derivative by the weights, whose matrices are read and written once a block.
    private const int GradientNumbers = 98304, MostGradientRows = 192;

    /// <inheritdoc/>
    public void Forward(T* x, int from, T* w, int to, T* y)
    {
        var parts = new WindowParts(plan.Kernel, plan.Kernel * from, ConvolutionPlan.LongestChain);
        using var kernels = new Workspace<float>(parts.PaddedColumns * PanelMatrices.Filled(to));
        var length = plan.Kernel * plan.Kernel * from;
        Run(PanelMatrices.Filled(to) / Panel, panel =>
        {
            for (var part = 0; part < parts.Count; part++)
            {
                var (first, columns, padded) = parts.At(part);
                var at = kernels.Data + first.Padded * PanelMatrices.Filled(to) + (long)panel * padded * Panel;
                for (var lane = 0; lane < Panel; lane++)
                {
                    var k = panel * Panel + lane;
                    var row = w + (long)k * length + first.Column;
                    var filled = k < to ? columns : 0;
                    for (var j = 0; j < filled; j++) at[j * Panel + lane] = T.At(row + j);
                    for (var j = filled; j < padded; j++) at[j * Panel + lane] = 0;
                }
            }
        });
        Convolve(
            new(x, images, plan.Height, plan.Width, from, plan.Kernel, plan.Stride, -plan.Padding, -plan.Padding),
            parts, kernels.Data, new(y, plan.Rows, plan.Columns, to, 1, 0, 0));
    }

    /// <inheritdoc/>
    public void InputGradient(T* dy, int to, T* w, int from, T* dx)
    {
        // Pixels of the input which lie alike between those of the output take the same numbers of the kernel: each such set is a
        // convolution by itself.
        var sets = plan.Stride;
        for (var down = 0; down < sets; down++)
        {
            for (var across = 0; across < sets; across++)
            {
                var (rows, columns) = (Taps(down), Taps(across));
                var target = new Target(dx, plan.Height, plan.Width, from, sets, down, across);
                if (rows.Length == 0 || columns.Length == 0)
                {
                    Clear(target);
                }
                else
                {
                    InputGradient(dy, to, w, from, rows, columns, target, (down + plan.Padding - rows[0]) / sets,
                        (across + plan.Padding - columns[0]) / sets);
                }
            }
        }
    }

    // The rows of the kernel that reach a row of the input, the last first, which reaches it from the first row of the output.
    private int[] Taps(int row) =>
        [.. Enumerable.Range(0, plan.Kernel).Where(k => (row + plan.Padding - k) % plan.Stride == 0).Reverse()];

    private void InputGradient(T* dy, int to, T* w, int from, int[] rows, int[] columns, Target target, int top, int left)
    {
        var parts = new WindowParts(rows.Length, columns.Length * to, ConvolutionPlan.LongestChain);
        var limit = w + (long)to * plan.Kernel * plan.Kernel * from;
        using var kernels = new Workspace<float>(parts.PaddedColumns * PanelMatrices.Filled(from));
        Run(PanelMatrices.Filled(from) / Panel, panel =>
        {
            var (c, filled) = (panel * Panel, Math.Min(Panel, from - panel * Panel));
            for (var part = 0; part < parts.Count; part++)
            {
                var (first, count, padded) = parts.At(part);
                var at = kernels.Data + first.Padded * PanelMatrices.Filled(from) + (long)panel * padded * Panel;
                for (var j = 0; j < count; j++)
                {
                    var (tap, k) = Math.DivRem(first.Column + j, to);
                    var (row, column) = (rows[tap / columns.Length], columns[tap % columns.Length]);
                    Numbers<T>.Read(w + (((long)k * plan.Kernel + row) * plan.Kernel + column) * from + c, at + j * Panel, filled, limit);
                }
                new Span<float>(at + count * Panel, (padded - count) * Panel).Clear();
            }
        });
        Convolve(new(dy, images, plan.Rows, plan.Columns, to, columns.Length, 1, top, left), parts, kernels.Data, target);
    }

    /// <inheritdoc/>
    public void WeightGradient(T* x, int from, T* dy, int to, T* dw)
    {
        var source = new Source(x, images, plan.Height, plan.Width, from, plan.Kernel, plan.Stride, -plan.Padding, -plan.Padding);
        var windows = new WindowParts(plan.Kernel, plan.Kernel * from, ConvolutionPlan.LongestChain);
        var pixels = images * plan.Rows * plan.Columns;
        var shares = Math.Min(threads, pixels);
        var (outputs, length) = (PanelMatrices.Filled(to), windows.PaddedColumns * PanelMatrices.Filled(to));
        var limit = dy + (long)pixels * to;
        using var memory = new Workspace<float>(shares * length);
        var sums = memory.Data;
        Run(shares, share =>
        {
            var (begin, end) = ((int)((long)pixels * share / shares), (int)((long)pixels * (share + 1) / shares));
            for (var part = 0; part < windows.Count; part++)
            {
                var (first, columns, padded) = windows.At(part);
                var rows = Rows(GradientNumbers, padded, MostGradientRows);
                using var inputs = new Workspace<float>((long)rows * padded);
                using var slopes = new Workspace<float>((long)rows * outputs);
                using var line = new Workspace<float>(Math.Max(padded, outputs) + Panel);
                var sum = sums + share * length + first.Padded * outputs;
                for (var start = begin; start < end; start += rows)
                {
                    var count = Math.Min(rows, end - start);
                    Gather(source, plan.Rows, plan.Columns, start, count, first.Row, columns, padded, inputs.Data, rows * Panel, line.Data);
                    for (var t = 0; t < count; t++)
                    {
                        Numbers<T>.Read(dy + (long)(start + t) * to, line.Data, to, limit);
                        ToPanels(line.Data, outputs, slopes.Data + t * Panel, rows * Panel);
                    }
                    for (var j = 0; j < padded; j += Panel)
                    {
                        for (var k = 0; k < outputs; k += wide ? Panel : PanelProducts.TransposedColumns)
                        {
                            float* a = slopes.Data + (long)(k / Panel) * rows * Panel + k % Panel, b = inputs.Data + (long)j * rows;
                            var s = sum + (long)j * outputs + k * Panel;
                            if (wide) PanelProducts.WideTransposedProduct(a, b, count, s, add: start > begin);
                            else PanelProducts.TransposedProduct(a, b, Panel, count, s, add: start > begin);
                        }
                    }
                }
            }
        });
        Run(to, k =>
        {
            for (var part = 0; part < windows.Count; part++)
            {
                var (first, columns, _) = windows.At(part);
                for (var j = 0; j < columns; j += Panel)
                {
                    var at = sums + first.Padded * outputs + (long)j * outputs + k * Panel;
                    PanelProducts.AddShares(at, length, shares);
                    Numbers<T>.Write(at, dw + (long)k * plan.Kernel * plan.Kernel * from + first.Column + j, Math.Min(Panel, columns - j));
                }
            }
        });
    }

    // The products of windows with kernels, in panels of 16 output channels for each part of the windows.
    private void Convolve(Source source, WindowParts parts, float* kernels, Target target)
    {
        var (outputs, pixels) = (PanelMatrices.Filled(target.Channels), images * target.Rows * target.Columns);
        var widest = parts.At(0).Padded;
        var rows = Rows(BlockNumbers, widest, MostRows);
        var (blocks, next) = ((pixels + rows - 1) / rows, 0);
        Run(Math.Min(threads, blocks), _ =>
        {
            using var inputs = new Workspace<float>((long)rows * widest);
            using var products = new Workspace<float>((long)rows * outputs);
            using var line = new Workspace<float>(widest + Panel);
            while (Interlocked.Increment(ref next) - 1 is var block && block < blocks)
            {
                var (start, count) = (block * rows, Math.Min(rows, pixels - block * rows));
                for (var part = 0; part < parts.Count; part++)
                {
                    var (first, columns, padded) = parts.At(part);
                    Gather(source, target.Rows, target.Columns, start, count, first.Row, columns, padded, inputs.Data, rows * Panel,
                        line.Data);
                    // Rows beyond the last pixel are products of what lay there, and read by nobody.
                    for (var k = 0; k < outputs; k += Panel)
                    {
                        var b = kernels + first.Padded * outputs + (long)k * padded;
                        for (var t = 0; t < count; t += wide ? PanelProducts.WideRows : PanelProducts.Rows)
                        {
                            float* a = inputs.Data + t * Panel, c = products.Data + (long)k * rows + t * Panel;
                            if (wide) PanelProducts.WideProduct(a, rows * Panel, b, padded / Panel, c, add: part > 0);
                            else PanelProducts.Product(a, rows * Panel, b, padded / Panel, c, add: part > 0);
                        }
                    }
                }
                for (var t = 0; t < count; t++)
                {
                    var to = target.At(start + t);
                    for (var k = 0; k < target.Channels; k += Panel)
                        Numbers<T>.Write(products.Data + (long)k * rows + t * Panel, to + k, Math.Min(Panel, target.Channels - k));
                }
            }
        });
    }

    // Rows of the windows of pixels, from a row on, into panels of 16 columns. What is outside of the image is 0.
    private static void Gather(in Source source, int rows, int columns, int start, int count, int firstRow, int length, int padded,
        float* to, int panelStride, float* line)
    {
        var width = source.WindowColumns * source.Channels;
        var limit = source.End;
        var (image, rest) = Math.DivRem(start, rows * columns);
        var (i, j) = Math.DivRem(rest, columns);
        for (var t = 0; t < count; t++, to += Panel)
        {
            var (top, left) = (i * source.Step + source.Top + firstRow, j * source.Step + source.Left);
            var first = Math.Clamp(-left, 0, source.WindowColumns);
            var end = Math.Clamp(source.Width - left, first, source.WindowColumns);
            var from = source.Data + (((long)image * source.Height + top) * source.Width + left) * source.Channels;
            var (begin, stop) = (first * source.Channels, end * source.Channels);
            for (var at = line; at < line + length; at += width, top++, from += (long)source.Width * source.Channels)
            {
                if ((uint)top >= (uint)source.Height || begin == stop)
                {
                    new Span<float>(at, width).Clear();
                    continue;
                }
                if (begin > 0) new Span<float>(at, begin).Clear();
                Numbers<T>.Read(from + begin, at + begin, stop - begin, limit);
                if (stop < width) new Span<float>(at + stop, width - stop).Clear();
            }
            Vector256<float>.Zero.Store(line + length);
            Vector256<float>.Zero.Store(line + length + 8);
            ToPanels(line, padded, to, panelStride);
            if (++j < columns) continue;
            j = 0;
            if (++i < rows) continue;
            (i, image) = (0, image + 1);
        }
    }

    private static void ToPanels(float* line, int length, float* to, int panelStride)
    {
        for (var end = line + length; line < end; line += Panel, to += panelStride)
        {
            Vector256.Load(line).Store(to);
            Vector256.Load(line + 8).Store(to + 8);
        }
    }

    private void Clear(Target target)
    {
        for (var pixel = 0; pixel < images * target.Rows * target.Columns; pixel++)
            new Span<T>(target.At(pixel), target.Channels).Clear();
    }

    // The rows of a block.
    private static int Rows(int numbers, int columns, int most) =>
        Math.Clamp(numbers / columns / PanelProducts.WideRows * PanelProducts.WideRows, PanelProducts.WideRows, most);

    private void Run(int count, Action<int> task) => Threads.Run(threads, count, task);

    /// <summary>Images, and where the window of an output lies in them.</summary>
    private readonly struct Source(T* data, int images, int height, int width, int channels, int windowColumns, int step, int top, int left)
    {
        public T* Data => data;

        public T* End => data + (long)images * height * width * channels;

        public int Height => height;

        public int Width => width;

        public int Channels => channels;

        public int WindowColumns => windowColumns;

        public int Step => step;

        public int Top => top;

        public int Left => left;
    }

    /// <summary>Images, or each <paramref name="step"/>th pixel of them from a row and a column on.</summary>
    private readonly struct Target(T* data, int height, int width, int channels, int step, int down, int across)
    {
        public int Channels => channels;

        public int Rows => (height - down + step - 1) / step;

        public int Columns => (width - across + step - 1) / step;

        public T* At(int pixel)
        {
            var (line, j) = Math.DivRem(pixel, Columns);
            var (image, i) = Math.DivRem(line, Rows);
            return data + (((long)image * height + down + i * step) * width + across + j * step) * channels;
        }
    }
}

/// <summary>The rows of a window in parts that are no longer than a number of columns, but for one row; each is filled up to
/// panels.</summary>
/// <param name="rows">The rows.</param>
/// <param name="width">The columns of one.</param>
/// <param name="most">That number.</param>
internal readonly struct WindowParts(int rows, int width, int most)
{
    /// <summary>How many parts.</summary>
    public int Count => (rows + Height - 1) / Height;

    /// <summary>The columns of all parts, filled up.</summary>
    public long PaddedColumns
    {
        get
        {
            var (first, _, padded) = At(Count - 1);
            return first.Padded + padded;
        }
    }

    private int Height => Math.Clamp(most / width, 1, rows);

    /// <summary>A part: the row and the columns that it begins with, its columns, and these filled up.</summary>
    public ((int Row, int Column, long Padded) First, int Columns, int Padded) At(int part)
    {
        var columns = Math.Min(Height, rows - part * Height) * width;
        return ((part * Height, part * Height * width, (long)part * PanelMatrices.Filled(Height * width)), columns,
            PanelMatrices.Filled(columns));
    }
}
