using System.Text.Json.Nodes;
using LargeSteps.Configuration;
using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Values;
using static TorchSharp.torch;

namespace LargeSteps.Tests.Optimizers;

/// <summary>Rules of steps, as they are written, on every model.</summary>
public class UpdateRulesTests
{
    // The data of Fixtures/update_rules.py.
    private static readonly RegressionData Line = DiagonalCases.Data(
        [.. Enumerable.Range(0, 6).Select(i => Enumerable.Range(0, 3).Select(j => Math.Sin(1 + 3 * i + 5 * j)).ToArray())],
        [.. Enumerable.Range(0, 6).Select(i => Math.Cos(2 * i))]);

    private static readonly double[] Start = [0.3, -0.2, 0.5, 0.1];

    private static ModelSpec Linear { get; } = ModelSpec.Custom("line", _ =>
    {
        var module = nn.Linear(3, 1, dtype: float64);
        using var noGradient = no_grad();
        module.weight!.copy_(tensor(Start[..3]).reshape(1, 3));
        module.bias!.copy_(tensor(Start[3..]));
        return module;
    });

    private static readonly Dictionary<string, UpdateRule> OfPyTorch = new()
    {
        ["momentum"] = UpdateRule.Plain.WithMomentum(0.9).WithWeightDecay(0.01),
        ["nesterov"] = UpdateRule.Plain.WithMomentum(0.9, nesterov: true).WithWeightDecay(0.01),
        ["adam"] = UpdateRule.Plain.WithAdam(new(0.8, 0.95, 1e-6)).WithWeightDecay(0.01),
        ["adamw"] = UpdateRule.Plain.WithAdam(new(Decoupled: true)).WithWeightDecay(0.1),
        ["sam"] = UpdateRule.Plain.WithSharpness(new(0.05, Normalized: true)),
    };

