using LargeSteps.Values;

namespace LargeSteps.Pipelines;

/// <summary>
/// Where a run that is a fork begins: with all that another run of the experiment, its parent, was before a step: its weights, what its
/// rules keep by name, and where its random streams stand. What the fork says of itself stands in place of what its parent says. A fork
/// that changes nothing is its parent from there on, bit for bit.
/// </summary>
public abstract record Fork
{
    private protected Fork() { }

    private protected abstract void Close();

    /// <summary>The fork of another run of the experiment, see <see cref="RunFork"/>.</summary>
    public static Fork OfRun(string run, long step) => new RunFork(run, step);

    /// <summary>The fork of a run of which a checkpoint is left, see <see cref="CheckpointFork"/>.</summary>
    public static Fork OfCheckpoint(string file) => new CheckpointFork(file);

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(Func<RunFork, TResult> run, Func<CheckpointFork, TResult> checkpoint) => this switch
    {
        RunFork r => run(r),
        CheckpointFork c => checkpoint(c),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>The fork of another run, where it is one; null where it is none.</summary>
    internal RunFork? AsRun => Match<RunFork?>(run => run, checkpoint => null);
}

/// <summary>A fork of another run of the experiment.</summary>
/// <param name="Run">The label of the parent, which stands before the fork.</param>
/// <param name="Step">How many steps the parent has made there, at least 1.</param>
public sealed record RunFork(string Run, long Step) : Fork { private protected override void Close() { } }

/// <summary>
/// A fork of a run, of whatever experiment, of which a checkpoint is left. What it does not say of itself is what the experiment shares,
/// not what its parent had: that stands in the folder of the checkpoint, and must be a run of the same network on the same data.
/// </summary>
/// <param name="File">The checkpoint: its <c>.json</c> or its <c>.safetensors</c>.</param>
public sealed record CheckpointFork(string File) : Fork { private protected override void Close() { } }

/// <summary>The same of a pipeline.</summary>
/// <param name="Parent">The parent, itself a fork or not.</param>
/// <param name="Step">How many steps it has made.</param>
public sealed record ForkStart(Pipeline Parent, long Step)
{
    /// <summary>Whether a fork goes on with the random streams of its steps: not of a parent that draws nothing, nor with another
    /// seed.</summary>
    internal static bool GoesOnDrawing(Pipeline fork, Pipeline parent) =>
        parent.Optimizer.Draws(parent.Dataset.AsImages?.Augment == true) && SeedOf(fork) == SeedOf(parent);

    /// <summary>Whether Adam begins with a fork: its steps count from the first that it makes.</summary>
    internal static bool BeginsAdam(Pipeline fork, Pipeline parent) =>
        fork.Optimizer.Rule.Adam is not null && parent.Optimizer.Rule.Adam is null;

    internal static uint SeedOf(Pipeline pipeline) => pipeline.Optimizer.Match(gd => gd.Seed, sgd => sgd.Seed);
}

/// <summary>What must hold between a fork and its parent.</summary>
internal static class ForkChecks
{
    /// <summary>The most parents that stand one before the other: each fork has all that they say in its name.</summary>
    public const int MostParents = 20;

    /// <summary>How many parents stand before a pipeline.</summary>
    public static int Depth(Pipeline pipeline)
    {
        var depth = 0;
        for (var start = pipeline.Start; start is not null; start = start.Parent.Start) depth++;
        return depth;
    }

    /// <summary>All problems of a fork.</summary>
    public static IEnumerable<Problem> Problems(Pipeline fork)
    {
        if (fork.Checkpoint is not null && fork.Model.AsDeep is null)
            yield return new("from.checkpoint", "LS0229", "a run that begins with a checkpoint is of a deep network: others keep none");
        if (fork.Start is not { } start) yield break;
        var parent = start.Parent;
        if (fork.Model != parent.Model) yield return new("model", "LS0229", "a fork goes on with the network of its parent");
        if (fork.Dataset != parent.Dataset) yield return new("dataset", "LS0229", "a fork goes on with the data of its parent");
        if (fork.Engine != parent.Engine) yield return new("engine", "LS0229", "a fork goes on with the engine of its parent");
        if (parent.Start is { Step: var begun } && start.Step < begun)
        {
            yield return new("from.step", "LS0229", FormattableString.Invariant(
                $"the parent is a fork itself and begins at step {begun}: before, at {start.Step}, it has none"));
        }
        else if (start.Step > parent.Horizon.Steps)
        {
            yield return new("from.step", "LS0229", FormattableString.Invariant(
                $"the parent has {parent.Horizon.Steps} steps, and none after {start.Step}"));
        }
        else if (start.Step >= fork.Horizon.Steps)
        {
            yield return new("from.step", "LS0229", FormattableString.Invariant(
                $"the fork begins at step {start.Step}, and ends at {fork.Horizon.Steps}: its steps count from those of its parent"));
        }
        else if (!fork.Probes.At.HasFrom(start.Step, fork.Horizon))
        {
            yield return new("probes.at", "LS0229", FormattableString.Invariant(
                $"nothing of the fork is measured: it begins at step {start.Step}, after the last measurement"));
        }
        if (fork.Optimizer.Sampled is { } own && parent.Optimizer.Sampled is { } sampled && own != sampled)
            yield return new("optimizer.sampling", "LS0229", "a fork draws its samples as its parent does");
        if (fork.Optimizer.Sampled is { PublishedEvery: not null } && fork.Optimizer.Batch != parent.Optimizer.Batch)
            yield return new("optimizer.batch_size", "LS0229", "the published order is that of one batch size from the beginning");
        if (fork.Optimizer.Sampled is { PublishedEvery: not null } && ForkStart.SeedOf(fork) != ForkStart.SeedOf(parent))
            yield return new("optimizer.seed", "LS0229", "the published order is that of one seed from the beginning");
        if (fork.Optimizer.Rule.WarmStart != parent.Optimizer.Rule.WarmStart)
        {
            yield return new("optimizer.warm_start", "LS0229",
                "a fork goes on after the warm start of its parent: it can have no other one");
        }
        if (fork.Probes.TwinPerturbation is { } perturbation && parent.Probes.TwinPerturbation != perturbation)
            yield return new("probes", "LS0229", "a fork looks at a twin where its parent has the same: it began with the run");
    }
}
