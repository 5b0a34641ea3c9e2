using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Models.Dense;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Schedules;

namespace LargeSteps.Running;

/// <summary>A pipeline made real: what the step loop drives.</summary>
internal interface ITrainingRun : IDisposable
{
    Horizon Horizon { get; }

    /// <summary>The step size over training progress.</summary>
    Func<double, double> Rate { get; }

    Items<string> Metrics { get; }

    /// <summary>Makes a step; returns the loss of the batch before it.</summary>
    double Step(double rate);

    /// <summary>Measures the current iterate; false, without a row, where its training loss is not finite.</summary>
    bool TryMeasure(Span<double> row);
}

/// <summary>Makes pipelines real.</summary>
internal static class TrainingRun
{
    /// <param name="pipeline">A pipeline without problems, see <see cref="PipelineChecks"/>.</param>
    /// <param name="data">The data of its dataset.</param>
    /// <param name="device">The device of the autograd engine, in libtorch's words: <c>cpu</c>, <c>cuda:0</c>.</param>
    public static ITrainingRun Create(Pipeline pipeline, RegressionData data, string device) =>
        pipeline.Model.Match<ITrainingRun>(
            diagonal => new DiagonalRun(pipeline, diagonal, data, device), relu => new ReluRun(pipeline, relu, data, device));

    private sealed class DiagonalRun : ITrainingRun
    {
        private readonly IEngine<DiagonalWeights> _engine;
        private readonly ProbePlan _plan;
        private readonly RegressionData _data;
        private readonly Instrument<DiagonalWeights> _instrument;
        private readonly IEngine<DiagonalWeights>? _twin;
        private long _iteration;

        public DiagonalRun(Pipeline pipeline, DiagonalLinear model, RegressionData data, string device)
        {
            (_plan, _data) = (pipeline.Probes, data);
            Horizon = pipeline.Horizon;
            Rate = pipeline.Schedule.Function(Horizon);
            _engine = EngineFrom(model);
            if (_plan.Measure.OfType<PredictabilityProbe>().FirstOrDefault() is { Perturbation: var p })
                _twin = EngineFrom(model with { U = model.U * (1 + p), V = model.V * (1 + p) });
            _instrument = Instrument<DiagonalWeights>.Join([.. _plan.Measure.Select(probe => DiagonalInstruments.Create(probe, data, () => (_twin!.Current, _iteration)))]);

            IEngine<DiagonalWeights> EngineFrom(DiagonalLinear start) => pipeline.Engine.Match<IEngine<DiagonalWeights>>(
                closedForm => new ClosedFormDiagonal(DiagonalWeights.Create(start, data.Dimensions), data, pipeline.Optimizer),
                autograd => AutogradDiagonal.On(device, start, data, pipeline.Optimizer));
        }

        public Horizon Horizon { get; }

        public Func<double, double> Rate { get; }

        public Items<string> Metrics => _instrument.Metrics;

        public double Step(double rate)
        {
            _twin?.Step(rate);
            _iteration++;
            return _engine.Step(rate);
        }

        public bool TryMeasure(Span<double> row)
        {
            if (!double.IsFinite(DiagonalInstruments.Loss(_data.Features, _data.Labels, _engine.Current))) return false;
            var iterate = _plan.Averaged ? _engine.Averaged : _engine.Current;
            _instrument.Measure(_plan.Valley is { } valley ? ClosedFormDiagonal.Descend(iterate, _data, valley) : iterate, row);
            return true;
        }

        public void Dispose()
        {
            _engine.Dispose();
            _twin?.Dispose();
        }
    }

    private sealed class ReluRun : ITrainingRun
    {
        private readonly IEngine<DenseWeights<float>> _engine;
        private readonly bool _averaged;
        private readonly Instrument<DenseWeights<float>> _instrument, _losses;
        private readonly double[] _loss = new double[2];

