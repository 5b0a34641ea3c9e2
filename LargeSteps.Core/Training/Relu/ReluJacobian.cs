using System.Runtime.Intrinsics;
using LargeSteps.Models;
using LargeSteps.Numerics;

namespace LargeSteps.Training.Relu;

/// <summary>
/// The Jacobian of the output of a network by its P parameters on p points, in closed form and for all points at once.
/// </summary>
/// <remarks>
/// The gradient of layer l on a point is δ_l a_{l−1}ᵀ and δ_l for its bias, so JJᵀ is a sum over layers, (Δ_lᵀΔ_l)∘(A_{l−1}ᵀA_{l−1} + 1
/// where there is a bias): p²·(widths) products in place of p²·P. Its singular values are counted from a pivoted Cholesky factor JJᵀ ≈ LLᵀ
/// that stops when nothing that matters is left: ReLU networks have Jacobians of low rank, and LᵀL is of that order. All in double, where
/// squares of ratios down to 1e-6 are well above rounding.
/// </remarks>
internal sealed class ReluJacobian
{
    /// <summary>The least threshold that the Gram matrix resolves.</summary>
    public const double LeastThreshold = 1e-6;

    // Of the least σ² that counts, what the factor may leave out; of the largest product, below what there is rounding alone.
    private const double LeftOut = 1e-3, Rounding = 1e-15;

    private readonly ReluShape _shape;
    private readonly int _points, _stride;
    private readonly ReluForward<double> _forward;
    private readonly ReluWeights<double> _weights;
    private readonly double[][] _deltas;
    private readonly double[] _gram, _factor, _small, _rest;
    private readonly SymmetricEigen _eigen;

    /// <summary>A workspace for the points of a matrix, one a row.</summary>
    public ReluJacobian(ReluShape shape, Matrix points)
    {
        _shape = shape;
        _forward = new ReluForward<double>(shape, points);
        (_points, _stride) = (points.Rows, _forward.Stride);
        _weights = ReluWeights<double>.Zero(shape);
        _deltas = [.. shape.Widths.Skip(1).Select(width => new double[width * _stride])];
        _deltas[^1].AsSpan().Fill(1);
        (_gram, _factor) = (new double[_stride * _stride], new double[_stride * _stride]);
        (_small, _rest) = (new double[_points * _points], new double[_points]);
        _eigen = new SymmetricEigen(_points);
    }

    /// <summary>#{σ_i/σ_1 > τ} for each τ; NaN for all where a weight is not finite.</summary>
    public void Ranks<T>(ReluWeights<T> weights, ReadOnlySpan<double> thresholds, Span<double> ranks)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
    {
        var least = 1.0;
        foreach (var threshold in thresholds) least = Math.Min(least, threshold);
        ArgumentOutOfRangeException.ThrowIfLessThan(least, LeastThreshold, nameof(thresholds));
        weights.CopyTo(_weights);
        ranks.Fill(double.NaN);
        if (!_weights.IsFinite()) return;
        Backward();
        Gram();
        // What the factor leaves out is positive and changes no σ² by more than its trace, a small part of the least that counts.
        var order = Factorise(LeftOut * least * least / _points);
        ranks.Clear();
        if (order < 0) ranks.Fill(double.NaN);
        if (order <= 0) return;
        for (var i = 0; i < order; i++)
        {
            for (var j = i; j < order; j++)
                _small[i * order + j] = Vectors.Dot(_factor.AsSpan(i * _stride, _stride), _factor.AsSpan(j * _stride, _stride));
        }

        var squares = _eigen.Values(_small, order, order);
        for (var t = 0; t < thresholds.Length; t++)
        {
            foreach (var square in squares)
                if (square > thresholds[t] * thresholds[t] * squares[^1]) ranks[t]++;
        }
    }

