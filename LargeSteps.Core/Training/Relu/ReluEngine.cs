using System.Numerics;
using System.Runtime.Intrinsics;
using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;

namespace LargeSteps.Training.Relu;

/// <summary>
/// Fully connected ReLU networks with one output and hand-derived gradients, in float32 or float64. With a_0 = x, z_l = W_l a_{l−1} + b_l,
/// a_l = relu(z_l) and δ_L = ∂loss/∂h, δ_{l−1} = W_lᵀδ_l where z_{l−1} > 0 and 0 elsewhere; the gradient is (δ_l a_{l−1}ᵀ, δ_l). A step
/// allocates nothing.
/// </summary>
/// <remarks>
/// A layer is stored by columns (a vector runs over the outputs of one input) or by rows (over the inputs of one output), whichever takes
/// less room once padded with zeros to whole vectors; padding starts at 0 and stays 0. The order of the sums, with every product fused into
/// its sum: by columns z starts at the bias and takes the inputs in order; by rows four vectors of partial sums take turns, are added as
/// (s0 + s1) + (s2 + s3), then half to half, and the bias comes last. δ goes the other way: by rows it takes the outputs in order, by
/// columns it is a sum over lanes. A gradient is rounded before w ← w − η·g is (fused) made of it, as in PyTorch's SGD. The logistic loss
/// calls the platform's exp, so only the squared one gives the same bits everywhere.
/// </remarks>
internal sealed class ReluEngine<T> : IEngine<ReluWeights<T>>, IBatchLoss where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private static readonly int Count = Vector256<T>.Count;

    /// <summary>A layer in the padded buffers: where its weight and bias (−1: none) begin, how far rows or columns are apart, where its
    /// input and output are.</summary>
    private readonly record struct Layer(int Inputs, int Outputs, bool Columns, int Stride, int Weight, int Bias, int In, int Out);

    private readonly ReluShape _shape;
    private readonly UpdateRule _rule;
    private readonly ReluLoss _loss;
    private readonly Layer[] _layers;
    private readonly SamplerWithoutReplacement _sampler;
    private readonly int _inputStride;
    private readonly T[] _x, _y;
    private readonly T[] _weights, _averaged, _gradient;
    private int[] _drawn = [];
    private T[] _labels = [];
    // Activations and δ of all layers, the inputs first.
    private readonly T[] _activations, _deltas;
    // What Current and Averaged hand out: both stay valid until the next step, so neither may be the other's.
    private readonly ReluWeights<T> _currentRead, _averagedRead;

    /// <summary>An engine at its first iterate.</summary>
    /// <param name="start">The initial weights; copied.</param>
    /// <param name="data">The training samples; rounded to T.</param>
    /// <param name="rule">What is done beside w ← w − ηg: g + λw in place of the gradient g, for weights and biases, and w̄ ← a w̄ +
    /// (1 − a) w after each step, from the initial weights.</param>
    /// <param name="batchSize">The samples of a step; 0: all, without a draw.</param>
    /// <param name="seed">The seed of the sampling and of the label noise.</param>
    /// <param name="loss">The loss.</param>
    public ReluEngine(ReluWeights<T> start, RegressionData data, UpdateRule rule, int batchSize = 1, uint seed = 0,
        ReluLoss loss = ReluLoss.Squared)
    {
        ReluChecks.Check(start.Shape, data, loss);
        (_shape, _rule, _loss, _sampler) = (start.Shape, rule, loss, new SamplerWithoutReplacement(data.Samples, batchSize, seed));
        _layers = new Layer[_shape.Layers];
        int weights = 0, units = Lanes.Padded<T>(_shape.Widths[0]);
        _inputStride = units;
        for (int l = 0, from = 0; l < _layers.Length; l++)
        {
            var (inputs, outputs) = (_shape.Inputs(l), _shape.Outputs(l));
            var columns = inputs * Lanes.Padded<T>(outputs) <= outputs * Lanes.Padded<T>(inputs);
            var stride = Lanes.Padded<T>(columns ? outputs : inputs);
            var bias = weights + (columns ? inputs : outputs) * stride;
            _layers[l] = new Layer(inputs, outputs, columns, stride, weights, _shape.Biases[l] ? bias : -1, from, units);
            weights = bias + (_shape.Biases[l] ? Lanes.Padded<T>(outputs) : 0);
            (from, units) = (units, units + Lanes.Padded<T>(outputs));
        }
        (_weights, _gradient) = (new T[weights], new T[weights]);
        (_activations, _deltas) = (new T[units], new T[units]);
        _x = new T[data.Samples * _inputStride];
        for (var i = 0; i < data.Samples; i++)
            for (var j = 0; j < data.Dimensions; j++) _x[i * _inputStride + j] = T.CreateTruncating(data.Features[i, j]);
        _y = [.. data.Labels.Select(T.CreateTruncating)];
        (_currentRead, _averagedRead) = (start.Copy(), start.Copy());
        Pack(start);
        _averaged = rule.Averaging is null ? _weights : [.. _weights];
    }

    public ReluWeights<T> Current => Unpack(_weights, _currentRead);

    public ReluWeights<T> Averaged => Unpack(_averaged, _averagedRead);

    public double Step(double rate, double noise = 0)
    {
        var batch = _sampler.Next();
        double loss;
        if (batch.Length == 1 && _rule.WeightDecay == 0)
        {
            loss =
            Descend(batch[0], Label(batch[0], noise), T.One, _weights, T.CreateTruncating(-rate));
        }
        else
        {
            loss = Gradient(batch, noise);
            var (factor, decay) = (Vector256.Create(T.CreateTruncating(-rate)), Vector256.Create(T.CreateTruncating(_rule.WeightDecay)));
            for (var i = 0; i < _weights.Length; i += Count)
            {
                ref var w = ref Lanes.At(_weights, i);
                w = Lanes.Fused(factor, Lanes.Fused(decay, w, Lanes.At(_gradient, i)), w);
            }
        }
        if (_rule.Averaging is { } a) Average(T.CreateTruncating(a), T.CreateTruncating(1 - a));
        return loss;
    }

    public double MeanSquare()
    {
        double squares = 0;
        for (var i = 0; i < _y.Length; i++)
        {
            var e = double.CreateTruncating(Forward(i) - _y[i]);
            squares += e * e;
        }
        return squares / _y.Length;
    }

    public SamplerState Samples { get => _sampler.State; set => _sampler.State = value; }

    public EngineState Save() => EngineState.Of(Current.Values.Select(double.CreateTruncating),
        _rule.Averaging is null ? null : Averaged.Values.Select(double.CreateTruncating), Samples);

    public void Continue(EngineState state)
    {
        if (_rule.Averaging is not null)
        {
            Pack(Of(state.Averaged));
            _weights.CopyTo(_averaged, 0);
        }
        Pack(Of(state.Weights));
        Samples = state.Samples;

        ReluWeights<T> Of(double[] values) => new(_shape, Array.ConvertAll(values, T.CreateTruncating));
    }

    public void Dispose() { }

    /// <summary>Whether its steps are those of a rule; what it does not know is a chain of rules.</summary>
    public static bool Knows(UpdateRule rule) =>
        rule.IsMadeOf(known => known with { Averaging = rule.Averaging, Nesterov = rule.Nesterov });

    public void Draw(double noise)
    {
        var batch = _sampler.Next();
        _drawn = batch.ToArray();
        _labels = [.. _drawn.Select(sample => Label(sample, noise))];
    }

    public double Gradient(ParameterVector at, ParameterVector gradient)
    {
        MoveTo(at);
        _gradient.AsSpan().Clear();
        var (share, loss) = (T.One / T.CreateTruncating(_drawn.Length), 0.0);
        for (var b = 0; b < _drawn.Length; b++) loss += Descend(_drawn[b], _labels[b], share, _gradient, T.One);
        Unpack(_gradient, _currentRead).Values.CopyTo(HostVector<T>.Of(gradient), 0);
        return loss / _drawn.Length;
    }

    public void MoveTo(ParameterVector iterate) => Pack(new(_shape, HostVector<T>.Of(iterate)));

    /// <summary>The gradient of a batch, into the workspace; returns its loss.</summary>
    private double Gradient(ReadOnlySpan<int> batch, double noise)
    {
        _gradient.AsSpan().Clear();
        var (share, loss) = (T.One / T.CreateTruncating(batch.Length), 0.0);
        foreach (var sample in batch) loss += Descend(sample, Label(sample, noise), share, _gradient, T.One);
        return loss / batch.Length;
    }

    private T Label(int sample, double noise) =>
        noise == 0 ? _y[sample] : _y[sample] + T.CreateTruncating(noise * _sampler.Random.StandardNormal());

    /// <summary>
    /// Forward and backward of one sample: target ← target + factor · share · gradient. The target may be the weights themselves: each is
    /// read for δ before it is written.
    /// </summary>
    /// <returns>The loss of the sample.</returns>
    private double Descend(int sample, T label, T share, T[] target, T factor)
    {
        var (loss, slope) = LossOf(Forward(sample), label);
        _deltas[_layers[^1].Out] = share * slope;
        for (var l = _layers.Length - 1; l >= 0; l--)
        {
            ref readonly var layer = ref _layers[l];
            if (layer.Bias >= 0) AddBias(layer, target, factor);
            if (layer.Columns) BackwardByColumns(layer, l > 0, target, factor);
            else BackwardByRows(layer, l > 0, target, factor);
        }
        return loss;
    }

    /// <summary>The output for a sample; leaves the activations of all layers.</summary>
    private T Forward(int sample)
    {
        _x.AsSpan(sample * _inputStride, _inputStride).CopyTo(_activations);
        for (var l = 0; l < _layers.Length; l++)
        {
            ref readonly var layer = ref _layers[l];
            if (layer.Columns) ForwardByColumns(layer, l + 1 < _layers.Length);
            else ForwardByRows(layer, l + 1 < _layers.Length);
        }
        return _activations[_layers[^1].Out];
    }

    /// <summary>The loss and its derivative by the output.</summary>
    private (double Loss, T Slope) LossOf(T output, T label)
    {
        if (_loss == ReluLoss.Squared)
        {
            var e = output - label;
            return (double.CreateTruncating(e * e), e + e);
        }
        // Written so that no exp overflows.
        var margin = label * output;
        var small = T.Exp(-T.Abs(margin));
        var loss = T.LogP1(small) + T.Max(-margin, T.Zero);
        return (double.CreateTruncating(loss), -label * (margin > T.Zero ? small : T.One) / (T.One + small));
    }

    private void ForwardByColumns(in Layer layer, bool hidden)
    {
        var (weights, activations) = (_weights, _activations);
        for (var j = 0; j < layer.Stride; j += Count)
        {
            var z = layer.Bias < 0 ? Vector256<T>.Zero : Lanes.At(weights, layer.Bias + j);
            var w = layer.Weight + j;
            for (var i = layer.In; i < layer.In + layer.Inputs; i++, w += layer.Stride)
                z = Lanes.Fused(Vector256.Create(activations[i]), Lanes.At(weights, w), z);
            Lanes.At(activations, layer.Out + j) = hidden ? Lanes.Relu(z) : z;
        }
    }

    private void ForwardByRows(in Layer layer, bool hidden)
    {
        var (weights, activations) = (_weights, _activations);
        for (var j = 0; j < layer.Outputs; j++)
        {
            var w = layer.Weight + j * layer.Stride;
            Vector256<T> s0 = default, s1 = default, s2 = default, s3 = default;
            var i = 0;
            for (; i <= layer.Stride - 4 * Count; i += 4 * Count)
            {
                s0 = Lanes.Fused(Lanes.At(weights, w + i), Lanes.At(activations, layer.In + i), s0);
                s1 = Lanes.Fused(Lanes.At(weights, w + i + Count), Lanes.At(activations, layer.In + i + Count), s1);
                s2 = Lanes.Fused(Lanes.At(weights, w + i + 2 * Count), Lanes.At(activations, layer.In + i + 2 * Count), s2);
                s3 = Lanes.Fused(Lanes.At(weights, w + i + 3 * Count), Lanes.At(activations, layer.In + i + 3 * Count), s3);
            }
            for (; i < layer.Stride; i += Count) s0 = Lanes.Fused(Lanes.At(weights, w + i), Lanes.At(activations, layer.In + i), s0);
            var z = Lanes.Sum(s0 + s1 + (s2 + s3));
            if (layer.Bias >= 0) z += weights[layer.Bias + j];
            // Not Max, so that NaN stays NaN.
            activations[layer.Out + j] = hidden && z <= T.Zero ? T.Zero : z;
        }
    }

    private void AddBias(in Layer layer, T[] target, T factor)
    {
        var f = Vector256.Create(factor);
        for (var j = 0; j < layer.Outputs; j += Count)
        {
            ref var b = ref Lanes.At(target, layer.Bias + j);
            b = Lanes.Fused(f, Lanes.At(_deltas, layer.Out + j), b);
        }
    }

    private void BackwardByColumns(in Layer layer, bool through, T[] target, T factor)
    {
        var (weights, activations, deltas) = (_weights, _activations, _deltas);
        var f = Vector256.Create(factor);
        for (var i = 0; i < layer.Inputs; i++)
        {
            var input = activations[layer.In + i];
            var (a, sum) = (Vector256.Create(input), Vector256<T>.Zero);
            var w = layer.Weight + i * layer.Stride;
            for (var j = 0; j < layer.Stride; j += Count)
            {
                var delta = Lanes.At(deltas, layer.Out + j);
                sum = Lanes.Fused(delta, Lanes.At(weights, w + j), sum);
                ref var t = ref Lanes.At(target, w + j);
                t = Lanes.Fused(f, delta * a, t);
            }
            if (through) deltas[layer.In + i] = input <= T.Zero ? T.Zero : Lanes.Sum(sum);
        }
    }

    private void BackwardByRows(in Layer layer, bool through, T[] target, T factor)
    {
        var (weights, activations, deltas) = (_weights, _activations, _deltas);
        var f = Vector256.Create(factor);
        for (var i = 0; i < layer.Stride; i += Count)
        {
            var (a, sum) = (Lanes.At(activations, layer.In + i), Vector256<T>.Zero);
            var w = layer.Weight + i;
            for (var j = layer.Out; j < layer.Out + layer.Outputs; j++, w += layer.Stride)
            {
                var delta = Vector256.Create(deltas[j]);
                sum = Lanes.Fused(delta, Lanes.At(weights, w), sum);
                ref var t = ref Lanes.At(target, w);
                t = Lanes.Fused(f, delta * a, t);
            }
            if (through) Lanes.At(deltas, layer.In + i) = Lanes.WhereActive(sum, a);
        }
    }

    private void Average(T old, T now)
    {
        var (a, b) = (Vector256.Create(old), Vector256.Create(now));
        for (var i = 0; i < _weights.Length; i += Count)
        {
            ref var mean = ref Lanes.At(_averaged, i);
            mean = Lanes.Fused(b, Lanes.At(_weights, i), a * mean);
        }
    }

    private void Pack(ReluWeights<T> from)
    {
        for (var l = 0; l < _layers.Length; l++)
        {
            var layer = _layers[l];
            var weight = from.Weight(l);
            for (var j = 0; j < layer.Outputs; j++)
            {
                for (var i = 0; i < layer.Inputs; i++)
                    _weights[Place(layer, j, i)] = weight[j * layer.Inputs + i];
            }

            if (layer.Bias >= 0) from.Bias(l).CopyTo(_weights.AsSpan(layer.Bias));
        }
    }

    private ReluWeights<T> Unpack(T[] padded, ReluWeights<T> into)
    {
        for (var l = 0; l < _layers.Length; l++)
        {
            var layer = _layers[l];
            var weight = into.Weight(l);
            for (var j = 0; j < layer.Outputs; j++)
            {
                for (var i = 0; i < layer.Inputs; i++)
                    weight[j * layer.Inputs + i] = padded[Place(layer, j, i)];
            }

            if (layer.Bias >= 0) padded.AsSpan(layer.Bias, layer.Outputs).CopyTo(into.Bias(l));
        }
        return into;
    }

    private static int Place(in Layer layer, int output, int input) =>
        layer.Weight + (layer.Columns ? input * layer.Stride + output : output * layer.Stride + input);
}