    public static TheoryData<string> Names => [.. OfPyTorch.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_steps_are_those_of_PyTorch(string name)
    {
        var expected = JsonNode.Parse(File.ReadAllText(Fixture.PathOf("update_rules.json")))![name]!.AsArray();
        var run = Runner.Run(Of(Linear, DatasetSpec.InMemory(Line), OfPyTorch[name], 9, rate: 0.1));
        for (var k = 0; k < expected.Count; k++)
        {
            double[] weights = [.. expected[k]!.AsArray().Select(w => w!.GetValue<double>())];
            Assert.Equal(weights, run.Snapshots[k + 1].Weights, (a, b) => Math.Abs(a - b) < 1e-12);
        }
    }

    private static readonly DatasetSpec Students = DatasetSpec.TeacherStudent(12, 3, [2], biases: false, unitTeacher: false,
        testSamples: 5);

    private static Pipeline Of(ModelSpec model, DatasetSpec data, UpdateRule rule, long steps, double rate, Engine? engine = null) => new(
        data, model, Schedule.Constant(rate), OptimizerSpec.GradientDescent(steps).WithRule(rule),
        ProbePlan.Of(Cadence.Every(1), new Losses()).WithSnapshots(SnapshotSpec.All), engine ?? Engine.Of(model));

    private static readonly Dictionary<string, UpdateRule> Rules = new(OfPyTorch)
    {
        ["normalized"] = UpdateRule.Plain.WithNormalized(true).WithMomentum(0.5),
        ["averaging"] = UpdateRule.Plain.WithMomentum(0.5).WithAveraging(0.8),
    };

    public static TheoryData<string, string> OfModels =>
        new(from name in Rules.Keys
            from model in (string[])["diagonal", "relu32", "relu64"]
            select (name, model));

    private static ModelSpec Model(string name) => name == "diagonal" ? ModelSpec.DiagonalLinear(0.4, 0.2)
        : ((ReluNetwork)ModelSpec.ReluNetwork([5], Initialisation.Gaussian(0.6, 0.6), 3)).WithPrecision(name == "relu32" ? Precision.Bits32
            : Precision.Bits64);

    [Theory]
    [MemberData(nameof(OfModels))]
    public void Closed_form_and_autograd_make_the_same_steps_of_any_rule(string name, string model)
    {
        var closed = Runner.Run(Of(Model(model), Students, Rules[name], 20, 0.02, Engine.ClosedForm));
        var autograd = Runner.Run(Of(Model(model), Students, Rules[name], 20, 0.02, Engine.Autograd));
        Assert.Equal(RunEnd.Completed, closed.End);
        Assert.NotEqual(closed.Snapshots[0].Weights, closed.Snapshots[^1].Weights);
        Assert.Equal(closed.Snapshots[^1].Weights, autograd.Snapshots[^1].Weights, (a, b) =>
            Math.Abs(a - b) <= (model == "relu32" ? 2e-5 : 1e-10));
    }

    // Whatever an engine makes in its own way is the chain as it is written, to rounding.
    [Theory]
    [InlineData("diagonal")]
    [InlineData("relu64")]
    [InlineData("module")]
    public void What_an_engine_knows_is_the_chain_as_it_is_written(string model)
    {
        var spec = model == "module" ? Linear : Model(model);
        var data = model == "module" ? DatasetSpec.InMemory(Line) : Students;
        UpdateRule[] known =
        [
            UpdateRule.Plain, UpdateRule.Plain.WithWeightDecay(0.01), .. model == "module" ? [] : new[]
            {
                UpdateRule.Plain.WithAveraging(0.7).WithWeightDecay(0.02),
            },
            .. model != "diagonal" ? [] : new[]
            {
                UpdateRule.Plain.WithNormalized(true), UpdateRule.Plain.WithBalancing(0.01), UpdateRule.Plain.WithSharpness(new(0.1)),
                UpdateRule.Plain.WithWarmStart(new(5)),
            },
        ];
        foreach (var rule in known)
        {
            var fused = Runner.Run(Of(spec, data, rule, 15, 0.05));
            // A rule that does nothing is one that no engine knows.
            var written = Runner.Run(Of(spec, data, rule.WithOwn(new Nothing()), 15, 0.05));
            Assert.All(fused.Snapshots.Zip(written.Snapshots), pair =>
                Assert.Equal(pair.First.Weights, pair.Second.Weights, (a, b) => Math.Abs(a - b) < 1e-13));
        }
    }

    [Fact]
    public void What_a_deep_network_knows_is_the_chain_as_it_is_written()
    {
        foreach (var rule in (UpdateRule[])[new(WeightDecay: 0.01, Momentum: 0.9), UpdateRule.Plain.WithAveraging(0.8)])
        {
            var fused = Runner.Run(Kept(TinyDeep.Pipeline(7, rule)));
            var written = Runner.Run(Kept(TinyDeep.Pipeline(7, rule.WithOwn(new Nothing()))));
            Assert.Equal(fused.Snapshots[^1].Weights, written.Snapshots[^1].Weights, (a, b) => Math.Abs(a - b) < 1e-5);
            Assert.Equal(fused.Last("train_loss"), written.Last("train_loss"), 1e-4);
        }
        // The first step of Adam has the length of the step size in every weight that has a gradient.
        var adam = Runner.Run(Kept(TinyDeep.Pipeline(1, UpdateRule.Plain.WithAdam(new(Epsilon: 1e-30)))));
        var rate = TinyDeep.Pipeline(1).Schedule.Function(new Horizon(1, 1))(0);
        var moved = adam.Snapshots[0].Weights.Zip(adam.Snapshots[^1].Weights, (a, b) => Math.Abs(a - b)).ToArray();
        Assert.True(moved.Count(step => Math.Abs(step - rate) < 1e-4 * rate + 1e-6) > 0.9 * moved.Count(step => step > 0), $"{rate}");

        static Pipeline Kept(Pipeline pipeline) => pipeline.WithProbes(pipeline.Probes.WithSnapshots(SnapshotSpec.Ends));
    }

    private sealed record Nothing : StepRule
    {
        public override string Key => "nothing";
    }

    /// <summary>Signs in place of the gradient: what a user writes.</summary>
    private sealed record SignDescent(double Decay) : StepRule
    {
        public override string Key => "signs";

        public override Items<string> State => ["mean_sign"];

        public override void Direct(StepState step)
        {
            var squares = step.Direction.Zeros();
            squares.AddSquares(1, step.Direction);
            step.Direction.DivideByRoots(1, squares, 1e-300);
            step.Kept("mean_sign").Scale(Decay);
            step.Kept("mean_sign").Add(1 - Decay, step.Direction);
        }
    }

    [Fact]
    public void A_rule_of_the_users_makes_its_steps_on_every_model()
    {
        foreach (var model in (string[])["diagonal", "relu32", "relu64"])
        {
            var run = Runner.Run(Of(Model(model), Students, UpdateRule.Plain.WithOwn(new SignDescent(0.9)), 4, 0.01));
            foreach (var (before, after) in run.Snapshots.Zip(run.Snapshots.Skip(1)))
            {
                Assert.All(before.Weights.Zip(after.Weights), pair => Assert.True(
                    Math.Abs(pair.First - pair.Second) is var step && (step == 0 || Math.Abs(step - 0.01) < 1e-6), $"{model}: {pair}"));
            }
        }
        var one = Of(Model("diagonal"), Students, UpdateRule.Plain.WithOwn(new SignDescent(0.9)), 4, 0.01);
        var other = Of(Model("diagonal"), Students, UpdateRule.Plain.WithOwn(new SignDescent(0.8)), 4, 0.01);
        Assert.NotEqual(UnitNamed.Of(one), UnitNamed.Of(other));
        Assert.Contains("own: [\"signs(0.9)\"]", ExperimentYaml.Write(one), StringComparison.Ordinal);
    }

    [Fact]
    public void Balancing_with_momentum_stands_a_step_size_of_zero()
    {
        var rule = UpdateRule.Plain.WithBalancing(0.01).WithMomentum(0.5);
        var run = Runner.Run(Of(Model("diagonal"), Students, rule, 3, 1).WithSchedule(Schedule.Of("from zero", t => 0.1 * t)));
        // Beside a step of no length: u = 0.4 is the larger and shrinks, v = 0.2 grows.
        Assert.Equal(Enumerable.Repeat(0.4 - 0.004, 3).Concat(Enumerable.Repeat(0.2 + 0.002, 3)), run.Snapshots[1].Weights,
            (a, b) => Math.Abs(a - b) < 1e-15);
        Assert.Equal(RunEnd.Completed, run.End);
    }

    [Fact]
    public void Rules_that_do_not_go_together_are_told()
    {
        (UpdateRule Rule, string Path)[] wrong =
        [
            (UpdateRule.Plain with { Nesterov = true }, "optimizer.nesterov"),
            (UpdateRule.Plain.WithMomentum(0.9).WithAdam(new()), "optimizer.momentum"),
            (UpdateRule.Plain.WithMomentum(0.9).WithSharpness(new(0.1, PerSample: true)), "optimizer.sam.per_sample"),
            (UpdateRule.Plain.WithSharpness(new(0.1, PerSample: true, Normalized: true)), "optimizer.sam.normalized"),
        ];
        Assert.All(wrong, w => Assert.Equal([w.Path], PipelineChecks.Problems(Of(Model("diagonal"), Students, w.Rule, 5, 0.1))
            .Map(p => p.Path)));
        foreach (var rule in (UpdateRule[])[UpdateRule.Plain.WithBalancing(0.1), UpdateRule.Plain.WithWarmStart(new(3)),
            UpdateRule.Plain.WithSharpness(new(0.1, PerSample: true))])
        {
            Assert.Equal(["LS0217"], PipelineChecks.Problems(Of(Model("relu32"), Students, rule, 5, 0.1)).Map(p => p.Code));
        }
    }

    [Fact]
    public void Above_the_edge_of_Nesterovs_momentum_a_quadratic_diverges_and_below_it_does_not()
    {
        // ½λx² as ½(u·1 − 0)²·λ of a module x ↦ wx with λ = 2 mean x².
        var data = DiagonalCases.Data([[1], [1]], 0, 0);
        var module = ModelSpec.Custom("w", _ => nn.Linear(1, 1, hasBias: false, dtype: float64));
        var rule = UpdateRule.Plain.WithMomentum(0.6, nesterov: true);
        double Last(double rate) => Runner.Run(Of(module, DatasetSpec.InMemory(data), rule, 2000, rate)).Measurements[^1].Values[0];
        var edge = StabilityEdge.Of(Of(module, DatasetSpec.InMemory(data), rule, 1, 1))!;
        // The step size whose edge is the curvature 2.
        var rate = edge.At(1) / 2;
        Assert.Equal("(2 + 2β)/((1 + 2β)η)", edge.Formula);
        Assert.True(Last(0.98 * rate) < 1e-6);
        Assert.True(Last(1.02 * rate) is var above && (above > 1 || !double.IsFinite(above)));
    }
}
