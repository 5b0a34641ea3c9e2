using LargeSteps.Numerics;
using LargeSteps.Values;

namespace LargeSteps.Datasets.Images;

public abstract partial record ImageSource
{
    /// <summary>Two Gaussians in 100 dimensions with standard deviation 0.1 about −v (class 0) and v (class 1), as 1×1×100 images of
    /// numbers.</summary>
    public static ImageSource GaussiansBinary { get; } = new GaussiansImages();
}

internal sealed record GaussiansImages() : GeneratedImages("gaussians_binary", new(1, 1, 100), 2, 1_000, 1_000)
{
    /// <summary>
    /// Points ±v + 0.1·N(0, I): v is the unit vector along the 100 first standard normals of <c>numpy(0)</c> whatever the seed; the noise
    /// comes from the seed's stream after its 100 first normals, so that it is never v. Classes alternate, so that any first part holds as
    /// many of either.
    /// </summary>
    private protected override Func<int, LabelledImages> Drawn(NumpyRandom random)
    {
        var v = Normals(new NumpyRandom(0), Shape.Length);
        var norm = Math.Sqrt(Vectors.Dot(v, v));
        Normals(random, Shape.Length);
        return count => LabelledImages.Of(
            Shape,
            new Items<float>([.. Enumerable.Range(0, count).SelectMany(i => Normals(random, Shape.Length)
                .Zip(v, (noise, x) => (float)(0.1 * noise + (i % 2 == 0 ? -1 : 1) * x / norm)))]),
            Items.From(Enumerable.Range(0, count).Select(i => i % 2)));
    }
}
