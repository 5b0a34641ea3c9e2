using System.Globalization;
using LargeSteps.Datasets;
using LargeSteps.Datasets.Images;
using LargeSteps.Formats;
using LargeSteps.Models.Deep;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Training.Deep;
using LargeSteps.Values;
using static TorchSharp.torch;

namespace LargeSteps.Tests.Training.Deep;

/// <summary>Runs of deep networks as pipelines: what they measure, at which rate they learn, from which weights they start.</summary>
public class DeepRunTests
{
    private static readonly string[][] PublishedRates = [.. File.ReadLines(Fixture.PathOf("lr_schedules.csv")).Skip(1)
        .Select(line => line.Split(','))];

    public static TheoryData<string> Schedules => [.. PublishedSchedules.Names];

    // What lies in the memory of arrays lies elsewhere each time.
    [Fact]
    public void A_run_has_the_same_bits_every_time()
    {
        var pipeline = TinyDeep.Pipeline(
            3, new UpdateRule(LabelNoise: LabelNoise.Gaussian(0.2), Averaging: 0.9, Momentum: 0.5), new Losses(Averaged: true),
                new Sharpness(8, 1e-3, 4), new GradientNorm(),
            new Bounce(), new FeatureSparsity(0.9, 32, 50));
        pipeline = pipeline.WithDataset(TinyDeep.Images.WithAugmentation(true)).WithProbes(pipeline.Probes.WithSnapshots(SnapshotSpec.All));
        var first = Runner.Run(pipeline);
        var held = new List<byte[]>();
        for (var i = 1; i <= 4; i++)
        {
            for (var n = 0; n < 40; n++) held.Add(new byte[1 + (37 * i + 11 * n) % 200]);
            TinyDeep.AssertSame(first, Runner.Run(pipeline));
        }
    }

    [Theory]
    [MemberData(nameof(Schedules))]
    public void The_rate_of_step_i_of_epoch_e_is_the_published_one_at_e_minus_1_plus_i_plus_1_over_the_batches(string name)
    {
        const int batches = 100, epochs = 100;
        var rows = PublishedRates.Where(row => row[0] == name && Number(row[3]) > 0).ToArray();
        Assert.NotEmpty(rows);
        foreach (var row in rows)
        {
            var pipeline = TinyDeep.Pipeline(1).WithDataset(TinyDeep.Images.WithOptions(new(TrainingImages: 1605)))
                .WithOptimizer(OptimizerSpec.Sgd(1, 16, 5, Sampling.Shuffled).WithLength(Duration.Epochs(epochs)))
                .WithSchedule(PublishedSchedules.Create(name, 0.75, Number(row[1]), Number(row[2])));
            Assert.Equal(new Horizon(batches * epochs, batches), pipeline.Horizon);
            var (time, expected) = (Number(row[3]), Number(row[4]));
            var step = (long)Math.Round(time * batches) - 1;
            var rate = pipeline.Schedule.Function(pipeline.Horizon)(pipeline.Horizon.Progress(step));
            Assert.InRange(rate, expected * (1 - 1e-12) - 1e-15, expected * (1 + 1e-12) + 1e-15);
        }
    }

    [Fact]
    public void Every_step_of_an_epoch_has_a_rate_of_its_own()
    {
        var pipeline = TinyDeep.Pipeline(1, null, new ParameterNorm())
            .WithModel(TinyDeep.Network with { Architecture = Architecture.Linear })
            .WithOptimizer(OptimizerSpec.Sgd(1, 32, 5, Sampling.Shuffled).WithLength(Duration.Epochs(100)))
            .WithSchedule(PublishedSchedules.Create("piecewise_05epochs", 0.75, 1.05));
        pipeline = pipeline.WithProbes(pipeline.Probes with { At = Cadence.Every(1) });
        var rates = Runner.Run(pipeline).Measurements.Select(m => m.LearningRate).ToArray();
        Assert.Equal(200, rates.Length);
        var rows = PublishedRates.Where(row => row is ["piecewise_05epochs", "1.05", "1.0", ..] && Number(row[3]) is > 0 and var t
            && t * 2 == Math.Floor(t * 2)).ToArray();
        Assert.InRange(rows.Length, 5, 20);
        Assert.All(rows, row => Assert.Equal(Number(row[4]), rates[(int)(2 * Number(row[3])) - 1], 1e-12 * Number(row[4])));
        Assert.Equal(49, rates.Take(99).Where((rate, i) => i % 2 == 1 && rate > rates[i - 1]).Count());
    }

