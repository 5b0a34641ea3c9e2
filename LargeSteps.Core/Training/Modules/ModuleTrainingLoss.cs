using LargeSteps.Models;
using static TorchSharp.torch;

namespace LargeSteps.Training.Modules;

/// <summary>The mean loss of a module in evaluation mode as a function of its parameters, by autograd; the products by double
/// backward, in the numbers of the module.</summary>
/// <param name="network">The module, whose parameters it sets; the caller's.</param>
/// <param name="samples">The samples; it owns them.</param>
internal sealed class ModuleTrainingLoss(ModuleNetwork network, ModuleSamples samples) : ITrainingLoss
{
    private readonly AutogradProducts _products = new(network.Derivatives);
    private readonly double[] _point = new double[network.Count];

    public int Parameters => _point.Length;

    public double MoveTo(ReadOnlySpan<double> point)
    {
        point.CopyTo(_point);
        network.Load(_point);
        using var scope = NewDisposeScope();
        using var computing = network.Computing();
        using var noGradient = no_grad();
        return Loss().to(float64).item<double>();
    }

    public void Gradient(Span<double> gradient)
    {
        using var scope = NewDisposeScope();
        using var computing = network.Computing();
        network.Load(_point);
        Read(network.Derivatives.Of([Loss()], network.Parameters), gradient);
    }

    public void HessianProduct(ReadOnlySpan<double> vector, Span<double> product)
    {
        using var scope = NewDisposeScope();
        using var computing = network.Computing();
        network.Load(_point);
        // Parameters on which no gradient depends, such as a last bias of a linear output, have no products.
        var (used, along) = AutogradProducts.Used(network.Derivatives.WithGraph([Loss()], network.Parameters), Parts(vector));
        if (used.Length == 0) product.Clear();
        else Read(network.Derivatives.Of(used, network.Parameters, along), product);
    }

    public void GaussNewtonProduct(ReadOnlySpan<double> vector, Span<double> product)
    {
        using var scope = NewDisposeScope();
        using var computing = network.Computing();
        network.Load(_point);
        Read(_products.GaussNewton(network.Evaluate(samples.X), LossOf, network.Parameters, Parts(vector)), product);
    }

    public double[] Slopes(ReadOnlySpan<double> direction)
    {
        using var scope = NewDisposeScope();
        using var computing = network.Computing();
        network.Load(_point);
        return _products.Slopes(network.Evaluate(samples.X), LossOf, network.Parameters, Parts(direction)).to(float64).cpu()
            .data<double>().ToArray();
    }

    public void CurvatureGradient(ReadOnlySpan<double> direction, Span<double> gradient)
    {
        using var scope = NewDisposeScope();
        using var computing = network.Computing();
        network.Load(_point);
        Read(_products.CurvatureGradient(Loss(), network.Parameters, Parts(direction)), gradient);
    }

    public void Dispose() => samples.Dispose();

    private Tensor Loss() => LossOf(network.Evaluate(samples.X));

    private Tensor LossOf(Tensor outputs) => network.Loss(outputs, samples.Y);

    // A vector in the shapes of the parameters.
    private Tensor[] Parts(ReadOnlySpan<double> vector)
    {
        var (parts, from) = (new Tensor[network.Parameters.Length], 0);
        for (var p = 0; p < parts.Length; p++)
        {
            var count = (int)network.Parameters[p].numel();
            parts[p] = network.Make(vector.Slice(from, count), network.Parameters[p].shape);
            from += count;
        }
        return parts;
    }

    private void Read(Tensor?[] values, Span<double> into)
    {
        for (var p = 0; p < network.Parameters.Length; p++)
        {
            var part = into[..(int)network.Parameters[p].numel()];
            if (values[p] is { } value)
                value.detach().to(float64).cpu().contiguous().data<double>().ToArray().CopyTo(part);
            else part.Clear();
            into = into[part.Length..];
        }
    }
}
