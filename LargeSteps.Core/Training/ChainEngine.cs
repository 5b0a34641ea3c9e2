using LargeSteps.Optimizers;

namespace LargeSteps.Training;

/// <summary>The loss of the batches of a run's steps, at any point.</summary>
internal interface IBatchLoss : IResiduals, IDisposable
{
    /// <summary>Draws the samples of the next step, and the noise on their labels.</summary>
    void Draw(double noise);

    /// <summary>The loss of the batch at a point; its gradient goes into the other vector.</summary>
    double Gradient(ParameterVector at, ParameterVector gradient);

    /// <summary>Goes to the iterate, which <see cref="IResiduals"/> is asked about.</summary>
    void MoveTo(ParameterVector iterate);

    /// <summary>Where the samples of the steps stand; set, they go on from there.</summary>
    SamplerState Samples { get; set; }

    /// <summary>What the model has beside its weights, by name.</summary>
    IEnumerable<(string Name, double[] Values)> Buffers => [];

    /// <summary>Takes what <see cref="Buffers"/> gave.</summary>
    void SetBuffers(IReadOnlyDictionary<string, double[]> buffers) { }
}

/// <summary>An engine that makes the steps of any chain of rules as they are written.</summary>
/// <param name="batches">The loss of the steps.</param>
/// <param name="chain">The rules, at the initial weights.</param>
/// <param name="read">The weights as probes see them, in a copy.</param>
internal sealed class ChainEngine<TIterate>(IBatchLoss batches, Chain chain, Func<ParameterVector, TIterate> read) : IEngine<TIterate>
{
    public TIterate Current => read(chain.Weights);

    public TIterate Averaged => read(chain.Averaged);

    public double Step(double rate, double noise = 0)
    {
        batches.Draw(noise);
        return chain.Step(rate, (at, gradient, _) => batches.Gradient(at, gradient));
    }

    public double MeanSquare()
    {
        batches.MoveTo(chain.Weights);
        return batches.MeanSquare();
    }

    public EngineState Save() => new([.. chain.Weights.Values],
        new Dictionary<string, double[]>([.. batches.Buffers.Select(buffer => KeyValuePair.Create(buffer.Name, buffer.Values)),
            .. chain.Kept.Select(kept => KeyValuePair.Create(kept.Key, kept.Value.Values.ToArray()))]),
        chain.Steps, batches.Samples);

    public void Continue(EngineState state)
    {
        batches.SetBuffers(state.Kept);
        chain.Continue(state);
        batches.Samples = state.Samples;
    }

    public void Dispose() => batches.Dispose();
}
