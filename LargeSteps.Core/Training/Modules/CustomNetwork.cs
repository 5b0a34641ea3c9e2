using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Values;
using TorchSharp;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace LargeSteps.Training.Modules;

/// <summary>A module that a program gave does not fit its data; the message is for whoever wrote it.</summary>
public sealed class ModelException : InvalidOperationException
{
    /// <summary>Something that is wrong with a module.</summary>
    public ModelException(string message) : base(message) { }

    /// <summary>Something that is wrong with a module, as libtorch found it.</summary>
    public ModelException(string message, Exception inner) : base(message, inner) { }

    /// <summary>Something that is wrong with a module.</summary>
    public ModelException() { }
}

/// <summary>A custom module made real, on a device, with its trainable parameters in the order in which it names them.</summary>
internal sealed class CustomNetwork : IDisposable
{
    // libtorch's default generator is one for the process: modules that workers make at the same time would share its draws.
    private static readonly Lock Drawing = new();

    private readonly nn.Module<Tensor, Tensor> _module;
    private readonly string _name;
    private readonly Device _device;
    private readonly ScalarType _type;

    private CustomNetwork(nn.Module<Tensor, Tensor> module, string name, Device device)
    {
        (_module, _name, _device) = (module, name, device);
        _module.to(device);
        Parameters = [.. _module.parameters().Where(p => p.requires_grad)];
        if (Parameters.Length == 0) throw new ModelException($"the module '{name}' has no parameters to train");
        _type = Parameters[0].dtype;
    }

    /// <summary>The module of a model on a device in libtorch's words.</summary>
    public static CustomNetwork On(string device, CustomModel model)
    {
        NativeLibraries.EnsureLoaded();
        lock (Drawing)
        {
            using var generator = manual_seed(model.Seed);
            return new CustomNetwork(model.Create(model.Seed), model.Name, new Device(device));
        }
    }

    /// <summary>Tries the module on samples of so many features.</summary>
    /// <exception cref="ModelException">It does not take them, or does not give one number for each.</exception>
    public void Try(int features)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        try
        {
            Evaluate(zeros([2, features], _type, _device));
        }
        catch (System.Runtime.InteropServices.ExternalException e)
        {
            throw new ModelException(
                $"the module '{_name}' does not take samples of {features} features: {e.Message.Split('\n')[0].Trim()}", e);
        }
    }

    /// <summary>The trainable parameters.</summary>
    public Parameter[] Parameters { get; }

    /// <summary>P, their number.</summary>
    public long Count => Parameters.Sum(p => p.numel());

    /// <summary>The parameters, flat, on the host.</summary>
    public Items<double> Weights()
    {
        using var scope = NewDisposeScope();
        return Items.From(Parameters.SelectMany(p => p.detach().to(float64).cpu().contiguous().data<double>().ToArray()));
    }

    /// <summary>A matrix as a tensor of the module's numbers on its device, in the scope of the caller.</summary>
    public Tensor Make(Matrix values) => Make(values.AsSpan(), values.Rows, values.Columns);

    /// <summary>Numbers as a tensor of the module's numbers on its device, in the scope of the caller.</summary>
    public Tensor Make(ReadOnlySpan<double> values, params long[] shape) => tensor(values.ToArray(), shape, dtype: float64).to(_type,
        _device, copy: true);

    /// <summary>The outputs in training mode, a number a row, with their graph.</summary>
    public Tensor Train(Tensor x)
    {
        _module.train();
        return Forward(x);
    }

    /// <summary>The outputs in evaluation mode, a number a row, with their graph unless the caller wants none.</summary>
    public Tensor Evaluate(Tensor x)
    {
        _module.eval();
        return Forward(x);
    }

    /// <summary>The outputs with other weights.</summary>
    public Items<double> Outputs(Items<double> weights, Matrix points)
    {
        Load([.. weights]);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        return Items.Of<double>(Evaluate(Make(points)).to(float64).cpu().contiguous().data<double>().ToArray());
    }

    /// <summary>Sets the parameters.</summary>
    public void Load(double[] weights)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var from = 0;
        foreach (var p in Parameters)
        {
            var count = (int)p.numel();
            p.copy_(Make(weights.AsSpan(from, count), p.shape));
            from += count;
        }
    }

    /// <summary>The mean of (h − y)² in evaluation mode.</summary>
    public double MeanSquare(Tensor x, Tensor y)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var residuals = Evaluate(x).sub(y);
        return (residuals * residuals).mean().to(float64).item<double>();
    }

    public void Dispose() => _module.Dispose();

    private Tensor Forward(Tensor x)
    {
        var output = _module.forward(x);
        return output.numel() == x.shape[0] ? output.reshape(-1)
            : throw new ModelException(
                $"the module '{_name}' makes {output.numel()} numbers of {x.shape[0]} samples; it must give one for each");
    }
}
