using LargeSteps.Datasets;
using LargeSteps.Datasets.Images;
using LargeSteps.Models;
using LargeSteps.Models.Deep;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Tests.Datasets.Images;
using LargeSteps.Values;
using TorchSharp;

namespace LargeSteps.Tests.Docs;

/// <summary>The C# code of docs/extending.md.</summary>
public sealed class ExtendingGuideTests
{
    [Fact]
    public void Images_are_ones_own() => TemporaryFolder.In(files =>
    {
        var folder = OwnImagesData.Pets(Path.Combine(files, "pets"));
        var file = OwnImagesData.Put(files, "digits.npz", OwnImagesData.Npz(OwnImagesData.Digits));
        // <doc>
        Outcome<ImageSource> pets = ImageSource.OfFolder(folder, flips: true);
        Outcome<ImageSource> digits = ImageSource.OfArrays(file);
        var mine = ImageSource.Of("stripes", LabelledImages.Of(
            new ImageShape(Channels: 1, Height: 1, Width: 2), [255, 0, 0, 255, 250, 9], labels: [0, 1, 0]));
        DatasetSpec dataset = DatasetSpec.Images(mine);
        // </doc>
        Assert.Equal((6, 3, 3), (pets.OrThrow().TrainingImages, digits.OrThrow().TrainingImages, dataset.TrainingSamples));
    });

    [Fact]
    public void An_architecture_is_ones_own()
    {
        var dataset = DatasetSpec.Images(ImageSource.Shapes);
        // <doc>
        var small = Architecture.Of("small", b => NetworkBuilder.Chain(
            b.Convolution("conv", b.Input.Channels, b.Width), b.BatchNorm("bn", b.Width), NetworkBuilder.Relu,
            NetworkBuilder.Block((pass, x) => torch.nn.functional.max_pool2d(x, 2)),
            NetworkBuilder.Pool, b.Linear("linear", b.Width, b.Classes)), defaultWidth: 8, featureBlocks: 1);
        var pipeline = Pipeline.Of(
            dataset, ModelSpec.DeepNetwork(small, seed: 1), Schedule.Constant(0.1),
            OptimizerSpec.Sgd(steps: 40, batchSize: 4, seed: 0, Sampling.Shuffled),
            ProbePlan.Of(Cadence.Every(10), new Losses(), new Sharpness(Samples: 4, Tolerance: 0.01, MaxIterations: 50)));
        // </doc>
        var result = Runner.Run(pipeline.WithDataset(TinyDeep.Images));
        Assert.Equal(RunEnd.Completed, result.End);
        Assert.True(result.Last("sharpness") > 0);
    }
}
