using LargeSteps.Numerics;
using LargeSteps.Values;

namespace LargeSteps.Datasets.Images;

/// <summary>Images that are made, from a seed: the same on every machine.</summary>
internal static class SyntheticImages
{
    private const int Side = 32;

    /// <summary>The images of a source without files, training images first, from one stream.</summary>
    public static ImageSet Create(ImageSource source, int trainingImages, int testImages, uint seed)
    {
        if (source.HasFiles) throw new ArgumentException($"The images of {source.Name} come from files.", nameof(source));
        var random = new NumpyRandom(seed);
        Func<int, LabelledImages> next = source.Family switch
        {
            ImageFamily.UniformNoise => count => Noise(random, count, source),
            ImageFamily.Gaussians => Gaussians(random),
            _ => count => Shapes(random, count),
        };
        var train = next(trainingImages);
        return new ImageSet(train, next(testImages), source.Classes);
    }

    /// <summary>The numbers of NumPy's <c>rand(n, 1, 28, 28)</c> as float32, and of each image ⌊10·x⌋ of the first of them, in float32
    /// too.</summary>
    private static LabelledImages Noise(NumpyRandom random, int count, ImageSource source)
    {
        var (values, labels) = (new float[count * source.Shape.Length], new int[count]);
        for (var i = 0; i < values.Length; i++) values[i] = (float)random.RandomSample();
        // A number just below 1 is 1 in float32.
        for (var i = 0; i < count; i++) labels[i] = Math.Min((int)MathF.Floor(10 * values[i * source.Shape.Length]), source.Classes - 1);
        return LabelledImages.Of(source.Shape, new Items<float>(values), new Items<int>(labels));
    }

    /// <summary>
    /// Points ±v + 0.1·N(0, I): v is the unit vector along the 100 first standard normals of <c>numpy(0)</c> whatever the seed; the noise
    /// comes from the seed's stream after its 100 first normals, so that it is never v. Classes alternate, so that any first part holds as
    /// many of either.
    /// </summary>
    private static Func<int, LabelledImages> Gaussians(NumpyRandom random)
    {
        var shape = ImageSource.GaussiansBinary.Shape;
        var v = Normals(new NumpyRandom(0), shape.Length);
        var norm = Math.Sqrt(Vectors.Dot(v, v));
        Normals(random, shape.Length);
        return count => LabelledImages.Of(
            shape,
            new Items<float>([.. Enumerable.Range(0, count).SelectMany(i => Normals(random, shape.Length)
                .Zip(v, (noise, x) => (float)(0.1 * noise + (i % 2 == 0 ? -1 : 1) * x / norm)))]),
            Items.From(Enumerable.Range(0, count).Select(i => i % 2)));
    }

    private static double[] Normals(NumpyRandom random, int count)
    {
        var drawn = new double[count];
        random.StandardNormal(drawn);
        return drawn;
    }

    /// <summary>
    /// A figure of one colour on a ground of another, under noise: the class is the figure alone. Place, size and both colours are drawn,
    /// and either may be the brighter, so that no weighted sum of pixels tells the classes apart. All figures are the same from left to
    /// right.
    /// </summary>
    private static LabelledImages Shapes(NumpyRandom random, int count)
    {
        var (shape, labels) = (ImageSource.Shapes.Shape, new int[count]);
        var bytes = new byte[count * shape.Length];
        Span<int> ground = stackalloc int[3], colour = stackalloc int[3];
        for (var i = 0; i < count; i++)
        {
            labels[i] = random.NextInt(ImageSource.Shapes.Classes);
            var radius = 6 + random.NextInt(6);
            var (x0, y0) = (radius + random.NextInt(Side - 2 * radius), radius + random.NextInt(Side - 2 * radius));
            for (var c = 0; c < 3; c++)
            {
                // At least 48 of 255 apart in every channel, on either side.
                ground[c] = 40 + random.NextInt(176);
                var distance = 48 + random.NextInt(80);
                colour[c] = ground[c] >= 128 ? ground[c] - distance : ground[c] + distance;
            }
            var image = bytes.AsSpan(i * shape.Length, shape.Length);
            Bytes(random, image);
            for (var y = 0; y < Side; y++)
                for (var x = 0; x < Side; x++)
                {
                    var painted = IsPainted(labels[i], x - x0, y - y0, radius) ? colour : ground;
                    for (var c = 0; c < 3; c++)
                    {
                        ref var value = ref image[c * shape.Plane + y * Side + x];
                        value = (byte)Math.Clamp(painted[c] + (value - 128) / 2, 0, 255);
                    }
                }
        }
        return LabelledImages.Of(shape, new Items<byte>(bytes), new Items<int>(labels));
    }

    /// <summary>Whether a figure covers the point (x, y) from its centre.</summary>
    private static bool IsPainted(int figure, int x, int y, int radius)
    {
        var (across, down, thick) = (Math.Abs(x), Math.Abs(y), radius / 3);
        var (square, inside) = (Math.Max(across, down), x * x + y * y <= radius * radius);
        if (square > radius) return false;
        return figure switch
        {
            0 => inside,
            1 => inside && x * x + y * y >= (radius - thick) * (radius - thick),
            2 => true,
            3 => square >= radius - thick + 1,
            4 => across + down <= radius,
            5 => 2 * across <= y + radius,
            6 => across < thick || down < thick,
            7 => Math.Abs(across - down) < thick,
            8 => (y + radius) / thick % 2 == 0,
            _ => across / thick % 2 == 0,
        };
    }

    private static void Bytes(NumpyRandom random, Span<byte> bytes)
    {
        for (var b = 0; b < bytes.Length; b += 4)
        {
            var bits = random.NextUInt32();
            for (var k = 0; k < Math.Min(4, bytes.Length - b); k++) bytes[b + k] = (byte)(bits >> (8 * k));
        }
    }
}
