using LargeSteps.Numerics;
using LargeSteps.Values;

namespace LargeSteps.Training;

/// <summary>A plane in the space of weights: an origin and two directions, of whose lengths the coordinates are multiples.</summary>
public sealed record WeightPlane
{
    // ⟨a, a⟩, ⟨a, b⟩ and ⟨b, b⟩ of the directions.
    // What is left of a direction beside another one, as a part of it, where that is rounding alone.
    private const double Parallel = 1e-12, ParallelSquared = 1e-24;

    private readonly (double Aa, double Ab, double Bb) _products;

    private WeightPlane(Items<double> origin, Items<double> first, Items<double> second)
    {
        (Origin, First, Second) = (origin, first, second);
        _products = (Vectors.Dot(first.AsSpan(), first.AsSpan()), Vectors.Dot(first.AsSpan(), second.AsSpan()),
            Vectors.Dot(second.AsSpan(), second.AsSpan()));
    }

    /// <summary>The weights at (0, 0).</summary>
    public Items<double> Origin { get; }

    /// <summary>The direction of the first coordinate.</summary>
    public Items<double> First { get; }

    /// <summary>The direction of the second coordinate. But for filter-normalised directions both have length 1 and are
    /// orthogonal.</summary>
    public Items<double> Second { get; }

    /// <summary>
    /// The plane through three points. The first coordinate leads from the origin to the first point, the second to what is left of the
    /// second point without its part along the first.
    /// </summary>
    /// <returns>The plane; null where the points lie on a line, or are not finite.</returns>
    /// <exception cref="ArgumentException">The points differ in their number of weights.</exception>
    public static WeightPlane? Through(Items<double> origin, Items<double> first, Items<double> second) =>
        Along(origin, Difference(first, origin), Difference(second, origin));

    /// <summary>The plane through a point in two directions, made orthonormal in their order.</summary>
    /// <returns>The plane; null where the directions are parallel or zero, or something is not finite.</returns>
    /// <exception cref="ArgumentException">The vectors differ in length.</exception>
    public static WeightPlane? Along(Items<double> origin, Items<double> first, Items<double> second)
    {
        if (first.Count != origin.Count
            || second.Count != origin.Count)
        {
            throw new ArgumentException("The directions have another number of weights than the origin.");
        }

        double[] a = [.. first], b = [.. second];
        var lengths = (First: Vectors.Norm(a), Second: Vectors.Norm(b));
        if (!(lengths.First > 0) || !(lengths.Second > 0)
            || !double.IsFinite(lengths.First + lengths.Second + Vectors.Norm(origin.AsSpan())))
        {
            return null;
        }

        Vectors.Scale(a, 1 / lengths.First);
        // Twice, so that what rounding leaves of the first time is taken away as well.
        for (var i = 0; i < 2; i++) Vectors.AddScaled(b, -Vectors.Dot(a, b), a);
        var left = Vectors.Norm(b);
        if (left <= Parallel * lengths.Second) return null;
        Vectors.Scale(b, 1 / left);
        return new(origin, Items.From(a), Items.From(b));
    }

    /// <summary>The plane through a point in two directions of standard normal coordinates, drawn one after the other from
    /// <c>numpy(seed)</c>.</summary>
    public static WeightPlane? Random(Items<double> origin, uint seed)
    {
        var (first, second) = Drawn(origin.Count, seed);
        return Along(origin, Items.From(first), Items.From(second));
    }

    /// <summary>
    /// The plane through a point in two filter-normalised directions (Li et al. 2018, arXiv 1712.09913): those of
    /// <see cref="Random(Items{double}, uint)"/> before they are made orthonormal, each filter scaled to the norm of the same filter of the
    /// origin, and 0 in what belongs to no filter. They are as long as the filters of the origin together, and orthogonal but for chance.
    /// </summary>
    /// <param name="origin">The weights at (0, 0).</param>
    /// <param name="seed">The seed.</param>
    /// <param name="filters">Where the filters stand among the weights, see <see cref="WeightFilters"/>.</param>
    /// <returns>The plane; null where the directions are parallel or zero, or the origin is not finite.</returns>
    public static WeightPlane? Random(Items<double> origin, uint seed, Items<Range> filters)
    {
        var (first, second) = Drawn(origin.Count, seed);
        var plane = new WeightPlane(origin, Normalised(first), Normalised(second));
        return double.IsFinite(Vectors.Norm(origin.AsSpan()))
            && plane.Determinant > ParallelSquared * plane._products.Aa * plane._products.Bb ? plane : null;

        Items<double> Normalised(double[] drawn)
        {
            var direction = new double[drawn.Length];
            foreach (var filter in filters)
            {
                var into = direction.AsSpan(filter);
                drawn.AsSpan(filter).CopyTo(into);
                Vectors.Scale(into, Vectors.Norm(origin.AsSpan()[filter]) / Vectors.Norm(into));
            }
            return Items.From(direction);
        }
    }

