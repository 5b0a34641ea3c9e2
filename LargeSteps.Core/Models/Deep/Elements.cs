using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using LargeSteps.Numerics;

namespace LargeSteps.Models.Deep;

/// <summary>A number as it lies in a tensor, eight of which at a time are computed with as float32.</summary>
/// <typeparam name="TSelf">The number.</typeparam>
internal unsafe interface IElement<TSelf> where TSelf : unmanaged, IElement<TSelf>
{
    /// <summary>Eight neighbours.</summary>
    static abstract Vector256<float> Load(TSelf* from);

    /// <summary>One.</summary>
    static abstract float At(TSelf* from);

    /// <summary>Writes eight neighbours.</summary>
    static abstract void Store(TSelf* to, Vector256<float> value);
}

/// <summary>32 bits.</summary>
internal readonly unsafe struct Float32Element : IElement<Float32Element>
{
    private readonly float _value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(Float32Element* from) => Vector256.Load(&from->_value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float At(Float32Element* from) => from->_value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Float32Element* to, Vector256<float> value) => value.Store(&to->_value);
}

/// <summary>The upper 16 bits of a float32.</summary>
internal readonly unsafe struct BFloat16Element : IElement<BFloat16Element>
{
    private readonly ushort _value;

    /// <summary>Whether libtorch multiplies such numbers faster than float32: by oneDNN, on processors with AVX512_BF16 or AMX-BF16, which
    /// .NET has no name for. Others than x64 are taken to.</summary>
    public static bool IsAccelerated =>
        !OneDnn.IsWrongHere && (!X86Base.IsSupported || ProcessorKind.HasAvx512BFloat16 || ProcessorKind.HasAmxBFloat16);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(BFloat16Element* from) => (Avx2.ConvertToVector256Int32(&from->_value) << 16).AsSingle();

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float At(BFloat16Element* from) => BitConverter.UInt32BitsToSingle((uint)from->_value << 16);

    /// <summary>Writes eight neighbours, each rounded to the nearest, of two the even one, as libtorch rounds; NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(BFloat16Element* to, Vector256<float> value)
    {
        var bits = value.AsUInt32();
        var rounded = (bits + Vector256.Create(0x7fffu) + ((bits >> 16) & Vector256<uint>.One)) >> 16;
        var result = Vector256.ConditionalSelect(Vector256.Equals(value, value).AsUInt32(), rounded, Vector256.Create(0x7fc0u)).AsInt32();
        Sse41.PackUnsignedSaturate(result.GetLower(), result.GetUpper()).Store(&to->_value);
    }
}

/// <summary>Numbers of tensors in float32.</summary>
internal static unsafe class Numbers<T> where T : unmanaged, IElement<T>
{
    /// <summary>Reads neighbours, and up to seven more, where there are as many to read: what is behind them in <paramref name="to"/> is
    /// to be written after.</summary>
    public static void Read(T* from, float* to, int count, T* limit)
    {
        for (; count > 0 && from + 8 <= limit; count -= 8, from += 8, to += 8) T.Load(from).Store(to);
        for (; count > 0; count--) *to++ = T.At(from++);
    }

    /// <summary>Writes neighbours, and no more; of <paramref name="from"/> eight at a time are read.</summary>
    public static void Write(float* from, T* to, int count)
    {
        for (; count >= 8; count -= 8, from += 8, to += 8) T.Store(to, Vector256.Load(from));
        if (count == 0) return;
        var rest = stackalloc T[8];
        T.Store(rest, Vector256.Load(from));
        for (var i = 0; i < count; i++) to[i] = rest[i];
    }
}