    [Fact]
    public void A_run_with_too_large_steps_is_recorded_as_diverged_with_finite_rows_before()
    {
        var pipeline = TinyDeep.Pipeline(60).WithSchedule(Schedule.Constant(1e6))
            .WithModel(TinyDeep.Network with { Architecture = Architecture.Vgg16, Width = 1 });
        var result = Runner.Run(pipeline);
        var diverged = Assert.IsType<DivergedRun>(result.End);
        Assert.Equal(diverged.Iteration, result.LastIteration);
        Assert.InRange(diverged.Iteration, 1, 59);
        Assert.NotEmpty(result.Measurements);
        Assert.All(result.Measurements, m => Assert.True(m.Iteration < diverged.Iteration && m.Values.All(double.IsFinite)));
    }

    [Fact]
    public void What_is_measured_is_what_a_direct_computation_gives()
    {
        const double decay = 0.03;
        var result = Runner.Run(TinyDeep.Pipeline(
            1, UpdateRule.Plain.WithWeightDecay(decay), new Losses(), new ParameterNorm(), new L2Term(), new GradientNorm(),
                new Sharpness(16, 1e-3, 30),
            new FeatureSparsity(0.9, 40, 50)));
        double At(string metric) => result.Values(metric)[0];

        using var scope = SmallNets.Scope();
        var images = ImageStore.Load(ImageSource.Shapes, null, TinyDeep.Options).OrThrow();
        using var network = new FlatNetwork(Architecture.ResNetTiny, ImageSource.Shapes.Shape, 10, 2, channelsLast: true);
        using var statistics = network.NewStatistics(CPU);
        var weights = network.Initial(1).requires_grad_();
        var (train, test) = (All(images.Train), All(images.Test));
        var norm = Math.Sqrt(SmallNets.Doubles(weights).Sum(w => w * w));
        Assert.Equal(norm, At("parameter_norm"), 1e-5 * norm);
        Assert.Equal(0.5 * decay * norm * norm, At("l2_term"), 1e-5 * decay * norm * norm);
        // The training images are fewer than five batches, and without augmentation the order alone is drawn.
        foreach (var (name, set) in new[] { ("train", train), ("test", test) })
        {
            var logits = network.Forward(weights, statistics, set.Images, training: false).Logits.detach();
            Assert.Equal(nn.functional.cross_entropy(logits, set.Labels).item<float>(), At($"{name}_loss"), 1e-5);
            Assert.Equal(logits.argmax(1).ne(set.Labels).to(ScalarType.Float64).mean().item<double>(), At($"{name}_error"), 1e-12);
        }
        using var aside = network.NewStatistics(CPU);
        var gradient = SmallNets.Doubles(autograd.grad([network.Loss(weights, aside, train.Images, train.Labels, training: true)],
            [weights])[0]);
        var length = Math.Sqrt(gradient.Sum(g => g * g));
        Assert.Equal(length, At("gradient_norm"), 1e-4 * length);
        using var curvature = new LossCurvature(network, weights, new(train.Images.narrow(0, 0, 16), train.Labels.narrow(0, 0, 16)));
        var largest = curvature.Sharpness(new Lanczos(40), 1e-4).Value;
        Assert.Equal(largest, At("sharpness"), 0.002 * Math.Abs(largest));
        Assert.InRange(At("sharpness_residual"), 0, 1e-3);
        using var sparsity = new DeepSparsity(network, 0, 0.9, 50);
        var blocks = sparsity.Measure(weights, statistics, [train.Images.narrow(0, 0, 40)]);
        for (var b = 0; b < 5; b++)
        {
            Assert.Equal(blocks[b].Raw, At(FormattableString.Invariant($"feature_sparsity_block{b + 1}")), 1e-3);
            Assert.Equal(blocks[b].Deduplicated, At(FormattableString.Invariant($"feature_sparsity_block{b + 1}_deduplicated")), 0.02);
        }
        Assert.Equal(16, result.Metrics.Count - 3);
    }