    /// <summary>
    /// The plane through the last of some points in their two leading principal directions: the eigenvectors of their covariance with the
    /// largest eigenvalues, each turned so that the last point does not come before their mean along it.
    /// </summary>
    /// <returns>The plane; null where the points lie on a line, or are not finite.</returns>
    public static WeightPlane? Principal(Items<Items<double>> points)
    {
        if (points.Count < 3 || !points.All(point => point.All(double.IsFinite))) return null;
        var mean = new double[points[0].Count];
        foreach (var point in points) Vectors.AddScaled(mean, 1.0 / points.Count, point.AsSpan());
        var centred = points.Select(point => Difference(point, Items.From(mean)).ToArray()).ToArray();
        var (end, scale) = (Items.From(centred[^1]), centred.Max(point => Vectors.Norm(point)));
        if (Leading(centred, scale) is not { } first) return null;
        foreach (var point in centred) Vectors.AddScaled(point, -Vectors.Dot(first, point), first);
        return Leading(centred, scale) is not { } second ? null : Along(points[^1], Turned(first), Turned(second));

        Items<double> Turned(double[] direction)
        {
            if (Vectors.Dot(direction, end.AsSpan()) < 0) Vectors.Scale(direction, -1);
            return Items.From(direction);
        }
    }

    /// <summary>The weights at a pair of coordinates.</summary>
    public double[] At(double x, double y)
    {
        double[] weights = [.. Origin];
        Vectors.AddScaled(weights, x, First.AsSpan());
        Vectors.AddScaled(weights, y, Second.AsSpan());
        return weights;
    }

    /// <summary>The coordinates of the point of the plane that is nearest to some weights.</summary>
    /// <exception cref="ArgumentException">The weights are more or fewer.</exception>
    public (double X, double Y) Project(ReadOnlySpan<double> weights)
    {
        double[] from = weights.ToArray();
        Vectors.AddScaled(from, -1, Origin.AsSpan());
        var (a, b) = (Vectors.Dot(from, First.AsSpan()), Vectors.Dot(from, Second.AsSpan()));
        return ((_products.Bb * a - _products.Ab * b) / Determinant, (_products.Aa * b - _products.Ab * a) / Determinant);
    }

    // Of the normal equations of a projection.
    private double Determinant => _products.Aa * _products.Bb - _products.Ab * _products.Ab;

    private static (double[] First, double[] Second) Drawn(int count, uint seed)
    {
        var random = new NumpyRandom(seed);
        double[] first = new double[count], second = new double[count];
        random.StandardNormal(first);
        random.StandardNormal(second);
        return (first, second);
    }

    private static Items<double> Difference(Items<double> a, Items<double> b)
    {
        if (a.Count != b.Count) throw new ArgumentException($"Points of {a.Count} and {b.Count} weights.");
        double[] difference = [.. a];
        Vectors.AddScaled(difference, -1, b.AsSpan());
        return Items.From(difference);
    }

    /// <summary>
    /// The eigenvector of the covariance of centred points with the largest eigenvalue: by power iteration on the points' products with one
    /// another, which are few where weights are many, from the point that is farthest from the mean, which has a part along it unless all
    /// points are orthogonal to it. Null where the points do not vary on this scale.
    /// </summary>
    private static double[]? Leading(double[][] centred, double scale)
    {
        const int most = 10_000;
        const double settled = 1e-14;
        var farthest = Enumerable.Range(0, centred.Length).MaxBy(i => Vectors.Norm(centred[i]));
        if (!(Vectors.Norm(centred[farthest]) > Parallel * scale)) return null;
        var products = Array.ConvertAll(centred, a => Array.ConvertAll(centred, b => Vectors.Dot(a, b) / scale / scale));
        // The parts of the points in the direction.
        var current = Unit(products[farthest]);
        for (var i = 0; i < most; i++)
        {
            var next = Unit(Array.ConvertAll(products, row => Vectors.Dot(row, current)));
            var change = next.Zip(current, (a, b) => Math.Abs(a - b)).Max();
            current = next;
            if (change < settled) break;
        }
        var direction = new double[centred[0].Length];
        for (var i = 0; i < centred.Length; i++) Vectors.AddScaled(direction, current[i], centred[i]);
        return Unit(direction);

        static double[] Unit(double[] vector)
        {
            double[] unit = [.. vector];
            Vectors.Scale(unit, 1 / Vectors.Norm(unit));
            return unit;
        }
    }
}
