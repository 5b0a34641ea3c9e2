using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace LargeSteps.Formats;

/// <summary>
/// Writes the pickle that <c>torch.save</c> makes of a value, in protocol 2 and without the memo, which only makes it shorter. Dictionaries
/// become
/// <c>OrderedDict</c>s. Sources: Lib/pickletools.py of CPython; <c>_save</c> in torch/serialization.py and torch/_utils.py of PyTorch.
/// </summary>
internal sealed class Pickler
{
    private readonly ArrayBufferWriter<byte> _pickle = new();
    private readonly List<NamedTensor> _storages = [];

    private Pickler() { }

    /// <summary>The pickle, and the tensors whose storages it refers to by their place in this list.</summary>
    public static (byte[] Pickle, IReadOnlyList<NamedTensor> Storages) Write(TorchValue value)
    {
        var pickler = new Pickler();
        pickler.Raw([0x80, 2]); // PROTO
        pickler.Value(value);
        pickler.Op('.'); // STOP
        return (pickler._pickle.WrittenSpan.ToArray(), pickler._storages);
    }

    private void Value(TorchValue value)
    {
        Action write = value.Match<Action>(
            tensor => () => Tensor(tensor.Value),
            mapping => () => Mapping(mapping),
            list => () => List(list),
            leaf => () => Scalar(leaf.Value));
        write();
    }

    private void Scalar(TorchScalar scalar)
    {
        Action write = scalar.Match<Action>(
            nothing => () => Op('N'), // NONE
            flag => () => Flag(flag.Value),
            whole => () => Whole(whole.Value),
            real => () => Real(real.Value),
            text => () => Text(text.Value),
            opaque => () => throw new ArgumentException($"a value of {opaque.Name} is not written", nameof(scalar)));
        write();
    }

    private void Mapping(TorchMapping mapping)
    {
        NewDictionary();
        Op('('); // MARK
        foreach (var (key, value) in mapping.Entries)
        {
            Text(key);
            Value(value);
        }
        Op('u'); // SETITEMS
    }

    private void NewDictionary()
    {
        Global("collections", "OrderedDict");
        Op(')'); // EMPTY_TUPLE
        Op('R'); // REDUCE
    }

    private void List(TorchList list)
    {
        Op(']'); // EMPTY_LIST
        Op('('); // MARK
        foreach (var value in list.Values) Value(value);
        Op('e'); // APPENDS
    }

    // _rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, backward_hooks)
    private void Tensor(NamedTensor tensor)
    {
        Global("torch._utils", "_rebuild_tensor_v2");
        Op('('); // MARK
        Op('('); // MARK
        Text("storage");
        Global("torch", tensor.Type.Storage);
        Text(FormattableString.Invariant($"{_storages.Count}"));
        Text("cpu");
        Whole(tensor.Count);
        Op('t'); // TUPLE
        Op('Q'); // BINPERSID
        Whole(0);
        Tuple(tensor.Shape);
        Tuple(Shapes.Strides(tensor.Shape));
        Flag(false);
        NewDictionary();
        Op('t'); // TUPLE
        Op('R'); // REDUCE
        _storages.Add(tensor);
    }

    private void Tuple(IEnumerable<long> values)
    {
        Op('('); // MARK
        foreach (var value in values) Whole(value);
        Op('t'); // TUPLE
    }

    private void Flag(bool value) => Raw([value ? (byte)0x88 : (byte)0x89]); // NEWTRUE, NEWFALSE

    private void Whole(BigInteger value)
    {
        if (value >= int.MinValue && value <= int.MaxValue)
        {
            Op('J'); // BININT
            var four = new byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(four, (int)value);
            Raw(four);
        }
        else
        {
            var bytes = value.ToByteArray();
            if (bytes.Length > byte.MaxValue) throw new ArgumentException("a whole number has more than 255 bytes", nameof(value));
            Raw([0x8a, (byte)bytes.Length]); // LONG1
            Raw(bytes);
        }
    }

    private void Real(double value)
    {
        Op('G'); // BINFLOAT
        var bytes = new byte[8];
        BinaryPrimitives.WriteDoubleBigEndian(bytes, value);
        Raw(bytes);
    }

    private void Text(string value)
    {
        Op('X'); // BINUNICODE
        var (bytes, length) = (Encoding.UTF8.GetBytes(value), new byte[4]);
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        Raw(length);
        Raw(bytes);
    }

    private void Global(string module, string name)
    {
        Op('c'); // GLOBAL
        Raw(Encoding.UTF8.GetBytes($"{module}\n{name}\n"));
    }

    private void Op(char instruction) => _pickle.Write([(byte)instruction]);

    private void Raw(ReadOnlySpan<byte> bytes) => _pickle.Write(bytes);
}
