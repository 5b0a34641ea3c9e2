using System.Diagnostics;
using System.Text.Json.Nodes;
using LargeSteps.Values;

namespace LargeSteps.Forms;

/// <summary>A record as a mapping, from the declaration of its fields, which gives the constructor.</summary>
internal sealed class RecordCodec<T> : Codec<T>
{
    private readonly Fields<T> _fields = new();
    private readonly Func<FieldValues, T> _construct;
    private readonly string _description;

    public RecordCodec(string description, Func<Fields<T>, Func<FieldValues, T>> declare)
    {
        _description = description;
        _construct = declare(_fields);
    }

    /// <summary>Keys and values that show what can stand there, <c>samples: 80, support: 20</c>; null where the description says
    /// enough.</summary>
    public string? Example { get; init; }

    internal override T Read(Node node, Report report) => Read(node, report, null);

    /// <summary>The same, for a mapping in which one more key may stand that says which record it is.</summary>
    public T Read(Node node, Report report, string? discriminator)
    {
        if (node is not MappingNode mapping)
        {
            report.Add(node, "LS0103", _fields.Offered.Count == 0
                ? $"there is nothing to set here, found {node.Description}"
                : $"expected a mapping ({string.Join(", ", _fields.Offered)}), found {node.Description}");
            return default!;
        }
        var before = report.Count;
        var entries = new List<Entry>();
        var (keys, present) = (_fields.Keys, mapping.Entries.Select(entry => entry.Key.Text).ToHashSet());
        foreach (var entry in mapping.Entries)
        {
            var known = entry.Key.Text == discriminator || keys.Contains(entry.Key.Text);
            if (!known) report.Add(entry.Key, "LS0101", $"unknown key {entry.Key.Shown}{(report.IsFull ? "" : Hint(entry))}");
            // A misspelled key is not reported as missing too.
            entries.Add(!known && !report.IsFull && Nearest.Of(entry.Key.Text, _fields.Offered) is { } meant && !present.Contains(meant)
                ? new Entry(entry.Key with { Text = meant }, new BrokenNode(entry.Value.Line, entry.Value.Column)) : entry);
        }
        var values = new FieldValues(_fields.Read(mapping with { Entries = entries }, report));
        return report.Count == before ? _construct(values) : default!;
    }

    private string Hint(Entry entry) =>
        entry is { Key: { Plain: true, Text: not "" } key, Value: ScalarNode { IsNothing: true } } && key.Text.All(char.IsAsciiDigit)
            ? "; is it the end of a number? The decimal mark is a point"
        : _fields.Offered.Count == 0 ? "; there is nothing to set here"
        : Nearest.Suggestion(entry.Key.Text, _fields.Offered);

    internal override Node Write(T value) => new MappingNode([.. _fields.Write(value)]);

    internal override JsonObject Schema() => Schema(null, null);

    public JsonObject Schema(string? discriminator, string? name)
    {
        var schema = _fields.Schema();
        schema["description"] = _description;
        if (discriminator is not null)
        {
            schema["properties"]!.AsObject().Insert(0, discriminator, new JsonObject { ["const"] = name, ["description"] = _description });
            if (schema["required"] is JsonArray required) required.Insert(0, discriminator);
            else schema["required"] = new JsonArray(discriminator);
        }
        // A text: whoever reads YAML makes a value of it.
        if (Example is { } example)
            schema[Examples] = new JsonArray(discriminator is null ? $"{{ {example} }}" : $"{{ {discriminator}: {name}, {example} }}");
        return schema;
    }

    private const string Examples = "examples";
}

/// <summary>What was read of each field.</summary>
public sealed class FieldValues
{
    private readonly IReadOnlyDictionary<object, object?> _read;

    internal FieldValues(IReadOnlyDictionary<object, object?> read) => _read = read;

    /// <summary>The value of a field.</summary>
    public TValue Get<TValue>(Field<TValue> field) => (TValue)_read[field]!;
}

/// <summary>A declared field: the handle by which a constructor gets its value.</summary>
public sealed class Field<TValue>
{
    internal Field() { }
}

/// <summary>One way to write a value that can be written under one of several keys.</summary>
internal abstract record Alternative<TValue>(string Key, string Description)
{
    internal abstract TValue Read(Node node, Report report);

    internal abstract JsonObject Schema();

    /// <summary>Whether it is told of; else it stands here so that what is wrong with it can be said.</summary>
    internal virtual bool IsOffered => true;

