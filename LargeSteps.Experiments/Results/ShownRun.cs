using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Results;

/// <summary>A run as pictures of weights show it: by one of its seeds.</summary>
/// <param name="Label">The label of the run.</param>
/// <param name="Heading">The same, with what is to be known of the seed.</param>
/// <param name="Pipeline">The pipeline of the seed.</param>
/// <param name="Result">Its result.</param>
internal sealed record ShownRun(string Label, string Heading, Pipeline Pipeline, RunResult Result)
{
    /// <summary>For each run a seed: the one that is wished for, or else the first that survived; where none did, the first.</summary>
    public static Items<ShownRun> Of(Items<UnitResult> results, uint? seedOf = null) => Items.From(results.GroupBy(r => r.Unit.Label)
        .Select(run =>
    {
        var chosen = run.FirstOrDefault(r => r.Unit.Seed == seedOf) ?? run.FirstOrDefault(r => ResultFrames.Survived(r.AtEnd))
            ?? run.First();
        var seed = run.Count() > 1 ? FormattableString.Invariant($", seed {chosen.Unit.Seed}") : "";
        var end = ResultFrames.Survived(chosen.AtEnd) ? "" : $" ({chosen.AtEnd.End.Word})";
        return new ShownRun(run.Key, run.Key + seed + end, chosen.Unit.Pipeline, chosen.Result);
    }));
}
