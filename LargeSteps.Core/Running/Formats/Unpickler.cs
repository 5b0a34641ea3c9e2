using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace LargeSteps.Running.Formats;

/// <summary>A Python tuple.</summary>
internal sealed record PickleTuple(object?[] Values);

/// <summary>A storage that tensors are views of.</summary>
/// <param name="Type">The type of the elements.</param>
/// <param name="Key">The key that its bytes are found by.</param>
/// <param name="Count">The number of elements.</param>
internal sealed record PickleStorage(ElementType Type, string Key, long Count);

/// <summary>A tensor whose bytes are still in the file.</summary>
internal sealed record PickleTensor(PickleStorage Storage, long Offset, long[] Shape, long[] Strides);

/// <summary>
/// Reads pickles of <c>torch.save</c>. Python's pickles are programs that can call anything; this reader knows only the instructions and the few
/// functions that state dicts need, calls nothing, and names whatever else a file asks for. Sources: Lib/pickletools.py of CPython for the
/// instructions, torch/_weights_only_unpickler.py and torch/_utils.py of PyTorch for the functions.
/// </summary>
/// <remarks>
/// Values are null, <see cref="bool"/>, <see cref="BigInteger"/>, <see cref="double"/>, <see cref="string"/>, <see cref="PickleTuple"/>,
/// <see cref="List{T}"/>, <see cref="OrderedDictionary{TKey, TValue}"/> by text, <see cref="PickleStorage"/> and <see cref="PickleTensor"/>.
/// </remarks>
internal sealed class Unpickler
{
    private const string OrderedDict = "collections.OrderedDict", Size = "torch.Size", RebuildParameter = "torch._utils._rebuild_parameter";
    private const string RebuildTensor = "torch._utils._rebuild_tensor", RebuildTensor2 = "torch._utils._rebuild_tensor_v2";

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Stream _stream;
    private readonly Dictionary<uint, object?> _memo = [];
    private readonly Stack<List<object?>> _outer = new();
    private List<object?> _stack = [];

    private Unpickler(Stream stream) => _stream = stream;

    private sealed record Global(string Name);

    /// <summary>The value of the pickle that begins where the stream is; it stands behind it afterwards.</summary>
    /// <exception cref="BadFileException">The pickle is damaged, or asks for something that is not read.</exception>
    public static object? Read(Stream stream)
    {
        var unpickler = new Unpickler(stream);
        while (unpickler.Step()) { }
        return unpickler.Pop();
    }

