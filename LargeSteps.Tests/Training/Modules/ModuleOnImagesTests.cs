using LargeSteps.Configuration;
using LargeSteps.Datasets;
using LargeSteps.Datasets.Images;
using LargeSteps.Models;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using static TorchSharp.torch;

namespace LargeSteps.Tests.Training.Modules;

/// <summary>Modules as classifiers of images, and what they show of their features.</summary>
public class ModuleOnImagesTests
{
    private static readonly LabelledImages Four = LabelledImages.Of(new ImageShape(1, 1, 2), [255, 0, 0, 255, 51, 102, 204, 153],
        labels: [0, 1, 2, 0]);

    private static readonly DatasetSpec Images = DatasetSpec.Images(ImageSource.Of("four", Four, Four));

    private static nn.Module<Tensor, Tensor> Flat(params nn.Module<Tensor, Tensor>[] layers) =>
        nn.Sequential([nn.Flatten(), .. layers]);

    private static ModelSpec Softmax { get; } = ModelSpec.Custom("softmax", _ => Flat(nn.Linear(2, 3, hasBias: false, dtype: float64)));

    private static Pipeline Of(ModelSpec model, OptimizerSpec optimizer, params Probe[] probes) => Pipeline.Of(Images, model,
        Schedule.Constant(0.5), optimizer, ProbePlan.Of(Cadence.Every(1), probes).WithSnapshots(SnapshotSpec.All));

    [Fact]
    public void A_module_on_images_makes_the_steps_of_softmax_regression()
    {
        var result = Runner.Run(Of(Softmax, OptimizerSpec.GradientDescent(3), new Losses(), new GradientNorm(), new Sharpness()));
        double[][] x = [[1, 0], [0, 1], [51 / 255f, 102 / 255f], [204 / 255f, 153 / 255f]];
        int[] y = [0, 1, 2, 0];
        double[] w = [.. result.Snapshots[0].Weights];
        for (var step = 0; step < 3; step++)
        {
            var (loss, wrong, gradient) = (0.0, 0, new double[6]);
            for (var i = 0; i < 4; i++)
            {
                double[] logits = [.. Enumerable.Range(0, 3).Select(c => w[2 * c] * x[i][0] + w[2 * c + 1] * x[i][1])];
                var sum = logits.Sum(Math.Exp);
                loss -= Math.Log(Math.Exp(logits[y[i]]) / sum) / 4;
                if (Array.IndexOf(logits, logits.Max()) != y[i]) wrong++;
                for (var c = 0; c < 3; c++)
                    for (var j = 0; j < 2; j++) gradient[2 * c + j] += (Math.Exp(logits[c]) / sum - (c == y[i] ? 1 : 0)) * x[i][j] / 4;
            }
            Assert.Equal(loss, result.Values("train_loss")[step], 1e-12);
            Assert.Equal(loss, result.Values("test_loss")[step], 1e-12);
            Assert.Equal(wrong / 4.0, result.Values("train_error")[step]);
            Assert.Equal(wrong / 4.0, result.Values("test_error")[step]);
            Assert.Equal(Math.Sqrt(gradient.Sum(g => g * g)), result.Values("gradient_norm")[step], 1e-12);
            Assert.InRange(result.Values("sharpness")[step], 0.01, 1);
            for (var p = 0; p < 6; p++)
            {
                Assert.Equal(w[p], result.Snapshots[step].Weights[p], 1e-12);
                w[p] -= 0.5 * gradient[p];
            }
        }
    }

    [Fact]
    public void A_convolution_classifies_images_by_any_chain_of_rules()
    {
        var convolution = ModelSpec.Custom("convolution", _ => nn.Sequential(nn.Conv2d(1, 4, (1, 2)), nn.Tanh(), nn.Flatten(),
            nn.Linear(4, 3)), seed: 1);
        var adam = OptimizerSpec.Sgd(150, batchSize: 2, sampling: Sampling.Shuffled).WithRule(UpdateRule.Plain.WithAdam(new Adam()));
        var result = Runner.Run(Of(convolution, adam, new Losses()).WithSchedule(Schedule.Constant(0.05)));
        Assert.Equal(0, result.Last("train_error"));
        Assert.True(result.Last("train_loss") < 0.1, $"{result.Last("train_loss")}");
    }

