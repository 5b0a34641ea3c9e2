using LargeSteps.Datasets.Images;
using LargeSteps.Models.Deep;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Training.Deep;
using LargeSteps.Values;
using static TorchSharp.torch;

namespace LargeSteps.Tests.Models.Deep;

/// <summary>Networks that are composed of layers, their losses, and gradients in chunks.</summary>
public class ComposedNetworkTests
{
    public static TheoryData<Activation> Activations => [.. Enum.GetValues<Activation>()];

    private static FlatNetwork Network(LayerOptions layers, ClassLoss loss = ClassLoss.CrossEntropy, bool convolves = false) => new(
        convolves ? Architecture.Convolutional : Architecture.FullyConnected, new(2, 4, 4), 3, layers: layers, loss: loss);

    private static double Of(Activation activation, double x) => activation switch
    {
        Activation.Relu => Math.Max(x, 0),
        Activation.Tanh => Math.Tanh(x),
        Activation.Elu => x > 0 ? x : Math.Exp(x) - 1,
        Activation.Gelu => x * 0.5 * (1 + Erf(x / Math.Sqrt(2))),
        Activation.Silu => x / (1 + Math.Exp(-x)),
        Activation.Hardtanh => Math.Clamp(x, -1, 1),
        Activation.Softplus => Math.Log(1 + Math.Exp(x)),
        _ => x,
    };

    // By its series, which is exact enough where |x| < 3.
    private static double Erf(double x)
    {
        double sum = 0, term = x;
        for (var n = 0; n < 60; n++)
        {
            sum += term / (2 * n + 1);
            term *= -x * x / (n + 1);
        }
        return 2 / Math.Sqrt(Math.PI) * sum;
    }

    [Theory]
    [MemberData(nameof(Activations))]
    public void An_activation_and_a_loss_are_their_formulas(Activation activation)
    {
        using var scope = SmallNets.Scope();
        foreach (var loss in Enum.GetValues<ClassLoss>())
        {
            using var network = Network(new([5], activation), loss);
            var (weights, batch) = (SmallNets.Weights(network), SmallNets.Batch(network));
            using var none = network.NewStatistics(CPU);
            var state = network.Named(weights).ToDictionary(view => view.Name, view => SmallNets.Doubles(view.View));
            var (x, expected) = (SmallNets.Doubles(batch.Images), 0.0);
            for (var n = 0; n < 6; n++)
            {
                double[] Layer(string name, double[] input, int to) => [.. Enumerable.Range(0, to).Select(o => state[$"{name}.bias"][o]
                    + input.Select((v, i) => v * state[$"{name}.weight"][o * input.Length + i]).Sum())];
                double[] hidden = [.. Layer("hidden1", x[(32 * n)..(32 * n + 32)], 5).Select(v => Of(activation, v))];
                var (logits, label) = (Layer("output", hidden, 3), (int)batch.Labels[n].item<long>());
                expected += loss == ClassLoss.CrossEntropy ? Math.Log(logits.Sum(Math.Exp)) - logits[label]
                    : logits.Select((f, c) => Math.Pow(f - (c == label ? 1 : 0), 2)).Sum() / (loss == ClassLoss.Squared ? 2 : 1);
            }
            var found = network.Loss(weights, none, batch.Images, batch.Labels, training: true).item<float>();
            Assert.Equal(expected / 6, found, 1e-5 * Math.Max(1, expected));
        }
    }

