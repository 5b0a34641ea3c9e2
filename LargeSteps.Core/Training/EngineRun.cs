using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Schedules;
using LargeSteps.Values;

namespace LargeSteps.Training;

/// <summary>A run of an engine whose iterates are on the host, with its twin where there is one: both make the same steps.</summary>
/// <typeparam name="TIterate">The weights as the engine has them.</typeparam>
internal abstract class EngineRun<TIterate> : ITrainingRun
{
    private readonly StepNoise _noise;
    private readonly ProbePlan _plan;
    private readonly KeptIterates _kept;
    private readonly IEngine<TIterate> _engine;
    private readonly IEngine<TIterate>? _twin;
    private readonly HostView<TIterate> _view;
    private readonly Instruments _instruments;
    private long _iteration;

    /// <param name="pipeline">The run.</param>
    /// <param name="engine">Makes its steps.</param>
    /// <param name="twin">Makes those of its twin, from weights that differ by such a part; asked where a probe needs it.</param>
    /// <param name="view">What probes see.</param>
    protected EngineRun(Pipeline pipeline, IEngine<TIterate> engine, Func<double, IEngine<TIterate>> twin, HostView<TIterate> view)
    {
        (_plan, Horizon, _engine, _view) = (pipeline.Probes, pipeline.Horizon, engine, view);
        Rate = pipeline.Schedule.Function(Horizon);
        _noise = StepNoises.Of(pipeline);
        if (_plan.TwinPerturbation is { } perturbation) _twin = twin(perturbation);
        _kept = new(_plan, Horizon);
        _view.See(0, _engine.Current, _kept, _twin);
        _instruments = new(_plan, _view);
    }

    public Horizon Horizon { get; }

    public Func<double, double> Rate { get; }

    public Items<string> Metrics => _instruments.Columns;

    public virtual bool IsDead => false;

    protected TIterate Current => _engine.Current;

    public double Step(double rate)
    {
        if (_kept.Wants(_iteration)) _kept.Keep(_iteration, _view.Vector(_engine.Current));
        var progress = Horizon.Progress(_iteration++);
        if (_twin is { } twin) twin.Step(rate, _noise(progress, twin));
        return _engine.Step(rate, _noise(progress, _engine));
    }

    public bool TryMeasure(Span<double> row)
    {
        if (!IsFinite()) return false;
        _view.See(_iteration, Measured(_plan.Averaged ? _engine.Averaged : _engine.Current), _kept, _twin);
        return _instruments.TryMeasure(_view, row, unlessDiverged: false);
    }

    public abstract bool IsFinite();

    public Items<double> MeasuredWeights() => _view.Weights.Values;

    public virtual void Dispose()
    {
        _instruments.Dispose();
        _engine.Dispose();
        _twin?.Dispose();
        _view.Dispose();
    }

    /// <summary>What is measured of an iterate.</summary>
    protected virtual TIterate Measured(TIterate iterate) => iterate;
}
