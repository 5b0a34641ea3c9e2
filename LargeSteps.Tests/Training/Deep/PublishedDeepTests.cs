using LargeSteps.Datasets.Images;
using LargeSteps.Models.Deep;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Tests.Datasets.Images;

namespace LargeSteps.Tests.Training.Deep;

/// <summary>The first steps of a deep run, from the published initial weights and in the published order.</summary>
public class PublishedDeepTests
{
    // Made by an independent program with PyTorch 1.13: resnet18_plain of width 16, torch(0), the first 1,024 images of CIFAR-10, batches
    // of 128 from its loader, SGD 0.1; the cross-entropy of all 1,024 images in evaluation mode before each step. In float64 the same
    // program parts from these by 5e-8, 3e-5, 6e-5 and then 3e-3: no build can follow another one for longer.
    private static readonly double[] Losses = [2.401279252022505, 2.313656195998192, 2.2911792807281017];

    // libtorch's convolutions round otherwise on each kind of processor: after the first step they part from these by 1e-6 with AVX-512 and
    // by 2e-5 with AVX2.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void They_are_those_of_PyTorch_as_far_as_rounding_lets_them(bool channelsLast)
    {
        var data = ImageTestData.RealData();
        var pipeline = Pipeline.Of(
            new ImageDataset(ImageSource.Cifar10, new(TrainingImages: 1024, TestImages: 100, AllowPartial: true)),
            new DeepNetwork(Architecture.ResNet18Plain, 16, ChannelsLast: channelsLast), Schedule.Constant(0.1), OptimizerSpec.Sgd(3, 128,
                0, Sampling.Published()),
            ProbePlan.Of(Cadence.Every(1), new Losses()));
        var losses = Runner.Run(pipeline, RunContext.Default.WithDataFolder(data)).Values("train_loss");
        Assert.Equal(Losses[0], losses[0], 1e-6);
        Assert.Equal(Losses[1], losses[1], 2.4 * 5e-5);
        Assert.Equal(Losses[2], losses[2], 2.4 * 5e-4);
    }
}
