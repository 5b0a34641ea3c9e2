using CsCheck;
using LargeSteps.Configuration;
using LargeSteps.Datasets.Images;
using LargeSteps.Forms;
using LargeSteps.Models.Deep;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Schedules;
using LargeSteps.Tests.Commands;
using LargeSteps.Values;

namespace LargeSteps.Tests.Configuration;

/// <summary>Deep networks on images as YAML.</summary>
public class DeepYamlTests
{
    public static TheoryData<string> Configs =>
        [.. Directory.GetFiles(Cli.Configs, "*.yaml").Where(file => File.ReadAllText(file).Contains("deep_network",
            StringComparison.Ordinal)).Select(file => Path.GetFileName(file))];

    private static Gen<StaticLabelNoise> Noise { get; } = Gen.Select(
        Generators.InsideUnit, Gen.OneOf(Gen.Const(LabelNoiseKind.Symmetric), Gen.Const(LabelNoiseKind.Asymmetric)), Gen.UInt,
            (fraction, kind, seed) => new StaticLabelNoise(fraction, kind, seed));

    private static Gen<ImageDataset> Images { get; } = Gen.Select(
        Gen.OneOf<ImageSource>([.. ImageSource.All]),
        Gen.Select(Gen.Bool, Gen.Bool, Gen.OneOf(Gen.Const(1.0), Gen.Double[0.5, 1]), Gen.Nullable(Gen.Int[200, 900], 0.5),
            Gen.Nullable(Gen.Int[1, 900], 0.5), Gen.Null(Noise, 0.5),
            Gen.Select(Gen.UInt, Gen.Nullable(Gen.OneOf(Gen.Double[0.01, 0.5], Gen.Int[1, 50].Select(n => (double)n)), 0.5)),
            (grey, partial, fraction, train, test, noise, rest) => new ImageOptions(grey, partial, fraction, train, test, noise, rest.Item1,
                rest.Item2)),
        Gen.Bool, (source, options, augment) => new ImageDataset(source, options, augment));

    private static Gen<DeepNetwork> Networks { get; } = Gen.Select(
        Gen.OneOf<Architecture>([.. Architecture.All]), Gen.Nullable(Gen.Int[1, 40].Select(w => 2 * w), 0.5), Gen.Bool, Gen.Bool,
        Gen.Nullable(Gen.Select(Gen.OneOf("weights.pth", "a b/step-0000000012.safetensors", "true", "C:\\weights.pth"),
            Gen.Null(Gen.OneOf("averaged", "states/0", ".", "3"), 0.5)), 0.5), Gen.UInt,
        (architecture, width, bfloat16, channelsLast, weights, seed) => new DeepNetwork(architecture, width, bfloat16, channelsLast,
            weights?.Item1, seed, weights?.Item2));

    private static Gen<Sgd> Optimizers { get; } = Gen.Select(
        Gen.Int[1, 100], Gen.OneOf(Gen.Long[100, 100_000].Select(Duration.Steps), Gen.Double[100, 300].Select(Duration.Epochs)), Gen.UInt,
        Gen.Select(Gen.OneOf(Gen.Const(0.0), Generators.Positive), Gen.OneOf(Gen.Const(0.0), Generators.InsideUnit),
            Gen.Nullable(Generators.InsideUnit, 0.5), Gen.OneOf(Gen.Const(0.0), Generators.InsideUnit),
            (decay, momentum, averaging, noise) => new UpdateRule(WeightDecay: decay, Momentum: momentum, Averaging: averaging,
                LabelNoise: noise == 0 ? null : LabelNoise.Gaussian(noise))),
        (batch, length, seed, rule) => new Sgd(batch, length, seed, Sampling.Shuffled, rule));

    private static Gen<Cadence> Cadences { get; } = Gen.OneOf(
        Gen.Select(Gen.Double[0.1, 5], Gen.Bool, Cadence.EveryEpochs), Gen.Select(Gen.Long[1, 99], Gen.Bool, Cadence.Every),
            Gen.Select(Gen.Int[0, 9], Gen.Int[2, 30], Cadence.Evenly));

    private static Gen<Probe[]> Probes { get; } = Gen.SelectMany(
        Gen.Select(Gen.Bool, Gen.Nullable(Gen.Int[1, 90], 0.5), Gen.Int[2, 90], Generators.InsideUnit),
        (averaged, samples, count, threshold) => Gen.Shuffle(
            new Probe[]
            {
                new Losses(averaged), new ParameterNorm(), new L2Term(), new FeatureSparsity(threshold,
                    count, 2 * count),
                new Sharpness(samples, threshold, count), new Bounce(samples),
                    new GradientNorm(samples),
            }, 1, 7));

    private static Gen<Pipeline> Pipelines { get; } = Gen.Select(
            Images, Networks, Generators.Positive.Select(Schedule.Constant), Optimizers, Gen.Select(Cadences, Probes,
                (at, measure) => new ProbePlan(at, Items.From(measure))),
            (images, network, schedule, optimizer, probes) => Pipeline.Of(images, network, schedule, optimizer, probes))
        .Where(pipeline => PipelineChecks.Problems(pipeline).Count == 0);