    [Fact]
    public void A_shuffled_epoch_takes_each_sample_once()
    {
        var sampler = new BatchSampler(OptimizerSpec.Sgd(10, batchSize: 3, seed: 5, Sampling.Shuffled), 11);
        var epochs = Enumerable.Range(0, 4).Select(_ => Enumerable.Range(0, 3).SelectMany(_ => sampler.Next().ToArray()).ToArray())
            .ToArray();
        Assert.All(epochs, epoch => Assert.Equal(9, epoch.Distinct().Count()));
        Assert.Equal(ImageOrder.Shuffled(5).Begin.Permutation(11)[..9], epochs[0]);
        Assert.NotEqual(epochs[0], epochs[1]);
    }

    [Fact]
    public void The_features_of_a_module_are_as_sparse_as_those_of_the_same_network()
    {
        var data = DatasetSpec.TeacherStudent(12, 3, [2], biases: false, unitTeacher: false, testSamples: 5);
        var relu = Pipeline.Of(data, ModelSpec.ReluNetwork([40], Initialisation.Default, seed: 3), Schedule.Constant(0.2),
            OptimizerSpec.GradientDescent(20), ProbePlan.Of(Cadence.Every(5), new FeatureSparsity(0.95)));
        var module = relu.WithModel(ModelSpec.Custom("forty", _ => nn.Sequential(nn.Linear(3, 40), nn.ReLU(), nn.Linear(40, 1)), seed: 3,
            features: (net, x) => nn.functional.relu(((nn.Module<Tensor, Tensor>)net.children().First()).forward(x))));
        var (expected, found) = (Runner.Run(relu), Runner.Run(module));
        Assert.Equal(expected.Values("feature_sparsity"), found.Values("feature_sparsity"));
        Assert.InRange(found.Last("feature_sparsity"), 0.05, 0.95);
    }

    [Fact]
    public void What_a_module_on_images_has_not_is_told()
    {
        string Told(Pipeline pipeline) => string.Join('\n', PipelineChecks.Problems(pipeline).Select(p => $"{p.Path}: {p.Message}"));
        var sgd = OptimizerSpec.Sgd(5, sampling: Sampling.Shuffled);
        Assert.Equal("", Told(Of(Softmax, sgd, new Losses())));
        Assert.Equal("probes.measure[0]: feature_sparsity looks at features, which a custom module does not have",
            Told(Of(Softmax, sgd, new FeatureSparsity(0.95))));
        Assert.Equal("optimizer.label_noise: the labels of a custom module's images are taken as they are",
            Told(Of(Softmax, sgd.WithRule(UpdateRule.Plain.WithLabelNoise(LabelNoise.Gaussian(0.5))), new Losses())));
        Assert.Equal("dataset.augment: the images of a custom module are taken as they are",
            Told(Of(Softmax, sgd, new Losses()).WithDataset(DatasetSpec.Images(ImageSource.Named("cifar10")!, augment: true))));
        Assert.Equal("optimizer.sampling: the published order belongs to a deep_network",
            Told(Of(Softmax, OptimizerSpec.Sgd(5, sampling: Sampling.Published()), new Losses())));
        Assert.Empty(Experiment.Of("fine", Of(Softmax, sgd, new Losses())).Checked().Match(_ => [], problems => problems));
        var two = Of(ModelSpec.Custom("two", _ => Flat(nn.Linear(2, 2))), sgd, new Losses());
        string Tried(Pipeline pipeline) =>
            Assert.Single(Experiment.Of("tried", pipeline).Checked().Match(_ => [], problems => problems)).Message;
        Assert.Equal("model: the module 'two' makes 2×2 numbers of 2 images; it must give 2×3: one for each class", Tried(two));
        var narrow = Of(ModelSpec.Custom("narrow", _ => Flat(nn.Linear(7, 3))), sgd, new Losses());
        Assert.StartsWith("model: the module 'narrow' does not take images of 1×1×2: ", Tried(narrow), StringComparison.Ordinal);
    }
}
