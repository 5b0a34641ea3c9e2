using LargeSteps.Numerics;
using LargeSteps.Values;

namespace LargeSteps.Datasets.Images;

public abstract partial record ImageSource
{
    /// <summary>28×28 grey images of numbers drawn uniformly from [0, 1); the label is the first digit behind the point of the first pixel,
    /// ⌊10·x⌋, which can be learnt.</summary>
    public static ImageSource UniformNoise { get; } = new UniformNoiseImages();
}

internal sealed record UniformNoiseImages() : GeneratedImages("uniform_noise", new(1, 28, 28), 10, 1_000, 1_000)
{
    /// <summary>The numbers of NumPy's <c>rand(n, 1, 28, 28)</c> as float32, and of each image ⌊10·x⌋ of the first of them, in float32
    /// too.</summary>
    private protected override Func<int, LabelledImages> Drawn(NumpyRandom random) => count =>
    {
        var (values, labels) = (new float[count * Shape.Length], new int[count]);
        for (var i = 0; i < values.Length; i++) values[i] = (float)random.RandomSample();
        // A number just below 1 is 1 in float32.
        for (var i = 0; i < count; i++) labels[i] = Math.Min((int)MathF.Floor(10 * values[i * Shape.Length]), Classes - 1);
        return LabelledImages.Of(Shape, new Items<float>(values), new Items<int>(labels));
    };
}
