using System.Numerics;
using LargeSteps.Numerics;
using LargeSteps.Values;

namespace LargeSteps.Optimizers;

/// <summary>
/// The parameters of a model, or something of their size, in one vector in the order of a snapshot, on the host or on a device: update
/// rules and probes are written once for both. Two vectors that meet are of one run. What a probe sees of a run is only read: a copy is
/// <c>Zeros()</c> that is <c>Set</c>.
/// </summary>
public abstract class ParameterVector
{
    private protected ParameterVector() { }

    /// <summary>Whether it is only read.</summary>
    internal bool IsReadOnly { get; init; }

    /// <summary>P, how many there are.</summary>
    public abstract int Count { get; }

    /// <summary>The numbers, copied to the host.</summary>
    public abstract Items<double> Values { get; }

    /// <summary>Whether all of them are finite.</summary>
    public abstract bool IsFinite { get; }

    /// <summary>The Euclidean norm.</summary>
    public abstract double Norm { get; }

    /// <summary>The inner product, in double precision whatever the vectors are in.</summary>
    public abstract double Dot(ParameterVector other);

    /// <summary>This less another vector.</summary>
    public abstract ParameterVector Less(ParameterVector other);

    /// <summary>The point half-way to another vector.</summary>
    public abstract ParameterVector HalfWayTo(ParameterVector other);

    /// <summary>A vector of zeros of the same kind.</summary>
    public abstract ParameterVector Zeros();

    /// <summary>Becomes another vector.</summary>
    public abstract void Set(ParameterVector other);

    /// <summary>Becomes the vector of some numbers on the host, in the order of <see cref="Values"/>.</summary>
    /// <exception cref="ArgumentException">They are not P numbers.</exception>
    public void Set(Items<double> values)
    {
        Change();
        if (values.Count != Count)
            throw new ArgumentException(FormattableString.Invariant($"{values.Count} numbers for {Count} parameters"), nameof(values));
        SetValues(values.AsSpan());
    }

    /// <summary>The same of P numbers.</summary>
    internal abstract void SetValues(ReadOnlySpan<double> values);

    /// <summary>x ← a·x.</summary>
    public abstract void Scale(double factor);

    /// <summary>x_j ← a·x_j for <paramref name="count"/> entries from <paramref name="from"/> on, in the order of a snapshot.</summary>
    /// <exception cref="NotSupportedException">The vector is a tensor, whose order is another.</exception>
    internal virtual void Scale(double factor, int from, int count) =>
        throw new NotSupportedException("A tensor's entries stand in an order of their own.");

    /// <summary>x ← x + a·y.</summary>
    public abstract void Add(double factor, ParameterVector other);

    /// <summary>x_j ← x_j · y_j.</summary>
    public abstract void Multiply(ParameterVector other);

    /// <summary>x_j ← x_j + a·y_j².</summary>
    public abstract void AddSquares(double factor, ParameterVector other);

    /// <summary>x_j ← x_j / (√(a·y_j) + b).</summary>
    public abstract void DivideByRoots(double factor, ParameterVector other, double offset);

    /// <summary>The same numbers, to be only read.</summary>
    internal abstract ParameterVector ReadOnly();

    /// <summary>Refuses to change what is only read.</summary>
    private protected void Change()
    {
        if (IsReadOnly) throw new InvalidOperationException("This vector is the run's and only read: a copy is Zeros() that is Set.");
    }
}

/// <summary>Parameters in an array, which is not copied, in the precision of their model.</summary>
internal sealed class HostVector<T>(T[] values) : ParameterVector where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public T[] Array => values;

    public override int Count => values.Length;

    public override Items<double> Values => Items.From(values.Select(double.CreateTruncating));

    public override bool IsFinite => System.Array.TrueForAll(values, T.IsFinite);

    public override double Norm => Vectors.Norm(Wide(this));

    public static T[] Of(ParameterVector vector) => ((HostVector<T>)vector).Array;

    public override double Dot(ParameterVector other) => Vectors.Dot(Wide(this), Wide((HostVector<T>)other));

    public override ParameterVector Less(ParameterVector other)
    {
        var (difference, less) = (new T[values.Length], Of(other));
        for (var j = 0; j < difference.Length; j++) difference[j] = values[j] - less[j];
        return new HostVector<T>(difference);
    }

    public override ParameterVector HalfWayTo(ParameterVector other)
    {
        var (middle, end, two) = (new T[values.Length], Of(other), T.One + T.One);
        for (var j = 0; j < middle.Length; j++) middle[j] = values[j] + (end[j] - values[j]) / two;
        return new HostVector<T>(middle);
    }

    public override ParameterVector Zeros() => new HostVector<T>(new T[values.Length]);

    public override void Set(ParameterVector other)
    {
        Change();
        Of(other).CopyTo(values, 0);
    }

    internal override void SetValues(ReadOnlySpan<double> from)
    {
        for (var j = 0; j < values.Length; j++) values[j] = T.CreateTruncating(from[j]);
    }

    public override void Scale(double factor) => Scale(factor, 0, values.Length);

    internal override void Scale(double factor, int from, int count)
    {
        Change();
        var a = T.CreateTruncating(factor);
        for (var j = from; j < from + count; j++) values[j] *= a;
    }

    public override void Add(double factor, ParameterVector other)
    {
        Change();
        var (a, y) = (T.CreateTruncating(factor), Of(other));
        for (var j = 0; j < values.Length; j++) values[j] = T.FusedMultiplyAdd(a, y[j], values[j]);
    }

    public override void Multiply(ParameterVector other)
    {
        Change();
        var y = Of(other);
        for (var j = 0; j < values.Length; j++) values[j] *= y[j];
    }

    public override void AddSquares(double factor, ParameterVector other)
    {
        Change();
        var (a, y) = (T.CreateTruncating(factor), Of(other));
        for (var j = 0; j < values.Length; j++) values[j] += a * y[j] * y[j];
    }

    public override void DivideByRoots(double factor, ParameterVector other, double offset)
    {
        Change();
        var (a, b, y) = (T.CreateTruncating(factor), T.CreateTruncating(offset), Of(other));
        for (var j = 0; j < values.Length; j++) values[j] /= T.Sqrt(a * y[j]) + b;
    }

    internal override ParameterVector ReadOnly() => new HostVector<T>(values) { IsReadOnly = true };

    private static double[] Wide(HostVector<T> vector) =>
        typeof(T) == typeof(double) ? (double[])(object)vector.Array : System.Array.ConvertAll(vector.Array, double.CreateTruncating);
}