    // PyTorch 1.13: manual_seed(3), then the layers of torch.nn in their order.
    [Fact]
    public void Initial_weights_are_those_that_PyTorch_draws_by_default()
    {
        using var scope = SmallNets.Scope();
        using var full = new FlatNetwork(Architecture.FullyConnected, new(2, 2, 2), 3, layers: new([3, 2], Activation.Tanh));
        using var convolutional = new FlatNetwork(Architecture.Convolutional, new(2, 2, 2), 3, layers: new([2], Activation.Tanh));
        float[] Of(FlatNetwork network, string name) =>
            [.. SmallNets.Doubles(network.Named(network.Initial(3)).Single(view => view.Name == name).View).Select(w => (float)w)];
        Assert.Equal([-0.350538611f, -0.278904587f, -0.151432231f, -0.334493428f], Of(full, "hidden1.weight")[..4]);
        Assert.Equal([-0.225653887f, -0.220818713f, -0.146551624f], Of(full, "hidden1.bias"));
        Assert.Equal([0.115122095f, -0.437336713f, -0.444795489f, -0.276112407f, 0.352382153f, -0.416428775f], Of(full, "hidden2.weight"));
        Assert.Equal([-0.517823279f, -0.500394344f], Of(full, "hidden2.bias"));
        Assert.Equal([-0.347956777f, -0.185790971f, -0.700991094f, -0.331058592f, 0.0136030633f, 0.116562419f], Of(full, "output.weight"));
        Assert.Equal([-0.101370081f, -0.0801754445f, -0.460025519f], Of(full, "output.bias"));
        Assert.Equal([-0.233692423f, -0.185936391f, -0.100954823f], Of(convolutional, "conv1.weight")[..3]);
        Assert.Equal([-0.0619303249f, -0.233663708f], Of(convolutional, "conv1.bias"));
        Assert.Equal([-0.331058592f, 0.0136030633f, 0.116562419f, -0.101370081f, -0.0801754445f, -0.460025519f],
            Of(convolutional, "output.weight"));
        Assert.Equal([0.362255037f, -0.1703455f, -0.483460754f], Of(convolutional, "output.bias"));
    }

    // PyTorch 1.13: manual_seed(0), then empty(out, in).normal_(0, 1) times the deviation, layer by layer; the first two weights, the last,
    // and the norm of all.
    [Theory]
    [InlineData(NormalInitialisation.He, 0.2, new[] { -0.09192444384098053, -0.0940898209810257, -0.09764886647462845, 1.0920287243807978 },
        new[] { -0.03957182541489601, 0.0377221554517746, -0.12452845275402069, 0.3961960862247092 })]
    [InlineData(NormalInitialisation.Xavier, null,
        new[] { -0.3008933365345001, -0.3079812228679657, -0.3196309208869934, 3.574502837377996 },
        new[] { -0.1815679669380188, 0.17308111488819122, -0.5713756680488586, 1.8178721851882564 })]
    public void Weights_of_an_initialisation_are_normal_and_biases_are_zero(NormalInitialisation by, double? scale, double[] hidden,
        double[] output)
    {
        using var scope = SmallNets.Scope();
        using var network = new FlatNetwork(Architecture.FullyConnected, new(3, 2, 2), 3,
            layers: new([16], Initialisation: by, InitialScale: scale));
        var weights = network.Named(network.Initial(0)).ToDictionary(view => view.Name, view => SmallNets.Doubles(view.View));
        foreach (var (name, expected) in new[] { ("hidden1", hidden), ("output", output) })
        {
            var w = weights[$"{name}.weight"];
            Assert.Equal(expected[..3], [(float)w[0], (float)w[1], (float)w[^1]], (a, b) => Math.Abs(a - b) < 1e-7);
            Assert.Equal(expected[3], Math.Sqrt(w.Sum(v => v * v)), 1e-6);
            Assert.All(weights[$"{name}.bias"], b => Assert.Equal(0, b));
        }
    }

