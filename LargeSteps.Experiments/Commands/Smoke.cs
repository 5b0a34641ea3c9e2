using LargeSteps.Datasets;
using LargeSteps.Datasets.Images;
using LargeSteps.Figures;
using LargeSteps.Models;
using LargeSteps.Models.Deep;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Schedules;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Commands;

/// <summary>Shrinks an experiment, so that all of it runs in a moment: to see whether it works, not what it shows.</summary>
internal static class Smoke
{
    private const long Steps = 500;
    private const int Rows = 500;
    private const int Seeds = 2;

    // A step of a deep network takes as long as a whole run of a small one.
    private const long DeepSteps = 2;
    private const int Images = 16;
    private const int DeepBatch = 8;
    private const int DeepWidth = 4;

    private const int GridPoints = 12;
    private const int DeepGridPoints = 3;

    /// <summary>The same experiment with small data, short runs, few measurements, two seeds, coarse surfaces, and of what a sweep made its
    /// corners.</summary>
    public static Experiment Shrink(Experiment experiment)
    {
        Run[] corners = [.. Corners(experiment.Runs)];
        var whole = experiment.WithRuns(corners).Resolve().OrThrow();
        // A swept threshold names the metric of its run, and of a sweep only the corners are left.
        var known = whole.SelectMany(run => run.Pipeline.Probes.Columns(run.Pipeline.Target)).Concat(["learning_rate", "survival"])
            .ToHashSet();
        var everyRun = experiment.Resolve().OrThrow();
        var limits = new FigureLimits(known, Items.From(corners.Select(run => run.Label)), Moved, GridPoints,
            whole.Any(run => run.Pipeline.Model.AsDeep is not null) ? DeepGridPoints : GridPoints, Images);
        return experiment with
        {
            // Two runs that share a schedule need not be shrunk by the same factor: each gets stages of its own.
            Shared = Stages.None,
            Runs = Items.From(corners.Zip(whole, (run, resolved) => run with
            {
                Overlay = Stages.Of(Shrink(resolved.Pipeline)),
                // What has left a checkpoint was not shrunk: the run begins at its beginning.
                From = run.From?.Match<Fork?>(fork => fork with { Step = Shrink(fork.Step, resolved.Pipeline.Start!.Parent) },
                    checkpoint => null),
            })),
            Seeds = experiment.Seeds is { } seeds ? seeds with { Count = Math.Min(seeds.Count, Seeds) } : null,
            Figures = Items.From(experiment.Figures.Select(figure => figure.Smaller(limits)).OfType<FigureSpec>()),
        };

        // A measurement stays at its fraction of the run, like the snapshot that it keeps.
        int Moved(Items<string> labels, int number)
        {
            var run = everyRun.First(run => labels.Count == 0 || labels.Contains(run.Label)).Pipeline;
            var (before, after) = (run.Probes.At.Count(run.Horizon), Shrink(run) is var small ? small.Probes.At.Count(small.Horizon) : 0);
            return (int)Math.Min(number, number * after / before);
        }
    }

    // A fork begins at its fraction of its parent, and before the end of what is left of itself.
    private static long Shrink(long step, Pipeline parent)
    {
        var (before, after) = (parent.Horizon.Steps, Shrink(parent).Horizon.Steps);
        return Math.Clamp((long)Math.Round((double)step / before * after), 1, Math.Max(1, after - 1));
    }

    /// <summary>The runs whose every swept value is the first or the last of its axis.</summary>
    private static IEnumerable<Run> Corners(Items<Run> runs)
    {
        var ends = runs.SelectMany(run => run.Swept).GroupBy(swept => swept.Path)
            .ToDictionary(axis => axis.Key, axis => (First: axis.First().Value, Last: axis.Last().Value));
        return runs.Where(run => run.Swept.All(swept => swept.Value == ends[swept.Path].First || swept.Value == ends[swept.Path].Last));
    }

    // Of a network that is composed of layers each has a width of its own.
    private static DeepNetwork Shrink(DeepNetwork deep) => (deep.Layers.Widths is { } widths
        ? deep.WithLayers(deep.Layers with { Widths = widths.Map(width => Math.Min(width, DeepWidth)) })
        : deep.Width is null && deep.IsComposed ? deep : deep.WithWidth(Math.Min(deep.ActualWidth, DeepWidth))).WithWeights(null);