    [Fact]
    public void The_bounce_is_that_of_the_last_two_steps()
    {
        var pipeline = TinyDeep.Pipeline(4, null, new Bounce());
        var result = Runner.Run(pipeline.WithProbes(pipeline.Probes with { At = Cadence.Every(1), Snapshots = SnapshotSpec.All }));
        double[][] w = [.. result.Snapshots.Select(snapshot => snapshot.Weights.ToArray())];
        Assert.True(double.IsNaN(result.Values("bounce_cosine")[0]) && double.IsNaN(result.Values("bounce_midpoint_gap")[1]));

        using var scope = SmallNets.Scope();
        var images = ImageStore.Load(ImageSource.Shapes, null, TinyDeep.Options).OrThrow();
        using var network = new FlatNetwork(Architecture.ResNetTiny, ImageSource.Shapes.Shape, 10, 2, channelsLast: true);
        var train = All(images.Train);
        for (var k = 2; k < 4; k++)
        {
            double[] last = [.. w[k].Zip(w[k - 1], (a, b) => a - b)], before = [.. w[k - 1].Zip(w[k - 2], (a, b) => a - b)];
            Assert.Equal(Dot(last, before) / Math.Sqrt(Dot(last, last) * Dot(before, before)), result.Values("bounce_cosine")[k], 1e-4);
            double[] middle = [.. w[k].Zip(w[k - 1], (a, b) => (a + b) / 2)];
            Assert.Equal(Loss(middle) - (Loss(w[k]) + Loss(w[k - 1])) / 2, result.Values("bounce_midpoint_gap")[k], 1e-5);
        }

        double Loss(double[] named)
        {
            var flat = network.Initial(0);
            var at = 0;
            foreach (var (_, shape, view) in network.Named(flat))
            {
                var count = (int)view.NumberOfElements;
                view.copy_(tensor([.. named[at..(at + count)].Select(x => (float)x)], shape));
                at += count;
            }
            using var aside = network.NewStatistics(CPU);
            return network.Loss(flat, aside, train.Images, train.Labels, training: true).item<float>();
        }

        static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();
    }

    [Fact]
    public void Images_that_are_held_out_are_measured_beside_the_others()
    {
        var split = TinyDeep.Images.WithOptions(TinyDeep.Options with { TrainingImages = 80, Validation = 16 });
        var pipeline = TinyDeep.Pipeline(6, UpdateRule.Plain.WithAveraging(0.5), new ParameterNorm(), new Losses(Averaged: true),
            new L2Term()).WithDataset(split);
        var result = Runner.Run(pipeline);
        string[] losses = ["train_loss", "test_loss", "train_error", "test_error", "validation_loss", "validation_error"];
        Assert.Equal(["parameter_norm", .. losses, .. losses.Select(name => name + "_averaged"), "l2_term"], result.Metrics);

        // The same run on the same training images, with those held out in place of the test images.
        var images = ImageStore.Load(split.Source, null, split.Options).OrThrow();
        var other = pipeline.WithDataset(TinyDeep.Images);
        var swapped = Runner.Run(other, new LoadedData(null, new ImageSet(images.Train, images.Validation!, images.Classes)),
            RunContext.Default);
        foreach (var (metric, same) in (IEnumerable<(string, string)>)[("train_loss", "train_loss"), ("validation_loss", "test_loss"),
            ("validation_error", "test_error"), ("validation_loss_averaged", "test_loss_averaged")])
        {
            Assert.Equal(swapped.Values(same), result.Values(metric));
        }

        Assert.NotEqual(result.Values("validation_loss"), result.Values("test_loss"));
    }

    [Theory]
    [InlineData("safetensors", "")]
    [InlineData("safetensors", "_orig_mod.module.")]
    [InlineData("pth", "")]
    [InlineData("pth", "module.")]
    [InlineData("pth", "model._orig_mod.")]
    public void A_run_starts_with_the_weights_of_a_file(string format, string prefix) => TemporaryFolder.In(folder =>
    {
        var first = TinyDeep.Pipeline(6);
        var trained = Runner.Run(first, RunContext.Default.WithCheckpoints(new(folder, CheckpointPlan.Default, Resume: false)));
        var file = Directory.GetFiles(folder, "step-0000000006.safetensors", SearchOption.AllDirectories).Single();
        var tensors = DeepWeights.Read(file).OrThrow().Tensors;
        if (format == "safetensors" && prefix.Length > 0)
        {
            SafetensorsFile.Write(file = Path.Combine(folder, "w.safetensors"),
            tensors.Select(t => t.WithName(prefix + t.Name)));
        }

        if (format == "pth")
        {
            file = Path.Combine(folder, "weights.pth");
            var state = TorchValue.StateDict(tensors.Select(t => t.WithName(prefix + t.Name)));
            TorchFile.Write(file, TorchValue.Mapping(KeyValuePair.Create("epoch", TorchValue.Scalar(TorchScalar.Whole(3))),
                KeyValuePair.Create("model", state)));
        }
        var second = TinyDeep.Pipeline(1, UpdateRule.Plain.WithAveraging(0.9), new Losses(Averaged: true), new ParameterNorm())
            .WithModel((TinyDeep.Network with { Seed = 77 }).WithWeights(file));
        Assert.Empty(DeepWeights.Problems(second));
        var started = Runner.Run(second);
        foreach (var metric in (string[])["test_loss", "test_error", "parameter_norm"])
        {
            Assert.Equal(trained.Last(metric),
            started.Values(metric)[0]);
        }

        var drawn = Runner.Run(second.WithModel(TinyDeep.Network with { Seed = 77 }));
        Assert.NotEqual(drawn.Values("test_loss")[0], started.Values("test_loss")[0]);
    });

