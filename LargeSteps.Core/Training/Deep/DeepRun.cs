using System.Globalization;
using LargeSteps.Datasets.Images;
using LargeSteps.Formats;
using LargeSteps.Models.Deep;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Schedules;
using LargeSteps.Values;
using TorchSharp;
using static TorchSharp.torch;

namespace LargeSteps.Training.Deep;

/// <summary>
/// A run of a deep network. What is random in a step or a measurement is drawn from a stream of its own, seeded by the run's seed and its
/// number, so that a checkpoint keeps no stream, and what is measured changes no step.
/// </summary>
internal sealed class DeepRun : ITrainingRun
{
    // Reading a loss waits for the device: a run that has diverged may go on for so long.
    private const int LossEvery = 32;
    private const string Iteration = "iteration", KnownLoss = "known_loss", LastLoss = "last_loss", RuleSteps = "rule_steps",
        RuleMomentum = DeepWeights.Rules + "momentum/";

    private readonly UpdateRule _rule;
    private readonly Pipeline _pipeline;
    private readonly FlatNetwork _network;
    private readonly DeepEngine _engine;
    private readonly DeepBatches _batches;
    private readonly DeepEngine? _twin;
    private readonly KeptIterates _kept;
    private readonly DeepView _view;
    private readonly Instruments _instruments;
    private readonly Func<double, double> _noise;
    private long _iteration;
    // Of the last step; read only where a run has gone on from a checkpoint and made no step yet.
    private double? _restoredLoss;
    private double _loss;

    public DeepRun(Pipeline pipeline, DeepNetwork model, ImageSet data, string device)
    {
        var optimizer = pipeline.Optimizer;
        (_rule, _pipeline, Horizon) = (optimizer.Rule, pipeline, pipeline.Horizon);
        var seed = optimizer.Match(gd => gd.Seed, sgd => sgd.Seed);
        (Rate, _noise) = (pipeline.Schedule.StepFunction(Horizon), StepNoises.OfClasses(pipeline));
        NativeLibraries.EnsureLoaded();
        var on = new Device(device);
        _network = FlatNetwork.Of(model, data.Train.Shape, data.Classes);
        using (var start = _network.Initial(model.Seed))
        {
            _engine = new DeepEngine(_network, start, _rule, on, optimizer.Chunk, model.AllowsTf32);
        }

        _batches = new DeepBatches(data, pipeline.Dataset.AsImages!, optimizer.Batch, seed, _rule.LabelNoise is not null, device,
            OrderOf(optimizer, data.Train.Count), optimizer.Chunk);
        if (model.Weights is { } path) Begin(path, model.WeightsAt);
        if (pipeline.Probes.TwinPerturbation is { } perturbation) _twin = TwinOf(perturbation);
        _kept = new(pipeline.Probes, Horizon);
        _view = new(pipeline.Target, _engine, _batches, () => _iteration, _kept, _twin);
        // What a probe keeps between measurements has no scope.
        _instruments = new(pipeline.Probes, _view);
    }

    public Horizon Horizon { get; }

    public Func<double, double> Rate { get; }

    public Items<string> Metrics => _instruments.Columns;

    public double Step(double rate)
    {
        if (_kept.Wants(_iteration)) KeepIterate();
        using var scope = NewDisposeScope();
        using var computing = _engine.Computing();
        _restoredLoss = null;
        var batch = _batches.Next(_noise(Horizon.Progress(_iteration)));
        _engine.Step(batch, rate);
        _twin?.Step(batch, rate);
        if (++_iteration % LossEvery == 0) _loss = _engine.LastLoss();
        return _loss;
    }

    public bool TryMeasure(Span<double> row)
    {
        if (_iteration > 0) _loss = _restoredLoss ?? _engine.LastLoss();
        if (!double.IsFinite(_loss)) return false;
        using var scope = NewDisposeScope();
        return _instruments.TryMeasure(_view, row, unlessDiverged: true);
    }

