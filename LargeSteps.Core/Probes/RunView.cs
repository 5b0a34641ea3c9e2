using System.Diagnostics.CodeAnalysis;
using LargeSteps.Datasets;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Values;

namespace LargeSteps.Probes;

/// <summary>
/// What a probe sees of a run at a measurement: the iterate, and what the model offers beyond it. There is one of these for each kind of
/// model; <see cref="Needs"/> says what a probe asks of it, so that nobody meets a null that was not checked before the run.
/// </summary>
public abstract class RunView
{
    private protected RunView(ProbeTarget run) => Run = run;

    /// <summary>The run, as it is described.</summary>
    public ProbeTarget Run { get; }

    /// <summary>The number of steps made.</summary>
    public abstract long Iteration { get; }

    /// <summary>The iterate that is measured.</summary>
    public abstract ParameterVector Weights { get; }

    /// <summary>‖w‖ as it was published for the model: of ReLU networks without the biases.</summary>
    public abstract double ParameterNorm { get; }

    /// <summary>The iterate one or two steps before this one; null where no such step was made.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No other iterates are kept.</exception>
    /// <exception cref="InvalidOperationException">The probe does not say <see cref="Needs.EarlierIterates"/>.</exception>
    public ParameterVector? Earlier(int steps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(steps, 2);
        return Asked.HasFlag(Needs.EarlierIterates) ? EarlierIterate(steps) : throw new InvalidOperationException(
            "Earlier iterates are kept for probes that ask for them: a record derived from Probe, whose Needs has EarlierIterates.");
    }

    /// <summary>What the probe that sees it now asks of it.</summary>
    internal Needs Asked { get; set; } = (Needs)~0;

    private protected abstract ParameterVector? EarlierIterate(int steps);

    /// <summary>The iterate of the twin (<see cref="Needs.Twin"/>); null where the run has none.</summary>
    public abstract ParameterVector? Twin { get; }

    /// <summary>The weights of an iterate of another run in the order of a snapshot, where the probe says that it looks at it
    /// (<see cref="Probe.Other"/>); null where that run has ended before.</summary>
    public Items<double>? Other(OtherIterate of) => Others?.Invoke(of, Iteration);

    /// <summary>What gives the iterates of other runs, at an iteration of this one.</summary>
    internal Func<OtherIterate, long, Items<double>?>? Others { get; set; }

    /// <summary>Weights in the order of a snapshot as a vector like those of the iterate.</summary>
    public abstract ParameterVector WeightsOf(Items<double> values);

    /// <summary>
    /// The training loss as a function of the weights (<see cref="Needs.Curvature"/>): without label noise, weight decay or augmentation,
    /// in double precision whatever the network trains in; of deep networks in float32, and batch norm takes the statistics of these
    /// samples. It belongs to the run.
    /// </summary>
    /// <param name="samples">Of the first so many training samples; null: of all, of a deep network that is
    /// not trained on the full batch of the first 512.</param>
    public abstract ILoss Loss(int? samples = null);

    /// <summary>The same of single training samples, one after the other; of deep networks with the running statistics of batch
    /// norm.</summary>
    public abstract IEnumerable<ILoss> SampleLosses(int? samples = null);

    /// <summary>What a function makes of the training loss of chosen samples, such as a batch; of deep networks batch norm takes the
    /// statistics of these. The loss is gone afterwards.</summary>
    public abstract TResult OnBatch<TResult>(ReadOnlySpan<int> samples, Func<ILoss, TResult> of);

    /// <summary>The losses that tables have (<see cref="Needs.Losses"/>), of the iterate or of averaged weights.</summary>
    /// <exception cref="NotSupportedException">Averaged weights are asked for beside the iterate, and the model is no deep
    /// network.</exception>
    public abstract IScores Scores(bool averaged = false);

    /// <summary>The samples of a table; null: the run is trained on images.</summary>
    public virtual RegressionData? Data => null;

    /// <summary>The outputs of the model on points, a point a row, in double precision.</summary>
    /// <exception cref="ArgumentException">The model has more than one output.</exception>
    public abstract Items<double> Outputs(Matrix points);

    /// <summary><see cref="Needs.Features"/>; null: there are none.</summary>
    public virtual IFeatures? Features => null;

    /// <summary><see cref="Needs.HiddenLayers"/>; null: there are none.</summary>
    public virtual IHiddenLayers? HiddenLayers => null;

    /// <summary><see cref="Needs.Jacobian"/>; null: it is not taken.</summary>
    public virtual IJacobian? Jacobian => null;
}

/// <summary>A training loss as a function of the weights; at one point at a time.</summary>
public interface ILoss
{
    /// <summary>The loss at a point.</summary>
    double Value(ParameterVector at);

    /// <summary>The gradient at a point.</summary>
    ParameterVector Gradient(ParameterVector at);

