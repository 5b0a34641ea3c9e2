using System.IO.Compression;
using System.Numerics;
using System.Text;
using LargeSteps.Values;

namespace LargeSteps.Formats;

/// <summary>
/// Files of PyTorch's <c>torch.save</c> (<c>.pth</c>, <c>.pt</c>): since 1.6 a zip file with a pickle (<c>data.pkl</c>) and the bytes of
/// each storage (<c>data/0</c> …), before that pickles followed by the storages. Both are read, the first is written, and nothing that a
/// file asks for is executed. Sources: <c>_save</c>, <c>_load</c>, <c>_legacy_save</c> and <c>_legacy_load</c> in torch/serialization.py of
/// PyTorch.
/// </summary>
public static class TorchFile
{
    private const string Folder = "archive/";

    private const int MaxDepth = 64, MaxValues = 1_000_000, LongestWord = 20;

    private static readonly BigInteger LegacyMagic = BigInteger.Parse("119547037146038801333356",
        System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Writes a state dict, which <c>torch.load</c> reads as an <c>OrderedDict</c> of tensors on the CPU.</summary>
    /// <inheritdoc cref="Write(string, TorchValue)"/>
    public static void WriteStateDict(string path, IEnumerable<NamedTensor> tensors) => Write(path, TorchValue.StateDict(tensors));

    /// <summary>Writes a value, aside and renamed. Dictionaries become <c>OrderedDict</c>s. The same value gives the same bytes.</summary>
    /// <exception cref="ArgumentException">A key is there twice, a value is a <see cref="TorchOpaque"/>, or the file would have more than 4
    /// GiB.</exception>
    public static void Write(string path, TorchValue value)
    {
        var (pickle, storages) = Pickler.Write(value);
        (string, ReadOnlyMemory<byte>)[] entries =
        [
            (Folder + "data.pkl", pickle),
            (Folder + "byteorder", "little"u8.ToArray()),
            .. storages.Select((storage, i) => (FormattableString.Invariant($"{Folder}data/{i}"), storage.Bytes)),
            (Folder + "version", "3\n"u8.ToArray()),
        ];
        WholeFile.Write(path, aside =>
        {
            using var stream = File.Create(aside);
            StoredZip.Write(stream, entries);
        });
    }

    /// <summary>
    /// What a file holds. Tensors whose elements do not lie row by row (transposed, strided) are copied so that they do. What is neither a
    /// tensor nor a dictionary, list, number or text is a <see cref="TorchOpaque"/>; so are sparse and complex tensors.
    /// </summary>
    /// <returns>A failure where the file cannot be read (LS0701), is damaged or none of PyTorch's (LS0702), or has a tensor in it that is
    /// not read (LS0703; the message names it).</returns>
    public static Outcome<TorchValue> Read(string path) => BinaryFile.Read(path, stream =>
    {
        Span<byte> start = stackalloc byte[4];
        start = start[..stream.ReadAtLeast(start, 4, throwOnEndOfStream: false)];
        stream.Position = 0;
        return start.SequenceEqual("PK\u0003\u0004"u8) ? ReadZip(stream)
            : start.Length > 1 && start[0] == 0x80 && start[1] is >= 2 and <= 5 ? ReadLegacy(stream)
            : throw BadFileException.Damaged(
                $"this is no file of torch.save: it should begin with 50 4B 03 04 (or 80 02, before PyTorch 1.6), but begins with {Hex(start)}");
    });

    /// <summary>The tensors of a state dict in a file, in their order.</summary>
    /// <param name="path">The file.</param>
    /// <param name="at">Where in the file: keys with <c>/</c> between them, see <see cref="TorchValue.Find"/>; nothing where the file is a
    /// state dict.</param>
    /// <returns>A failure as from <see cref="Read"/>, or where there is no state dict at this place (LS0704; the message names the places
    /// that have one).</returns>
    public static Outcome<Items<NamedTensor>> ReadStateDict(string path, string at = "") => Read(path).Bind(root =>
    {
        var places = StateDicts(root).Select(found => found.Place).ToArray();
        // A tensor beside others that lie deeper does not make a state dict of the whole.
        if (at.Length == 0 && places is ["", _, ..])
        {
            return Outcome.Failure<Items<NamedTensor>>(new Diagnostic("LS0704",
                $"the file has several state dicts: '{string.Join("', '", places.Select(each => each.Length == 0 ? "." : each))}'", path));
        }

        if (root.Find(at)?.Tensors() is { } tensors) return Outcome.Success(tensors);
        var place = at.Length == 0 ? "the file is no state dict" : $"the file has no state dict at '{at}'";
        return Outcome.Failure<Items<NamedTensor>>(new Diagnostic("LS0704", place + (places.Length == 0 ? ", and none anywhere"
            : Nearest.Suggestion(at, places)), path));
    });

    /// <summary>The dictionaries in a value that have tensors in them, by their places, in the order of the file.</summary>
    internal static IEnumerable<(string Place, Items<NamedTensor> Tensors)> StateDicts(TorchValue value, string at = "")
    {
        string Below(string key) => at.Length == 0 ? key : $"{at}/{key}";
        var below = value.Match(
            _ => [],
            mapping => mapping.Entries.SelectMany(entry => StateDicts(entry.Value, Below(entry.Key))),
            list => list.Values.SelectMany((item, i) => StateDicts(item, Below(FormattableString.Invariant($"{i}")))),
            _ => []);
        return value.Tensors() is { } tensors ? below.Prepend((at, tensors)) : below;
    }

    private static TorchValue ReadZip(FileStream stream)
    {
        using var zip = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true);
        var pickle = zip.Entries.FirstOrDefault(entry => entry.FullName.EndsWith("/data.pkl", StringComparison.Ordinal)
            && entry.FullName.Count(c => c == '/') == 1)
            ?? throw BadFileException.Damaged($"this is no file of torch.save: the zip file has no 'data.pkl' in a folder");
        var folder = pickle.FullName[..^"data.pkl".Length];
        // Several names of the same bytes would be several times the file in memory.
        if (zip.Entries.Sum(entry => (double)entry.CompressedLength) > stream.Length)
        {
            throw BadFileException.Damaged(
            $"the entries of the zip file overlap: together they are longer than the file of {stream.Length} bytes");
        }

        var entries = new Dictionary<string, ZipArchiveEntry>();
        foreach (var entry in zip.Entries) entries[entry.FullName] = entry;
        if (entries.TryGetValue(folder + "byteorder", out var order)
            && (order.Length > LongestWord ? "…" : Encoding.ASCII.GetString(Content(order))) is var word && word != "little")
        {
            throw BadFileException.Unread($"the elements are in byte order '{word}'; only 'little' is read");
        }

        return Convert(
            Unpickler.Read(new MemoryStream(Content(pickle)), new TorchFunctions()),
            key => entries.TryGetValue($"{folder}data/{key}", out var entry) ? Content(entry)
                : throw BadFileException.Damaged($"the zip file lacks '{folder}data/{key}', the storage of a tensor"));
    }

