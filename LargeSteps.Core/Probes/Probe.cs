using LargeSteps.Forms;
using LargeSteps.Values;

namespace LargeSteps.Probes;

/// <summary>
/// What is measured of an iterate: a probe is all that is to be known of it, in one file. Users' own probes are derived from this like
/// those of the library; two probes that are equal measure the same. What a probe says of itself is protected: only the library asks for
/// it.
/// </summary>
public abstract record Probe
{
    /// <summary>What it is called in YAML and in messages; its column, unless <see cref="Columns"/> says otherwise. The name of its
    /// <see cref="Form"/>, else that of its type.</summary>
    public virtual string Key => Form?.Name ?? GetType().Name;

    /// <summary>How it stands in YAML; null: only a program can give it, and it is written as its name alone.</summary>
    protected virtual IForm<Probe>? Form => null;

    /// <summary>What it asks of its run: where the model has none of that, the probe is refused before anything runs.</summary>
    protected virtual Needs Needs => Needs.Weights;

    /// <summary>Its columns in the tables, in snake_case.</summary>
    protected virtual Items<string> Columns(ProbeTarget run) => [Key];

    /// <summary>What is wrong with it in a run, beyond what it needs; the paths are those within the probe.</summary>
    protected virtual IEnumerable<Problem> Problems(ProbeTarget run) => [];

    /// <summary>By which part the initial weights of the twin differ that it looks at (<see cref="Needs.Twin"/>); of several probes in one
    /// run the first says so.</summary>
    protected virtual double? TwinPerturbation => null;

    /// <summary>The iterate of another run that it looks at, see <see cref="RunView.Other"/>; null: none.</summary>
    protected virtual OtherIterate? Other => null;

    /// <summary>The same, cheap enough for <c>--smoke</c>.</summary>
    protected virtual Probe Smaller(SmokeLimits limits) => this;

    /// <summary>The heading of a column in words; null: the name of the column in words.</summary>
    protected virtual string? Title(string column) => null;

    /// <summary>What measures it in a run, which is at its initial weights.</summary>
    protected abstract Instrument Prepare(RunView run);

    /// <summary>For the library: its <see cref="Form"/>.</summary>
    internal IForm<Probe>? FormInYaml => Form;

    /// <summary>For the library: what it <see cref="Needs"/>.</summary>
    internal Needs Asks => Needs;

    /// <summary>For the library: its <see cref="Columns"/>.</summary>
    internal Items<string> ColumnsIn(ProbeTarget run) => Columns(run);

    /// <summary>For the library: its <see cref="Problems"/>.</summary>
    internal IEnumerable<Problem> ProblemsIn(ProbeTarget run) => Problems(run);

    /// <summary>For the library: its <see cref="TwinPerturbation"/>.</summary>
    internal double? PerturbationOfTwin => TwinPerturbation;

    /// <summary>For the library: the <see cref="Other"/>.</summary>
    internal OtherIterate? LooksAt => Other;

    /// <summary>For the library: what is <see cref="Smaller"/>.</summary>
    internal Probe Within(SmokeLimits limits) => Smaller(limits);

    /// <summary>For the library: the <see cref="Title"/>.</summary>
    internal string? TitleOf(string column) => Title(column);

    /// <summary>For the library: what it <see cref="Prepare"/>s.</summary>
    internal Instrument InstrumentFor(RunView run) => Prepare(run);
}

/// <summary>What probes ask of a run.</summary>
[Flags]
public enum Needs
{
    /// <summary>The weights, which every run has.</summary>
    Weights = 0,

    /// <summary>The losses on training and test samples.</summary>
    Losses = 1,

    /// <summary>The training loss as a function of the weights, its gradient and products with its Hessian.</summary>
    Curvature = 2,

    /// <summary>The iterates of the last two steps, as they are: neither averages nor what a projection makes of them.</summary>
    EarlierIterates = 4,

    /// <summary>A second run beside the run, on the same samples, as it is; see <see cref="Probe.TwinPerturbation"/>.</summary>
    Twin = 8,

    /// <summary>Features, of which some are zero.</summary>
    Features = 16,

    /// <summary>The activations of hidden layers of ReLU units on chosen points.</summary>
    HiddenLayers = 32,

    /// <summary>The Jacobian of the outputs by the weights on some points.</summary>
    Jacobian = 64,

    /// <summary>The two factors u and v of a linear predictor u⊙v.</summary>
    Factors = 128,
}

/// <summary>What <c>--smoke</c> leaves of a probe.</summary>
/// <param name="Samples">The most samples.</param>
/// <param name="Products">The most products with a Hessian.</param>
/// <param name="Eigenvalues">How many eigenvalues the Hessian has at least.</param>
public sealed record SmokeLimits(int Samples, int Products = int.MaxValue, int Eigenvalues = int.MaxValue)
{
    /// <summary>The fewer of some samples and those that are left; null: of all.</summary>
    public int? Of(int? samples) => samples is { } some ? Math.Min(some, Samples) : null;
}

/// <summary>Writes what a probe measures into a row, a value for each of its columns.</summary>
public delegate void Measure(RunView run, Span<double> row);

/// <summary>A probe at work in one run: what it keeps between measurements is here.</summary>
/// <param name="measure">Measures the iterate that the run shows; NaN is a value like others.</param>
public sealed class Instrument(Measure measure) : IDisposable
{
    /// <summary>A probe at work in a run; so a probe of one's own measures with another one.</summary>
    public static Instrument Of(Probe probe, RunView run) => probe.InstrumentFor(run);

    /// <summary>What is disposed of with it.</summary>
    public IDisposable? Owned { get; init; }

    /// <summary>What it knows of earlier measurements, for checkpoints; null: each measurement stands for itself.</summary>
    public Func<string>? Save { get; init; }

    /// <summary>Takes what <see cref="Save"/> gave.</summary>
    public Action<string>? Restore { get; init; }

    /// <summary>Measures the iterate that the run shows.</summary>
    public void Measure(RunView run, Span<double> row) => measure(run, row);

    /// <inheritdoc/>
    public void Dispose() => Owned?.Dispose();
}
