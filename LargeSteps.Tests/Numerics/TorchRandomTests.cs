using CsCheck;
using LargeSteps.Numerics;
using TorchSharp;

namespace LargeSteps.Tests.Numerics;

public class TorchRandomTests
{
    [Fact]
    public void A_generator_of_its_own_draws_what_the_seeded_default_one_draws()
    {
        using var random = new TorchRandom(7);
        using var expected = new torch.Generator(7);
        using var scope = torch.NewDisposeScope();
        Assert.Equal(torch.rand([5], generator: expected).data<float>().ToArray(), random.Rand(5));
        Assert.Equal(torch.randn([33], generator: expected).mul(0.8f).data<float>().ToArray(), random.Normal(33, 0.8));
        Assert.Equal(torch.randn([3], generator: expected).mul(0.8f).data<float>().ToArray(), random.Normal(3, 0.8));
    }

    [Fact]
    public void Streams_do_not_disturb_each_other()
    {
        using TorchRandom alone = new(3), one = new(3), other = new(4);
        var expected = alone.Normal(20, 1).Concat(alone.Rand(5)).ToArray();
        var first = one.Normal(20, 1);
        other.Normal(20, 1);
        Assert.Equal(expected, first.Concat(one.Rand(5)));
    }

    [Fact]
    public void A_stream_continues_from_its_state() =>
        Gen.Select(Gen.UInt, Gen.Int[0, 900], Gen.Int[0, 40]).Sample((seed, uniforms, normals) =>
        {
            using var random = new TorchRandom(seed);
            random.Rand(uniforms);
            random.Normal(normals, 1);
            using var continued = TorchRandom.FromState(random.State);
            Assert.Equal(random.Normal(3, 1), continued.Normal(3, 1));
            Assert.Equal(random.Uniform(700, -2, 5), continued.Uniform(700, -2, 5));
        }, iter: 20);

    [Fact]
    public void A_state_that_is_none_is_refused()
    {
        using var random = new TorchRandom(0);
        Assert.Throws<ArgumentException>(() => TorchRandom.FromState([1, 2, 3]));
        Assert.Throws<ArgumentException>(() => TorchRandom.FromState(random.State.Map(_ => (byte)255)));
        Assert.Throws<ArgumentException>(() => TorchRandom.FromState(random.State.Map(_ => (byte)0)));
    }

    [Fact]
    public void A_default_linear_layer_is_within_its_bounds()
    {
        using var random = new TorchRandom(0);
        var (weight, bias) = random.LinearDefault(4, 50, bias: true);
        Assert.Equal((200, 50), (weight.Length, bias.Length));
        Assert.All(weight.Concat(bias), x => Assert.InRange(x, -0.5f, 0.5f));
        Assert.Empty(random.LinearDefault(4, 50, bias: false).Bias);
    }
}
