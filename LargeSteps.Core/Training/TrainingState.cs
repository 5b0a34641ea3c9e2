using LargeSteps.Values;

namespace LargeSteps.Training;

/// <summary>What a run is between two steps, as far as it is more than its pipeline and its iteration: enough to go on from there bit for
/// bit.</summary>
/// <param name="Tensors">Weights, momentum, averages, statistics: in the order and under the names of the run.</param>
/// <param name="Texts">What is no tensor, like the states of random streams.</param>
internal sealed record TrainingState(Items<Formats.NamedTensor> Tensors, IReadOnlyDictionary<string, string> Texts);
