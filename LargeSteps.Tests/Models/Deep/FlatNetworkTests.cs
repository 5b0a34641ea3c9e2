using LargeSteps.Models.Deep;
using static TorchSharp.torch;

namespace LargeSteps.Tests.Models.Deep;

public class FlatNetworkTests
{
    public static TheoryData<string> Names => [.. Architecture.All.Select(a => a.Name)];

    [Theory]
    [InlineData("resnet18_plain", 10, 11_173_962)]
    [InlineData("resnet18_plain", 100, 11_220_132)]
    [InlineData("resnet34", 10, 21_282_122)]
    [InlineData("resnet34_plain", 10, 21_282_122)]
    [InlineData("resnet18", 10, 11_172_170)]
    [InlineData("resnet18", 2, 11_172_170 - 9 * 513)]
    [InlineData("resnet34_preact", 10, 21_280_330)]
    [InlineData("resnet18_gn", 10, 11_172_170)]
    [InlineData("resnet34_gn", 10, 21_280_330)]
    [InlineData("resnet_tiny", 10, 4_901_450)]
    [InlineData("resnet_tiny_gn", 10, 4_901_450)]
    [InlineData("vgg16", 10, 15_245_130)]
    [InlineData("wrn28", 10, 36_479_194)]
    [InlineData("densenet100", 10, 769_162)]
    [InlineData("linear", 10, 30_720)]
    [InlineData("fully_connected", 10, 3073 * 200 + 201 * 200 + 201 * 10)]
    [InlineData("convolutional", 10, 28 * 32 + 289 * 32 + 2049 * 10)]
    public void The_parameters_are_as_many_as_published(string name, int classes, long expected)
    {
        using var network = new FlatNetwork(Architecture.Named(name), new(3, 32, 32), classes);
        Assert.Equal(expected, network.ParameterCount);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_forward_pass_is_what_plain_loops_compute(string name)
    {
        foreach (var training in (bool[])[false, true])
        {
            using var scope = SmallNets.Scope();
            using var network = SmallNets.Network(name);
            using var statistics = SmallNets.Statistics(network);
            var (weights, images) = (SmallNets.Weights(network), SmallNets.Batch(network).Images);
            var straight = new StraightNetwork(network, weights, statistics, training);
            var expected = straight.Logits(Maps.Of(images));
            var before = SmallNets.Doubles(statistics.Values);
            var (logits, features) = network.Forward(weights, statistics, images, training, features: true);
            var distances = (double[])[
                SmallNets.Distance(expected, SmallNets.Doubles(logits)),
                .. straight.Features.Zip(features, (e, f) => SmallNets.Distance(e, SmallNets.Doubles(f)))];
            DiagonalCases.Note($"{name}, training {training}: {string.Join(" ", distances.Select(d => FormattableString.Invariant($"{d:G2}")))}");
            Assert.Equal(network.FeatureBlocks, features.Count);
            Assert.Equal(straight.Features.Count, features.Count);
            Assert.All(distances, d => Assert.InRange(d, 0, 2e-4));
            if (!training) Assert.Equal(before, SmallNets.Doubles(statistics.Values));
        }
    }

    [Fact]
    public void Training_moves_the_running_statistics_by_a_tenth()
    {
        using var scope = SmallNets.Scope();
        using var network = SmallNets.Network("resnet18_plain");
        using var statistics = SmallNets.Statistics(network);
        var (weights, images) = (SmallNets.Weights(network), SmallNets.Batch(network).Images);
        var straight = new StraightNetwork(network, weights, statistics, training: true);
        straight.Logits(Maps.Of(images));
        var before = network.Named(statistics).ToDictionary(v => v.Name, v => SmallNets.Doubles(v.View));
        network.Forward(weights, statistics, images, training: true);
        foreach (var (name, _, view) in network.Named(statistics))
        {
            var layer = name[..name.LastIndexOf('.')];
            if (name.EndsWith("num_batches_tracked", StringComparison.Ordinal))
            {
                Assert.Equal(1L, view.item<long>());
            }
            else
            {
                var batch = name.EndsWith("mean", StringComparison.Ordinal) ? straight.Seen[layer].Mean : straight.Seen[layer].Variance;
                Assert.InRange(SmallNets.Distance([.. before[name].Zip(batch, (b, s) => 0.9 * b + 0.1 * s)], SmallNets.Doubles(view)), 0,
                    1e-5);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Channels_last_changes_logits_features_and_gradients_by_rounding_only(string name)
    {
        using var scope = SmallNets.Scope();
        var (logits, features, gradient) = Evaluate(false);
        var (otherLogits, otherFeatures, otherGradient) = Evaluate(true);
        Assert.InRange(SmallNets.Distance(logits, otherLogits), 0, 2e-4);
        Assert.All(features.Zip(otherFeatures), pair => Assert.InRange(SmallNets.Distance(pair.First, pair.Second), 0, 2e-4));
        Assert.Equal(gradient.Keys, otherGradient.Keys);
        var largest = gradient.Values.Max(g => g.Max(Math.Abs));
        foreach (var parameter in gradient.Keys)
            Assert.True(gradient[parameter].Zip(otherGradient[parameter], (x, y) => Math.Abs(x - y)).Max() < 1e-3 * largest, parameter);

        (double[], double[][], Dictionary<string, double[]>) Evaluate(bool channelsLast)
        {
            using var network = SmallNets.Network(name, channelsLast: channelsLast);
            using var statistics = SmallNets.Statistics(network);
            var (weights, batch) = (SmallNets.Weights(network).requires_grad_(), SmallNets.Batch(network));
            var output = network.Forward(weights, statistics, batch.Images, training: false, features: true);
            var loss = network.Loss(weights, statistics, batch.Images, batch.Labels, training: false);
            var flat = autograd.grad([loss], [weights])[0];
            return (SmallNets.Doubles(output.Logits), [.. output.Features.Select(SmallNets.Doubles)],
                network.Named(flat).ToDictionary(v => v.Name, v => SmallNets.Doubles(v.View)));
        }
    }

    [Theory]
    [InlineData("resnet18_plain", 4, false)]
    [InlineData("resnet_tiny_gn", 4, false)]
    [InlineData("vgg16", 4, false)]
    [InlineData("densenet100", 4, false)]
    [InlineData("resnet18_plain", 16, true)]
    public void Sixteen_bits_are_close(string name, int width, bool channelsLast)
    {
        using var scope = SmallNets.Scope();
        using var exact = SmallNets.Network(name, new(3, 16, 16), width: width, channelsLast: channelsLast);
        using var coarse = SmallNets.Network(name, new(3, 16, 16), width: width, precision: DeepPrecision.BFloat16,
            channelsLast: channelsLast);
        var batch = SmallNets.Batch(exact, 12);
        var (expected, gradient) = Evaluate(exact);
        var (actual, other) = Evaluate(coarse);
        var (distance, cosine) = (SmallNets.Distance(SmallNets.Doubles(expected), SmallNets.Doubles(actual)),
            nn.functional.cosine_similarity(gradient, other, 0).item<float>());
        DiagonalCases.Note($"{name}: logits {distance:G3}, cosine of the gradients {cosine:G4}");
        Assert.InRange(distance, 1e-6, 0.06);
        Assert.InRange(cosine, 0.8, 0.99999);

        (Tensor Logits, Tensor Gradient) Evaluate(FlatNetwork network)
        {
            using var statistics = network.NewStatistics(CPU);
            var weights = network.Initial(2).requires_grad_();
            var logits = network.Forward(weights, statistics, batch.Images, training: false).Logits;
            var flat = autograd.grad([nn.functional.cross_entropy(logits, batch.Labels)], [weights])[0];
            Assert.Equal((ScalarType.Float32, ScalarType.Float32), (logits.dtype, flat.dtype));
            return (logits, flat);
        }
    }

    [Theory]
    [InlineData(1, 28, 28)]
    [InlineData(3, 64, 64)]
    [InlineData(3, 32, 32)]
    public void Every_network_takes_images_of_the_data_sets(int channels, int height, int width)
    {
        foreach (var architecture in Architecture.All)
        {
            using var scope = SmallNets.Scope();
            using var noGradient = no_grad();
            using var network = SmallNets.Network(architecture.Name, new(channels, height, width), classes: 5);
            using var statistics = network.NewStatistics(CPU);
            var output = network.Forward(network.Initial(0), statistics, SmallNets.Batch(network, 2).Images, training: false,
                features: true);
            Assert.Equal([2, 5], output.Logits.shape);
            Assert.All(output.Features, f => Assert.Equal(2, f.shape[0]));
        }
    }

    [Theory]
    [InlineData("resnet18", true)]
    [InlineData("resnet_tiny_gn", true)]
    [InlineData("resnet18_plain", false)]
    public void With_two_classes_a_preactivation_network_has_one_logit_against_zero(string name, bool one)
    {
        using var scope = SmallNets.Scope();
        using var network = SmallNets.Network(name, classes: 2);
        using var statistics = network.NewStatistics(CPU);
        var batch = SmallNets.Batch(network);
        var logits = SmallNets.Doubles(network.Forward(SmallNets.Weights(network), statistics, batch.Images, training: false).Logits);
        Assert.Equal(one, logits.Where((_, i) => i % 2 == 0).All(z => z == 0));
        var labels = batch.Labels.data<long>().ToArray();
        var logistic = Enumerable.Range(0, 6)
            .Average(i => Math.Log(1 + Math.Exp((1 - 2 * labels[i]) * (logits[2 * i + 1] - logits[2 * i]))));
        Assert.Equal(logistic, network.Loss(SmallNets.Weights(network), statistics, batch.Images, batch.Labels, training: false)
            .item<float>(), 1e-5);
    }

    [Fact]
    public void The_names_are_those_of_a_state_dict()
    {
        using var scope = SmallNets.Scope();
        using var network = SmallNets.Network("resnet18_plain");
        using var statistics = network.NewStatistics(CPU);
        var names = network.Named(network.Initial(0)).Select(v => v.Name).ToArray();
        Assert.Equal(
            ["conv1.weight", "bn1.weight", "bn1.bias", "layer1.0.conv1.weight", "layer1.0.bn1.weight", "layer1.0.bn1.bias",
                "layer1.0.conv2.weight"], names[..7]);
        Assert.Contains("layer2.0.shortcut.0.weight", names);
        Assert.Contains("layer2.0.shortcut.1.bias", names);
        Assert.Equal(["linear.weight", "linear.bias"], names[^2..]);
        Assert.Equal(["bn1.running_mean", "bn1.running_var", "bn1.num_batches_tracked"], network.Named(statistics).Select(v => v.Name)
            .Take(3));
        Assert.Equal(names.Length, names.Distinct().Count());
    }

    [Fact]
    public void Named_parameters_share_the_memory_of_the_flat_tensor_and_cover_it()
    {
        foreach (var channelsLast in (bool[])[false, true])
        {
            using var scope = SmallNets.Scope();
            using var network = SmallNets.Network(channelsLast: channelsLast);
            var weights = full(network.ParameterCount, -1f);
            foreach (var (_, shape, view) in network.Named(weights))
            {
                Assert.Equal(shape, view.shape);
                view.add_(1);
            }
            Assert.All(SmallNets.Doubles(weights), w => Assert.Equal(0, w));
        }
    }

    [Fact]
    public void Initial_weights_have_the_published_spread_and_depend_on_the_seed_only()
    {
        using var scope = SmallNets.Scope();
        using var network = SmallNets.Network("resnet18_plain", new(3, 32, 32), classes: 10, width: 16);
        using var last = SmallNets.Network("resnet18_plain", new(3, 32, 32), classes: 10, width: 16, channelsLast: true);
        var weights = network.Named(network.Initial(5)).ToDictionary(v => v.Name, v => SmallNets.Doubles(v.View));
        foreach (var (name, _, view) in last.Named(last.Initial(5))) Assert.Equal(weights[name], SmallNets.Doubles(view));
        Assert.NotEqual(weights["conv1.weight"], SmallNets.Doubles(network.Named(network.Initial(6))[0].View));
        Assert.All(weights["bn1.weight"], w => Assert.Equal(1, w));
        Assert.All(weights["bn1.bias"].Concat(weights["linear.bias"]), w => Assert.Equal(0, w));
        var convolution = weights["layer4.1.conv2.weight"];
        Assert.Equal(Math.Sqrt(2.0 / (9 * 128)), Math.Sqrt(convolution.Average(w => w * w)), 0.01 * Math.Sqrt(2.0 / (9 * 128)));
        Assert.InRange(weights["linear.weight"].Max(Math.Abs), 0.99 / Math.Sqrt(128), 1 / Math.Sqrt(128));
    }

    [Fact]
    public void Wrong_sizes_are_refused()
    {
        Assert.Throws<ArgumentException>(() => SmallNets.Network("resnet18_gn", width: 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => SmallNets.Network(classes: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => SmallNets.Network(width: 0));
        Assert.Throws<ArgumentException>(() => Architecture.Named("resnet19"));
    }
}
