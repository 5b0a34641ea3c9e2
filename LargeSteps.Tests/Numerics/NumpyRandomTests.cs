using System.Text.Json;
using CsCheck;
using LargeSteps.Numerics;

namespace LargeSteps.Tests.Numerics;

public class NumpyRandomTests
{
    private static readonly JsonElement Streams = Fixture.Json("numpy_streams.json");

    public static TheoryData<uint> Seeds => [.. Streams.EnumerateObject().Select(x => uint.Parse(x.Name, null))];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Every_draw_of_numpy_comes_out_in_its_order(uint seed)
    {
        var random = new NumpyRandom(seed);
        var checkedNames = new List<string>();
        foreach (var stream in Streams.GetProperty($"{seed}").EnumerateObject())
        {
            random = stream.Name.StartsWith("then_", StringComparison.Ordinal) ? random : new NumpyRandom(seed);
            var expected = stream.Name.StartsWith("multivariate", StringComparison.Ordinal)
                ? stream.Value.EnumerateArray().SelectMany(row => row.EnumerateArray()).Select(x => x.GetDouble()).ToArray()
                : stream.Value.EnumerateArray().Select(x => x.GetDouble()).ToArray();
            Assert.Equal(expected, Draw(random, stream.Name, expected.Length));
            checkedNames.Add(stream.Name);
        }

        Assert.Equal(10, checkedNames.Count);
    }

    [Fact]
    public void The_ten_thousandth_word_of_mt19937_is_the_known_one()
    {
        // Given for seed 5489 in the C++ standard, [rand.predef].
        var random = new NumpyRandom(5489);
        for (var i = 1; i < 10000; i++)
        {
            random.NextUInt32();
        }

        Assert.Equal(4123659995u, random.NextUInt32());
    }

    [Fact]
    public void A_stream_continues_from_its_state() =>
        Gen.Select(Gen.UInt, Gen.Int[0, 1300], Gen.Int[0, 3]).Sample((seed, words, normals) =>
        {
            var random = new NumpyRandom(seed);
            for (var i = 0; i < words; i++)
            {
                random.NextUInt32();
            }

            random.StandardNormal(new double[normals]);
            var state = random.State;
            var continued = NumpyRandom.FromState(state);
            Assert.Equal(state, continued.State);
            double[] expected = new double[700], found = new double[700];
            random.StandardNormal(expected);
            continued.StandardNormal(found);
            Assert.Equal(expected, found);
            Assert.Equal(random.State, continued.State);
        }, iter: 50);

    [Fact]
    public void A_state_that_is_none_is_refused()
    {
        var state = new NumpyRandom(0).State;
        Assert.Throws<ArgumentException>(() => NumpyRandom.FromState(state with { Position = 625 }));
        Assert.Throws<ArgumentException>(() => NumpyRandom.FromState(state with { Position = -1 }));
        Assert.Throws<ArgumentException>(() => NumpyRandom.FromState(state with { Key = [1u, 2u] }));
    }

    [Fact]
    public void Integers_below_powers_of_two_and_large_ones_are_those_of_numpy()
    {
        // numpy.random.RandomState(0), randint(n) four times for each n in turn (NumPy 1.24).
        var random = new NumpyRandom(0);
        Assert.Equal(
            [0, 1, 1, 0, 3, 3, 3, 3, 9, 19, 21, 50, 36, 12, 58, 39, 124102743, 2061486254, 292249176, 1686997841],
            new[] { 2, 4, 64, 65, int.MaxValue }.SelectMany(n => Enumerable.Range(0, 4).Select(_ => random.NextInt(n))));
        Assert.Equal(26, random.State.Position);
    }

    [Fact]
    public void Integers_are_in_range() =>
        Gen.Select(Gen.UInt, Gen.OneOf(Gen.Int[1, 70], Gen.Int[1, int.MaxValue])).Sample((seed, n) =>
        {
            var random = new NumpyRandom(seed);
            return Enumerable.Range(0, 50).All(_ => random.NextInt(n) is var i && i >= 0 && i < n);
        });

    [Fact]
    public void One_of_one_draws_nothing()
    {
        var random = new NumpyRandom(7);
        var before = random.State;
        Assert.Equal(0, random.NextInt(1));
        Assert.Equal(0, random.ChoiceOne(1));
        Assert.Equal([0], random.Permutation(1));
        Assert.Empty(random.Permutation(0));
        Assert.Equal(before, random.State);
    }

    [Fact]
    public void One_choice_is_the_first_of_a_permutation_with_the_same_draws() =>
        Gen.Select(Gen.UInt, Gen.Int[1, 90]).Sample((seed, n) =>
        {
            NumpyRandom one = new(seed), whole = new(seed);
            return Enumerable.Range(0, 20).All(_ => one.ChoiceOne(n) == whole.Permutation(n)[0])
                && one.State.Equals(whole.State);
        });

    [Fact]
    public void A_permutation_has_every_number_once() =>
        Gen.Select(Gen.UInt, Gen.Int[0, 200]).Sample((seed, n) =>
            new NumpyRandom(seed).Permutation(n).Order().SequenceEqual(Enumerable.Range(0, n)));

    [Fact]
    public void Choosing_one_allocates_nothing()
    {
        var random = new NumpyRandom(0);
        random.ChoiceOne(50);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            random.ChoiceOne(50);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void What_cannot_be_drawn_is_refused()
    {
        var random = new NumpyRandom(0);
        Assert.Throws<ArgumentOutOfRangeException>(() => random.NextInt(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => random.ChoiceOne(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => random.Permutation(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => random.Choice(3, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => random.Choice(3, -1));
    }

    private static double[] Draw(NumpyRandom random, string name, int count)
    {
        var drawn = new double[count];
        switch (name)
        {
            case "standard_normal_7" or "then_standard_normal_2" or "multivariate_normal_0_I3_x2":
                random.StandardNormal(drawn);
                return drawn;
            case "random_sample_5":
                random.RandomSample(drawn);
                return drawn;
            case "then_uniform_-1.305_1.445_x3":
                random.Uniform(-1.305, 1.445, drawn);
                return drawn;
            case "then_randint_80_x10":
                return Array.ConvertAll(drawn, _ => (double)random.NextInt(80));
            case "randint_20_x12":
                return Array.ConvertAll(drawn, _ => (double)random.NextInt(20));
            case "permutation_10":
                return Array.ConvertAll(random.Permutation(10), i => (double)i);
            case "then_choice_12_size1_noreplace_x8":
                return Array.ConvertAll(drawn, _ => (double)random.ChoiceOne(12));
            case "then_choice_15_size4_noreplace":
                return Array.ConvertAll(random.Choice(15, 4), i => (double)i);
            default:
                throw new InvalidOperationException($"the fixture has a stream '{name}' that no test draws");
        }
    }
}
