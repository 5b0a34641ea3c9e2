using LargeSteps.Values;
using TorchSharp;

namespace LargeSteps.Numerics;

/// <summary>The weight and the bias of a linear layer, as drawn for it.</summary>
/// <param name="Weight">outputs × inputs, row by row.</param>
/// <param name="Bias">outputs, or empty where the layer has no bias.</param>
internal sealed record LinearDraw(float[] Weight, float[] Bias);

/// <summary>
/// The stream of libtorch's CPU generator after <c>manual_seed(seed)</c>, with draws in float32. It is a generator of
/// its own: neither the process-wide one nor another run's draws from it. Not thread-safe.
/// </summary>
/// <remarks>Source: libtorch 2.10. It draws 16 and more normals another way than fewer, so one call for 32 is not two
/// calls for 16.</remarks>
internal sealed class TorchRandom : IDisposable
{
    private const int StateBytes = 5056;

    private readonly torch.Generator _generator;

    /// <summary>The stream that <c>torch.manual_seed(seed)</c> begins.</summary>
    /// <exception cref="NativeLibraryException">libtorch does not load.</exception>
    public TorchRandom(ulong seed)
    {
        NativeLibraries.EnsureLoaded();
        _generator = new torch.Generator(seed);
    }

    /// <summary>Where the stream stands now, as libtorch writes it.</summary>
    public Items<byte> State
    {
        get
        {
            using var scope = torch.NewDisposeScope();
            return Items.From(_generator.get_state().data<byte>().ToArray());
        }
    }

    /// <summary>A generator that continues where <paramref name="state"/> was taken.</summary>
    /// <exception cref="ArgumentException">The state is none of this libtorch.</exception>
    public static TorchRandom FromState(Items<byte> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var bytes = state.AsSpan().ToArray();
        if (!IsState(bytes))
        {
            throw new ArgumentException("these bytes are no state of libtorch's CPU generator", nameof(state));
        }

        var random = new TorchRandom(0);
        using var scope = torch.NewDisposeScope();
        random._generator.set_state(torch.tensor(bytes, torch.uint8));
        return random;
    }

    /// <summary>n numbers uniform on [0, 1): <c>rand(n)</c>.</summary>
    public float[] Rand(int n) => Uniform(n, 0, 1);

    /// <summary>n numbers uniform on [low, high): <c>empty(n).uniform_(low, high)</c>.</summary>
    public float[] Uniform(int n, double low, double high) => Draw(n, x => x.uniform_(low, high, _generator));

    /// <summary>n numbers of mean 0 and standard deviation <paramref name="std"/>: <c>randn(n) * std</c>.</summary>
    public float[] Normal(int n, double std)
    {
        var drawn = Draw(n, x => x.normal_(0, 1, _generator));
        foreach (ref var x in drawn.AsSpan())
        {
            x *= (float)std;
        }

        return drawn;
    }

    /// <summary>
    /// What a linear layer draws by default: the weight uniform within ±1/√inputs (Kaiming with a = √5), then the bias,
    /// if it has one, within the same bounds.
    /// </summary>
    public LinearDraw LinearDefault(int inputs, int outputs, bool bias)
    {
        // In PyTorch's order of operations, so that the bound rounds as it does there.
        var bound = Math.Sqrt(3.0) * (Math.Sqrt(2.0 / (1 + 5.0)) / Math.Sqrt(inputs));
        var weight = Uniform(outputs * inputs, -bound, bound);
        var biasBound = 1 / Math.Sqrt(inputs);
        return new LinearDraw(weight, bias ? Uniform(outputs, -biasBound, biasBound) : []);
    }

    /// <summary>
    /// The 32-bit words that come next, in a stream of their own: both generators are a Mersenne Twister, and differ in what they make of
    /// its words.
    /// </summary>
    internal NumpyRandom Words()
    {
        // The seed (8 bytes), the words left before the next block and one, whether it is seeded (4 each), the next word (8), the block in
        // words of 8 bytes.
        var state = State.AsSpan();
        var (left, next) = (BitConverter.ToInt32(state[8..]), (int)BitConverter.ToUInt64(state[16..]));
        var key = new uint[624];
        for (var i = 0; i < key.Length; i++) key[i] = (uint)BitConverter.ToUInt64(state[(24 + 8 * i)..]);
        return NumpyRandom.FromState(new(Items.From(key), left == 1 ? key.Length : next, false, 0));
    }

    /// <summary>Gives the native generator back.</summary>
    public void Dispose() => _generator.Dispose();

    // What libtorch checks, since it ends the process where the check fails: the size, and in the head (seed, words
    // left, seeded, next word) that the generator is seeded and its places are within the 624 words.
    private static bool IsState(byte[] bytes) =>
        bytes.Length == StateBytes
        && BitConverter.ToInt32(bytes, 8) is > 0 and <= 624
        && BitConverter.ToInt32(bytes, 12) == 1
        && BitConverter.ToUInt64(bytes, 16) <= 624;

    private static float[] Draw(int n, Func<torch.Tensor, torch.Tensor> fill)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(n);
        using var scope = torch.NewDisposeScope();
        return fill(torch.empty(n, torch.float32)).data<float>().ToArray();
    }
}
