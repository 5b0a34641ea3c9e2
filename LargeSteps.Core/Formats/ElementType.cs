using System.Diagnostics.CodeAnalysis;
using LargeSteps.Values;

namespace LargeSteps.Formats;

/// <summary>The type of the elements of a tensor in a file, with its name in each format.</summary>
/// <remarks>Two types are the same when they are the same object: there are none but those that are listed here.</remarks>
[SuppressMessage("Naming", "CA1720", Justification = "The names of the field say how many bits there are.")]
public sealed class ElementType
{
    private ElementType(string name, int size, string safetensors, string storage) =>
        (Name, Size, Safetensors, Storage) = (name, size, safetensors, storage);

    /// <summary>IEEE 754 binary32, <see cref="float"/>.</summary>
    public static ElementType Float32 { get; } = new("float32", 4, "F32", "FloatStorage");

    /// <summary>IEEE 754 binary64, <see cref="double"/>.</summary>
    public static ElementType Float64 { get; } = new("float64", 8, "F64", "DoubleStorage");

    /// <summary>IEEE 754 binary16, <see cref="Half"/>.</summary>
    public static ElementType Float16 { get; } = new("float16", 2, "F16", "HalfStorage");

    /// <summary>The upper half of a binary32.</summary>
    public static ElementType BFloat16 { get; } = new("bfloat16", 2, "BF16", "BFloat16Storage");

    /// <summary>Signed, 64 bits, <see cref="long"/>.</summary>
    public static ElementType Int64 { get; } = new("int64", 8, "I64", "LongStorage");

    /// <summary>Signed, 32 bits, <see cref="int"/>.</summary>
    public static ElementType Int32 { get; } = new("int32", 4, "I32", "IntStorage");

    /// <summary>Signed, 16 bits, <see cref="short"/>.</summary>
    public static ElementType Int16 { get; } = new("int16", 2, "I16", "ShortStorage");

    /// <summary>Signed, 8 bits, <see cref="sbyte"/>.</summary>
    public static ElementType Int8 { get; } = new("int8", 1, "I8", "CharStorage");

    /// <summary>Unsigned, 8 bits, <see cref="byte"/>.</summary>
    public static ElementType UInt8 { get; } = new("uint8", 1, "U8", "ByteStorage");

    /// <summary>A byte that is 0 or 1, <see cref="bool"/>.</summary>
    public static ElementType Bool { get; } = new("bool", 1, "BOOL", "BoolStorage");

    /// <summary>All of them.</summary>
    public static Items<ElementType> All { get; } = [Float32, Float64, Float16, BFloat16, Int64, Int32, Int16, Int8, UInt8, Bool];

    /// <summary>The name that PyTorch and NumPy give it.</summary>
    public string Name { get; }

    /// <summary>The number of bytes of an element.</summary>
    public int Size { get; }

    /// <summary>Whether the elements are floating-point numbers.</summary>
    public bool IsFloatingPoint => this == Float32 || this == Float64 || this == Float16 || this == BFloat16;

    /// <summary>The name in the header of a safetensors file.</summary>
    internal string Safetensors { get; }

    /// <summary>The class of PyTorch's storage, in module <c>torch</c>.</summary>
    internal string Storage { get; }

    /// <summary>The type that holds values of a type of C#.</summary>
    /// <exception cref="ArgumentException">None does.</exception>
    public static ElementType Of<T>() where T : unmanaged =>
        typeof(T) == typeof(float) ? Float32
        : typeof(T) == typeof(double) ? Float64
        : typeof(T) == typeof(Half) ? Float16
        : typeof(T) == typeof(long) ? Int64
        : typeof(T) == typeof(int) ? Int32
        : typeof(T) == typeof(short) ? Int16
        : typeof(T) == typeof(sbyte) ? Int8
        : typeof(T) == typeof(byte) ? UInt8
        : typeof(T) == typeof(bool) ? Bool
        : throw new ArgumentException($"no tensor has elements of {typeof(T)}");

    /// <inheritdoc/>
    public override string ToString() => Name;
}
