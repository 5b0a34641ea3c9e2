using LargeSteps.Models.Deep;
using TorchSharp;

namespace LargeSteps.Tests.Models.Deep;

/// <summary>Images or features in float64: n × channels × height × width.</summary>
internal sealed record Maps(int Samples, int Channels, int Height, int Width)
{
    public double[] Values { get; } = new double[Samples * Channels * Height * Width];

    public double this[int n, int c, int y, int x]
    {
        get => Values[((n * Channels + c) * Height + y) * Width + x];
        set => Values[((n * Channels + c) * Height + y) * Width + x] = value;
    }

    public static Maps Of(torch.Tensor images)
    {
        var shape = images.shape;
        var maps = new Maps((int)shape[0], (int)shape[1], (int)shape[2], (int)shape[3]);
        images.contiguous().data<float>().ToArray().Select(v => (double)v).ToArray().CopyTo(maps.Values, 0);
        return maps;
    }

    public Maps Map(Func<double, int, double> image)
    {
        var result = new Maps(Samples, Channels, Height, Width);
        for (var i = 0; i < Values.Length; i++) result.Values[i] = image(Values[i], i / (Height * Width) % Channels);
        return result;
    }
}

/// <summary>The deep networks written out as loops in float64 from PyTorch's names of the weights: what the fast ones are checked
/// on.</summary>
internal sealed class StraightNetwork
{
    private readonly FlatNetwork _network;
    private readonly Dictionary<string, double[]> _state;
    private readonly bool _training;

    public StraightNetwork(FlatNetwork network, torch.Tensor weights, NormStatistics statistics, bool training)
    {
        using var scope = torch.NewDisposeScope();
        (_network, _training) = (network, training);
        _state = network.Named(weights.detach()).Concat(network.Named(statistics)).Where(v => v.View.dtype == torch.ScalarType.Float32)
            .ToDictionary(v => v.Name, v => v.View.contiguous().data<float>().ToArray().Select(x => (double)x).ToArray());
    }

    public List<double[]> Features { get; } = [];

    /// <summary>The batch means and unbiased variances that the batch norm layers saw, by layer.</summary>
    public Dictionary<string, (double[] Mean, double[] Variance)> Seen { get; } = [];

    public double[] Logits(Maps x) => _network.Architecture.Name switch
    {
        "resnet18_plain" => Plain(x, 2, 2, 2, 2),
        "resnet34" => Plain(x, 3, 4, 6, 3),
        "resnet18" or "resnet18_gn" => PreActivation(x, 2, 2, 2, 2),
        "resnet34_preact" or "resnet34_gn" => PreActivation(x, 3, 4, 6, 3),
        "resnet_tiny" or "resnet_tiny_gn" => PreActivation(x, 1, 1, 1, 1),
        "wrn28" => Wide(x),
        "vgg16" => Vgg(x),
        "densenet100" => DenseNet(x),
        "fully_connected" => FullyConnected(x),
        "convolutional" => Convolutional(x),
        _ => Linear("linear", x.Values, x.Samples),
    };

    private double[] FullyConnected(Maps x)
    {
        var last = x.Values;
        for (var layer = 1; _state.ContainsKey($"hidden{layer}.weight"); layer++)
        {
            last = [.. Linear($"hidden{layer}", last, x.Samples).Select(v => Math.Max(v, 0))];
            Features.Add(last);
        }
        return Linear("output", last, x.Samples);
    }

    private double[] Convolutional(Maps x)
    {
        for (var layer = 1; _state.ContainsKey($"conv{layer}.weight"); layer++)
        {
            x = Pooled(Relu(Convolve($"conv{layer}", x, 1)));
            Features.Add(x.Values);
        }
        return Linear("output", x.Values, x.Samples);
    }

    // The largest of 2 × 2, for even sizes.
    private static Maps Pooled(Maps x)
    {
        var pooled = new Maps(x.Samples, x.Channels, (x.Height + 1) / 2, (x.Width + 1) / 2);
        pooled.Values.AsSpan().Fill(double.NegativeInfinity);
        Each(x, (n, c, i, j) => pooled[n, c, i / 2, j / 2] = Math.Max(pooled[n, c, i / 2, j / 2], x[n, c, i, j]));
        return pooled;
    }

