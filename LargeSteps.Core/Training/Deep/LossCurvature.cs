using LargeSteps.Models.Deep;
using LargeSteps.Numerics;
using LargeSteps.Probes;
using static TorchSharp.torch;

namespace LargeSteps.Training.Deep;

/// <summary>
/// The Hessian H of a batch's mean cross-entropy (without the L2 term) at given weights, by products with vectors. Batch norm takes the
/// batch's own statistics, as in the loss that training descends; the running ones are neither used nor changed. Always in float32.
/// </summary>
/// <remarks>The gradient's graph is kept, so that a product costs one backward pass; it holds the batch's activations until it is disposed
/// of.</remarks>
internal sealed class LossCurvature : ICurvature
{
    private readonly Tensor _weights, _gradient;
    private readonly float[] _entries;

    /// <summary>The Hessian at a point.</summary>
    /// <param name="network">The network.</param>
    /// <param name="weights">The flat tensor; copied.</param>
    /// <param name="batch">On the weights' device.</param>
    public LossCurvature(FlatNetwork network, Tensor weights, DeepBatch batch)
    {
        using var scope = NewDisposeScope();
        using var aside = network.NewStatistics(weights.device);
        _weights = weights.detach().clone().requires_grad_();
        _entries = new float[_weights.NumberOfElements];
        var loss = network.Loss(_weights, aside, batch.Images, batch.Labels, training: true, precision: DeepPrecision.Float32, twice: true);
        _gradient = Gradient(loss, _weights);
        scope.Detach([_weights, _gradient]);
    }

    /// <summary>H v for a flat v on the weights' device; the caller's.</summary>
    public Tensor Times(Tensor v) => autograd.grad(
        outputs: [_gradient], inputs: [_weights], grad_outputs: [v], retain_graph: true, create_graph: false, allow_unused: false)[0];

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
        _gradient.Dispose();
        _weights.Dispose();
    }

    // Both flags by name: without retain_graph a graph that is to be differentiated again ends the process.
    private static Tensor Gradient(Tensor loss, Tensor weights) =>
        autograd.grad(outputs: [loss], inputs: [weights], grad_outputs: null, retain_graph: true, create_graph: true,
            allow_unused: false)[0];
}
