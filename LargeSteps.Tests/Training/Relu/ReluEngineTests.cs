using System.Numerics;
using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Training.Relu;

namespace LargeSteps.Tests.Training.Relu;

public class ReluEngineTests
{
    private const int Steps = 1000;

    private sealed record Case(ReluShape Shape, UpdateRule Rule, int BatchSize, double Rate, double Noise = 0,
        ReluLoss Loss = ReluLoss.Squared);

    private static readonly Dictionary<string, Case> Cases = new()
    {
        ["one hidden layer, batch 1"] = new(ReluShape.Of(true, 5, 20, 1), UpdateRule.Plain, 1, 2e-3),
        ["no biases, batch 1"] = new(ReluShape.Of(false, 5, 12, 7, 1), UpdateRule.Plain, 1, 2e-3),
        ["biases in some layers, batch 1"] = new(new([5, 9, 17, 1], [true, false, true]), UpdateRule.Plain, 1, 2e-3),
        ["linear"] = new(ReluShape.Of(true, 5, 1), UpdateRule.Plain, 1, 2e-3),
        ["wide and deep, batch 7"] = new(ReluShape.Of(true, 5, 40, 33, 8, 1), UpdateRule.Plain, 7, 2e-3),
        ["all samples"] = new(ReluShape.Of(true, 5, 10, 10, 1), UpdateRule.Plain, 0, 5e-3),
        ["averaged"] = new(ReluShape.Of(true, 5, 10, 10, 1), new(Averaging: 0.99), 1, 2e-3),
        ["averaged, batch 7"] = new(ReluShape.Of(true, 5, 10, 1), new(Averaging: 0.9), 7, 2e-3),
        ["label noise"] = new(ReluShape.Of(true, 5, 10, 1), UpdateRule.Plain, 1, 1e-3, 0.3),
        ["label noise, batch 7, averaged"] = new(ReluShape.Of(true, 5, 10, 10, 1), new(Averaging: 0.95), 7, 2e-3, 0.3),
        ["weight decay, batch 1"] = new(ReluShape.Of(true, 5, 10, 10, 1), new(WeightDecay: 0.05), 1, 2e-3),
        ["weight decay, all samples, label noise, averaged"] = new(ReluShape.Of(true, 5, 20, 1), new(Averaging: 0.95, WeightDecay: 0.05),
            0, 2e-3, 0.1),
        ["logistic, weight decay, batch 7"] = new(ReluShape.Of(true, 5, 12, 1), new(WeightDecay: 0.01), 7, 1e-2,
            Loss: ReluLoss.Logistic),
        ["logistic"] = new(ReluShape.Of(true, 5, 10, 10, 1), UpdateRule.Plain, 1, 2e-3, Loss: ReluLoss.Logistic),
        ["logistic, all samples, averaged"] = new(ReluShape.Of(true, 5, 10, 1), new(Averaging: 0.95), 0, 2e-2,
            Loss: ReluLoss.Logistic),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Closed_form_and_autograd_make_the_same_steps_in_float64(string name) => Compare<double>(Cases[name], 1e-12);

    [Theory]
    [MemberData(nameof(Names))]
    public void Closed_form_and_autograd_make_the_same_steps_in_float32(string name) => Compare<float>(Cases[name], 1e-6);

    private static void Compare<T>(Case given, double tolerance) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var data = Data(given.Loss);
        using var random = new TorchRandom(2);
        var start = ReluInitialisers.Default(given.Shape, random).As<T>();
        using var closedForm = new ReluEngine<T>(start, data, given.Rule, given.BatchSize, 9, given.Loss);
        using var autograd = ReluAutogradEngine<T>.On("cpu", start, data, given.Rule, given.BatchSize, 9, given.Loss);
        for (var k = 0; k < Steps; k++)
        {
            var (loss, expected) = (closedForm.Step(given.Rate, given.Noise), autograd.Step(given.Rate, given.Noise));
            Assert.True(Math.Abs(loss - expected) <= 10 * tolerance * (expected + Math.Sqrt(expected)),
                $"loss {loss:R} and {expected:R} at step {k}");
        }
        var distance = ReluCases.Distance(closedForm.Current, autograd.Current);
        var averaged = ReluCases.Distance(closedForm.Averaged, autograd.Averaged);
        var moved = ReluCases.Distance(closedForm.Current, start);
        DiagonalCases.Note($"{distance:G3}, averaged {averaged:G3}, moved {moved:G3}");
        Assert.InRange(distance, 0, tolerance);
        Assert.InRange(averaged, 0, tolerance);
        Assert.True(moved > 0.05, "the run went nowhere");
    }

    // h = w₂·relu(w₁x + b₁) with w₁ = (2, −1), b₁ = (1, 0), w₂ = (3, 5) at x = 1: z = (3, −1), h = 9, and with y = 10 the slope is −2.
    [Fact]
    public void One_step_is_what_the_chain_rule_gives_by_hand()
    {
        var start = ReluCases.Weights(new([1, 2, 1], [true, false]), 2, -1, 1, 0, 3, 5);
        using var engine = new ReluEngine<double>(start, ReluCases.Data([[1]], 10), UpdateRule.Plain);
        Assert.Equal(1, engine.Step(0.125));
        // ∂w₂ = −2·(3, 0), ∂w₁ = ∂b₁ = −2·(3, 0).
        Assert.Equal([2.75, -1, 1.75, 0, 3.75, 5], engine.Current.Values);
    }

