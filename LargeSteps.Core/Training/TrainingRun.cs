using System.Numerics;
using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Training.Deep;
using LargeSteps.Training.Diagonal;
using LargeSteps.Training.Modules;
using LargeSteps.Training.Relu;
using LargeSteps.Values;

namespace LargeSteps.Training;

/// <summary>A pipeline made real: what the step loop drives.</summary>
internal interface ITrainingRun : IDisposable
{
    Horizon Horizon { get; }

    /// <summary>The step size over training progress.</summary>
    Func<double, double> Rate { get; }

    Items<string> Metrics { get; }

    /// <summary>Makes a step; returns the loss of the batch before it, or, where that would have to be waited for, the last one that is
    /// known.</summary>
    double Step(double rate);

    /// <summary>Measures the current iterate; false, without a row, where its training loss is not finite.</summary>
    bool TryMeasure(Span<double> row);

    /// <summary>Whether the training loss of the current iterate is finite, of a deep network that of some training images in evaluation
    /// mode.</summary>
    bool IsFinite();

    /// <summary>The weights that were measured, flat, in the order of <see cref="Snapshot"/>; asked for after a measurement and before the
    /// next step.</summary>
    Items<double> MeasuredWeights();

    /// <summary>Whether the current iterate is dead, see <see cref="DeadRun"/>.</summary>
    bool IsDead => false;

    /// <summary>What to go on from; null where the run is so short that it is made again instead.</summary>
    TrainingState? Save() => null;

    /// <summary>Goes on from what <see cref="Save"/> gave at some iteration of the same pipeline.</summary>
    void Restore(TrainingState state) => throw new NotSupportedException("This run has no state to restore.");
}

/// <summary>Makes pipelines real.</summary>
internal static class TrainingRun
{
    /// <param name="pipeline">A pipeline without problems, see <see cref="PipelineChecks"/>.</param>
    /// <param name="data">The data of its dataset.</param>
    /// <param name="device">The device of the autograd engine, in libtorch's words: <c>cpu</c>, <c>cuda:0</c>.</param>
    public static ITrainingRun Create(Pipeline pipeline, LoadedData data, string device) =>
        pipeline.Model.Match<ITrainingRun>(
            diagonal => new DiagonalRun(pipeline, diagonal, data.Table, device),
            relu => relu.Precision.Match<ITrainingRun>(
                bits32 => new ReluRun<float>(pipeline, relu, data.Table, device), bits64 => new ReluRun<double>(pipeline, relu, data.Table,
                    device)),
            deep => new DeepRun(pipeline, deep, data.Images, device),
            custom => new CustomRun(pipeline, custom, data.Table, device));

    /// <summary>A run of an engine, with its twin where there is one: both make the same steps.</summary>
    private abstract class EngineRun<TIterate> : ITrainingRun
    {
        private readonly StepNoise _noise;
        private long _iteration;

        protected EngineRun(Pipeline pipeline)
        {
            Horizon = pipeline.Horizon;
            Rate = pipeline.Schedule.Function(Horizon);
            _noise = StepNoises.Of(pipeline);
        }

        public Horizon Horizon { get; }

        public Func<double, double> Rate { get; }

        public abstract Items<string> Metrics { get; }

        public virtual bool IsDead => false;

        // Made by the constructors of the runs.
        protected IEngine<TIterate> Engine { get; init; } = null!;

        protected IEngine<TIterate>? Twin { get; init; }

        protected RunDynamics<TIterate> Dynamics { get; init; } = null!;

        public double Step(double rate)
        {
            Dynamics.BeforeStep();
            var progress = Horizon.Progress(_iteration++);
            if (Twin is { } twin) twin.Step(rate, _noise(progress, twin));
            return Engine.Step(rate, _noise(progress, Engine));
        }

        public abstract bool TryMeasure(Span<double> row);

        public abstract bool IsFinite();

        public abstract Items<double> MeasuredWeights();

        public void Dispose()
        {
            Engine.Dispose();
            Twin?.Dispose();
            Dynamics.Dispose();
        }
    }

