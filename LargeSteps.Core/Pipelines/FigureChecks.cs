using LargeSteps.Figures;
using LargeSteps.Values;

namespace LargeSteps.Pipelines;

/// <summary>What a figure asks of the runs that it shows, beyond metrics.</summary>
internal static class FigureChecks
{
    /// <summary>The runs as figures see them.</summary>
    public static FigureRuns RunsOf(Items<LabelledPipeline> runs, Items<Run> swept) => new(
        runs.Map(run => new FigureRun(run.Label, run.Pipeline.Dataset, run.Pipeline.Model, run.Pipeline.Optimizer,
            run.Pipeline.Probes.Snapshots, () => MeasurementsOf(run.Pipeline))
        { Swept = run.Swept.Map(value => (value.Path, value.Value)) }),
        Items.From(swept.Select(run => run.Series).OfType<string>()));

    /// <summary>Why a figure cannot show all runs, or not in the way that it asks for.</summary>
    public static IEnumerable<Diagnostic> Problems(FigureSpec figure, FigureRuns runs)
    {
        var size = figure is ChartFigure chart ? chart.SizeProblem(chart.PanelCount(runs)) : null;
        return figure.Problems(runs).Concat(size is null ? [] : [size])
            .Select(problem => new Diagnostic("LS0226", $"the figure '{figure.File}' cannot be drawn: {problem}"));
    }

    private static int? MeasurementsOf(Pipeline pipeline) => pipeline.Horizon.Steps is < 1 or > PipelineChecks.MaxSteps ? null
        : (int)Math.Min(int.MaxValue, pipeline.Probes.At.Count(pipeline.Horizon));
}