    /// <summary>A key that means something elsewhere, and here has a problem of its own.</summary>
    public static Alternative<TValue> Refused(string key, string code, string message) => new Unfit(key, code, message);

    public static Alternative<TValue> Of<TRead>(string key, Codec<TRead> codec, Func<TRead, TValue> wrap, string description) =>
        new Typed<TRead>(key, codec, wrap, description);

    private sealed record Typed<TRead>(string Key, Codec<TRead> Codec, Func<TRead, TValue> Wrap,
        string Description) : Alternative<TValue>(Key, Description)
    {
        internal override TValue Read(Node node, Report report)
        {
            var before = report.Count;
            var value = Codec.Read(node, report);
            return report.Count == before ? Wrap(value) : default!;
        }

        internal override JsonObject Schema() => Codec.Schema();
    }

    private sealed record Unfit(string Key, string Code, string Message) : Alternative<TValue>(Key, Message)
    {
        internal override bool IsOffered => false;

        internal override TValue Read(Node node, Report report)
        {
            report.Add(node, Code, Message);
            return default!;
        }

        internal override JsonObject Schema() => throw new UnreachableException();
    }
}

/// <summary>The fields of a record, in the order in which they are written.</summary>
public sealed class Fields<T>
{
    private sealed record Declared(
        IReadOnlyList<string> Keys, Func<MappingNode, Report, object?> Read, Func<T, IEnumerable<Entry>> Write,
            Action<JsonObject, JsonArray> Describe, object Handle);

    private readonly List<Declared> _declared = [];
    private readonly List<string[]> _exclusive = [];
    private readonly List<(string Key, string Other)> _clashing = [];

    internal Fields() { }

    internal IReadOnlyCollection<string> Keys => [.. _declared.SelectMany(d => d.Keys)];

    // Those that stand there only to be refused.
    private readonly HashSet<string> _refused = [];

    /// <summary>The keys that are told of.</summary>
    internal IReadOnlyCollection<string> Offered => [.. Keys.Where(key => !_refused.Contains(key))];

    /// <summary>A field that must be there.</summary>
    public Field<TValue> Required<TValue>(string key, Codec<TValue> codec, Func<T, TValue> get, string description) => Add<TValue>(
        [key],
        (mapping, report) =>
        {
            if (mapping.Find(key) is { } node) return codec.Read(node, report);
            report.Add(mapping, "LS0102", $"key '{key}' is missing: {description}");
            return default;
        },
        value => [Entry(key, codec.Write(get(value)))],
        (properties, required) =>
        {
            properties[key] = Described(codec.Schema(), description);
            required.Add(key);
        });

    /// <summary>
    /// A field that has a default. It is written unless it is off (0, false, an empty list) by default: a written experiment
    /// means the same when a default changes. The schema tells it (<paramref name="inSchema"/>) but where it depends on other keys, as the
    /// description then says.
    /// </summary>
    public Field<TValue> Optional<TValue>(string key, Codec<TValue> codec, Func<T, TValue> get, TValue @default, string description,
        bool inSchema = true) => Add<TValue>(
        [key],
        (mapping, report) => mapping.Find(key) is { } node ? codec.Read(node, report) : @default,
        value => IsOff(@default) && EqualityComparer<TValue>.Default.Equals(get(value), @default)
            ? [] : [Entry(key, codec.Write(get(value)))],
        (properties, _) =>
        {
            var schema = Described(codec.Schema(), description);
            if (inSchema) schema["default"] = NodeJson.Of(codec.Write(@default));
            properties[key] = schema;
        });

    private static bool IsOff<TValue>(TValue @default) =>
        EqualityComparer<TValue>.Default.Equals(@default, default)
        || @default is System.Collections.IEnumerable all and not string && !all.Cast<object?>().Any();

    /// <summary>A field that is null where it does not stand there.</summary>
    public Field<TValue?> Nullable<TValue>(string key, Codec<TValue> codec, Func<T, TValue?> get,
        string description) where TValue : class => Add<TValue?>(
        [key],
        (mapping, report) => mapping.Find(key) is { } node ? codec.Read(node, report) : null,
        value => get(value) is { } v ? [Entry(key, codec.Write(v))] : [],
        (properties, _) => properties[key] = Described(codec.Schema(), description));

    /// <summary>The same for values.</summary>
    public Field<TValue?> NullableValue<TValue>(string key, Codec<TValue> codec, Func<T, TValue?> get,
        string description) where TValue : struct => Add<TValue?>(
        [key],
        (mapping, report) => mapping.Find(key) is { } node ? codec.Read(node, report) : null,
        value => get(value) is { } v ? [Entry(key, codec.Write(v))] : [],
        (properties, _) => properties[key] = Described(codec.Schema(), description));

