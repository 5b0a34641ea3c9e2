using LargeSteps.Numerics;
using LargeSteps.Values;
using TorchSharp;
using static TorchSharp.torch;

namespace LargeSteps.Models.Deep;

/// <summary>The precision in which a deep network computes; its weights, its norm layers and the loss are float32 always.</summary>
internal enum DeepPrecision
{
    /// <summary>32 bits.</summary>
    Float32,

    /// <summary>16 bits with the exponents of float32.</summary>
    BFloat16,
}

/// <summary>A part of a flat tensor under its name in PyTorch's state_dict.</summary>
/// <param name="Name">layer1.0.conv1.weight</param>
/// <param name="Shape">Its shape there.</param>
/// <param name="View">A view that shares the flat tensor's memory; not contiguous where the network is channels-last.</param>
internal sealed record NamedView(string Name, long[] Shape, Tensor View);

/// <summary>What a forward pass gives, in the scope of the caller.</summary>
/// <param name="Logits">n × classes, float32.</param>
/// <param name="Features">The blocks of features that were asked for, n × …, in the order of the network.</param>
internal sealed record DeepOutput(Tensor Logits, IReadOnlyList<Tensor> Features);

/// <summary>
/// A deep network as a function of its weights, which are one flat float32 tensor: it has none of its own. All layers' parameters are
/// pieces of that tensor, and so autograd's gradient is one flat tensor too.
/// </summary>
/// <remarks>
/// The flat tensor has first what the layers take in the precision of the pass, then the parameters of the norm layers; each in the
/// order of <see cref="Parameters"/>. Channels-last, a convolution's weight lies out × k × k × in, as the kernels read it, so that
/// neither it nor its gradient is copied about.
/// </remarks>
internal sealed class FlatNetwork : IDisposable
{
    private const double NormMomentum = 0.1;

    private readonly Layer _layers;
    private readonly long[] _offsets, _castSizes, _normSizes, _normChannels;
    private readonly int[] _cast, _ofNorm;
    private readonly Scalar _one;
    private readonly Constants _constants = new();

