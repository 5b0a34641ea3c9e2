using LargeSteps.Models.Deep;
using LargeSteps.Optimizers;
using LargeSteps.Tests.Models.Deep;
using LargeSteps.Training.Deep;
using static TorchSharp.torch;

namespace LargeSteps.Tests.Training.Deep;

public class DeepEngineTests
{
    public static TheoryData<double, double, double?> Rules => new()
    {
        { 0, 0, null }, { 0, 0.1, null }, { 0.9, 0, null }, { 0.9, 0.1, 0.9 }, { 0, 0, 0.5 },
    };

    // The gradient of the whole loss, L2 term and all, by autograd; the rest in float64 on the host.
    [Theory]
    [MemberData(nameof(Rules))]
    public void Steps_are_those_of_the_textbook(double momentum, double weightDecay, double? averaging)
    {
        using var scope = SmallNets.Scope();
        using var network = SmallNets.Network();
        var start = SmallNets.Weights(network);
        using var engine = new DeepEngine(network, start, new(Momentum: momentum, WeightDecay: weightDecay, Averaging: averaging), CPU);
        using var statistics = network.NewStatistics(CPU);
        var weights = SmallNets.Doubles(start);
        var (buffer, averaged) = (new double[weights.Length], weights.ToArray());
        for (var k = 0; k < 5; k++)
        {
            var (batch, rate) = (SmallNets.Batch(network, seed: (ulong)k), 0.02 / (k + 1));
            var w = tensor([.. weights.Select(x => (float)x)]).requires_grad_();
            var crossEntropy = network.Loss(w, statistics, batch.Images, batch.Labels, training: true);
            var gradient = SmallNets.Doubles(autograd.grad([crossEntropy + w.pow(2).sum() * (0.5 * weightDecay)], [w])[0]);
            for (var i = 0; i < weights.Length; i++)
            {
                buffer[i] = momentum * buffer[i] + gradient[i];
                weights[i] -= rate * buffer[i];
                averaged[i] = averaging is { } tau ? tau * averaged[i] + (1 - tau) * weights[i] : weights[i];
            }
            engine.Step(batch, rate);
            Assert.Equal(crossEntropy.item<float>(), engine.LastLoss(), 1e-5);
            Assert.InRange(SmallNets.Distance(weights, SmallNets.Doubles(engine.Weights)), 0, 1e-4);
            Assert.InRange(SmallNets.Distance(averaged, SmallNets.Doubles(engine.Averaged)), 0, 1e-4);
        }
        Assert.Equal(0.5 * weightDecay * weights.Sum(x => x * x), engine.L2Term(), 1e-4 * weights.Sum(x => x * x) * weightDecay + 1e-9);
        Assert.True(SmallNets.Distance(SmallNets.Doubles(start), weights) > 1e-3, "the run went nowhere");
    }

    [Fact]
    public void The_gradient_is_the_slope_of_the_loss()
    {
        using var scope = SmallNets.Scope();
        using var network = SmallNets.Network("resnet18_plain", new(3, 16, 16), width: 3);
        using var statistics = network.NewStatistics(CPU);
        var (batch, weights) = (SmallNets.Batch(network, 12), network.Initial(2).requires_grad_());
        double Loss(Tensor w) => network.Loss(w, statistics, batch.Images, batch.Labels, training: true).item<float>();
        var gradient = autograd.grad([network.Loss(weights, statistics, batch.Images, batch.Labels, training: true)], [weights])[0];
        var direction = gradient / gradient.norm();
        var slope = (Loss(weights.detach() + direction * 1e-3) - Loss(weights.detach() - direction * 1e-3)) / 2e-3;
        Assert.Equal(gradient.norm().item<float>(), slope, 0.02 * slope);
    }

    [Fact]
    public void Before_the_first_step_there_is_no_loss_and_an_L2_term_of_the_start()
    {
        using var scope = SmallNets.Scope();
        using var network = SmallNets.Network("linear");
        using var engine = new DeepEngine(network, full(network.ParameterCount, 2f), new(WeightDecay: 0.5), CPU);
        Assert.True(double.IsNaN(engine.LastLoss()));
        Assert.Equal(0.5 * 0.5 * 4 * 192 * 3, engine.L2Term());
        Assert.Throws<ArgumentException>(() => new DeepEngine(network, zeros(3), UpdateRule.Plain, CPU));
    }

    [Fact]
    public void Weights_that_are_no_numbers_show_in_the_loss_ever_after()
    {
        using var scope = SmallNets.Scope();
        using var network = SmallNets.Network();
        using var engine = new DeepEngine(network, network.Initial(0), UpdateRule.Plain, CPU);
        engine.Step(SmallNets.Batch(network), 1e30);
        for (var k = 0; k < 3; k++) engine.Step(SmallNets.Batch(network), 1e-3);
        Assert.False(double.IsFinite(engine.LastLoss()));
    }

