using LargeSteps.Values;
using TorchSharp;
using static TorchSharp.torch;

namespace LargeSteps.Models.Deep;

/// <summary>How a parameter begins.</summary>
internal enum InitialValue
{
    /// <summary>Normal with variance 2/(k²·out): He's initialisation by the fan-out.</summary>
    HeNormal,

    /// <summary>Normal with variance 2/in.</summary>
    HeNormalByInputs,

    /// <summary>Normal with variance 2/(in + out).</summary>
    XavierNormal,

    /// <summary>Uniform within ±1/√in: PyTorch's default for linear layers.</summary>
    LinearUniform,

    /// <summary>Uniform within ±1/√in of the weight before it: PyTorch's default for biases.</summary>
    DefaultBias,

    /// <summary>Normal with a deviation of its own.</summary>
    Normal,

    /// <summary>A value of its own.</summary>
    Constant,

    /// <summary>1.</summary>
    One,

    /// <summary>0.</summary>
    Zero,
}

/// <summary>A parameter of a network.</summary>
/// <param name="Name">Its name in PyTorch's state_dict.</param>
/// <param name="Shape">Its shape there; a convolution's weight is out × in × k × k.</param>
/// <param name="Initial">How it begins.</param>
/// <param name="OfNorm">Whether it belongs to a norm layer, which computes in float32 always.</param>
internal sealed record ParameterSlot(string Name, long[] Shape, InitialValue Initial, bool OfNorm)
{
    /// <summary>The number of entries.</summary>
    public long Count { get; } = Shape.Aggregate(1L, (a, b) => a * b);

    /// <summary>Of a weight, the inputs of an output: in, of a convolution in·k².</summary>
    public long FanIn => Count / Shape[0];

    /// <summary>Of a weight, the outputs that an input goes into: out, of a convolution out·k².</summary>
    public long FanOut => Shape[0] * (Count / (Shape[0] * Shape[1]));

    /// <summary>By what the values that are drawn are multiplied.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>Of a constant its value, of <see cref="InitialValue.Normal"/> the deviation.</summary>
    public double Own { get; init; }
}

/// <summary>A batch norm layer, whose running mean and variance are no parameters.</summary>
internal sealed record NormSlot(string Name, int Channels);

/// <summary>
/// Collects the parameters of a network while its layers are made. Each layer that learns has a name, under which its parameters stand in
/// PyTorch's state_dict. Paddings keep the size, as the published networks do.
/// </summary>
public sealed class NetworkBuilder
{
    /// <summary>ε of the norm layers, PyTorch's default.</summary>
    internal const double NormEpsilon = 1e-5;

    // Held: a scalar that nobody holds can be collected while libtorch reads it.
    private static readonly Scalar Epsilon = NormEpsilon;

    private readonly List<ParameterSlot> _parameters = [];
    private readonly List<NormSlot> _norms = [];

    internal NetworkBuilder(ImageShape input, int classes, int width, LayerOptions? options = null) =>
        (Input, Classes, Width, Options) = (input, classes, width, options ?? LayerOptions.Default);

    /// <summary>The images.</summary>
    public ImageShape Input { get; }

    /// <summary>The number of classes.</summary>
    public int Classes { get; }

    /// <summary>The width, in the architecture's own sense.</summary>
    public int Width { get; }

    /// <summary>The layers that are asked for.</summary>
    internal LayerOptions Options { get; }

    /// <summary>The parameters so far, in the order of PyTorch's state_dict.</summary>
    internal IReadOnlyList<ParameterSlot> Parameters => _parameters;

    /// <summary>The batch norm layers so far.</summary>
    internal IReadOnlyList<NormSlot> Norms => _norms;

    /// <summary>A k × k convolution, padded by k/2 zeros, rounded down. Its weights are drawn by He's initialisation (fan-out), biases are
    /// 0.</summary>
    /// <param name="name">The name of the layer.</param>
    /// <param name="from">The channels of the input.</param>
    /// <param name="to">The channels of the output.</param>
    /// <param name="kernel">k.</param>
    /// <param name="stride">The step between neighbouring pixels of the output.</param>
    /// <param name="bias">Whether each channel of the output has a bias.</param>
    /// <exception cref="ArgumentException">Another layer has this name.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    public Layer Convolution(string name, int from, int to, int kernel = 3, int stride = 1, bool bias = false) =>
        Convolution(name, from, to, kernel, stride, InitialValue.HeNormal, bias ? InitialValue.Zero : null);

    /// <summary>A 3 × 3 convolution of stride 1, drawn as the options say: without a word as PyTorch draws it by default, its bias
    /// too.</summary>
    internal Layer ConvolutionByOptions(string name, int from, int to, bool bias) =>
        Convolution(name, from, to, 3, 1, WeightByOptions, bias ? BiasByOptions : null);

