using System.Globalization;
using System.Runtime.InteropServices;
using LargeSteps.Values;

namespace LargeSteps.Numerics;

/// <summary>
/// Where a <see cref="NumpyRandom"/> stands in its stream. The parts are those of NumPy's
/// <c>RandomState.get_state()</c>, with value equality, so that they can be stored and compared.
/// </summary>
/// <param name="Key">The 624 words of the Mersenne Twister.</param>
/// <param name="Position">How many words of the block were used, 0 to 624.</param>
/// <param name="HasGauss">Whether a standard normal is kept back for the next draw.</param>
/// <param name="Gauss">The standard normal kept back; 0 where there is none.</param>
internal sealed record NumpyRandomState(Items<uint> Key, int Position, bool HasGauss, double Gauss)
{
    /// <summary>The state as a text, for checkpoints.</summary>
    public string Text => string.Join(' ', Convert.ToBase64String(MemoryMarshal.AsBytes(Key.AsSpan())),
        Position.ToString(CultureInfo.InvariantCulture), HasGauss ? "1" : "0", NumberText.Invariant(Gauss));

    /// <summary>The state of such a <see cref="Text"/>.</summary>
    public static NumpyRandomState Parse(string text)
    {
        var parts = text.Split(' ');
        return new(Items.Of<uint>(MemoryMarshal.Cast<byte, uint>(Convert.FromBase64String(parts[0]))),
            int.Parse(parts[1], CultureInfo.InvariantCulture), parts[2] == "1", double.Parse(parts[3], CultureInfo.InvariantCulture));
    }
}