    public bool IsFinite()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        return double.IsFinite(_restoredLoss ?? (_iteration > 0 ? _engine.LastLoss() : 0)) && _engine.Weights.isfinite().all().item<bool>()
            && double.IsFinite(_engine.Evaluate(_engine.Weights, _engine.Statistics,
                _batches.FirstInParts(DeepView.DefaultSamples)).Loss);
    }

    public Items<double> MeasuredWeights() => _network.ToVector(_engine.Weights);

    public Items<double> Iterate() => MeasuredWeights();

    public RunView View => _view;

    public TrainingState Save()
    {
        using var scope = NewDisposeScope();
        return new(
            Items.From(Parts().SelectMany(part => DeepWeights.Copies(part.Views, part.Prefix))),
            new Dictionary<string, string>([.. _batches.State, .. _instruments.State, .. _kept.Places])
            {
                [RuleSteps] = (_engine.Chain?.Steps ?? 0).ToString(CultureInfo.InvariantCulture),
                [Iteration] = _iteration.ToString(CultureInfo.InvariantCulture),
                [KnownLoss] = NumberText.Invariant(_loss),
                [LastLoss] = NumberText.Invariant(_restoredLoss ?? _engine.LastLoss()),
            });
    }

    public void Continue(TrainingState state, Pipeline parent)
    {
        var (own, before) = (_pipeline.Optimizer.Batch, parent.Optimizer.Batch);
        var tensors = Items.From(state.Tensors.SelectMany(Named));
        RestoreAllButBatches(state with { Tensors = tensors });
        if (ForkStart.GoesOnDrawing(_pipeline, parent))
        {
            if (own == before) _batches.State = state.Texts;
            else _batches.GoOnAfter(state.Texts, before);
        }
        if (ForkStart.BeginsAdam(_pipeline, parent)) foreach (var chain in Chains) chain.Steps = 0;
        foreach (var (chain, of) in Chains.Zip((string[])["", DeepWeights.Twin]))
        {
            chain.Begin(name => of + (name == Chain.AveragedName ? DeepWeights.Averaged : $"{DeepWeights.Rules}{name}/") is var prefix
                && !tensors.Any(tensor => tensor.Name.StartsWith(prefix, StringComparison.Ordinal)));
        }
        // The average of iterates begins where none was kept.
        if (_rule.Averaging is null || parent.Optimizer.Rule.Averaging is not null) return;
        using var noGradient = no_grad();
        foreach (var engine in new[] { _engine, _twin }.OfType<DeepEngine>()) engine.Averaged.copy_(engine.Weights);

        // One momentum has two names: that of an update that is known, and that of a rule of a chain.
        IEnumerable<NamedTensor> Named(NamedTensor tensor)
        {
            yield return tensor;
            foreach (var of in (string[])["", DeepWeights.Twin])
            {
                foreach (var (from, to) in new[] { (DeepWeights.Momentum, RuleMomentum), (RuleMomentum, DeepWeights.Momentum) })
                {
                    if (tensor.Name.StartsWith(of + from, StringComparison.Ordinal))
                        yield return tensor.WithName(of + to + tensor.Name[(of + from).Length..]);
                }
            }
        }
    }

    public void Restore(TrainingState state)
    {
        RestoreAllButBatches(state);
        _batches.State = state.Texts;
    }

    private IEnumerable<Chain> Chains => new[] { _engine.Chain, _twin?.Chain }.OfType<Chain>();

    private void RestoreAllButBatches(TrainingState state)
    {
        using var scope = NewDisposeScope();
        _iteration = Whole(Iteration);
        (_loss, _restoredLoss) = (double.Parse(state.Texts[KnownLoss], CultureInfo.InvariantCulture), double.Parse(state.Texts[LastLoss],
            CultureInfo.InvariantCulture));
        foreach (var chain in Chains) chain.Steps = Whole(RuleSteps);
        _instruments.Restore(state.Texts);
        var tensors = state.Tensors.ToDictionary(tensor => tensor.Name);
        if (tensors.Keys.Any(name => name.StartsWith(DeepWeights.Previous, StringComparison.Ordinal))) KeepIterate();
        if (tensors.Keys.Any(name => name.StartsWith(DeepWeights.BeforePrevious, StringComparison.Ordinal))) KeepIterate();
        _kept.Restore(state.Texts, _iteration);
        foreach (var (views, prefix) in Parts()) DeepWeights.Fill(views, tensors, prefix);

        long Whole(string key) => long.Parse(state.Texts[key], CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        foreach (var kept in new[] { _kept.Previous, _kept.BeforePrevious }.OfType<TensorVector>()) kept.Tensor.Dispose();
        _instruments.Dispose();
        _view.Dispose();
        _batches.Dispose();
        _twin?.Dispose();
        _engine.Dispose();
        _network.Dispose();
    }

    // All that the next steps and measurements depend on, by name; views in the scope of the caller.
    private IEnumerable<(IReadOnlyList<NamedView> Views, string Prefix)> Parts()
    {
        foreach (var part in OfEngine(_engine, "")) yield return part;
        if (_kept.Previous is TensorVector previous) yield return (_network.Named(previous.Tensor), DeepWeights.Previous);
        if (_kept.BeforePrevious is TensorVector before) yield return (_network.Named(before.Tensor), DeepWeights.BeforePrevious);
        if (_twin is null) yield break;
        foreach (var part in OfEngine(_twin, DeepWeights.Twin)) yield return part;
    }

    private IEnumerable<(IReadOnlyList<NamedView> Views, string Prefix)> OfEngine(DeepEngine engine, string prefix)
    {
        yield return (_network.Named(engine.Weights), prefix);
        yield return (_network.Named(engine.Statistics), prefix);
        if (engine.Momentum is { } momentum) yield return (_network.Named(momentum), prefix + DeepWeights.Momentum);
        if (_rule.Averaging is not null) yield return (_network.Named(engine.Averaged), prefix + DeepWeights.Averaged);
        foreach (var (name, kept) in engine.Chain?.Kept ?? new Dictionary<string, ParameterVector>())
            if (name != Chain.AveragedName) yield return (_network.Named(TensorVector.Of(kept)), $"{prefix}{DeepWeights.Rules}{name}/");
    }

    private void KeepIterate()
    {
        using var scope = NewDisposeScope();
        var iterate = new TensorVector(_network, _engine.Weights.detach().clone().DetachFromDisposeScope());
        if (_kept.Keep(_iteration, iterate) is TensorVector gone) gone.Tensor.Dispose();
    }

    // The twin of initial weights from a file has the statistics of that file too.
    private DeepEngine TwinOf(double perturbation)
    {
        using var scope = NewDisposeScope();
        using Scalar scale = 1 + perturbation;
        var twin = new DeepEngine(_network, _engine.Weights.detach().mul(scale), _rule, _engine.Device, _engine.Chunk, _engine.AllowsTf32);
        twin.Statistics.Take(_engine.Statistics);
        return twin;
    }

    private ImageOrder? OrderOf(OptimizerSpec optimizer, int images) => optimizer.Match<ImageOrder?>(gd => null, sgd =>
    {
        if (sgd.Sampling.PublishedEvery is not { } evaluatedEvery) return null;
        using var random = new TorchRandom(sgd.Seed);
        using var drawn = _network.Initial(random);
        return ImageOrder.Published(random.Words(), images / sgd.BatchSize, evaluatedEvery, _network.HasBatchNorm);
    });

    private void Begin(string path, string? at)
    {
        using var scope = NewDisposeScope();
        var given = DeepWeights.OfFile(_network, path, at);
        DeepWeights.Fill([.. _network.Named(_engine.Weights), .. _network.Named(_engine.Statistics)], given.Tensors);
        // As averaged weights are measured: with the statistics of a pass over the training set.
        if (!given.OwnStatistics)
        {
            using var statistics = _engine.Reestimate(_engine.Weights, _batches.Epoch(0));
            _engine.Statistics.Take(statistics);
        }
        if (_rule.Averaging is null) return;
        using var noGradient = no_grad();
        _engine.Averaged.copy_(_engine.Weights);
    }
}
