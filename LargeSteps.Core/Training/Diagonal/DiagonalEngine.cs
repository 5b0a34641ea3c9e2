using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using LargeSteps.Datasets;
using LargeSteps.Optimizers;
using LargeSteps.Probes;

namespace LargeSteps.Training.Diagonal;

/// <summary>
/// Diagonal linear networks with hand-derived gradients. For the residuals e_i = ⟨x_i, u⊙v⟩ − y_i of a batch of b samples and
/// r = (1/b) Σ e_i x_i, the gradient of (1/2b) Σ e_i² is (r⊙v, r⊙u). No allocation in a step.
/// </summary>
/// <remarks>
/// Rows are padded with zeros to a whole number of vectors: padded coordinates start at 0 and stay there. Sums are made in the
/// same order, and come out the same, on every machine, however wide its vectors are: in those of 256 bits, see also
/// <see cref="DiagonalKernels"/>.
/// </remarks>
internal sealed class DiagonalEngine : IEngine<DiagonalWeights>, IBatchLoss, IManySteps
{
    private static readonly int Lanes = Vector256<double>.Count;

    private readonly int _samples, _width;
    private readonly double[] _x, _y;
    private readonly UpdateRule _rule;
    private readonly BatchSampler _sampler;
    private readonly bool _plain;
    private readonly DiagonalWeights _padded, _averaged;
    // What Current and Averaged hand out: both stay valid until the next step, so neither may be the other's.
    private readonly DiagonalWeights _currentRead, _averagedRead;
    // Workspace: the gradient, the perturbed point, the predictor and the mean of the weighted samples.
    private readonly DiagonalWeights _gradient, _perturbed;
    private readonly double[] _w, _r;
    private int[] _drawn = [];
    // The labels of the batch with their noise.
    private readonly double[] _labels;

    public DiagonalEngine(DiagonalWeights start, RegressionData data, OptimizerSpec optimizer)
    {
        (_samples, _rule, _sampler) = (data.Samples, optimizer.Rule, new BatchSampler(optimizer, data.Samples));
        _plain = _rule with { WarmStart = null, LabelNoise = null } == UpdateRule.Plain;
        _width = (data.Dimensions + Lanes - 1) / Lanes * Lanes;
        _x = new double[_samples * _width];
        for (var i = 0; i < _samples; i++) data.Features.Row(i).CopyTo(_x.AsSpan(i * _width));
        _y = [.. data.Labels];

        DiagonalWeights Zeros(int length) => new(new double[length], new double[length]);
        (_padded, _gradient, _perturbed) = (Zeros(_width), Zeros(_width), Zeros(_width));
        (_w, _r) = (new double[_width], new double[_width]);
        _labels = new double[optimizer.Match(gd => _samples, sgd => sgd.BatchSize)];
        start.CopyTo(_padded);
        (_currentRead, _averagedRead) = (start.Copy(), start.Copy());

        if (_rule.WarmStart is { } warm)
            for (long k = 0; k < warm.Steps; k++) Descend(_y, warm.Rate);
        _averaged = _padded.Copy();
    }

    public DiagonalWeights Current => Unpadded(_padded, _currentRead);

    public DiagonalWeights Averaged => Unpadded(_rule.Averaging is null ? _padded : _averaged, _averagedRead);

    public double Step(double rate, double noise = 0)
    {
        var batch = _sampler.Next();
        for (var b = 0; b < batch.Length; b++)
        {
            _labels[b] = noise == 0 ? _y[batch[b]] : _y[batch[b]]
            + noise * _sampler.Random.StandardNormal();
        }

        return !_plain ? StepByRule(batch, rate)
            : _sampler.Full ? Descend(_labels, rate)
            : batch.Length == 1 ? DescendOn(batch[0], _labels[0], rate)
            : StepByRule(batch, rate);
    }

    public bool MakesMany => _plain && !_sampler.Full && _labels.Length == 1;

    // The update of a step and the prediction of the next go over the weights together.
    public long MakeSteps(long first, long end, Func<long, double> rate)
    {
        ref double x = ref MemoryMarshal.GetArrayDataReference(_x), u = ref MemoryMarshal.GetArrayDataReference(_padded.U),
            v = ref MemoryMarshal.GetArrayDataReference(_padded.V);
        var sample = _sampler.Next()[0];
        var e = DiagonalKernels.Predict(ref Unsafe.Add(ref x, (nint)sample * _width), ref u, ref v, _width) - _y[sample];
        for (var k = first; ; k++)
        {
            if (!double.IsFinite(e * e / 2)) return k;
            var factor = rate(k) * e;
            ref var row = ref Unsafe.Add(ref x, (nint)sample * _width);
            if (k + 1 == end)
            {
                DiagonalKernels.Update(ref row, factor, ref u, ref v, _width);
                return end;
            }
            sample = _sampler.Next()[0];
            e = DiagonalKernels.UpdateAndPredict(ref row, factor, ref Unsafe.Add(ref x, (nint)sample * _width), ref u, ref v, _width)
                - _y[sample];
        }
    }

