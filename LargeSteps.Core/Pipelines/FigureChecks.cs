using LargeSteps.Models;

namespace LargeSteps.Pipelines;

/// <summary>What a figure asks of the runs that it shows, beyond metrics.</summary>
internal static class FigureChecks
{
    /// <summary>Why a figure cannot show all runs.</summary>
    public static IEnumerable<Diagnostic> Problems(FigureSpec figure, Items<LabelledPipeline> runs) => figure.Match(
        curves => [], sweep => OfSweep(sweep, runs), function => OfEach(function, runs, OfFunction), neurons => OfEach(neurons, runs, OfNeurons),
        surface => SurfaceChecks.Problems(surface, runs).Select(problem => Told(surface, problem)),
        table => table.Against is { } against && runs.All(run => run.Label != against) ? [Told(table, $"there is no run '{against}'")] : []);

    private static Diagnostic Told(FigureSpec figure, string problem) => new("LS0226", $"the figure '{figure.File}' cannot be drawn: {problem}");

    private static IEnumerable<Diagnostic> OfSweep(SweepFigure sweep, Items<LabelledPipeline> runs) =>
        sweep.Panels.LogX && runs.SelectMany(run => run.Swept).FirstOrDefault(swept => swept.Path == sweep.X && swept.Value is WordValue) is { } word
            ? [Told(sweep, $"'{word.Value.Text}' has no place on a logarithmic axis: leave log_x out")] : [];

    private static IEnumerable<Diagnostic> OfEach(FigureSpec figure, Items<LabelledPipeline> runs, Func<Pipeline, string?> problemOf) =>
        from run in runs
        let problem = problemOf(run.Pipeline)
        where problem is not null
        group run.Label by problem into same
        select Told(figure, $"{same.Key}{(same.Count() == runs.Count ? "" : $" ({(same.Count() == 1 ? "run" : "runs")} '{string.Join("', '", same)}')")}");

    private static string? OfFunction(Pipeline pipeline) =>
        pipeline.Dataset.Features is not 1 and var features ? FormattableString.Invariant($"it shows a function of one feature, and the dataset has {features}")
        : pipeline.Probes.Snapshots is null ? "it shows snapshots, and the probes keep none"
        : null;

    private static string? OfNeurons(Pipeline pipeline) =>
        pipeline.Dataset.Features is not 2 and var features ? FormattableString.Invariant($"it shows neurons in the plane of two features, and the dataset has {features}")
        : pipeline.Model is not ReluNetwork { Hidden.Count: 1 } ? "it shows the neurons of a relu_network with one hidden layer"
        : pipeline.Probes.Snapshots is null ? "it shows snapshots, and the probes keep none"
        : null;
}
