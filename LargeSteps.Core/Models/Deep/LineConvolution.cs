namespace LargeSteps.Models.Deep;

/// <summary>
/// Convolutions of stride 1 by odd kernels between few channels, and their derivatives. Lines of an image are laid one after the other with
/// zeros between them: the windows of neighbouring outputs then lie a pixel apart, those of the first pixels of a line behind those of the
/// last ones of the line before, and are multiplied where they lie. Results at the zeros are read by nobody.
/// </summary>
/// <remarks>
/// A number of the outputs or of the derivative by the input is one chain of fused multiply-adds. The same numbers come out for any number
/// of threads and width of vectors, except by the weights, whose sum over pixels is made in as many parts as there are threads.
/// </remarks>
/// <typeparam name="T">The numbers of images and kernels. All between is float32.</typeparam>
/// <param name="images">n.</param>
/// <param name="plan">The convolution.</param>
/// <param name="threads">How many at a time.</param>
/// <param name="wide">Whether products are made by vectors of 512 bits.</param>
internal sealed unsafe class LineConvolution<T>(int images, ConvolutionPlan plan, int threads, bool wide) : IConvolution<T>
    where T : unmanaged, IElement<T>
{
    private const int Panel = PanelMatrices.Panel;

    // Numbers of a band of lines, which stays within a core's cache; pixels of a chain of the sum over them.
    private const int BandNumbers = 24576, Chain = 192;

    private readonly int _kernel = plan.Kernel, _padding = plan.Padding, _height = plan.Height, _width = plan.Width;

    // The pixels of a line and the zeros behind it.
    private int Line => _width + _padding;

    /// <summary>Whether it is one for such a convolution.</summary>
    public static bool Suits(ConvolutionPlan plan, int from, int to) => plan.Stride == 1 && plan.Kernel % 2 == 1 && plan.Kernel > 1
        && plan.Kernel * plan.Kernel * Math.Max(from, to) <= ConvolutionPlan.LongestChain;

    /// <inheritdoc/>
    public void Forward(T* x, int from, T* w, int to, T* y)
    {
        var length = _kernel * _kernel * from;
        using var kernels = new Workspace<float>((long)length * PanelMatrices.Filled(to));
        kernels.Clear();
        for (var k = 0; k < to; k++)
        {
            var at = kernels.Data + (long)(k / Panel) * length * Panel + k % Panel;
            for (var j = 0; j < length; j++) at[j * Panel] = T.At(w + (long)k * length + j);
        }
        Convolve(x, from, kernels.Data, to, y);
    }

    /// <inheritdoc/>
    public void InputGradient(T* dy, int to, T* w, int from, T* dx)
    {
        // The convolution with the kernels turned round.
        var taps = _kernel * _kernel;
        var length = taps * to;
        using var kernels = new Workspace<float>((long)length * PanelMatrices.Filled(from));
        kernels.Clear();
        for (var j = 0; j < length; j++)
        {
            var (tap, k) = Math.DivRem(j, to);
            var kernel = w + ((long)k * taps + taps - 1 - tap) * from;
            for (var c = 0; c < from; c++) kernels.Data[((long)(c / Panel) * length + j) * Panel + c % Panel] = T.At(kernel + c);
        }
        Convolve(dy, to, kernels.Data, from, dx);
    }

    /// <inheritdoc/>
    public void WeightGradient(T* x, int from, T* dy, int to, T* dw)
    {
        var width = _kernel * from;
        var (columns, outputs) = (PanelMatrices.Filled(width, LineProducts.WidePanels * Panel), PanelMatrices.Filled(to));
        var length = (long)_kernel * columns * outputs;
        var bands = Bands(Math.Max(from, to));
        var shares = Math.Min(threads, bands.Count * images);
        var pixelCount = (long)images * _height * _width;
        T* xEnd = x + pixelCount * from, dyEnd = dy + pixelCount * to;
        using var memory = new Workspace<float>(shares * length);
        var sums = memory.Data;
        Threads.Run(threads, shares, share =>
        {
            var all = (long)bands.Count * images;
            var (begin, end) = ((int)(all * share / shares), (int)(all * (share + 1) / shares));
            var most = bands.Rows * Line;
            using var inputs = Lines(bands.Rows, from);
            using var slopes = new Workspace<float>((long)most * outputs);
            // The zeros behind the lines stay.
            slopes.Clear();
            for (var band = begin; band < end; band++)
            {
                var (image, first, rows) = bands.At(band);
                Fill(x, xEnd, from, image, first, rows, inputs.Data);
                for (var i = 0; i < rows; i++)
                {
                    var pixels = dy + ((long)image * _height + first + i) * _width * to;
                    for (var j = 0; j < _width; j++, pixels += to)
                    {
                        var at = slopes.Data + ((long)i * Line + j) * Panel;
                        for (var k = 0; k < to; k += Panel, at += (long)most * Panel)
                            Numbers<T>.Read(pixels + k, at, Math.Min(Panel, to - k), dyEnd);
                    }
                }
                Sum(inputs.Data, from, slopes.Data, most, outputs, rows * Line - _padding, columns, sums + share * length, band > begin);
            }
        });
        for (var k = 0; k < to; k++)
        {
            for (var row = 0; row < _kernel; row++)
            {
                for (var j = 0; j < width; j += Panel)
                {
                    var at = sums + ((long)(row * columns + j) * outputs) + k * Panel;
                    PanelProducts.AddShares(at, length, shares);
                    Numbers<T>.Write(at, dw + ((long)k * _kernel + row) * width + j, Math.Min(Panel, width - j));
                }
            }
        }
    }

    // Adds the products of outputs and windows of a band, for each row of the kernel 16 outputs × 16 columns after the other.
    private void Sum(float* inputs, int from, float* slopes, int most, int outputs, int pixels, int columns, float* sums, bool add)
    {
        var some = wide ? LineProducts.WideOutputs : PanelProducts.TransposedColumns;
        var step = wide ? LineProducts.WidePanels * Panel : Panel;
        for (var start = 0; start < pixels; start += Chain, add = true)
        {
            var count = Math.Min(Chain, pixels - start);
            for (var row = 0; row < _kernel; row++)
            {
                for (var j = 0; j < columns; j += step)
                {
                    for (var k = 0; k < outputs; k += some)
                    {
                        var a = slopes + ((long)(k / Panel) * most + start) * Panel + k % Panel;
                        var b = inputs + (long)(start + row * Line) * from + j;
                        var c = sums + ((long)(row * columns + j) * outputs) + k * Panel;
                        if (wide) LineProducts.WideTransposedProduct(a, b, from, count, c, outputs * Panel, add);
                        else PanelProducts.TransposedProduct(a, b, from, count, c, add);
                    }
                }
            }
        }
    }

    private void Convolve(T* source, int from, float* kernels, int to, T* target)
    {
        var bands = Bands(from);
        var (count, next, end) = (bands.Count * images, 0, (nint)(source + (long)images * _height * _width * from));
        Threads.Run(threads, Math.Min(threads, count), _ =>
        {
            using var inputs = Lines(bands.Rows, from);
            using var products = new Workspace<float>(((long)bands.Rows * Line + LineProducts.WideWindows) * Panel);
            while (Interlocked.Increment(ref next) - 1 is var band && band < count)
            {
                var (image, first, rows) = bands.At(band);
                Fill(source, (T*)end, from, image, first, rows, inputs.Data);
                for (var k = 0; k < to; k += Panel)
                {
                    var panel = kernels + (long)k * _kernel * _kernel * from;
                    for (var t = 0; t < rows * Line - _padding; t += wide ? LineProducts.WideWindows : LineProducts.Windows)
                    {
                        float* a = inputs.Data + (long)t * from, c = products.Data + t * Panel;
                        if (wide) LineProducts.WideProduct(a, from, Line * from, _kernel, _kernel * from, panel, c);
                        else LineProducts.Product(a, from, Line * from, _kernel, _kernel * from, panel, c);
                    }
                    for (var i = 0; i < rows; i++)
                    {
                        var pixels = target + (((long)image * _height + first + i) * _width) * to + k;
                        for (var j = 0; j < _width; j++, pixels += to)
                            Numbers<T>.Write(products.Data + ((long)i * Line + j) * Panel, pixels, Math.Min(Panel, to - k));
                    }
                }
            }
        });
    }

    // Memory for the lines of a band and those that its windows reach, with zeros before, between and behind them, and for windows and
    // columns in excess.
    private Workspace<float> Lines(int rows, int channels)
    {
        var lines = new Workspace<float>(
            ((rows + 2L * _padding) * Line + _padding + LineProducts.WideWindows) * channels + LineProducts.WidePanels * Panel);
        lines.Clear();
        return lines;
    }

    private void Fill(T* source, T* limit, int channels, int image, int first, int rows, float* lines)
    {
        var length = _width * channels;
        for (var row = first - _padding; row < first + rows + _padding; row++, lines += (long)Line * channels)
        {
            var at = lines + _padding * channels;
            var inside = (uint)row < (uint)_height ? length : 0;
            if (inside > 0) Numbers<T>.Read(source + ((long)image * _height + row) * length, at, length, limit);
            // The zeros, in which there may be what was read in excess, of this line or of one before.
            new Span<float>(at + inside, length - inside + _padding * channels).Clear();
        }
    }

    private Bands Bands(int channels) =>
        new(_height, Math.Clamp(BandNumbers / (Line * channels) - 2 * _padding, 1, _height));
}

/// <summary>The lines of images in bands.</summary>
/// <param name="Height">The lines of an image.</param>
/// <param name="Rows">Those of a band.</param>
internal readonly record struct Bands(int Height, int Rows)
{
    /// <summary>The bands of an image.</summary>
    public int Count => (Height + Rows - 1) / Rows;

    /// <summary>A band of all images: the image, the first line and how many there are.</summary>
    public (int Image, int First, int Rows) At(int band)
    {
        var (image, part) = Math.DivRem(band, Count);
        return (image, part * Rows, Math.Min(Rows, Height - part * Rows));
    }
}
