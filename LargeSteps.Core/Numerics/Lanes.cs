using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace LargeSteps.Numerics;

/// <summary>
/// Vectors of 256 bits over float or double, on every machine, so that sums are made in the same order and come out the same everywhere.
/// </summary>
internal static class Lanes
{
    /// <summary>a·b + c with one rounding, whatever the processor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Fused<T>(Vector256<T> a, Vector256<T> b, Vector256<T> c) where T : unmanaged,
        IBinaryFloatingPointIeee754<T> =>
        typeof(T) == typeof(float) ? Vector256.FusedMultiplyAdd(a.AsSingle(), b.AsSingle(), c.AsSingle()).As<float, T>()
        : Vector256.FusedMultiplyAdd(a.AsDouble(), b.AsDouble(), c.AsDouble()).As<double, T>();

    /// <summary>The sum of the lanes in a fixed order: halves are added to each other until one lane is left.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Sum<T>(Vector256<T> v) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var half = v.GetLower() + v.GetUpper();
        if (typeof(T) == typeof(float))
            half += Vector128.Shuffle(half.AsSingle(), Vector128.Create(2, 3, 0, 1)).As<float, T>();
        return half.GetElement(0) + half.GetElement(1);
    }

    /// <summary>relu(v); NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Relu<T>(Vector256<T> v) where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        Vector256.AndNot(v, Vector256.LessThanOrEqual(v, Vector256<T>.Zero));

    /// <summary>The lanes of a value whose activation is positive, 0 in the others; where the activation is NaN, the value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> WhereActive<T>(Vector256<T> value, Vector256<T> activation) where T : unmanaged,
        IBinaryFloatingPointIeee754<T> =>
        Vector256.AndNot(value, Vector256.LessThanOrEqual(activation, Vector256<T>.Zero));

    /// <summary>The vector that begins at an index of an array, without a check.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref Vector256<T> At<T>(T[] array, int index) where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        ref Unsafe.As<T, Vector256<T>>(ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(array), index));

    /// <summary>The least whole number of vectors that holds a number of values, in values.</summary>
    public static int Padded<T>(int count) where T : unmanaged =>
        (count + Vector256<T>.Count - 1) / Vector256<T>.Count * Vector256<T>.Count;
}
