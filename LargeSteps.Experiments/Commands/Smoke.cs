using LargeSteps.Pipelines;

namespace LargeSteps.Experiments.Commands;

/// <summary>Shrinks an experiment, so that all of it runs in a moment: to see whether it works, not what it shows.</summary>
internal static class Smoke
{
    private const long Steps = 500;

    public static Experiment Shrink(Experiment experiment) => experiment with
    {
        Shared = Shrink(experiment.Shared),
        Runs = experiment.Runs.Map(run => run with { Overlay = Shrink(run.Overlay) }),
        Seeds = experiment.Seeds is { } seeds ? seeds with { Count = Math.Min(seeds.Count, 2) } : null,
    };

    private static Stages Shrink(Stages stages) => stages with
    {
        Optimizer = stages.Optimizer?.WithLength(Shrink(stages.Optimizer.Length)),
        Probes = stages.Probes is { } probes ? probes with { At = Shrink(probes.At), Valley = probes.Valley is { } valley ? valley with { Steps = Math.Min(valley.Steps, 10) } : null } : null,
    };

    private static Duration Shrink(Duration length) => length.Match<Duration>(
        steps => steps with { Count = Math.Min(steps.Count, Steps) }, epochs => epochs with { Count = Math.Min(epochs.Count, 1) }, fraction => fraction);

    private static Cadence Shrink(Cadence at) => at.Match<Cadence>(
        evenly => new FirstAndEvenly(Math.Min(evenly.First, 5), Math.Min(evenly.Points, 10)),
        every => every with { Steps = Math.Min(every.Steps, Steps / 10) },
        logarithmic => new FirstAndLogarithmic(Math.Min(logarithmic.First, 5), Math.Min(logarithmic.Points, 10)));
}
