using LargeSteps.Datasets;
using LargeSteps.Numerics;
using LargeSteps.Pipelines;

namespace LargeSteps.Probes;

/// <summary>What a custom probe sees: an iterate of a run, and what the run is made of.</summary>
public sealed class ProbeView
{
    private readonly Lazy<Items<double>> _weights;
    private readonly RegressionData? _data;

    /// <param name="pipeline">The run.</param>
    /// <param name="data">Its table; null where it is trained on images.</param>
    /// <param name="iteration">The number of steps made.</param>
    /// <param name="weights">Copies the weights.</param>
    internal ProbeView(Pipeline pipeline, RegressionData? data, long iteration, Func<Items<double>> weights) =>
        (Pipeline, _data, Iteration, _weights) = (pipeline, data, iteration, new(weights));

    /// <summary>The run.</summary>
    public Pipeline Pipeline { get; }

    /// <summary>The number of steps made.</summary>
    public long Iteration { get; }

    /// <summary>The weights, flat, in the order of <see cref="Running.Snapshot"/>; copied when they are first asked for, which must be during the measurement.</summary>
    public Items<double> Weights => _weights.Value;

    /// <summary>The training and test samples.</summary>
    /// <exception cref="InvalidOperationException">The run is trained on images.</exception>
    public RegressionData Data => _data ?? throw new InvalidOperationException("Images are no table: a probe of a deep network sees its weights alone.");

    /// <summary>The outputs of the model on points, a point a row, in double precision.</summary>
    /// <exception cref="ArgumentException">The model has more than one output: a deep network.</exception>
    public Items<double> Outputs(Matrix points) => ModelFunction.Outputs(Pipeline.Model, Weights, points);
}
