using LargeSteps.Configuration;
using LargeSteps.Models;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;

namespace LargeSteps.Tests.Configuration;

/// <summary>What is left out means what the model takes.</summary>
public class ModelDefaultsTests
{
    private const string Relu = """
        name: relu
        dataset: { kind: teacher_student, samples: 20, inputs: 2, teacher: [3], seed: 0 }
        model: { kind: relu_network, hidden: [4, 3], seed: 0 }
        schedule: { kind: constant, rate: 0.1 }
        optimizer: { kind: sgd, steps: 100, seed: 0 }
        probes: { at: { every: 10 }, measure: [losses, jacobian_rank] }

        """;

    private const string Deep = """
        name: deep
        dataset: { kind: images, source: shapes, samples: 64, test_samples: 32 }
        model: { kind: deep_network, architecture: resnet_tiny_gn, width: 4, seed: 0 }
        schedule: { kind: constant, rate: 0.1 }
        optimizer: { kind: sgd, epochs: 1, seed: 0 }
        probes: { at: { every_epochs: 1 }, measure: [losses, sharpness, feature_sparsity] }

        """;

    private const string Diagonal = """
        name: diagonal
        dataset: { kind: sparse_regression, samples: 20, dimensions: 30, support: 3 }
        model: { kind: diagonal_linear }
        schedule: { kind: constant, rate: 0.1 }
        optimizer: { kind: sgd, steps: 100, seed: 0 }
        probes: { at: { every: 10 }, measure: [losses, jacobian_rank] }

        """;

    [Theory]
    [InlineData(Relu, "without_replacement")]
    [InlineData(Deep, "shuffled")]
    [InlineData(Diagonal, "with_replacement")]
    public void The_shortest_experiment_of_each_model_is_one_run_of_its_name_that_says_what_is_meant(string text, string sampling)
    {
        var experiment = Parsed(text);
        Assert.Equal([experiment.Name], experiment.Runs.Select(run => run.Label));
        Assert.Equal(experiment, experiment.Checked().OrThrow());
        var written = ExperimentYaml.Write(experiment);
        Assert.Contains($"sampling: {sampling}}}", written, StringComparison.Ordinal);
        Assert.Contains($"- {{label: {experiment.Name}}}", written, StringComparison.Ordinal);
        Assert.Equal(experiment, Parsed(written));
    }

    [Fact]
    public void The_layers_of_a_relu_network_have_biases_and_its_ranks_the_published_threshold()
    {
        var pipeline = Parsed(Relu).Resolve().OrThrow()[0].Pipeline;
        Assert.Equal([true, true, true], ((ReluNetwork)pipeline.Model).Biases);
        Assert.Equal([1e-4], ((JacobianRank)pipeline.Probes.Measure[1]).Thresholds);
        Assert.Equal([1e-10], ((JacobianRank)Parsed(Diagonal).Resolve().OrThrow()[0].Pipeline.Probes.Measure[1]).Thresholds);
        var own = Parsed(Relu.Replace("jacobian_rank]", "{ jacobian_rank: { threshold: 1e-3 } }]", StringComparison.Ordinal));
        Assert.Equal([1e-3], ((JacobianRank)own.Shared.Probes!.Measure[1]).Thresholds);
    }

    [Fact]
    public void Runs_of_several_models_that_share_an_optimizer_each_take_what_is_theirs()
    {
        var runs = Parsed(Diagonal + """
            runs:
              - { label: diagonal }
              - { label: relu, model: { kind: relu_network, hidden: [4], seed: 0 } }
              - { label: seed, optimizer: { seed: 2 }, model: { kind: relu_network, hidden: [4], seed: 0 } }

            """).Resolve().OrThrow().Map(run => run.Pipeline);
        Assert.Equal([Sampling.WithReplacement, Sampling.WithoutReplacement, Sampling.WithoutReplacement],
            runs.Select(run => ((Sgd)run.Optimizer).Sampling));
        Assert.Equal([1e-10, 1e-4, 1e-4], runs.Select(run => ((JacobianRank)run.Probes.Measure[1]).Thresholds[0]));
        Assert.Equal([0u, 0u, 2u], runs.Select(run => ((Sgd)run.Optimizer).Seed));
    }

    [Fact]
    public void Runs_of_one_model_go_on_sharing_their_stages()
    {
        var experiment = Parsed(Relu + "sweep:\n  schedule.rate: [0.1, 0.2]\n");
        Assert.All(experiment.Runs, run => Assert.Null(run.Overlay.Optimizer));
        Assert.Equal(Sampling.WithoutReplacement, ((Sgd)experiment.Shared.Optimizer!).Sampling);
        Assert.Equal(["rate = 0.1", "rate = 0.2"], experiment.Runs.Select(run => run.Label));
    }

    [Fact]
    public void What_is_written_is_not_changed()
    {
        var problem = Assert.Single(ExperimentYaml.Parse(Relu.Replace("steps: 100,", "steps: 100, sampling: with_replacement,",
            StringComparison.Ordinal), "a.yaml").Match(_ => [], problems => problems));
        Assert.Equal(("LS0217", 5), (problem.Code, problem.Line));
    }

    private static Experiment Parsed(string text) => ExperimentYaml.Parse(text, "experiment.yaml").OrThrow();
}
