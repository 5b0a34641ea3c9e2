using LargeSteps.Models.Deep;
using LargeSteps.Numerics;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Values;
using static TorchSharp.torch;

namespace LargeSteps.Training.Deep;

/// <summary>The probes of a deep network, made real. A measurement depends on the iterate and its number alone, and changes
/// neither.</summary>
internal sealed class DeepProbes : IDisposable
{
    /// <summary>Of how many training samples the loss is whose gradient and curvature are measured, where a probe does not say.</summary>
    public const int DefaultSamples = 512;

    private readonly DeepEngine _engine;
    private readonly DeepBatches _batches;
    private readonly int _training;
    private readonly List<Part> _parts = [];
    private readonly List<IDisposable> _owned = [];

    private sealed record Part(int Columns, Fill Fill);

    private delegate void Fill(Moment moment, Span<double> row);

    /// <summary>What a measurement looks at.</summary>
    private sealed record Moment(long Iteration, Tensor? Previous, Tensor? BeforePrevious);

    public DeepProbes(Pipeline pipeline, DeepNetwork model, DeepEngine engine, DeepBatches batches)
    {
        (_engine, _batches) = (engine, batches);
        Metrics = Items.From(pipeline.Probes.Measure.SelectMany(probe => MetricNames.Of(probe, model, pipeline.Dataset)));
        _training = Metrics.AsSpan().IndexOf("train_loss");
        foreach (var probe in pipeline.Probes.Measure) _parts.Add(new(MetricNames.Of(probe, model, pipeline.Dataset).Count,
            FillOf(probe, pipeline)));
    }

    /// <summary>The columns.</summary>
    public Items<string> Metrics { get; }

    /// <summary>Measures the current iterate; false where its training loss is not finite.</summary>
    /// <param name="iteration">The number of steps made.</param>
    /// <param name="previous">The flat weights one step before; null where nobody asks.</param>
    /// <param name="beforePrevious">Those two steps before.</param>
    /// <param name="row">A place for each metric.</param>
    public bool TryMeasure(long iteration, Tensor? previous, Tensor? beforePrevious, Span<double> row)
    {
        var moment = new Moment(iteration, previous, beforePrevious);
        var rest = row;
        foreach (var (columns, fill) in _parts)
        {
            fill(moment, rest[..columns]);
            rest = rest[columns..];
            if (_training >= 0 && row.Length - rest.Length > _training && !double.IsFinite(row[_training])) return false;
        }
        return true;
    }

    public void Dispose()
    {
        foreach (var owned in _owned) owned.Dispose();
    }

    /// <summary>The loss of the first training images in evaluation mode.</summary>
    public double EvaluatedLoss()
    {
        using var scope = NewDisposeScope();
        return _engine.Evaluate(_engine.Weights, _engine.Statistics, [_batches.FirstOf(DefaultSamples)]).Loss;
    }

    /// <summary>The weights, flat, in the order of <see cref="Snapshot"/>.</summary>
    public Items<double> Weights() => _engine.Network.ToVector(_engine.Weights);

    private Fill FillOf(ProbeSpec probe, Pipeline pipeline) => probe.Match<Fill>(
        losses => (moment, row) => Losses(moment, losses, row),
        norm => norm.Of.Match<Fill>(
            l0 => throw new System.Diagnostics.UnreachableException(),
            l1 => throw new System.Diagnostics.UnreachableException(),
            parameters => (_, row) => row[0] = Norm(_engine.Weights.detach()),
            balancedness => throw new System.Diagnostics.UnreachableException(),
            l2Term => (_, row) => row[0] = 0.5 * pipeline.Optimizer.Rule.WeightDecay * Math.Pow(Norm(_engine.Weights.detach()), 2)),
        rank => throw new System.Diagnostics.UnreachableException(),
        dynamics => dynamics.Of.Match<Fill>(
            hessian => throw new System.Diagnostics.UnreachableException(),
            predictability => throw new System.Diagnostics.UnreachableException(),
            SharpnessOf,
            bounce => (moment, row) => Bounced(moment, bounce.Samples ?? DefaultSamples, row),
            gradient => (_, row) => row[0] = GradientNorm(gradient.Samples ?? DefaultSamples),
            noise => (_, row) => row[0] = GradientNoise(noise.Samples ?? DefaultSamples),
            // The step loop has the clock.
            seconds => (_, row) => row[0] = double.NaN),
        feature => SparsityOf((FeatureSparsity)feature.Of),
        custom => (moment, row) => row[0] = custom.Measure(new(pipeline.Target, null, moment.Iteration, Weights,
            (weights, points) => ModelFunction.Outputs(pipeline.Model, weights, points))));