    private Layer Convolution(string name, int from, int to, int kernel, int stride, InitialValue initial, InitialValue? bias)
    {
        var weight = Add($"{name}.weight", [to, from, kernel, kernel], initial);
        var shift = bias is { } value ? Add($"{name}.bias", [to], value) : -1;
        // A strided 1 × 1 convolution sees every stride-th pixel only, and is written so: oneDNN's own kernel for it writes past its
        // workspace where the channels are last and fewer than a vector (uxlfoundation/oneDNN issue 6035), and the gradient is wrong.
        var step = kernel == 1 ? stride : 1;
        long[] strides = [stride / step, stride / step], padding = [kernel / 2, kernel / 2];
        var winograd = ConvolutionPlan.SuitsWinograd(kernel, stride, from, to);
        return (pass, x) =>
        {
            var (w, b) = (pass.Parameters[weight], shift < 0 ? null : pass.Parameters[shift]);
            var transformed = winograd && pass.Winograd;
            if ((pass.Direct || transformed) && x.dtype == w.dtype)
            {
                if (x.dim() != 4 || x.shape[1] != from)
                {
                    var shape = string.Join(", ", x.shape);
                    throw new RunException(FormattableString.Invariant(
                        $"the convolution '{name}' takes images of {from} channels, not a tensor of the shape [{shape}]"));
                }

                var plan = new ConvolutionPlan(kernel, stride, (int)x.shape[2], (int)x.shape[3], transformed);
                var y = ConvolutionFunction.Apply(x, w, plan, pass.HandedOver);
                return b is null ? y : y.add_(b.view(-1, 1, 1), pass.One);
            }
            if (step > 1) x = x.slice(2, 0, long.MaxValue, step).slice(3, 0, long.MaxValue, step);
            return pass.Widened
                ? nn.functional.conv2d(x.to(ScalarType.Float32), w.to(ScalarType.Float32), b?.to(ScalarType.Float32), strides,
                    padding).to(x.dtype)
                : nn.functional.conv2d(x, w, b, strides, padding);
        };
    }

    /// <summary>Batch normalisation, with a scale and a shift for each channel; ε is 10⁻⁵ and the running statistics move by a
    /// tenth.</summary>
    /// <param name="name">The name of the layer.</param>
    /// <param name="channels">The channels of the input.</param>
    /// <exception cref="ArgumentException">Another layer has this name.</exception>
    public Layer BatchNorm(string name, int channels)
    {
        var (scale, shift) = NormParameters(name, channels);
        var norm = _norms.Count;
        _norms.Add(new(name, channels));
        return (pass, x) => pass is { Derivatives: > 2, Momentum: not null }
            ? Normalised(x, [0, 2, 3]).mul(pass.Parameters[scale].view(1, -1, 1, 1)).add(pass.Parameters[shift].view(1, -1, 1, 1))
            : pass is { Derivatives: > 1, Momentum: not null }
            ? BatchNormFunction.Apply(x, pass.Parameters[scale], pass.Parameters[shift], pass.HandedOver)
            : pass is { ChannelNorm: true, Momentum: { } momentum } && ChannelNormFunction.Suits(x)
            ? ChannelNormFunction.Apply(x, pass.Parameters[scale], pass.Parameters[shift], pass.Means[norm], pass.Variances[norm], momentum,
                pass.HandedOver)
            : nn.functional.batch_norm(x, pass.Means[norm], pass.Variances[norm], pass.Parameters[scale], pass.Parameters[shift],
            pass.Momentum is not null, pass.Momentum ?? 0, NormEpsilon);
    }

    /// <summary>Group normalisation, with a scale and a shift for each channel; ε is 10⁻⁵.</summary>
    /// <param name="name">The name of the layer.</param>
    /// <param name="channels">The channels of the input, a multiple of the number of groups.</param>
    /// <param name="groups">The number of groups.</param>
    /// <exception cref="ArgumentException">Another layer has this name.</exception>
    public Layer GroupNorm(string name, int channels, int groups)
    {
        var (scale, shift) = NormParameters(name, channels);
        return (pass, x) =>
        {
            if (pass.Derivatives < 3)
            {
                // Images of one precision and parameters of another are taken on the CPU alone.
                var (numbers, like) = (pass.Parameters[scale].dtype, x.dtype);
                var taken = x.device_type == DeviceType.CPU || numbers == like ? x : x.to(numbers);
                return nn.functional.group_norm(taken, groups, pass.Parameters[scale], pass.Parameters[shift], NormEpsilon).to(like);
            }
            var apart = x.reshape(x.shape[0], groups, -1);
            return Normalised(apart, [2]).reshape(x.shape).mul(pass.Parameters[scale].view(1, -1, 1, 1))
                .add(pass.Parameters[shift].view(1, -1, 1, 1));
        };
    }

    // In plain operations, which have derivatives of any order.
    private static Tensor Normalised(Tensor x, long[] dimensions)
    {
        var centred = x.sub(x.mean(dimensions, keepdim: true));
        return centred.mul(centred.mul(centred).mean(dimensions, keepdim: true).add(Epsilon).rsqrt());
    }

    /// <summary>A linear layer on whatever follows the sample's dimension. Its weights are uniform within ±1/√from, biases are
    /// 0.</summary>
    /// <param name="name">The name of the layer.</param>
    /// <param name="from">The values of a sample.</param>
    /// <param name="to">The outputs.</param>
    /// <param name="bias">Whether each output has a bias.</param>
    /// <exception cref="ArgumentException">Another layer has this name.</exception>
    public Layer Linear(string name, int from, int to, bool bias = true) =>
        Linear(name, from, to, InitialValue.LinearUniform, bias ? InitialValue.Zero : null);

