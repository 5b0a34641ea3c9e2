using LargeSteps.Probes;
using LargeSteps.Schedules;
using LargeSteps.Values;

namespace LargeSteps.Pipelines;

/// <summary>Another run of the experiment at whose iterates the probes of a pipeline look.</summary>
/// <param name="Label">What it is called.</param>
/// <param name="Pipeline">What it is: its probes, on which no iterate depends, are left out.</param>
public sealed record OtherRun(string Label, Pipeline Pipeline)
{
    /// <summary>What it is, but for its probes.</summary>
    public Pipeline Pipeline { get; init => field = Bare(value); } = Bare(Pipeline);

    /// <summary>A pipeline with nothing to measure that would matter: two that make the same iterates are equal.</summary>
    internal static Pipeline Bare(Pipeline pipeline) => pipeline with
    {
        Probes = Nothing,
        Others = [],
        Start = pipeline.Start is { } start ? start with { Parent = Bare(start.Parent) } : null,
    };

    private static ProbePlan Nothing { get; } = ProbePlan.Of(Cadence.Every(PipelineChecks.MaxSteps, end: true), new ParameterNorm());

    /// <summary>What a pipeline looks at between two of its steps: of which run, and at which of its steps.</summary>
    internal static IEnumerable<(OtherIterate Of, Pipeline Run, IEnumerable<long> Steps)> Needed(Pipeline pipeline, long from, long until)
    {
        long begin = Math.Max(from, pipeline.Start?.Step ?? 0), end = Math.Min(until, pipeline.Horizon.Steps);
        foreach (var of in pipeline.Probes.Others.Distinct())
        {
            if (pipeline.Others.FirstOrDefault(other => other.Label == of.Run)?.Pipeline is not { } other) continue;
            var (first, last) = (other.Start?.Step ?? 0, other.Horizon.Steps);
            yield return (of, other, of.Step is { } step ? [step] : pipeline.Probes.At.Iterations(pipeline.Horizon)
                .Where(at => at >= begin && at <= end && at >= first && at <= last));
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