    /// <summary>J itself, p × P with the parameters in PyTorch's order.</summary>
    public Matrix Of(ReluWeights<double> weights)
    {
        weights.CopyTo(_weights);
        Backward();
        var result = new double[_points * _shape.Parameters];
        for (var l = 0; l < _shape.Layers; l++)
        {
            var (inputs, outputs, from) = (_shape.Inputs(l), _shape.Outputs(l), _forward.Activations(l));
            for (var p = 0; p < _points; p++)
            {
                for (var j = 0; j < outputs; j++)
                {
                    var (delta, row) = (_deltas[l][j * _stride + p], p * _shape.Parameters);
                    for (var i = 0; i < inputs; i++) result[row + _shape.WeightOffset(l) + j * inputs + i] = delta * from[i * _stride + p];
                    if (_shape.Biases[l]) result[row + _shape.BiasOffset(l) + j] = delta;
                }
            }
        }
        return new Matrix(_points, _shape.Parameters, result);
    }

    /// <summary>δ of all layers and points, unit by unit.</summary>
    private void Backward()
    {
        _forward.Evaluate(_weights);
        for (var l = _shape.Layers - 1; l > 0; l--)
        {
            var weight = _weights.Weight(l);
            var (inputs, outputs, from, to, activations) =
                (_shape.Inputs(l), _shape.Outputs(l), _deltas[l], _deltas[l - 1], _forward.Activations(l));
            for (var i = 0; i < inputs; i++)
            {
                for (var p = 0; p < _stride; p += 4)
                {
                    var sum = Vector256<double>.Zero;
                    for (var j = 0; j < outputs; j++)
                    {
                        sum =
                        Lanes.Fused(Vector256.Create(weight[j * inputs + i]), Lanes.At(from, j * _stride + p), sum);
                    }

                    Lanes.At(to, i * _stride + p) = Lanes.WhereActive(sum, Lanes.At(activations, i * _stride + p));
                }
            }
        }
    }

    private void Gram()
    {
        _gram.AsSpan().Clear();
        for (var l = 0; l < _shape.Layers; l++)
            AddProduct(_deltas[l], _shape.Outputs(l), _forward.Activations(l), _shape.Inputs(l), _shape.Biases[l] ? 1 : 0);
        // The blocks on the diagonal are whole; the rest of the lower triangle is the mirror of the upper one.
        for (var p = 0; p < _points; p++)
            for (var q = 0; q < p; q++) _gram[p * _stride + q] = _gram[q * _stride + p];
    }

    /// <summary>G ← G + (ΔᵀΔ)∘(AᵀA + c), right of the diagonal: four rows and two vectors of columns at a time.</summary>
    private void AddProduct(double[] deltas, int outputs, double[] activations, int inputs, double constant)
    {
        for (var p = 0; p < _stride; p += 4)
        {
            for (var q = p / 8 * 8; q < _stride; q += 8)
            {
                Block(deltas, outputs, p, q, out var d00, out var d01, out var d10, out var d11, out var d20, out var d21, out var d30,
                    out var d31);
                Block(activations, inputs, p, q, out var a00, out var a01, out var a10, out var a11, out var a20, out var a21, out var a30,
                    out var a31);
                var c = Vector256.Create(constant);
                Add(p, q, d00, a00 + c);
                Add(p, q + 4, d01, a01 + c);
                Add(p + 1, q, d10, a10 + c);
                Add(p + 1, q + 4, d11, a11 + c);
                Add(p + 2, q, d20, a20 + c);
                Add(p + 2, q + 4, d21, a21 + c);
                Add(p + 3, q, d30, a30 + c);
                Add(p + 3, q + 4, d31, a31 + c);
            }
        }
    }

    private void Add(int row, int column, Vector256<double> x, Vector256<double> y)
    {
        ref var g = ref Lanes.At(_gram, row * _stride + column);
        g = Lanes.Fused(x, y, g);
    }