    /// <summary>The same, drawn as the options say: without a word as PyTorch draws it by default, its bias too.</summary>
    internal Layer LinearByOptions(string name, int from, int to, bool bias) =>
        Linear(name, from, to, WeightByOptions, bias ? BiasByOptions : null);

    private InitialValue WeightByOptions => Options.Initialisation switch
    {
        NormalInitialisation.He => InitialValue.HeNormalByInputs,
        NormalInitialisation.Xavier => InitialValue.XavierNormal,
        _ => InitialValue.LinearUniform,
    };

    private InitialValue BiasByOptions => Options.Initialisation is null ? InitialValue.DefaultBias : InitialValue.Zero;

    private Layer Linear(string name, int from, int to, InitialValue initial, InitialValue? bias)
    {
        var weight = Add($"{name}.weight", [to, from], initial);
        var shift = bias is { } value ? Add($"{name}.bias", [to], value) : -1;
        return (pass, x) => nn.functional.linear(x.flatten(1), pass.Parameters[weight], shift < 0 ? null : pass.Parameters[shift]);
    }

    /// <summary>A parameter of a layer of one's own, the same number everywhere at first. The layer gets it from its pass:
    /// <c>var gain = b.Parameter("gain", 1, channels); Layer layer = (pass, x) => x.mul(gain(pass));</c></summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">The number.</param>
    /// <param name="shape">Its shape; none: a single number.</param>
    /// <exception cref="ArgumentException">Another layer has a parameter of this name.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A length is below 1, or the number is not finite.</exception>
    public Func<Pass, Tensor> Parameter(string name, double value, params long[] shape) =>
        OwnParameter(name, InitialValue.Constant, value, shape);

    /// <summary>The same, drawn from a normal distribution of mean 0.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="deviation">The standard deviation, at least 0.</param>
    /// <param name="shape">Its shape; none: a single number.</param>
    /// <exception cref="ArgumentException">Another layer has a parameter of this name.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A length is below 1, or the deviation below 0 or not finite.</exception>
    public Func<Pass, Tensor> NormalParameter(string name, double deviation, params long[] shape)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(deviation);
        return OwnParameter(name, InitialValue.Normal, deviation, shape);
    }

    private Func<Pass, Tensor> OwnParameter(string name, InitialValue initial, double own, long[] shape)
    {
        if (!double.IsFinite(own))
            throw new ArgumentOutOfRangeException(nameof(own), own, $"The parameter '{name}' begins with no number.");
        var at = Add(name, [.. shape], initial, own: own);
        return pass => pass.Parameters[at];
    }

    /// <summary>Layers one after the other.</summary>
    /// <param name="layers">The layers; each may overwrite its input.</param>
    public static Layer Chain(params Layer[] layers) => (pass, x) =>
    {
        foreach (var layer in layers) x = layer(pass, x);
        return x;
    };

    /// <summary>
    /// The same layer in a scope of its own: what only autograd needs then has no other owner, and what nobody needs is given back at once.
    /// </summary>
    internal static Layer Scoped(Layer layer) => (pass, x) =>
    {
        using var scope = NewDisposeScope();
        return layer(pass, x).MoveToOuterDisposeScope();
    };

    /// <summary>A layer whose output is a block of features, which probes see; an architecture says how many it has.</summary>
    public static Layer Block(Layer layer)
    {
        var scoped = Scoped(layer);
        return (pass, x) =>
        {
            var output = scoped(pass, x);
            pass.Features?.Add(output);
            return output;
        };
    }

    /// <summary>ReLU in place: for what no other layer reads.</summary>
    public static Tensor Relu(Pass pass, Tensor x) => x.relu_();

    /// <summary>The sum of two branches; the first is overwritten.</summary>
    public static Layer Sum(Layer first, Layer second) => (pass, x) => first(pass, x).add_(second(pass, x), pass.One);

    /// <summary>The mean of each channel: for 32 × 32 images the published average pooling, and any size of image fits.</summary>
    public static Tensor Pool(Pass pass, Tensor x) => x.mean([2, 3]);

    private (int Scale, int Shift) NormParameters(string name, int channels) =>
        (Add($"{name}.weight", [channels], InitialValue.One, ofNorm: true), Add($"{name}.bias", [channels], InitialValue.Zero,
            ofNorm: true));

    private int Add(string name, long[] shape, InitialValue initial, bool ofNorm = false, double own = 0)
    {
        foreach (var length in shape) ArgumentOutOfRangeException.ThrowIfLessThan(length, 1, name);
        if (_parameters.Exists(slot => slot.Name == name))
            throw new ArgumentException($"Two layers have a parameter '{name}'.", nameof(name));
        _parameters.Add(new(name, shape, initial, ofNorm) { Scale = Options.InitialScale ?? 1, Own = own });
        return _parameters.Count - 1;
    }
}