    private sealed class DiagonalRun : EngineRun<DiagonalWeights>
    {
        private readonly ProbePlan _plan;
        private readonly RegressionData _data;
        private readonly Instrument<DiagonalWeights> _instrument;
        private DiagonalWeights? _measured;

        public DiagonalRun(Pipeline pipeline, DiagonalLinear model, RegressionData data, string device) : base(pipeline)
        {
            (_plan, _data) = (pipeline.Probes, data);
            var start = DiagonalWeights.Create(model, data.Dimensions);
            Engine = EngineFrom(start);
            if (RunDynamics<DiagonalWeights>.PerturbationOf(_plan) is { } p) Twin = EngineFrom(start.Scaled(1 + p));
            Dynamics = new(_plan, Horizon, data.Samples, LossOn, w => [.. w.U, .. w.V], () => Engine.Current, () => Twin!.Current,
                (k, weights) => new(pipeline.Target, data, k, weights, (w, points) => ModelFunction.Outputs(pipeline.Model, w, points)));
            _instrument = Instrument<DiagonalWeights>.Join([.. _plan.Measure.Select(probe => DiagonalInstruments.Create(probe, data,
                Dynamics))]);

            ITrainingLoss LossOn(Range samples) => pipeline.Engine.Match<ITrainingLoss>(
                closedForm => new DiagonalTrainingLoss(data.Part(samples)),
                autograd => AutogradTrainingLoss.OfDiagonal(device, data.Part(samples)));

            IEngine<DiagonalWeights> EngineFrom(DiagonalWeights from) => pipeline.Engine.Match<IEngine<DiagonalWeights>>(
                closedForm => new ClosedFormDiagonal(from, data, pipeline.Optimizer),
                autograd => AutogradDiagonal.On(device, from, data, pipeline.Optimizer));
        }

        public override Items<string> Metrics => _instrument.Metrics;

        public override bool TryMeasure(Span<double> row)
        {
            if (!IsFinite()) return false;
            var iterate = _plan.Averaged ? Engine.Averaged : Engine.Current;
            _measured = _plan.Valley is { } valley ? ClosedFormDiagonal.Descend(iterate, _data, valley) : iterate;
            _instrument.Measure(_measured, row);
            return true;
        }

        public override bool IsFinite() => double.IsFinite(DiagonalInstruments.Loss(_data.Features, _data.Labels, Engine.Current));

        public override Items<double> MeasuredWeights() => [.. _measured!.U, .. _measured.V];
    }

    private sealed class ReluRun<T> : EngineRun<ReluWeights<T>> where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private readonly bool _averaged;
        private readonly Instrument<ReluWeights<T>> _instrument, _losses;
        private readonly ReluForward<T> _training;
        private readonly double[] _loss = new double[2];