    private static byte[] Content(ZipArchiveEntry entry)
    {
        if (entry.CompressedLength != entry.Length)
        {
            throw BadFileException.Unread(
            $"'{entry.FullName}' is compressed, which PyTorch does not do");
        }

        if (entry.Length > Array.MaxLength)
        {
            throw BadFileException.Unread(
            $"'{entry.FullName}' has {entry.Length} bytes; at most {Array.MaxLength} are read");
        }

        using var stream = entry.Open();
        var content = new byte[entry.Length];
        stream.ReadExactly(content);
        var crc = Checksums.Crc32(content);
        return crc == entry.Crc32 ? content
            : throw BadFileException.Damaged($"'{entry.FullName}' is damaged: its checksum should be {entry.Crc32:x8}, but is {crc:x8}");
    }

    // Five pickles (a magic number, a version, the machine, the value, the keys of the storages), then of each storage the number of
    // elements and the elements.
    private static TorchValue ReadLegacy(FileStream stream)
    {
        var functions = new TorchFunctions();
        if (Unpickler.Read(stream, functions) is not BigInteger magic || magic != LegacyMagic)
        {
            throw BadFileException.Damaged(
            $"this is no file of torch.save: the first pickle is not its magic number");
        }

        if (Unpickler.Read(stream, functions) is not BigInteger version || version != 1001)
        {
            throw BadFileException.Unread(
            $"the version of the format should be 1001");
        }

        if (Unpickler.Read(stream, functions) is not OrderedDictionary<string, object?> machine
            || machine.GetValueOrDefault("little_endian") is not true)
        {
            throw BadFileException.Unread($"the file was written by a big-endian machine");
        }

        var value = Unpickler.Read(stream, functions);
        if (Unpickler.Read(stream, functions) is not List<object?> keys) throw BadFileException.Damaged($"the list of storages is missing");
        var storages = new Dictionary<string, byte[]>();
        foreach (var key in keys)
        {
            if (key is not string name || !functions.Storages.TryGetValue(name, out var storage))
            {
                throw BadFileException.Damaged(
                $"the file lists a storage that no tensor has");
            }

            var count = BitConverter.ToInt64(BinaryFile.Bytes(stream, 8, "the length of a storage"));
            if (count != storage.Count)
            {
                throw BadFileException.Damaged(
                $"storage '{name}' should have {storage.Count} elements, but has {count}");
            }

            if (storage.Bytes is not { } bytes) throw BadFileException.Unread($"storage '{name}' has elements of an unknown length");
            storages[name] = BinaryFile.Bytes(stream, bytes, $"storage '{name}'");
        }
        return Convert(value, key => storages.GetValueOrDefault(key) ?? throw BadFileException.Damaged($"the file lacks storage '{key}'"));
    }

