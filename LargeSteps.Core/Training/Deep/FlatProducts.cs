using LargeSteps.Models.Deep;
using LargeSteps.Optimizers;
using LargeSteps.Probes;
using static TorchSharp.torch;

namespace LargeSteps.Training.Deep;

/// <summary>A symmetric matrix of a batch's mean loss by its products with flat tensors, in chunks. Always in float32.</summary>
internal abstract class FlatProducts : ICurvature
{
    private readonly DeepBatch _batch;
    private readonly int _chunk;
    private float[]? _entries;

    /// <param name="network">The network.</param>
    /// <param name="weights">The flat tensor; copied.</param>
    /// <param name="batch">On the weights' device; kept.</param>
    /// <param name="chunk">The images of a chunk; null: all.</param>
    protected FlatProducts(FlatNetwork network, Tensor weights, DeepBatch batch, int? chunk)
    {
        using var scope = NewDisposeScope();
        Network = network;
        Weights = weights.detach().clone().requires_grad_();
        Chunks = chunk is { } some && some < batch.Labels.shape[0];
        _chunk = Chunks ? chunk!.Value : checked((int)batch.Labels.shape[0]);
        _batch = new(batch.Images.alias(), batch.Labels.alias());
        scope.Detach(Weights, _batch.Images, _batch.Labels);
    }

    /// <inheritdoc/>
    public int Order => checked((int)Weights.NumberOfElements);

    /// <summary>Has the device compute as it is to, until what it gives is disposed.</summary>
    public Func<IDisposable?> Computing { private get; init; } = () => null;

    /// <summary>The network.</summary>
    protected FlatNetwork Network { get; }

    /// <summary>The point, which graphs lead to.</summary>
    protected Tensor Weights { get; }

    /// <summary>Whether there are several chunks.</summary>
    protected bool Chunks { get; }

    /// <summary>The product with a flat v on the weights' device; the caller's.</summary>
    public virtual Tensor Times(Tensor v) => _batch.Mean(_chunk, Weights, part => Times(part, v));

    /// <inheritdoc/>
    /// <remarks>On the host; a float32 product cannot bring a residual of Lanczos much below 1e-6 of the value.</remarks>
    public void Times(ReadOnlySpan<double> vector, Span<double> product)
    {
        using var scope = NewDisposeScope();
        using var computing = Computing();
        var result = Times(Flat(vector)).cpu().data<float>();
        result.CopyTo(_entries!);
        for (var i = 0; i < product.Length; i++) product[i] = _entries![i];
    }

    /// <inheritdoc/>
    public ParameterVector Times(ParameterVector vector)
    {
        using var computing = Computing();
        return new TensorVector(Network, Times(TensorVector.Of(vector)));
    }

    /// <inheritdoc/>
    public ParameterVector VectorOf(ReadOnlySpan<double> entries) => new TensorVector(Network, Flat(entries));

    /// <inheritdoc/>
    public virtual void Dispose()
    {
        Weights.Dispose();
        _batch.Images.Dispose();
        _batch.Labels.Dispose();
    }

    /// <summary>The product for the mean loss of a chunk.</summary>
    protected abstract Tensor Times(DeepBatch part, Tensor v);

    // A copy: a tensor in the memory of an array lies anywhere, and libtorch's rounding depends on where.
    private Tensor Flat(ReadOnlySpan<double> vector)
    {
        _entries ??= new float[Order];
        for (var i = 0; i < _entries.Length; i++) _entries[i] = (float)vector[i];
        return tensor(_entries, dtype: ScalarType.Float32, device: Weights.device).clone();
    }
}

/// <summary>The Gauss–Newton matrix, see <see cref="ILoss.GaussNewton"/>.</summary>
/// <param name="network">The network.</param>
/// <param name="weights">The flat tensor; copied.</param>
/// <param name="batch">On the weights' device; kept.</param>
/// <param name="chunk">The images of a chunk; null: all.</param>
/// <param name="logits">The logits of a chunk at some weights, with their graph.</param>
internal sealed class GaussNewtonProducts(FlatNetwork network, Tensor weights, DeepBatch batch, int? chunk,
    Func<Tensor, DeepBatch, Tensor> logits) : FlatProducts(network, weights, batch, chunk)
{
    protected override Tensor Times(DeepBatch part, Tensor v) => new AutogradProducts(Network.Derivatives).GaussNewton(
        logits(Weights, part), outputs => Network.ClassLoss.Of(outputs, part.Labels), [Weights], [v])[0] ?? zeros_like(v);
}