    /// <summary>The products of rows p … p + 3 with columns q … q + 7 of a matrix that is stored unit by unit.</summary>
    private void Block(
        double[] units, int count, int p, int q, out Vector256<double> s00, out Vector256<double> s01, out Vector256<double> s10,
        out Vector256<double> s11,
        out Vector256<double> s20, out Vector256<double> s21, out Vector256<double> s30, out Vector256<double> s31)
    {
        Vector256<double> r00 = default, r01 = default, r10 = default, r11 = default, r20 = default, r21 = default, r30 = default,
            r31 = default;
        for (int u = 0, at = 0; u < count; u++, at += _stride)
        {
            var (x, y) = (Lanes.At(units, at + q), Lanes.At(units, at + q + 4));
            var rows = units.AsSpan(at + p, 4);
            var (f0, f1, f2, f3) = (Vector256.Create(rows[0]), Vector256.Create(rows[1]), Vector256.Create(rows[2]),
                Vector256.Create(rows[3]));
            r00 = Lanes.Fused(f0, x, r00);
            r01 = Lanes.Fused(f0, y, r01);
            r10 = Lanes.Fused(f1, x, r10);
            r11 = Lanes.Fused(f1, y, r11);
            r20 = Lanes.Fused(f2, x, r20);
            r21 = Lanes.Fused(f2, y, r21);
            r30 = Lanes.Fused(f3, x, r30);
            r31 = Lanes.Fused(f3, y, r31);
        }
        (s00, s01, s10, s11, s20, s21, s30, s31) = (r00, r01, r10, r11, r20, r21, r30, r31);
    }

    /// <summary>
    /// G ≈ LLᵀ by the Cholesky factorisation with diagonal pivoting, until no diagonal entry of the rest exceeds tolerance times the
    /// largest of G.
    /// </summary>
    /// <returns>The number of columns of L, which are the first rows of the buffer; −1 where G is not finite.</returns>
    private int Factorise(double tolerance)
    {
        for (var i = 0; i < _points; i++) _rest[i] = _gram[i * _stride + i];
        var stop = Vectors.MaxAbs(_rest) * Math.Max(tolerance, Rounding);
        if (!double.IsFinite(stop)) return -1;
        for (var k = 0; k < _points; k++)
        {
            var pivot = 0;
            for (var i = 1; i < _points; i++)
                if (_rest[i] > _rest[pivot]) pivot = i;
            if (!(_rest[pivot] > stop)) return k;
            var column = k * _stride;
            _gram.AsSpan(pivot * _stride, _stride).CopyTo(_factor.AsSpan(column));
            Eliminate(column, k, pivot);
            var scale = 1 / Math.Sqrt(_rest[pivot]);
            for (var i = 0; i < _points; i++)
            {
                var entry = _factor[column + i] *= scale;
                _rest[i] -= entry * entry;
            }
            // Padding holds inner products with points of zeros, which are no points.
            _factor.AsSpan(column + _points, _stride - _points).Clear();
            _rest[pivot] = 0;
        }
        return _points;
    }

    /// <summary>Takes from a column what the k columns before it account for, four at a time.</summary>
    private void Eliminate(int column, int k, int pivot)
    {
        var j = 0;
        for (; j + 4 <= k; j += 4)
        {
            var (l0, l1, l2, l3) = (j * _stride, (j + 1) * _stride, (j + 2) * _stride, (j + 3) * _stride);
            var (f0, f1, f2, f3) = (Vector256.Create(-_factor[l0 + pivot]), Vector256.Create(-_factor[l1 + pivot]),
                Vector256.Create(-_factor[l2 + pivot]), Vector256.Create(-_factor[l3 + pivot]));
            for (var i = 0; i < _stride; i += 4)
            {
                ref var c = ref Lanes.At(_factor, column + i);
                c = Lanes.Fused(f3, Lanes.At(_factor, l3 + i),
                    Lanes.Fused(f2, Lanes.At(_factor, l2 + i),
                        Lanes.Fused(f1, Lanes.At(_factor, l1 + i), Lanes.Fused(f0, Lanes.At(_factor, l0 + i), c))));
            }
        }
        for (; j < k; j++)
        {
            Vectors.AddScaled(_factor.AsSpan(column, _stride), -_factor[j * _stride + pivot],
            _factor.AsSpan(j * _stride, _stride));
        }
    }
}
