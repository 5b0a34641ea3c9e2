using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace LargeSteps.Formats;

/// <summary>A Python tuple.</summary>
internal sealed record PickleTuple(object?[] Values);

/// <summary>A function or a class that a pickle names.</summary>
internal sealed record PickleFunction(string Name);

/// <summary>
/// A value of which nothing but the name of its class or function is known: it stands where Python would have a value, takes whatever is
/// put into it or called on it, and keeps none of that. So a file is read past what it has beside its tensors without anything being
/// called.
/// </summary>
internal sealed record PickleOpaque(string Name);

/// <summary>What the pickles of one kind of file may name, and what that gives: nothing that a pickle names is looked up or run.</summary>
internal abstract class PickleFunctions
{
    /// <summary>What such a file holds, for messages: <c>state dict</c>.</summary>
    public abstract string Content { get; }

    /// <summary>What is read, for messages: <c>tensors, lists and numbers</c>.</summary>
    public abstract string Known { get; }

    /// <summary>What a name stands for; null where it is none of those that are known, a <see cref="PickleOpaque"/> where it does not
    /// matter.</summary>
    public abstract object? Find(string module, string name);

    /// <summary>The value of a known function; null where the arguments do not fit.</summary>
    public abstract object? Call(PickleFunction function, object?[] arguments);

    /// <summary>A value that is no text, number, list or dictionary, such as bytes or a set; null where there may be none.</summary>
    /// <param name="name">The name of its class.</param>
    public virtual object? Opaque(string name) => null;

    /// <summary>The value that a persistent identifier refers to; null where there are none of this kind.</summary>
    public virtual object? Persistent(object?[] identifier) => null;

    /// <summary>Sets the state of a value; false where it has none, or not this.</summary>
    public abstract bool Build(object? value, object? state);

    /// <summary>A byte string of Python 2, which may be text.</summary>
    public abstract object ByteString(byte[] bytes);

    /// <summary>The text of a key of a dictionary; null where keys of this kind are not read.</summary>
    public virtual string? Key(object? key) => key switch
    {
        string text => text,
        byte[] bytes => Unpickler.Decode(bytes),
        BigInteger number => number.ToString(CultureInfo.InvariantCulture),
        _ => null,
    };
}

/// <summary>
/// Reads pickles. Python's pickles are programs that can call anything; this reader knows only the instructions that the files need which
/// it is for, and the few functions that <see cref="PickleFunctions"/> names, calls nothing, and names whatever else a file asks for.
/// Source: Lib/pickletools.py of CPython.
/// </summary>
/// <remarks>
/// Values are null, <see cref="bool"/>, <see cref="BigInteger"/>, <see cref="double"/>, <see cref="string"/>, <see cref="PickleTuple"/>,
/// <see cref="List{T}"/>, <see cref="OrderedDictionary{TKey, TValue}"/> by text, <see cref="PickleOpaque"/>, and what the functions give.
/// </remarks>
internal sealed class Unpickler
{
    // More than any state dict or batch has; a pickle makes a value, which takes some 60 bytes, from a byte.
    private const int MostValues = 4_000_000;

    // No module or class has a longer name.
    private const int LongestName = 1000;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Stream _stream;
    private readonly PickleFunctions _functions;
    private readonly Dictionary<uint, object?> _memo = [];
    private readonly Stack<List<object?>> _outer = new();
    private List<object?> _stack = [];
    private int _values;

    private Unpickler(Stream stream, PickleFunctions functions) => (_stream, _functions) = (stream, functions);

