namespace LargeSteps.Models.Deep;

/// <summary>A convolution of our own: k × k, padded by k/2 zeros, rounded down.</summary>
/// <param name="Kernel">k.</param>
/// <param name="Stride">The step between neighbouring pixels of the output.</param>
/// <param name="Height">The rows of an image.</param>
/// <param name="Width">The columns of an image.</param>
/// <param name="Winograd">Whether it is made by Winograd's transform.</param>
internal sealed record ConvolutionPlan(int Kernel, int Stride, int Height, int Width, bool Winograd)
{
    /// <summary>The most terms of a sum in float32 that are added one after the other: longer sums are made in parts of
    /// whole rows of the kernel, which err less and stay in a core's cache.</summary>
    public const int LongestChain = 640;

    /// <summary>The zeros on each side.</summary>
    public int Padding => Kernel / 2;

    /// <summary>The rows of an output.</summary>
    public int Rows => Outputs(Height);

    /// <summary>The columns of an output.</summary>
    public int Columns => Outputs(Width);

    /// <summary>Whether Winograd's transform is one for such a convolution, on this machine.</summary>
    /// <param name="kernel">k.</param>
    /// <param name="stride">The stride.</param>
    /// <param name="from">Channels in.</param>
    /// <param name="to">Channels out.</param>
    public static bool SuitsWinograd(int kernel, int stride, int from, int to) => Deep.Winograd.IsSupported && kernel == 3 && stride == 1
        && from % PanelMatrices.Panel == 0 && to % PanelMatrices.Panel == 0;

    /// <summary>What makes it.</summary>
    /// <param name="images">n.</param>
    /// <param name="kernels">Its kernels, out × in × k × k.</param>
    /// <param name="threads">How many at a time.</param>
    public IConvolution<T> Of<T>(long images, long[] kernels, int threads) where T : unmanaged, IElement<T> =>
        Of<T>(checked((int)images), (int)kernels[1], (int)kernels[0], threads, Deep.Winograd.IsWide);

    /// <summary>What makes it.</summary>
    /// <param name="images">n.</param>
    /// <param name="from">Channels in.</param>
    /// <param name="to">Channels out.</param>
    /// <param name="threads">How many at a time.</param>
    /// <param name="wide">Whether by vectors of 512 bits.</param>
    public IConvolution<T> Of<T>(int images, int from, int to, int threads, bool wide) where T : unmanaged, IElement<T> => Winograd
        ? new WinogradConvolution<T>(images, Height, Width, threads, wide) : LineConvolution<T>.Suits(this, from, to)
        ? new LineConvolution<T>(images, this, threads, wide) : new DirectConvolution<T>(images, this, threads, wide);

    private int Outputs(int pixels) => (pixels + 2 * Padding - Kernel) / Stride + 1;
}

/// <summary>A convolution and its derivatives in the memory of channels-last tensors: images are n × height × width × channels, kernels
/// out × k × k × in.</summary>
/// <typeparam name="T">Their numbers.</typeparam>
internal unsafe interface IConvolution<T> where T : unmanaged, IElement<T>
{
    /// <summary>The outputs.</summary>
    /// <param name="x">Images of <paramref name="from"/> channels.</param>
    /// <param name="from">In.</param>
    /// <param name="w">Kernels.</param>
    /// <param name="to">Out.</param>
    /// <param name="y">Images of <paramref name="to"/> channels, which are written.</param>
    void Forward(T* x, int from, T* w, int to, T* y);

    /// <summary>The derivative by the input.</summary>
    /// <param name="dy">The derivative by the output: images of <paramref name="to"/> channels.</param>
    /// <param name="to">Out.</param>
    /// <param name="w">Kernels.</param>
    /// <param name="from">In.</param>
    /// <param name="dx">Images of <paramref name="from"/> channels, which are written.</param>
    void InputGradient(T* dy, int to, T* w, int from, T* dx);

    /// <summary>The derivative by the kernels.</summary>
    /// <param name="x">Images of <paramref name="from"/> channels.</param>
    /// <param name="from">In.</param>
    /// <param name="dy">The derivative by the output: images of <paramref name="to"/> channels.</param>
    /// <param name="to">Out.</param>
    /// <param name="dw">Kernels, which are written.</param>
    void WeightGradient(T* x, int from, T* dy, int to, T* dw);
}
