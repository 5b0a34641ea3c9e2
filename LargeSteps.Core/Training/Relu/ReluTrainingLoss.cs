using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Numerics;

namespace LargeSteps.Training.Relu;

/// <summary>
/// The training loss of a fully connected ReLU network with one output, over all samples at once. With a_0 = x, z_l = W_l a_{l−1} + b_l,
/// a_l = relu(z_l) and δ_l = ∂L/∂z_l, the gradient is (δ_l a_{l−1}ᵀ, δ_l). The derivative of all these in a direction V, marked R, gives
/// H·V with one more pass each way: Rz_l = V_l a_{l−1} + W_l Ra_{l−1} + c_l, Ra_l = Rz_l where z_l > 0, Rδ_{l−1} = V_lᵀδ_l + W_lᵀRδ_l where
/// z_{l−1} > 0, and H·V = (Rδ_l a_{l−1}ᵀ + δ_l Ra_{l−1}ᵀ, Rδ_l).
/// </summary>
/// <remarks>Source: Pearlmutter, <i>Fast exact multiplication by the Hessian</i>, Neural Computation 6 (1994). At a kink the derivative of
/// the ReLU is 0, as in autograd.</remarks>
internal sealed class ReluTrainingLoss : ITrainingLoss
{
    private readonly ReluShape _shape;
    private readonly RegressionData _data;
    private readonly ReluLoss _loss;
    private readonly double[] _labels;
    private readonly ReluForward<double> _forward;
    private readonly ReluWeights<double> _weights, _direction;
    private readonly int _samples, _stride;
    // The second derivatives of the loss by the outputs, divided by n.
    private readonly double[] _curvature;
    // Of each layer of units, the inputs first, unit by unit as in ReluForward: δ, Ra and Rδ.
    private readonly double[][] _deltas, _activationsR, _deltasR;

    /// <summary>The loss of a network on the training samples.</summary>
    public ReluTrainingLoss(ReluShape shape, RegressionData data, ReluLoss loss = ReluLoss.Squared)
    {
        if (shape.Widths[^1] != 1) throw new ArgumentException("The training loss is of a network with one output.", nameof(shape));
        (_shape, _data, _loss, _labels, _samples) = (shape, data, loss, [.. data.Labels], data.Samples);
        _forward = new ReluForward<double>(shape, data.Features);
        _stride = _forward.Stride;
        (_weights, _direction) = (ReluWeights<double>.Zero(shape), ReluWeights<double>.Zero(shape));
        _curvature = new double[_samples];
        (_deltas, _activationsR, _deltasR) = (Units(), Units(), Units());

        double[][] Units() => [.. shape.Widths.Select(width => new double[width * _stride])];
    }

    public int Parameters => _shape.Parameters;

    public double MoveTo(ReadOnlySpan<double> point)
    {
        point.CopyTo(_weights.Values);
        _forward.Evaluate(_weights);
        double sum = 0;
        for (var i = 0; i < _samples; i++)
        {
            var (loss, slope, curvature) = LossOf(_forward.Outputs[i], _labels[i]);
            sum += loss;
            _deltas[^1][i] = slope / _samples;
            _curvature[i] = curvature / _samples;
        }
        for (var l = _shape.Layers - 1; l > 0; l--)
        {
            _deltas[l].AsSpan().Clear();
            AddBackward(l, _weights, _deltas[l + 1], _deltas[l]);
            KeepActive(l, _deltas[l]);
        }
        return sum / _samples;
    }

    public void Gradient(Span<double> gradient)
    {
        gradient.Clear();
        for (var l = 0; l < _shape.Layers; l++) AddProducts(l, _deltas[l + 1], _forward.Activations(l), gradient, withBias: true);
    }

    public void HessianProduct(ReadOnlySpan<double> vector, Span<double> product) => Product(vector, product, gaussNewton: false);

    // The same without what the second derivatives of the outputs give: δ of the iterate.
    public void GaussNewtonProduct(ReadOnlySpan<double> vector, Span<double> product) => Product(vector, product, gaussNewton: true);

    public double[] Slopes(ReadOnlySpan<double> direction)
    {
        Forward(direction);
        var slopes = new double[_samples];
        // δ of the outputs is that of the mean.
        for (var i = 0; i < _samples; i++) slopes[i] = _samples * _deltas[^1][i] * _activationsR[^1][i];
        return slopes;
    }