    /// <summary>The value of the pickle that begins where the stream is; it stands behind it afterwards.</summary>
    /// <param name="stream">The stream, which knows its length.</param>
    /// <param name="functions">What the pickle may name.</param>
    /// <exception cref="BadFileException">The pickle is damaged, or asks for something that is not read.</exception>
    public static object? Read(Stream stream, PickleFunctions functions)
    {
        var unpickler = new Unpickler(stream, functions);
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
            case (byte)'(': Mark(); break; // MARK
            case (byte)'N': Push(null); break; // NONE
            case 0x88: Push(true); break; // NEWTRUE
            case 0x89: Push(false); break; // NEWFALSE
            case (byte)'K': Push(new BigInteger(Byte())); break; // BININT1
            case (byte)'M': Push(new BigInteger(BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2)))); break; // BININT2
            case (byte)'J': Push(new BigInteger(BinaryPrimitives.ReadInt32LittleEndian(Bytes(4)))); break; // BININT
            case 0x8a: Push(new BigInteger(Bytes(Byte()))); break; // LONG1
            case 0x8b: Push(new BigInteger(Bytes(BinaryPrimitives.ReadInt32LittleEndian(Bytes(4))))); break; // LONG4
            case (byte)'G': Push(BinaryPrimitives.ReadDoubleBigEndian(Bytes(8))); break; // BINFLOAT
            case (byte)'U': Push(_functions.ByteString(Bytes(Byte()))); break; // SHORT_BINSTRING
            case (byte)'T': Push(_functions.ByteString(Bytes(BinaryPrimitives.ReadInt32LittleEndian(Bytes(4))))); break; // BINSTRING
            case (byte)'X': Push(Text(UInt32())); break; // BINUNICODE
            case 0x8c: Push(Text(Byte())); break; // SHORT_BINUNICODE
            case 0x8d: Push(Text(Int64())); break; // BINUNICODE8
            case (byte)'C': Skip(Byte(), "bytes", instruction); break; // SHORT_BINBYTES
            case (byte)'B': Skip(UInt32(), "bytes", instruction); break; // BINBYTES
            case 0x8e: Skip(Int64(), "bytes", instruction); break; // BINBYTES8
            case 0x96: Skip(Int64(), "bytearray", instruction); break; // BYTEARRAY8
            case (byte)'0': Pop(); break; // POP
            case (byte)'1': Marked(); break; // POP_MARK
            case (byte)'2': Push(Peek()); break; // DUP
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
            case 0x8f: Push(Opaque("set", instruction)); break; // EMPTY_SET
            case 0x90: // ADDITEMS
                Marked();
                As<PickleOpaque>(Peek(), "a set");
                break;
            case 0x91: // FROZENSET
                Marked();
                Push(Opaque("frozenset", instruction));
                break;
            case (byte)'q': Remember(Byte()); break; // BINPUT
            case (byte)'r': Remember(UInt32()); break; // LONG_BINPUT
            case 0x94: Remember((uint)_memo.Count); break; // MEMOIZE
            case (byte)'h': Push(Remembered(Byte())); break; // BINGET
            case (byte)'j': Push(Remembered(UInt32())); break; // LONG_BINGET
            case (byte)'c': Push(Find(Line(), Line())); break; // GLOBAL
            case 0x93: // STACK_GLOBAL
                var names = Top(2);
                var (module, name) = (As<string>(names[0], "a module"), As<string>(names[1], "a name"));
                if (module.Length > LongestName || name.Length > LongestName) throw TooLong();
                Push(Find(module, name));
                break;
            case (byte)'Q': // BINPERSID
                Push(_functions.Persistent(As<PickleTuple>(Pop(), "a persistent identifier").Values)
                    ?? throw BadFileException.Unread($"the pickle refers to something other than the storage of a tensor"));
                break;
            case (byte)'R': // REDUCE
                var call = Top(2);
                Push(Call(call[0], As<PickleTuple>(call[1], "arguments").Values));
                break;
            case 0x81: // NEWOBJ
                var made = Top(2);
                Push(Call(made[0], As<PickleTuple>(made[1], "arguments").Values));
                break;
            case 0x92: // NEWOBJ_EX
                var named = Top(3);
                Push(Call(named[0], As<PickleTuple>(named[1], "arguments").Values));
                break;
            case (byte)'b': // BUILD
                var state = Pop();
                if (Peek() is not PickleOpaque && !_functions.Build(Peek(), state))
                {
                    throw BadFileException.Damaged(
                    $"the pickle has a state that does not fit its value");
                }

                break;
            default: throw Unneeded(instruction);
        }
        return true;
    }

    private object Find(string module, string name) => _functions.Find(module, name)
        ?? throw BadFileException.Unread($"the pickle asks for '{module}.{name}'; only {_functions.Known} are read");

    private object Call(object? function, object?[] arguments) => function switch
    {
        PickleOpaque opaque => opaque,
        PickleFunction known => _functions.Call(known, arguments)
            ?? throw BadFileException.Damaged($"the pickle calls {known.Name} with arguments that do not fit"),
        _ => throw BadFileException.Damaged($"the pickle calls what is no function with arguments that do not fit"),
    };

    private object Opaque(string name, byte instruction) => _functions.Opaque(name) ?? throw Unneeded(instruction);

    private BadFileException Unneeded(byte instruction) =>
        BadFileException.Unread($"the pickle has instruction 0x{instruction:x2}, which no {_functions.Content} needs");

    // Bytes that nobody asks for.
    private void Skip(long count, string name, byte instruction)
    {
        var opaque = Opaque(name, instruction);
        Bytes(count);
        Push(opaque);
    }

    private string Key(object? key) => _functions.Key(key)
        ?? throw BadFileException.Unread($"a dictionary has a key that is no text and no whole number");

    private static T As<T>(object? value, string what) => value is T fitting ? fitting
        : throw BadFileException.Damaged($"the pickle has something else where {what} should be");

    private void Append(IEnumerable<object?> values)
    {
        if (Peek() is not PickleOpaque) As<List<object?>>(Peek(), "a list").AddRange(values);
    }

    private void SetItems(List<object?> keysAndValues)
    {
        if (Peek() is PickleOpaque) return;
        var dictionary = As<OrderedDictionary<string, object?>>(Peek(), "a dictionary");
        if (keysAndValues.Count % 2 != 0) throw BadFileException.Damaged($"the pickle has a key without a value");
        for (var i = 0; i < keysAndValues.Count; i += 2) Put(dictionary, Key(keysAndValues[i]), keysAndValues[i + 1]);
    }

    /// <summary>Puts a value into a dictionary. 0 and '0' are two keys to Python: taking the last of them would lose the other without a
    /// word.</summary>
    public static void Put(OrderedDictionary<string, object?> dictionary, string key, object? value)
    {
        if (!dictionary.TryAdd(key, value)) throw BadFileException.Unread($"a dictionary has two keys that are written '{key}'");
    }

    private void Tuple(int count) => Push(new PickleTuple(Top(count)));

    private void Push(object? value)
    {
        Count();
        _stack.Add(value);
    }

    private void Mark()
    {
        Count();
        _outer.Push(_stack);
        _stack = [];
    }

    private void Count()
    {
        if (++_values > MostValues) throw BadFileException.Unread($"the pickle has more than {MostValues} values");
    }

    private void Remember(uint place)
    {
        Count();
        _memo[place] = Peek();
    }

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

    private static BadFileException TooLong() => BadFileException.Damaged(
        $"the pickle has a name of a module or a class of more than {LongestName} bytes");

    private static BadFileException Underflow() => BadFileException.Damaged($"the pickle takes values that are not there");

    private object? Remembered(uint place) => _memo.TryGetValue(place, out var value) ? value
        : throw BadFileException.Damaged($"the pickle recalls value {place}, which it did not keep");

    private byte Byte() => _stream.ReadByte() is >= 0 and var value ? (byte)value
        : throw BadFileException.Damaged($"the pickle ends too early");

    private byte[] Bytes(long count) => BinaryFile.Bytes(_stream, count, "a value of the pickle");

    private uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4));

    private long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Bytes(8));

    private string Text(long count) => Decode(Bytes(count));

    private string Line()
    {
        var line = new List<byte>();
        for (var b = Byte(); b != '\n'; b = Byte())
        {
            if (line.Count == LongestName) throw TooLong();
            line.Add(b);
        }
        return Decode([.. line]);
    }

    /// <summary>The text of bytes in UTF-8.</summary>
    public static string Decode(byte[] bytes)
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
