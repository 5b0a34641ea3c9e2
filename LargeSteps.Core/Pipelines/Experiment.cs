using LargeSteps.Datasets;
using LargeSteps.Figures;
using LargeSteps.Models;
using LargeSteps.Optimizers;
using LargeSteps.Probes;
using LargeSteps.Schedules;
using LargeSteps.Values;

namespace LargeSteps.Pipelines;

/// <summary>Stages that several runs share, or that a run puts in their place; null where nothing is said.</summary>
public sealed record Stages(
    DatasetSpec? Dataset = null, ModelSpec? Model = null, Schedule? Schedule = null, OptimizerSpec? Optimizer = null, ProbePlan? Probes =
        null, Engine? Engine = null)
{
    /// <summary>No stage.</summary>
    public static Stages None { get; } = new();

    /// <summary>Every stage of a pipeline.</summary>
    public static Stages Of(Pipeline pipeline) =>
        new(pipeline.Dataset, pipeline.Model, pipeline.Schedule, pipeline.Optimizer, pipeline.Probes, pipeline.Engine);

    /// <summary>The same with another dataset; null: nothing is said of it.</summary>
    public Stages WithDataset(DatasetSpec? dataset) => this with { Dataset = dataset };

    /// <summary>The same with another model; null: nothing is said of it.</summary>
    public Stages WithModel(ModelSpec? model) => this with { Model = model };

    /// <summary>The same with another schedule; null: nothing is said of it.</summary>
    public Stages WithSchedule(Schedule? schedule) => this with { Schedule = schedule };

    /// <summary>The same with another optimizer; null: nothing is said of it.</summary>
    public Stages WithOptimizer(OptimizerSpec? optimizer) => this with { Optimizer = optimizer };

    /// <summary>The same with other probes; null: nothing is said of them.</summary>
    public Stages WithProbes(ProbePlan? probes) => this with { Probes = probes };

    /// <summary>The same with another engine; null: nothing is said of it.</summary>
    public Stages WithEngine(Engine? engine) => this with { Engine = engine };

    /// <summary>These stages, and below them those of <paramref name="shared"/> where these say nothing.</summary>
    internal Stages Over(Stages shared) => new(
        Dataset ?? shared.Dataset, Model ?? shared.Model, Schedule ?? shared.Schedule,
        Optimizer ?? shared.Optimizer, Probes ?? shared.Probes, Engine ?? shared.Engine);

    /// <summary>The names of all stages.</summary>
    internal static Items<string> Names { get; } = ["dataset", "model", "schedule", "optimizer", "probes", "engine"];

    /// <summary>The names of the stages that a pipeline needs and that are not here.</summary>
    internal Items<string> Missing() => Items.From(
        new (string Name, object? Stage)[] { ("dataset", Dataset), ("model", Model), ("schedule", Schedule), ("optimizer", Optimizer),
            ("probes", Probes) }
            .Where(s => s.Stage is null).Select(s => s.Name));
}

/// <summary>One curve of an experiment.</summary>
/// <param name="Label">Its name in tables and legends; unique in the experiment.</param>
/// <param name="Overlay">What it puts in place of the shared stages.</param>
/// <param name="Series">The run of which a sweep made this one; null where there was none.</param>
/// <param name="Swept">The values that a sweep gave it; empty where there was none.</param>
public sealed record Run(string Label, Stages Overlay, string? Series, Items<SweptValue> Swept)
{
    /// <summary>A run that differs from the shared stages in what it names.</summary>
    public static Run Of(string label, Stages overlay) => new(label, overlay, null, []);

    /// <summary>Where it begins, if it is a fork of another run: its overlay is then over the stages of that run; null: at its initial
    /// weights.</summary>
    public Fork? From { get; init; }

    /// <summary>The same as a fork, of another run or with a checkpoint; null: as none.</summary>
    public Run WithFrom(Fork? from) => this with { From = from };

