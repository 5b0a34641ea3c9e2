using LargeSteps.Models.Deep;
using LargeSteps.Probes;
using static TorchSharp.torch;

namespace LargeSteps.Training.Deep;

/// <summary>The losses and errors of the iterate, or of the averaged weights, which have no statistics of their own: they are those of a
/// pass over the training set.</summary>
internal sealed class DeepScores : IScores
{
    private readonly DeepEngine _engine;
    private readonly DeepBatches _batches;
    private readonly long _iteration;
    private readonly Tensor _weights;
    private readonly NormStatistics _statistics;
    private readonly bool _owns;

    public DeepScores(DeepEngine engine, DeepBatches batches, long iteration, bool averaged)
    {
        (_engine, _batches, _iteration, _owns) = (engine, batches, iteration, averaged);
        _weights = averaged ? engine.Averaged : engine.Weights;
        _statistics = averaged ? engine.Reestimate(_weights, batches.Epoch(iteration)) : engine.Statistics;
    }

    public Score Training(int? images = null, int? batches = null) => Of(_batches.Training(images, batches, _iteration));

    public Score Test(int? images = null) => Of(_batches.Test(images));

    public Score? Validation() => _batches.Validation() is { } images ? Of(images) : null;

    public void Dispose()
    {
        if (_owns) _statistics.Dispose();
    }

    private Score Of(IEnumerable<DeepBatch> batches)
    {
        var score = _engine.Evaluate(_weights, _statistics, batches);
        return new(score.Loss, score.Error);
    }
}
