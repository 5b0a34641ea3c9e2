using LargeSteps.Configuration;
using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Values;

namespace LargeSteps.Tests.Optimizers;

public class LayerRatesTests
{
    private static readonly ModelSpec Relu = new ReluNetwork([3], [true, true], Initialisation.Default, 1, Loss.Squared, Precision.Bits64);

    private static Pipeline Of(ModelSpec model, UpdateRule rule, Engine engine, double rate = 0.125, int steps = 1) => Pipeline.Of(
        DatasetSpec.InMemory(DiagonalCases.Data([[1, 0.5], [0.25, -1]], 1, 2)), model, Schedule.Constant(rate),
        OptimizerSpec.GradientDescent(steps).WithRule(rule), ProbePlan.Of(Cadence.Every(1, end: true), new Losses()) with
        {
            Snapshots = SnapshotSpec.All,
        }).WithEngine(engine);

    private static double[] End(Pipeline pipeline) => [.. Runner.Run(pipeline).Snapshots[^1].Weights];

    public static TheoryData<bool> Engines => [true, false];

    // u = 1, v = 2, x = 1, y = 1: the gradient is (2, 1).
    [Theory]
    [MemberData(nameof(Engines))]
    public void Each_factor_has_its_own_step_size(bool closedForm) => Assert.Equal([1 - 2 * 0.25, 2 - 0.0625], End(Of(
        ModelSpec.DiagonalLinear(1, 2), UpdateRule.Plain.WithLayerRates(2, 0.5), closedForm ? Engine.ClosedForm : Engine.Autograd)
        .WithDataset(DatasetSpec.InMemory(DiagonalCases.Data([[1]], 1)))));

    // Of a layer whose weights and biases move by their part of the gradient alone.
    [Theory]
    [MemberData(nameof(Engines))]
    public void Each_layer_has_its_own_step_size(bool closedForm)
    {
        var engine = closedForm ? Engine.ClosedForm : Engine.Autograd;
        double[] start = [.. Runner.Run(Of(Relu, UpdateRule.Plain, engine)).Snapshots[0].Weights], plain = End(Of(Relu, UpdateRule.Plain,
            engine)), first = End(Of(Relu, UpdateRule.Plain.WithLayerRates(3, 0), engine)),
            both = End(Of(Relu, UpdateRule.Plain.WithLayerRates(0.5, 0.5), engine, 0.25));
        const int ofFirst = 3 * 2 + 3;
        for (var i = 0; i < start.Length; i++)
        {
            Assert.Equal(i < ofFirst ? start[i] + 3 * (plain[i] - start[i]) : start[i], first[i], 1e-12);
            Assert.Equal(plain[i], both[i], 1e-12);
        }
    }

    [Fact]
    public void They_scale_the_step_that_the_other_rules_make()
    {
        var rule = UpdateRule.Plain.WithMomentum(0.9).WithWeightDecay(0.01);
        double[] slow = End(Of(Relu, rule, Engine.ClosedForm, 0.05, 20)), factors = End(Of(Relu, rule.WithLayerRates(0.5, 0.5),
            Engine.ClosedForm, 0.1, 20));
        Assert.All(slow.Zip(factors), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
    }

    [Theory]
    [InlineData("model: { kind: relu_network, hidden: [3], seed: 0 }", "[1, 2, 3]", "LS0215", "2 layers need 2 factors, found 3")]
    [InlineData("model: { kind: diagonal_linear }", "[1]", "LS0215", "2 layers need 2 factors, found 1")]
    [InlineData("model: { kind: diagonal_linear }", "[1, -1]", "LS0106", "'-1' must not be negative")]
    public void Others_are_refused(string model, string factors, string code, string message)
    {
        var problem = Assert.Single(ExperimentYaml.Parse($$"""
            name: a
            dataset: { kind: table, features: [[1]], labels: [1] }
            {{model}}
            schedule: { kind: constant, rate: 0.1 }
            optimizer: { kind: gd, steps: 1, layer_rates: {{factors}} }
            probes: { at: { every: 1 }, measure: [losses] }
            """, "a.yaml").Match<Items<Diagnostic>>(_ => [], problems => problems));
        Assert.Equal((code, 5), (problem.Code, problem.Line));
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
    }
}