        public ReluRun(Pipeline pipeline, ReluNetwork model, RegressionData data, string device)
        {
            Horizon = pipeline.Horizon;
            Rate = pipeline.Schedule.Function(Horizon);
            _averaged = pipeline.Probes.Averaged;
            // The initial weights are drawn by libtorch, whatever computes the gradients.
            NativeLibraries.EnsureLoaded();
            var shape = new DenseShape([data.Dimensions, .. model.Hidden, 1], model.Biases);
            using var random = new TorchRandom(model.Seed);
            var start = model.Initialisation.Match(
                usual => DenseInitialisers.Default(shape, random),
                gaussian => DenseInitialisers.Gaussian(shape, gaussian.Scales, random),
                blanc => DenseInitialisers.Blanc(shape, blanc.First, blanc.Bias, blanc.Output, random));
            var rule = new DenseRule(Averaging: pipeline.Optimizer.Rule.Averaging);
            var (batch, seed) = pipeline.Optimizer.Match(gd => (0, 0u), sgd => (sgd.BatchSize, sgd.Seed));
            _engine = pipeline.Engine.Match<IEngine<DenseWeights<float>>>(
                closedForm => new ClosedFormDense<float>(start, data, rule, batch, seed),
                autograd => AutogradDense<float>.On(device, start, data, rule, batch, seed));
            _losses = DenseInstruments<float>.Losses(shape, data);
            var points = new Lazy<Matrix>(() => data.Dimensions == 1
                ? JacobianPoints.Uniform(data, shape.Parameters, Horizon.Steps, batch, seed)
                : JacobianPoints.FirstTest(shape, data));
            _instrument = Instrument<DenseWeights<float>>.Join([.. pipeline.Probes.Measure.Select(probe => InstrumentOf(probe, model, shape, data, start, points))]);
        }

        public Horizon Horizon { get; }

        public Func<double, double> Rate { get; }

        public Items<string> Metrics => _instrument.Metrics;

        public double Step(double rate) => _engine.Step(rate);

        public bool TryMeasure(Span<double> row)
        {
            _losses.Measure(_engine.Current, _loss);
            if (!double.IsFinite(_loss[0])) return false;
            _instrument.Measure(_averaged ? _engine.Averaged : _engine.Current, row);
            return true;
        }

        public void Dispose() => _engine.Dispose();

        /// <summary>The instrument of a probe, under the names that tables have for it.</summary>
        private static Instrument<DenseWeights<float>> InstrumentOf(
            ProbeSpec probe, ReluNetwork model, DenseShape shape, RegressionData data, DenseWeights<float> start, Lazy<Matrix> points) =>
            probe.Match(
                losses => DenseInstruments<float>.Losses(shape, data),
                norm => DenseInstruments<float>.ParameterNorm(),
                rank => DenseInstruments<float>.JacobianRank(shape, points.Value, rank.Thresholds),
                hessian => throw new System.Diagnostics.UnreachableException(),
                predictability => throw new System.Diagnostics.UnreachableException(),
                feature => feature.Of.Match(
                    sparsity => DenseInstruments<float>.Sparsity(shape, data, sparsity.Threshold),
                    activePercent => DenseInstruments<float>.ActivePercent(shape, data),
                    activeUnits => DenseInstruments<float>.ActiveUnits(shape, data),
                    nuclearNorm => Instrument<DenseWeights<float>>.Join([DenseInstruments<float>.FeatureNuclearNorm(shape, data), DenseInstruments<float>.WeightNuclearNorm(shape)]),
                    entropyRank => DenseInstruments<float>.FeatureEntropyRank(shape, points.Value),
                    patternDistance => DenseInstruments<float>.ActivationPatternDistance(shape, data, start),
                    unitGroups => DenseInstruments<float>.JacobianUnitGroups(shape, data, unitGroups.Threshold))) with
            {
                Metrics = MetricNames.Of(probe, model),
            };
    }
}