    public double MeanSquare()
    {
        for (var j = 0; j < _width; j++) _w[j] = _padded.U[j] * _padded.V[j];
        double squares = 0;
        for (var i = 0; i < _samples; i++)
        {
            var e = Numerics.Vectors.Dot(_x.AsSpan(i * _width, _width), _w) - _y[i];
            squares += e * e;
        }
        return squares / _samples;
    }

    public SamplerState Samples { get => _sampler.State; set => _sampler.State = value; }

    public EngineState Save() => EngineState.Of(Current.Flat, _rule.Averaging is null ? null : Averaged.Flat, Samples);

    public void Continue(EngineState state)
    {
        DiagonalWeights.OfFlat(state.Weights).CopyTo(_padded);
        DiagonalWeights.OfFlat(state.Averaged).CopyTo(_averaged);
        Samples = state.Samples;
    }

    public void Dispose() { }

    /// <summary>Whether its steps are those of a rule; what it does not know is a chain of rules.</summary>
    public static bool Knows(UpdateRule rule) =>
        rule.IsMadeOf(known => known with
        {
            Averaging = rule.Averaging,
            Normalized = rule.Normalized,
            Nesterov = rule.Nesterov,
            Sharpness = rule.Sharpness is { Normalized: false } sharpness ? sharpness : null,
        });

    public void Draw(double noise)
    {
        var batch = _sampler.Next();
        _drawn = batch.ToArray();
        for (var b = 0; b < batch.Length; b++)
            _labels[b] = noise == 0 ? _y[batch[b]] : _y[batch[b]] + noise * _sampler.Random.StandardNormal();
    }

    public double Gradient(ParameterVector at, ParameterVector gradient)
    {
        var (point, into, d) = (HostVector<double>.Of(at), HostVector<double>.Of(gradient), _currentRead.Dimensions);
        point.AsSpan(0, d).CopyTo(_perturbed.U);
        point.AsSpan(d).CopyTo(_perturbed.V);
        var loss = Gradient(_drawn, _perturbed);
        _gradient.U.AsSpan(0, d).CopyTo(into);
        _gradient.V.AsSpan(0, d).CopyTo(into.AsSpan(d));
        return loss;
    }

    public void MoveTo(ParameterVector iterate)
    {
        var (point, d) = (HostVector<double>.Of(iterate), _currentRead.Dimensions);
        point.AsSpan(0, d).CopyTo(_padded.U);
        point.AsSpan(d).CopyTo(_padded.V);
    }

    /// <summary>Where gradient descent on all samples leads from given weights, which stay as they are.</summary>
    public static DiagonalWeights Descend(DiagonalWeights from, RegressionData data, ValleyProjection valley)
    {
        using var engine = new DiagonalEngine(from, data, OptimizerSpec.GradientDescent(valley.Steps));
        for (var k = 0; k < valley.Steps; k++) engine.Step(valley.Rate);
        return engine.Current;
    }

    /// <summary>A plain step of gradient descent on all samples.</summary>
    private double Descend(double[] labels, double rate)
    {
        var u = Vectors(_padded.U);
        var v = Vectors(_padded.V);
        var w = Vectors(_w);
        var r = Vectors(_r);
        for (var j = 0; j < w.Length; j++) w[j] = u[j] * v[j];
        var squares = Weigh(w, labels, r);
        var factor = Vector256.Create(rate / _samples);
        for (var j = 0; j < r.Length; j++)
        {
            var (step, old) = (factor * r[j], u[j]);
            u[j] = Vector256.FusedMultiplyAdd(-step, v[j], old);
            v[j] = Vector256.FusedMultiplyAdd(-step, old, v[j]);
        }
        return squares / (2.0 * _samples);
    }

    /// <summary>A plain step on one sample.</summary>
    private double DescendOn(int sample, double label, double rate)
    {
        ref double x = ref _x[sample * _width], u = ref MemoryMarshal.GetArrayDataReference(_padded.U),
            v = ref MemoryMarshal.GetArrayDataReference(_padded.V);
        var e = DiagonalKernels.Predict(ref x, ref u, ref v, _width) - label;
        DiagonalKernels.Update(ref x, rate * e, ref u, ref v, _width);
        return e * e / 2;
    }

