using System.Numerics;
using System.Runtime.Intrinsics;
using LargeSteps.Models;
using LargeSteps.Numerics;

namespace LargeSteps.Training.Relu;

/// <summary>
/// The forward pass of a network over many points at once, in the network's precision. A layer is unit by unit: the values of one unit on
/// all points stand side by side. Sums start at the bias and take the inputs in order, fused. A workspace: a call overwrites what the one
/// before left.
/// </summary>
internal sealed class ReluForward<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    // Units begin at whole vectors in either precision.
    private const int Lane = 8;

    private readonly ReluShape _shape;
    private readonly T[][] _activations;

    /// <summary>A workspace for the points of a matrix, one a row.</summary>
    public ReluForward(ReluShape shape, Matrix points)
    {
        if (points.Columns != shape.Widths[0])
        {
            throw new ArgumentException(
            $"A network of {shape.Widths[0]} inputs for points of {points.Columns} features.", nameof(points));
        }

        (_shape, Points, Stride) = (shape, points.Rows, (points.Rows + Lane - 1) / Lane * Lane);
        _activations = [.. shape.Widths.Select(width => new T[width * Stride])];
        for (var i = 0; i < points.Rows; i++)
            for (var j = 0; j < points.Columns; j++) _activations[0][j * Stride + i] = T.CreateTruncating(points[i, j]);
    }

    /// <summary>n, the number of points.</summary>
    public int Points { get; }

    /// <summary>How far apart two units are in <see cref="Activations"/>: n rounded up to a multiple of 8, a whole number of vectors in
    /// either precision.</summary>
    public int Stride { get; }

    /// <summary>The number of layers with weights.</summary>
    public int Layers => _shape.Layers;

    /// <summary>relu(z) of a hidden layer, counted from 1; layer 0 are the inputs, and of the last layer these are the outputs, without
    /// ReLU.</summary>
    public T[] Activations(int layer) => _activations[layer];

    /// <summary>The activations of one unit on the n points.</summary>
    public ReadOnlySpan<T> Unit(int layer, int unit) => _activations[layer].AsSpan(unit * Stride, Points);

    /// <summary>The outputs on the n points.</summary>
    public ReadOnlySpan<T> Outputs => Unit(Layers, 0);

    /// <summary>Whether some hidden layer has no unit that is active on any of the points; computes all layers.</summary>
    public bool IsDead(ReluWeights<T> weights)
    {
        Evaluate(weights);
        return Enumerable.Range(1, _shape.Hidden)
            .Any(l => !Enumerable.Range(0, _shape.Widths[l]).Any(unit => Unit(l, unit).ContainsAnyExcept(T.Zero)));
    }

    /// <summary>Computes all layers.</summary>
    public void Evaluate(ReluWeights<T> weights)
    {
        for (var l = 0; l < Layers; l++)
        {
            var weight = weights.Weight(l);
            var bias = weights.Bias(l);
            var inputs = _shape.Inputs(l);
            var (from, to) = (_activations[l], _activations[l + 1]);
            for (var j = 0; j < _shape.Outputs(l); j++)
            {
                var start = Vector256.Create(bias is [] ? T.Zero : bias[j]);
                var row = weight.Slice(j * inputs, inputs);
                for (var p = 0; p < Stride; p += Vector256<T>.Count)
                {
                    var z = start;
                    for (var i = 0; i < row.Length; i++) z = Lanes.Fused(Vector256.Create(row[i]), Lanes.At(from, i * Stride + p), z);
                    Lanes.At(to, j * Stride + p) = l + 1 < Layers ? Lanes.Relu(z) : z;
                }
            }
        }
    }
}