        public ReluRun(Pipeline pipeline, ReluNetwork model, RegressionData data, string device) : base(pipeline)
        {
            _averaged = pipeline.Probes.Averaged;
            // The initial weights are drawn by libtorch, whatever computes the gradients.
            NativeLibraries.EnsureLoaded();
            var shape = ReluShape.Of(model, data.Dimensions);
            using var random = new TorchRandom(model.Seed);
            var start = model.Initialisation.Match(
                usual => ReluInitialisers.Default(shape, random),
                gaussian => ReluInitialisers.Gaussian(shape, gaussian.Scales, random),
                blanc => ReluInitialisers.Blanc(shape, blanc.First, blanc.Bias, blanc.Output, random),
                balanced => ReluInitialisers.Balanced(shape, balanced.Scale, random)).As<T>();
            var loss = model.Loss.Match(squared => ReluLoss.Squared, logistic => ReluLoss.Logistic);
            var rule = new ReluRule(loss, pipeline.Optimizer.Rule.Averaging, pipeline.Optimizer.Rule.WeightDecay);
            var (batch, seed) = pipeline.Optimizer.Match(gd => (0, gd.Seed), sgd => (sgd.BatchSize, sgd.Seed));
            Engine = EngineFrom(start);
            if (RunDynamics<ReluWeights<T>>.PerturbationOf(pipeline.Probes) is { } p)
                Twin = EngineFrom(new(shape, Array.ConvertAll(start.Values,
                    w => T.CreateTruncating(double.CreateTruncating(w) * (1 + p)))));
            Dynamics = new(pipeline.Probes, Horizon, data.Samples, LossOn, w => w.As<double>().Values, () => Engine.Current,
                () => Twin!.Current,
                (k, weights) => new(pipeline.Target, data, k, weights, (w, points) => ModelFunction.Outputs(pipeline.Model, w, points)));
            _losses = ReluInstruments<T>.Losses(shape, data, loss);
            _training = new ReluForward<T>(shape, data.Features);
            var points = new Lazy<Matrix>(() => data.Dimensions == 1
                ? JacobianPoints.Uniform(data, shape.Parameters, Horizon.Steps, batch, seed, NoisySteps())
                : JacobianPoints.FirstTest(shape, data));
            _instrument = Instrument<ReluWeights<T>>.Join([.. pipeline.Probes.Measure.Select(probe => InstrumentOf(probe, model, shape,
                data, start, loss, points, Dynamics))]);

            Func<long, bool> NoisySteps()
            {
                var draws = StepNoises.Draws(pipeline.Optimizer.Rule.LabelNoise, Horizon);
                return k => draws(Horizon.Progress(k));
            }

            IEngine<ReluWeights<T>> EngineFrom(ReluWeights<T> from) => pipeline.Engine.Match<IEngine<ReluWeights<T>>>(
                closedForm => new ClosedFormRelu<T>(from, data, rule, batch, seed),
                autograd => AutogradRelu<T>.On(device, from, data, rule, batch, seed));

            ITrainingLoss LossOn(Range samples) => pipeline.Engine.Match<ITrainingLoss>(
                closedForm => new ReluTrainingLoss(shape, data.Part(samples), rule.Loss),
                autograd => AutogradTrainingLoss.OfRelu(device, shape, data.Part(samples), rule.Loss));
        }

        public override Items<string> Metrics => _instrument.Metrics;

        public override bool TryMeasure(Span<double> row)
        {
            if (!IsFinite()) return false;
            _instrument.Measure(Measured, row);
            return true;
        }

        public override bool IsFinite()
        {
            _losses.Measure(Engine.Current, _loss);
            return double.IsFinite(_loss[0]);
        }

        public override Items<double> MeasuredWeights() => Items.From(Measured.Values.Select(double.CreateTruncating));

        public override bool IsDead => _training.IsDead(Engine.Current);

        private ReluWeights<T> Measured => _averaged ? Engine.Averaged : Engine.Current;

        /// <summary>The instrument of a probe, under the names that tables have for it.</summary>
        private static Instrument<ReluWeights<T>> InstrumentOf(
            ProbeSpec probe, ReluNetwork model, ReluShape shape, RegressionData data, ReluWeights<T> start, ReluLoss loss,
                Lazy<Matrix> points,
            RunDynamics<ReluWeights<T>> dynamics) =>
            probe.Match(
                losses => ReluInstruments<T>.Losses(shape, data, loss),
                norm => ReluInstruments<T>.ParameterNorm(),
                rank => ReluInstruments<T>.JacobianRank(shape, points.Value, rank.Thresholds),
                ofRun => new([], dynamics.Of(ofRun.Of)),
                feature => feature.Of.Match(
                    sparsity => ReluInstruments<T>.Sparsity(shape, data, sparsity.Threshold),
                    activePercent => ReluInstruments<T>.ActivePercent(shape, data),
                    activeUnits => ReluInstruments<T>.ActiveUnits(shape, data),
                    nuclearNorm => Instrument<ReluWeights<T>>.Join([ReluInstruments<T>.FeatureNuclearNorm(shape, data),
                        ReluInstruments<T>.WeightNuclearNorm(shape)]),
                    entropyRank => ReluInstruments<T>.FeatureEntropyRank(shape, points.Value),
                    patternDistance => ReluInstruments<T>.ActivationPatternDistance(shape, data, start),
                    unitGroups => ReluInstruments<T>.JacobianUnitGroups(shape, data, unitGroups.Threshold)),
                custom => new([], dynamics.Of(custom))) with
            {
                Metrics = MetricNames.Of(probe, model),
            };
    }
}
