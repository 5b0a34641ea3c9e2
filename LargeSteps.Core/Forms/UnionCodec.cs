using System.Text.Json.Nodes;
using LargeSteps.Values;

namespace LargeSteps.Forms;

/// <summary>How a value of a case of a union stands in text: its name and its fields. <see cref="Form{T}"/> is the only one.</summary>
public interface IForm<out T>
{
    /// <summary>The name.</summary>
    string Name { get; }

    /// <summary>Reads a value from the mapping of its fields, in which the key that names the case may stand too.</summary>
    internal T Read(Node node, Report report, string? discriminator);

    /// <summary>The JSON schema of the fields.</summary>
    internal JsonObject Schema(string? discriminator);

    /// <summary>The name and the fields of a value of this case.</summary>
    internal (string Name, MappingNode Fields) Write(object value);
}

/// <summary>How a record stands in text: reading, writing and the JSON schema come from one declaration of its fields.</summary>
/// <param name="name">Its name in YAML.</param>
/// <param name="description">What it is.</param>
/// <param name="declare">Declares its fields, and gives what makes a value of what was read of them.</param>
/// <param name="example">Keys and values that show what can stand there; null where the description says enough.</param>
public sealed class Form<T>(string name, string description, Func<Fields<T>, Func<FieldValues, T>> declare, string? example = null)
    : IForm<T>
{
    private readonly RecordCodec<T> _codec = new(description, declare) { Example = example };

    /// <inheritdoc/>
    public string Name => name;

    T IForm<T>.Read(Node node, Report report, string? discriminator) => _codec.Read(node, report, discriminator);

    JsonObject IForm<T>.Schema(string? discriminator) => _codec.Schema(discriminator, name);

    (string Name, MappingNode Fields) IForm<T>.Write(object value) => Write((T)value);

    /// <summary>The name and the fields of a value.</summary>
    internal (string Name, MappingNode Fields) Write(T value) => (name, (MappingNode)_codec.Write(value));
}

/// <summary>A case of a nested union as a case of the outer one.</summary>
internal sealed class Nested<TInner, TOuter>(IForm<TInner> inner, Func<TInner, TOuter> wrap) : IForm<TOuter>
{
    public string Name => inner.Name;

    (string Name, MappingNode Fields) IForm<TOuter>.Write(object value) => throw new NotSupportedException();

    TOuter IForm<TOuter>.Read(Node node, Report report, string? discriminator)
    {
        var before = report.Count;
        var value = inner.Read(node, report, discriminator);
        return report.Count == before ? wrap(value) : default!;
    }

    JsonObject IForm<TOuter>.Schema(string? discriminator) => inner.Schema(discriminator);
}

