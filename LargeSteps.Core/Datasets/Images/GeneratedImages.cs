using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Values;

namespace LargeSteps.Datasets.Images;

/// <summary>Images that are generated from a seed: the same on every machine.</summary>
internal abstract record GeneratedImages(string Name, ImageShape Shape, int Classes, int TrainingImages, int TestImages)
    : ImageSource(Name, Shape, Classes, TrainingImages, TestImages)
{
    internal sealed override bool IsGenerated => true;

    /// <summary>Training images first, then test images, from one stream.</summary>
    internal sealed override Outcome<ImageSet> Load(string? directory, ImageOptions options)
    {
        var next = Drawn(new NumpyRandom(options.Seed));
        var train = next(options.TrainingImages ?? TrainingImages);
        return Outcome.Success(new ImageSet(train, next(options.TestImages ?? TestImages), Classes));
    }

    /// <summary>The next so many images of a stream.</summary>
    private protected abstract Func<int, LabelledImages> Drawn(NumpyRandom random);

    private protected static double[] Normals(NumpyRandom random, int count)
    {
        var drawn = new double[count];
        random.StandardNormal(drawn);
        return drawn;
    }
}
