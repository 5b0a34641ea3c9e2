using LargeSteps.Models;
using LargeSteps.Models.Deep;
using LargeSteps.Values;

namespace LargeSteps.Pipelines;

/// <summary>Tries the models that only a program can give, on the CPU, on two samples of the shape of their data: each once whatever its
/// seeds.</summary>
internal sealed class ModelTrials
{
    private readonly Dictionary<(ModelSpec Model, Items<long> Shape, int? Classes), string?> _faults = [];

    /// <summary>What is wrong with the model of a pipeline that has no other problems; null: nothing is, or others have tried it.</summary>
    public Problem? Problem(Pipeline pipeline)
    {
        var (images, features) = (pipeline.Dataset.AsImages, pipeline.Dataset.Features);
        Items<long> shape = images is null ? [features] : [images.Shape.Channels, images.Shape.Height, images.Shape.Width];
        var fault = pipeline.Model.Match(diagonal => null, relu => null,
            deep => images is null || !deep.Architecture.IsOwn ? null
                : Once(deep with { Seed = 0, Weights = null, WeightsAt = null },
                    () => NetworkTrial.Fault(deep, images.Shape, images.Classes)),
            custom => Once(custom with { Seed = 0 }, () => ModuleNetwork.Fault(custom, [.. shape], images?.Classes)));
        return fault is null ? null : new("model", "LS0221", fault);

        string? Once(ModelSpec seedless, Func<string?> tried)
        {
            var key = (seedless, shape, images?.Classes);
            return _faults.TryGetValue(key, out var told) ? told : _faults[key] = tried();
        }
    }
}