    /// <summary>A value that stands under exactly one of several keys.</summary>
    /// <param name="write">The key and the node of a value.</param>
    /// <param name="get">The value of the record.</param>
    /// <param name="alternatives">The keys.</param>
    internal Field<TValue> OneOf<TValue>(Func<TValue, (string Key, Node Node)> write, Func<T, TValue> get,
        params IReadOnlyList<Alternative<TValue>> alternatives)
    {
        Alternative<TValue>[] offered = [.. alternatives.Where(a => a.IsOffered)];
        string[] keys = [.. alternatives.Select(a => a.Key)], told = [.. offered.Select(a => a.Key)];
        _exclusive.Add(told);
        _refused.UnionWith(keys.Except(told));
        return Add<TValue>(
            keys,
            (mapping, report) =>
            {
                var present = mapping.Entries.Where(e => keys.Contains(e.Key.Text)).ToArray();
                if (present is [var only]) return alternatives.First(a => a.Key == only.Key.Text).Read(only.Value, report);
                if (present.Length == 0)
                {
                    report.Add(mapping, "LS0102",
                        $"one of the keys {string.Join(", ", told)} is missing: " +
                        $"{string.Join("; ", offered.Select(a => $"{a.Key}: {a.Description}"))}");
                }
                else
                {
                    Exclude(present[0], present[1], report);
                }

                return default;
            },
            value =>
            {
                var (key, node) = write(get(value));
                return [Entry(key, node)];
            },
            (properties, _) =>
            {
                foreach (var alternative in offered)
                {
                    properties[alternative.Key] = Described(alternative.Schema(),
                    alternative.Description);
                }
            });
    }

    /// <summary>An optional key that must not stand beside another.</summary>
    public void Exclusive(string key, string other) => _clashing.Add((key, other));

    internal IReadOnlyDictionary<object, object?> Read(MappingNode mapping, Report report)
    {
        foreach (var (key, other) in _clashing)
        {
            if (mapping.Entries.Where(e => e.Key.Text == key || e.Key.Text == other).ToArray() is [var first, var second])
                Exclude(first, second, report);
        }

        return _declared.ToDictionary(d => d.Handle, d => d.Read(mapping, report));
    }

    // In a stage that a run overlays, the two keys can stand far apart.
    private static void Exclude(Entry first, Entry second, Report report) => report.Add(
        second.Key, "LS0107", first.Key.Line == second.Key.Line
            ? $"'{first.Key.Text}' and '{second.Key.Text}' exclude each other"
            : FormattableString.Invariant($"'{first.Key.Text}' in line {first.Key.Line} and '{second.Key.Text}' exclude each other"));

    internal IEnumerable<Entry> Write(T value) => _declared.SelectMany(d => d.Write(value));

    internal JsonObject Schema()
    {
        var (properties, required) = (new JsonObject(), new JsonArray());
        foreach (var field in _declared) field.Describe(properties, required);
        var schema = new JsonObject { ["type"] = "object", ["properties"] = properties, ["additionalProperties"] = false };
        if (required.Count > 0) schema["required"] = required;
        if (_exclusive.Count > 0)
        {
            schema["allOf"] = new JsonArray([.. _exclusive.Select(keys => new JsonObject
            {
                ["oneOf"] = new JsonArray([.. keys.Select(key => new JsonObject { ["required"] = new JsonArray(key) })]),
            })]);
        }

        if (_clashing.Count > 0)
        {
            schema["not"] = new JsonObject
            {
                ["anyOf"] = new JsonArray([.. _clashing.Select(pair => new JsonObject { ["required"] = new JsonArray(pair.Key,
                    pair.Other) })]),
            };
        }

        return schema;
    }

    private Field<TValue> Add<TValue>(
        IReadOnlyList<string> keys, Func<MappingNode, Report, TValue?> read, Func<T, IEnumerable<Entry>> write,
            Action<JsonObject, JsonArray> describe)
    {
        var field = new Field<TValue>();
        _declared.Add(new Declared(keys, (mapping, report) => read(mapping, report), write, describe, field));
        return field;
    }

    private static Entry Entry(string key, Node value) => new(new ScalarNode(key, Plain: true), value);

    private static JsonObject Described(JsonObject schema, string description)
    {
        schema["description"] = description;
        return schema;
    }
}
