using LargeSteps.Datasets;
using LargeSteps.Numerics;
using LargeSteps.Values;

namespace LargeSteps.Probes;

/// <summary>What a custom probe sees: an iterate of a run, and what the run is made of.</summary>
public sealed class ProbeView
{
    private readonly Lazy<Items<double>> _weights;
    private readonly RegressionData? _data;
    private readonly Func<Items<double>, Matrix, Items<double>> _outputs;

    /// <param name="run">The run.</param>
    /// <param name="data">Its table; null where it is trained on images.</param>
    /// <param name="iteration">The number of steps made.</param>
    /// <param name="weights">Copies the weights.</param>
    /// <param name="outputs">The outputs of the model with some weights on points.</param>
    internal ProbeView(ProbeTarget run, RegressionData? data, long iteration, Func<Items<double>> weights,
        Func<Items<double>, Matrix, Items<double>> outputs) =>
        (Run, _data, Iteration, _weights, _outputs) = (run, data, iteration, new(weights), outputs);

    /// <summary>The run.</summary>
    public ProbeTarget Run { get; }

    /// <summary>The number of steps made.</summary>
    public long Iteration { get; }

    /// <summary>The weights, flat, in the order of a snapshot; copied when they are first asked for, which must be during the
    /// measurement.</summary>
    public Items<double> Weights => _weights.Value;

    /// <summary>The training and test samples.</summary>
    /// <exception cref="InvalidOperationException">The run is trained on images.</exception>
    public RegressionData Data => _data ?? throw new InvalidOperationException("Images are no table: a probe of a deep network sees its weights alone.");

    /// <summary>The outputs of the model on points, a point a row, in double precision.</summary>
    /// <exception cref="ArgumentException">The model has more than one output: a deep network.</exception>
    public Items<double> Outputs(Matrix points) => _outputs(Weights, points);
}
