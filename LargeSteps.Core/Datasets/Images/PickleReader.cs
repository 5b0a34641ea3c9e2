using System.Buffers.Binary;
using System.Text;

namespace LargeSteps.Datasets.Images;

/// <summary>An array of bytes as NumPy pickles it.</summary>
/// <param name="Shape">The lengths of its axes.</param>
/// <param name="Bytes">Its elements, last axis first.</param>
internal sealed record PickledArray(int[] Shape, ReadOnlyMemory<byte> Bytes);

/// <summary>
/// Python's pickles as far as the batches of CIFAR need them: dictionaries, lists, tuples, numbers, texts and NumPy arrays of unsigned bytes, protocol 2
/// as Python 2 wrote it and Python 3 writes it. Nothing that a pickle names is looked up or run: of all globals it knows the four that an array names, and refuses others.
/// </summary>
internal sealed class PickleReader
{
    // No batch nests or repeats more than a few things.
    private const int MostObjects = 10_000_000;

    private static readonly object Mark = new();

    private readonly ReadOnlyMemory<byte> _pickle;
    private readonly List<object?> _stack = [];
    private readonly Dictionary<int, object?> _memo = [];
    private int _at;

    private PickleReader(ReadOnlyMemory<byte> pickle) => _pickle = pickle;

    /// <summary>A name of NumPy's that an array is made with.</summary>
    private sealed record Global(string Name);

    /// <summary>The type of elements; only unsigned bytes are known.</summary>
    private sealed record ByteType;

    /// <summary>An array before its state is set.</summary>
    private sealed class ArrayInMaking
    {
        public PickledArray? Array { get; set; }
    }

    /// <summary>
    /// The object of a pickle: dictionaries are <c>Dictionary&lt;string, object?&gt;</c>, lists and tuples <c>List&lt;object?&gt;</c>, numbers long, texts string,
    /// arrays <see cref="PickledArray"/>. Byte strings that are no text are <c>ReadOnlyMemory&lt;byte&gt;</c> within arrays alone.
    /// </summary>
    /// <exception cref="InvalidDataException">It breaks off, or holds something else.</exception>
    public static object? Read(ReadOnlyMemory<byte> pickle)
    {
        var reader = new PickleReader(pickle);
        try
        {
            return Plain(reader.Run());
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or IndexOutOfRangeException or InvalidCastException or FormatException or OverflowException)
        {
            throw new InvalidDataException(FormattableString.Invariant($"the pickle makes no sense at byte {reader._at}"), e);
        }
    }

