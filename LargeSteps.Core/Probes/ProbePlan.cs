using LargeSteps.Schedules;
using LargeSteps.Values;

namespace LargeSteps.Probes;

/// <summary>What is measured, of which iterate, and when.</summary>
/// <param name="At">The iterations; an iterate is measured before the step of that iteration.</param>
/// <param name="Measure">The probes, in the order of their columns.</param>
/// <param name="Averaged">Measure the averaged iterate in place of the current one; the optimizer must average.</param>
/// <param name="Valley">Measure what a descent into the valley makes of the iterate, in place of the iterate; null: the iterate
/// itself.</param>
/// <param name="Snapshots">Which measurements keep the weights that they measured; null: none does.</param>
/// <exception cref="ArgumentException">A part is null.</exception>
public sealed record ProbePlan(Cadence At, Items<Probe> Measure, bool Averaged = false, ValleyProjection? Valley = null,
    SnapshotSpec? Snapshots = null)
{
    /// <summary>The iterations; an iterate is measured before the step of that iteration.</summary>
    public Cadence At { get; init; } = At ?? throw new ArgumentNullException(nameof(At));

    /// <summary>The probes, in the order of their columns.</summary>
    public Items<Probe> Measure { get; init => field = Given(value); } = Given(Measure);

    private static Items<Probe> Given(Items<Probe> probes) => probes.All(probe => probe is not null) ? probes
        : throw new ArgumentException("A probe is null.", nameof(probes));

    /// <summary>Probes at a cadence.</summary>
    public static ProbePlan Of(Cadence at, params Probe[] measure) => new(at, Items.From(measure));

    /// <summary>All columns in a run, in their order.</summary>
    public Items<string> Columns(ProbeTarget run) => Items.From(Measure.SelectMany(probe => probe.ColumnsIn(run)));

    /// <summary>The perturbation of the twin that the probes look at; null: none does.</summary>
    internal double? TwinPerturbation => Measure.Select(probe => probe.PerturbationOfTwin).FirstOrDefault(part => part is not null);

    /// <summary>The iterates of other runs that the probes look at.</summary>
    internal IEnumerable<OtherIterate> Others => Measure.Select(probe => probe.LooksAt).OfType<OtherIterate>();

    /// <summary>The same with other probes.</summary>
    public ProbePlan WithMeasure(params Probe[] measure) => this with { Measure = Items.From(measure) };

    /// <summary>The same, measuring the averaged iterate.</summary>
    public ProbePlan WithAveraged(bool averaged) => this with { Averaged = averaged };

    /// <summary>The same, measuring after a descent into the valley.</summary>
    public ProbePlan WithValley(ValleyProjection? valley) => this with { Valley = valley };

    /// <summary>The same, keeping the weights of some measurements.</summary>
    public ProbePlan WithSnapshots(SnapshotSpec? snapshots) => this with { Snapshots = snapshots };
}

/// <summary>Gradient descent on the training loss from a copy of the iterate, before it is measured.</summary>
/// <param name="Steps">The number of steps; published: 2,000.</param>
/// <param name="Rate">Their step size; published: 0.5.</param>
public sealed record ValleyProjection(int Steps = 2000, double Rate = 0.5);
