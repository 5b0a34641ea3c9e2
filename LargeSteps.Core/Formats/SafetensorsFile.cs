using System.Buffers.Binary;
using System.Text.Json;
using LargeSteps.Values;

namespace LargeSteps.Formats;

/// <summary>What a safetensors file holds.</summary>
/// <param name="Tensors">The tensors, in the order of the header; no two have the same name.</param>
/// <param name="Metadata">Texts about them, by key.</param>
public sealed record TensorFile(Items<NamedTensor> Tensors, Items<KeyValuePair<string, string>> Metadata)
{
    /// <summary>The tensor of a name; null where there is none.</summary>
    public NamedTensor? Find(string name) => Tensors.FirstOrDefault(tensor => tensor.Name == name);

    /// <summary>The text of a key of the metadata; null where there is none.</summary>
    public string? FindText(string key) => Metadata.FirstOrDefault(text => text.Key == key).Value;
}

/// <summary>
/// Safetensors files: eight bytes with the length of the header (little-endian), the header in JSON with the type, the shape and the place
/// of each tensor, padded with spaces to a multiple of eight bytes, then the elements. Source: the format's description and the reference
/// reader of github.com/huggingface/safetensors (README.md, safetensors/src/tensor.rs); what that reader refuses is refused here.
/// </summary>
public static class SafetensorsFile
{
    private const string MetadataKey = "__metadata__";

    // The limit of the reference reader.
    private const long MaxHeaderBytes = 100_000_000;

    private static readonly JsonDocumentOptions Json = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    /// <summary>Writes a file aside and renames it, so that it is whole whenever it is there. The elements are copied nowhere in
    /// between.</summary>
    /// <param name="path">The file, which is replaced where it is there.</param>
    /// <param name="tensors">The tensors. In the file those of large elements come first, so that each lies at a multiple of its element's
    /// size.</param>
    /// <param name="metadata">Texts about them.</param>
    /// <exception cref="ArgumentException">Two tensors or texts have the same name, or a tensor has the name
    /// <c>__metadata__</c>.</exception>
    public static void Write(string path, IEnumerable<NamedTensor> tensors, IEnumerable<KeyValuePair<string, string>>? metadata = null)
    {
        var all = tensors.ToArray();
        var texts = metadata?.ToArray() ?? [];
        foreach (var name in all.Select(tensor => tensor.Name).Append(MetadataKey)
            .Concat(texts.Select(text => MetadataKey + "." + text.Key)).CountBy(name => name).Where(name => name.Value > 1))
        {
            throw new ArgumentException($"'{name.Key}' is there twice", nameof(tensors));
        }

        var inFile = all.OrderByDescending(tensor => tensor.Type.Size).ToArray();
        var header = Header(all, inFile, texts);
        WholeFile.Write(path, aside =>
        {
            using var stream = File.Create(aside);
            var length = new byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
            stream.Write(length);
            stream.Write(header);
            foreach (var tensor in inFile) stream.Write(tensor.Bytes.Span);
        });
    }

    /// <summary>The tensors and texts of a file; each tensor's elements are read once, to where they stay.</summary>
    /// <returns>A failure where the file cannot be read (LS0701), is damaged or no safetensors file (LS0702), or has elements of another
    /// type (LS0703).</returns>
    public static Outcome<TensorFile> Read(string path) => BinaryFile.Read(path, stream =>
    {
        var length = (long)Math.Min(BinaryPrimitives.ReadUInt64LittleEndian(BinaryFile.Bytes(stream, 8, "the length of the header")),
            long.MaxValue);
        if (length > MaxHeaderBytes)
        {
            throw BadFileException.Damaged(
            $"this is no safetensors file: the header would have {length} bytes; at most {MaxHeaderBytes} are allowed");
        }

        var header = BinaryFile.Bytes(stream, length, "the header");
        if (header.Length == 0 || header[0] != '{')
        {
            throw BadFileException.Damaged(
            $"this is no safetensors file: the header does not begin with '{{'");
        }

        var (places, metadata) = ParseHeader(header);
        CheckPlaces(places, stream.Length - stream.Position);
        var start = stream.Position;
        var tensors = places.OrderBy(place => place.Begin).ToDictionary(place => place.Name, place =>
        {
            stream.Position = start + place.Begin;
            return new NamedTensor(place.Name, place.Type, place.Shape,
                BinaryFile.Bytes(stream, place.End - place.Begin, $"tensor '{place.Name}'"));
        });
        return new TensorFile(Items.From(places.Select(place => tensors[place.Name])), metadata);
    });

    // The places are counted from the end of the header.
    private sealed record Place(string Name, ElementType Type, Items<long> Shape, long Begin, long End);

