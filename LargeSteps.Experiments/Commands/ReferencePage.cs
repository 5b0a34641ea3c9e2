using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Commands;

/// <summary>
/// The configuration reference as a page in Markdown, from the JSON schema: a table of the keys for each mapping, with what each takes, its
/// default and its description; a section for each kind, with an example. What stands there cannot differ from what the decoder reads.
/// </summary>
internal sealed class ReferencePage
{
    private const string Introduction = """
        # Configuration reference

        Every key of an experiment. This page is what `schema --markdown` writes; the same for editors is
        [experiment.schema.json](experiment.schema.json), which
        `schema` writes. A file that begins with

        ```yaml fragment
        # yaml-language-server: $schema=../docs/experiment.schema.json
        ```

        is completed and checked by Visual Studio Code with the YAML extension of Red Hat. [Getting started](getting-started.md) has a
        config to begin with.

        - Numbers are written as in `0.25`, `1e-3`; texts need no quotes unless they contain `: `, ` #` or begin with a character that
          YAML uses.
        - Keys without a default, and without the word “required”, may be left out: what stands there is then absent.
        - What stands in braces here may as well stand in indented lines.
        - Anchors, aliases and tags of YAML are not read. A key that is not listed here is an error, and so is a value outside of its
          limits.
        - [Error codes](errors.md) says what each refusal means and what to do.

        """;

    private static readonly Dictionary<string, string> Remarks = new()
    {
        ["runs"] = """
            A run has all stages of the experiment and puts its own in place of them. A stage that names its `kind` stands in place of the
            shared one; without
            `kind` it changes single keys of it: `optimizer: { seed: 2 }`. Probes stand alone where they have both `at` and `measure`. The
            keys `series` and `swept` are
            written by the program, into the `experiment.yaml` of its results.

            ```yaml fragment
            runs:
              - { label: "small steps", schedule: { kind: constant, rate: 0.1 } }
              - { label: "other samples", schedule: { kind: constant, rate: 0.1 }, optimizer: { seed: 2 } }
            ```
            """,
        ["optimizer: gd: label_noise"] = """
            The other mapping is noise with a `schedule` of its own, any [schedule](#schedule), whose rate is σ or the probability,
            whatever the learning rate
            does: `label_noise: { schedule: { kind: piecewise_10_100, rate: 0.2 } }`.
            """,
        ["sweep"] = """
            A run for each value of a path, and for each combination of the values of several paths, of every run that stands there
            besides, but those that others are forks of or look at, which stay as they are. Values are
            numbers or words; a grid has the ends that are written and all digits between them, and only the labels of its runs are
            rounded. Each path is a
            column of `metrics.csv` and `summary.csv`.

            ```yaml fragment
            sweep:
              schedule.rate: { log: [0.05, 0.35, 13] }
              optimizer.batch_size: [1, 2, 4]
              engine: [closed_form, autograd]
            ```
            """,
        ["probes: measure"] = "A probe is a word, or the word with its parameters: `losses`, `{ l0_norm: { threshold: 1e-3 } }`. Its " +
            "columns have its name where nothing else is said.",
    };

    private readonly JsonObject _root;
    private readonly StringBuilder _text = new();

    // What has a section, and the path that the section is called by: what stands in several places has one.
    private readonly Dictionary<string, string> _sections = [];

    private ReferencePage(JsonObject root) => _root = root;

    /// <summary>The page, lines ended by \n.</summary>
    public static string Of(JsonObject schema)
    {
        var page = new ReferencePage(schema);
        page.Write();
        return page._text.ToString().TrimEnd('\n') + "\n";
    }

    private void Write()
    {
        Lines(Introduction);
        Lines("## An experiment\n");
        Lines("There are `runs`, a `sweep`, or both; without them the experiment is one run of its name.\n");
        Table("", _root);
        Parts("", _root["properties"]!.AsObject(), 1);
    }

    /// <summary>The sections of those keys that have parts themselves.</summary>
    private void Parts(string path, JsonObject properties, int level)
    {
        foreach (var (key, value) in properties)
        {
            if (Structure(value!.AsObject()) is { } structure && Linked(path, key, value!.AsObject()) is null && SectionOf(Below(path, key),
                structure) == Below(path, key))
            {
                // A mapping that is one of several choices says itself what it is.
                Section(Below(path, key), structure, (structure == (Element(value.AsObject()) ?? value) ? value
                    : structure)["description"]!.GetValue<string>(), level + 1);
            }
        }
    }