    // One instruction; false for that which ends the pickle.
    private bool Step()
    {
        var instruction = Byte();
        switch (instruction)
        {
            case 0x80: Byte(); break; // PROTO
            case 0x95: Bytes(8); break; // FRAME
            case (byte)'.': return false; // STOP
            case (byte)'(': _outer.Push(_stack); _stack = []; break; // MARK
            case (byte)'N': Push(null); break; // NONE
            case 0x88: Push(true); break; // NEWTRUE
            case 0x89: Push(false); break; // NEWFALSE
            case (byte)'K': Push(new BigInteger(Byte())); break; // BININT1
            case (byte)'M': Push(new BigInteger(BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2)))); break; // BININT2
            case (byte)'J': Push(new BigInteger(BinaryPrimitives.ReadInt32LittleEndian(Bytes(4)))); break; // BININT
            case 0x8a: Push(new BigInteger(Bytes(Byte()))); break; // LONG1
            case (byte)'G': Push(BinaryPrimitives.ReadDoubleBigEndian(Bytes(8))); break; // BINFLOAT
            case (byte)'U': Push(Text(Byte())); break; // SHORT_BINSTRING
            case (byte)'X': Push(Text(UInt32())); break; // BINUNICODE
            case 0x8c: Push(Text(Byte())); break; // SHORT_BINUNICODE
            case (byte)')': Push(new PickleTuple([])); break; // EMPTY_TUPLE
            case (byte)']': Push(new List<object?>()); break; // EMPTY_LIST
            case (byte)'}': Push(new OrderedDictionary<string, object?>()); break; // EMPTY_DICT
            case 0x85: Tuple(1); break; // TUPLE1
            case 0x86: Tuple(2); break; // TUPLE2
            case 0x87: Tuple(3); break; // TUPLE3
            case (byte)'t': Push(new PickleTuple([.. Marked()])); break; // TUPLE
            case (byte)'a': Append([Pop()]); break; // APPEND
            case (byte)'e': Append(Marked()); break; // APPENDS
            case (byte)'s': SetItems([.. Top(2)]); break; // SETITEM
            case (byte)'u': SetItems(Marked()); break; // SETITEMS
            case (byte)'q': _memo[Byte()] = Peek(); break; // BINPUT
            case (byte)'r': _memo[UInt32()] = Peek(); break; // LONG_BINPUT
            case 0x94: _memo[(uint)_memo.Count] = Peek(); break; // MEMOIZE
            case (byte)'h': Push(Remembered(Byte())); break; // BINGET
            case (byte)'j': Push(Remembered(UInt32())); break; // LONG_BINGET
            case (byte)'c': Push(Find(Line(), Line())); break; // GLOBAL
            case 0x93: // STACK_GLOBAL
                var names = Top(2);
                Push(Find(As<string>(names[0], "a module"), As<string>(names[1], "a name")));
                break;
            case (byte)'Q': Push(Storage(As<PickleTuple>(Pop(), "a persistent identifier").Values)); break; // BINPERSID
            case (byte)'R': // REDUCE
                var call = Top(2);
                Push(Call(call[0], As<PickleTuple>(call[1], "arguments").Values));
                break;
            case (byte)'b': // BUILD: attributes of a dictionary, such as the versions of the modules of a state dict.
                Pop();
                As<OrderedDictionary<string, object?>>(Peek(), "what attributes are set on");
                break;
            default: throw BadFileException.Unread($"the pickle has instruction 0x{instruction:x2}, which no state dict needs");
        }
        return true;
    }

    private static object Find(string module, string name) => $"{module}.{name}" switch
    {
        (OrderedDict or Size or RebuildParameter or RebuildTensor or RebuildTensor2) and var known => new Global(known),
        // Its elements are bytes.
        "torch.storage.UntypedStorage" or "torch.UntypedStorage" => ElementType.UInt8,
        var other when module == "torch" && ElementType.All.FirstOrDefault(type => type.Storage == name) is { } type => type,
        var other => throw BadFileException.Unread($"the pickle asks for '{other}'; only tensors, dictionaries, lists, numbers and texts are read"),
    };

    private static object Call(object? function, object?[] arguments) => (function as Global)?.Name switch
    {
        OrderedDict when arguments.Length == 0 => new OrderedDictionary<string, object?>(),
        // Pairs, as Python 2 wrote them.
        OrderedDict when arguments is [List<object?> pairs] => OfPairs(pairs),
        Size when arguments is [PickleTuple lengths] => lengths,
        RebuildParameter when arguments is [PickleTensor tensor, ..] => tensor,
        RebuildTensor or RebuildTensor2 when arguments is [PickleStorage storage, BigInteger offset, PickleTuple shape, PickleTuple strides, ..]
            => new PickleTensor(storage, Long(offset), Lengths(shape), Lengths(strides)),
        var name => throw BadFileException.Damaged($"the pickle calls {name ?? "what is no function"} with arguments that do not fit"),
    };

    private static OrderedDictionary<string, object?> OfPairs(List<object?> pairs)
    {
        var dictionary = new OrderedDictionary<string, object?>();
        foreach (var pair in pairs)
        {
            var (key, value) = pair is List<object?> { Count: 2 } list ? (list[0], list[1])
                : pair is PickleTuple { Values: [var first, var second] } ? (first, second)
                : throw BadFileException.Damaged($"an OrderedDict is made of something other than pairs");
            dictionary[Key(key)] = value;
        }
        return dictionary;
    }

    // ('storage', class, key, device, number of elements) and, in files before PyTorch 1.6, None: views of storages were given up long before.
    private static PickleStorage Storage(object?[] identifier) => identifier is ["storage", ElementType type, string key, string, BigInteger count, .. var rest] && rest is [] or [null]
        ? new(type, key, Long(count))
        : throw BadFileException.Unread($"the pickle refers to something other than the storage of a tensor");

    private static long[] Lengths(PickleTuple tuple) => Array.ConvertAll(tuple.Values, length => Long(As<BigInteger>(length, "a length")));

    private static long Long(BigInteger value) => value >= 0 && value <= long.MaxValue ? (long)value : throw BadFileException.Damaged($"{value} is no length and no place");

    private static string Key(object? key) => key switch
    {
        string text => text,
        BigInteger number => number.ToString(CultureInfo.InvariantCulture),
        _ => throw BadFileException.Unread($"a dictionary has a key that is no text and no whole number"),
    };

    private static T As<T>(object? value, string what) => value is T fitting ? fitting : throw BadFileException.Damaged($"the pickle has something else where {what} should be");

    private void Append(IEnumerable<object?> values) => As<List<object?>>(Peek(), "a list").AddRange(values);

    private void SetItems(List<object?> keysAndValues)
    {
        var dictionary = As<OrderedDictionary<string, object?>>(Peek(), "a dictionary");
        if (keysAndValues.Count % 2 != 0) throw BadFileException.Damaged($"the pickle has a key without a value");
        for (var i = 0; i < keysAndValues.Count; i += 2) dictionary[Key(keysAndValues[i])] = keysAndValues[i + 1];
    }

    private void Tuple(int count) => Push(new PickleTuple(Top(count)));

    private void Push(object? value) => _stack.Add(value);

    private object? Peek() => _stack.Count > 0 ? _stack[^1] : throw Underflow();

    private object? Pop() => Top(1)[0];

    private object?[] Top(int count)
    {
        if (_stack.Count < count) throw Underflow();
        var top = _stack[^count..].ToArray();
        _stack.RemoveRange(_stack.Count - count, count);
        return top;
    }

    private List<object?> Marked()
    {
        var marked = _stack;
        _stack = _outer.Count > 0 ? _outer.Pop() : throw Underflow();
        return marked;
    }

    private static BadFileException Underflow() => BadFileException.Damaged($"the pickle takes values that are not there");

    private object? Remembered(uint place) => _memo.TryGetValue(place, out var value) ? value : throw BadFileException.Damaged($"the pickle recalls value {place}, which it did not keep");

    private byte Byte() => _stream.ReadByte() is >= 0 and var value ? (byte)value : throw BadFileException.Damaged($"the pickle ends too early");

    private byte[] Bytes(long count) => BinaryFile.Bytes(_stream, count, "a value of the pickle");

    private uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4));

    private string Text(long count) => Decode(Bytes(count));

    private string Line()
    {
        var line = new List<byte>();
        for (var b = Byte(); b != '\n'; b = Byte()) line.Add(b);
        return Decode([.. line]);
    }

    private static string Decode(byte[] bytes)
    {
        try
        {
            return Utf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw BadFileException.Damaged($"the pickle has a text that is not UTF-8");
        }
    }
}
