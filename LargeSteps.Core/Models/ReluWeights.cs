using System.Numerics;

namespace LargeSteps.Models;

/// <summary>The parameters of a network in one buffer, in PyTorch's order.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="Shape">The network.</param>
/// <param name="Values">P values: weight (outputs × inputs, row by row), bias, weight, …</param>
internal sealed record ReluWeights<T>(ReluShape Shape, T[] Values) where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>All zero.</summary>
    public static ReluWeights<T> Zero(ReluShape shape) => new(shape, new T[shape.Parameters]);

    /// <summary>The weight of a layer, outputs × inputs, row by row.</summary>
    public Span<T> Weight(int layer) => Values.AsSpan(Shape.WeightOffset(layer), Shape.Inputs(layer) * Shape.Outputs(layer));

    /// <summary>The bias of a layer; empty where it has none.</summary>
    public Span<T> Bias(int layer) => Shape.Biases[layer] ? Values.AsSpan(Shape.BiasOffset(layer), Shape.Outputs(layer)) : [];

    /// <summary>A copy of its own.</summary>
    public ReluWeights<T> Copy() => new(Shape, [.. Values]);

    /// <summary>The same numbers in another precision.</summary>
    public ReluWeights<TOther> As<TOther>() where TOther : unmanaged, IBinaryFloatingPointIeee754<TOther>
    {
        var other = ReluWeights<TOther>.Zero(Shape);
        CopyTo(other);
        return other;
    }

    /// <summary>Writes the numbers into weights of the same shape, in their precision.</summary>
    public void CopyTo<TOther>(ReluWeights<TOther> other) where TOther : unmanaged, IBinaryFloatingPointIeee754<TOther>
    {
        for (var i = 0; i < Values.Length; i++) other.Values[i] = TOther.CreateTruncating(Values[i]);
    }

    /// <summary>Whether all numbers are finite.</summary>
    public bool IsFinite()
    {
        foreach (var value in Values)
            if (!T.IsFinite(value)) return false;
        return true;
    }
}