    /// <summary>r = Σ e_i x_i over all samples, for the predictor w; returns Σ e_i².</summary>
    private double Weigh(ReadOnlySpan<Vector256<double>> w, double[] labels, Span<Vector256<double>> r)
    {
        r.Clear();
        double squares = 0;
        var i = 0;
        // Four rows at once, so that w and r are read once for four; by reference, since the bounds checks of six spans cost as much as the
        // sums.
        ref var w0 = ref MemoryMarshal.GetReference(w);
        ref var r0 = ref MemoryMarshal.GetReference(r);
        for (; i <= _samples - 4; i += 4)
        {
            ref var x0 = ref MemoryMarshal.GetReference(Row(i));
            ref var x1 = ref MemoryMarshal.GetReference(Row(i + 1));
            ref var x2 = ref MemoryMarshal.GetReference(Row(i + 2));
            ref var x3 = ref MemoryMarshal.GetReference(Row(i + 3));
            Vector256<double> s0 = default, s1 = default, s2 = default, s3 = default;
            for (nint j = 0; j < w.Length; j++)
            {
                var wj = Unsafe.Add(ref w0, j);
                s0 = Vector256.FusedMultiplyAdd(Unsafe.Add(ref x0, j), wj, s0);
                s1 = Vector256.FusedMultiplyAdd(Unsafe.Add(ref x1, j), wj, s1);
                s2 = Vector256.FusedMultiplyAdd(Unsafe.Add(ref x2, j), wj, s2);
                s3 = Vector256.FusedMultiplyAdd(Unsafe.Add(ref x3, j), wj, s3);
            }
            var e0 = Vector256.Sum(s0) - labels[i];
            var e1 = Vector256.Sum(s1) - labels[i + 1];
            var e2 = Vector256.Sum(s2) - labels[i + 2];
            var e3 = Vector256.Sum(s3) - labels[i + 3];
            squares += e0 * e0 + e1 * e1 + (e2 * e2 + e3 * e3);
            var (f0, f1, f2, f3) = (Vector256.Create(e0), Vector256.Create(e1), Vector256.Create(e2), Vector256.Create(e3));
            for (nint j = 0; j < r.Length; j++)
            {
                ref var rj = ref Unsafe.Add(ref r0, j);
                var sum = Vector256.FusedMultiplyAdd(f0, Unsafe.Add(ref x0, j), rj);
                sum = Vector256.FusedMultiplyAdd(f1, Unsafe.Add(ref x1, j), sum);
                sum = Vector256.FusedMultiplyAdd(f2, Unsafe.Add(ref x2, j), sum);
                rj = Vector256.FusedMultiplyAdd(f3, Unsafe.Add(ref x3, j), sum);
            }
        }
        for (; i < _samples; i++)
        {
            var x = Row(i);
            var s = Vector256<double>.Zero;
            for (var j = 0; j < w.Length; j++) s = Vector256.FusedMultiplyAdd(x[j], w[j], s);
            var e = Vector256.Sum(s) - labels[i];
            squares += e * e;
            var f = Vector256.Create(e);
            for (var j = 0; j < r.Length; j++) r[j] = Vector256.FusedMultiplyAdd(f, x[j], r[j]);
        }
        return squares;
    }

    /// <summary>A step with everything that the rule asks for.</summary>
    private double StepByRule(ReadOnlySpan<int> batch, double rate)
    {
        var loss = Gradient(batch);
        if (_rule.Normalized) Normalise(_gradient);
        double[] u = _padded.U, v = _padded.V;
        for (var j = 0; j < u.Length; j++)
        {
            var (oldU, oldV) = (u[j], v[j]);
            u[j] = oldU - rate * _gradient.U[j] - _rule.WeightDecay * oldU - Pull(oldU, oldV);
            v[j] = oldV - rate * _gradient.V[j] - _rule.WeightDecay * oldV - Pull(oldV, oldU);
        }
        if (_rule.Averaging is { } a)
        {
            for (var j = 0; j < u.Length; j++)
            {
                _averaged.U[j] = a * _averaged.U[j] + (1 - a) * u[j];
                _averaged.V[j] = a * _averaged.V[j] + (1 - a) * v[j];
            }
        }

        return loss;

        double Pull(double weight, double other) => _rule.Balancing * weight * (Math.Abs(weight) > Math.Abs(other) ? 1 : -1);

        // Only where both gradients have a direction: at v = 0 that of u has none, and the step is a plain one.
        static void Normalise(DiagonalWeights gradient)
        {
            var (normU, normV) = (Numerics.Vectors.Norm(gradient.U), Numerics.Vectors.Norm(gradient.V));
            if (!(normU > 0 && normV > 0)) return;
            for (var j = 0; j < gradient.U.Length; j++) (gradient.U[j], gradient.V[j]) = (gradient.U[j] / normU, gradient.V[j] / normV);
        }
    }