    private static string Below(string path, string key) => path.Length == 0 ? key : $"{path}: {key}";

    /// <summary>The section of what stands at a path: the first of the same.</summary>
    private string SectionOf(string path, JsonObject structure)
    {
        var bare = structure.DeepClone().AsObject();
        foreach (var key in (string[])["description", "default"]) bare.Remove(key);
        return _sections.TryGetValue(bare.ToJsonString(), out var first) ? first : _sections[bare.ToJsonString()] = path;
    }

    private void Section(string path, JsonObject structure, string description, int level)
    {
        Heading(path, level);
        Lines($"{Sentence(description)}\n");
        if (Remarks.TryGetValue(path, out var remark)) Lines(remark + "\n");
        if (IsRecord(structure))
        {
            Record(path, structure, level, $"{path.Split(": ")[^1]}: ");
        }
        else if (Kinds(structure) is { Count: > 0 } kinds)
        {
            var links = kinds.Select(kind => $"[{NameOf(kind)}](#{Anchor(Below(path, NameOf(kind)))})");
            Lines($"Its `kind` is one of {string.Join(", ", links)}.\n");
            foreach (var kind in kinds)
            {
                Heading(Below(path, NameOf(kind)), level + 1);
                Lines($"{Sentence(kind["description"]!.GetValue<string>())}\n");
                Record(Below(path, NameOf(kind)), kind, level + 1, $"{path}: ");
            }
        }
        else if (Words(structure) is { Count: > 0 } words)
        {
            Named(path, words, level);
        }
    }

    private void Record(string path, JsonObject record, int level, string before)
    {
        if (record["properties"]!.AsObject().Any(p => p.Value!["const"] is null)) Table(path, record);
        var kind = record["properties"]!["kind"]?["const"]?.GetValue<string>();
        var example = record["examples"] is JsonArray examples ? Yaml(examples[0]) : kind is null ? null : $"{{ kind: {kind} }}";
        if (example is not null) Lines($"```yaml fragment\n{before}{(before == "figures: " ? $"[{example}]" : example)}\n```\n");
        Parts(path, record["properties"]!.AsObject(), level);
    }

    /// <summary>The words of a union, with the parameters of those that have some.</summary>
    private void Named(string path, List<Word> words, int level)
    {
        Lines("| name | what | parameters |\n|---|---|---|");
        foreach (var (name, description, parameters) in words)
        {
            var cells = parameters is null ? [] : parameters["properties"]!.AsObject().Select(p =>
            {
                var value = Value(Below(Below(path, name), p.Key), p.Value!.AsObject());
                var otherwise = Otherwise(p.Key, parameters);
                var without = otherwise is "" or "required" ? otherwise : $"by default {otherwise}";
                return $"`{p.Key}` ({value}{(without.Length == 0 ? "" : $", {without}")}): {p.Value!["description"]}";
            });
            if (parameters?["examples"] is JsonArray examples) cells = cells.Append($"like `{{ {name}: {Yaml(examples[0])} }}`");
            Lines($"| `{name}` | {Cell(Sentence(description))} | {Cell(string.Join("<br>", cells))} |");
        }
        Lines("");
        foreach (var (name, _, parameters) in words)
            if (parameters is not null) Parts(Below(path, name), parameters["properties"]!.AsObject(), level);
    }

    private void Table(string path, JsonObject record)
    {
        Lines("| key | value | default | what |\n|---|---|---|---|");
        foreach (var (key, value) in record["properties"]!.AsObject())
        {
            if (value!["const"] is not null) continue;
            var shown = Linked(path, key, value.AsObject()) ?? Value(Below(path, key), value.AsObject());
            Lines($"| `{key}` | {Cell(shown)} | {Cell(Otherwise(key, record))} | {Cell(value["description"]!.GetValue<string>())} |");
        }

        Lines("");
        foreach (var one in record["allOf"]?.AsArray() ?? [])
            Lines($"Exactly one of {Listed(one!["oneOf"]!.AsArray().Select(each => $"`{each!["required"]![0]}`"))} must be there.\n");
        if (record["not"]?["anyOf"] is JsonArray clashing)
        {
            var pairs = clashing.Select(pair => $"`{pair!["required"]![0]}` and `{pair["required"]![1]}`");
            Lines($"These exclude each other: {string.Join("; ", pairs)}.\n");
        }
    }

