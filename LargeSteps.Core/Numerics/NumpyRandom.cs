using System.Numerics;
using LargeSteps.Values;

namespace LargeSteps.Numerics;

/// <summary>
/// The stream of NumPy's legacy <c>RandomState(seed)</c>, bit for bit. Not thread-safe: a stream belongs to one run.
/// </summary>
/// <remarks>
/// Source: Matsumoto and Nishimura, "Mersenne Twister" (1998), with <c>init_genrand</c>; the distributions are those
/// that NumPy keeps frozen for compatibility. Normals go through the platform's logarithm, which NumPy does too.
/// </remarks>
public sealed class NumpyRandom
{
    private const int Words = 624;
    private const int Middle = 397;

    private readonly uint[] _key = new uint[Words];
    private readonly uint[] _block = new uint[Words];
    private int[] _swaps = [];
    private int _position = Words;
    private bool _hasGauss;
    private double _gauss;

    /// <summary>The stream of <c>RandomState(seed)</c>, from its beginning.</summary>
    /// <param name="seed">Any seed that NumPy takes: 0 to 2³² − 1.</param>
    public NumpyRandom(uint seed)
    {
        _key[0] = seed;
        for (var i = 1; i < Words; i++)
        {
            _key[i] = 1812433253u * (_key[i - 1] ^ (_key[i - 1] >> 30)) + (uint)i;
        }
    }

