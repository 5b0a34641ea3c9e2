using System.Numerics;

namespace LargeSteps.Running.Formats;

/// <summary>A storage that tensors are views of.</summary>
/// <param name="Type">The type of the elements.</param>
/// <param name="Key">The key that its bytes are found by.</param>
/// <param name="Count">The number of elements.</param>
internal sealed record PickleStorage(ElementType Type, string Key, long Count);

/// <summary>A tensor whose bytes are still in the file.</summary>
internal sealed record PickleTensor(PickleStorage Storage, long Offset, long[] Shape, long[] Strides);

/// <summary>
/// What state dicts name, of which <see cref="PickleStorage"/> and <see cref="PickleTensor"/> are made. Sources: torch/_weights_only_unpickler.py and torch/_utils.py of PyTorch.
/// </summary>
internal sealed class TorchFunctions : PickleFunctions
{
    private const string OrderedDict = "collections.OrderedDict", Size = "torch.Size", RebuildParameter = "torch._utils._rebuild_parameter";
    private const string RebuildTensor = "torch._utils._rebuild_tensor", RebuildTensor2 = "torch._utils._rebuild_tensor_v2";

    private TorchFunctions() { }

    public static TorchFunctions Instance { get; } = new();

    public override string Content => "state dict";

    public override string Known => "tensors, dictionaries, lists, numbers and texts";

    public override object? Find(string module, string name) => $"{module}.{name}" switch
    {
        (OrderedDict or Size or RebuildParameter or RebuildTensor or RebuildTensor2) and var known => new PickleFunction(known),
        // Its elements are bytes.
        "torch.storage.UntypedStorage" or "torch.UntypedStorage" => ElementType.UInt8,
        _ => module == "torch" ? ElementType.All.FirstOrDefault(type => type.Storage == name) : null,
    };

    public override object? Call(PickleFunction function, object?[] arguments) => function.Name switch
    {
        OrderedDict when arguments.Length == 0 => new OrderedDictionary<string, object?>(),
        // Pairs, as Python 2 wrote them.
        OrderedDict when arguments is [List<object?> pairs] => OfPairs(pairs),
        Size when arguments is [PickleTuple lengths] => lengths,
        RebuildParameter when arguments is [PickleTensor tensor, ..] => tensor,
        RebuildTensor or RebuildTensor2 when arguments is [PickleStorage storage, BigInteger offset, PickleTuple shape, PickleTuple strides, ..]
            => new PickleTensor(storage, Long(offset), Lengths(shape), Lengths(strides)),
        _ => null,
    };

    // ('storage', class, key, device, number of elements) and, in files before PyTorch 1.6, None: views of storages were given up long before.
    public override object? Persistent(object?[] identifier) => identifier is ["storage", ElementType type, string key, string, BigInteger count, .. var rest] && rest is [] or [null]
        ? new PickleStorage(type, key, Long(count)) : null;

    // Attributes of a dictionary, such as the versions of the modules of a state dict.
    public override bool Build(object? value, object? state) => value is OrderedDictionary<string, object?>;

    public override object ByteString(byte[] bytes) => Unpickler.Decode(bytes);

    private static OrderedDictionary<string, object?> OfPairs(List<object?> pairs)
    {
        var dictionary = new OrderedDictionary<string, object?>();
        foreach (var pair in pairs)
        {
            var (key, value) = pair is List<object?> { Count: 2 } list ? (list[0], list[1])
                : pair is PickleTuple { Values: [var first, var second] } ? (first, second)
                : throw BadFileException.Damaged($"an OrderedDict is made of something other than pairs");
            dictionary[Unpickler.Key(key)] = value;
        }
        return dictionary;
    }

    private static long[] Lengths(PickleTuple tuple) => Array.ConvertAll(tuple.Values, length => length is BigInteger number ? Long(number) : throw BadFileException.Damaged($"the pickle has something else where a length should be"));

    private static long Long(BigInteger value) => value >= 0 && value <= long.MaxValue ? (long)value : throw BadFileException.Damaged($"{value} is no length and no place");
}