/// <summary>A closed union as a mapping in which <c>kind</c> names the case.</summary>
/// <param name="what">What it is, for messages.</param>
/// <param name="write">The name and fields of a value: the union's Match over the cases' Write.</param>
/// <param name="cases">All that can be read; more than are written where a case has a second name.</param>
internal sealed class UnionCodec<T>(string what, Func<T, (string Name, MappingNode Fields)> write, params IReadOnlyList<IForm<T>> cases)
    : Codec<T>, INamesKinds
{
    public const string Discriminator = "kind";

    public IReadOnlyList<string> Kinds { get; } = [.. cases.Select(c => c.Name)];

    /// <summary>The case that is meant where no kind stands; null: it must stand.</summary>
    public string? Default { get; init; }

    /// <summary>What to do with a word that is no kind of this, as the end of a message; null: nothing is known of it.</summary>
    public Func<string, string?>? Hint { get; init; }

    internal override T Read(Node node, Report report)
    {
        var names = Kinds;
        if (node is not MappingNode mapping)
        {
            report.Add(node, "LS0103", $"expected a mapping that describes the {what}, with the key 'kind', found {node.Description}");
        }
        else if (mapping.Find(Discriminator) is null && Default is not null)
        {
            return cases.First(c => c.Name == Default).Read(mapping, report, Discriminator);
        }
        else if (mapping.Find(Discriminator) is not { } kind)
        {
            report.Add(node, "LS0102", $"key 'kind' is missing: the {what} is one of {string.Join(", ", names)}");
        }
        else if (kind is not ScalarNode { IsNothing: false } name)
        {
            report.Add(kind, "LS0103", $"expected the kind of the {what}, one of {string.Join(", ", names)}, found {kind.Description}");
        }
        else if (cases.FirstOrDefault(c => c.Name == name.Text) is not { } found)
        {
            report.Add(kind, "LS0104",
                $"there is no {what} of kind {name.Shown}{Hint?.Invoke(name.Text) ?? Nearest.Suggestion(name.Text, names)}");
        }
        else
        {
            return found.Read(mapping, report, Discriminator);
        }

        return default!;
    }

    internal override Node Write(T value)
    {
        var (name, fields) = write(value);
        return name == Default ? fields : new MappingNode([new Entry(new ScalarNode(Discriminator, Plain: true),
            new ScalarNode(name, Plain: true)), .. fields.Entries]);
    }

    internal override JsonObject Schema() => new() { ["oneOf"] = new JsonArray([.. cases.Select(SchemaOf)]) };

    private JsonObject SchemaOf(IForm<T> one)
    {
        var schema = one.Schema(Discriminator);
        if (one.Name == Default) schema["required"]!.AsArray().RemoveAt(0);
        return schema;
    }
}

/// <summary>A closed union as a word, or as a mapping from the word to the parameters: <c>losses</c>, <c>{ l0_norm: { threshold: 1e-50 }
/// }</c>.</summary>
internal sealed class NamedUnionCodec<T>(string what, Func<T, (string Name, MappingNode Fields)> write,
    params IReadOnlyList<IForm<T>> cases) : Codec<T>
{
    internal override T Read(Node node, Report report)
    {
        var (name, parameters) = node switch
        {
            ScalarNode { Plain: true } word => (word, new MappingNode([], node.Line, node.Column)),
            MappingNode { Entries: [var entry] } => (entry.Key, entry.Value),
            _ => (null, null),
        };
        IForm<T>[] all = [.. cases, .. report.Own.OfType<IForm<T>>()];
        string[] names = [.. all.Select(c => c.Name)];
        if (name is null || parameters is null)
        {
            report.Add(node, "LS0103",
                $"expected a {what}'s name, one of {string.Join(", ", names)}, or a mapping from one of them to its parameters, found " +
                $"{node.Description}");
        }
        else if (Array.Find(all, c => c.Name == name.Text) is not { } found)
        {
            report.Add(name, "LS0104", $"there is no {what} {name.Shown}{Nearest.Suggestion(name.Text, names)}");
        }
        else
        {
            return found.Read(parameters, report, null);
        }

        return default!;
    }

    internal override Node Write(T value)
    {
        var (name, fields) = write(value);
        var word = new ScalarNode(name, Plain: true);
        return fields.Entries.Count == 0 ? word : new MappingNode([new Entry(word, fields)]);
    }

    internal override JsonObject Schema() => new()
    {
        ["oneOf"] = new JsonArray([.. cases.SelectMany(Forms)]),
    };

    private static IEnumerable<JsonObject> Forms(IForm<T> one)
    {
        var parameters = one.Schema(null);
        if (parameters["required"] is null)
            yield return new JsonObject { ["const"] = one.Name, ["description"] = parameters["description"]?.DeepClone() };
        if (parameters["properties"]!.AsObject().Count > 0)
        {
            yield return new JsonObject
            {
                ["type"] = "object",
                ["properties"] = new JsonObject { [one.Name] = parameters },
                ["required"] = new JsonArray(one.Name),
                ["additionalProperties"] = false,
            };
        }
    }
}

/// <summary>A codec of a union whose cases have names.</summary>
internal interface INamesKinds
{
    IReadOnlyList<string> Kinds { get; }
}
