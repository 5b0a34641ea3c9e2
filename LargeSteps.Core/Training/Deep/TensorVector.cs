using LargeSteps.Models.Deep;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Values;
using TorchSharp;
using static TorchSharp.torch;

namespace LargeSteps.Training.Deep;

/// <summary>Parameters of a deep network on its device, float32; what changes them keeps no graph.</summary>
internal sealed class TensorVector(FlatNetwork network, Tensor values) : ParameterVector
{
    public Tensor Tensor => values;

    public override int Count => checked((int)values.numel());

    public override Items<double> Values => network.ToVector(values);

    public override bool IsFinite
    {
        get
        {
            using var scope = NewDisposeScope();
            return values.isfinite().all().item<bool>();
        }
    }

    public override double Norm => Math.Sqrt(Dot(this));

    public static Tensor Of(ParameterVector vector) => ((TensorVector)vector).Tensor;

    public override double Dot(ParameterVector other)
    {
        using var scope = NewDisposeScope();
        // A sum of millions of squares in single precision has fewer digits than the vectors.
        return values.to(ScalarType.Float64).dot(Of(other).to(ScalarType.Float64)).item<double>();
    }

    public override ParameterVector Less(ParameterVector other) => new TensorVector(network, values.sub(Of(other)));

    public override ParameterVector HalfWayTo(ParameterVector other) =>
        new TensorVector(network, values.lerp(Of(other), tensor(0.5f, device: values.device)));

    public override ParameterVector Zeros() => new TensorVector(network, zeros_like(values, requires_grad: false));

    public override void Set(ParameterVector other) => InPlace(() => values.copy_(Of(other)));

    internal override void SetValues(ReadOnlySpan<double> from)
    {
        using var scope = NewDisposeScope();
        Set(new TensorVector(network, network.FromVector(from, values.device)));
    }

    public override void Scale(double factor) => WithScalar(factor, a => values.mul_(a));

    public override void Add(double factor, ParameterVector other) => WithScalar(factor, a => values.add_(Of(other), a));

    public override void Multiply(ParameterVector other) => InPlace(() => values.mul_(Of(other)));

    public override void AddSquares(double factor, ParameterVector other) =>
        WithScalar(factor, a => values.addcmul_(Of(other), Of(other), a));

    public override void DivideByRoots(double factor, ParameterVector other, double offset) => WithScalar(factor, a =>
    {
        using var b = Scalars.Of(offset, ScalarType.Float32);
        return values.div_(Of(other).mul(a).sqrt_().add_(b));
    });

    internal override ParameterVector ReadOnly() => new TensorVector(network, values) { IsReadOnly = true };

    // Held while libtorch reads it: see DiagonalAutogradEngine.
    private void WithScalar(double value, Func<Scalar, Tensor> change)
    {
        using var scalar = Scalars.Of(value, ScalarType.Float32);
        InPlace(() => change(scalar));
    }

    private void InPlace(Func<Tensor> change)
    {
        Change();
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        change();
    }
}
