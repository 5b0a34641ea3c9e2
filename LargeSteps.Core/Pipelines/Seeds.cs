using LargeSteps.Values;

namespace LargeSteps.Pipelines;

/// <summary>The seeds over which an experiment runs: From, From + 1, …, and the random streams that follow them.</summary>
/// <param name="From">The first seed.</param>
/// <param name="Count">The number of seeds; at least 1.</param>
/// <param name="Follow">Which random streams are seeded by the seed; the others keep the seeds that their stages name.</param>
public sealed record Seeds(uint From, int Count, Follow Follow)
{
    /// <summary>Seeds of the sampling, on fixed data and initial weights.</summary>
    public static Seeds OfSampling(uint from, int count) => new(from, count, Follow.SamplingOnly);
}

/// <summary>The random streams that follow a seed.</summary>
/// <param name="Data">The stream that draws the data.</param>
/// <param name="Initialisation">The stream that draws the initial weights.</param>
/// <param name="Sampling">The stream that draws the batches.</param>
public sealed record Follow(bool Data, bool Initialisation, bool Sampling)
{
    /// <summary>The sampling alone follows.</summary>
    public static Follow SamplingOnly { get; } = new(false, false, true);
}

/// <summary>The unit of work: one run with one seed. Its result depends on nothing but the pipeline.</summary>
/// <param name="Label">The label of the run.</param>
/// <param name="Seed">The seed in tables.</param>
/// <param name="Pipeline">What is run, with the seed in place.</param>
public sealed record RunUnit(string Label, uint Seed, Pipeline Pipeline)
{
    /// <summary>The values that a sweep gave to the run, for tables; empty where there was none.</summary>
    public Items<SweptValue> Swept { get; init; } = [];

    /// <summary>The label and the seed: <c>large, seed 1</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"{Label}, seed {Seed}");
}

/// <summary>Resolves experiments into units.</summary>
public static class Units
{
    /// <summary>
    /// The units of an experiment, run by run and seed by seed. Without seeds each run has one, under the seed of its sampling
    /// (of its data, where it draws no samples). A run that draws from none of the streams that follow has one as well.
    /// </summary>
    public static Outcome<Items<RunUnit>> Of(Experiment experiment) => experiment.Resolve().Map(runs => Items.From(
        runs.SelectMany(run => UnitsOf(run, experiment.Seeds))));

    private static IEnumerable<RunUnit> UnitsOf(LabelledPipeline run, Seeds? seeds)
    {
        if (seeds is null || WithSeed(run.Pipeline, 0, seeds.Follow) == WithSeed(run.Pipeline, 1, seeds.Follow))
            return [UnitOf(OwnSeed(run.Pipeline), run.Pipeline)];
        return Enumerable.Range(0, seeds.Count)
            .Select(i => seeds.From + (uint)i)
            .Select(seed => UnitOf(seed, WithSeed(run.Pipeline, seed, seeds.Follow)));

        RunUnit UnitOf(uint seed, Pipeline pipeline) => new(run.Label, seed, pipeline) { Swept = run.Swept };
    }

    private static Pipeline WithSeed(Pipeline pipeline, uint seed, Follow follow)
    {
        var start = pipeline.Start is { } own ? own with { Parent = WithSeed(own.Parent, seed, follow) } : null;
        // A fork with another seed than its parent draws other samples, with each seed of the experiment: it is as far from its parent's.
        var sampling = start is null ? seed : unchecked(ForkStart.SeedOf(start.Parent) + ForkStart.SeedOf(pipeline)
            - ForkStart.SeedOf(pipeline.Start!.Parent));
        return pipeline with
        {
            Dataset = follow.Data ? pipeline.Dataset.WithSeed(seed) : pipeline.Dataset,
            Model = follow.Initialisation ? pipeline.Model.WithSeed(seed) : pipeline.Model,
            Optimizer = follow.Sampling ? pipeline.Optimizer.WithSeed(sampling) : pipeline.Optimizer,
            Others = pipeline.Others.Map(other => other with { Pipeline = WithSeed(other.Pipeline, seed, follow) }),
            Start = start,
        };
    }

    private static uint OwnSeed(Pipeline pipeline) =>
        pipeline.Optimizer.Match(
            gd => gd.Rule.LabelNoise is not null ? gd.Seed : pipeline.Dataset.Match(sparse => sparse.Seed, points => 0u,
                teacher => teacher.Seed, memory => 0u, images => images.Options.Seed), sgd => sgd.Seed);
}
