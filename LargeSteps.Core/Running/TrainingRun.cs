using LargeSteps.Datasets;
using LargeSteps.Models;
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
        pipeline.Model.Match(diagonal => new DiagonalRun(pipeline, diagonal, data, device));

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
}
