using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace LargeSteps.Models.Deep;

/// <summary>
/// Batch normalisation by the batch's own statistics in the memory of channels-last tensors, and its derivatives. All sums are made in
/// double precision: libtorch's, with the channels last, err a hundred times as much as in the usual layout.
/// </summary>
/// <remarks>Numbers lie position by position, the channels of a position side by side. The same bits come out for any number of
/// threads.</remarks>
/// <typeparam name="T">The numbers of the images.</typeparam>
/// <param name="positions">Images × height × width.</param>
/// <param name="channels">A multiple of 8.</param>
/// <param name="threads">How many at a time.</param>
internal sealed unsafe class ChannelNorm<T>(long positions, int channels, int threads) where T : unmanaged, IElement<T>
{
    private const int Lanes = 8;

    // A part of the images stays within a core's cache while its channels go through, group by group.
    private const int PartLength = 1 << 15;

    private readonly long _rows = Math.Max(1, PartLength / channels);

    private int Parts => checked((int)((positions + _rows - 1) / _rows));

    /// <summary>Whether this processor has the instructions.</summary>
    public static bool IsSupported => Avx2.IsSupported && Fma.IsSupported;

    /// <summary>Means and variances (biased) of all channels.</summary>
    public (double[] Means, double[] Variances) Statistics(T* x)
    {
        var (sums, squares) = Sums(x, x);
        for (var c = 0; c < channels; c++)
        {
            sums[c] /= positions;
            squares[c] = Math.Max(0, squares[c] / positions - sums[c] * sums[c]);
        }
        return (sums, squares);
    }

    /// <summary>y = (x − μ)a + b.</summary>
    public void Normalise(T* x, double[] means, double[] factors, double[] shifts, T* y)
    {
        var (middles, a, b) = (new float[channels], Singles(factors), new float[channels]);
        for (var c = 0; c < channels; c++)
        {
            middles[c] = (float)means[c];
            // What single precision leaves of a mean is made good where it is small.
            b[c] = (float)(shifts[c] - (means[c] - middles[c]) * factors[c]);
        }
        Each(part =>
        {
            fixed (float* middle = middles, factor = a, shift = b)
            {
                var (first, end) = Rows(part);
                for (var row = first; row < end; row++)
                {
                    T* from = x + row * channels, to = y + row * channels;
                    for (var c = 0; c < channels; c += Lanes)
                    {
                        T.Store(to + c, Fma.MultiplyAdd(T.Load(from + c) - Vector256.Load(middle + c), Vector256.Load(factor + c),
                            Vector256.Load(shift + c)));
                    }
                }
            }
        });
    }

    /// <summary>Of the derivative by the outputs the sums over a channel, Σd and Σd(x − μ).</summary>
    public (double[] Sums, double[] Along) GradientSums(T* d, T* x, double[] means)
    {
        var (sums, products) = Sums(d, x);
        for (var c = 0; c < channels; c++) products[c] -= means[c] * sums[c];
        return (sums, products);
    }

    /// <summary>d a + (x − μ)b + c.</summary>
    public void InputGradient(T* d, T* x, double[] means, double[] a, double[] b, double[] c, T* dx)
    {
        var (middles, ofD, ofX, rest) = (new float[channels], Singles(a), Singles(b), new float[channels]);
        for (var k = 0; k < channels; k++)
        {
            middles[k] = (float)means[k];
            rest[k] = (float)(c[k] - (means[k] - middles[k]) * b[k]);
        }
        Each(part =>
        {
            fixed (float* middle = middles, byD = ofD, byX = ofX, more = rest)
            {
                var (first, end) = Rows(part);
                for (var row = first; row < end; row++)
                {
                    T* from = d + row * channels, at = x + row * channels, to = dx + row * channels;
                    for (var k = 0; k < channels; k += Lanes)
                    {
                        var along = Fma.MultiplyAdd(T.Load(at + k) - Vector256.Load(middle + k), Vector256.Load(byX + k),
                            Vector256.Load(more + k));
                        T.Store(to + k, Fma.MultiplyAdd(T.Load(from + k), Vector256.Load(byD + k), along));
                    }
                }
            }
        });
    }

    // Σ a and Σ a b of each channel.
    private (double[] Sums, double[] Products) Sums(T* a, T* b)
    {
        using var memory = new Workspace<double>(2L * Parts * channels);
        var sums = memory.Data;
        Each(part =>
        {
            var (first, end) = Rows(part);
            var to = sums + 2L * part * channels;
            for (var c = 0; c < channels; c += Lanes)
                Sums(a + first * channels + c, b + first * channels + c, end - first, to + c, to + channels + c);
        });
        var (total, products) = (new double[channels], new double[channels]);
        for (var part = 0; part < Parts; part++)
        {
            var from = sums + 2L * part * channels;
            for (var c = 0; c < channels; c++)
            {
                total[c] += from[c];
                products[c] += from[channels + c];
            }
        }
        return (total, products);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Sums(T* a, T* b, long rows, double* sums, double* products)
    {
        Vector256<double> low = default, high = default, lowProducts = default, highProducts = default;
        for (; rows > 0; rows--, a += channels, b += channels)
        {
            Vector256<float> left = T.Load(a), right = T.Load(b);
            Vector256<double> lowLeft = Avx.ConvertToVector256Double(left.GetLower()),
                highLeft = Avx.ConvertToVector256Double(left.GetUpper());
            low += lowLeft;
            high += highLeft;
            lowProducts = Fma.MultiplyAdd(lowLeft, Avx.ConvertToVector256Double(right.GetLower()), lowProducts);
            highProducts = Fma.MultiplyAdd(highLeft, Avx.ConvertToVector256Double(right.GetUpper()), highProducts);
        }
        low.Store(sums);
        high.Store(sums + 4);
        lowProducts.Store(products);
        highProducts.Store(products + 4);
    }

    private (long First, long End) Rows(int part) => (part * _rows, Math.Min(positions, (part + 1) * _rows));

    private static float[] Singles(double[] values) => Array.ConvertAll(values, value => (float)value);

    private void Each(Action<int> part) => Threads.Run(threads, Parts, part);
}
