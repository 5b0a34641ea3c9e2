using System.Runtime.InteropServices;
using LargeSteps.Values;

namespace LargeSteps.Formats;

/// <summary>A tensor as files keep it: a name and plain numbers, on no device. Two are equal when their bytes are.</summary>
public sealed record NamedTensor
{
    /// <summary>A tensor of the bytes of its elements.</summary>
    /// <param name="name">The name, such as <c>layer1.0.conv1.weight</c>.</param>
    /// <param name="type">The type of the elements.</param>
    /// <param name="shape">The lengths of the dimensions; none for a single number.</param>
    /// <param name="bytes">The elements, row by row, little-endian. They are not copied.</param>
    /// <exception cref="ArgumentException">The bytes are not as many as the shape asks for.</exception>
    public NamedTensor(string name, ElementType type, Items<long> shape, ReadOnlyMemory<byte> bytes)
    {
        ArgumentNullException.ThrowIfNull(type);
        if (Shapes.Bytes(type, shape) != bytes.Length)
        {
            throw new ArgumentException(
                FormattableString.Invariant($"tensor '{name}' of {type} {Shapes.Text(shape)} has {bytes.Length} bytes"), nameof(bytes));
        }

        (Name, Type, Shape, Bytes) = (name, type, shape, bytes);
    }

    /// <summary>The name.</summary>
    public string Name { get; private init; }

    /// <summary>The type of the elements.</summary>
    public ElementType Type { get; }

    /// <summary>The lengths of the dimensions, the slowest first; none for a single number.</summary>
    public Items<long> Shape { get; }

    /// <summary>The elements, row by row, little-endian.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The number of elements.</summary>
    public int Count => Bytes.Length / Type.Size;

    /// <summary>A tensor of values, which are copied.</summary>
    /// <exception cref="ArgumentException">No element type fits, or the values are not as many as the shape asks for.</exception>
    public static NamedTensor Of<T>(string name, Items<long> shape, ReadOnlySpan<T> values) where T : unmanaged =>
        new(name, ElementType.Of<T>(), shape, MemoryMarshal.AsBytes(values).ToArray());

    /// <summary>The same under another name.</summary>
    public NamedTensor WithName(string name) => this with { Name = name };

    /// <summary>The elements, without a copy.</summary>
    /// <exception cref="InvalidOperationException">The elements are of another type.</exception>
    public ReadOnlySpan<T> Values<T>() where T : unmanaged => ElementType.Of<T>() == Type
        ? MemoryMarshal.Cast<byte, T>(Bytes.Span)
        : throw new InvalidOperationException($"tensor '{Name}' is of {Type}, not of {ElementType.Of<T>()}");

    /// <summary>The elements as <see cref="float"/>; those of <c>float64</c> are rounded.</summary>
    /// <exception cref="InvalidOperationException">The elements are no floating-point numbers.</exception>
    public float[] ToFloats() =>
        Type == ElementType.Float32 ? Values<float>().ToArray()
        : Type == ElementType.Float64 ? Convert(Values<double>(), x => (float)x)
        : Type == ElementType.Float16 ? Convert(Values<Half>(), x => (float)x)
        : Type == ElementType.BFloat16 ? Convert(MemoryMarshal.Cast<byte, ushort>(Bytes.Span), x =>
        BitConverter.UInt32BitsToSingle((uint)x << 16))
        : throw new InvalidOperationException($"tensor '{Name}' is of {Type}: no floating-point numbers");

    /// <inheritdoc/>
    public bool Equals(NamedTensor? other) =>
        other is not null && Name == other.Name && Type == other.Type && Shape.Equals(other.Shape)
            && Bytes.Span.SequenceEqual(other.Bytes.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Type, Shape, Bytes.Length);

    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {Type} {Shapes.Text(Shape)}";

    private static TTo[] Convert<TFrom, TTo>(ReadOnlySpan<TFrom> values, Func<TFrom, TTo> image)
    {
        var converted = new TTo[values.Length];
        for (var i = 0; i < values.Length; i++) converted[i] = image(values[i]);
        return converted;
    }
}

/// <summary>Shapes of tensors.</summary>
internal static class Shapes
{
    /// <summary>The number of elements; null where a length is negative or they are too many to be counted.</summary>
    public static long? Count(IReadOnlyCollection<long> shape)
    {
        if (shape.Any(length => length < 0)) return null;
        if (shape.Contains(0)) return 0;
        var count = 1L;
        foreach (var length in shape)
        {
            if (count > long.MaxValue / length) return null;
            count *= length;
        }
        return count;
    }

    /// <summary>The number of bytes of the elements; null where there can be no such tensor.</summary>
    public static long? Bytes(ElementType type, IReadOnlyCollection<long> shape) =>
        Count(shape) is { } count && count <= long.MaxValue / type.Size ? count * type.Size : null;

    /// <summary>How many elements apart neighbours in each dimension lie where the elements are row by row; PyTorch counts empty dimensions
    /// as 1.</summary>
    public static long[] Strides(IReadOnlyList<long> shape)
    {
        var strides = new long[shape.Count];
        var stride = 1L;
        for (var i = shape.Count - 1; i >= 0; i--)
        {
            strides[i] = stride;
            stride *= Math.Max(shape[i], 1);
        }
        return strides;
    }

    /// <summary>For messages, <c>[64, 3, 3, 3]</c>.</summary>
    public static string Text(IEnumerable<long> shape) =>
        "[" + string.Join(", ", shape.Select(length => FormattableString.Invariant($"{length}"))) + "]";
}