    [Fact]
    public void Weights_of_another_network_are_refused_with_what_they_lack_and_what_they_have() => TemporaryFolder.In(folder =>
    {
        var file = Path.Combine(folder, "weights.pth");
        Items<NamedTensor> tensors;
        using (SmallNets.Scope())
        using (var network = SmallNets.Network("resnet_tiny", ImageSource.Shapes.Shape, 10, 2))
        using (var statistics = network.NewStatistics(CPU))
            tensors = Items.From(DeepWeights.Copies([.. network.Named(network.Initial(1)), .. network.Named(statistics)]));
        TorchFile.WriteStateDict(file, tensors);
        Assert.Empty(Problems(TinyDeep.Network));
        Said("'conv1.weight' is [2, 3, 3, 3] in the file and [3, 3, 3, 3] in the network, 'layer1.0.bn1.weight' is [2] in the file and " +
            "[3] in the network, "
            + "'layer1.0.bn1.bias' is [2] in the file and [3] in the network and 46 more", TinyDeep.Network.WithWidth(3));
        Said("it has no 'bn1.weight' [2], 'bn1.bias' [2], 'layer1.1.conv1.weight' [2, 2, 3, 3] and 53 more; "
            + "'layer2.0.bn1.weight' is [2] in the file and [4] in the network, 'layer2.0.bn1.bias' is [2] in the file and [4] in the " +
                "network, "
            + "'layer3.0.bn1.weight' is [4] in the file and [8] in the network and 9 more; it has 'bn.weight' [16], 'bn.bias' [16], " +
                "'bn.running_mean' [16] and 2 more, which the network lacks",
            TinyDeep.Network with { Architecture = Architecture.ResNet18Plain });
        Said("'linear.weight' is [10, 16] in the file and [1, 16] in the network, 'linear.bias' is [10] in the file and [1] in the network",
            TinyDeep.Network, ImageSource.Cifar10HorseCar);

        TorchFile.WriteStateDict(file, tensors.Append(NamedTensor.Of<float>("head", [1], [2])));
        Said("it has 'head' [1], which the network lacks", TinyDeep.Network);
        TorchFile.WriteStateDict(file, tensors.Select(t => t.Name == "conv1.weight" ? NamedTensor.Of(t.Name, t.Shape, new int[t.Count]
            .AsSpan()) : t));
        Said("'conv1.weight' is of int32 in the file", TinyDeep.Network);
        // Old files have no counters.
        TorchFile.WriteStateDict(file, tensors.Where(t => !t.Name.EndsWith("num_batches_tracked", StringComparison.Ordinal)));
        Assert.Empty(Problems(TinyDeep.Network));
        TorchFile.WriteStateDict(file, tensors.Select(t => t.Name == "layer1.0.bn1.running_var" ? NamedTensor.Of<float>(t.Name, t.Shape,
            [1, float.PositiveInfinity]) : t));
        Assert.Equal([new("LS0708", "'layer1.0.bn1.running_var' has an infinite value at [1]: 1 of its 2 numbers are not finite", file)],
            Problems(TinyDeep.Network));
        // Finite in float64, and not in the network's float32.
        TorchFile.WriteStateDict(file, tensors.Select(t => t.Name == "conv1.weight" ? NamedTensor.Of<double>(t.Name, t.Shape,
            [.. Enumerable.Range(0, 54).Select(i => i is 31 or 40 ? 1e300 : 1)]) : t));
        Assert.Equal([new("LS0708", "'conv1.weight' has an infinite value at [1, 0, 1, 1]: 2 of its 54 numbers are not finite", file)],
            Problems(TinyDeep.Network));
        TorchFile.Write(file, TorchValue.List());
        Assert.Equal(["LS0705"], Problems(TinyDeep.Network).Select(p => p.Code));
        File.Delete(file);
        Assert.Equal([new Diagnostic("LS0701", "there is no such file", file)], Problems(TinyDeep.Network));

        Items<Diagnostic> Problems(DeepNetwork network, ImageSource? source = null) =>
            DeepWeights.Problems(TinyDeep.Pipeline(1).WithModel(network.WithWeights(file))
                .WithDataset(TinyDeep.Images with { Source = source ?? ImageSource.Shapes }));

        void Said(string mismatch, DeepNetwork network, ImageSource? source = null)
        {
            var problem = Assert.Single(Problems(network, source));
            Assert.Equal(("LS0706", file), (problem.Code, problem.File));
            Assert.EndsWith(mismatch, problem.Message, StringComparison.Ordinal);
        }
    });

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static DeepBatch All(LabelledImages images) => new(
        tensor([.. images.Bytes.Select(b => b / 255f)], [images.Count, images.Shape.Channels, images.Shape.Height,
            images.Shape.Width]).clone(),
        tensor([.. images.Labels.Select(label => (long)label)]));
}