    // The same with λ = ½: to each gradient half the weight.
    [Fact]
    public void Weight_decay_pulls_at_weights_and_biases()
    {
        var start = ReluCases.Weights(new([1, 2, 1], [true, false]), 2, -1, 1, 0, 3, 5);
        using var engine = new ReluEngine<double>(start, ReluCases.Data([[1]], 10), new(WeightDecay: 0.5));
        Assert.Equal(1, engine.Step(0.125));
        Assert.Equal([2.625, -0.9375, 1.6875, 0, 3.5625, 4.6875], engine.Current.Values);
    }

    // With −1 in the second layer both hidden units of it are off: only its own output bias moves.
    [Fact]
    public void A_dead_layer_leaves_all_but_the_output_bias_where_it_is()
    {
        var shape = ReluShape.Of(true, 1, 2, 2, 1);
        var start = ReluCases.Weights(shape, 1, 1, 0, 0, -1, -1, -1, -1, 0, 0, 4, 4, 0.5);
        using var engine = new ReluEngine<double>(start, ReluCases.Data([[1]], 0), UpdateRule.Plain);
        Assert.Equal(0.25, engine.Step(0.25));
        Assert.Equal([.. start.Values[..^1], 0.25], engine.Current.Values);
    }

    // h = w x; the mean of 2(h − y)x over both samples is (2·1·1 + 2·(−1)·2)/2 = −1.
    [Fact]
    public void A_batch_takes_the_mean_and_averaging_follows_the_step()
    {
        var start = ReluCases.Weights(ReluShape.Of(false, 1, 1), 1);
        using var engine = new ReluEngine<double>(start, ReluCases.Data([[1], [2]], 0, 3), new(Averaging: 0.5), batchSize: 2);
        Assert.Equal(1, engine.Step(0.5));
        Assert.Equal([1.5], engine.Current.Values);
        Assert.Equal([1.25], engine.Averaged.Values);
    }

    // At h = 0 the slope is −y/2.
    [Fact]
    public void The_logistic_loss_of_an_undecided_network_is_log_2()
    {
        var start = ReluCases.Weights(ReluShape.Of(false, 1, 1), 0);
        using var engine = new ReluEngine<double>(start, ReluCases.Data([[1]], -1), UpdateRule.Plain,
            loss: ReluLoss.Logistic);
        Assert.Equal(Math.Log(2), engine.Step(1), 1e-15);
        Assert.Equal([-0.5], engine.Current.Values);
    }

    [Theory]
    [InlineData(1000.0)]
    [InlineData(-1000.0)]
    public void The_logistic_loss_does_not_overflow(double margin)
    {
        var start = ReluCases.Weights(ReluShape.Of(false, 1, 1), margin);
        using var engine = new ReluEngine<double>(start, ReluCases.Data([[1]], 1), UpdateRule.Plain,
            loss: ReluLoss.Logistic);
        Assert.Equal(Math.Max(0, -margin), engine.Step(1));
        Assert.Equal(margin < 0 ? margin + 1 : margin, engine.Current.Values[0]);
    }

    [Fact]
    public void A_batch_takes_the_samples_of_numpys_choice()
    {
        var sampler = new SamplerWithoutReplacement(50, 7, 3);
        var random = new NumpyRandom(3);
        for (var k = 0; k < 20; k++) Assert.Equal(random.Choice(50, 7), sampler.Next().ToArray());
    }

    [Fact]
    public void A_weight_that_is_no_number_shows_in_the_loss()
    {
        var start = ReluCases.Weights(ReluShape.Of(false, 1, 2, 1), 1, double.NaN, 1, 1);
        using var engine = new ReluEngine<double>(start, ReluCases.Data([[1]], 1), UpdateRule.Plain);
        Assert.True(double.IsNaN(engine.Step(0.1)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_hundred_thousand_steps_in_closed_form_allocate_nothing(string name)
    {
        var given = Cases[name];
        using var random = new TorchRandom(2);
        using var engine = new ReluEngine<float>(ReluInitialisers.Default(given.Shape, random), Data(given.Loss), given.Rule,
            given.BatchSize, 9);
        for (var k = 0; k < 1000; k++) engine.Step(1e-4);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var k = 0; k < 100_000; k++) engine.Step(1e-4);
        // The runtime allocates a few kilobytes of its own while it compiles anew what runs; a step that allocates takes 24 bytes at least,
        // 2.4 million in all.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000);
    }

    /// <summary>The first 14 samples of the three-layer problem; for the logistic loss the signs of the labels less their median.</summary>
    private static RegressionData Data(ReluLoss loss)
    {
        var all = ReluCases.ThreeLayer.Data;
        var features = new Matrix(14, all.Dimensions, all.Features.AsSpan()[..(14 * all.Dimensions)].ToArray());
        double[] labels = [.. all.Labels.Take(14)];
        var median = labels.Order().ElementAt(7);
        return RegressionData.Of(features, [.. labels.Select(y => loss == ReluLoss.Logistic ? (y < median ? -1 : 1) : y)]);
    }
}
