using LargeSteps.Probes;
using LargeSteps.Schedules;
using LargeSteps.Values;

namespace LargeSteps.Pipelines;

/// <summary>Another run of the experiment at whose iterates the probes of a pipeline look.</summary>
/// <param name="Label">What it is called.</param>
/// <param name="Pipeline">What it is, but for its probes, on which no iterate depends.</param>
public sealed record OtherRun(string Label, Pipeline Pipeline)
{
    /// <summary>Another run of any pipeline.</summary>
    public static OtherRun Of(string label, Pipeline pipeline) => new(label, Bare(pipeline));

    /// <summary>A pipeline with nothing to measure that would matter: two that make the same iterates are equal.</summary>
    internal static Pipeline Bare(Pipeline pipeline) => pipeline with
    {
        Probes = Nothing,
        Others = [],
        Start = pipeline.Start is { } start ? start with { Parent = Bare(start.Parent) } : null,
    };

    private static ProbePlan Nothing { get; } = ProbePlan.Of(Cadence.Every(PipelineChecks.MaxSteps), new ParameterNorm());

    /// <summary>What a pipeline looks at: of which run, and at which of its steps.</summary>
    internal static IEnumerable<(OtherIterate Of, Pipeline Run, long Step)> Needed(Pipeline pipeline)
    {
        var begun = pipeline.Start?.Step ?? 0;
        foreach (var of in pipeline.Probes.Others.Distinct())
        {
            if (pipeline.Others.FirstOrDefault(other => other.Label == of.Run) is not { } other) continue;
            IEnumerable<long> steps = of.Step is { } step ? [step]
                : pipeline.Probes.At.Iterations(pipeline.Horizon).Where(at => at >= begun);
            foreach (var at in steps.Where(at => at <= other.Pipeline.Horizon.Steps && at >= (other.Pipeline.Start?.Step ?? 0)))
                yield return (of, other.Pipeline, at);
        }
    }

    /// <summary>What is wrong with the runs that a pipeline looks at.</summary>
    internal static IEnumerable<Problem> Problems(Pipeline pipeline, OtherIterate of, string path)
    {
        if (pipeline.Probes.Averaged || pipeline.Probes.Valley is not null)
            yield return new(path, "LS0213", "iterates of other runs are looked at as they are: not with averaged or valley_projection");
        if (pipeline.Others.FirstOrDefault(other => other.Label == of.Run)?.Pipeline is not { } other)
        {
            yield return new($"{path}.to.run", "LS0230", $"no run that stands before this one has the label '{of.Run}'");
        }
        else if (!pipeline.Model.HasShapeOf(other.Model) || pipeline.Dataset != other.Dataset)
        {
            yield return new($"{path}.to.run", "LS0230", $"'{of.Run}' is of another network, or learns other data");
        }
        else if (of.Step is { } step && (step > other.Horizon.Steps || step < (other.Start?.Step ?? 0)))
        {
            yield return new($"{path}.to.step", "LS0230", FormattableString.Invariant(
                $"'{of.Run}' makes the steps {other.Start?.Step ?? 0} to {other.Horizon.Steps}, and {step} is none of them"));
        }
    }
}