    private static TorchValue Convert(object? value, Func<string, byte[]> read)
    {
        var (storages, values) = (new Dictionary<string, byte[]>(), 0);
        return Of(value, "", 0);

        // A pickle can hold a value in itself, or in many places: neither may have no end.
        TorchValue Of(object? value, string name, int depth)
        {
            if (depth > MaxDepth) throw BadFileException.Unread($"values are nested more than {MaxDepth} deep");
            if (++values > MaxValues) throw BadFileException.Unread($"the file has more than {MaxValues} values");
            return value switch
            {
                null => TorchValue.Scalar(TorchScalar.Nothing),
                bool flag => TorchValue.Scalar(TorchScalar.Flag(flag)),
                BigInteger whole => TorchValue.Scalar(TorchScalar.Whole(whole)),
                double real => TorchValue.Scalar(TorchScalar.Real(real)),
                string text => TorchValue.Scalar(TorchScalar.Text(text)),
                PickleTuple tuple => List(tuple.Values, depth),
                List<object?> list => List(list, depth),
                OrderedDictionary<string, object?> dictionary =>
                    TorchValue.Mapping(dictionary.Select(entry => KeyValuePair.Create(entry.Key, Of(entry.Value, entry.Key, depth + 1)))),
                PickleTensor tensor => TorchValue.Tensor(TensorOf(tensor, name)),
                _ => TorchValue.Scalar(TorchScalar.Opaque(value switch
                {
                    PickleOpaque opaque => opaque.Name,
                    PickleFunction function => function.Name,
                    _ => "a storage"
                })),
            };
        }

        TorchValue List(IReadOnlyList<object?> values, int depth) =>
            TorchValue.List(values.Select((item, i) => Of(item, FormattableString.Invariant($"{i}"), depth + 1)));

        NamedTensor TensorOf(PickleTensor tensor, string name)
        {
            var storage = tensor.Storage;
            if (!storages.TryGetValue(storage.Key, out var bytes)) storages[storage.Key] = bytes = read(storage.Key);
            if (Shapes.Bytes(storage.Type, [storage.Count]) != bytes.Length)
            {
                throw BadFileException.Damaged(
                $"storage '{storage.Key}' of tensor '{name}' should have {storage.Count} elements of {storage.Type}, but has {bytes.Length} bytes");
            }

            return new NamedTensor(name, storage.Type, Items.From(tensor.Shape), Elements(tensor, bytes, name));
        }
    }

    // The elements of a view of a storage, row by row: a part of the storage where they lie so, otherwise a copy.
    private static ReadOnlyMemory<byte> Elements(PickleTensor tensor, byte[] storage, string name)
    {
        var (shape, strides, size) = (tensor.Shape, tensor.Strides, tensor.Storage.Type.Size);
        var view = $"tensor '{name}' of shape {Shapes.Text(shape)}, strides {Shapes.Text(strides)} and offset {tensor.Offset.ToString(System.Globalization.CultureInfo.InvariantCulture)}";
        if (strides.Length != shape.Length) throw BadFileException.Damaged($"{view} has not a stride for each dimension");
        if (shape.Contains(0)) return ReadOnlyMemory<byte>.Empty;
        var last = shape.Zip(strides, (length, stride) => (length - BigInteger.One) * stride).Aggregate(new BigInteger(tensor.Offset),
            BigInteger.Add);
        if (last >= tensor.Storage.Count)
        {
            throw BadFileException.Damaged(
            $"{view} reaches beyond its storage of {tensor.Storage.Count} elements");
        }
        // Only one that repeats elements can have more than its storage, and from a small file it could have any number.
        if (Shapes.Count(shape) is not { } count || count > tensor.Storage.Count)
        {
            throw BadFileException.Unread(
            $"{view} repeats elements of its storage");
        }

        var rowByRow = Shapes.Strides(shape);
        if (Enumerable.Range(0, shape.Length).All(i => shape[i] == 1 || strides[i] == rowByRow[i]))
        {
            return storage.AsMemory(
            (int)tensor.Offset * size, (int)count * size);
        }

        var elements = new byte[count * size];
        var index = new long[shape.Length];
        var from = tensor.Offset;
        for (var to = 0; to < elements.Length; to += size)
        {
            storage.AsSpan((int)from * size, size).CopyTo(elements.AsSpan(to));
            for (var i = shape.Length - 1; i >= 0; i--)
            {
                from += strides[i];
                if (++index[i] < shape[i]) break;
                from -= strides[i] * shape[i];
                index[i] = 0;
            }
        }
        return elements;
    }

    private static string Hex(ReadOnlySpan<byte> bytes) => bytes.IsEmpty ? "nothing" : string.Join(' ', bytes.ToArray()
        .Select(b => b.ToString("X2", System.Globalization.CultureInfo.InvariantCulture)));
}
