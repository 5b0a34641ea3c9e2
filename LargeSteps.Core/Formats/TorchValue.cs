using System.Globalization;
using System.Numerics;
using LargeSteps.Values;

namespace LargeSteps.Formats;

/// <summary>
/// What <c>torch.save</c> writes: tensors, and what Python nests them in. A state dict is a dictionary of tensors; programs also save
/// dictionaries and lists of state dicts, with numbers, texts and objects of any class beside them.
/// </summary>
public abstract record TorchValue
{
    private protected TorchValue() { }

    private protected abstract void Close();

    /// <summary>A tensor. A file has no name for it; one that was read has the key that it lies under.</summary>
    public static TorchValue Tensor(NamedTensor tensor) => new TorchTensor(tensor);

    /// <summary>Values by key: a dictionary of Python. In a file that was read, keys that are no texts are written as Python shows them:
    /// <c>3</c>, <c>True</c>, <c>(1, 2)</c>.</summary>
    public static TorchValue Mapping(params IEnumerable<KeyValuePair<string, TorchValue>> entries) => new TorchMapping(Items.From(entries));

    /// <summary>A list or a tuple.</summary>
    public static TorchValue List(params IEnumerable<TorchValue> values) => new TorchList(Items.From(values));

    /// <summary>A state dict: a dictionary of tensors by their names.</summary>
    public static TorchValue StateDict(IEnumerable<NamedTensor> tensors) =>
        Mapping(tensors.Select(tensor => KeyValuePair.Create(tensor.Name, Tensor(tensor))));

    /// <summary>A value without others in it.</summary>
    public static TorchValue Scalar(TorchScalar value) => new TorchLeaf(value);

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(Func<TorchTensor, TResult> tensor, Func<TorchMapping, TResult> mapping, Func<TorchList, TResult> list,
        Func<TorchLeaf, TResult> leaf) => this switch
        {
            TorchTensor t => tensor(t),
            TorchMapping m => mapping(m),
            TorchList s => list(s),
            TorchLeaf l => leaf(l),
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    /// <summary>The value at a path of keys and of places in lists (from 0), with <c>/</c> between them: <c>states/0</c>. The empty path is
    /// this value.</summary>
    /// <returns>Null where there is none.</returns>
    public TorchValue? Find(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return path.Length == 0 ? this : path.Split('/').Aggregate((TorchValue?)this, (value, key) => value?.Child(key));
    }

    /// <summary>The tensors that lie in a dictionary, whatever else does, in its order, each named by its key; null where there are
    /// none.</summary>
    public Items<NamedTensor>? Tensors() => Match(_ => null, mapping => mapping.AsStateDict(), _ => null, _ => null);

    private TorchValue? Child(string key) => Match(
        _ => null,
        mapping => mapping.Entries.FirstOrDefault(entry => entry.Key == key).Value,
        list => int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var place) && place < list.Values.Count
            ? list.Values[place] : null,
        _ => null);
}

/// <summary>A tensor.</summary>
public sealed record TorchTensor(NamedTensor Value) : TorchValue { private protected override void Close() { } }

/// <summary>Values by key: a dictionary of Python, in its order.</summary>
public sealed record TorchMapping(Items<KeyValuePair<string, TorchValue>> Entries) : TorchValue
{
    private protected override void Close() { }

    internal Items<NamedTensor>? AsStateDict()
    {
        var tensors = Items.From(Entries.Select(entry => (entry.Value as TorchTensor)?.Value.WithName(entry.Key)).OfType<NamedTensor>());
        return tensors.Count > 0 ? tensors : null;
    }
}

/// <summary>A list or a tuple.</summary>
public sealed record TorchList(Items<TorchValue> Values) : TorchValue { private protected override void Close() { } }

/// <summary>A value without others in it.</summary>
public sealed record TorchLeaf(TorchScalar Value) : TorchValue { private protected override void Close() { } }

/// <summary>A value that is no tensor and has none in it.</summary>
public abstract record TorchScalar
{
    private protected TorchScalar() { }

    private protected abstract void Close();

    /// <summary><c>None</c>.</summary>
    public static TorchScalar Nothing { get; } = new TorchNothing();

    /// <summary><c>True</c> or <c>False</c>.</summary>
    public static TorchScalar Flag(bool value) => new TorchFlag(value);

    /// <summary>A whole number.</summary>
    public static TorchScalar Whole(BigInteger value) => new TorchWhole(value);

    /// <summary>A floating-point number.</summary>
    public static TorchScalar Real(double value) => new TorchReal(value);

    /// <summary>A text.</summary>
    public static TorchScalar Text(string value) => new TorchText(value);

    /// <summary>A value of another kind, of which the name of its class or function is known: see <see cref="TorchOpaque"/>.</summary>
    public static TorchScalar Opaque(string name) => new TorchOpaque(name);

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(
        Func<TorchNothing, TResult> nothing, Func<TorchFlag, TResult> flag, Func<TorchWhole, TResult> whole, Func<TorchReal, TResult> real,
            Func<TorchText, TResult> text,
        Func<TorchOpaque, TResult> opaque) => this switch
        {
            TorchNothing n => nothing(n),
            TorchFlag f => flag(f),
            TorchWhole w => whole(w),
            TorchReal r => real(r),
            TorchText t => text(t),
            TorchOpaque o => opaque(o),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
}

/// <summary><c>None</c>.</summary>
public sealed record TorchNothing : TorchScalar { private protected override void Close() { } }

/// <summary><c>True</c> or <c>False</c>.</summary>
public sealed record TorchFlag(bool Value) : TorchScalar { private protected override void Close() { } }

/// <summary>A whole number.</summary>
public sealed record TorchWhole(BigInteger Value) : TorchScalar { private protected override void Close() { } }

/// <summary>A floating-point number.</summary>
public sealed record TorchReal(double Value) : TorchScalar { private protected override void Close() { } }

/// <summary>A text.</summary>
public sealed record TorchText(string Value) : TorchScalar { private protected override void Close() { } }

/// <summary>
/// A value of a kind that is not read, such as a set, bytes, a NumPy number or an object of any class: a file is read past it, and nothing
/// is called for it. It is not written.
/// </summary>
/// <param name="Name">The name of the class or function that the file has for it: <c>argparse.Namespace</c>.</param>
public sealed record TorchOpaque(string Name) : TorchScalar { private protected override void Close() { } }
