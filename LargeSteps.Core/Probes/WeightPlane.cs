using LargeSteps.Numerics;
using LargeSteps.Pipelines;

namespace LargeSteps.Probes;

/// <summary>A plane in the space of weights: an origin and two orthonormal directions.</summary>
public sealed record WeightPlane
{
    private WeightPlane(Items<double> origin, Items<double> first, Items<double> second) => (Origin, First, Second) = (origin, first, second);

    /// <summary>The weights at (0, 0).</summary>
    public Items<double> Origin { get; }

    /// <summary>The direction of the first coordinate, of length 1.</summary>
    public Items<double> First { get; }

    /// <summary>The direction of the second coordinate, of length 1, orthogonal to the first.</summary>
    public Items<double> Second { get; }

    /// <summary>
    /// The plane through three points. The first coordinate leads from the origin to the first point, the second to what is left of the second point without its
    /// part along the first.
    /// </summary>
    /// <returns>The plane; null where the points lie on a line, or are not finite.</returns>
    /// <exception cref="ArgumentException">The points differ in their number of weights.</exception>
    public static WeightPlane? Through(Items<double> origin, Items<double> first, Items<double> second) => Along(origin, Difference(first, origin), Difference(second, origin));

    /// <summary>The plane through a point in two directions, made orthonormal in their order.</summary>
    /// <returns>The plane; null where the directions are parallel or zero, or something is not finite.</returns>
    /// <exception cref="ArgumentException">The vectors differ in length.</exception>
    public static WeightPlane? Along(Items<double> origin, Items<double> first, Items<double> second)
    {
        if (first.Count != origin.Count || second.Count != origin.Count) throw new ArgumentException("The directions have another number of weights than the origin.");
        double[] a = [.. first], b = [.. second];
        var lengths = (First: Vectors.Norm(a), Second: Vectors.Norm(b));
        if (!(lengths.First > 0) || !(lengths.Second > 0) || !double.IsFinite(lengths.First + lengths.Second + Vectors.Norm(origin.AsSpan()))) return null;
        Vectors.Scale(a, 1 / lengths.First);
        // Twice, so that what rounding leaves of the first time is taken away as well.
        for (var i = 0; i < 2; i++) Vectors.AddScaled(b, -Vectors.Dot(a, b), a);
        var left = Vectors.Norm(b);
        if (left <= 1e-12 * lengths.Second) return null;
        Vectors.Scale(b, 1 / left);
        return new(origin, Items.From(a), Items.From(b));
    }

    /// <summary>The plane through a point in two directions of standard normal coordinates, drawn one after the other from <c>numpy(seed)</c>.</summary>
    public static WeightPlane? Random(Items<double> origin, uint seed)
    {
        var random = new NumpyRandom(seed);
        double[] first = new double[origin.Count], second = new double[origin.Count];
        random.StandardNormal(first);
        random.StandardNormal(second);
        return Along(origin, Items.From(first), Items.From(second));
    }

    /// <summary>
    /// The plane through the last of some points in their two leading principal directions: the eigenvectors of their covariance with the largest eigenvalues,
    /// each turned so that the last point does not come before their mean along it.
    /// </summary>
    /// <returns>The plane; null where the points lie on a line, or are not finite.</returns>
    public static WeightPlane? Principal(Items<Items<double>> points)
    {
        if (points.Count < 3 || !points.All(point => point.All(double.IsFinite))) return null;
        var mean = new double[points[0].Count];
        foreach (var point in points) Vectors.AddScaled(mean, 1.0 / points.Count, point.AsSpan());
        var centred = points.Map(point => Difference(point, Items.From(mean)));
        var first = Leading(centred, null);
        return first is null || Leading(centred, first) is not { } second ? null : Along(points[^1], Turned(first), Turned(second));

        Items<double> Turned(double[] direction)
        {
            if (Vectors.Dot(direction, centred[^1].AsSpan()) < 0) Vectors.Scale(direction, -1);
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
        return (Vectors.Dot(from, First.AsSpan()), Vectors.Dot(from, Second.AsSpan()));
    }

    private static Items<double> Difference(Items<double> a, Items<double> b)
    {
        if (a.Count != b.Count) throw new ArgumentException($"Points of {a.Count} and {b.Count} weights.");
        double[] difference = [.. a];
        Vectors.AddScaled(difference, -1, b.AsSpan());
        return Items.From(difference);
    }

    /// <summary>
    /// The eigenvector of the covariance with the largest eigenvalue, among the directions orthogonal to <paramref name="but"/>: by power iteration from the
    /// point that is farthest from the mean, which has a part along it unless all points are orthogonal to it. Null where the points do not vary.
    /// </summary>
    private static double[]? Leading(Items<Items<double>> centred, double[]? but)
    {
        const int most = 10_000;
        var start = centred.Select(point => Without(point.ToArray())).MaxBy(point => Vectors.Norm(point))!;
        var scale = centred.Max(point => Vectors.Norm(point.AsSpan()));
        if (!(Vectors.Norm(start) > 1e-12 * scale)) return null;
        var current = Unit(start);
        for (var i = 0; i < most; i++)
        {
            var next = new double[current.Length];
            foreach (var point in centred) Vectors.AddScaled(next, Vectors.Dot(point.AsSpan(), current) / scale / scale, point.AsSpan());
            next = Unit(Without(next));
            var change = 0.0;
            for (var j = 0; j < next.Length; j++) change = Math.Max(change, Math.Abs(next[j] - current[j]));
            current = next;
            if (change < 1e-14) break;
        }
        return current;

        double[] Without(double[] vector)
        {
            if (but is not null) Vectors.AddScaled(vector, -Vectors.Dot(but, vector), but);
            return vector;
        }

        static double[] Unit(double[] vector)
        {
            Vectors.Scale(vector, 1 / Vectors.Norm(vector));
            return vector;
        }
    }
}
