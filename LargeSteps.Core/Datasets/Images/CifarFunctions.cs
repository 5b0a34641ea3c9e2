using System.Numerics;
using System.Text;
using LargeSteps.Formats;

namespace LargeSteps.Datasets.Images;

/// <summary>An array of bytes as NumPy pickles it; without elements until its state is set.</summary>
internal sealed class PickledArray
{
    /// <summary>The lengths of its axes.</summary>
    public int[] Shape { get; set; } = [0];

    /// <summary>Its elements, last axis first.</summary>
    public byte[] Bytes { get; set; } = [];
}

/// <summary>
/// What the batches of CIFAR name, of which <see cref="PickledArray"/> is made: protocol 2 as Python 2 wrote it and Python 3 writes it.
/// Byte strings stay bytes: the elements of an array are one.
/// </summary>
internal sealed class CifarFunctions : PickleFunctions
{
    private const string Reconstruct = "numpy.core.multiarray._reconstruct", ReconstructOfNumpy2 = "numpy._core.multiarray._reconstruct";
    private const string NdArray = "numpy.ndarray", Type = "numpy.dtype", Encode = "_codecs.encode";

    private CifarFunctions() { }

    public static CifarFunctions Instance { get; } = new();

    /// <summary>The type of elements; only unsigned bytes are known.</summary>
    private sealed record ByteType;

    public override string Content => "batch of images";

    public override string Known => "arrays of unsigned bytes, dictionaries, lists, numbers and texts";

    public override object? Find(string module, string name) =>
        $"{module}.{name}" is (Reconstruct or ReconstructOfNumpy2 or NdArray or Type or Encode) and var known ? new PickleFunction(known)
            : null;

    public override object? Call(PickleFunction function, object?[] arguments) => function.Name switch
    {
        Reconstruct or ReconstructOfNumpy2 when arguments is [PickleFunction { Name: NdArray }, ..] => new PickledArray(),
        Type when arguments is [var type, ..] && Text(type) == "u1" => new ByteType(),
        // How Python 3 writes a byte string for Python 2: as the text of the characters of the same numbers.
        Encode when arguments is [string text, var encoding] && Text(encoding) == "latin1" => Encoding.Latin1.GetBytes(text),
        _ => null,
    };

    public override bool Build(object? value, object? state) => value switch
    {
        ByteType => true,
        // (version, shape, type, whether columns come first, elements)
        PickledArray array when state is PickleTuple { Values: [_, PickleTuple { Values: var axes }, ByteType, false, byte[] elements] }
            && Lengths(axes) is { } shape => Fill(array, shape, elements),
        _ => false,
    };

    public override object ByteString(byte[] bytes) => bytes;

    private static bool Fill(PickledArray array, int[] shape, byte[] elements)
    {
        if (shape.Aggregate(BigInteger.One, (product, length) => product * length) != elements.Length) return false;
        (array.Shape, array.Bytes) = (shape, elements);
        return true;
    }

    private static int[]? Lengths(object?[] axes) =>
        axes.All(axis => axis is BigInteger length && length >= 0 && length <= int.MaxValue)
            ? Array.ConvertAll(axes, axis => (int)(BigInteger)axis!) : null;

    private static string? Text(object? value) => value switch
    {
        string text => text,
        byte[] bytes => Encoding.Latin1.GetString(bytes),
        _ =>
        null
    };
}