    private static byte[] Header(NamedTensor[] tensors, NamedTensor[] inFile, KeyValuePair<string, string>[] metadata)
    {
        var begins = new Dictionary<string, long>();
        var end = 0L;
        foreach (var tensor in inFile)
        {
            begins[tensor.Name] = end;
            end += tensor.Bytes.Length;
        }
        var header = new MemoryStream();
        using (var json = new Utf8JsonWriter(header))
        {
            json.WriteStartObject();
            if (metadata.Length > 0)
            {
                json.WriteStartObject(MetadataKey);
                foreach (var (key, value) in metadata) json.WriteString(key, value);
                json.WriteEndObject();
            }
            foreach (var tensor in tensors)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", tensor.Type.Safetensors);
                json.WriteStartArray("shape");
                foreach (var length in tensor.Shape) json.WriteNumberValue(length);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(begins[tensor.Name]);
                json.WriteNumberValue(begins[tensor.Name] + tensor.Bytes.Length);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        while (header.Length % 8 != 0) header.WriteByte((byte)' ');
        return header.ToArray();
    }

    private static (List<Place> Places, Items<KeyValuePair<string, string>> Metadata) ParseHeader(byte[] header)
    {
        try
        {
            using var json = JsonDocument.Parse(header, Json);
            var (places, metadata) = (new List<Place>(), Items<KeyValuePair<string, string>>.Empty);
            foreach (var entry in json.RootElement.EnumerateObject())
            {
                if (entry.Name == MetadataKey)
                {
                    metadata =
                    Items.From(entry.Value.EnumerateObject().Select(text => KeyValuePair.Create(text.Name, Text(text.Value, text.Name))));
                }
                else
                {
                    places.Add(PlaceOf(entry.Name, entry.Value));
                }
            }
            return (places, metadata);
        }
        // Text that is no UTF-8, and values of another kind than asked for, are InvalidOperationExceptions.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw BadFileException.Damaged($"the header is damaged: {e.Message}");
        }
    }

    private static string Text(JsonElement value, string key) => value.ValueKind == JsonValueKind.String
        ? value.GetString()!
        : throw BadFileException.Damaged($"the metadata '{key}' should be a text, but is {Raw(value)}");

    // Of a text in a message.
    private const int MostShown = 80;

    private static string Raw(JsonElement value) => value.GetRawText() is { Length: > MostShown } text ? text[..MostShown] + "…"
        : value.GetRawText();

    private static Place PlaceOf(string name, JsonElement entry)
    {
        JsonElement Field(string key) => entry.ValueKind == JsonValueKind.Object && entry.TryGetProperty(key, out var value)
            ? value
            : throw BadFileException.Damaged($"tensor '{name}' lacks '{key}' in the header");
        Items<long> Lengths(string key) => Field(key) is { ValueKind: JsonValueKind.Array } array
            && array.EnumerateArray().All(x => x.ValueKind == JsonValueKind.Number && x.TryGetInt64(out var n) && n >= 0)
            ? Items.From(array.EnumerateArray().Select(x => x.GetInt64()))
            : throw BadFileException.Damaged($"tensor '{name}': '{key}' should be a list of whole numbers, but is {Raw(Field(key))}");
        var (word, shape, offsets) = (Field("dtype"), Lengths("shape"), Lengths("data_offsets"));
        var type = ElementType.All.FirstOrDefault(type => word.ValueKind == JsonValueKind.String && type.Safetensors == word.GetString())
            ?? throw BadFileException.Unread(
            $"tensor '{name}' has elements of type {Raw(word)}; those that are read are {string.Join(", ", ElementType.All.Map(t => t.Safetensors))}");
        if (offsets.Count != 2 || offsets[0] > offsets[1])
        {
            throw BadFileException.Damaged(
            $"tensor '{name}': 'data_offsets' should be a begin and an end, but is {Shapes.Text(offsets)}");
        }

        var (found, expected) = (offsets[1] - offsets[0], Shapes.Bytes(type, shape));
        return found == expected
            ? new(name, type, shape, offsets[0], offsets[1])
            : throw BadFileException.Damaged(
            $"tensor '{name}' of {type} {Shapes.Text(shape)} needs {(expected is { } bytes ? FormattableString.Invariant($"{bytes}") : "too many")} bytes, but has {found}");
    }

    // Tensors follow each other without holes and fill the file: no byte belongs to two of them, and none to nobody.
    private static void CheckPlaces(List<Place> places, long bytes)
    {
        var end = 0L;
        foreach (var place in places.OrderBy(place => place.Begin).ThenBy(place => place.End))
        {
            if (place.Begin != end)
            {
                throw BadFileException.Damaged(
                $"tensor '{place.Name}' should begin at byte {end} after the header, but begins at {place.Begin}");
            }

            end = place.End;
        }
        if (end != bytes) throw BadFileException.Damaged($"the tensors should have {end} bytes in all, but {bytes} follow the header");
    }
}