    [Fact]
    public void Reestimated_statistics_are_the_means_over_the_batches_and_leave_the_current_ones_alone()
    {
        using var scope = SmallNets.Scope();
        using var network = SmallNets.Network("resnet18_plain");
        using var engine = new DeepEngine(network, SmallNets.Weights(network), new(Averaging: 0.5), CPU);
        engine.Step(SmallNets.Batch(network), 0.05);
        var before = SmallNets.Doubles(engine.Statistics.Values);
        Tensor[] batches = [.. Enumerable.Range(0, 4).Select(k => SmallNets.Batch(network, 5, (ulong)k).Images)];
        using var estimated = engine.Reestimate(engine.Averaged, batches);
        Assert.Equal(before, SmallNets.Doubles(engine.Statistics.Values));
        Assert.Equal((1L, 4L), (engine.Statistics.Tracked, estimated.Tracked));
        var seen = batches.Select(images =>
        {
            var straight = new StraightNetwork(network, engine.Averaged, engine.Statistics, training: true);
            straight.Logits(Maps.Of(images));
            return straight.Seen;
        }).ToArray();
        foreach (var (name, _, view) in network.Named(estimated).Where(v => v.Shape.Length > 0))
        {
            var layer = name[..name.LastIndexOf('.')];
            var each = seen.Select(s => name.EndsWith("mean", StringComparison.Ordinal) ? s[layer].Mean : s[layer].Variance).ToArray();
            Assert.InRange(SmallNets.Distance([.. Enumerable.Range(0, each[0].Length).Select(c => each.Average(e => e[c]))],
                SmallNets.Doubles(view)), 0, 1e-4);
        }
    }

    [Fact]
    public void Without_batch_norm_nothing_is_reestimated()
    {
        using var scope = SmallNets.Scope();
        using var network = SmallNets.Network("resnet_tiny_gn");
        using var engine = new DeepEngine(network, network.Initial(0), UpdateRule.Plain, CPU);
        using var estimated = engine.Reestimate(engine.Weights,
            Enumerable.Range(0, 1).Select<int, Tensor>(_ => throw new InvalidOperationException("a batch was asked for")));
        Assert.Equal(0, estimated.Values.NumberOfElements);
    }

    [Fact]
    public void A_score_is_the_mean_over_samples_of_unequal_batches()
    {
        using var scope = SmallNets.Scope();
        using var network = SmallNets.Network();
        using var engine = new DeepEngine(network, SmallNets.Weights(network), UpdateRule.Plain, CPU);
        DeepBatch[] batches = [SmallNets.Batch(network, 5, 1), SmallNets.Batch(network, 2, 2)];
        var score = engine.Evaluate(engine.Weights, engine.Statistics, batches);
        var (loss, wrong) = (0.0, 0);
        foreach (var (images, labels) in batches)
        {
            var logits = new StraightNetwork(network, engine.Weights, engine.Statistics, training: false).Logits(Maps.Of(images));
            foreach (var (label, i) in labels.data<long>().ToArray().Select((y, i) => ((int)y, i)))
            {
                var own = logits[(3 * i)..(3 * i + 3)];
                loss += Math.Log(own.Sum(z => Math.Exp(z - own[label])));
                if (own.Max() != own[label]) wrong++;
            }
        }
        Assert.Equal(loss / 7, score.Loss, 1e-4 * loss);
        Assert.Equal((wrong / 7.0, 7L), (score.Error, score.Samples));
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 1)]
    public void A_run_continues_from_its_state_bit_for_bit(bool channelsLast, int precision)
    {
        using var scope = SmallNets.Scope();
        using var network = SmallNets.Network(precision: (DeepPrecision)precision, channelsLast: channelsLast);
        var rule = new UpdateRule(Momentum: 0.9, WeightDecay: 1e-3, Averaging: 0.9);
        using var engine = new DeepEngine(network, SmallNets.Weights(network), rule, CPU);
        for (var k = 0; k < 3; k++) engine.Step(SmallNets.Batch(network, seed: (ulong)k), 0.05);
        var state = engine.State.ToDictionary(s => s.Name, s => s.Value.detach().clone());
        using var continued = new DeepEngine(network, network.Initial(9), rule, CPU);
        continued.Restore(state);
        for (var k = 3; k < 6; k++)
        {
            engine.Step(SmallNets.Batch(network, seed: (ulong)k), 0.05);
            continued.Step(SmallNets.Batch(network, seed: (ulong)k), 0.05);
        }
        Assert.Equal(["weights", "momentum", "averaged", "statistics", "batches"], engine.State.Select(s => s.Name));
        foreach (var (expected, actual) in engine.State.Zip(continued.State))
        {
            Assert.Equal(SmallNets.Doubles(expected.Value),
            SmallNets.Doubles(actual.Value));
        }

        Assert.Equal(engine.LastLoss(), continued.LastLoss());
        state.Remove("momentum");
        Assert.Throws<ArgumentException>(() => continued.Restore(state));
    }
}
