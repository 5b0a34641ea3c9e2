using LargeSteps.Configuration;
using LargeSteps.Models;
using LargeSteps.Models.Deep;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Values;
using static LargeSteps.Models.Deep.NetworkBuilder;
using static TorchSharp.torch;

namespace LargeSteps.Tests.Models.Deep;

/// <summary>Architectures by their names, and ones of one's own.</summary>
public class ArchitectureTests
{
    private static Layer Small(NetworkBuilder b) => Chain(
        b.Convolution("conv", b.Input.Channels, b.Width), b.BatchNorm("bn", b.Width), Relu, Block((_, x) => nn.functional.max_pool2d(x, 2)),
        Pool, b.Linear("linear", b.Width, b.Classes));

    private static Pipeline PipelineOf(Architecture architecture, params Probe[] probes) => Pipeline.Of(
        TinyDeep.Images, ModelSpec.DeepNetwork(architecture, seed: 1), Schedule.Constant(0.1),
        OptimizerSpec.Sgd(20, 16, 0, Sampling.Shuffled),
        ProbePlan.Of(Cadence.Every(10, end: true), [new Losses(), .. probes]));

    [Fact]
    public void Each_has_a_name_of_its_own_and_equals_itself_alone()
    {
        Assert.Equal(Architecture.Names.Count, Architecture.Names.Distinct().Count());
        Assert.Equal(Architecture.All.Count, Architecture.All.Distinct().Count());
        Assert.All(Architecture.All, one => Assert.Same(one, Architecture.Named(one.Name)));
    }

    [Fact]
    public void An_architecture_of_ones_own_is_trained_and_probed_like_a_published_one()
    {
        var architecture = Architecture.Of("small", Small, defaultWidth: 4, featureBlocks: 1);
        var pipeline = PipelineOf(architecture, new FeatureSparsity(0.1, 16, 32), new Sharpness(8, 0.1, 20));
        var experiment = Experiment.Of("own", pipeline);
        Assert.Equal(experiment, experiment.Checked().OrThrow());
        var result = Runner.Run(pipeline);
        Assert.Equal(RunEnd.Completed, result.End);
        Assert.True(result.Last("train_loss") < result.Values("train_loss")[0]);
        Assert.True(double.IsFinite(result.Last("feature_sparsity_block1")) && result.Last("sharpness") > 0);
        using var network = new FlatNetwork(architecture, new(3, 8, 8), 10);
        Assert.Equal((4, 3 * 4 * 9 + 8 + 40 + 10), (network.Width, network.ParameterCount));
        Assert.Equal(["conv.weight", "bn.weight", "bn.bias", "linear.weight", "linear.bias"], network.Parameters.Select(slot => slot.Name));
    }

    [Fact]
    public void Its_name_stands_for_it()
    {
        var (one, other) = (Architecture.Of("small", Small), Architecture.Of("small", b => b.Linear("linear", b.Input.Length, b.Classes)));
        Assert.Equal(one, other);
        Assert.Equal(one.GetHashCode(), other.GetHashCode());
        Assert.NotEqual(one, Architecture.Of("smaller", Small));
        Assert.Equal("small", one.ToString());
        Assert.Equal(UnitNamed.Of(PipelineOf(one)), UnitNamed.Of(PipelineOf(other)));
        Assert.NotEqual(UnitNamed.Of(PipelineOf(one)), UnitNamed.Of(PipelineOf(Architecture.Of("smaller", Small))));
        var written = ExperimentYaml.Write(Experiment.Of("own", PipelineOf(one)));
        Assert.Contains("architecture: small", written, StringComparison.Ordinal);
        Assert.Contains("there is no architecture 'small'", string.Join('\n', ExperimentYaml.Parse(written, "").Match(_ => [], all => all)),
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Architecture.Of("resnet34_plain", Small));
        Assert.Throws<ArgumentException>(() => Architecture.Of(" ", Small));
    }

    [Fact]
    public void What_does_not_hold_of_its_layers_is_told()
    {
        var images = zeros(2, 3, 8, 8);
        foreach (var (build, message) in new (Func<NetworkBuilder, Layer>, string)[]
        {
            (b => Chain(b.Linear("a", 192, 4), b.Linear("a", 4, b.Classes)), "the network 'own' cannot be built: "),
            (b => b.Linear("a", 0, b.Classes), "the network 'own' cannot be built: "),
            (b => null!, "the network 'own' has no layers"),
        })
        {
            Assert.StartsWith(message, Assert.Throws<RunException>(() => Network(build)).Message, StringComparison.Ordinal);
        }
        Told("the network 'own' does not take images of 3×8×8: ", Network(b => b.Linear("a", 7, b.Classes)));
        Told("makes 2 × 3 logits, not 2 × 10", Network(b => b.Linear("a", 192, 3)));
        Told("has 1 blocks of features, not 0", Network(b => Block(b.Linear("a", 192, b.Classes))));

        FlatNetwork Network(Func<NetworkBuilder, Layer> build) => new(Architecture.Of("own", build), new(3, 8, 8), 10);

        void Told(string what, FlatNetwork network)
        {
            using (network)
            using (var scope = NewDisposeScope())
            {
                Assert.Contains(what, Assert.Throws<RunException>(() => network.Forward(network.Initial(0),
                    network.NewStatistics(CPU), images, training: false, features: true)).Message, StringComparison.Ordinal);
            }
        }
    }
}
