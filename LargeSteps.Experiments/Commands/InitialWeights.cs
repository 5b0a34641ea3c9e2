using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Training.Deep;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Commands;

/// <summary>The files of weights and the checkpoints that runs of deep networks begin with: what a user wrote, like the config, and a run
/// would meet late.</summary>
internal static class InitialWeights
{
    /// <summary>What is wrong with them, each file and network once.</summary>
    public static IEnumerable<Diagnostic> Problems(Items<RunUnit> units) => OfWeights(units).Concat(OfCheckpoints(units)).Distinct();

    private static IEnumerable<Diagnostic> OfWeights(Items<RunUnit> units) => units.Select(unit => unit.Pipeline)
        .DistinctBy(pipeline => (pipeline.Dataset, pipeline.Model.AsDeep?.WithSeed(0))).SelectMany(DeepWeights.Problems);

    private static Diagnostic[] OfCheckpoints(Items<RunUnit> units)
    {
        Diagnostic[] unfit = [.. units.DistinctBy(unit => unit.Pipeline).SelectMany(unit => CheckpointFile.Problems(unit.Pipeline)
            .Map(problem => problem with { Message = $"{problem.Message} (run '{unit.Label}')" }))];
        // The tensors of each once, however many begin with it.
        return unfit.Length > 0 ? unfit : [.. units.SelectMany(unit => CheckpointFile.Paths(unit.Pipeline)).Distinct()
            .SelectMany(path => CheckpointFile.Read(path).Match<Items<Diagnostic>>(_ => [], problems => problems))];
    }
}
