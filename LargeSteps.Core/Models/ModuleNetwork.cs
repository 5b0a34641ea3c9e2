using System.Globalization;
using System.Runtime.CompilerServices;
using LargeSteps.Numerics;
using LargeSteps.Values;
using TorchSharp;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace LargeSteps.Models;

/// <summary>A custom module on a device, with its trainable parameters in the order in which it names them.</summary>
internal sealed class ModuleNetwork : IDisposable
{
    // Modules that functions have given: two runs that train one module train it both.
    private static readonly ConditionalWeakTable<nn.Module<Tensor, Tensor>, object> Given = [];

    private readonly nn.Module<Tensor, Tensor> _module;
    // Before the names of buffers, so that none is that of a rule's state.
    private const string BufferPrefix = "buffers/", StreamName = "random_state";
    private readonly CustomModel _model;
    private readonly int? _classes;
    private readonly Device _device;
    // Where the generator stood once the module was made, and where it stands after its last step; null: the module draws nothing.
    private Tensor? _made, _stream;

    private ModuleNetwork(nn.Module<Tensor, Tensor> module, CustomModel model, int? classes, Device device)
    {
        (_module, _model, _classes, _device) = (module, model, classes, device);
        _module.to(device);
        Derivatives = Derivatives.OfOwn($"the module '{model.Name}'");
        Parameters = [.. _module.parameters().Where(p => p.requires_grad)];
        if (Parameters.Length == 0) throw new RunException($"the module '{model.Name}' has no parameters to train");
        Numbers = Parameters[0].dtype;
    }

    /// <summary>The module of a model.</summary>
    /// <param name="device">In libtorch's words.</param>
    /// <param name="model">The model.</param>
    /// <param name="classes">How many classes it tells apart; null: it gives a number.</param>
    public static ModuleNetwork On(string device, CustomModel model, int? classes = null)
    {
        NativeLibraries.EnsureLoaded();
        lock (DefaultGenerator.Gate)
        {
            // A program's own draws go on as if nobody had drawn between.
            using var before = StateNow();
            try
            {
                using var generator = manual_seed(model.Seed);
                var module = model.Create(model.Seed)
                    ?? throw new RunException($"the function of the module '{model.Name}' gives no module");
                if (!Given.TryAdd(module, Given))
                {
                    throw new RunException($"the function of the module '{model.Name}' has given a module that it gave before; " +
                        "it makes a new one each time");
                }
                return new ModuleNetwork(module, model, classes, new Device(device)) { _made = StateNow() };
            }
            finally
            {
                set_rng_state(before);
            }
        }
    }

    /// <summary>What is wrong with the module of a model on samples of a shape, found out on the CPU; null: nothing, or what only the
    /// device of the run can tell.</summary>
    public static string? Fault(CustomModel model, long[] shape, int? classes)
    {
        var what = "cannot be made";
        ModuleNetwork? tried = null;
        try
        {
            tried = On("cpu", model, classes);
            what = "fails";
            tried.Try(shape);
            // Each run makes its own.
            On("cpu", model, classes).Dispose();
            return null;
        }
        catch (RunException e)
        {
            return e.InnerException is { } told && CpuAlone.IsToldBy(told) ? null : e.Message;
        }
        // The run says so.
        catch (NativeLibraryException)
        {
            return null;
        }
        catch (Exception e) when (!OutOfMemory.IsToldBy(e))
        {
            return CpuAlone.IsToldBy(e) ? null
                : $"the module '{model.Name}' {what} ({e.GetType().Name}: {e.Message.Split('\n')[0].Trim()})";
        }
        finally
        {
            tried?.Dispose();
        }
    }

    /// <summary>Tries the module on samples of a shape, and finds out whether it draws numbers as it runs. Those of its steps go on in the
    /// stream from which its parameters were drawn, as in a program that seeds once; its evaluations begin there each time. What a card
    /// draws is not seen.</summary>
    /// <exception cref="RunException">It does not take them, does not give one number for each, a number for each class, or what it
    /// gives depends on a parameter neither in evaluation nor in training.</exception>
    public void Try(params long[] shape)
    {
        var buffers = Buffers.ToDictionary(buffer => buffer.Name, buffer => buffer.Values);
        lock (DefaultGenerator.Gate)
        {
            using var scope = NewDisposeScope();
            var before = get_rng_state();
            _module.eval();
            var unused = UnusedOn(shape, "");
            _module.train();
            unused.IntersectWith(UnusedOn(shape, " in training mode"));
            if (before.ne(get_rng_state()).any().item<bool>()) _stream = _made!.clone().DetachFromDisposeScope();
            set_rng_state(before);
            if (unused.Count > 0)
            {
                var name = _module.named_parameters().First(named => named.parameter.Handle == Parameters[unused.Min()].Handle).name;
                throw new RunException($"the outputs of the module '{_model.Name}' do not depend on its parameter '{name}'" +
                    unused.Count switch
                    {
                        1 => "",
                        2 => " and another one",
                        var all => FormattableString.Invariant($" and {all - 1} others"),
                    });
            }
        }
        SetBuffers(buffers);
    }