    private void Losses(Moment moment, LossesProbe probe, Span<double> row)
    {
        Of(_engine.Weights, _engine.Statistics, row);
        if (!probe.Averaged) return;
        // Averaged weights have no statistics of their own: they are those of a pass over the training set.
        using var statistics = _engine.Reestimate(_engine.Averaged, _batches.Epoch(moment.Iteration));
        Of(_engine.Averaged, statistics, row[(row.Length / 2)..]);

        void Of(Tensor weights, NormStatistics statistics, Span<double> into)
        {
            var train = _engine.Evaluate(weights, statistics, _batches.Training(probe, moment.Iteration));
            var test = _engine.Evaluate(weights, statistics, _batches.Test(probe));
            (into[0], into[1], into[2], into[3]) = (train.Loss, test.Loss, train.Error, test.Error);
            if (_batches.Validation() is not { } images) return;
            var validation = _engine.Evaluate(weights, statistics, images);
            (into[4], into[5]) = (validation.Loss, validation.Error);
        }
    }

    private Fill SparsityOf(FeatureSparsity spec)
    {
        var sparsity = new DeepSparsity(_engine.Network, seed: 0, spec.Threshold, spec.Units, spec.NormalisedRows);
        _owned.Add(sparsity);
        return (_, row) =>
        {
            var blocks = sparsity.Measure(_engine.Weights, _engine.Statistics, _batches.First(spec.Samples));
            for (var b = 0; b < blocks.Count; b++) (row[2 * b], row[2 * b + 1]) = (blocks[b].Raw, blocks[b].Deduplicated);
        };
    }

    private Fill SharpnessOf(Sharpness spec)
    {
        var lanczos = new Lanczos(spec.MaxIterations);
        return (_, row) =>
        {
            using var curvature = new LossCurvature(_engine.Network, _engine.Weights, _batches.FirstOf(spec.Samples ?? DefaultSamples));
            var found = curvature.Sharpness(lanczos, spec.Tolerance);
            row[0] = found.Value;
            row[1] = double.IsNaN(found.Value) ? double.NaN : found.Residual == 0 ? 0 : found.Residual / Math.Abs(found.Value);
        };
    }

    private void Bounced(Moment moment, int samples, Span<double> row)
    {
        row.Fill(double.NaN);
        if (moment is not { Previous: { } previous, BeforePrevious: { } before }) return;
        var current = _engine.Weights.detach();
        Tensor last = current.sub(previous), earlier = previous.sub(before);
        row[0] = last.dot(earlier).item<float>() / (Norm(last) * Norm(earlier));
        var middle = current.lerp(previous, tensor(0.5f, device: current.device));
        var batch = _batches.FirstOf(samples);
        row[1] = LossAt(middle) - (LossAt(current) + LossAt(previous)) / 2;

        double LossAt(Tensor weights)
        {
            using var scope = NewDisposeScope();
            using var noGradient = no_grad();
            using var aside = _engine.Network.NewStatistics(weights.device);
            return _engine.Network.Loss(weights, aside, batch.Images, batch.Labels, training: true,
                precision: DeepPrecision.Float32).item<float>();
        }
    }

    private double GradientNorm(int samples)
    {
        using var scope = NewDisposeScope();
        var batch = _batches.FirstOf(samples);
        using var aside = _engine.Network.NewStatistics(_engine.Device);
        var loss = _engine.Network.Loss(_engine.Weights, aside, batch.Images, batch.Labels, training: true,
            precision: DeepPrecision.Float32);
        return Norm(autograd.grad([loss], [_engine.Weights])[0]);
    }

    private double GradientNoise(int samples)
    {
        var (squares, count) = (0.0, 0);
        foreach (var one in _batches.Singles(samples))
        {
            using var scope = NewDisposeScope();
            var loss = _engine.Network.Loss(_engine.Weights, _engine.Statistics, one.Images, one.Labels, training: false,
                precision: DeepPrecision.Float32);
            squares += Math.Pow(Norm(autograd.grad([loss], [_engine.Weights])[0]), 2);
            count++;
        }
        return squares / count;
    }

    private static double Norm(Tensor flat)
    {
        using var scope = NewDisposeScope();
        return Math.Sqrt(flat.dot(flat).item<float>());
    }
}
