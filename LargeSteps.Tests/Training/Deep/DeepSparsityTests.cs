using LargeSteps.Numerics;
using LargeSteps.Training.Deep;
using static TorchSharp.torch;

namespace LargeSteps.Tests.Training.Deep;

public class DeepSparsityTests
{
    private const double Threshold = 0.8;

    public static TheoryData<string, bool, int, bool> Cases => new()
    {
        { "resnet18_plain", false, 1000, false }, { "resnet18_plain", true, 1000, true }, { "resnet18_plain", true, 20, false },
        { "resnet_tiny", false, 60, true }, { "vgg16", true, 1000, false }, { "densenet100", false, 100, false },
            { "wrn28", false, 50, false },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Each_block_is_what_the_deduplication_of_its_features_says(string name, bool channelsLast, int mostUnits,
        bool normalisedRows)
    {
        using var scope = SmallNets.Scope();
        using var network = SmallNets.Network(name, channelsLast: channelsLast);
        using var statistics = network.NewStatistics(CPU);
        var weights = SmallNets.Weights(network);
        Tensor[] batches = [SmallNets.Batch(network, 7, 1).Images, SmallNets.Batch(network, 5, 2).Images];
        using var probe = new DeepSparsity(network, seed: 3, Threshold, mostUnits, normalisedRows);
        var measured = probe.Measure(weights, statistics, batches);

        // Of the whole data in one go, by the names of the units.
        var features = network.Forward(weights, statistics, cat(batches), training: false, features: true).Features;
        var random = new NumpyRandom(3);
        Assert.Equal(features.Count, measured.Count);
        var (dropped, negative) = (0, 0);
        for (var b = 0; b < features.Count; b++)
        {
            var values = SmallNets.Doubles(features[b]);
            var (points, units) = (12, values.Length / 12);
            int[] chosen = units <= mostUnits ? [.. Enumerable.Range(0, units)] : random.Choice(units, mostUnits);
            double[] columns = [.. chosen.SelectMany(u => Enumerable.Range(0, points).Select(i => values[i * units + u]))];
            negative += columns.Count(v => v < 0);
            Assert.Equal(values.Count(v => v > 0) / (double)values.Length, measured[b].Raw, 1e-12);
            Assert.Equal(chosen.Length, measured[b].Chosen);
            var expected = normalisedRows ? UnitDeduplication.Count(columns, chosen.Length, points, points, Threshold)
                : UnitDeduplication.Deduplicate(columns, chosen.Length, points, points, Threshold);
            Assert.Equal(expected.Units, measured[b].Left);
            // That one counts nonzero entries, which the features before a ReLU nearly all are.
            if (!values.Any(v => v < 0)) Assert.Equal(expected.Sparsity, measured[b].Deduplicated, 1e-12);
            else Assert.InRange(measured[b].Deduplicated, 0, expected.Sparsity);
            dropped += chosen.Length - expected.Units;
        }
        Assert.True(dropped > 0, "no unit was dropped");
        Assert.Equal(name is "resnet_tiny" or "densenet100" or "wrn28", negative > 0);
    }

    [Theory]
    [InlineData(0.8, 13, 0.11, 16, 0.13541666666666666)]
    [InlineData(0.95, 33, 0.2708333333333333, 36, 0.29875)]
    public void Deduplication_is_that_of_the_published_program(double threshold, int left, double sparsity, int normalisedLeft,
        double normalisedSparsity)
    {
        // From NumPy: corrcoef, and units deleted one by one, on max(0, A·B) with A 40 × 3 and B 3 × 60 from numpy(5).
        var random = new NumpyRandom(5);
        var (a, b) = (Normal(120), Normal(180));
        double[] columns = [.. Enumerable.Range(0, 60).SelectMany(j => Enumerable.Range(0, 40)
            .Select(i => Math.Max(0, Enumerable.Range(0, 3).Sum(k => a[3 * i + k] * b[60 * k + j]))))];
        Assert.Equal(new(left, sparsity), UnitDeduplication.Deduplicate([.. columns], 60, 40, 40, threshold));
        Assert.Equal(new(normalisedLeft, normalisedSparsity), UnitDeduplication.Count([.. columns], 60, 40, 40, threshold));

        double[] Normal(int n) => [.. Enumerable.Range(0, n).Select(_ => random.StandardNormal())];
    }

    [Theory]
    [InlineData(false, 32)]
    [InlineData(true, 17)]
    public void Twins_count_once_and_dead_units_not_at_all(bool normalisedRows, int left)
    {
        using var scope = SmallNets.Scope();
        // Stem and stages of 4 channels; only the first block's output matters here.
        using var network = SmallNets.Network("resnet18_plain", new(1, 4, 4), width: 4);
        using var statistics = network.NewStatistics(CPU);
        var weights = zeros(network.ParameterCount);
        var named = network.Named(weights).ToDictionary(v => v.Name, v => v.View);
        // With zero convolutions in the blocks the first stage passes the stem's channels on: x, 2x, nothing, and a constant.
        named["conv1.weight"][0, 0, 1, 1] = 1;
        named["conv1.weight"][1, 0, 1, 1] = 2;
        named["bn1.weight"].fill_(1);
        named["bn1.bias"][2] = -1;
        named["bn1.bias"][3] = 1;
        using var probe = new DeepSparsity(network, normalisedRows: normalisedRows);
        var block = probe.Measure(weights, statistics, [SmallNets.Batch(network, 30).Images])[0];
        Assert.Equal(0.75, block.Raw, 1e-12);
        // Of 64 units the 16 of x go (as said by their twins), and 16 are dead. The constants go with nobody; divided by the norm of the
        // rows they are equal.
        Assert.Equal(64, block.Chosen);
        Assert.Equal(left, block.Left);
        Assert.Equal(left / 64.0, block.Deduplicated, 1e-12);
    }

    [Fact]
    public void A_network_without_any_feature_has_sparsity_zero()
    {
        using var scope = SmallNets.Scope();
        using var network = SmallNets.Network("resnet18_plain");
        using var statistics = network.NewStatistics(CPU);
        using var probe = new DeepSparsity(network);
        var blocks = probe.Measure(zeros(network.ParameterCount), statistics, [SmallNets.Batch(network).Images]);
        Assert.All(blocks, b => Assert.Equal((0.0, 0.0, 0), (b.Raw, b.Deduplicated, b.Left)));
        Assert.Throws<ArgumentException>(() => probe.Measure(zeros(network.ParameterCount), statistics, []));
    }
}
