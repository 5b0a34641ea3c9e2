using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Probes;
using LargeSteps.Values;

namespace LargeSteps.Training;

/// <summary>What probes see of a run whose iterates are on the host.</summary>
/// <typeparam name="TIterate">The weights as the engine has them.</typeparam>
internal abstract class HostView<TIterate>(ProbeTarget run) : RunView(run), IDisposable
{
    private readonly Dictionary<Range, ITrainingLoss> _losses = [];
    private KeptIterates? _kept;
    private IEngine<TIterate>? _twin;
    private HostVector<double>? _weights;
    private long _iteration;

    public override long Iteration => _iteration;

    public override ParameterVector Weights => _weights ??= new(Flat(Iterate)) { IsReadOnly = true };

    public override ParameterVector? Twin => _twin is { } twin ? Vector(twin.Current) : null;

    /// <summary>The iterate that is shown.</summary>
    protected TIterate Iterate { get; private set; } = default!;

    /// <summary>Shows an iterate.</summary>
    public virtual void See(long iteration, TIterate iterate, KeptIterates? kept = null, IEngine<TIterate>? twin = null) =>
        (_iteration, Iterate, _kept, _twin, _weights) = (iteration, iterate, kept, twin, null);

    /// <summary>An iterate as a vector of its own.</summary>
    public HostVector<double> Vector(TIterate iterate) => new(Flat(iterate));

    public override ParameterVector WeightsOf(Items<double> values) => new HostVector<double>([.. values]);

    private protected override ParameterVector? EarlierIterate(int steps) => _kept?.Earlier(steps, Iteration)?.ReadOnly();

    public override ILoss Loss(int? samples = null) => LossOn(..Chosen(samples));

    public override IEnumerable<ILoss> SampleLosses(int? samples = null) =>
        Enumerable.Range(0, Chosen(samples)).Select(i => LossOn(i..(i + 1)));

    public override TResult OnBatch<TResult>(ReadOnlySpan<int> samples, Func<ILoss, TResult> of)
    {
        using var loss = LossOf(samples);
        return of(new HostLoss(loss));
    }

    public override IScores Scores(bool averaged = false) => averaged
        ? throw new NotSupportedException(
            "The averaged iterate of this model is measured in place of the iterate: probes: { averaged: true }.")
        : ScoresOfIterate();

    public override Items<double> Outputs(Matrix points) => ModelFunction.Outputs(Run.Model, Weights.Values, points);

    public virtual void Dispose()
    {
        foreach (var loss in _losses.Values) loss.Dispose();
    }

    /// <summary>The parameters in the order of a snapshot, in an array of its own.</summary>
    protected abstract double[] Flat(TIterate iterate);

    /// <summary>The losses of the iterate.</summary>
    protected abstract IScores ScoresOfIterate();

    /// <summary>Creates the training loss on a part of the samples.</summary>
    protected abstract ITrainingLoss LossOf(Range part);

    /// <summary>The same on chosen ones.</summary>
    protected abstract ITrainingLoss LossOf(ReadOnlySpan<int> rows);

    private int Samples => Run.Dataset.TrainingSamples;

    private int Chosen(int? samples) => samples > Samples
        ? throw new ArgumentOutOfRangeException(nameof(samples), samples, $"There are {Samples} training samples.") : samples ?? Samples;

    private HostLoss LossOn(Range samples) =>
        new(_losses.TryGetValue(samples, out var loss) ? loss : _losses[samples] = LossOf(samples));
}

/// <summary>Scores that functions give.</summary>
internal sealed class HostScores(Func<Score> train, Func<Score> test, Func<Score?>? validation = null) : IScores
{
    public Score Training(int? images = null, int? batches = null) => train();

    public Score Test(int? images = null) => test();

    public Score? Validation() => validation?.Invoke();

    public void Dispose() { }
}
