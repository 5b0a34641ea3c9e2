using LargeSteps.Models;
using LargeSteps.Values;

namespace LargeSteps.Datasets.Images;

/// <summary>What is done with the values of images before a network sees them.</summary>
public enum Standardisation
{
    /// <summary>Bytes are divided by 255, numbers are as they are.</summary>
    None,

    /// <summary>Each of the values of an image less its mean, over its standard deviation (of n, not of n − 1), both over the whole
    /// training split that is at hand.</summary>
    PerPixel,

    /// <summary>Each channel of x/255 less the mean that is published of CIFAR-10, over the published deviation.</summary>
    PerChannel,
}

/// <summary>What is taken off each value of an image, and what the rest is divided by.</summary>
internal sealed record PixelStandard(double[] Means, double[] Deviations)
{
    private const double Largest = 255;
    private static readonly (double Mean, double Deviation)[] Cifar10 = [(0.4914, 0.2023), (0.4822, 0.1994), (0.4465, 0.2010)];

    /// <summary>The means and deviations of each value of some images; a value that is the same in all is divided by 1.</summary>
    public static PixelStandard Of(LabelledImages images)
    {
        var (length, n) = (images.Shape.Length, images.Count);
        var (means, squares) = (new double[length], new double[length]);
        for (var i = 0; i < n; i++)
        {
            for (var p = 0; p < length; p++) means[p] += Value(images, i * length + p);
        }
        for (var p = 0; p < length; p++) means[p] /= n;
        for (var i = 0; i < n; i++)
        {
            for (var p = 0; p < length; p++) squares[p] += Math.Pow(Value(images, i * length + p) - means[p], 2);
        }
        return new(means, [.. squares.Select(square => square > 0 ? Math.Sqrt(square / n) : 1)]);
    }

    /// <summary>The published ones of CIFAR-10.</summary>
    public static PixelStandard OfChannels(ImageShape shape) => new(
        [.. Enumerable.Range(0, shape.Length).Select(p => Cifar10[p / shape.Plane].Mean)],
        [.. Enumerable.Range(0, shape.Length).Select(p => Cifar10[p / shape.Plane].Deviation)]);

    /// <summary>Images of numbers: each value standardised.</summary>
    public LabelledImages Applied(LabelledImages images)
    {
        var (length, values) = (images.Shape.Length, new float[(long)images.Count * images.Shape.Length]);
        for (var i = 0; i < values.Length; i++)
            values[i] = (float)((Value(images, i) - Means[i % length]) / Deviations[i % length]);
        return LabelledImages.Of(images.Shape, new Items<float>(values), images.Labels);
    }

    private static double Value(LabelledImages images, int at) => images.Values.Count > 0 ? images.Values[at] : images.Bytes[at] / Largest;
}
