using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Optimizers;

namespace LargeSteps.Tests.Training.Diagonal;

public class DiagonalEngineTests
{
    private const int Steps = 1000;

    private sealed record Case(OptimizerSpec Optimizer, double Rate, DatasetSpec Data, ModelSpec Model);

    private static readonly Dictionary<string, UpdateRule> Rules = new()
    {
        ["plain"] = UpdateRule.Plain,
        ["weight decay"] = UpdateRule.Plain.WithWeightDecay(0.01),
        ["balancing"] = UpdateRule.Plain.WithBalancing(1e-3),
        ["normalised"] = UpdateRule.Plain.WithNormalized(true),
        ["averaging"] = UpdateRule.Plain.WithAveraging(0.99),
        ["n-SAM"] = UpdateRule.Plain.WithSharpness(new(0.05, PerSample: false)),
        ["1-SAM"] = UpdateRule.Plain.WithSharpness(new(0.02, PerSample: true)),
        ["1-SAM, outer derivative"] = UpdateRule.Plain.WithSharpness(new(0.02, PerSample: true, OuterDerivative: true)),
        ["1-SAM, derivative of the loss only"] = UpdateRule.Plain.WithSharpness(new(0.02, PerSample: true, LossDerivativeOnly: true)),
        ["label noise"] = UpdateRule.Plain.WithLabelNoise(LabelNoise.Gaussian(0.3)),
        ["label noise, n-SAM"] = UpdateRule.Plain.WithLabelNoise(LabelNoise.Gaussian(0.3)).WithSharpness(new(0.05, PerSample: false)),
        ["warm start"] = UpdateRule.Plain.WithWarmStart(new(200)),
        ["n-SAM, normalised, weight decay, averaging"] = new(0.02, Normalized: true, Averaging: 0.9,
            Sharpness: new(0.05, PerSample: false)),
        ["1-SAM, weight decay, balancing, averaging"] = new(0.02, 1e-3, Averaging: 0.999, Sharpness: new(0.02, PerSample: true)),
        ["everything"] = new(0.01, 1e-3, true, 0.95, new(0.02, PerSample: true, OuterDerivative: true), new(50, 0.02),
            LabelNoise.Gaussian(0.2)),
    };

    private static readonly Dictionary<string, Case> Cases = Rules
        .SelectMany(rule => new (string Name, OptimizerSpec Optimizer)[]
        {
            ("GD", OptimizerSpec.GradientDescent(Steps)),
            ("SGD, batch 1", OptimizerSpec.Sgd(Steps)),
            ("SGD, batch 7", OptimizerSpec.Sgd(Steps, batchSize: 7, seed: 5)),
        }.Select(o => ($"{o.Name}: {rule.Key}", new Case(
            // A normalised step has the length of the rate, however near the valley is.
            o.Optimizer.WithRule(rule.Value), rule.Value.Normalized ? 5e-4 : 0.02, DiagonalCases.Small,
                ModelSpec.DiagonalLinear(0.3, 0.1)))))
        .Append(("published SGD 0.25", new(OptimizerSpec.Sgd(Steps), 0.25, DiagonalCases.SgdData, ModelSpec.DiagonalLinear())))
        .Append(("published GD 2.0", new(OptimizerSpec.GradientDescent(Steps), 2.0, DiagonalCases.GdData, ModelSpec.DiagonalLinear())))
        .ToDictionary();

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Closed_form_and_autograd_make_the_same_steps(string name)
    {
        var (optimizer, rate, spec, model) = Cases[name];
        var data = DatasetFactory.Create(spec);
        using var closedForm = DiagonalCases.Create(Engine.ClosedForm, model, data, optimizer);
        using var autograd = DiagonalCases.Create(Engine.Autograd, model, data, optimizer);
        var start = closedForm.Current.Copy();
        var noise = optimizer.Rule.LabelNoise is GaussianLabelNoise gaussian ? gaussian.Deviation : 0;
        for (var k = 0; k < Steps; k++)
        {
            var (loss, expected) = (closedForm.Step(rate, noise), autograd.Step(rate, noise));
            // The residual itself carries rounding errors of 1e-15 once it is small.
            Assert.True(Math.Abs(loss - expected) <= 1e-10 * expected + 1e-12 * Math.Sqrt(expected),
                $"loss {loss:R} and {expected:R} at step {k}");
        }
        var distance = DiagonalCases.Distance(closedForm.Current, autograd.Current);
        var averaged = DiagonalCases.Distance(closedForm.Averaged, autograd.Averaged);
        DiagonalCases.Note($"{distance:G3}, averaged {averaged:G3}, moved {DiagonalCases.Distance(closedForm.Current, start):G3}");
        Assert.InRange(distance, 0, 1e-12);
        Assert.InRange(averaged, 0, 1e-12);
        Assert.True(DiagonalCases.Distance(closedForm.Current, start) > 0.1, "the run went nowhere");
    }

    [Theory]
    [InlineData("closed form")]
    [InlineData("autograd")]
    public void The_current_and_the_averaged_weights_stay_valid_beside_each_other(string engine)
    {
        var optimizer = OptimizerSpec.GradientDescent(1).WithRule(UpdateRule.Plain.WithAveraging(0.5));
        using var made = DiagonalCases.Create(engine == "autograd" ? Engine.Autograd : Engine.ClosedForm, ModelSpec.DiagonalLinear(),
            DatasetFactory.Create(DiagonalCases.Small), optimizer);
        made.Step(0.1);
        var current = made.Current;
        var copy = current.Copy();
        Assert.NotEqual(copy.V, made.Averaged.V);
        Assert.Equal(copy.V, current.V);
    }

    [Theory]
    [InlineData("GD: plain")]
    [InlineData("SGD, batch 1: plain")]
    [InlineData("SGD, batch 7: everything")]
    public void A_million_steps_in_closed_form_allocate_nothing(string name)
    {
        var (optimizer, rate, spec, model) = Cases[name];
        using var engine = DiagonalCases.Create(Engine.ClosedForm, model, DatasetFactory.Create(spec), optimizer);
        engine.Step(rate);
        // The runtime allocates too, once, when it replaces a method by a faster one while it runs: steps would allocate each time.
        Assert.InRange(Enumerable.Range(0, 3).Min(_ => AllocatedBy(() =>
        {
            for (var k = 0; k < 1_000_000; k++) engine.Step(rate);
        })), 0, 2048);
    }

    private static long AllocatedBy(Action action)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