    private double[] Plain(Maps x, params int[] blocks)
    {
        x = Relu(Norm("bn1", Convolve("conv1", x, 1)));
        for (var s = 0; s < blocks.Length; s++)
        {
            for (var i = 0; i < blocks[s]; i++)
            {
                var (name, stride) = ($"layer{s + 1}.{i}", s > 0 && i == 0 ? 2 : 1);
                var y = Relu(Norm($"{name}.bn1", Convolve($"{name}.conv1", x, stride)));
                y = Norm($"{name}.bn2", Convolve($"{name}.conv2", y, 1));
                if (_state.ContainsKey($"{name}.shortcut.0.weight"))
                {
                    x = Norm($"{name}.shortcut.1", Convolve($"{name}.shortcut.0", x,
                    stride));
                }

                x = Relu(Add(y, x));
            }
            Features.Add(x.Values);
        }
        return Linear("linear", Pool(x), x.Samples);
    }

    private double[] PreActivation(Maps x, params int[] blocks) => PreActivation(x, blocks, (stage, block) => $"layer{stage}.{block}",
        "shortcut.0", "bn", "linear");

    private double[] Wide(Maps x) => PreActivation(x, [4, 4, 4], (stage, block) => $"block{stage}.layer.{block}", "convShortcut", "bn1",
        "fc");

    private double[] PreActivation(Maps x, int[] blocks, Func<int, int, string> blockName, string shortcut, string last, string linear)
    {
        x = Convolve("conv1", x, 1);
        for (var s = 0; s < blocks.Length; s++)
        {
            for (var i = 0; i < blocks[s]; i++)
            {
                var (name, stride) = (blockName(s + 1, i), s > 0 && i == 0 ? 2 : 1);
                var a = Relu(Norm($"{name}.bn1", x));
                var y = Convolve($"{name}.conv2", Relu(Norm($"{name}.bn2", Convolve($"{name}.conv1", a, stride))), 1);
                x = Add(y, _state.ContainsKey($"{name}.{shortcut}.weight") ? Convolve($"{name}.{shortcut}", a, stride) : x);
            }
            if (s == blocks.Length - 1) x = Relu(Norm(last, x));
            Features.Add(x.Values);
        }
        var logits = Linear(linear, Pool(x), x.Samples);
        return _state[$"{linear}.bias"].Length == 1 ? [.. logits.SelectMany(z => (double[])[0, z])] : logits;
    }

    private double[] Vgg(Maps x)
    {
        double[] mean = [0.485, 0.456, 0.406], std = [0.229, 0.224, 0.225];
        x = x.Map((v, c) => x.Channels == 3 ? (v - mean[c]) / std[c] : (v - mean.Average()) / std.Average());
        var place = 0;
        foreach (var convolutions in (int[])[2, 2, 3, 3, 3])
        {
            for (var i = 0; i < convolutions; i++, place += 2) x = Relu(Convolve($"features.{place}", x, 1));
            place++;
            x = Pooled(x);
            Features.Add(x.Values);
        }
        double[] last = [.. Pool(x, keep: false)];
        foreach (var name in (string[])["classifier.0", "classifier.2"])
        {
            last = [.. Linear(name, last, x.Samples)
            .Select(v => Math.Max(v, 0))];
        }

        return Linear("classifier.4", last, x.Samples);
    }

    private double[] DenseNet(Maps x)
    {
        x = Convolve("conv1", x, 1);
        for (var block = 1; block <= 3; block++)
        {
            for (var i = 0; i < 16; i++)
            {
                var name = $"dense{block}.{i}";
                var y = Convolve($"{name}.conv1", Relu(Norm($"{name}.bn1", x)), 1);
                y = Convolve($"{name}.conv2", Relu(Norm($"{name}.bn2", y)), 1);
                var both = new Maps(x.Samples, y.Channels + x.Channels, x.Height, x.Width);
                Each(both, (n, c, a, b) => both[n, c, a, b] = c < y.Channels ? y[n, c, a, b] : x[n, c - y.Channels, a, b]);
                x = both;
            }
            if (block == 3) x = Relu(Norm("bn", x));
            Features.Add(x.Values);
            if (block == 3) break;
            var half = Convolve($"trans{block}.conv", Relu(Norm($"trans{block}.bn", x)), 1);
            var pooled = new Maps(half.Samples, half.Channels, half.Height / 2, half.Width / 2);
            Each(pooled, (n, c, a, b) => pooled[n, c, a, b] =
                (half[n, c, 2 * a, 2 * b] + half[n, c, 2 * a + 1, 2 * b] + half[n, c, 2 * a, 2 * b + 1] + half[n, c, 2 * a + 1,
                    2 * b + 1]) / 4);
            x = pooled;
        }
        return Linear("linear", Pool(x), x.Samples);
    }

