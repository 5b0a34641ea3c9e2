using System.Globalization;
using LargeSteps.Formats;
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
    private const string Weights = "weights", Kept = "kept/", Steps = "steps", Samples = "samples", Iteration = "iteration",
        Twin = "twin/";

    private readonly Pipeline _pipeline;
    private readonly StepNoise _noise;
    private readonly bool _isQuiet;
    private readonly Func<long, double> _rateAt;
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
        (_pipeline, _plan, Horizon, _engine, _view) = (pipeline, pipeline.Probes, pipeline.Horizon, engine, view);
        Rate = pipeline.Schedule.StepFunction(Horizon);
        _rateAt = step => Rate(Horizon.Progress(step));
        (_noise, _isQuiet) = (StepNoises.Of(pipeline), pipeline.Optimizer.Rule.LabelNoise is null);
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

    public bool AreStepsShort => Many is not null;

    public long MakeSteps(long first, long end)
    {
        var many = Many;
        for (var k = first; k < end;)
        {
            var stop = many is null ? k : Math.Min(end, _kept.Next(k));
            if (stop > k)
            {
                var made = many!.MakeSteps(k, stop, _rateAt);
                if (made < stop) return made;
                k = _iteration = stop;
            }
            else
            {
                if (!double.IsFinite(Step(_rateAt(k)))) return k;
                k++;
            }
        }
        return end;
    }

    private IManySteps? Many => _twin is null && _isQuiet && _engine is IManySteps { MakesMany: true } engine ? engine : null;

    public bool TryMeasure(Span<double> row)
    {
        if (!IsFinite()) return false;
        _view.See(_iteration, Measured(_plan.Averaged ? _engine.Averaged : _engine.Current), _kept, _twin);
        return _instruments.TryMeasure(_view, row, unlessDiverged: false);
    }

    public abstract bool IsFinite();

    public Items<double> MeasuredWeights() => _view.Weights.Values;

    public Items<double> Iterate() => _view.Vector(_engine.Current).Values;

    public RunView View => _view;

    public TrainingState Save()
    {
        var engines = Engines.Select(each => (each.Prefix, State: each.Engine.Save())).ToArray();
        return new(
            Items.From(engines.SelectMany(each => each.State.Kept.Select(kept => Tensor(each.Prefix + Kept + kept.Key, kept.Value))
                .Prepend(Tensor(each.Prefix + Weights, each.State.Weights)))
                .Concat(Iterates.Where(kept => kept.Iterate is not null)
                    .Select(kept => Tensor(kept.Name, [.. kept.Iterate!.Values])))),
            new Dictionary<string, string>([.. _instruments.State, .. _kept.Places, .. engines.SelectMany(each => new[]
            {
                KeyValuePair.Create(each.Prefix + Steps, each.State.Steps.ToString(CultureInfo.InvariantCulture)),
                KeyValuePair.Create(each.Prefix + Samples, each.State.Samples.Text),
            })])
            {
                [Iteration] = _iteration.ToString(CultureInfo.InvariantCulture),
            });

        static NamedTensor Tensor(string name, double[] values) => NamedTensor.Of<double>(name, [values.Length], values);
    }

    public void Continue(TrainingState state, Pipeline parent)
    {
        var tensors = state.Tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Values<double>().ToArray());
        foreach (var (prefix, engine) in Engines)
        {
            // What has drawn nothing has no stream to go on with, nor has another seed.
            var samples = SamplerState.Parse(state.Texts[prefix + Samples]);
            var kept = tensors.Where(tensor => tensor.Key.StartsWith(prefix + Kept, StringComparison.Ordinal))
                .ToDictionary(tensor => tensor.Key[(prefix + Kept).Length..], tensor => tensor.Value);
            engine.Continue(new(tensors[prefix + Weights], kept,
                ForkStart.BeginsAdam(_pipeline, parent) ? 0 : long.Parse(state.Texts[prefix + Steps], CultureInfo.InvariantCulture),
                !ForkStart.GoesOnDrawing(_pipeline, parent) ? engine.Save().Samples
                    : parent.Optimizer.Batch == _pipeline.Optimizer.Batch ? samples : samples.NextEpoch));
        }
        _iteration = long.Parse(state.Texts[Iteration], CultureInfo.InvariantCulture);
        foreach (var (name, _) in Iterates.Reverse())
            if (tensors.TryGetValue(name, out var iterate)) _kept.Keep(0, new HostVector<double>(iterate));
        _kept.Restore(state.Texts, _iteration);
        _instruments.Restore(state.Texts);
    }

    public virtual void Dispose()
    {
        _instruments.Dispose();
        _engine.Dispose();
        _twin?.Dispose();
        _view.Dispose();
    }

    private IEnumerable<(string Prefix, IEngine<TIterate> Engine)> Engines =>
        _twin is null ? [("", _engine)] : [("", _engine), (Twin, _twin)];

    private IEnumerable<(string Name, ParameterVector? Iterate)> Iterates =>
        [("previous", _kept.Previous), ("before_previous", _kept.BeforePrevious)];

    /// <summary>What is measured of an iterate.</summary>
    protected virtual TIterate Measured(TIterate iterate) => iterate;
}