    /// <summary>The Hessian at a point; nothing else is asked of the loss before it is disposed of.</summary>
    ICurvature Curvature(ParameterVector at);

    /// <summary>The Gauss–Newton matrix at a point: the mean of JᵀAJ over the samples, J the Jacobian of a sample's outputs by the
    /// weights and A the second derivative of its loss by the outputs. What is left of the Hessian has the outputs' second
    /// derivatives.</summary>
    ICurvature GaussNewton(ParameterVector at);

    /// <summary>uᵀ∇ℓᵢ for each sample i: how its own loss changes in a direction.</summary>
    double[] Slopes(ParameterVector at, ParameterVector direction);

    /// <summary>∇(uᵀHu), u fixed: the third derivative ∇³L(u, u). Of diagonal networks in closed form by a central difference of
    /// H·u.</summary>
    ParameterVector CurvatureGradient(ParameterVector at, ParameterVector direction);
}

/// <summary>A symmetric matrix, such as a Hessian, known by its products.</summary>
public interface ICurvature : IDisposable
{
    /// <summary>P: it is P × P.</summary>
    int Order { get; }

    /// <summary>Writes H·v. The entries of both stand in an order of its own, see <see cref="VectorOf"/>.</summary>
    void Times(ReadOnlySpan<double> vector, Span<double> product);

    /// <summary>H·v.</summary>
    ParameterVector Times(ParameterVector vector);

    /// <summary>The vector of such entries.</summary>
    ParameterVector VectorOf(ReadOnlySpan<double> entries);
}

/// <summary>A loss and what goes with it.</summary>
/// <param name="Loss">The mean of the model's loss; NaN where there are no samples.</param>
/// <param name="Error">The fraction of wrong classes; NaN where there are no classes.</param>
public readonly record struct Score(double Loss, double Error = double.NaN);

/// <summary>The losses of some weights on the samples of a run.</summary>
public interface IScores : IDisposable
{
    /// <summary>On training samples.</summary>
    /// <param name="images">Of images: of how many, see <see cref="Losses.TrainingImages"/>; null: the usual number.</param>
    /// <param name="batches">Of images: of so many batches instead, see <see cref="Losses.TrainingBatches"/>.</param>
    Score Training(int? images = null, int? batches = null);

    /// <summary>On test samples.</summary>
    /// <param name="images">Of images: of the first so many; null: of all.</param>
    Score Test(int? images = null);

    /// <summary>On what is held out of training; null where nothing is.</summary>
    Score? Validation();
}

/// <summary>The features of a model: activations of its hidden layers, or the outputs of its blocks.</summary>
public interface IFeatures
{
    /// <summary>Writes what the columns of a <see cref="FeatureSparsity"/> have.</summary>
    void Sparsity(FeatureSparsity probe, Span<double> row);

    /// <summary>The inner products of the features of the first training samples with one another, for each layer or block.</summary>
    IEnumerable<Matrix> Products(int samples);
}

/// <summary>Activations of one layer, which the next evaluation overwrites.</summary>
[SuppressMessage("Performance", "CA1815", Justification = "It is looked at and not compared.")]
public readonly struct Activations
{
    internal Activations(ReadOnlyMemory<double> values, int units, int points, int stride) =>
        (Values, Units, Points, Stride) = (values, units, points, stride);

    /// <summary>How many units.</summary>
    public int Units { get; }

    /// <summary>How many points.</summary>
    public int Points { get; }

    /// <summary>The activation of unit j on point i is at place j · <see cref="Stride"/> + i.</summary>
    internal ReadOnlyMemory<double> Values { get; }

    /// <summary>How far units are apart, at least <see cref="Points"/>.</summary>
    internal int Stride { get; }

    /// <summary>The activations of a unit on all points.</summary>
    public ReadOnlySpan<double> Unit(int unit) => Values.Span.Slice(unit * Stride, Points);
}

/// <summary>The hidden layers of a ReLU network with the weights of the iterate.</summary>
public interface IHiddenLayers
{
    /// <summary>How many hidden layers there are.</summary>
    int Count { get; }

    /// <summary>The activations of a hidden layer, counted from 1, on the training samples.</summary>
    Activations OnTraining(int layer);

    /// <summary>Those of the last hidden layer on the points of the <see cref="IJacobian"/>.</summary>
    Activations OnJacobianPoints();

    /// <summary>The weight of a layer, outputs × inputs, row by row; layer 0 is the first.</summary>
    ReadOnlySpan<double> Weight(int layer);

    /// <summary>Whether a layer has biases.</summary>
    bool HasBias(int layer);
}

/// <summary>The Jacobian of the outputs by the weights: of diagonal networks on the first test samples, as many as there are weights, of
/// ReLU networks on the published points.</summary>
public interface IJacobian
{
    /// <summary>Writes how many singular values exceed a threshold times the largest, for each threshold.</summary>
    void Ranks(ReadOnlySpan<double> thresholds, Span<double> ranks);
}
