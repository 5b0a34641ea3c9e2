using LargeSteps.Figures;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Values;

namespace LargeSteps.Tests.Results;

/// <summary>Results made up by hand: a run of four seeds, one of which diverges, and a run whose only seed does.</summary>
internal static class SeedResults
{
    public static Pipeline Pipeline { get; } =
        DiagonalCases.Sgd(DiagonalCases.Small, Schedule.Constant(0.25), ProbePlan.Of(Cadence.Every(10),
        new Losses()), steps: 30);

    public static Items<UnitResult> Two { get; } =
    [
        Completed("a", 0, 1, 2, 4),
        Completed("a", 1, 1, 4, 8),
        Diverged("a", 2, 15, 1, 6),
        Completed("a", 3, 1, 12, 9),
        Diverged("b < c", 7, 5, 3),
    ];

    /// <summary>The experiment of <see cref="Two"/>.</summary>
    public static Experiment Experiment { get; } = Experiment.Of("by_hand", Pipeline)
        .WithRuns(Run.Of("a", Stages.None), Run.Of("b < c", Stages.None))
        .WithFigures(FigureSpec.Curves("overview", MetricPanels.Of("loss", "survival").WithLogY("loss")));

    /// <summary>A seed whose losses at the iterations 0, 10, … are given, and whose metric <c>none</c> is NaN.</summary>
    public static UnitResult Completed(string run, uint seed, params double[] losses) => Of(run, seed, RunEnd.Completed, 30, losses);

    public static UnitResult Dead(string run, uint seed, params double[] losses) => Of(run, seed, RunEnd.Dead, 30, losses);

    public static UnitResult Diverged(string run, uint seed, long at, params double[] losses) => Of(run, seed, RunEnd.Diverged(at), at,
        losses);

    /// <summary>A result of a run to which a sweep gave values.</summary>
    public static UnitResult With(UnitResult result, params SweptValue[] swept) =>
        result with { Unit = result.Unit with { Swept = Items.From(swept) } };

    private static UnitResult Of(string run, uint seed, RunEnd end, long steps, double[] losses) => new(
        new(run, seed, Pipeline),
        new(["loss", "none"], Items.From(losses.Select((loss, i) => new Measurement(10 * i, i / 2.0, 0.25, [loss, double.NaN]))), end,
            steps, 0.25, 0.5));
}
