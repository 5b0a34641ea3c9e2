using LargeSteps.Models;
using LargeSteps.Models.Deep;
using LargeSteps.Values;

namespace LargeSteps.Pipelines;

/// <summary>Tries the architectures that only a program can give on two images of their runs, each network once whatever its
/// seeds.</summary>
internal sealed class ArchitectureTrials
{
    private readonly Dictionary<(DeepNetwork Model, ImageShape Images, int Classes), string?> _faults = [];

    /// <summary>What is wrong with the network of a pipeline that has no other problems; null: nothing is, or others have tried
    /// it.</summary>
    public Problem? Problem(Pipeline pipeline)
    {
        if ((pipeline.Model.AsDeep, pipeline.Dataset.AsImages) is not ({ Architecture.IsOwn: true } model, { } images)) return null;
        var network = (Model: model with { Seed = 0, Weights = null, WeightsAt = null }, images.Shape, images.Classes);
        if (!_faults.TryGetValue(network, out var fault))
            _faults.Add(network, fault = NetworkTrial.Fault(network.Model, images.Shape, images.Classes));
        return fault is null ? null : new("model", "LS0221", fault);
    }
}
