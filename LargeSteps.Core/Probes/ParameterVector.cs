using LargeSteps.Numerics;
using LargeSteps.Values;

namespace LargeSteps.Probes;

/// <summary>
/// The parameters of a model in one vector, in the order of a snapshot, on the host or on a device: what probes calculate with is written
/// once for both. It is valid during the measurement.
/// </summary>
public abstract class ParameterVector
{
    private protected ParameterVector() { }

    /// <summary>P, how many there are.</summary>
    public abstract int Count { get; }

    /// <summary>The numbers, copied to the host.</summary>
    public abstract Items<double> Values { get; }

    /// <summary>Whether all of them are finite.</summary>
    public abstract bool IsFinite { get; }

    /// <summary>The Euclidean norm.</summary>
    public abstract double Norm { get; }

    /// <summary>The inner product with another vector of the same run.</summary>
    public abstract double Dot(ParameterVector other);

    /// <summary>This less another vector of the same run.</summary>
    public abstract ParameterVector Less(ParameterVector other);

    /// <summary>The point half-way to another vector of the same run.</summary>
    public abstract ParameterVector HalfWayTo(ParameterVector other);
}

/// <summary>Parameters in an array; the array is not copied.</summary>
internal sealed class HostVector(double[] values) : ParameterVector
{
    public ReadOnlySpan<double> Span => values;

    public override int Count => values.Length;

    public override Items<double> Values => Items.Of<double>(values);

    public override bool IsFinite => double.IsFinite(Vectors.MaxAbs(values));

    public override double Norm => Vectors.Norm(values);

    public override double Dot(ParameterVector other) => Vectors.Dot(values, ((HostVector)other).Span);

    public override ParameterVector Less(ParameterVector other)
    {
        double[] difference = [.. values];
        Vectors.AddScaled(difference, -1, ((HostVector)other).Span);
        return new HostVector(difference);
    }

    public override ParameterVector HalfWayTo(ParameterVector other)
    {
        var middle = new double[values.Length];
        var end = ((HostVector)other).Span;
        for (var i = 0; i < middle.Length; i++) middle[i] = values[i] + (end[i] - values[i]) / 2;
        return new HostVector(middle);
    }
}
