using LargeSteps.Numerics;
using LargeSteps.Values;

namespace LargeSteps.Datasets.Images;

public abstract partial record ImageSource
{
    /// <summary>Ten drawn figures of any place, size and pair of colours under noise, 32×32: needs no file, and takes a network to
    /// learn.</summary>
    public static ImageSource Shapes { get; } = new ShapesImages();
}

internal sealed record ShapesImages() : GeneratedImages("shapes", new(3, Side, Side), 10, 10_000, 2_000)
{
    private const int Side = 32;

    internal override bool Crops => true;

    public override bool Flips => true;

    private protected override Func<int, LabelledImages> Drawn(NumpyRandom random) => count => Figures(random, count);

    /// <summary>
    /// A figure of one colour on a ground of another, under noise: the class is the figure alone. Place, size and both colours are drawn,
    /// and either may be the brighter, so that no weighted sum of pixels tells the classes apart. All figures are the same from left to
    /// right.
    /// </summary>
    private LabelledImages Figures(NumpyRandom random, int count)
    {
        var (labels, bytes) = (new int[count], new byte[count * Shape.Length]);
        Span<int> ground = stackalloc int[3], colour = stackalloc int[3];
        for (var i = 0; i < count; i++)
        {
            labels[i] = random.NextInt(Classes);
            var radius = 6 + random.NextInt(6);
            var (x0, y0) = (radius + random.NextInt(Side - 2 * radius), radius + random.NextInt(Side - 2 * radius));
            for (var c = 0; c < 3; c++)
            {
                // At least 48 of 255 apart in every channel, on either side.
                ground[c] = 40 + random.NextInt(176);
                var distance = 48 + random.NextInt(80);
                colour[c] = ground[c] >= 128 ? ground[c] - distance : ground[c] + distance;
            }
            var image = bytes.AsSpan(i * Shape.Length, Shape.Length);
            Bytes(random, image);
            for (var y = 0; y < Side; y++)
            {
                for (var x = 0; x < Side; x++)
                {
                    var painted = IsPainted(labels[i], x - x0, y - y0, radius) ? colour : ground;
                    for (var c = 0; c < 3; c++)
                    {
                        ref var value = ref image[c * Shape.Plane + y * Side + x];
                        value = (byte)Math.Clamp(painted[c] + (value - 128) / 2, 0, 255);
                    }
                }
            }
        }
        return LabelledImages.Of(Shape, new Items<byte>(bytes), new Items<int>(labels));
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