    // The parameters, by their numbers, on which the outputs do not depend in the mode in which the module is.
    private HashSet<int> UnusedOn(long[] shape, string mode)
    {
        try
        {
            var outputs = Checked(zeros([2, .. shape], Numbers, _device));
            // libtorch ends the process where it is asked for a gradient that is not there.
            if (!outputs.requires_grad)
                throw new RunException($"the outputs of the module '{_model.Name}'{mode} do not depend on its parameters");
            var gradients = Derivatives.Of([outputs.sum()], Parameters);
            return [.. Enumerable.Range(0, Parameters.Length).Where(p => gradients[p] is null)];
        }
        catch (System.Runtime.InteropServices.ExternalException e) when (!OutOfMemory.IsToldBy(e))
        {
            throw new RunException(string.Create(CultureInfo.InvariantCulture,
                $"the module '{_model.Name}'{mode} does not take " +
                $"{(_classes is null ? $"samples of {shape[0]} features" : $"images of {string.Join('×', shape)}")}: " +
                $"{e.Message.Split('\n')[0].Trim()}"), e);
        }
    }

    /// <summary>The device, in libtorch's words.</summary>
    public string Device => _device.ToString();

    /// <summary>Has the device compute in the numbers of the module, until what it gives is disposed.</summary>
    public IDisposable? Computing() => Tf32.Enter(_device.type == DeviceType.CUDA, allowed: false);

    /// <summary>How many classes it tells apart; null: it gives a number.</summary>
    public int? Classes => _classes;

    /// <summary>By what it is differentiated.</summary>
    public Derivatives Derivatives { get; }

    /// <summary>The numbers of its parameters.</summary>
    public ScalarType Numbers { get; }

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
    public Tensor Make(ReadOnlySpan<double> values, params long[] shape) => tensor(values.ToArray(), shape, dtype: float64).to(Numbers,
        _device, copy: true);

    /// <summary>The outputs in training mode, a number a row, or a row of numbers for the classes; with their graph.</summary>
    public Tensor Train(Tensor x)
    {
        _module.train();
        return Drawn(() => Checked(x), goesOn: true);
    }

    /// <summary>The same in evaluation mode, with their graph unless the caller wants none.</summary>
    public Tensor Evaluate(Tensor x)
    {
        _module.eval();
        return Drawn(() => Checked(x), goesOn: false);
    }

    /// <summary>The outputs with other weights.</summary>
    public Items<double> Outputs(Items<double> weights, Matrix points)
    {
        Load([.. weights]);
        using var scope = NewDisposeScope();
        using var computing = Computing();
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

    /// <summary>What the module has beside its parameters, such as the running statistics of batch norm, and where the stream stands from
    /// which it draws.</summary>
    public IEnumerable<(string Name, double[] Values)> Buffers
    {
        get
        {
            foreach (var (name, buffer) in _module.named_buffers())
            {
                using var scope = NewDisposeScope();
                yield return (BufferPrefix + name, buffer.detach().to(float64).cpu().contiguous().data<double>().ToArray());
            }
            if (_stream is null) yield break;
            using var inner = NewDisposeScope();
            yield return (StreamName, _stream.to(float64).data<double>().ToArray());
        }
    }

    /// <summary>Takes what <see cref="Buffers"/> gave.</summary>
    public void SetBuffers(IReadOnlyDictionary<string, double[]> values)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        foreach (var (name, buffer) in _module.named_buffers())
            if (values.TryGetValue(BufferPrefix + name, out var given)) buffer.copy_(tensor(given, buffer.shape, dtype: float64));
        if (_stream is not null && values.TryGetValue(StreamName, out var state)) _stream.copy_(tensor(state));
    }

    /// <summary>The loss of outputs, with its graph: the mean of (h − y)², of classes the cross-entropy.</summary>
    public Tensor Loss(Tensor outputs, Tensor y)
    {
        if (_classes is not null) return nn.functional.cross_entropy(outputs, y);
        var residuals = outputs.sub(y);
        return (residuals * residuals).mean();
    }

    /// <summary>The features that the model names, n × units in double precision, in the scope of the caller.</summary>
    public Tensor Features(Tensor x)
    {
        _module.eval();
        using var computing = Computing();
        return Drawn(() => _model.Features!(_module, x), goesOn: false).flatten(1).to(float64);
    }

    public void Dispose()
    {
        _module.Dispose();
        _made?.Dispose();
        _stream?.Dispose();
    }

    private static Tensor StateNow() => get_rng_state().DetachFromDisposeScope();

    // What the module makes with the numbers of its own stream.
    private Tensor Drawn(Func<Tensor> made, bool goesOn)
    {
        if (_stream is null) return made();
        lock (DefaultGenerator.Gate)
        {
            // A program's own draws go on as if nobody had drawn between.
            using var outside = StateNow();
            set_rng_state(goesOn ? _stream : _made!);
            try
            {
                var output = made();
                if (goesOn)
                {
                    _stream.Dispose();
                    _stream = StateNow();
                }
                return output;
            }
            finally
            {
                set_rng_state(outside);
            }
        }
    }

    private Tensor Checked(Tensor x)
    {
        var output = _module.forward(x) ?? throw new RunException($"the module '{_model.Name}' gives no outputs");
        return _classes is { } classes
            ? output.shape is [var rows, var columns] && rows == x.shape[0] && columns == classes ? output
                : throw new RunException(string.Create(CultureInfo.InvariantCulture,
                    $"the module '{_model.Name}' makes {string.Join('×', output.shape)} numbers of {x.shape[0]} images; it must give " +
                    $"{x.shape[0]}×{classes}: one for each class"))
            : output.numel() == x.shape[0] ? output.reshape(-1)
            : throw new RunException(FormattableString.Invariant(
                $"the module '{_model.Name}' makes {output.numel()} numbers of {x.shape[0]} samples; it must give one for each"));
    }
}
