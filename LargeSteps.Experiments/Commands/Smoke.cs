using LargeSteps.Datasets;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;

namespace LargeSteps.Experiments.Commands;

/// <summary>Shrinks an experiment, so that all of it runs in a moment: to see whether it works, not what it shows.</summary>
internal static class Smoke
{
    private const long Steps = 500;
    private const int Rows = 500;
    private const int Seeds = 2;

    /// <summary>The same experiment with small data, short runs, few measurements, two seeds, and of what a sweep made its corners.</summary>
    public static Experiment Shrink(Experiment experiment) => experiment with
    {
        // Two runs that share a schedule need not be shrunk by the same factor: each gets stages of its own.
        Shared = Stages.None,
        Runs = Items.From(Corners(experiment.Runs).Zip(experiment.WithRuns([.. Corners(experiment.Runs)]).Resolve().OrThrow(), (run, whole) => run with { Overlay = Stages.Of(Shrink(whole.Pipeline)) })),
        Seeds = experiment.Seeds is { } seeds ? seeds with { Count = Math.Min(seeds.Count, Seeds) } : null,
    };

    /// <summary>The runs whose every swept value is the first or the last of its axis.</summary>
    private static IEnumerable<Run> Corners(Items<Run> runs)
    {
        var ends = runs.SelectMany(run => run.Swept).GroupBy(swept => swept.Path)
            .ToDictionary(axis => axis.Key, axis => (First: axis.First().Value, Last: axis.Last().Value));
        return runs.Where(run => run.Swept.All(swept => swept.Value == ends[swept.Path].First || swept.Value == ends[swept.Path].Last));
    }

    private static Pipeline Shrink(Pipeline pipeline)
    {
        var small = pipeline with { Dataset = Shrink(pipeline.Dataset) };
        small = small with
        {
            Optimizer = small.Optimizer.Match<OptimizerSpec>(gd => gd, sgd => sgd with { BatchSize = Math.Min(sgd.BatchSize, small.Dataset.TrainingSamples) }),
            Probes = Shrink(pipeline.Probes, small.Dataset),
        };
        var (before, steps, perEpoch) = (pipeline.Horizon, Math.Min(pipeline.Horizon.Steps, Steps), small.Horizon.StepsPerEpoch);
        var rule = small.Optimizer.Rule;
        return small with
        {
            Optimizer = small.Optimizer
                .WithLength(small.Optimizer.Length.Match(_ => Duration.Steps(steps), _ => Duration.Epochs(steps / perEpoch), fraction => fraction))
                .WithRule(rule with { WarmStart = rule.WarmStart is { } warm ? warm with { Steps = Math.Min(warm.Steps, Steps / 10) } : null }),
            Schedule = small.Schedule.WithMoments(Moved),
        };

        // A moment stays at its fraction of the run, and inside it.
        Duration Moved(Duration moment) => moment.Match(
            at => Duration.Steps(Math.Clamp((long)Math.Round((double)at.Count / before.Steps * steps), 1, Math.Max(1, steps - 1))),
            at => Duration.Epochs(at.Count * before.StepsPerEpoch / before.Steps * steps / perEpoch),
            fraction => fraction);
    }

    private static DatasetSpec Shrink(DatasetSpec dataset) => dataset.Match<DatasetSpec>(
        sparse => sparse with
        {
            Samples = Math.Min(sparse.Samples, Rows),
            TestSamples = Math.Min(sparse.TestSamples, Rows),
            Dimensions = Math.Min(sparse.Dimensions, Rows),
            Support = Math.Min(sparse.Support, Math.Min(sparse.Dimensions, Rows)),
        },
        memory => memory);

    private static ProbePlan Shrink(ProbePlan probes, DatasetSpec dataset)
    {
        var eigenvalues = 2 * dataset.Match(sparse => sparse.Dimensions, memory => memory.Data.Dimensions);
        return probes with
        {
            At = Shrink(probes.At),
            Measure = probes.Measure.Map(probe => probe is HessianEigenvaluesProbe hessian ? hessian with { Count = Math.Min(hessian.Count, eigenvalues) } : probe),
            Valley = probes.Valley is { } valley ? valley with { Steps = Math.Min(valley.Steps, 10) } : null,
        };
    }

    private static Cadence Shrink(Cadence at) => at.Match<Cadence>(
        evenly => new FirstAndEvenly(Math.Min(evenly.First, 5), Math.Min(evenly.Points, 10)),
        every => every with { Steps = Math.Min(every.Steps, Steps / 10) },
        logarithmic => new FirstAndLogarithmic(Math.Min(logarithmic.First, 5), Math.Min(logarithmic.Points, 10)));
}