    /// <summary>What is described elsewhere: the stages of a run are those of the experiment.</summary>
    private string? Linked(string path, string key, JsonObject schema) =>
        schema["$ref"] is not null ? "a [schedule](#schedule)"
        : path == "runs" && _root["properties"]!.AsObject().ContainsKey(key)
            ? $"like the shared {(key == "engine" ? "engine" : $"[{key}](#{key}), or some of its keys")}"
        : null;

    private static string Otherwise(string key, JsonObject record) =>
        record["required"]?.AsArray().Any(required => required!.GetValue<string>() == key) == true ? "required"
        : record["properties"]![key]!.AsObject() is var schema && schema.ContainsKey("default") ? $"`{Yaml(schema["default"])}`" : "";

    /// <summary>What a key takes, in words.</summary>
    private string Value(string path, JsonObject schema)
    {
        if (schema["enum"] is JsonArray choice) return string.Join(", ", choice.Select(word => $"`{word}`"));
        if (Element(schema) is { } element)
        {
            var of = Value(path, element);
            return schema["oneOf"] is not null ? $"{of}, or a list of them" : $"list of {Plural(of)}";
        }
        if (ByName(schema) is { } values) return $"mapping from names to {Plural(Value(path, values))}";
        if (Structure(schema) is { } structure)
        {
            return structure != schema ? Alternatives(path, schema["oneOf"]!.AsArray())
                : $"{(Words(structure).Count > 0 ? "one of several [names]" : "a [mapping]")}(#{Anchor(SectionOf(path, structure))})";
        }

        if (Words(schema) is { Count: > 0 } plain) return string.Join("<br>", plain.Select(word => $"`{word.Name}`: {word.Description}"));
        return schema["type"] switch
        {
            JsonArray types when types[0]!.GetValue<string>() == "number" => "number or word",
            JsonArray => schema.ContainsKey("pattern") ? "text of letters from A to Z, digits, `_`, `-`, `.`" : "text",
            JsonValue type => type.GetValue<string>() switch
            {
                "boolean" => "`true` or `false`",
                "integer" => $"whole number{Range(schema)}",
                "number" => $"number{Range(schema)}",
                var other => throw new InvalidOperationException($"There are no words for the type {other} at {path}."),
            },
            _ => throw new InvalidOperationException($"There are no words for what stands at {path}."),
        };
    }

    /// <summary>What can stand in place of a mapping, and the mapping.</summary>
    private string Alternatives(string path, JsonArray several)
    {
        var all = several.Select(each => each!.AsObject()).Select(each => (
            Value: each["const"] is { } word ? $"`{word}`" : Value(path, each), Description: IsRecord(each) ? null
                : each["description"]?.GetValue<string>())).ToArray();
        return all.All(each => each.Description is null) ? string.Join(", or ", all.Select(each => each.Value))
            : string.Join("<br>", all.Select(each => each.Description is null ? each.Value : $"{each.Value}: {each.Description}"));
    }

    private static string Plural(string of)
    {
        foreach (var (one, many) in ((string, string)[])[("list", "lists"), ("number or word", "numbers or words"),
            ("whole number", "whole numbers"), ("number", "numbers"), ("text", "texts"), ("a [mapping]", "[mappings]"),
            ("one of several [names]", "[names]")])
        {
            if (of.StartsWith(one, StringComparison.Ordinal)) return many + of[one.Length..];
        }

        return of;
    }

    private static string Range(JsonObject schema)
    {
        var (least, above, most, below) = (Limit("minimum"), Limit("exclusiveMinimum"), Limit("maximum"), Limit("exclusiveMaximum"));
        // The largest number of 32 bits is no limit that anybody meant.
        if (most == int.MaxValue) most = null;
        return (least ?? above, most ?? below) switch
        {
            (null, null) => "",
            ({ } from, null) => $" {(least is null ? ">" : "≥")} {Number(from)}",
            (null, { } to) => $" {(most is null ? "<" : "≤")} {Number(to)}",
            ({ } from, { } to) => $" in {(least is null ? '(' : '[')}{Number(from)}, {Number(to)}{(most is null ? ')' : ']')}",
        };

        double? Limit(string key) => schema[key] is JsonValue limit ? double.Parse(limit.ToJsonString(), CultureInfo.InvariantCulture)
            : null;
        static string Number(double value) => value == uint.MaxValue ? "2³² − 1" : value >= 1e9
            ? FormattableString.Invariant($"{value:0e0}") : value >= 1e5 ? FormattableString.Invariant($"{value:N0}")
            : NumberText.Invariant(value);
    }

    /// <summary>The element of a list, also of one that can stand without its brackets.</summary>
    private static JsonObject? Element(JsonObject schema) =>
        schema["type"] is JsonValue type && type.GetValue<string>() == "array" ? schema["items"]!.AsObject()
        : schema["oneOf"] is JsonArray { Count: 2 } two && two[1]!["type"] is JsonValue second && second.GetValue<string>() == "array"
            ? two[0]!.AsObject()
        : null;

    /// <summary>What has a section of its own: a mapping, a union with parameters, a list of them; null for what a cell can say.</summary>
    private static JsonObject? Structure(JsonObject schema) =>
        Element(schema) is { } element ? Structure(element)
        : ByName(schema) is { } values ? Structure(values)
        : IsRecord(schema) || schema["additionalProperties"] is JsonObject || Kinds(schema).Count > 0 || Words(schema)
            .Any(word => word.Parameters is not null) ? schema
        // A word or else a mapping.
        : schema["oneOf"] is JsonArray several && several.Select(each => each!.AsObject()).FirstOrDefault(IsRecord) is { } record ? record
        : null;

    /// <summary>The values of a mapping whose keys are names of the caller; null for what is no such mapping. Those of a sweep are
    /// described by a remark.</summary>
    private static JsonObject? ByName(JsonObject schema) => schema["additionalProperties"] is JsonObject values && values["oneOf"] is null
        ? values : null;

    private static bool IsRecord(JsonObject schema) => schema["properties"] is not null;

    private static List<JsonObject> Kinds(JsonObject schema) =>
        schema["oneOf"] is JsonArray cases && cases.All(each => each!["properties"]?["kind"] is not null)
            ? [.. cases.Select(each => each!.AsObject())] : [];

    private static string NameOf(JsonObject kind) => kind["properties"]!["kind"]!["const"]!.GetValue<string>();

    private sealed record Word(string Name, string Description, JsonObject? Parameters);

    /// <summary>The words of a union that is written as a word, or as a mapping from the word to its parameters; none where it is no such
    /// union.</summary>
    private static List<Word> Words(JsonObject schema)
    {
        var words = new List<Word>();
        foreach (var each in schema["oneOf"]?.AsArray().Select(each => each!.AsObject()) ?? [])
        {
            if (each["const"] is { } word)
            {
                words.Add(new(word.GetValue<string>(), each["description"]!.GetValue<string>(), null));
            }
            else if (each["properties"]?.AsObject() is { Count: 1 } only && only.Single() is var (name, parameters)
                && IsRecord(parameters!.AsObject()))
            {
                words.RemoveAll(w => w.Name == name);
                words.Add(new(name, parameters["description"]!.GetValue<string>(), parameters.AsObject()));
            }
        }

        return words;
    }

    private void Heading(string path, int level) => Lines($"{new string('#', Math.Min(level, 6))} {path}\n");

    // As GitHub names the places of headings.
    private static string Anchor(string heading) => string.Concat(heading.ToLowerInvariant().Where(c => char.IsLetterOrDigit(c)
        || c is '_' or '-' or ' ')).Replace(' ', '-');

    // Symbols and names of columns keep their small letter.
    private static string Sentence(string text) =>
        (text.Split(' ')[0] is var word && (word == "a" || word.Length > 1) && word.All(char.IsAsciiLetterLower)
            ? char.ToUpperInvariant(text[0]) + text[1..] : text) + (text.EndsWith('.') ? "" : ".");

    private static string Listed(IEnumerable<string> all) => all.ToArray() is [.. var most, var last]
        ? $"{string.Join(", ", most)} and {last}" : "";

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    private static string Yaml(JsonNode? value) => value switch
    {
        JsonObject { Count: 0 } => "{}",
        JsonObject mapping => $"{{ {string.Join(", ", mapping.Select(p => $"{p.Key}: {Yaml(p.Value)}"))} }}",
        JsonArray list => $"[{string.Join(", ", list.Select(Yaml))}]",
        JsonValue scalar when scalar.GetValueKind() == JsonValueKind.Number => NumberText.Invariant(double.Parse(scalar.ToJsonString(),
            CultureInfo.InvariantCulture)),
        JsonValue scalar when scalar.GetValueKind() is JsonValueKind.True or JsonValueKind.False => scalar.ToJsonString(),
        JsonValue scalar => scalar.ToString(),
        _ => throw new InvalidOperationException("There is no YAML of this."),
    };

    private void Lines(string text) => _text.Append(text.ReplaceLineEndings("\n")).Append('\n');
}
