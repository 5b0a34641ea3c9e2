using System.Runtime.CompilerServices;
using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Optimizers;
using LargeSteps.Probes;
using LargeSteps.Schedules;
using LargeSteps.Values;

namespace LargeSteps.Pipelines;

/// <summary>
/// One run, fully resolved: <c>dataset → model → schedule → optimizer → probes</c>. Its result depends on nothing but this value.
/// </summary>
/// <param name="Dataset">What is learned.</param>
/// <param name="Model">What learns it, and from which initial weights.</param>
/// <param name="Schedule">The step size over training progress.</param>
/// <param name="Optimizer">How steps are made, and how many.</param>
/// <param name="Probes">What is measured, and when.</param>
/// <param name="Engine">What computes the gradients.</param>
/// <exception cref="ArgumentNullException">A stage is not there.</exception>
public sealed record Pipeline(
    DatasetSpec Dataset, ModelSpec Model, Schedule Schedule, OptimizerSpec Optimizer, ProbePlan Probes, Engine Engine)
{
    /// <summary>What is learned.</summary>
    public DatasetSpec Dataset { get; init => field = Given(value); } = Given(Dataset);

    /// <summary>What learns it, and from which initial weights.</summary>
    public ModelSpec Model { get; init => field = Given(value); } = Given(Model);

    /// <summary>The step size over training progress.</summary>
    public Schedule Schedule { get; init => field = Given(value); } = Given(Schedule);

    /// <summary>How steps are made, and how many.</summary>
    public OptimizerSpec Optimizer { get; init => field = Given(value); } = Given(Optimizer);

    /// <summary>What is measured, and when.</summary>
    public ProbePlan Probes { get; init => field = Given(value); } = Given(Probes);

    /// <summary>What computes the gradients.</summary>
    public Engine Engine { get; init => field = Given(value); } = Given(Engine);

    /// <summary>Where it begins, if it is a fork of another run; null: at its initial weights.</summary>
    public ForkStart? Start { get; init; }

    /// <summary>The checkpoint with which it begins, if it is the fork of a run that has left one, see <see cref="CheckpointFork"/>; null:
    /// with none.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>The other runs at whose iterates its probes look.</summary>
    public Items<OtherRun> Others { get; init; } = [];

    /// <summary>A pipeline that computes its gradients in closed form, those of deep networks and custom modules by autograd.</summary>
    public static Pipeline Of(DatasetSpec dataset, ModelSpec model, Schedule schedule, OptimizerSpec optimizer, ProbePlan probes) =>
        new(dataset, model, schedule, optimizer, probes, Engine.Of(model));

    /// <summary>How long the run is. A length that is a fraction of itself, which the checks reject, counts as 0 steps.</summary>
    public Horizon Horizon
    {
        get
        {
            var samples = Dataset.TrainingSamples;
            // A batch larger than the training set, which PipelineChecks rejects, counts as all of it.
            var stepsPerEpoch = Optimizer.Match(gd => 1.0, sgd => sgd.Sampling.IsByEpoch ? Math.Max(1, samples / sgd.BatchSize)
                : (double)samples / sgd.BatchSize);
            // Epochs before a fork are those of its parent's batches.
            var shift = Start is not { } start ? 0 : start.Parent.Horizon is var before && before.StepsPerEpoch == stepsPerEpoch
                ? before.EpochShift : start.Step - before.EpochsAt(start.Step) * stepsPerEpoch;
            return new Horizon(Optimizer.Length.Match(s => s.Count, e => (long)Math.Round(e.Count * stepsPerEpoch + shift), f => 0L),
                stepsPerEpoch)
            { EpochShift = shift };
        }
    }

    /// <summary>What the probes know of the run before it begins.</summary>
    public ProbeTarget Target => new(Dataset, Model, Schedule, Optimizer, Horizon)
    {
        Parent = Start?.Parent.Target,
        Since = Start?.Step ?? 0,
    };

    /// <summary>The same with another dataset.</summary>
    public Pipeline WithDataset(DatasetSpec dataset) => this with { Dataset = dataset };

    /// <summary>The same with another model; an engine that is only the model's usual one becomes that of the other.</summary>
    public Pipeline WithModel(ModelSpec model) => this with
    {
        Model = model,
        Engine = Engine == Engine.Of(Model) ? Engine.Of(model)
        : Engine
    };

    /// <summary>The same with another schedule.</summary>
    public Pipeline WithSchedule(Schedule schedule) => this with { Schedule = schedule };

    /// <summary>The same with another optimizer.</summary>
    public Pipeline WithOptimizer(OptimizerSpec optimizer) => this with { Optimizer = optimizer };

    /// <summary>The same with other probes.</summary>
    public Pipeline WithProbes(ProbePlan probes) => this with { Probes = probes };

    /// <summary>The same as a fork of another run.</summary>
    public Pipeline WithStart(ForkStart? start) => this with { Start = start };

    /// <summary>The same as the fork of a run that has left a checkpoint.</summary>
    public Pipeline WithCheckpoint(string? file) => this with { Checkpoint = file };

    /// <summary>The same with other runs at whose iterates its probes look.</summary>
    public Pipeline WithOthers(params OtherRun[] others) => this with { Others = Items.From(others) };

    /// <summary>The same with another engine.</summary>
    public Pipeline WithEngine(Engine engine) => this with { Engine = engine };

    private static T Given<T>(T stage, [CallerArgumentExpression(nameof(stage))] string? name = null, [CallerMemberName] string? of = null)
    {
        ArgumentNullException.ThrowIfNull(stage, name == "value" ? of : name);
        return stage;
    }

    /// <summary>The stages in a line, without their smaller parts: <c>20 × 30 → diagonal network → 0.2, ÷4 at 0.5 of the run → SGD,
    /// batches of 1, 5000 steps → losses, l0_norm</c>. All that it is, <c>ExperimentYaml.Write</c> says.</summary>
    public override string ToString() => string.Join(" → ",
        Dataset.Match(
            sparse => FormattableString.Invariant($"{sparse.Samples} × {sparse.Dimensions}"),
            points => "regression points",
            teacher => FormattableString.Invariant($"{teacher.Samples} × {teacher.Inputs} of a teacher"),
            memory => FormattableString.Invariant($"{memory.Data.Samples} × {memory.Data.Features.Columns} in memory"),
            images => FormattableString.Invariant($"{images.TrainingImages} images of {images.Source}")),
        Model.Match(
            diagonal => "diagonal network",
            relu => $"ReLU network {relu.Hidden}",
            deep => deep.Architecture.ToString(),
            custom => custom.Name),
        Schedule,
        Optimizer,
        string.Join(", ", Probes.Measure.Select(probe => probe.Key)));
}