    private static Gen<CheckpointPlan?> Checkpoints { get; } = Gen.Null(Gen.Select(
        Gen.OneOf(Gen.Long[1, 99].Select(Duration.Steps), Gen.Double[0.1, 9].Select(Duration.Epochs)), Gen.Int[1, 9], Gen.Bool,
        (every, keep, best) => new CheckpointPlan(every, keep, best ? "learning_rate" : null)), 0.3);

    [Fact]
    public void A_deep_pipeline_that_is_written_is_read_as_the_same_and_its_text_is_canonical() =>
        Gen.Select(Pipelines, Checkpoints).Sample((pipeline, checkpoints) => ExperimentYamlTests.RoundTrips(Experiment.Of("deep", pipeline)
            .WithCheckpoints(checkpoints)), iter: 200);

    [Fact]
    public void The_schema_accepts_every_deep_pipeline()
    {
        var schema = new JsonSchema(ExperimentYaml.Schema());
        Pipelines.Sample(pipeline =>
        {
            var report = new Report("schema");
            return schema.Accepts(NodeJson.Of(YamlReader.Read(ExperimentYaml.Write(Experiment.Of("deep", pipeline)), report)!))
                && report.Count == 0;
        }, iter: 50);
    }

    [Fact]
    public void Every_source_and_architecture_is_read_by_its_names()
    {
        foreach (var source in ImageSource.All)
        {
            Assert.Equal(source, ((ImageDataset)Read($"{{ kind: images, source: {source} }}",
                "{ kind: deep_network, architecture: linear, seed: 1 }").Dataset).Source);
        }

        foreach (var name in Architecture.Names)
        {
            Assert.Equal(Architecture.Named(name), ((DeepNetwork)Read("{ kind: images, source: shapes }",
                $"{{ kind: deep_network, architecture: {name}, seed: 1 }}").Model).Architecture);
        }
    }

    [Fact]
    public void Whatever_is_changed_in_a_deep_pipeline_changes_its_name()
    {
        var pipeline = TinyDeep.Pipeline(9, UpdateRule.Plain.WithAveraging(0.5));
        var (images, network) = (TinyDeep.Images, TinyDeep.Network);
        Pipeline[] variants =
        [
            pipeline, .. ImageSource.All.Where(s => s != images.Source)
                .Select(source => pipeline.WithDataset(images with { Source = source })),
            pipeline.WithDataset(images.WithAugmentation(true)),
            .. new[]
            {
                images.Options with { Grey = true }, images.Options with { AllowPartial = true }, images.Options with { Fraction = 0.5 },
                    images.Options with { TrainingImages = 65 },
                images.Options with { TestImages = 33 }, images.Options with { Seed = 4 }, images.Options
                    with { LabelNoise = new(0.1, LabelNoiseKind.Symmetric, 0) },
                images.Options with { LabelNoise = new(0.1, LabelNoiseKind.Asymmetric, 0) }, images.Options
                    with { LabelNoise = new(0.1, LabelNoiseKind.Symmetric, 1) },
                images.Options with { Validation = 0.1 }, images.Options with { Validation = 10 },
            }.Select(options => pipeline.WithDataset(images.WithOptions(options))),
            .. Architecture.All.Where(a => a != network.Architecture).Select(a => pipeline.WithModel(network with { Architecture = a })),
            .. new[] { network.WithWidth(4), network.WithWidth(null), network with { BFloat16 = true },
                network with { ChannelsLast = false }, network.WithConvolutions(Convolutions.Direct), network.WithWeights("a.pth"),
                network.WithWeights("a.pth", "last"), network with { Seed = 2 } }.Select(pipeline.WithModel),
            .. new[] { 0.1, 0.2 }.SelectMany(x => new[] { UpdateRule.Plain.WithMomentum(x), UpdateRule.Plain.WithWeightDecay(x),
                UpdateRule.Plain.WithLabelNoise(LabelNoise.Gaussian(x)), UpdateRule.Plain.WithAveraging(x) })
                .Select(rule => pipeline.WithOptimizer(pipeline.Optimizer.WithRule(rule))),
        ];
        Assert.Equal(variants.Length, variants.Select(UnitNamed.Of).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Configs))]
    public void A_deep_config_that_is_shipped_is_the_same_after_a_round_trip(string file)
    {
        var experiment = ExperimentYaml.Load(Path.Combine(Cli.Configs, file)).OrThrow();
        Assert.True(ExperimentYamlTests.RoundTrips(experiment));
        Assert.All(experiment.Resolve().OrThrow(), run => Assert.Empty(PipelineChecks.Problems(run.Pipeline)));
    }

    private static Pipeline Read(string dataset, string model) => ExperimentYaml.Parse(
        $$"""
        name: deep
        dataset: {{dataset}}
        model: {{model}}
        schedule: { kind: constant, rate: 0.1 }
        optimizer: { kind: sgd, batch_size: 16, epochs: 3, seed: 1, sampling: shuffled }
        probes: { at: { every_epochs: 1, end: true }, measure: [losses] }
        runs: [{ label: a }]
        """, "deep.yaml").OrThrow().Resolve().OrThrow()[0].Pipeline;
}