    /// <summary>The gradient that the rule asks for; returns the loss of the batch at the iterate itself.</summary>
    private double Gradient(ReadOnlySpan<int> batch)
    {
        switch (_rule.Sharpness)
        {
            case null:
                return Gradient(batch, _padded);
            case { PerSample: true } sharpness:
                return PerSampleGradient(batch, sharpness);
            case var sharpness:
                var loss = Gradient(batch, _padded);
                for (var j = 0; j < _width; j++)
                {
                    _perturbed.U[j] = _padded.U[j] + sharpness.Radius * _gradient.U[j];
                    _perturbed.V[j] = _padded.V[j] + sharpness.Radius * _gradient.V[j];
                }
                Gradient(batch, _perturbed);
                return loss;
        }
    }

    /// <summary>The gradient of the batch loss at a point.</summary>
    private double Gradient(ReadOnlySpan<int> batch, DiagonalWeights at)
    {
        var (u, v) = (at.U, at.V);
        for (var j = 0; j < _width; j++) _w[j] = u[j] * v[j];
        Array.Clear(_r);
        double squares = 0;
        for (var b = 0; b < batch.Length; b++)
        {
            var x = _x.AsSpan(batch[b] * _width, _width);
            var e = Numerics.Vectors.Dot(x, _w) - _labels[b];
            squares += e * e;
            Numerics.Vectors.AddScaled(_r, e, x);
        }
        for (var j = 0; j < _width; j++)
        {
            var r = _r[j] / batch.Length;
            (_gradient.U[j], _gradient.V[j]) = (r * v[j], r * u[j]);
        }
        return squares / (2.0 * batch.Length);
    }

    /// <summary>
    /// The gradient of 1-SAM: the mean over samples of r̃ ∂r̃, r̃ = ⟨x, ũ⊙ṽ⟩ − y at ũ = u + 2ρr x⊙v and
    /// ṽ = v + 2ρr x⊙u. With the perturbation as a constant, ∂r̃/∂u = x⊙ṽ; with the derivative of the loss alone at it,
    /// x⊙v. Through it, ∂r̃/∂u = x⊙v + 4ρr x²⊙u + 4ρ²r² x³⊙v + C x⊙v with C = 2ρ⟨x², u² + v²⟩ + 8ρ²r⟨x³,
    /// u⊙v⟩; likewise for v.
    /// </summary>
    private double PerSampleGradient(ReadOnlySpan<int> batch, SharpnessAware sharpness)
    {
        double[] u = _padded.U, v = _padded.V;
        var rho = sharpness.Radius;
        double squares = 0;
        Array.Clear(_gradient.U);
        Array.Clear(_gradient.V);
        for (var b = 0; b < batch.Length; b++)
        {
            var x = _x.AsSpan(batch[b] * _width, _width);
            double prediction = 0, second = 0, third = 0;
            for (var j = 0; j < x.Length; j++)
            {
                var product = u[j] * v[j];
                prediction += x[j] * product;
                second += x[j] * x[j] * (u[j] * u[j] + v[j] * v[j]);
                third += x[j] * x[j] * x[j] * product;
            }
            var r = prediction - _labels[b];
            squares += r * r;
            var p = 2 * rho * r;
            // ⟨x, ũ⊙ṽ⟩ = ⟨x, u⊙v⟩ + p⟨x², u² + v²⟩ + p²⟨x³, u⊙v⟩.
            var perturbed = r + p * second + p * p * third;
            var weight = perturbed / batch.Length;
            var through = sharpness.OuterDerivative ? 2 * rho * second + 4 * rho * p * third : 0;
            for (var j = 0; j < x.Length; j++)
            {
                var px = p * x[j];
                var (du, dv) = sharpness.LossDerivativeOnly ? (v[j], u[j])
                    : sharpness.OuterDerivative
                    ? (v[j] + 2 * px * u[j] + px * px * v[j] + through * v[j], u[j] + 2 * px * v[j] + px * px * u[j] + through * u[j])
                    : (v[j] + px * u[j], u[j] + px * v[j]);
                _gradient.U[j] += weight * x[j] * du;
                _gradient.V[j] += weight * x[j] * dv;
            }
        }
        return squares / (2.0 * batch.Length);
    }

    private ReadOnlySpan<Vector256<double>> Row(int sample) => Vectors(_x.AsSpan(sample * _width, _width));

    private static Span<Vector256<double>> Vectors(Span<double> padded) => MemoryMarshal.Cast<double, Vector256<double>>(padded);

    private static DiagonalWeights Unpadded(DiagonalWeights padded, DiagonalWeights into)
    {
        padded.U.AsSpan(0, into.Dimensions).CopyTo(into.U);
        padded.V.AsSpan(0, into.Dimensions).CopyTo(into.V);
        return into;
    }
}
