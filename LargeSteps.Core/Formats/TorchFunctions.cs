using System.Globalization;
using System.Numerics;
using System.Text.Unicode;

namespace LargeSteps.Formats;

/// <summary>A storage that tensors are views of.</summary>
/// <param name="Type">The type of the elements.</param>
/// <param name="Key">The key that its bytes are found by.</param>
/// <param name="Count">The number of elements.</param>
internal sealed record PickleStorage(ElementType Type, string Key, long Count);

/// <summary>A tensor whose bytes are still in the file.</summary>
internal sealed record PickleTensor(PickleStorage Storage, long Offset, long[] Shape, long[] Strides);

/// <summary>
/// What state dicts name, of which <see cref="PickleStorage"/> and <see cref="PickleTensor"/> are made. Whatever else a file names is a
/// <see cref="PickleOpaque"/>. Sources: torch/_weights_only_unpickler.py and torch/_utils.py of PyTorch.
/// </summary>
internal sealed class TorchFunctions : PickleFunctions
{
    private const string OrderedDict = "collections.OrderedDict", DefaultDict = "collections.defaultdict", Size = "torch.Size";
    private const string RebuildParameter = "torch._utils._rebuild_parameter", RebuildParameterWithState =
        "torch._utils._rebuild_parameter_with_state";
    private const string RebuildTensor = "torch._utils._rebuild_tensor", RebuildTensor2 = "torch._utils._rebuild_tensor_v2";
    private const string RebuildFromType = "torch._tensor._rebuild_from_type_v2";

    // The bytes of an element of those storages whose tensors are not read: an old file has them in a row, and those behind them are found
    // by their lengths.
    private static readonly Dictionary<string, int> SizesOfOthers = new()
    {
        ["torch.ComplexFloatStorage"] = 8,
        ["torch.ComplexDoubleStorage"] = 16,
        ["torch.QInt8Storage"] = 1,
        ["torch.QUInt8Storage"] = 1,
        ["torch.QInt32Storage"] = 4,
        ["torch.QUInt4x2Storage"] = 1,
        ["torch.QUInt2x4Storage"] = 1,
    };

    private const int MostKeys = 100;

    private readonly Dictionary<string, (long Count, long? Bytes)> _storages = [];
    private int _unnamed;

    public override string Content => "state dict";

    public override string Known => "tensors, dictionaries, lists, numbers and texts";

    /// <summary>How many elements, and how many bytes, each storage has that the pickle refers to, by its key; the bytes are null where
    /// that is not known.</summary>
    public IReadOnlyDictionary<string, (long Count, long? Bytes)> Storages => _storages;

    public override object? Find(string module, string name) => $"{module}.{name}" switch
    {
        (OrderedDict or DefaultDict or Size or RebuildParameter or RebuildParameterWithState or RebuildTensor or RebuildTensor2
            or RebuildFromType) and var known
            => new PickleFunction(known),
        // Its elements are bytes.
        "torch.storage.UntypedStorage" or "torch.UntypedStorage" => ElementType.UInt8,
        var other => (object?)(module == "torch" ? ElementType.All.FirstOrDefault(type => type.Storage == name) : null)
            ?? new PickleOpaque(other),
    };

    public override object? Call(PickleFunction function, object?[] arguments) => function.Name switch
    {
        OrderedDict when arguments.Length == 0 => new OrderedDictionary<string, object?>(),
        // Pairs, as Python 2 wrote them.
        OrderedDict when arguments is [List<object?> pairs] => OfPairs(pairs),
        // The function that makes what is missing is never called.
        DefaultDict when arguments.Length <= 1 => new OrderedDictionary<string, object?>(),
        Size when arguments is [PickleTuple lengths] => lengths,
        RebuildParameter or RebuildParameterWithState when arguments is [PickleTensor tensor, ..] => tensor,
        RebuildTensor or RebuildTensor2 when arguments is [PickleStorage storage, BigInteger offset, PickleTuple shape,
            PickleTuple strides, ..]
            => new PickleTensor(storage, Long(offset), Lengths(shape), Lengths(strides)),
        // A tensor with attributes: the function that makes it, its class, the arguments, the attributes.
        RebuildFromType when arguments is [PickleFunction { Name: not RebuildFromType } maker, _, PickleTuple inner, ..] =>
            Call(maker, inner.Values),
        // A part of something that is not read is not read either.
        _ when arguments.Any(argument => argument is PickleOpaque) => new PickleOpaque(function.Name),
        _ => null,
    };

    public override object Opaque(string name) => new PickleOpaque(name);

    // ('storage', class, key, device, number of elements) and, in files before PyTorch 1.6, None: views of storages were given up long
    // before. Old files of whole modules refer to their sources too.
    public override object? Persistent(object?[] identifier)
    {
        if (identifier is ["module", ..]) return new PickleOpaque("module");
        if (identifier is not ["storage", ElementType or PickleOpaque, string key, string, BigInteger number, .. var rest]
            || rest is not ([] or [null]))
        {
            return null;
        }

        var count = Long(number);
        if (identifier[1] is not ElementType type)
        {
            var name = ((PickleOpaque)identifier[1]!).Name;
            _storages[key] = (count, SizesOfOthers.TryGetValue(name, out var size) && count <= long.MaxValue / size ? count * size : null);
            return new PickleOpaque(name);
        }
        _storages[key] = (count, Shapes.Bytes(type, [count]));
        return new PickleStorage(type, key, count);
    }

    // Attributes of a dictionary, such as the versions of the modules of a state dict.
    public override bool Build(object? value, object? state) => value is OrderedDictionary<string, object?>;

    public override object ByteString(byte[] bytes) => Utf8.IsValid(bytes) ? Unpickler.Decode(bytes) : new PickleOpaque("bytes");

    // As Python shows them, but for whole numbers with a point, which lose it. What has no text of its own gets one that no other has, so
    // that it takes nobody's place. Tuples may be nested without end.
    public override string Key(object? key) => Short(key) ?? (key is PickleTuple tuple && tuple.Values.Length <= MostKeys
        && tuple.Values.Select(Short).ToArray() is var parts && !parts.Contains(null)
        ? $"({string.Join(", ", parts)}{(parts.Length == 1 ? "," : "")})"
        : string.Create(CultureInfo.InvariantCulture, $"<{++_unnamed}>"));

    private string? Short(object? key) => key switch
    {
        null => "None",
        bool flag => flag ? "True" : "False",
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        _ => base.Key(key),
    };

    private OrderedDictionary<string, object?> OfPairs(List<object?> pairs)
    {
        var dictionary = new OrderedDictionary<string, object?>();
        foreach (var pair in pairs)
        {
            var (key, value) = pair is List<object?> { Count: 2 } list ? (list[0], list[1])
                : pair is PickleTuple { Values: [var first, var second] } ? (first, second)
                : throw BadFileException.Damaged($"an OrderedDict is made of something other than pairs");
            Unpickler.Put(dictionary, Key(key), value);
        }
        return dictionary;
    }

    private static long[] Lengths(PickleTuple tuple) => Array.ConvertAll(tuple.Values, length => length is BigInteger number ? Long(number)
        : throw BadFileException.Damaged($"the pickle has something else where a length should be"));

    private static long Long(BigInteger value) => value >= 0 && value <= long.MaxValue ? (long)value
        : throw BadFileException.Damaged($"{value} is no length and no place");
}
