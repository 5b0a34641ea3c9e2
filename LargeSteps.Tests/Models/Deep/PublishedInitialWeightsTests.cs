using System.Text.Json;
using LargeSteps.Datasets.Images;
using LargeSteps.Models.Deep;
using LargeSteps.Tests.Datasets.Images;
using static TorchSharp.torch;

namespace LargeSteps.Tests.Models.Deep;

/// <summary>The initial weights of deep networks, against those of the published program (PyTorch 1.13, width 16).</summary>
public class PublishedInitialWeightsTests
{
    private static readonly JsonElement Published = Fixture.Json("deep_init.json");

    public static TheoryData<string> Cases => [.. Published.EnumerateObject().Select(network => network.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_seed_gives_the_published_weights(string name)
    {
        using var scope = SmallNets.Scope();
        using var network = NetworkOf(name, channelsLast: false);
        var weights = network.Named(network.Initial(SeedOf(name))).ToDictionary(view => view.Name, view => SmallNets.Doubles(view.View));
        foreach (var published in Published.GetProperty(name).GetProperty("tensors").EnumerateObject())
        {
            var ours = weights[published.Name];
            Assert.Equal(published.Value.GetProperty("first").EnumerateArray().Select(x => x.GetDouble()), ours.Take(3));
            Assert.Equal(published.Value.GetProperty("sum").GetDouble(), ours.Sum(), 1e-4);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_untrained_network_has_the_published_loss(string name)
    {
        var data = ImageTestData.RealData();
        using var scope = SmallNets.Scope();
        using var noGradient = no_grad();
        using var network = NetworkOf(name, channelsLast: false);
        using var statistics = network.NewStatistics(CPU);
        var set = ImageStore.Load(ImageSource.Cifar10, data, new(TestImages: 256, AllowPartial: true)).OrThrow();
        using var images = DeviceImages.On("cpu", set.Test, 10, new());
        var batch = images.Slice(0, 256);
        var loss = network.Loss(network.Initial(SeedOf(name)), statistics, batch.Images, batch.Labels, training: false).item<float>();
        Assert.Equal(Published.GetProperty(name).GetProperty("loss_first_256_test_eval").GetDouble(), loss, 5e-6 * Math.Max(1, loss));
    }

    private static FlatNetwork NetworkOf(string name, bool channelsLast) => new(Architecture.Named(name.Split(' ')[0]), new(3, 32, 32), 10,
        16, channelsLast: channelsLast);

    private static ulong SeedOf(string name) => ulong.Parse(name[(name.LastIndexOf(' ') + 1)..], null);
}