    /// <summary>Where the stream stands now, as a value that later draws do not change; set, it goes on from there.</summary>
    /// <exception cref="ArgumentException">The key has not 624 words, or the position is not within 0 to 624.</exception>
    internal NumpyRandomState State
    {
        get => new(Items.From(_key), _position, _hasGauss, _gauss);
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            if (value.Key.Count != Words || value.Position is < 0 or > Words)
            {
                throw new ArgumentException(
                    $"the state of a generator has {Words} words and a position within them, not {value.Key.Count} words and position " +
                    $"{value.Position}",
                    nameof(value));
            }
            value.Key.AsSpan().CopyTo(_key);
            (_position, _hasGauss, _gauss) = (value.Position, value.HasGauss, value.Gauss);
            Temper(_key, _block);
        }
    }

    /// <summary>A generator that continues where <paramref name="state"/> was taken.</summary>
    /// <exception cref="ArgumentException">The key has not 624 words, or the position is not within 0 to 624.</exception>
    internal static NumpyRandom FromState(NumpyRandomState state) => new(0) { State = state };

    /// <summary>The next 32 random bits.</summary>
    internal uint NextUInt32()
    {
        if (_position == Words)
        {
            NextBlock();
        }

        return _block[_position++];
    }

    /// <summary>A number uniform on [0, 1) with 53 random bits: <c>random_sample()</c>.</summary>
    public double RandomSample()
    {
        var high = NextUInt32() >> 5;
        var low = NextUInt32() >> 6;
        return (high * 67108864.0 + low) / 9007199254740992.0;
    }

    /// <summary>Fills <paramref name="destination"/> as <c>random_sample(size)</c> does.</summary>
    internal void RandomSample(Span<double> destination)
    {
        foreach (ref var x in destination)
        {
            x = RandomSample();
        }
    }

    /// <summary>A number uniform on [low, high): <c>uniform(low, high)</c>.</summary>
    public double Uniform(double low, double high) => low + (high - low) * RandomSample();

    /// <summary>Fills <paramref name="destination"/> as <c>uniform(low, high, size)</c> does.</summary>
    internal void Uniform(double low, double high, Span<double> destination)
    {
        foreach (ref var x in destination)
        {
            x = Uniform(low, high);
        }
    }

    /// <summary>A standard normal by the polar method, which makes two at a time: <c>standard_normal()</c>.</summary>
    public double StandardNormal()
    {
        if (_hasGauss)
        {
            var kept = _gauss;
            (_hasGauss, _gauss) = (false, 0);
            return kept;
        }

        double x, y, r;
        do
        {
            x = 2.0 * RandomSample() - 1.0;
            y = 2.0 * RandomSample() - 1.0;
            r = x * x + y * y;
        }
        while (r >= 1.0 || r == 0.0);
        var scale = Math.Sqrt(-2.0 * Math.Log(r) / r);
        (_hasGauss, _gauss) = (true, scale * x);
        return scale * y;
    }

    /// <summary>
    /// Fills <paramref name="destination"/> as <c>standard_normal(size)</c> does; row by row it is also
    /// <c>multivariate_normal(0, I)</c>.
    /// </summary>
    internal void StandardNormal(Span<double> destination)
    {
        foreach (ref var x in destination)
        {
            x = StandardNormal();
        }
    }

    /// <summary>An integer uniform on 0 to n − 1: <c>randint(n)</c>. With n = 1 nothing is drawn.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="n"/> is not positive.</exception>
    public int NextInt(int n)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(n);
        return n == 1 ? 0 : UpTo((uint)n - 1);
    }

    /// <summary>The numbers 0 to n − 1 in random order: <c>permutation(n)</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="n"/> is negative.</exception>
    public int[] Permutation(int n)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(n);
        var order = new int[n];
        for (var i = 0; i < n; i++)
        {
            order[i] = i;
        }

        for (var i = n - 1; i > 0; i--)
        {
            var j = UpTo((uint)i);
            (order[i], order[j]) = (order[j], order[i]);
        }

        return order;
    }

    /// <summary>k different numbers of 0 to n − 1: <c>choice(n, size=k, replace=False)</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">k is negative or exceeds n, or n is negative.</exception>
    public int[] Choice(int n, int k)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(k);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(k, n);
        return Permutation(n)[..k];
    }

    /// <summary>
    /// The one number of <c>choice(n, size=1, replace=False)</c>. It takes the same n − 1 or more draws from the stream
    /// as a whole permutation, but allocates nothing once it has been called with this n.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="n"/> is not positive.</exception>
    internal int ChoiceOne(int n)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(n);
        if (_swaps.Length < n)
        {
            _swaps = new int[n];
        }

        var swaps = _swaps;
        for (var i = n - 1; i > 0; i--)
        {
            swaps[i] = UpTo((uint)i);
        }

        // Backwards through the shuffle: what ends in place 0 came from the place that was last swapped with it.
        var place = 0;
        for (var i = 1; i < n; i++)
        {
            place = swaps[i] == place ? i : place;
        }

        return place;
    }

    // Masked rejection: uniform on 0 to max, max > 0.
    private int UpTo(uint max)
    {
        var mask = uint.MaxValue >> BitOperations.LeadingZeroCount(max);
        uint value;
        do
        {
            value = NextUInt32() & mask;
        }
        while (value > max);
        return (int)value;
    }

    private void NextBlock()
    {
        var key = _key;
        Twist(key, 0, Words - Middle, Middle);
        Twist(key, Words - Middle, Words - 1, Middle - Words);
        key[Words - 1] = key[Middle - 1] ^ Mix(key[Words - 1], key[0]);
        Temper(key, _block);
        _position = 0;
    }

    // Word i depends on i + 1, still old, and on i + offset, which is more than a vector away.
    private static void Twist(uint[] key, int from, int to, int offset)
    {
        var i = from;
        var (upper, lower) = (new Vector<uint>(0x80000000u), new Vector<uint>(0x7fffffffu));
        var (one, matrix) = (Vector<uint>.One, new Vector<uint>(0x9908b0dfu));
        for (; i <= to - Vector<uint>.Count; i += Vector<uint>.Count)
        {
            var y = (new Vector<uint>(key, i) & upper) | (new Vector<uint>(key, i + 1) & lower);
            var mixed = (y >>> 1) ^ ((Vector<uint>.Zero - (y & one)) & matrix);
            (new Vector<uint>(key, i + offset) ^ mixed).CopyTo(key, i);
        }

        for (; i < to; i++)
        {
            key[i] = key[i + offset] ^ Mix(key[i], key[i + 1]);
        }
    }

    private static uint Mix(uint word, uint next)
    {
        var y = (word & 0x80000000u) | (next & 0x7fffffffu);
        return (y >> 1) ^ ((0u - (y & 1u)) & 0x9908b0dfu);
    }

    private static void Temper(uint[] key, uint[] block)
    {
        var i = 0;
        var (b, c) = (new Vector<uint>(0x9d2c5680u), new Vector<uint>(0xefc60000u));
        for (; i <= Words - Vector<uint>.Count; i += Vector<uint>.Count)
        {
            var y = new Vector<uint>(key, i);
            y ^= y >>> 11;
            y ^= (y << 7) & b;
            y ^= (y << 15) & c;
            (y ^ (y >>> 18)).CopyTo(block, i);
        }

        for (; i < Words; i++)
        {
            var y = key[i];
            y ^= y >> 11;
            y ^= (y << 7) & 0x9d2c5680u;
            y ^= (y << 15) & 0xefc60000u;
            block[i] = y ^ (y >> 18);
        }
    }
}