    private object? Run()
    {
        while (true)
        {
            if (_stack.Count > MostObjects) throw new InvalidDataException("the pickle holds too many objects");
            var code = Byte();
            switch (code)
            {
                case 0x80:
                    if (Byte() > 2) throw new InvalidDataException("the pickle is of a protocol later than 2");
                    break;
                case (byte)'.': return Pop();
                case (byte)'(': _stack.Add(Mark); break;
                case (byte)'}': _stack.Add(new Dictionary<string, object?>()); break;
                case (byte)']': _stack.Add(new List<object?>()); break;
                case (byte)')': _stack.Add(new List<object?>()); break;
                case (byte)'N': _stack.Add(null); break;
                case 0x88: _stack.Add(true); break;
                case 0x89: _stack.Add(false); break;
                case (byte)'K': _stack.Add((long)Byte()); break;
                case (byte)'M': _stack.Add((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2).Span)); break;
                case (byte)'J': _stack.Add((long)Int32()); break;
                case (byte)'U': _stack.Add(Take(Byte())); break;
                case (byte)'T': _stack.Add(Take(Int32())); break;
                case (byte)'X': _stack.Add(Take(Int32())); break;
                case (byte)'c': _stack.Add(new Global($"{Line()}.{Line()}")); break;
                case (byte)'q': _memo[Byte()] = _stack[^1]; break;
                case (byte)'r': _memo[Int32()] = _stack[^1]; break;
                case (byte)'h': _stack.Add(Remembered(Byte())); break;
                case (byte)'j': _stack.Add(Remembered(Int32())); break;
                case 0x85: _stack.Add(PopLast(1)); break;
                case 0x86: _stack.Add(PopLast(2)); break;
                case 0x87: _stack.Add(PopLast(3)); break;
                case (byte)'t': _stack.Add(PopToMark()); break;
                case (byte)'a': Append(PopLast(1)); break;
                case (byte)'e': Append(PopToMark()); break;
                case (byte)'s': Set(PopLast(2)); break;
                case (byte)'u': Set(PopToMark()); break;
                case (byte)'R': Reduce(); break;
                case (byte)'b': Build(); break;
                default: throw new InvalidDataException(FormattableString.Invariant($"the pickle has instruction 0x{code:x2}, which no batch of images needs"));
            }
        }
    }

    private void Reduce()
    {
        var arguments = (List<object?>)Pop()!;
        _stack.Add(((Global)Pop()!).Name switch
        {
            "numpy.core.multiarray._reconstruct" or "numpy._core.multiarray._reconstruct" when arguments[0] is Global { Name: "numpy.ndarray" } => new ArrayInMaking(),
            "numpy.dtype" when Text(arguments[0]) == "u1" => new ByteType(),
            // How Python 3 writes a byte string for Python 2: as the text of the characters of the same numbers.
            "_codecs.encode" when Text(arguments[1]) == "latin1" => new ReadOnlyMemory<byte>(Encoding.Latin1.GetBytes(Text(arguments[0]))),
            var name => throw new InvalidDataException($"the pickle calls {name}, which no batch of images needs"),
        });
    }

    private void Build()
    {
        var state = (List<object?>)Pop()!;
        switch (_stack[^1])
        {
            case ByteType:
                break;
            case ArrayInMaking making:
                // (version, shape, type, whether columns come first, elements)
                if (state[2] is not ByteType || state[3] is not false) throw new InvalidDataException("the pickle has an array that is not of unsigned bytes, row by row");
                var shape = ((List<object?>)state[1]!).ConvertAll(length => checked((int)(long)length!)).ToArray();
                var bytes = (ReadOnlyMemory<byte>)state[4]!;
                if (shape.Any(length => length < 0) || shape.Aggregate(1L, (product, length) => checked(product * length)) != bytes.Length)
                    throw new InvalidDataException("the pickle has an array whose length is not that of its shape");
                making.Array = new PickledArray(shape, bytes);
                break;
            default:
                throw new InvalidDataException("the pickle sets the state of something that is no array");
        }
    }

    private void Append(List<object?> items) => ((List<object?>)_stack[^1]!).AddRange(items);

    private void Set(List<object?> items)
    {
        var dictionary = (Dictionary<string, object?>)_stack[^1]!;
        for (var i = 0; i < items.Count; i += 2) dictionary[Text(items[i])] = items[i + 1];
    }

    // Only what is under a text of the top dictionary is asked for, so what lies deeper may stay as it was read.
    private static object? Plain(object? value) => value switch
    {
        Dictionary<string, object?> dictionary => dictionary.ToDictionary(pair => pair.Key, pair => Plain(pair.Value)),
        ArrayInMaking { Array: { } array } => array,
        ReadOnlyMemory<byte> text => Text(text),
        _ => value,
    };

    private static string Text(object? value) => Encoding.UTF8.GetString(((ReadOnlyMemory<byte>)value!).Span);

    private object? Remembered(int key) => _memo.TryGetValue(key, out var value) ? value : throw new InvalidDataException("the pickle refers to something that it does not hold");

    private object? Pop()
    {
        var top = _stack[^1];
        _stack.RemoveAt(_stack.Count - 1);
        return top;
    }

    private List<object?> PopLast(int count)
    {
        var last = _stack.GetRange(_stack.Count - count, count);
        _stack.RemoveRange(_stack.Count - count, count);
        return last;
    }

    private List<object?> PopToMark()
    {
        var mark = _stack.LastIndexOf(Mark);
        var items = PopLast(_stack.Count - mark - 1);
        Pop();
        return items;
    }

    private byte Byte() => Take(1).Span[0];

    private int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4).Span);

    private ReadOnlyMemory<byte> Take(int count)
    {
        if (count < 0 || count > _pickle.Length - _at) throw new InvalidDataException(FormattableString.Invariant($"the pickle breaks off at byte {_pickle.Length}"));
        var taken = _pickle.Slice(_at, count);
        _at += count;
        return taken;
    }

    private string Line()
    {
        var length = _pickle.Span[_at..].IndexOf((byte)'\n');
        var line = Encoding.ASCII.GetString(Take(length).Span);
        _at++;
        return line;
    }
}
