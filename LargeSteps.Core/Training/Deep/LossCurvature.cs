using LargeSteps.Models.Deep;
using LargeSteps.Numerics;
using LargeSteps.Probes;
using TorchSharp;
using static TorchSharp.torch;

namespace LargeSteps.Training.Deep;

/// <summary>
/// The Hessian H of a batch's mean loss (without the L2 term) at given weights, by products with vectors. Batch norm takes the
/// batch's own statistics, as in the loss that training descends, of each chunk its own; the running ones are neither used nor changed.
/// Always in float32.
/// </summary>
/// <remarks>The gradient's graph is kept, so that a product costs one backward pass; it holds the batch's activations until it is disposed
/// of. In chunks the graph of each is made again for each product: memory is that of a chunk, and a product takes twice the time.</remarks>
internal sealed class LossCurvature : ICurvature
{
    private readonly FlatNetwork _network;
    private readonly Tensor _weights;
    private readonly Tensor? _gradient;
    private readonly DeepBatch _batch;
    private readonly int _chunk;
    private readonly float[] _entries;

    /// <summary>The Hessian at a point.</summary>
    /// <param name="network">The network.</param>
    /// <param name="weights">The flat tensor; copied.</param>
    /// <param name="batch">On the weights' device; kept where it has more images than a chunk.</param>
    /// <param name="chunk">The images of a chunk; null: all.</param>
    public LossCurvature(FlatNetwork network, Tensor weights, DeepBatch batch, int? chunk = null)
    {
        using var scope = NewDisposeScope();
        _network = network;
        _weights = weights.detach().clone().requires_grad_();
        _entries = new float[_weights.NumberOfElements];
        _chunk = chunk is { } some && some < batch.Labels.shape[0] ? some : 0;
        scope.Detach([_weights]);
        if (_chunk == 0) scope.Detach([_gradient = Gradient(batch)]);
        else _batch = new(batch.Images.alias().DetachFromDisposeScope(), batch.Labels.alias().DetachFromDisposeScope());
    }

    /// <summary>H v for a flat v on the weights' device; the caller's.</summary>
    public Tensor Times(Tensor v)
    {
        if (_gradient is not null) return Product(_gradient, v);
        using var scope = NewDisposeScope();
        var (product, n) = (zeros_like(_weights, requires_grad: false), _batch.Labels.shape[0]);
        foreach (var part in _batch.Chunks(_chunk))
        {
            using var inner = NewDisposeScope();
            using Scalar share = (double)part.Labels.shape[0] / n;
            var found = Product(Gradient(part), v);
            using var noGradient = no_grad();
            product.add_(found, share);
        }
        return product.MoveToOuterDisposeScope();
    }

    /// <summary>P.</summary>
    public int Order => checked((int)_weights.NumberOfElements);

    /// <summary>H v on the host; a float32 product cannot bring a residual of Lanczos much below 1e-6 of the value.</summary>
    public void Times(ReadOnlySpan<double> vector, Span<double> product)
    {
        using var scope = NewDisposeScope();
        for (var i = 0; i < _entries.Length; i++) _entries[i] = (float)vector[i];
        // A copy: a tensor in the memory of an array lies anywhere, and libtorch's rounding depends on where.
        var result = Times(tensor(_entries, dtype: ScalarType.Float32, device: _weights.device).clone()).cpu().data<float>();
        result.CopyTo(_entries);
        for (var i = 0; i < _entries.Length; i++) product[i] = _entries[i];
    }

    /// <summary>The largest eigenvalue of H.</summary>
    /// <param name="lanczos">The iteration; it keeps float64 vectors on the host, 8 bytes times the parameters for each product.</param>
    /// <param name="tolerance">Stop at a residual of this times |value|.</param>
    public LanczosResult Sharpness(Lanczos lanczos, double tolerance = 1e-3) => lanczos.Largest(Order, Times, tolerance);

    /// <inheritdoc/>
    public void Dispose()
    {
        _gradient?.Dispose();
        _weights.Dispose();
        if (_chunk == 0) return;
        _batch.Images.Dispose();
        _batch.Labels.Dispose();
    }

    // Both flags by name: without retain_graph a graph that is to be differentiated again ends the process.
    private Tensor Gradient(DeepBatch batch)
    {
        using var aside = _network.NewStatistics(_weights.device);
        var loss = _network.Loss(_weights, aside, batch.Images, batch.Labels, training: true,
            precision: DeepPrecision.Float32, twice: true);
        return autograd.grad(outputs: [loss], inputs: [_weights], grad_outputs: null, retain_graph: true, create_graph: true,
            allow_unused: false)[0];
    }

    private Tensor Product(Tensor gradient, Tensor v) => autograd.grad(
        outputs: [gradient], inputs: [_weights], grad_outputs: [v], retain_graph: true, create_graph: false, allow_unused: false)[0];
}