    private Maps Convolve(string name, Maps x, int stride)
    {
        var weight = _state[$"{name}.weight"];
        var shape = _network.Parameters.Single(p => p.Name == $"{name}.weight").Shape;
        var (to, kernel) = ((int)shape[0], (int)shape[2]);
        _state.TryGetValue($"{name}.bias", out var bias);
        var (pad, result) = (kernel / 2, new Maps(x.Samples, to, (x.Height - 1) / stride + 1, (x.Width - 1) / stride + 1));
        Each(result, (n, o, a, b) =>
        {
            var sum = bias?[o] ?? 0;
            for (var c = 0; c < x.Channels; c++)
            {
                for (var i = 0; i < kernel; i++)
                {
                    for (var j = 0; j < kernel; j++)
                    {
                        var (y, z) = (a * stride + i - pad, b * stride + j - pad);
                        if (y >= 0 && y < x.Height && z >= 0 && z < x.Width)
                        {
                            sum += weight[((o * x.Channels + c) * kernel + i) * kernel
                            + j] * x[n, c, y, z];
                        }
                    }
                }
            }

            result[n, o, a, b] = sum;
        });
        return result;
    }

    private Maps Norm(string name, Maps x)
    {
        var (scale, shift) = (_state[$"{name}.weight"], _state[$"{name}.bias"]);
        var groups = _network.Architecture.WidthMultiple == 2;
        var perGroup = groups ? x.Channels / (_network.Width / 2) : 1;
        var result = new Maps(x.Samples, x.Channels, x.Height, x.Width);
        var (means, variances) = (new double[x.Channels], new double[x.Channels]);
        for (var n = 0; n < x.Samples; n++)
        {
            for (var c = 0; c < x.Channels; c++)
            {
                double[] entries = groups ? [.. Of(x, n, c / perGroup * perGroup, perGroup)] : [.. Enumerable.Range(0, x.Samples)
                    .SelectMany(m => Of(x, m, c, 1))];
                var mean = entries.Average();
                var variance = entries.Average(v => (v - mean) * (v - mean));
                (means[c], variances[c]) = (mean, variance * entries.Length / (entries.Length - 1));
                if (!groups && !_training) (mean, variance) = (_state[$"{name}.running_mean"][c], _state[$"{name}.running_var"][c]);
                for (var i = 0; i < x.Height; i++)
                {
                    for (var j = 0; j < x.Width; j++)
                    {
                        result[n, c, i, j] = (x[n, c, i, j] - mean) / Math.Sqrt(variance + 1e-5) * scale[c]
                        + shift[c];
                    }
                }
            }
        }

        Seen[name] = (means, variances);
        return result;
    }

    private static IEnumerable<double> Of(Maps x, int n, int channel, int channels) =>
        x.Values.Skip((n * x.Channels + channel) * x.Height * x.Width).Take(channels * x.Height * x.Width);

    private double[] Linear(string name, double[] x, int samples)
    {
        var weight = _state[$"{name}.weight"];
        _state.TryGetValue($"{name}.bias", out var bias);
        var inputs = x.Length / samples;
        var outputs = weight.Length / inputs;
        return [.. Enumerable.Range(0, samples).SelectMany(n => Enumerable.Range(0, outputs).Select(o =>
            (bias?[o] ?? 0) + Enumerable.Range(0, inputs).Sum(i => weight[o * inputs + i] * x[n * inputs + i])))];
    }

    private double[] Pool(Maps x, bool keep = true)
    {
        double[] pooled = [.. Enumerable.Range(0, x.Samples * x.Channels).Select(i => Of(x, 0, i, 1).Average())];
        if (keep) Features.Add(pooled);
        return pooled;
    }

    private static Maps Relu(Maps x) => x.Map((v, _) => Math.Max(v, 0));

    private static Maps Add(Maps x, Maps y)
    {
        var sum = new Maps(x.Samples, x.Channels, x.Height, x.Width);
        for (var i = 0; i < sum.Values.Length; i++) sum.Values[i] = x.Values[i] + y.Values[i];
        return sum;
    }

    private static void Each(Maps x, Action<int, int, int, int> action)
    {
        for (var n = 0; n < x.Samples; n++)
        {
            for (var c = 0; c < x.Channels; c++)
            {
                for (var i = 0; i < x.Height; i++)
                    for (var j = 0; j < x.Width; j++) action(n, c, i, j);
            }
        }
    }
}
