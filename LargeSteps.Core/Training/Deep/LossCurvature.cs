using LargeSteps.Models.Deep;
using LargeSteps.Numerics;
using static TorchSharp.torch;

namespace LargeSteps.Training.Deep;

/// <summary>
/// The Hessian H of a batch's mean loss (without the L2 term) at given weights, by products with vectors. Batch norm takes the
/// batch's own statistics, as in the loss that training descends, of each chunk its own; the running ones are neither used nor changed.
/// Always in float32.
/// </summary>
/// <remarks>The gradient's graph is kept, so that a product costs one backward pass; it holds the batch's activations until it is disposed
/// of. In chunks the graph of each is made again for each product: memory is that of a chunk, and a product takes twice the time.</remarks>
internal sealed class LossCurvature : FlatProducts
{
    private readonly Tensor? _gradient;
    private readonly NormStatistics? _running;

    /// <summary>The Hessian at a point.</summary>
    /// <param name="network">The network.</param>
    /// <param name="weights">The flat tensor; copied.</param>
    /// <param name="batch">On the weights' device; kept.</param>
    /// <param name="chunk">The images of a chunk; null: all.</param>
    /// <param name="running">The running statistics that batch norm takes; null: those of the batch.</param>
    public LossCurvature(FlatNetwork network, Tensor weights, DeepBatch batch, int? chunk = null, NormStatistics? running = null)
        : base(network, weights, batch, chunk)
    {
        _running = running;
        if (Chunks) return;
        using var scope = NewDisposeScope();
        scope.Detach([_gradient = Gradient(batch)]);
    }

    /// <inheritdoc/>
    public override Tensor Times(Tensor v) => _gradient is null ? base.Times(v) : Product(_gradient, v);

    /// <summary>The largest eigenvalue of H.</summary>
    /// <param name="lanczos">The iteration; it keeps float64 vectors on the host, 8 bytes times the parameters for each product.</param>
    /// <param name="tolerance">Stop at a residual of this times |value|.</param>
    public LanczosResult Sharpness(Lanczos lanczos, double tolerance = 1e-3) => lanczos.Largest(Order, Times, tolerance);

    /// <inheritdoc/>
    public override void Dispose()
    {
        _gradient?.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override Tensor Times(DeepBatch part, Tensor v) => Product(Gradient(part), v);

    private Tensor Gradient(DeepBatch batch)
    {
        using var aside = Network.NewStatistics(Weights.device);
        var loss = Network.Loss(Weights, _running ?? aside, batch.Images, batch.Labels, training: _running is null,
            precision: DeepPrecision.Float32, derivatives: 2);
        return Network.Derivatives.WithGraph(loss, Weights);
    }

    private Tensor Product(Tensor gradient, Tensor v) => Network.Derivatives.Of(gradient, Weights, v, retainGraph: true);
}