    /// <summary>A network.</summary>
    /// <param name="architecture">Its shape.</param>
    /// <param name="input">The images.</param>
    /// <param name="classes">The number of classes, at least 2.</param>
    /// <param name="width">The width in the architecture's sense; null: its own default.</param>
    /// <param name="precision">The precision of the passes.</param>
    /// <param name="channelsLast">Whether images and weights lie with the channels last in memory. It changes no result but by
    /// rounding.</param>
    /// <param name="layers">Its layers, where the architecture is composed of them.</param>
    /// <param name="loss">What is minimised.</param>
    /// <param name="convolutions">How its convolutions are made.</param>
    /// <exception cref="ArgumentException">The width does not suit the architecture, or there are fewer than two classes.</exception>
    public FlatNetwork(Architecture architecture, ImageShape input, int classes, int? width = null,
        DeepPrecision precision = DeepPrecision.Float32, bool channelsLast = false, LayerOptions? layers = null,
        ClassLoss loss = ClassLoss.CrossEntropy, Convolutions convolutions = Convolutions.Winograd)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 2);
        (Architecture, Input, Classes, Width, Precision, ChannelsLast) = (architecture, input, classes, width ?? architecture.DefaultWidth,
            precision, channelsLast);
        ArgumentOutOfRangeException.ThrowIfLessThan(Width, 1, nameof(width));
        NativeLibraries.EnsureLoaded();
        // Of some processors it is known now alone.
        OwnConvolutions = OneDnn.IsWrongHere;
        _one = 1;
        (FeatureBlocks, ClassLoss) = (architecture.BlocksOf(layers ?? LayerOptions.Default), loss);
        Convolutions = convolutions;
        var builder = new NetworkBuilder(input, classes, Width, layers);
        _layers = architecture.Build(builder);
        (Parameters, Norms) = ([.. builder.Parameters], [.. builder.Norms]);

        int[] all = [.. Enumerable.Range(0, Parameters.Count)];
        (_cast, _ofNorm) = ([.. all.Where(i => !Parameters[i].OfNorm)], [.. all.Where(i => Parameters[i].OfNorm)]);
        _offsets = new long[all.Length];
        foreach (var i in _cast.Concat(_ofNorm))
        {
            _offsets[i] = ParameterCount;
            ParameterCount += Parameters[i].Count;
        }
        (_castSizes, _normSizes) = (Array.ConvertAll(_cast, i => Parameters[i].Count), Array.ConvertAll(_ofNorm, i => Parameters[i].Count));
        _normChannels = [.. Norms.Select(n => (long)n.Channels)];
    }

    /// <summary>The network of a model on images, without its weights.</summary>
    public static FlatNetwork Of(DeepNetwork model, ImageShape input, int classes) =>
        new(model.Architecture, input, classes, model.Width, model.BFloat16 ? DeepPrecision.BFloat16 : DeepPrecision.Float32,
            model.ChannelsLast, model.Layers, model.Loss, model.Convolutions);

    /// <summary>Its shape.</summary>
    public Architecture Architecture { get; }

    /// <summary>By what it is differentiated.</summary>
    public Derivatives Derivatives => Architecture.IsOwn ? Derivatives.OfOwn($"the network '{Architecture}'") : Derivatives.OfOurs;

    /// <summary>How many blocks of features it has.</summary>
    public int FeatureBlocks { get; }

    /// <summary>What is minimised.</summary>
    public ClassLoss ClassLoss { get; }

    /// <summary>The images.</summary>
    public ImageShape Input { get; }

    /// <summary>The number of classes.</summary>
    public int Classes { get; }

    /// <summary>The width in the architecture's sense.</summary>
    public int Width { get; }

    /// <summary>The precision of the passes.</summary>
    public DeepPrecision Precision { get; }

    /// <summary>How its convolutions are made.</summary>
    public Convolutions Convolutions { get; }

    /// <summary>Whether all of them are our own where the channels are last, on the CPU, and not those by Winograd's transform
    /// alone.</summary>
    public bool OwnConvolutions { get; init; }

    /// <summary>Whether images and weights lie with the channels last.</summary>
    public bool ChannelsLast { get; }

    /// <summary>The parameters, in the order of PyTorch's state_dict.</summary>
    public IReadOnlyList<ParameterSlot> Parameters { get; }

    /// <summary>The batch norm layers.</summary>
    public IReadOnlyList<NormSlot> Norms { get; }

    /// <summary>Whether it has batch norm.</summary>
    public bool HasBatchNorm => Norms.Count > 0;

    /// <summary>The names and shapes of PyTorch's state_dict: the parameters, then the buffers of the norm layers.</summary>
    public Items<(string Name, Items<long> Shape)> Shapes => Items.From(
        Parameters.Select(slot => (slot.Name, Items.From(slot.Shape))).Concat(Norms.SelectMany(norm => new (string, Items<long>)[]
        {
            ($"{norm.Name}.running_mean", [norm.Channels]), ($"{norm.Name}.running_var", [norm.Channels]),
                ($"{norm.Name}.num_batches_tracked", []),
        })));

    /// <summary>The number of parameters: the length of the flat tensor.</summary>
    public long ParameterCount { get; }

    /// <summary>
    /// Initial weights, on the CPU: those of the published program for the same seed, bit for bit. Width, seed and images decide them, the
    /// layout in memory does not.
    /// </summary>
    /// <remarks>
    /// From <c>torch(seed)</c> every layer first draws its default in the order of construction, then each convolution's weight again, see
    /// <see cref="Architecture.Redraws"/>. Norm layers are 1 and 0, other biases 0, linear weights as they were drawn first.
    /// </remarks>
    public Tensor Initial(ulong seed)
    {
        using var random = new TorchRandom(seed);
        return Initial(random);
    }

    /// <summary>The same from a stream, which then stands where the published program's stands when its model is built.</summary>
    public Tensor Initial(TorchRandom random)
    {
        using var scope = NewDisposeScope();
        var weights = zeros(ParameterCount);
        for (var i = 0; i < Parameters.Count; i++)
        {
            var slot = Parameters[i];
            if (slot.Initial == InitialValue.One) Place(i, view => view.fill_(_one));
            if (slot.Initial == InitialValue.Constant) Place(i, view => view.copy_(full(slot.Shape, slot.Own)));
            if (slot.Initial == InitialValue.Normal)
            {
                var own = random.Normal(checked((int)slot.Count), slot.Own);
                Place(i, view => view.copy_(tensor(own, slot.Shape)));
            }
            if (slot.Initial is InitialValue.HeNormalByInputs or InitialValue.XavierNormal)
            {
                var fan = slot.Initial == InitialValue.XavierNormal ? slot.FanIn + slot.FanOut : slot.FanIn;
                var normal = random.Normal(checked((int)slot.Count), slot.Scale * Math.Sqrt(2.0 / fan));
                Place(i, view => view.copy_(tensor(normal, slot.Shape)));
            }
            if (slot.Initial is not (InitialValue.HeNormal or InitialValue.LinearUniform)) continue;
            var drawn = random.LinearDefault(checked((int)slot.FanIn), (int)slot.Shape[0], bias: i + 1 < Parameters.Count
                && Parameters[i + 1] is { Initial: InitialValue.Zero or InitialValue.DefaultBias, OfNorm: false });
            if (slot.Initial == InitialValue.LinearUniform) Place(i, view => view.copy_(tensor(drawn.Weight, slot.Shape)));
            if (drawn.Bias.Length > 0 && Parameters[i + 1] is { Initial: InitialValue.DefaultBias } bias)
                Place(i + 1, view => view.copy_(tensor(drawn.Bias, bias.Shape)));
        }
        for (var time = 0; time < Architecture.Redraws; time++)
        {
            for (var i = 0; i < Parameters.Count; i++)
            {
                if (Parameters[i] is { Initial: InitialValue.HeNormal } slot)
                {
                    // In PyTorch's order of operations.
                    var drawn = random.Normal(checked((int)slot.Count), Math.Sqrt(2) / Math.Sqrt(slot.FanOut));
                    Place(i, view => view.copy_(tensor(drawn, slot.Shape)));
                }
            }
        }

        return weights.MoveToOuterDisposeScope();

        void Place(int i, Func<Tensor, Tensor> fill) => fill(View(weights.narrow(0, _offsets[i], Parameters[i].Count),
            Parameters[i].Shape));
    }

    /// <summary>Running statistics of means 0 and variances 1, which no batch has touched.</summary>
    /// <param name="device">Where they are.</param>
    /// <param name="cumulative">Whether they become the plain mean over all batches; else each batch counts by a tenth.</param>
    public NormStatistics NewStatistics(Device device, bool cumulative = false) => new(_normChannels.Sum(), Norms.Count, device,
        cumulative);

    /// <summary>The parameters of a flat tensor by name, in the order of PyTorch's state_dict; views in the caller's scope.</summary>
    public IReadOnlyList<NamedView> Named(Tensor weights) =>
        [.. Parameters.Select((slot, i) => new NamedView(slot.Name, slot.Shape, View(weights.narrow(0, _offsets[i], slot.Count),
            slot.Shape)))];

    /// <summary>The weights of a flat tensor in the order of <see cref="Running.Snapshot"/>: that of PyTorch's state_dict, each parameter
    /// as it lies there.</summary>
    public Items<double> ToVector(Tensor weights)
    {
        using var scope = NewDisposeScope();
        var (vector, filled) = (new double[ParameterCount], 0);
        foreach (var (_, _, view) in Named(weights))
        {
            var part = view.detach().to(ScalarType.Float64).cpu().contiguous().data<double>();
            part.CopyTo(vector, filled);
            filled += (int)part.Count;
        }
        return Items.Of<double>(vector);
    }

    /// <summary>The flat tensor of such a vector; in the scope of the caller.</summary>
    /// <exception cref="ArgumentException">The vector has another number of weights.</exception>
    public Tensor FromVector(ReadOnlySpan<double> vector, Device device)
    {
        if (vector.Length != ParameterCount)
        {
            throw new ArgumentException(
            $"{vector.Length} weights for a network of {ParameterCount} parameters.", nameof(vector));
        }

        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var weights = zeros(ParameterCount);
        foreach (var (_, shape, view) in Named(weights))
        {
            var values = new float[view.numel()];
            for (var i = 0; i < values.Length; i++) values[i] = (float)vector[i];
            view.copy_(tensor(values, shape));
            vector = vector[values.Length..];
        }
        return weights.to(device).MoveToOuterDisposeScope();
    }

    /// <summary>The buffers of PyTorch's state_dict (running_mean, running_var, num_batches_tracked); views in the caller's
    /// scope.</summary>
    public IReadOnlyList<NamedView> Named(NormStatistics statistics)
    {
        if (Norms.Count == 0) return [];
        var (means, variances) = (statistics.Means.split(_normChannels), statistics.Variances.split(_normChannels));
        return [.. Norms.SelectMany((norm, i) => (NamedView[])[
            new($"{norm.Name}.running_mean", [norm.Channels], means[i]),
            new($"{norm.Name}.running_var", [norm.Channels], variances[i]),
            new($"{norm.Name}.num_batches_tracked", [], statistics.Batches.select(0, i))])];
    }

    /// <summary>The forward pass, of which autograd can take the derivative by the weights.</summary>
    /// <param name="weights">The flat tensor.</param>
    /// <param name="statistics">The batch norm layers' running statistics, on the weights' device.</param>
    /// <param name="images">n × channels × height × width, float32.</param>
    /// <param name="training">Whether batch norm takes the batch's own statistics, and puts them into the running ones.</param>
    /// <param name="features">Whether the blocks of features are wanted.</param>
    /// <param name="precision">Another precision than the network's; null: its own.</param>
    /// <param name="derivatives">How often it is to be differentiated. In training mode, more than once: the same function, twice by faster
    /// derivatives of our own, three times by plain operations, since libtorch's third derivative of batch norm is wrong; running
    /// statistics are left alone.</param>
    /// <param name="pieces">Takes the parameters as the layers have them, in the scope of the caller; null: nobody wants them.</param>
    public DeepOutput Forward(Tensor weights, NormStatistics statistics, Tensor images, bool training, bool features = false,
        DeepPrecision? precision = null, int derivatives = 1, List<Tensor>? pieces = null)
    {
        using var scope = NewDisposeScope();
        var type = (precision ?? Precision) == DeepPrecision.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32;
        var tracked = Norms.Count > 0;
        // Without instructions for bfloat16, or without oneDNN, libtorch's convolutions take ten times as long as in float32; ours compute
        // in float32 and round what they write.
        var host = weights.device_type == DeviceType.CPU;
        var widened = host && type == ScalarType.BFloat16 && !BFloat16Element.IsAccelerated;
        var ours = host && ChannelsLast && Winograd.IsSupported && (type == ScalarType.Float32 || widened);
        var pass = new Pass(
            Pieces(weights, type),
            tracked ? statistics.Means.split(_normChannels) : [],
            tracked ? statistics.Variances.split(_normChannels) : [],
            !training ? null : statistics.Cumulative ? 1.0 / (1 + statistics.Tracked) : NormMomentum,
            _one,
            features ? new(FeatureBlocks) : null,
            // What its rounding does to third derivatives has not been measured.
            ours && Convolutions == Convolutions.Winograd && derivatives < 3,
            ours && OwnConvolutions,
            derivatives,
            widened,
            host && ChannelsLast,
            _constants);
        var logits = _layers(pass, Ordered(images.to_type(type))).to_type(ScalarType.Float32);
        if (training) statistics.Count(_one);
        logits.MoveToOuterDisposeScope();
        pieces?.AddRange(pass.Parameters.Select(piece => piece.MoveToOuterDisposeScope()));
        foreach (var block in pass.Features ?? []) block.MoveToOuterDisposeScope();
        return new(logits, pass.Features ?? []);
    }

    /// <summary>The mean loss of a batch, as <see cref="Forward"/>.</summary>
    /// <param name="weights">The flat tensor.</param>
    /// <param name="statistics">The running statistics.</param>
    /// <param name="images">n × channels × height × width, float32.</param>
    /// <param name="labels">n classes, int64.</param>
    /// <param name="training">Whether batch norm takes the batch's own statistics.</param>
    /// <param name="precision">Another precision than the network's; null: its own.</param>
    /// <param name="derivatives">As <see cref="Forward"/>.</param>
    public Tensor Loss(Tensor weights, NormStatistics statistics, Tensor images, Tensor labels, bool training,
        DeepPrecision? precision = null, int derivatives = 1)
    {
        using var scope = NewDisposeScope();
        var loss = ClassLoss.Of(Forward(weights, statistics, images, training, precision: precision, derivatives: derivatives).Logits,
            labels);
        // libtorch ends the process where it is asked for the gradient.
        if (weights.requires_grad && is_grad_enabled() && !loss.requires_grad)
        {
            throw new RunException(
                $"the outputs of the network '{Architecture.Name}' do not depend on its parameters: there is no gradient");
        }

        return loss.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _one.Dispose();
        _constants.Dispose();
    }

    // By split, whose derivative is one concatenation: that of a narrow for each parameter would be a whole flat tensor each.
    private Tensor[] Pieces(Tensor weights, ScalarType type)
    {
        var pieces = new Tensor[Parameters.Count];
        if (_ofNorm.Length == 0 || type == ScalarType.Float32)
        {
            Place(weights.to_type(type).split([.. _castSizes, .. _normSizes]),
            [.. _cast, .. _ofNorm]);
        }
        else
        {
            var parts = weights.split([_castSizes.Sum(), _normSizes.Sum()]);
            Place(parts[0].to_type(type).split(_castSizes), _cast);
            Place(parts[1].split(_normSizes), _ofNorm);
        }
        return pieces;

        void Place(Tensor[] parts, int[] places)
        {
            for (var i = 0; i < parts.Length; i++) pieces[places[i]] = View(parts[i], Parameters[places[i]].Shape);
        }
    }

    private Tensor View(Tensor piece, long[] shape) =>
        ChannelsLast && shape.Length == 4 ? piece.view(shape[0], shape[2], shape[3], shape[1]).permute(0, 3, 1, 2) : piece.view(shape);

    private Tensor Ordered(Tensor images) => ChannelsLast ? images.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2) : images;
}