    [Fact]
    public void Layers_have_what_is_asked_for()
    {
        using var bare = Network(new([4, 3], Biases: false));
        Assert.Equal(["hidden1.weight", "hidden2.weight", "output.weight"], bare.Parameters.Select(slot => slot.Name));
        using var normed = Network(new([4], Pooling: Pooling.Average, BatchNorm: true), convolves: true);
        Assert.Equal(["conv1.weight", "conv1.bias", "bn1.weight", "bn1.bias", "output.weight", "output.bias"],
            normed.Parameters.Select(slot => slot.Name));
        Assert.Equal([3, 4 * 2 * 2], normed.Parameters[4].Shape);
        Assert.Single(normed.Norms);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Chunks_give_the_gradient_and_the_products_of_the_whole(bool convolves)
    {
        using var scope = SmallNets.Scope();
        using var network = Network(new([6], Activation.Tanh), ClassLoss.Squared, convolves);
        var (weights, batch) = (SmallNets.Weights(network), SmallNets.Batch(network, samples: 23));
        using var whole = new LossCurvature(network, weights, batch);
        using var parts = new LossCurvature(network, weights, batch, chunk: 5);
        using var generator = new Generator(4);
        var direction = randn(network.ParameterCount, generator: generator);
        Assert.InRange(SmallNets.Distance(SmallNets.Doubles(whole.Times(direction)), SmallNets.Doubles(parts.Times(direction))), 0, 1e-5);
        using var one = new DeepEngine(network, weights, UpdateRule.Plain, CPU);
        using var other = new DeepEngine(network, weights, UpdateRule.Plain, CPU, chunk: 5);
        one.Step(batch, 0.1);
        other.Step(batch, 0.1);
        Assert.Equal(one.LastLoss(), other.LastLoss(), 1e-5);
        Assert.InRange(SmallNets.Distance(SmallNets.Doubles(one.Weights), SmallNets.Doubles(other.Weights)), 0, 1e-6);
    }

    [Fact]
    public void What_layers_have_not_is_told()
    {
        string Told(DeepNetwork model) => string.Join('\n', PipelineChecks.Problems(TinyDeep.Pipeline(3).WithModel(model))
            .Select(p => $"{p.Path}: {p.Message}"));
        var (tiny, full) = (TinyDeep.Network, TinyDeep.Network with { Architecture = Architecture.FullyConnected, Width = null });
        Assert.Equal("", Told(full.WithLayers(new([3], Activation.Gelu, false)).WithLoss(ClassLoss.SquaredFull)));
        Assert.Equal("model.widths: 'widths' is a key of fully_connected and convolutional, not of resnet_tiny",
            Told(tiny.WithLayers(new([3]))));
        Assert.Equal("model.batch_norm: 'batch_norm' is a key of convolutional, not of fully_connected",
            Told(full.WithLayers(new(BatchNorm: true))));
        Assert.Equal("model.initial_scale: initial_scale multiplies the weights of an initialisation, but there is none: " +
            "initialisation: he", Told(full.WithLayers(new([3], InitialScale: 0.5))));
        Assert.Equal("model.width: the layers of fully_connected have widths, each its own", Told(full.WithWidth(3)));
        Assert.Equal("model.widths: 6 poolings leave nothing of images of 32×32",
            Told(full.WithLayers(new([1, 1, 1, 1, 1, 1])) with { Architecture = Architecture.Convolutional }));
        var small = Pipeline.Of(DiagonalCases.Small, LargeSteps.Models.ModelSpec.DiagonalLinear(), Schedule.Constant(0.1),
            OptimizerSpec.GradientDescent(5).WithMicrobatch(3), ProbePlan.Of(Cadence.Every(1), new Losses()));
        Assert.Equal("optimizer.microbatch", Assert.Single(PipelineChecks.Problems(small)).Path);
    }

    [Fact]
    public void Values_are_standardised_by_all_training_images()
    {
        var options = new ImageOptions(TrainingImages: 12, TestImages: 20, Seed: 3);
        ImageSet Load(ImageOptions asked) => ImageStore.Load(ImageSource.Shapes, null, asked).OrThrow();
        var all = Load(new(TestImages: 20, Seed: 3));
        foreach (var part in (Func<ImageSet, LabelledImages>[])[set => set.Train, set => set.Test])
        {
            var (raw, found) = (part(all), part(Load(options.WithStandardisation(Standardisation.PerPixel))));
            for (var p = 0; p < raw.Shape.Length; p += 97)
            {
                double[] values = [.. Enumerable.Range(0, all.Train.Count).Select(i => At(all.Train, i, p))];
                var (mean, deviation) = (values.Average(), Math.Sqrt(values.Select(v => Math.Pow(v - values.Average(), 2)).Average()));
                for (var i = 0; i < found.Count; i++)
                    Assert.Equal((At(raw, i, p) - mean) / deviation, found.Values[i * raw.Shape.Length + p], 1e-4);
            }
        }
        var (plain, channels) = (Load(options).Test, Load(options.WithStandardisation(Standardisation.PerChannel)).Test);
        Assert.Equal((At(plain, 1, 5) - 0.4914) / 0.2023, channels.Values[plain.Shape.Length + 5], 1e-5);
        Assert.Equal((At(plain, 0, 1024) - 0.4822) / 0.1994, channels.Values[1024], 1e-5);

        static double At(LabelledImages images, int image, int value) => images.Values.Count > 0
            ? images.Values[image * images.Shape.Length + value] : images.Bytes[image * images.Shape.Length + value] / 255.0;
    }

    [Fact]
    public void Chosen_classes_are_all_that_there_is()
    {
        var asked = new ImageOptions(TrainingImages: 12, TestImages: 5, Seed: 3);
        var all = ImageStore.Load(ImageSource.Shapes, null, new(Seed: 3)).OrThrow();
        var chosen = ImageStore.Load(ImageSource.Shapes, null, asked.WithClasses([2, 0])).OrThrow();
        Assert.Equal((2, 12, 5), (chosen.Classes, chosen.Train.Count, chosen.Test.Count));
        int[] kept = [.. Enumerable.Range(0, all.Train.Count).Where(i => all.Train.Labels[i] is 2 or 0).Take(12)];
        Assert.Equal(kept.Select(i => all.Train.Labels[i] == 2 ? 0 : 1), chosen.Train.Labels);
        var (bytes, length) = (all.Train.Bytes.Count > 0, all.Train.Shape.Length);
        for (var i = 0; i < 12; i++)
        {
            if (bytes) Assert.Equal(all.Train.Bytes[kept[i] * length + 7], chosen.Train.Bytes[i * length + 7]);
            else Assert.Equal(all.Train.Values[kept[i] * length + 7], chosen.Train.Values[i * length + 7]);
        }

        var pipeline = TinyDeep.Pipeline(3);
        string Told(Items<int> classes, int? samples = 20) => string.Join('\n', PipelineChecks.Problems(pipeline.WithDataset(
            new ImageDataset(ImageSource.Shapes, (asked with { TrainingImages = samples }).WithClasses(classes)))).Select(p => p.Message));
        Assert.Equal("", Told([2, 0]));
        Assert.Equal("classes are at least two, each named once", Told([1, 1]));
        Assert.StartsWith("shapes has the classes 0 to ", Told([0, 77]), StringComparison.Ordinal);
        Assert.Equal("classes needs samples and test_samples: how many images there must be", Told([0, 1], null));
    }

    // reference/edge/flow_tanh_squared.csv: gradient flow, at times 0 to 2.
    [Fact]
    public void Gradient_flow_is_that_of_the_published_program()
    {
        var data = LargeSteps.Tests.Datasets.Images.ImageTestData.RealData();
        var images = new ImageDataset(ImageSource.Cifar10, new ImageOptions(AllowPartial: true, TrainingImages: 1000, TestImages: 8)
            .WithStandardisation(Standardisation.PerPixel));
        var run = Runner.Run(Pipeline.Of(images, new DeepNetwork(Architecture.FullyConnected) { Loss = ClassLoss.Squared }
            .WithLayers(new([200, 200], Activation.Tanh)), Schedule.Constant(1), OptimizerSpec.GradientFlow(2),
            ProbePlan.Of(Cadence.Every(1, end: true), new Losses(), new Sharpness(Tolerance: 1e-4))),
            RunContext.Default.WithDataFolder(data));
        Assert.Equal([0.592427552, 0.362791687, 0.32677573], run.Values("train_loss"), (a, b) => Math.Abs(a - b) < 2e-7);
        Assert.Equal([77.06351, 72.6116, 74.34601], run.Values("sharpness"), (a, b) => Math.Abs(a - b) < 1e-4 * b);
    }

    // reference: the published program of the edge of stability (PyTorch 1.13, CPU, float32) on the exact part of CIFAR-10.
    [Fact]
    public void The_edge_of_stability_is_that_of_the_published_program()
    {
        var data = LargeSteps.Tests.Datasets.Images.ImageTestData.RealData();
        double[] loss = [0.592427552, 0.588625491, 0.756984174, 0.755025864, 0.624970853];
        var images = new ImageDataset(ImageSource.Named("cifar10")!, new ImageOptions(AllowPartial: true, TrainingImages: 1000,
            TestImages: 1017).WithStandardisation(Standardisation.PerPixel));
        var run = Runner.Run(Pipeline.Of(images, new DeepNetwork(Architecture.FullyConnected)
        {
            Layers = new([200, 200], Activation.Tanh),
            Loss = ClassLoss.Squared,
        }, Schedule.Constant(0.05), OptimizerSpec.GradientDescent(5), ProbePlan.Of(Cadence.Every(1), new Losses(),
            new Sharpness(Tolerance: 1e-3, Eigenvalues: 2, MaxIterations: 60))), RunContext.Default with { DataFolder = data });
        for (var k = 0; k < 5; k++) Assert.Equal(loss[k], run.Values("train_loss")[k], 5e-6);
        Assert.Equal([0.867, 0.82, 0.819, 0.845, 0.77], run.Values("train_error").Select(e => Math.Round(e, 6)));
        Assert.Equal(0.592590034, run.Values("test_loss")[0], 5e-6);
        Assert.Equal(77.06351, run.Values("sharpness")[0], 0.05);
        Assert.Equal(64.45815, run.Values("sharpness_2")[0], 0.05);
    }
}