    // By autograd: a difference would cross kinks, where the Hessian jumps.
    public void CurvatureGradient(ReadOnlySpan<double> direction, Span<double> gradient)
    {
        using var exact = AutogradTrainingLoss.OfRelu("cpu", _shape, _data, _loss);
        exact.MoveTo(_weights.Values);
        exact.CurvatureGradient(direction, gradient);
    }

    private void Forward(ReadOnlySpan<double> vector)
    {
        vector.CopyTo(_direction.Values);
        for (var l = 0; l < _shape.Layers; l++)
        {
            var above = _activationsR[l + 1];
            for (var j = 0; j < _shape.Outputs(l); j++) Unit(above, j).Fill(_direction.Bias(l) is [] ? 0 : _direction.Bias(l)[j]);
            AddForward(l, _direction, _forward.Activations(l), above);
            // The inputs do not depend on the weights.
            if (l > 0) AddForward(l, _weights, _activationsR[l], above);
            if (l < _shape.Hidden) KeepActive(l + 1, above);
        }
    }

    private void Product(ReadOnlySpan<double> vector, Span<double> product, bool gaussNewton)
    {
        Forward(vector);
        Vectors.Multiply(_curvature, Unit(_activationsR[^1], 0), Unit(_deltasR[^1], 0));
        for (var l = _shape.Layers - 1; l > 0; l--)
        {
            _deltasR[l].AsSpan().Clear();
            if (!gaussNewton) AddBackward(l, _direction, _deltas[l + 1], _deltasR[l]);
            AddBackward(l, _weights, _deltasR[l + 1], _deltasR[l]);
            KeepActive(l, _deltasR[l]);
        }
        product.Clear();
        for (var l = 0; l < _shape.Layers; l++)
        {
            AddProducts(l, _deltasR[l + 1], _forward.Activations(l), product, withBias: true);
            if (l > 0 && !gaussNewton) AddProducts(l, _deltas[l + 1], _activationsR[l], product, withBias: false);
        }
    }

    public void Dispose() { }

    /// <summary>The loss of a sample and its first two derivatives by the output.</summary>
    private (double Loss, double Slope, double Curvature) LossOf(double output, double label)
    {
        if (_loss == ReluLoss.Squared) return ((output - label) * (output - label), 2 * (output - label), 2);
        var margin = label * output;
        var tail = Math.Exp(-Math.Abs(margin));
        // σ(−margin), without a difference of nearly equal numbers.
        var wrong = margin >= 0 ? tail / (1 + tail) : 1 / (1 + tail);
        return (double.LogP1(tail) + Math.Max(-margin, 0), -label * wrong, label * label * tail / ((1 + tail) * (1 + tail)));
    }

    /// <summary>above += W·below, for the units of a layer.</summary>
    private void AddForward(int layer, ReluWeights<double> weights, double[] below, double[] above)
    {
        var weight = weights.Weight(layer);
        var inputs = _shape.Inputs(layer);
        for (var j = 0; j < _shape.Outputs(layer); j++)
            for (var i = 0; i < inputs; i++) Vectors.AddScaled(Unit(above, j), weight[j * inputs + i], Unit(below, i));
    }

    /// <summary>below += Wᵀ·above.</summary>
    private void AddBackward(int layer, ReluWeights<double> weights, double[] above, double[] below)
    {
        var weight = weights.Weight(layer);
        var inputs = _shape.Inputs(layer);
        for (var j = 0; j < _shape.Outputs(layer); j++)
            for (var i = 0; i < inputs; i++) Vectors.AddScaled(Unit(below, i), weight[j * inputs + i], Unit(above, j));
    }

    /// <summary>Adds above·belowᵀ, sums over the samples, to the weight of a layer, and the sums of above to its bias.</summary>
    private void AddProducts(int layer, double[] above, double[] below, Span<double> parameters, bool withBias)
    {
        var inputs = _shape.Inputs(layer);
        var weight = parameters[_shape.WeightOffset(layer)..];
        for (var j = 0; j < _shape.Outputs(layer); j++)
        {
            var unit = Unit(above, j);
            for (var i = 0; i < inputs; i++) weight[j * inputs + i] += Vectors.Dot(unit, Unit(below, i));
            if (!withBias || !_shape.Biases[layer]) continue;
            foreach (var value in unit) parameters[_shape.BiasOffset(layer) + j] += value;
        }
    }

    private void KeepActive(int layer, double[] values)
    {
        var activations = _forward.Activations(layer);
        for (var k = 0; k < values.Length; k++)
            if (activations[k] <= 0) values[k] = 0;
    }

    private Span<double> Unit(double[] layer, int unit) => layer.AsSpan(unit * _stride, _samples);
}
