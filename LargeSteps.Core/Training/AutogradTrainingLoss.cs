using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Numerics;
using static TorchSharp.torch;

namespace LargeSteps.Training;

/// <summary>A training loss with the gradient and the Hessian products of TorchSharp's autograd (double backward), in float64 on any
/// device.</summary>
internal sealed class AutogradTrainingLoss : ITrainingLoss
{
    private readonly Device _device;
    private readonly Tensor _x, _y;
    private readonly AutogradModel _model;
    private readonly AutogradProducts _products = new(Derivatives.OfOurs);
    // The point, and the gradient with the graph that the products go back through.
    private Tensor? _point, _gradient;

    private AutogradTrainingLoss(Device device, RegressionData data, int parameters, AutogradModel model)
    {
        (_device, Parameters, _model) = (device, parameters, model);
        using var scope = NewDisposeScope();
        _x = Make(data.Features.AsSpan(), data.Samples, data.Dimensions);
        _y = Make(data.Labels.AsSpan(), data.Samples);
        scope.Detach(_x, _y);
    }

    public int Parameters { get; }

    /// <summary>The loss of a diagonal network, its parameters (u, v).</summary>
    public static AutogradTrainingLoss OfDiagonal(string device, RegressionData data)
    {
        NativeLibraries.EnsureLoaded();
        return new(new Device(device), data, 2 * data.Dimensions, AutogradLosses.OfDiagonal);
    }

    /// <summary>The loss of a fully connected network.</summary>
    public static AutogradTrainingLoss OfRelu(string device, ReluShape shape, RegressionData data, ReluLoss loss = ReluLoss.Squared)
    {
        NativeLibraries.EnsureLoaded();
        return new(new Device(device), data, shape.Parameters, AutogradLosses.OfRelu(shape, loss));
    }

    public double MoveTo(ReadOnlySpan<double> point)
    {
        Release();
        using var scope = NewDisposeScope();
        _point = Make(point, Parameters).requires_grad_();
        var loss = _model.Loss(_x, _y, _point);
        _gradient = Derivatives.OfOurs.WithGraph(loss, _point);
        scope.Detach(_point, _gradient);
        return loss.item<double>();
    }

    public void Gradient(Span<double> gradient)
    {
        using var scope = NewDisposeScope();
        Read(_gradient!, gradient);
    }

    public void HessianProduct(ReadOnlySpan<double> vector, Span<double> product)
    {
        using var scope = NewDisposeScope();
        Read(Derivatives.OfOurs.Of([_gradient!], [_point!], [Make(vector, Parameters)], retainGraph: true)[0], product);
    }

    public void GaussNewtonProduct(ReadOnlySpan<double> vector, Span<double> product)
    {
        using var scope = NewDisposeScope();
        Read(_products.GaussNewton(_model.Outputs(_x, _point!), Loss, [_point!], [Make(vector, Parameters)])[0], product);
    }

    public double[] Slopes(ReadOnlySpan<double> direction)
    {
        using var scope = NewDisposeScope();
        var slopes = new double[_y.numel()];
        Read(_products.Slopes(_model.Outputs(_x, _point!), Loss, [_point!], [Make(direction, Parameters)]), slopes);
        return slopes;
    }

    public void CurvatureGradient(ReadOnlySpan<double> direction, Span<double> gradient)
    {
        using var scope = NewDisposeScope();
        var found = _products.CurvatureGradient(_model.Loss(_x, _y, _point!), [_point!], [Make(direction, Parameters)])[0];
        Read(found, gradient);
    }

    public void Dispose()
    {
        Release();
        foreach (var owned in (IDisposable[])[_x, _y]) owned.Dispose();
    }

    private Tensor Loss(Tensor outputs) => _model.OfOutputs(outputs, _y);

    // A clone, for the reason that ReluAutogradEngine has: the same point gives the same bits.
    private Tensor Make(ReadOnlySpan<double> values, params long[] shape) => tensor(values.ToArray(), shape, device: _device).clone();

    private void Release()
    {
        _gradient?.Dispose();
        _point?.Dispose();
    }

    private static void Read(Tensor? values, Span<double> into)
    {
        if (values is null) into.Clear();
        else values.detach().cpu().data<double>().ToArray().CopyTo(into);
    }
}