    /// <summary>A run that differs from the shared stages in its schedule alone.</summary>
    public static Run Of(string label, Schedule schedule) => Of(label, new Stages(Schedule: schedule));
}

/// <summary>A value that a sweep gave to a run.</summary>
/// <param name="Path">Where it stands, in the words of the YAML form: <c>schedule.rate</c>.</param>
/// <param name="Value">The value.</param>
public sealed record SweptValue(string Path, AxisValue Value)
{
    /// <summary>A number that a sweep gave to a run.</summary>
    public static SweptValue Of(string path, double number) => new(path, AxisValue.Number(number));

    /// <summary>A word that a sweep gave to a run.</summary>
    public static SweptValue Of(string path, string word) => new(path, AxisValue.Word(word));
}

/// <summary>An experiment: shared stages, and runs that overlay them. A YAML file maps onto it one to one.</summary>
/// <param name="Name">The name, also of the folder of its results.</param>
/// <param name="Shared">The stages that hold for every run that does not say otherwise.</param>
/// <param name="Runs">The runs, in the order of the tables and legends.</param>
/// <param name="Figures">The charts.</param>
/// <param name="Seeds">The seeds over which every run is repeated; null: each run once, with the seeds that its stages name.</param>
/// <param name="Checkpoints">When deep networks keep their state; null: <see cref="CheckpointPlan.Default"/>.</param>
public sealed record Experiment(string Name, Stages Shared, Items<Run> Runs, Items<FigureSpec> Figures, Seeds? Seeds = null,
    CheckpointPlan? Checkpoints = null)
{
    /// <summary>An experiment of one pipeline.</summary>
    /// <remarks>The runs that it looks at, and of a fork those that it is from, come before it: <c>NAME from 1</c> the first.</remarks>
    public static Experiment Of(string name, Pipeline pipeline)
    {
        if ((pipeline.Start, pipeline.Checkpoint, pipeline.Others) is (null, null, []))
            return new(name, Stages.Of(pipeline), [Run.Of(name, Stages.None)], []);
        return new(name, Stages.None, Items.From(RunsOf(name, pipeline).DistinctBy(run => run.Label)), []);
    }

    private static IEnumerable<Run> RunsOf(string name, Pipeline pipeline)
    {
        var line = new Stack<Pipeline>();
        for (var each = pipeline; each is not null; each = each.Start?.Parent) line.Push(each);
        string Label(int i) => i == line.Count - 1 ? name : FormattableString.Invariant($"{name} from {i + 1}");
        foreach (var (i, each) in line.Index())
        {
            foreach (var run in each.Others.SelectMany(other => RunsOf(other.Label, other.Pipeline))) yield return run;
            yield return Run.Of(Label(i), Stages.Of(each)) with
            {
                From = each.Start is { } start ? Fork.OfRun(Label(i - 1), start.Step)
                    : each.Checkpoint is { } file ? Fork.OfCheckpoint(file) : null,
            };
        }
    }

    /// <summary>The same with other shared stages.</summary>
    public Experiment WithShared(Stages shared) => this with { Shared = shared };

    /// <summary>The same with other runs.</summary>
    public Experiment WithRuns(params Run[] runs) => this with { Runs = Items.From(runs) };

    /// <summary>The same with other charts.</summary>
    public Experiment WithFigures(params FigureSpec[] figures) => this with { Figures = Items.From(figures) };

    /// <summary>The same over other seeds.</summary>
    public Experiment WithSeeds(Seeds? seeds) => this with { Seeds = seeds };

    /// <summary>The same with other checkpoints.</summary>
    public Experiment WithCheckpoints(CheckpointPlan? checkpoints) => this with { Checkpoints = checkpoints };

    /// <summary>The same under another name, also in figures that show its results beside those of others.</summary>
    public Experiment WithName(string name) => this with { Name = name, Figures = Figures.Map(figure => figure.Renamed(Name, name)) };

    /// <summary>The name and what is run: <c>step_sizes: small; large (2 runs, 4 seeds each)</c>.</summary>
    public override string ToString()
    {
        var (labels, each) = (string.Join("; ", Runs.Select(run => run.Label)), Seeds is null ? ""
            : $", {Words.Count(Seeds.Count, "seed")} each");
        return $"{Name}: {labels} ({Words.Count(Runs.Count, "run")}{each})";
    }

    /// <summary>The pipeline of each run; a failure that names the run where a stage is missing.</summary>
    internal Outcome<Items<LabelledPipeline>> Resolve()
    {
        var resolved = ResolveEach().ToArray();
        var problems = resolved.SelectMany(run => run.Pipeline.Match<IEnumerable<Diagnostic>>(_ => [], problems => problems)).ToArray();
        return problems.Length > 0
            ? Outcome.Failure<Items<LabelledPipeline>>(problems)
            : Outcome.Success(Items.From(resolved.Select(run => new LabelledPipeline(run.Run.Label, run.Pipeline.OrThrow())
            {
                Swept = run.Run.Swept,
            })));
    }

    /// <summary>Each run with its pipeline; a failure where a stage is missing (LS0201), or no run before it is its parent
    /// (LS0229).</summary>
    internal IEnumerable<(Run Run, Outcome<Pipeline> Pipeline)> ResolveEach()
    {
        // The first of those that have one label: that a label stands twice is told elsewhere.
        var before = new Dictionary<string, Pipeline?>();
        foreach (var run in Runs)
        {
            var fork = run.From?.AsRun;
            var parent = fork is null ? null : before.GetValueOrDefault(fork.Run);
            // Of a parent without a stage that is told already.
            if (fork is not null && parent is null && before.ContainsKey(fork.Run))
            {
                before.TryAdd(run.Label, null);
                yield return (run, Outcome.Failure<Pipeline>([]));
                continue;
            }
            if (parent is not null && ForkChecks.Depth(parent) >= ForkChecks.MostParents)
            {
                before.TryAdd(run.Label, null);
                yield return (run, Outcome.Failure<Pipeline>([new Diagnostic("LS0229", FormattableString.Invariant(
                    $"run '{run.Label}' is the fork of a fork of a fork: at most {ForkChecks.MostParents} stand one before the other"))]));
                continue;
            }
            var stages = run.Overlay.Over(parent is null ? Shared : Stages.Of(parent));
            var pipeline = fork is not null && parent is null
                ? Outcome.Failure<Pipeline>([new Diagnostic("LS0229",
                    $"run '{run.Label}' is a fork of '{fork.Run}', and no run before it has this label" +
                    $"{Nearest.Suggestion(fork.Run, before.Keys)}")])
                : stages.Missing() is { Count: > 0 } missing
                ? Outcome.Failure<Pipeline>([new Diagnostic("LS0201",
                    $"run '{run.Label}' has no {string.Join(", no ", missing)}: neither its own nor a shared one")])
                : Outcome.Success(new Pipeline(stages.Dataset!, stages.Model!, stages.Schedule!, stages.Optimizer!, stages.Probes!,
                    stages.Engine ?? Engine.Of(stages.Model!))
                {
                    Start = parent is null ? null : new(parent, fork!.Step),
                    Checkpoint = run.From?.Match<string?>(run => null, checkpoint => checkpoint.File),
                    Others = Items.From((stages.Probes?.Others ?? []).Select(of => of.Run).Distinct().SelectMany(label =>
                        before.GetValueOrDefault(label) is { } other ? [new OtherRun(label, other)] : Array.Empty<OtherRun>())),
                });
            before.TryAdd(run.Label, pipeline.Match<Pipeline?>(found => found, _ => null));
            yield return (run, pipeline);
        }
    }
}

/// <summary>The pipeline of one run, with its label.</summary>
internal sealed record LabelledPipeline(string Label, Pipeline Pipeline)
{
    /// <summary>The values that a sweep gave to the run; empty where there was none.</summary>
    public Items<SweptValue> Swept { get; init; } = [];
}