    private static Pipeline Shrink(Pipeline pipeline)
    {
        var (most, batch, interval) = pipeline.Model.Match(diagonal => (Steps, int.MaxValue, Steps / 10), relu => (Steps, int.MaxValue,
            Steps / 10), deep => (DeepSteps, DeepBatch, DeepSteps), custom => (Steps, int.MaxValue, Steps / 10));
        var small = pipeline with
        {
            Dataset = Shrink(pipeline.Dataset),
            Model = pipeline.Model.Match<ModelSpec>(
                diagonal => diagonal, relu => relu, deep => Shrink(deep),
                custom => custom),
        };
        small = small with
        {
            Optimizer = small.Optimizer.Match<OptimizerSpec>(gd => gd,
                sgd => sgd with { BatchSize = Math.Min(Math.Min(sgd.BatchSize, batch), small.Dataset.TrainingSamples) }),
            Probes = Shrink(pipeline.Probes, small.Dataset, interval),
        };
        var (before, steps, perEpoch) = (pipeline.Horizon, Math.Min(pipeline.Horizon.Steps, most), small.Horizon.StepsPerEpoch);
        var rule = small.Optimizer.Rule;
        return small with
        {
            Optimizer = small.Optimizer
                .WithLength(small.Optimizer.Length.Match(_ => Duration.Steps(steps), _ => Duration.Epochs(steps / perEpoch),
                    fraction => fraction))
                .WithRule(rule with
                {
                    LabelNoise = rule.LabelNoise?.WithMoments(Moved),
                    WarmStart = rule.WarmStart is { } warm
                    ? warm with { Steps = Math.Min(warm.Steps, Steps / 10) } : null
                }),
            Schedule = small.Schedule.WithMoments(Moved),
            Probes = small.Probes.WithSnapshots(pipeline.Probes.Snapshots?.Match(
                all => all, ends => ends, chosen => Shrink(chosen, pipeline.Probes.At.Count(before),
                    small.Probes.At.Count(new Horizon(steps, perEpoch))))),
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
        points => points,
        teacher => teacher with { Samples = Math.Min(teacher.Samples, Rows), TestSamples = Math.Min(teacher.TestSamples, Rows) },
        memory => memory,
        // Generated images stand for those in files, so that no file is needed.
        images => images with
        {
            Source = images.Source.HasFiles ? ImageSource.Shapes : images.Source,
            Options = images.Options with
            {
                TrainingImages = Math.Min(images.TrainingImages, Images) + (images.Options.Validation is null ? 0 : Images),
                Validation = images.Options.Validation is null ? null : Images,
                TestImages = Math.Min(images.TestImages, Images),
                Fraction = 1,
                AllowPartial = false,
                Classes = images.Source.HasFiles ? null : images.Options.Classes,
            },
        });

    private static ProbePlan Shrink(ProbePlan probes, DatasetSpec dataset, long interval)
    {
        var table = new SmokeLimits(Rows);
        var limits = dataset.Match(sparse => table with { Eigenvalues = 2 * sparse.Dimensions }, points => table, teacher => table,
            memory => table, images => new(Images, Products: 1));
        return probes with
        {
            At = Shrink(probes.At, interval),
            Measure = probes.Measure.Map(probe => probe.Within(limits)),
            Valley = probes.Valley is { } valley ? valley with { Steps = Math.Min(valley.Steps, 10) } : null,
        };
    }

    // A snapshot stays at its fraction of the measurements.
    private static SnapshotSpec Shrink(ChosenSnapshots chosen, long before, long count) =>
        SnapshotSpec.Measurements([.. chosen.Numbers.Select(number => (int)Math.Min(number, number * count / before)).Distinct()]);

    private static Cadence Shrink(Cadence at, long interval) => at.Match<Cadence>(
        evenly => evenly with { First = Math.Min(evenly.First, 5), Points = Math.Min(evenly.Points, 10) },
        every => every with
        {
            Interval = every.Interval.Match(steps => Duration.Steps(Math.Min(steps.Count, interval)),
            _ => Duration.Steps(interval), fraction => fraction)
        },
        logarithmic => logarithmic with { First = Math.Min(logarithmic.First, 5), Points = Math.Min(logarithmic.Points, 10) });
}
