using LargeSteps.Datasets.Images;
using LargeSteps.Models.Deep;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Values;

namespace LargeSteps.Tests.Training.Deep;

/// <summary>Of which images the losses of deep networks are.</summary>
public class DeepLossesTests
{
    // A linear network, so that the losses can be recomputed in float64 from the weights.
    private static Pipeline Linear(int batch, int training, int test, Losses losses, bool augment = false) => Pipeline.Of(
        new ImageDataset(ImageSource.Shapes, new(TrainingImages: training, TestImages: test, Seed: 3), augment),
            new DeepNetwork(Architecture.Linear, Seed: 1), Schedule.Constant(0.01),
        OptimizerSpec.Sgd(6, batch, 5, Sampling.Shuffled), ProbePlan.Of(Cadence.Every(3, end: true), losses)
            .WithSnapshots(SnapshotSpec.All));

    [Theory]
    [InlineData(1, false)]
    [InlineData(16, false)]
    [InlineData(16, true)]
    public void They_are_those_of_all_images_whatever_the_batch_size_and_without_augmentation(int batch, bool augment)
    {
        var pipeline = Linear(batch, 64, 48, new Losses(), augment);
        var images = ImageStore.Load(ImageSource.Shapes, null, ((ImageDataset)pipeline.Dataset).Options).OrThrow();
        var result = Runner.Run(pipeline);
        for (var k = 0; k < result.Measurements.Count; k++)
        {
            var (train, test) = (Scored(result.Snapshots[k].Weights, images.Train), Scored(result.Snapshots[k].Weights, images.Test));
            Assert.Equal(train.Loss, result.Values("train_loss")[k], 1e-5);
            Assert.Equal(test.Loss, result.Values("test_loss")[k], 1e-5);
            Assert.Equal(train.Error, result.Values("train_error")[k], 1e-12);
            Assert.Equal(test.Error, result.Values("test_error")[k], 1e-12);
        }
    }

    [Fact]
    public void Of_more_images_than_are_asked_for_a_choice_is_taken_that_no_run_changes()
    {
        var pipeline = Linear(16, 640, 48, new Losses(TrainingImages: 100));
        var images = ImageStore.Load(ImageSource.Shapes, null, ((ImageDataset)pipeline.Dataset).Options).OrThrow();
        var first = Runner.Run(pipeline).Values("train_loss")[0];
        Assert.Equal(first, Runner.Run(pipeline.WithOptimizer(OptimizerSpec.Sgd(6, 8, 77, Sampling.Shuffled))).Values("train_loss")[0]);
        var chosen = new LargeSteps.Numerics.NumpyRandom(0).Choice(640, 100);
        var (weights, classes) = (Runner.Run(pipeline).Snapshots[0].Weights, images.Train);
        Assert.Equal(chosen.Average(i => LossOf(weights, classes, i).Loss), first, 1e-5);
    }

    [Fact]
    public void The_published_estimate_is_of_five_augmented_batches_and_of_a_part_of_the_test_images()
    {
        var published = new Losses(TrainingBatches: 5, TestImages: 20);
        var pipeline = Linear(16, 640, 48, published, augment: true);
        var images = ImageStore.Load(ImageSource.Shapes, null, ((ImageDataset)pipeline.Dataset).Options).OrThrow();
        var result = Runner.Run(pipeline);
        Assert.Equal(Enumerable.Range(0, 20).Average(i => LossOf(result.Snapshots[0].Weights, images.Test, i).Loss),
            result.Values("test_loss")[0], 1e-5);
        // 80 images, others in each measurement.
        Assert.Equal(0, Math.Round(result.Values("train_error")[0] * 80, 9) % 1);
        // Before the first step the weights are those of any run: what differs is which images are looked at, and how.
        var asTheyAre = Runner.Run(Linear(16, 640, 48, published)).Values("train_loss")[0];
        Assert.NotEqual(asTheyAre, result.Values("train_loss")[0]);
        Assert.NotEqual(Runner.Run(Linear(16, 640, 48, new())).Values("train_loss")[0], asTheyAre);
    }

    [Fact]
    public void Test_losses_are_of_all_test_images_however_many()
    {
        // 10,000 of them are not looked at differently from the 500 after them.
        var pipeline = Linear(16, 64, 10_500, new Losses());
        var images = ImageStore.Load(ImageSource.Shapes, null, ((ImageDataset)pipeline.Dataset).Options).OrThrow();
        var result = Runner.Run(pipeline);
        Assert.Equal(Scored(result.Snapshots[0].Weights, images.Test).Error, result.Values("test_error")[0], 1e-12);
    }

    private static (double Loss, double Error) Scored(Items<double> weights, LabelledImages images)
    {
        var scores = Enumerable.Range(0, images.Count).Select(i => LossOf(weights, images, i)).ToArray();
        return (scores.Average(s => s.Loss), scores.Average(s => s.Wrong ? 1.0 : 0));
    }

    private static (double Loss, bool Wrong) LossOf(Items<double> weights, LabelledImages images, int image)
    {
        var pixels = images.Shape.Channels * images.Shape.Height * images.Shape.Width;
        var x = images.Bytes.AsSpan().Slice(image * pixels, pixels).ToArray();
        var logits = Enumerable.Range(0, weights.Count / pixels).Select(c => Enumerable.Range(0, pixels)
            .Sum(j => weights[c * pixels + j] * (float)(x[j] / 255f))).ToArray();
        var most = logits.Max();
        return (most + Math.Log(logits.Sum(z => Math.Exp(z - most))) - logits[images.Labels[image]],
            Array.IndexOf(logits, most) != images.Labels[image]);
    }
}
